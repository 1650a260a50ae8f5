using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Threading;
using System.Threading.Tasks;

namespace Kpclient.Tests
{
    /// <summary>Objects, values and memory.</summary>
    internal static class ObjectTests
    {
        internal static readonly List<Test> All = new List<Test>
        {
            new Test("every function is in the library", Linked),
            new Test("what was disposed of is an error", Disposed),
            new Test("secrets are not shown, and wiped when they are disposed of", Secrets),
            new Test("bytes of a wrong size and texts with a NUL are refused", Refused),
            new Test("structs keep what is put into them", Structs),
            new Test("everything that objects tell can be asked for", Told),
            new Test("the collector frees what is used at the same time", Pressure),
            new Test("clients that nobody holds are freed, with their operations", Forgotten),
        };

        private static Task Linked(Simulator simulator)
        {
            var raw = typeof(Client).Assembly.GetType("Kpclient.Raw");
            var functions = raw.GetMethods(BindingFlags.Static | BindingFlags.NonPublic);
            var native = functions.Where(f => f.Name.StartsWith("kpc_", StringComparison.Ordinal)).ToList();
            Check.That(native.Count > 200, native.Count + " functions");
            foreach (var function in native) Marshal.Prelink(function);
            return Task.CompletedTask;
        }

        private static async Task Disposed(Simulator simulator)
        {
            var client = await simulator.Connected();
            var config = client.Config();
            config.Dispose();
            config.Dispose();
            Check.Fails(Status.BadHandle, () => config.SetUnix("/x"));
            client.Dispose();
            Check.Fails(Status.BadHandle, () => client.Stats.ToString());
            var failure = Check.Thrown<KpcException>(() => client.ConnectAsync().GetAwaiter().GetResult());
            Check.That(failure.Status == Status.BadHandle, failure.Message);
            Check.That(failure.Category == Category.Argument, "of another category");
            Check.Fails(Status.ArgNull, () => new Client(null).Dispose());
        }

        private static Task Secrets(Simulator simulator)
        {
            var keys = Kpc.NewKeypair();
            Check.That(keys.WriteCap + " " + keys.First == "WriteCap(secret) BoxIndex(secret)", "a secret is shown");
            var same = WriteCap.FromBytes(keys.WriteCap.ToArray());
            Check.That(same.Equals(keys.WriteCap) && same.GetHashCode() == keys.WriteCap.GetHashCode(), "not the same");
            Check.That(same.ReadCap.Equals(keys.ReadCap) && same.FirstIndex.Equals(keys.First), "of another stream");
            var content = typeof(FixedBytes).GetProperty("Content", BindingFlags.Instance | BindingFlags.NonPublic);
            var bytes = (byte[])content.GetValue(keys.WriteCap);
            Check.That(bytes.Any(one => one != 0), "an empty capability");
            keys.WriteCap.Dispose();
            Check.That(bytes.All(one => one == 0), "it was not wiped");
            Check.Thrown<ObjectDisposedException>(() => keys.WriteCap.ReadCap.ToString());
            Check.Thrown<ObjectDisposedException>(() => keys.WriteCap.ToArray());
            Check.That(!same.Hash.ToString().Contains("secret"), "a hash is no secret");
            return Task.CompletedTask;
        }

        private static Task Refused(Simulator simulator)
        {
            Check.Fails(Status.ArgSize, () => WriteCap.FromBytes(new byte[3]));
            Check.Fails(Status.ArgSize, () => BoxIndex.FromBytes(new byte[0]));
            Check.Fails(Status.ArgSize, () => Kpc.NewKeypair(new byte[1]));
            Check.Thrown<ArgumentException>(() => Config.LoadFile("a\0b"));
            Check.Thrown<ArgumentException>(() => Config.LoadFile("half of a \ud800 pair"));
            Check.Thrown<ArgumentNullException>(() => Config.LoadText(null));
            Check.Thrown<ArgumentNullException>(() => WriteCap.FromBytes(null));
            using (var client = simulator.Client())
            {
                var keys = Kpc.NewKeypair();
                Check.Thrown<ArgumentNullException>(() => client.WriteBox(keys.WriteCap, keys.First, null));
                var destinations = new Destination[] { null };
                Check.Thrown<ArgumentNullException>(
                    () => client.CreateCourierEnvelopesFromMultiPayload(destinations, true, true, new byte[0]));
                Check.Thrown<ArgumentOutOfRangeException>(() => client.OpenEvents(-1));
            }
            using (var config = Config.New())
            {
                var named = Check.Thrown<KpcException>(() => config.SetUnix(""));
                Check.That(named.Message.StartsWith("KPC_ERR_", StringComparison.Ordinal), named.Message);
            }
            return Task.CompletedTask;
        }

