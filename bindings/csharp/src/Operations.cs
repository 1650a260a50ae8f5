using System;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Threading;
using System.Threading.Tasks;

namespace Kpclient
{
    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    internal delegate void CompletionFunction(IntPtr result, IntPtr number);

    /// <summary>
    /// All operations under way, by the number that the library carries for them. Its thread takes the outputs
    /// and completes the task; what follows runs elsewhere.
    /// </summary>
    internal static class Operations
    {
        private static readonly ConcurrentDictionary<long, Pending> All = new ConcurrentDictionary<long, Pending>();

        // The library has its address; so it lives as long as the process.
        private static readonly CompletionFunction Function = Completed;
        private static readonly IntPtr Address = Marshal.GetFunctionPointerForDelegate(Function);
        private static long last;
        private static int running;

        /// <summary>Whether nothing is under way, and no thread of the library is in managed code for it.</summary>
        internal static bool AreOver
        {
            get { return All.IsEmpty && Volatile.Read(ref running) == 0; }
        }

        /// <summary>Starts an operation: start is given a kpc_completion and the place for a kpc_op.</summary>
        internal static Task<T> Start<T>(
            KpcObject client,
            CancellationToken token,
            Func<Scratch, IntPtr, IntPtr, int> start,
            Func<Scratch, IntPtr, T> take)
        {
            if (token.IsCancellationRequested) return Task.FromCanceled<T>(token);
            var pending = new Pending<T>(client, take);
            var number = Interlocked.Increment(ref last);
            All[number] = pending;
            try
            {
                using (var memory = new Scratch())
                {
                    var done = memory.Room(32);
                    Marshal.WriteIntPtr(done, 0, Address);
                    Marshal.WriteIntPtr(done, 8, new IntPtr(number));
                    var op = memory.Room(8);
                    memory.Check(start(memory, done, op));
                    pending.CancelWith(token, unchecked((ulong)Scratch.Long(op)));
                }
            }
            catch (KpcException failure)
            {
                Drop(number);
                return Task.FromException<T>(failure);
            }
            catch
            {
                Drop(number);
                throw;
            }
            return pending.Task;
        }

        private static void Drop(long number)
        {
            Pending dropped;
            All.TryRemove(number, out dropped);
        }

        /// <summary>On a thread of the library, into which no exception may go.</summary>
        private static void Completed(IntPtr result, IntPtr number)
        {
            Interlocked.Increment(ref running);
            try
            {
                Pending pending;
                if (All.TryRemove(number.ToInt64(), out pending)) pending.Finish(result);
            }
            finally
            {
                Interlocked.Decrement(ref running);
            }
        }
    }

    internal abstract class Pending
    {
        internal abstract void Finish(IntPtr result);
    }

    /// <summary>An operation under way, and the task of those who wait for it.</summary>
    internal sealed class Pending<T> : Pending
    {
        private readonly TaskCompletionSource<T> source =
            new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);

        // Also keeps it alive: the operations of a client that is collected end.
        private readonly KpcObject client;
        private readonly Func<Scratch, IntPtr, T> take;
        private readonly object gate = new object();
        private CancellationTokenRegistration registration;
        private bool isOver;

        internal Pending(KpcObject client, Func<Scratch, IntPtr, T> take)
        {
            this.client = client;
            this.take = take;
        }

        internal Task<T> Task
        {
            get { return source.Task; }
        }

        internal void CancelWith(CancellationToken token, ulong operation)
        {
            if (!token.CanBeCanceled) return;
            var made = token.Register(() => Cancel(token, operation));
            lock (gate)
            {
                registration = made;
                if (!isOver) return;
            }
            // It has ended meanwhile, and the token may live for long.
            made.Dispose();
        }

        internal override void Finish(IntPtr result)
        {
            if (Exit.IsNow) return;
            try
            {
                using (var memory = new Scratch())
                {
                    if (!source.Task.IsCompleted) Complete(take(memory, result));
                }
            }
            catch (Exception failure)
            {
                source.TrySetException(failure);
            }
            CancellationTokenRegistration made;
            lock (gate)
            {
                isOver = true;
                made = registration;
            }
            made.Dispose();
        }

        private void Complete(T value)
        {
            // Nobody waits for what was cancelled at the same time.
            if (!source.TrySetResult(value)) (value as IDisposable)?.Dispose();
        }

        private void Cancel(CancellationToken token, ulong operation)
        {
            if (!source.TrySetCanceled(token)) return;
            using (var memory = new Scratch())
            {
                // One that has ended, or whose client was closed, needs no cancelling.
                Raw.kpc_op_cancel(memory.Of(client), operation, memory.Error);
                memory.Forgive();
            }
        }
    }
}
