// As in ../src/EventStream.cs.
#if TYPES_OF_NETSTANDARD
extern alias netstandard;
using IAsyncEnumerable = netstandard::System.Collections.Generic.IAsyncEnumerable<Kpclient.Event>;
#else
using IAsyncEnumerable = System.Collections.Generic.IAsyncEnumerable<Kpclient.Event>;
#endif
using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;

namespace Kpclient.Tests
{
    /// <summary>Events as an IAsyncEnumerable.</summary>
    internal static class StreamTests
    {
        internal static readonly List<Test> All = new List<Test>
        {
            new Test("a stream has every event in order and ends behind the last", Ordered),
            new Test("a stream ends when its client is disposed of", Freed),
            new Test("a token ends a stream that waits, and takes no event", Cancelled),
            new Test("a stream that is left leaves nothing", Left),
            new Test("an exception in a loop over a stream comes out of it", Thrown),
            new Test("a stream that cannot be opened fails where the loop begins", Refused),
        };

        /// <summary>What a compiler of C# 8 makes of <c>await foreach (var one in stream.WithCancellation(token))</c>.</summary>
        private static async Task Loop(IAsyncEnumerable stream, Func<Event, bool> body, CancellationToken token)
        {
            var events = stream.GetAsyncEnumerator(token);
            try
            {
                while (await events.MoveNextAsync().AsTask())
                {
                    if (!body(events.Current)) break;
                }
            }
            finally
            {
                await events.DisposeAsync().AsTask();
            }
        }

        private static Task Loop(IAsyncEnumerable stream, Func<Event, bool> body)
        {
            return Loop(stream, body, CancellationToken.None);
        }

        private static async Task<List<string>> Lines(IAsyncEnumerable stream)
        {
            var lines = new List<string>();
            await Loop(stream, one =>
            {
                lines.Add(one.ToString());
                return true;
            });
            return lines;
        }

        private static async Task Ordered(Simulator simulator)
        {
            using (var client = simulator.Client())
            using (var events = client.OpenEvents())
            {
                var both = new[] { Lines(client.Events()), Lines(client.Events(100)) };
                await client.ConnectAsync();
                await client.CloseAsync();
                var wanted = events.GetConsumingEnumerable().Select(one => one.ToString()).ToList();
                Check.That(wanted.Count > 2, wanted.Count + " events");
                foreach (var found in await Task.WhenAll(both))
                {
                    Check.That(found.SequenceEqual(wanted), string.Join("; ", found) + " for " + string.Join("; ", wanted));
                }
            }
        }

        private static async Task Freed(Simulator simulator)
        {
            var client = await simulator.Connected();
            var stream = client.Events().GetAsyncEnumerator();
            Check.That(await stream.MoveNextAsync().AsTask(), "no first event");
            client.Dispose();
            var last = stream.Current;
            while (await stream.MoveNextAsync().AsTask()) last = stream.Current;
            Check.That(last is ClosedEvent, last + " is the last");
            Check.That(!await stream.MoveNextAsync().AsTask(), "an event behind the end");
            await stream.DisposeAsync().AsTask();
            await stream.DisposeAsync().AsTask();
        }

        private static async Task Cancelled(Simulator simulator)
        {
            using (var client = await simulator.Connected())
            using (var events = client.OpenEvents())
            using (var source = new CancellationTokenSource())
            {
                // Connected, and the document: then nothing comes.
                await Loop(events, one => !(one is PkiDocumentEvent));
                var waiting = Loop(events, one => true, source.Token);
                Check.That(!waiting.IsCompleted, "an event from nowhere");
                source.Cancel();
                Check.That(await Ended(waiting) == source.Token, "another token");
                Check.That(await Ended(Loop(client.Events(), one => true, source.Token)) == source.Token, "another token");
                await client.CloseAsync();
                Check.That((await Lines(events)).Count == 1, "more or less than the ClosedEvent");
            }
        }

        /// <summary>The token by which a loop ended.</summary>
        private static async Task<CancellationToken> Ended(Task loop)
        {
            try
            {
                await loop;
            }
            catch (OperationCanceledException cancelled)
            {
                return cancelled.CancellationToken;
            }
            throw new Mismatch("a loop goes on without its token");
        }

        private static async Task Left(Simulator simulator)
        {
            using (var client = await simulator.Connected())
            {
                var before = Kpc.DebugLiveObjects();
                for (var i = 0; i < 100; i++) await Loop(client.Events(), one => false);
                var unused = client.Events().GetAsyncEnumerator();
                Check.That(Kpc.DebugLiveObjects() > before, "nothing is open");
                await unused.DisposeAsync().AsTask();
                Check.That(!await unused.MoveNextAsync().AsTask(), "an event behind DisposeAsync");
                Check.That(Kpc.DebugLiveObjects() == before, Kpc.DebugLiveObjects() + " objects, " + before + " before");
            }
        }

        private static async Task Thrown(Simulator simulator)
        {
            using (var client = await simulator.Connected())
            using (var events = client.OpenEvents())
            {
                var before = Kpc.DebugLiveObjects();
                foreach (var stream in new IAsyncEnumerable[] { client.Events(), events })
                {
                    var thrown = new InvalidOperationException();
                    try
                    {
                        await Loop(stream, one => { throw thrown; });
                    }
                    catch (InvalidOperationException caught)
                    {
                        Check.That(caught == thrown, "another exception");
                        thrown = null;
                    }
                    Check.That(thrown == null, "the exception is lost");
                }
                Check.That(Kpc.DebugLiveObjects() == before, Kpc.DebugLiveObjects() + " objects, " + before + " before");
                // The first was taken; the second is still there.
                Check.That(await events.NextAsync() is PkiDocumentEvent, "another event is the next");
            }
        }

        private static async Task Refused(Simulator simulator)
        {
            var client = simulator.Client();
            Check.Thrown<ArgumentOutOfRangeException>(() => client.Events(-1));
            var stream = client.Events();
            client.Dispose();
            Check.Fails(Status.BadHandle, () => stream.GetAsyncEnumerator());
            await Task.CompletedTask;
        }
    }
}
