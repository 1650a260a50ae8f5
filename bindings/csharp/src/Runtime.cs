using System;
using System.Threading.Tasks;

namespace Kpclient
{
    /// <content>What is written by hand of clients.</content>
    public sealed partial class Client
    {
        /// <summary>A client of this configuration, which it copies; not connected yet.</summary>
        /// <param name="config">the configuration</param>
        public Client(Config config)
            : this(New(config))
        {
        }

        /// <summary>
        /// Says goodbye to the daemon, ends every operation with Status.Closed, and waits until all of that is
        /// done; Dispose starts the same and does not wait. Further calls fail with Status.Closed.
        /// </summary>
        /// <param name="timeoutMs">how long it may take, in milliseconds; -1 for any time</param>
        public void Close(int timeoutMs = -1)
        {
            using (var memory = new Scratch())
            {
                memory.Check(Raw.kpc_client_close(memory.Of(this), timeoutMs, memory.Error));
            }
        }

        /// <summary>As <c>Close</c>, with a task.</summary>
        /// <param name="timeoutMs">how long it may take, in milliseconds; -1 for any time</param>
        public Task CloseAsync(int timeoutMs = -1)
        {
            // The call that waits: a second one waits for what the first has started.
            return Task.Run(() => Close(timeoutMs));
        }

        /// <summary>Opens the events of this client.</summary>
        /// <param name="capacity">how many wait at most</param>
        public Events OpenEvents(int capacity = 1000)
        {
            if (capacity < 0) throw new ArgumentOutOfRangeException("capacity");
            using (var memory = new Scratch())
            {
                var sink = memory.Room(8);
                memory.Check(Raw.kpc_event_sink_open(memory.Of(this), (ulong)capacity, sink, memory.Error));
                return new Events(Scratch.Pointer(sink), this);
            }
        }

        private static IntPtr New(Config config)
        {
            using (var memory = new Scratch())
            {
                var client = memory.Room(8);
                memory.Check(Raw.kpc_client_new(memory.Of(config), client, memory.Error));
                Exit.Remember(Scratch.Pointer(client));
                return Scratch.Pointer(client);
            }
        }
    }

    /// <content>What is written by hand of configurations.</content>
    public sealed partial class Config
    {
        /// <summary>
        /// Sets where the log lines go of clients that are made from this configuration. They come one at a time
        /// and in order, never on a thread of the library; what the receiver throws is ignored.
        /// </summary>
        /// <param name="level">which lines</param>
        /// <param name="receiver">takes them; null: nobody</param>
        public void SetLog(LogLevel level, Action<LogLevel, string> receiver)
        {
            Log.Set(this, level, receiver);
        }
    }
}
