using System;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;

namespace Kpclient.Tests
{
    /// <summary>What the steps of scenarios do with a store: channels, vouchers, files.</summary>
    internal static class StoreActions
    {
        internal static Task<object> Do(World world, Step step, CancellationToken token)
        {
            if (step.Maybe("writer") != null) return OfWriter(world, world.Thing<Writer>(step, "writer"), step, token);
            if (step.Maybe("reader") != null) return OfReader(world, world.Thing<Reader>(step, "reader"), step);
            return step.Maybe("store") != null ? OfStore(world, world.Thing<Store>(step, "store"), step) : OfFiles(world, step);
        }

        private static async Task<object> OfStore(World world, Store store, Step step)
        {
            switch (step.Action)
            {
                case "close_store":
                    await store.CloseAsync();
                    return null;
                case "create_writer": return await store.CreateWriterAsync(step.Word("name"));
                case "open_writer": return await store.OpenWriterAsync(step.Word("name"));
                case "import_reader":
                    return await store.ImportReaderAsync(step.Word("name"), world.Thing<Writer>(step, "from").ReadCap);
                case "open_reader": return await store.OpenReaderAsync(step.Word("name"));
                case "mint_voucher":
                    var minted = await store.MintVoucherAsync(step.Word("name"), step.Word("display"));
                    var isSame = step.Maybe("same_as") == null || minted == world.Thing<string>(step, "same_as");
                    Check.That(isSame, "another voucher");
                    return minted;
                case "induct_voucher":
                    var voucher = step.Maybe("voucher_text") ?? world.Thing<string>(step, "voucher");
                    var inducted = await store.InductVoucherAsync(step.Word("name"), voucher, step.Text);
                    Check.That(inducted.DisplayName == step.Word("display"), inducted.DisplayName);
                    return inducted.Reader;
                case "open_voucher":
                    var opened = await store.OpenVoucherAsync(step.Word("name"), step.LimitMs);
                    Check.Same(opened.WhoReply, step.Text);
                    return opened.Writer;
                case "cancel_voucher":
                    await store.CancelVoucherAsync(step.Word("name"));
                    return null;
                case "vouchers":
                    using (var names = await store.ListVouchersAsync())
                    {
                        Check.That(names.ToList().SequenceEqual(step.Words("names")), string.Join(", ", names.ToList()));
                    }
                    return null;
                default: throw Unknown(step);
            }
        }

        private static async Task<object> OfWriter(World world, Writer writer, Step step, CancellationToken token)
        {
            switch (step.Action)
            {
                case "send": return await writer.SendAsync(Kpc.MessageKind, step.Text);
                case "wait_stored":
                    await writer.WaitStoredAsync(writer.LastMessage);
                    return null;
                case "sent":
                    while (writer.LastMessage < (ulong)step.Number("number")) await Task.Delay(1);
                    return null;
                case "send_tombstones": return await writer.TombstoneAsync((uint)step.Number("count"));
                case "erase_before":
                    await writer.EraseBeforeAsync((ulong)step.Number("number"));
                    await writer.WaitErasedAsync((ulong)step.Number("number"));
                    return null;
                case "send_file":
                    await writer.SendFileAsync(step.Maybe("path") ?? Place(world, step, "file"), cancellationToken: token);
                    return null;
                case "abandon_file":
                    await writer.AbandonFileAsync();
                    return null;
                case "unfinished_file":
                    var isIt = writer.FilePath == Place(world, step, "file") && writer.FileSize == (ulong)step.Number("size");
                    Check.That(isIt, writer.FilePath + " of " + writer.FileSize + " bytes");
                    return null;
                default: throw Unknown(step);
            }
        }

        private static async Task<object> OfReader(World world, Reader reader, Step step)
        {
            switch (step.Action)
            {
                case "receive": return await Receive(reader, step);
                case "acknowledge":
                    await reader.AcknowledgeAsync((ulong)step.Number("number"));
                    return null;
                case "history":
                    using (var messages = await reader.MessagesAsync((ulong)step.Number("number"), (uint)step.Number("max")))
                    {
                        var texts = messages.ToList().Select(message => Check.Text(message.Data)).ToList();
                        Check.That(texts.SequenceEqual(step.Words("texts")), string.Join(", ", texts));
                    }
                    return null;
                case "forget_before":
                    await reader.ForgetBeforeAsync((ulong)step.Number("number"));
                    return null;
                case "poll_now":
                    reader.PollNow();
                    return null;
                case "skip":
                    reader.Skip(reader.NextIndex);
                    return null;
                case "receive_file":
                    var found = await reader.ReceiveFileAsync(Place(world, step, "into"), step.Maybe("name"));
                    Check.That(found == Path.Combine(Place(world, step, "into"), step.Word("found")), found);
                    Check.Same(File.ReadAllBytes(found), Content(step));
                    return null;
                default: throw Unknown(step);
            }
        }

        private static async Task<object> Receive(Reader reader, Step step)
        {
            using (var message = await reader.ReceiveAsync())
            {
                var arrival = World.Name(step.Maybe("arrival") ?? "MESSAGE");
                var isNext = message.Number == (ulong)step.Number("number") && message.Arrival.ToString() == arrival;
                Check.That(isNext, "number " + message.Number + ", " + message.Arrival);
                if (message.Arrival != Arrival.Message) return null;
                Check.That(message.Kind == Kpc.MessageKind, "kind " + message.Kind);
                Check.Same(message.Data, step.Text);
            }
            return null;
        }

        private static async Task<object> OfFiles(World world, Step step)
        {
            switch (step.Action)
            {
                case "make_file":
                    File.WriteAllBytes(Place(world, step, "file"), Content(step));
                    return null;
                case "make_directory":
                    Directory.CreateDirectory(Place(world, step, "file"));
                    return null;
                case "file_progress":
                    await Progress(world.Thing<Events>(step, "of"), (ulong)step.Number("size"));
                    return null;
                default: throw Unknown(step);
            }
        }

        /// <summary>Takes events until a whole file is on the mixnet.</summary>
        private static async Task Progress(Events events, ulong size)
        {
            for (var done = 0UL; done < size;)
            {
                var progress = await events.NextAsync() as FileProgressEvent;
                if (progress == null) continue;
                var isFurther = progress.FileDone > done && progress.FileDone <= size && progress.FileSize == size;
                Check.That(isFurther, progress.ToString());
                done = progress.FileDone;
            }
        }

        private static string Place(World world, Step step, string field)
        {
            return Path.Combine(world.Simulator.Folder, step.Word(field));
        }

        /// <summary>What a file of this size has in it.</summary>
        private static byte[] Content(Step step)
        {
            return Enumerable.Range(0, (int)step.Number("size")).Select(at => (byte)(at * 7 % 251)).ToArray();
        }

        private static Exception Unknown(Step step)
        {
            return new Mismatch("an action that this driver does not know: " + step.Action);
        }
    }
}