        private static async Task Structs(Simulator simulator)
        {
            using (var config = Config.New())
            {
                config.SetSphinxGeometry(new SphinxGeometry(
                    3082, 5, 476, 410, 82, 572, 2, 32, 2574, 2000, 65, 48, "X25519", ""));
                Check.That(config.SphinxGeometry.NikeName == "X25519", config.SphinxGeometry.NikeName);
                Check.That(config.SphinxGeometry.UserForwardPayloadLength == 2000, "another length");
            }
            using (var client = await simulator.Connected())
            using (var document = client.PkiDocument())
            {
                var service = client.GetService("echo");
                Check.That(service.Queue.Length > 0 && document.HasIdentity(service.Node), "no queue or node");
                Check.That(!document.HasIdentity(Hash.FromBytes(new byte[32])), "any node");
                Check.That(client.Stats.Lanes.Count == Kpc.Lanes && client.Stats.Lanes[0].IsOpen == 1, "no connection");
                var two = Enumerable.Range(0, 2).Select(i => Kpc.NewKeypair())
                    .Select(keys => new Destination(keys.WriteCap, keys.First, new byte[5000])).ToList();
                using (var made = await client.CreateCourierEnvelopesFromMultiPayloadAsync(two, true, true, new byte[0]))
                {
                    Check.That(made.Count > 0 && made.At(0).Length > 0, "no elements");
                    Check.That(!made.NextIndexAt(1).Equals(two[1].StartIndex), "where it began");
                }
            }
        }

        private static async Task Told(Simulator simulator)
        {
            using (var client = await simulator.Connected())
            {
                var keys = Kpc.NewKeypair();
                var store = await client.OpenStoreAsync(null);
                var writer = await store.CreateWriterAsync("pear");
                var reader = await store.ImportReaderAsync("pear", writer.ReadCap);
                await writer.SendAsync(Kpc.MessageKind, Check.Bytes("one"));
                var objects = new List<KpcObject>
                {
                    client, client.Config(), client.PkiDocument(), client.GetServices("echo"), client.NewCopyBuilder(),
                    await client.EncryptWriteAsync(keys.WriteCap, keys.First, Check.Bytes("x")),
                    await client.TombstoneRangeAsync(keys.WriteCap, keys.First, 2),
                    await client.VoucherMintAsync(keys.WriteCap, "Joan"), store, writer, reader,
                    await reader.ReceiveAsync(), await reader.MessagesAsync(1, 10), await store.ListWritersAsync(),
                    client.GetDirectoryAuthorities(),
                };
                var told = new HashSet<string>(objects.SelectMany(Properties));
                Check.That(told.Contains("LastMessage") && told.Count > 45, told.Count + " properties");
                using (var names = await store.ListWritersAsync())
                {
                    Check.That(names.ToList().Single() == "pear", "other names");
                }
                foreach (var one in objects) one.Dispose();
            }
        }

        /// <summary>Asks an object for everything that it tells without being given anything; the names of that.</summary>
        private static IEnumerable<string> Properties(KpcObject about)
        {
            var all = about.GetType().GetProperties(BindingFlags.Instance | BindingFlags.Public);
            foreach (var property in all)
            {
                try
                {
                    (property.GetValue(about) as IDisposable)?.Dispose();
                }
                catch (TargetInvocationException failure) when (failure.InnerException is KpcException)
                {
                    // What it does not have it says.
                }
            }
            return all.Select(property => property.Name);
        }

        private static async Task Pressure(Simulator simulator)
        {
            using (var client = await simulator.Connected())
            {
                for (var round = 0; round < 200; round++)
                {
                    for (var i = 0; i < 50; i++) Config.New().SetUnix("/" + round + "/" + i);
                    if (round % 20 == 0) GC.Collect();
                    await CallTests.Echo(client, round.ToString());
                }
                Check.That(await Check.IsDownTo(20), Kpc.DebugLiveObjects() + " objects");
            }
        }

        private static async Task Forgotten(Simulator simulator)
        {
            for (var i = 0; i < 20; i++)
            {
                using (var source = new CancellationTokenSource())
                {
                    var client = await simulator.Connected();
                    var events = client.OpenEvents();
                    for (var n = 0; n < 10; n++) events.NextAsync(source.Token).ContinueWith(one => one.Exception).Forget();
                    var keys = Kpc.NewKeypair();
                    client.ReadBoxAsync(keys.ReadCap, keys.First, cancellationToken: source.Token).Forget();
                    source.Cancel();
                }
            }
        }

        private static void Forget(this Task task)
        {
            GC.KeepAlive(task);
        }
    }
}
