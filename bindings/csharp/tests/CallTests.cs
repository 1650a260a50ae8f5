using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;

namespace Kpclient.Tests
{
    /// <summary>Calls, tokens and threads.</summary>
    internal static class CallTests
    {
        internal static readonly List<Test> All = new List<Test>
        {
            new Test("a thousand cancelled tokens end their operations", Cancelled),
            new Test("a token that lives on keeps nothing of what has ended", OneToken),
            new Test("a token that is cancelled before starts nothing", TooLate),
            new Test("a time limit is an error of its own", TimeLimit),
            new Test("what follows is not on the library's thread, and may wait", Continuations),
            new Test("blocking twins do the same, on many threads at once", Blocking),
            new Test("log lines arrive, and one that is thrown at ends nothing", Logged),
        };

        internal static async Task Echo(Client client, string text)
        {
            var reply = await client.SendMessageAwaitReplyAsync(client.GetService("echo"), Check.Bytes(text));
            Check.Begins(reply, Check.Bytes(text));
        }

        private static Task<ReadBoxResult> Read(Client client, CancellationToken token)
        {
            var keys = Kpc.NewKeypair();
            return client.ReadBoxAsync(keys.ReadCap, keys.First, cancellationToken: token);
        }

        private static async Task UntilIdle(Client client)
        {
            while (client.Stats.OperationsRunning != 0) await Task.Delay(5);
        }

        private static async Task IsCancelled(Task task)
        {
            try
            {
                await task;
            }
            catch (OperationCanceledException)
            {
                return;
            }
            throw new Mismatch("not cancelled");
        }

        private static async Task Cancelled(Simulator simulator)
        {
            using (var client = await simulator.Connected())
            {
                var sources = Enumerable.Range(0, 1000).Select(i => new CancellationTokenSource()).ToList();
                var all = sources.Select(source => Read(client, source.Token)).ToList();
                foreach (var source in sources) source.Cancel();
                foreach (var task in all) await IsCancelled(task);
                await UntilIdle(client);
                await Echo(client, "still here");
            }
        }

        private static async Task OneToken(Simulator simulator)
        {
            using (var source = new CancellationTokenSource())
            using (var client = await simulator.Connected())
            {
                var held = await Held(client, source.Token);
                for (var i = 0; i < 1000 && held.Count(one => one.IsAlive) > 5; i++)
                {
                    GC.Collect();
                    await Task.Delay(1);
                }
                // The stacks are searched for what only looks like a reference.
                var left = held.Count(one => one.IsAlive);
                Check.That(left <= 5, left + " results are held");
            }
        }

        private static async Task<List<WeakReference>> Held(Client client, CancellationToken token)
        {
            var held = new List<WeakReference>();
            for (var i = 0; i < 50; i++)
            {
                var keys = Kpc.NewKeypair();
                await client.WriteBoxAsync(keys.WriteCap, keys.First, Check.Bytes("x"), cancellationToken: token);
                held.Add(new WeakReference(
                    await client.ReadBoxAsync(keys.ReadCap, keys.First, cancellationToken: token)));
            }
            return held;
        }

        private static async Task TooLate(Simulator simulator)
        {
            var client = await simulator.Connected();
            client.Dispose();
            // To start something with it would be another error.
            await IsCancelled(Read(client, new CancellationToken(true)));
        }

        private static async Task TimeLimit(Simulator simulator)
        {
            using (var client = await simulator.Connected())
            {
                var keys = Kpc.NewKeypair();
                Check.Fails(Status.Timeout, () => client.ReadBox(keys.ReadCap, keys.First, timeoutMs: 20));
                await UntilIdle(client);
            }
        }

        private static async Task Continuations(Simulator simulator)
        {
            using (var client = await simulator.Connected())
            {
                var foreign = new ConcurrentQueue<string>();
                var all = Enumerable.Range(0, 20).Select(async i =>
                {
                    await Echo(client, "one").ConfigureAwait(false);
                    // A thread that came from outside is no thread of the pool.
                    if (!Thread.CurrentThread.IsThreadPoolThread) foreign.Enqueue("continuation " + i);
                    client.SendMessageAwaitReply(client.GetService("echo"), Check.Bytes("waits"));
                });
                await Task.WhenAll(all.ToList());
                Check.That(foreign.IsEmpty, string.Join(", ", foreign));
            }
        }

        private static async Task Blocking(Simulator simulator)
        {
            using (var client = simulator.Client())
            {
                client.Connect();
                var threads = Enumerable.Range(0, 8).Select(i => Task.Factory.StartNew(
                    () =>
                    {
                        var keys = Kpc.NewKeypair();
                        client.WriteBox(keys.WriteCap, keys.First, Check.Bytes("box " + i));
                        Check.Same(client.ReadBox(keys.ReadCap, keys.First).Plaintext, Check.Bytes("box " + i));
                    },
                    TaskCreationOptions.LongRunning));
                await Task.WhenAll(threads.ToList());
                client.Close();
                Check.Fails(Status.Closed, () => client.ReadBox(Kpc.NewKeypair().ReadCap, Kpc.NewKeypair().First));
            }
        }

        private static async Task Logged(Simulator simulator)
        {
            var lines = new BlockingCollection<string>();
            using (var config = Config.New())
            {
                config.SetUnix(simulator.Socket);
                config.SetLog(LogLevel.Debug, (level, line) =>
                {
                    lines.Add(level + " " + line);
                    throw new InvalidOperationException("of the receiver");
                });
                using (var client = new Client(config))
                {
                    client.Log(LogLevel.Info, "ünïcödé");
                    client.Log(LogLevel.Info, "another");
                    Check.That(lines.Take().Contains("ünïcödé"), "another line first");
                    Check.That(lines.Take().StartsWith("Info", StringComparison.Ordinal), "another level");
                    await client.CloseAsync();
                }
            }
        }
    }
}
