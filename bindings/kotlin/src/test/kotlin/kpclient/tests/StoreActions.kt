package kpclient.tests

import kotlinx.coroutines.delay
import kpclient.Arrival
import kpclient.Event
import kpclient.Events
import kpclient.Kpclient
import kpclient.Reader
import kpclient.Store
import kpclient.Writer
import java.io.File

/** What a step of a scenario does with a store: channels, vouchers, files. */
suspend fun World.storeAction(step: Step): Any = when (step.action) {
    "close_store" -> store(step).closeAndWait()
    "create_writer" -> store(step).createWriter(step.word("name"))
    "open_writer" -> store(step).openWriter(step.word("name"))
    "import_reader" -> store(step).importReader(step.word("name"), thing<Writer>(step, "from").readCap)
    "open_reader" -> store(step).openReader(step.word("name"))
    "mint_voucher" -> store(step).mintVoucher(step.word("name"), step.word("display")).also { voucher ->
        step.maybe("same_as")?.let { expect(voucher == thing(step, "same_as")) { "another voucher" } }
    }
    "induct_voucher" -> induct(step)
    "open_voucher" -> store(step).openVoucher(step.word("name"), step.limitMs).let {
        same(it.whoReply, step.text())
        it.writer
    }
    "cancel_voucher" -> store(step).cancelVoucher(step.word("name"))
    "vouchers" -> store(step).listVouchers().use {
        expect(it.toList() == step.words("names")) { "${it.toList()}" }
    }
    "make_file" -> file(step, "file").writeBytes(content(step))
    "make_directory" -> expect(file(step, "file").mkdir()) { "it is there" }
    "file_progress" -> progress(thing(step, "of"), step.number("size")!!)
    else -> if (step.maybe("writer") != null) write(thing(step, "writer"), step) else read(thing(step, "reader"), step)
}

private fun World.store(step: Step): Store = thing(step, "store")

private fun World.file(step: Step, field: String): File = simulator.directory.resolve(step.word(field)).toFile()

/** What a file of this size has in it. */
private fun content(step: Step) = ByteArray(step.number("size")!!.toInt()) { (it * 7 % 251).toByte() }

private suspend fun World.induct(step: Step): Reader {
    val voucher = step.maybe("voucher_text") ?: thing(step, "voucher")
    val (reader, displayName) = store(step).inductVoucher(step.word("name"), voucher, step.text())
    expect(displayName == step.word("display")) { displayName }
    return reader
}

private suspend fun World.write(writer: Writer, step: Step): Any = when (step.action) {
    "send" -> writer.send(Kpclient.MESSAGE_KIND, step.text())
    "wait_stored" -> writer.waitStored(writer.lastMessage)
    "sent" -> while (writer.lastMessage < step.number("number")!!) delay(1)
    "send_tombstones" -> writer.tombstone(step.number("count")!!.toInt())
    "erase_before" -> {
        writer.eraseBefore(step.number("number")!!)
        writer.waitErased(step.number("number")!!)
    }
    "send_file" -> writer.sendFile(step.maybe("path") ?: file(step, "file").path)
    "abandon_file" -> writer.abandonFile()
    "unfinished_file" -> expect(
        writer.filePath == file(step, "file").path && writer.fileSize == step.number("size"),
    ) { "${writer.filePath} of ${writer.fileSize} bytes" }
    else -> error("an action that this driver does not know: ${step.action}")
}

private suspend fun World.read(reader: Reader, step: Step): Any = when (step.action) {
    "receive" -> reader.receive().use {
        val arrival = Arrival.valueOf(step.maybe("arrival") ?: "MESSAGE")
        expect(it.number == step.number("number") && it.arrival == arrival) { "number ${it.number}, ${it.arrival}" }
        if (arrival == Arrival.MESSAGE) {
            expect(it.kind == Kpclient.MESSAGE_KIND) { "kind ${it.kind}" }
            same(it.data, step.text())
        }
    }
    "acknowledge" -> reader.acknowledge(step.number("number")!!)
    "history" -> reader.messages(step.number("number")!!, step.number("max")!!.toInt()).use { messages ->
        val texts = messages.toList().map { String(it.data) }
        expect(texts == step.words("texts")) { "$texts" }
    }
    "forget_before" -> reader.forgetBefore(step.number("number")!!)
    "poll_now" -> reader.pollNow()
    "skip" -> reader.skip(reader.nextIndex)
    "receive_file" -> {
        val found = reader.receiveFile(file(step, "into").path, step.maybe("name"))
        expect(found == file(step, "into").resolve(step.word("found")).path) { found }
        same(File(found).readBytes(), content(step))
    }
    else -> error("an action that this driver does not know: ${step.action}")
}

/** Takes events until a whole file is on the mixnet. */
private suspend fun progress(events: Events, size: Long) {
    var done = 0L
    while (done < size) {
        val event = events.next() as? Event.FileProgress ?: continue
        expect(event.fileDone in done + 1..size && event.fileSize == size) { "$event" }
        done = event.fileDone
    }
}
