using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;

namespace Kpclient
{
    /// <summary>Something that happened to a client; its class says what.</summary>
    public abstract class Event
    {
        private readonly string text;

        internal Event(string text)
        {
            this.text = text;
        }

        /// <summary>The event in a line, without secrets and payloads.</summary>
        public override string ToString()
        {
            return text;
        }
    }

    /// <summary>An event of a kind that has no name in this version.</summary>
    public sealed class UnknownEvent : Event
    {
        internal UnknownEvent(int kind, string text)
            : base(text)
        {
            Kind = kind;
        }

        /// <summary>The number of its kind in C.</summary>
        public int Kind { get; }
    }

    /// <summary>
    /// The events of a client from the opening on, beginning with its current status and document. What nobody
    /// takes waits in the library: at most so many as were asked for, then the oldest are dropped and an
    /// OverflowEvent counts them. Replies are never dropped.
    /// </summary>
    public sealed partial class Events : KpcObject
    {
        private readonly Inbox inbox;

        internal Events(IntPtr handle, KpcObject owner)
            : base(handle, Raw.kpc_event_sink_free, owner)
        {
            inbox = new Inbox(handle);
        }

        /// <summary>
        /// The next event. Fails with Status.Closed behind the ClosedEvent, and when this is disposed of. Who
        /// gives up by the token loses no event.
        /// </summary>
        /// <param name="cancellationToken">ends the waiting</param>
        public Task<Event> NextAsync(CancellationToken cancellationToken = default(CancellationToken))
        {
            return inbox.Next(this, cancellationToken);
        }

        /// <summary>As <c>NextAsync</c>, and waits for it.</summary>
        /// <param name="cancellationToken">ends the waiting</param>
        public Event Next(CancellationToken cancellationToken = default(CancellationToken))
        {
            return NextAsync(cancellationToken).GetAwaiter().GetResult();
        }

        /// <summary>
        /// The events for a <c>foreach</c> loop, which takes each, waits for the next one, and ends behind the ClosedEvent.
        /// What a loop that is left has not taken stays for the next.
        /// </summary>
        /// <param name="cancellationToken">ends the loop with an OperationCanceledException</param>
        public IEnumerable<Event> GetConsumingEnumerable(
            CancellationToken cancellationToken = default(CancellationToken))
        {
            Event taken;
            do
            {
                taken = Next(cancellationToken);
                yield return taken;
            }
            while (!(taken is ClosedEvent));
        }
    }

    /// <summary>
    /// Who waits for events. While somebody does, one thread takes them from the library. If they all give up, it
    /// goes on until the next event, or until the sink is freed; so it does not hold the Events themselves.
    /// </summary>
    internal sealed class Inbox
    {
        private const int Forever = -1;

        private readonly IntPtr sink;
        private readonly LinkedList<Waiting> waiting = new LinkedList<Waiting>();
        // No Queue: what Mono's compiler makes of it, other runtimes do not find.
        private readonly LinkedList<Event> ready = new LinkedList<Event>();
        private bool isTaking;

        internal Inbox(IntPtr sink)
        {
            this.sink = sink;
        }

        internal Task<Event> Next(Events events, CancellationToken token)
        {
            if (token.IsCancellationRequested) return Task.FromCanceled<Event>(token);
            Waiting one;
            lock (waiting)
            {
                if (ready.Count > 0)
                {
                    var first = ready.First.Value;
                    ready.RemoveFirst();
                    return Task.FromResult(first);
                }
                one = new Waiting(events);
                waiting.AddLast(one);
                if (!isTaking)
                {
                    isTaking = true;
                    new Thread(Take) { IsBackground = true, Name = "kpclient events" }.Start();
                }
            }
            one.Registration(token.Register(() => GiveUp(one, token)));
            return one.Task;
        }

        private void GiveUp(Waiting one, CancellationToken token)
        {
            lock (waiting) waiting.Remove(one);
            one.TrySetCanceled(token);
        }

        private void Take()
        {
            try
            {
                while (Deliver(NextEvent()))
                {
                }
            }
            catch (Exception failure)
            {
                Waiting[] all;
                lock (waiting)
                {
                    isTaking = false;
                    all = new Waiting[waiting.Count];
                    waiting.CopyTo(all, 0);
                    waiting.Clear();
                }
                if (Exit.IsNow) return;
                foreach (var one in all) one.Fail(failure);
            }
        }

        private Event NextEvent()
        {
            using (var memory = new Scratch())
            {
                var output = memory.Room(8);
                memory.Check(Raw.kpc_event_sink_next(sink, Forever, output, memory.Error));
                var taken = Scratch.Pointer(output);
                try
                {
                    return EventReader.Read(memory, taken);
                }
                finally
                {
                    Raw.kpc_event_free(taken);
                }
            }
        }

        /// <summary>Gives an event to the first who still waits, and says whether another one is waited for.</summary>
        private bool Deliver(Event taken)
        {
            while (true)
            {
                Waiting first;
                lock (waiting)
                {
                    if (waiting.Count == 0)
                    {
                        ready.AddLast(taken);
                        isTaking = false;
                        return false;
                    }
                    first = waiting.First.Value;
                    waiting.RemoveFirst();
                }
                if (Exit.IsNow) return false;
                if (first.Complete(taken)) break;
            }
            lock (waiting)
            {
                isTaking = waiting.Count > 0;
                return isTaking;
            }
        }

        /// <summary>One who waits, which keeps the events alive as long as that lasts.</summary>
        private sealed class Waiting : TaskCompletionSource<Event>
        {
            private readonly object gate = new object();
            private CancellationTokenRegistration registration;
            private bool isOver;

            internal Waiting(Events events)
                : base(events, TaskCreationOptions.RunContinuationsAsynchronously)
            {
            }

            /// <summary>A token may live for longer than the waiting.</summary>
            internal void Registration(CancellationTokenRegistration made)
            {
                lock (gate)
                {
                    registration = made;
                    if (!isOver) return;
                }
                made.Dispose();
            }

            internal bool Complete(Event taken)
            {
                Over();
                return TrySetResult(taken);
            }

            internal void Fail(Exception failure)
            {
                Over();
                TrySetException(failure);
            }

            private void Over()
            {
                CancellationTokenRegistration made;
                lock (gate)
                {
                    isOver = true;
                    made = registration;
                }
                // Not with the lock: it waits for a cancelling that is under way.
                made.Dispose();
            }
        }
    }
}
