using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;

namespace Kpclient.Tests
{
    /// <summary>Events as C# 8 loops over them, where there is its compiler.</summary>
    internal static class AwaitForeach
    {
        private static async Task Main(string[] arguments)
        {
            using var config = Config.LoadFile(arguments[0]);
            using var client = new Client(config);
            await client.ConnectAsync();
            Console.WriteLine("cancelled: " + await IsCancelled(client.Events()));

            Event last = null;
            await foreach (var one in client.Events())
            {
                if (last == null) _ = client.CloseAsync();
                last = one;
            }
            Console.WriteLine("the last: " + last.GetType().Name);
        }

        private static async Task<bool> IsCancelled(IAsyncEnumerable<Event> events)
        {
            using var source = new CancellationTokenSource();
            try
            {
                await foreach (var one in events.WithCancellation(source.Token).ConfigureAwait(false))
                {
                    if (one is PkiDocumentEvent) source.Cancel();
                }
            }
            catch (OperationCanceledException)
            {
                return true;
            }
            return false;
        }
    }
}
