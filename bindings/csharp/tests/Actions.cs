using System;
using System.IO;
using System.Threading;
using System.Threading.Tasks;

namespace Kpclient.Tests
{
    /// <summary>What the steps of scenarios do; what one makes is kept where it has a name.</summary>
    internal static class Actions
    {
        internal static async Task<object> Do(World world, Step step, int number, CancellationToken token)
        {
            switch (step.Action)
            {
                case "client":
                    if (step.Maybe("log") != null) return WithThrowingLog(world);
                    var socket = step.Maybe("socket");
                    return world.Simulator.Client(socket == null ? null : Path.Combine(world.Simulator.Folder, socket));
                case "connected": return await world.Simulator.Connected();
                case "config_text": return Config.LoadText(step.Word("text"));
                case "config_file": return Config.LoadFile(step.Word("path"));
                case "keypair": return Kpc.NewKeypair();
                case "log_has_thrown":
                    while (Volatile.Read(ref world.Complaints) == 0) await Task.Delay(1);
                    return null;
                case "sim": return world.Simulator.Say(step.Word("say"));
                case "sim_until":
                    var most = step.Number("at_most") ?? long.MaxValue;
                    await world.Simulator.Until(step.Word("count"), step.Number("at_least") ?? 0, most);
                    return null;
                case "event": return await NextOf(world.Thing<Events>(step, "of"), step.Word("kind"));
                case "read_cap_text":
                    var keys = world.Thing<NewKeypairResult>(step, "keys");
                    return keys.ReadCap.ToText(keys.First);
                case "parse_text":
                    return Kpc.SharedTextParse(step.Maybe("text") ?? world.Thing<string>(step, "text_of"));
                default:
                    if (step.Maybe("client") != null) return await OfClient(world, step, number, token);
                    return await StoreActions.Do(world, step, token);
            }
        }

        private static async Task<object> OfClient(World world, Step step, int number, CancellationToken token)
        {
            var client = world.Thing<Client>(step, "client");
            switch (step.Action)
            {
                case "connect":
                    await client.ConnectAsync(step.LimitMs);
                    return null;
                case "close":
                    await client.CloseAsync(step.LimitMs);
                    return null;
                case "services":
                    using (var services = client.GetServices(step.Word("name")))
                    {
                        Check.That(services.Count >= step.Number("at_least"), services.Count + " services");
                    }
                    return null;
                case "service": return client.GetService(step.Word("name"));
                case "echo": return await Echo(client, step, number);
                case "events": return client.OpenEvents();
                case "store":
                    return await client.OpenStoreAsync(Path.Combine(world.Simulator.Folder, step.Word("file")));
                case "voucher_induct": return await Induct(world, client, step);
                case "loop_throws": return await LoopThrows(client);
            }
            var keys = world.Thing<NewKeypairResult>(step, "keys");
            switch (step.Action)
            {
                case "write_box":
                    return await client.WriteBoxAsync(
                        keys.WriteCap, Index(world, step), step.Text, timeoutMs: step.LimitMs, cancellationToken: token);
                case "read_box": return await ReadBox(client, keys, Index(world, step), step, token);
                case "tombstone": return await Tombstone(client, keys.WriteCap, Index(world, step), step);
                case "copy": return await Copy(client, keys.WriteCap, Index(world, step), step);
                case "voucher_mint": return await client.VoucherMintAsync(keys.WriteCap, step.Word("name"));
                case "voucher_open": return await OpenVoucher(world, client, keys, step);
                default: throw new Mismatch("an action that this driver does not know: " + step.Action);
            }
        }

        /// <summary>The first of some keys, or one that was kept.</summary>
        private static BoxIndex Index(World world, Step step)
        {
            var at = world.Thing<object>(step, "at");
            return (at as NewKeypairResult)?.First ?? (BoxIndex)at;
        }

        private static async Task<object> Echo(Client client, Step step, int number)
        {
            var text = Check.Bytes(Check.Text(step.Text) + (step.IsSet("numbered") ? number.ToString() : ""));
            var reply = await client.SendMessageAwaitReplyAsync(client.GetService("echo"), text, step.LimitMs);
            Check.Begins(reply, text);
            return null;
        }

        private static async Task<object> ReadBox(
            Client client, NewKeypairResult keys, BoxIndex at, Step step, CancellationToken token)
        {
            var flags = step.IsSet("no_retry") ? StartFlags.NoRetry : StartFlags.None;
            var box = await client.ReadBoxAsync(keys.ReadCap, at, flags, step.LimitMs, token);
            if (step.Maybe("text") != null) Check.Same(box.Plaintext, step.Text);
            if (step.Maybe("begins") != null) Check.Begins(box.Plaintext, Check.Bytes(step.Word("begins")));
            return box.Next;
        }

        private static async Task<object> Tombstone(Client client, WriteCap writeCap, BoxIndex at, Step step)
        {
            using (var made = await client.TombstoneRangeAsync(writeCap, at, (uint)step.Number("count")))
            {
                for (var i = 0; i < made.Count; i++)
                {
                    using (var envelope = made.EnvelopeAt(i))
                    {
                        await client.StartResendingEncryptedMessageAsync(null, writeCap, null, -1, envelope);
                    }
                }
            }
            return null;
        }

        private static async Task<object> Copy(Client client, WriteCap writeCap, BoxIndex at, Step step)
        {
            using (var builder = client.NewCopyBuilder())
            {
                var next = await builder.AddAsync(client, writeCap, at, step.Text);
                await builder.FinishAsync(client);
                return next;
            }
        }

        private static async Task<object> Induct(World world, Client client, Step step)
        {
            var minted = world.Thing<Voucher>(step, "minted");
            var payload = step.Maybe("payload_of") == null ? minted : world.Thing<Voucher>(step, "payload_of");
            var inducted = await client.VoucherInductAsync(minted.Hash, payload.Payload, step.Text);
            Check.That(inducted.DisplayName == step.Word("name"), inducted.DisplayName);
            return inducted;
        }

        private static async Task<object> OpenVoucher(World world, Client client, NewKeypairResult keys, Step step)
        {
            var secretKey = world.Thing<Voucher>(step, "minted").Keys().SecretKey;
            var sealedReply = world.Thing<Voucher>(step, "inducted").SealedReply;
            using (var opened = await client.VoucherOpenAsync(secretKey, sealedReply, keys.WriteCap))
            {
                Check.Same(opened.WhoReply, step.Text);
            }
            return null;
        }

        /// <summary>A client whose log function throws, which nobody is told of.</summary>
        private static Client WithThrowingLog(World world)
        {
            using (var config = Config.New())
            {
                config.SetUnix(world.Simulator.Socket);
                config.SetLog(LogLevel.Info, (level, line) =>
                {
                    Interlocked.Increment(ref world.Complaints);
                    throw new Mismatch(line);
                });
                return new Client(config);
            }
        }

        /// <summary>Leaves a loop over events by an exception.</summary>
        private static async Task<object> LoopThrows(Client client)
        {
            try
            {
                using (var events = client.OpenEvents())
                {
                    while (true) throw new TimeZoneNotFoundException((await events.NextAsync()).ToString());
                }
            }
            catch (TimeZoneNotFoundException)
            {
                return null;
            }
        }

        /// <summary>Takes events until one is of this kind.</summary>
        private static async Task<object> NextOf(Events events, string kind)
        {
            var wanted = World.Name(kind) + "Event";
            while ((await events.NextAsync()).GetType().Name != wanted)
            {
            }
            return null;
        }
    }
}
