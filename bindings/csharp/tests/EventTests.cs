using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;

namespace Kpclient.Tests
{
    /// <summary>Those who wait for events.</summary>
    internal static class EventTests
    {
        internal static readonly List<Test> All = new List<Test>
        {
            new Test("nobody who stops waiting takes an event away", GivenUp),
            new Test("disposing of events ends who waits for them", Disposed),
            new Test("events carry what they say", Carried),
            new Test("a loop over events ends behind the last, and by its token", Looped),
        };

        private static async Task GivenUp(Simulator simulator)
        {
            using (var client = simulator.Client())
            using (var events = client.OpenEvents())
            using (var source = new CancellationTokenSource())
            {
                var given = Enumerable.Range(0, 10).Select(i => events.NextAsync(source.Token)).ToList();
                source.Cancel();
                // What comes now finds nobody, and stays.
                await client.CloseAsync();
                var seen = new List<Event>();
                foreach (var task in given)
                {
                    await Task.WhenAny(task);
                    if (!task.IsCanceled) seen.Add(task.Result);
                }
                while (!(seen.LastOrDefault() is ClosedEvent)) seen.Add(await events.NextAsync());
                Check.That(seen.Distinct().Count() == seen.Count, "an event twice");
                Check.Fails(Status.Closed, () => events.Next());
            }
        }

        private static async Task Looped(Simulator simulator)
        {
            using (var client = await simulator.Connected())
            using (var events = client.OpenEvents())
            using (var source = new CancellationTokenSource())
            {
                var first = events.GetConsumingEnumerable().First();
                Check.That(first is ConnectionStatusEvent, first.ToString());
                var second = events.GetConsumingEnumerable().First();
                Check.That(second is PkiDocumentEvent, second.ToString());
                source.CancelAfter(10);
                Check.Thrown<OperationCanceledException>(() => events.GetConsumingEnumerable(source.Token).Count());
                await client.CloseAsync();
                Check.That(events.GetConsumingEnumerable().Last() is ClosedEvent, "another event is the last");
            }
        }

        private static async Task Disposed(Simulator simulator)
        {
            using (var client = simulator.Client())
            {
                var events = client.OpenEvents();
                var waiting = events.NextAsync();
                while (waiting.IsCompleted) waiting = events.NextAsync();
                events.Dispose();
                try
                {
                    while (true)
                    {
                        await waiting;
                        waiting = events.NextAsync();
                    }
                }
                catch (KpcException failure)
                {
                    var isOver = failure.Status == Status.Closed || failure.Status == Status.BadHandle;
                    Check.That(isOver, failure.Message);
                }
            }
        }

        private static async Task Carried(Simulator simulator)
        {
            using (var client = simulator.Client())
            using (var events = client.OpenEvents())
            {
                await client.ConnectAsync();
                var first = await events.NextAsync();
                while (!(first is ConnectionStatusEvent)) first = await events.NextAsync();
                var status = (ConnectionStatusEvent)first;
                Check.That(status.IsConnected && status.InstanceToken.Equals(client.DaemonToken), status.ToString());
                Check.That(status.ErrCbor == null, "an error of the daemon's");
                while (!(first is PkiDocumentEvent)) first = await events.NextAsync();
                using (var document = ((PkiDocumentEvent)first).PkiDocument)
                {
                    Check.That(document.Epoch > 0, "no epoch");
                }
            }
        }
    }
}
