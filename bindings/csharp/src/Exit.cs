using System;
using System.Collections.Concurrent;
using System.Threading;

namespace Kpclient
{
    /// <summary>
    /// The end of the process. A runtime that ends never gives back a thread of the library that is in managed
    /// code, and the process would hang. So clients are closed before, which ends their threads.
    /// </summary>
    internal static class Exit
    {
        private const int LimitMs = 5000;

        private static readonly ConcurrentDictionary<IntPtr, bool> Clients = new ConcurrentDictionary<IntPtr, bool>();

        static Exit()
        {
            AppDomain.CurrentDomain.ProcessExit += (sender, arguments) => CloseAll();
            AppDomain.CurrentDomain.DomainUnload += (sender, arguments) => CloseAll();
        }

        private static int isNow;

        /// <summary>
        /// Whether it has begun. What follows a task then is not started any more: on Mono the end waits for a
        /// thread of the pool that has just become idle, up to a minute.
        /// </summary>
        internal static bool IsNow
        {
            get { return Volatile.Read(ref isNow) != 0; }
        }

        internal static void Remember(IntPtr client)
        {
            Clients[client] = true;
        }

        /// <summary>Of an object that is freed, whether it is a client or not.</summary>
        internal static void Forget(IntPtr freed)
        {
            bool was;
            Clients.TryRemove(freed, out was);
        }

        private static void CloseAll()
        {
            Volatile.Write(ref isNow, 1);
            using (var memory = new Scratch())
            {
                foreach (var client in Clients.Keys)
                {
                    // One that does not end in time is left alone: there is nobody to tell.
                    Raw.kpc_client_close(client, LimitMs, memory.Error);
                    memory.Forgive();
                }
            }
            // Those that were freed right before complete their operations in the background.
            SpinWait.SpinUntil(() => Operations.AreOver, LimitMs);
        }
    }
}
