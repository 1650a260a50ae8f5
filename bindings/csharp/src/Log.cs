using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Threading;

namespace Kpclient
{
    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    internal delegate void LineFunction(int level, IntPtr text, IntPtr number);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    internal delegate void DropFunction(IntPtr number);

    /// <summary>Log lines, which the library's threads only put into a queue.</summary>
    internal static class Log
    {
        /// <summary>A receiver that is too slow loses the oldest lines, and holds up nobody.</summary>
        private const int Capacity = 10000;

        private static readonly ConcurrentDictionary<long, Action<LogLevel, string>> Receivers =
            new ConcurrentDictionary<long, Action<LogLevel, string>>();

        // No Queue: what Mono's compiler makes of it, other runtimes do not find.
        private static readonly LinkedList<Action> Lines = new LinkedList<Action>();
        private static readonly LineFunction Line = Receive;
        private static readonly DropFunction Drop = Forget;
        private static readonly IntPtr LineAddress = Marshal.GetFunctionPointerForDelegate(Line);
        private static readonly IntPtr DropAddress = Marshal.GetFunctionPointerForDelegate(Drop);
        private static bool isRunning;
        private static long last;

        internal static void Set(Config config, LogLevel level, Action<LogLevel, string> receiver)
        {
            using (var memory = new Scratch())
            {
                var number = Interlocked.Increment(ref last);
                if (receiver != null) Receivers[number] = receiver;
                var function = receiver == null ? IntPtr.Zero : LineAddress;
                memory.Check(Raw.kpc_config_set_log(
                    memory.Of(config), (int)level, function, new IntPtr(number), DropAddress, memory.Error));
            }
        }

        private static void Receive(int level, IntPtr text, IntPtr number)
        {
            Action<LogLevel, string> receiver;
            if (!Receivers.TryGetValue(number.ToInt64(), out receiver)) return;
            var line = Scratch.StaticText(text);
            lock (Lines)
            {
                if (Lines.Count == Capacity) Lines.RemoveFirst();
                Lines.AddLast(() => receiver((LogLevel)level, line));
                if (isRunning) return;
                isRunning = true;
            }
            ThreadPool.QueueUserWorkItem(ignored => Deliver());
        }

        private static void Forget(IntPtr number)
        {
            Action<LogLevel, string> receiver;
            Receivers.TryRemove(number.ToInt64(), out receiver);
        }

        private static void Deliver()
        {
            while (true)
            {
                Action line;
                lock (Lines)
                {
                    isRunning = Lines.Count > 0;
                    if (!isRunning) return;
                    line = Lines.First.Value;
                    Lines.RemoveFirst();
                }
                try
                {
                    line();
                }
                catch (Exception)
                {
                    // A log that fails does not end the program, nor the lines behind it.
                }
            }
        }
    }
}
