// The story: an echo, two boxes that Alice writes and Bob reads, an error by its name, a read that is
// cancelled, events. Its argument is a thinclient.toml.

using System;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Kpclient;

internal static class Story
{
    private static void Main(string[] arguments)
    {
        Tell(arguments.Length > 0 ? arguments[0] : "thinclient.toml").GetAwaiter().GetResult();
    }

    private static async Task Tell(string path)
    {
        using (var alice = await Connect(path))
        using (var bob = await Connect(path))
        {
            var hello = Encoding.UTF8.GetBytes("hello mixnet");
            var reply = await alice.SendMessageAwaitReplyAsync(alice.GetService("echo"), hello);
            Console.WriteLine("the echo service: " + Encoding.UTF8.GetString(reply, 0, hello.Length));

            // Bob needs the read capability, which Alice would hand him, as text for instance.
            var keys = Kpc.NewKeypair();
            Console.WriteLine("Bob is given " + keys.ReadCap.ToText(keys.First).Substring(0, 12) + "...");
            var second = await alice.WriteBoxAsync(keys.WriteCap, keys.First, Encoding.UTF8.GetBytes("one"));
            await alice.WriteBoxAsync(keys.WriteCap, second, Encoding.UTF8.GetBytes("two"));
            var one = await bob.ReadBoxAsync(keys.ReadCap, keys.First);
            var two = await bob.ReadBoxAsync(keys.ReadCap, one.Next);
            Console.WriteLine("Bob reads: " + Text(one.Plaintext) + ", " + Text(two.Plaintext));

            try
            {
                await bob.ReadBoxAsync(keys.ReadCap, two.Next, StartFlags.NoRetry);
            }
            catch (KpcException failure) when (failure.Status == Status.BoxIdNotFound)
            {
                Console.WriteLine("the third box: " + failure.Status);
            }

            // Without that flag a read waits until the box is written, or nobody wants it any more.
            using (var source = new CancellationTokenSource())
            {
                var reading = bob.ReadBoxAsync(keys.ReadCap, two.Next, cancellationToken: source.Token);
                source.Cancel();
                try
                {
                    await reading;
                }
                catch (OperationCanceledException)
                {
                    Console.WriteLine("a read was cancelled");
                }
            }

            await Watch(alice);
            keys.WriteCap.Dispose();
            await alice.CloseAsync();
            await bob.CloseAsync();
        }
    }

    private static async Task<Client> Connect(string path)
    {
        using (var config = Config.LoadFile(path))
        {
            var client = new Client(config);
            await client.ConnectAsync(timeoutMs: 60000);
            return client;
        }
    }

    private static async Task Watch(Client client)
    {
        using (var events = client.OpenEvents())
        {
            var next = await events.NextAsync();
            while (!(next is ConnectionStatusEvent)) next = await events.NextAsync();
            var status = (ConnectionStatusEvent)next;
            Console.WriteLine("the daemon is " + (status.IsConnected ? "on" : "off") + " the mixnet");
        }
    }

    private static string Text(byte[] bytes)
    {
        return Encoding.UTF8.GetString(bytes);
    }
}
