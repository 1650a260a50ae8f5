package kpclient.tests

import kotlinx.coroutines.delay
import kpclient.BoxIndex
import kpclient.Client
import kpclient.Config
import kpclient.Event
import kpclient.Events
import kpclient.Kpclient
import kpclient.LogLevel
import kpclient.NewKeypairResult
import kpclient.StartFlags
import kpclient.Voucher

/** What a step of a scenario does; what it makes is kept where it has a name. */
suspend fun World.action(step: Step, number: Int): Any = when (step.action) {
    "client" -> if (step.maybe("log") == null) simulator.client(path(step)) else withThrowingLog()
    "connected" -> simulator.connected()
    "connect" -> client(step).connect(step.limitMs)
    "close" -> client(step).closeAndWait(step.limitMs)
    "config_text" -> Config.loadText(step.word("text"))
    "config_file" -> Config.loadFile(step.word("path"))
    "services" -> client(step).getServices(step.word("name")).use {
        expect(it.count >= step.number("at_least")!!) { "${it.count} services" }
    }
    "service" -> client(step).getService(step.word("name"))
    "echo" -> echo(client(step), step, number)
    "keypair" -> Kpclient.newKeypair()
    "write_box" -> client(step).writeBox(keys(step).writeCap, index(step), step.text(), timeoutMs = step.limitMs)
    "read_box" -> readBox(client(step), step)
    "tombstone" -> tombstone(client(step), step)
    "copy" -> copy(client(step), step)
    "voucher_mint" -> client(step).voucherMint(keys(step).writeCap, step.word("name"))
    "voucher_induct" -> induct(client(step), step)
    "voucher_open" -> open(client(step), step)
    "events" -> client(step).openEvents()
    "event" -> event(thing(step, "of"), step.word("kind"))
    "loop_throws" -> loopThrows(client(step))
    "log_has_thrown" -> while (complaints.get() == 0) delay(1)
    "sim" -> simulator.say(step.word("say"))
    "sim_until" -> simulator.until(
        step.word("count"),
        (step.number("at_least") ?: 0)..(step.number("at_most") ?: Long.MAX_VALUE),
    )
    else -> channelAction(step)
}

private suspend fun World.channelAction(step: Step): Any = when (step.action) {
    "read_cap_text" -> keys(step).let { it.readCap.toText(it.first) }
    "parse_text" -> Kpclient.sharedTextParse(step.maybe("text") ?: thing(step, "text_of"))
    "store" -> client(step).openStore(simulator.directory.resolve(step.word("file")).toString())
    else -> storeAction(step)
}

private fun World.client(step: Step): Client = thing(step, "client")

private fun World.keys(step: Step): NewKeypairResult = thing(step, "keys")

private fun World.path(step: Step): String = when (val socket = step.maybe("socket")) {
    null -> simulator.socket
    else -> simulator.directory.resolve(socket).toString()
}

/** The first of some keys, or one that was kept. */
private fun World.index(step: Step): BoxIndex = when (val at = thing<Any>(step, "at")) {
    is NewKeypairResult -> at.first
    else -> at as BoxIndex
}

private suspend fun echo(client: Client, step: Step, number: Int) {
    val text = step.text() + if (step.isSet("numbered")) "$number".toByteArray() else ByteArray(0)
    val reply = client.sendMessageAwaitReply(client.getService("echo"), text, step.limitMs)
    same(reply.take(text.size).toByteArray(), text)
}

private suspend fun World.readBox(client: Client, step: Step): BoxIndex {
    val flags = if (step.isSet("no_retry")) StartFlags.NO_RETRY else 0
    val (plaintext, next) = client.readBox(keys(step).readCap, index(step), flags, step.limitMs)
    step.maybe("text")?.let { same(plaintext, step.text()) }
    step.maybe("begins")?.let { same(plaintext.take(it.length).toByteArray(), it.toByteArray()) }
    return next
}

private suspend fun World.tombstone(client: Client, step: Step) {
    val writeCap = keys(step).writeCap
    client.tombstoneRange(writeCap, index(step), step.number("count")!!.toInt()).use { made ->
        for (i in 0 until made.count) {
            made.envelopeAt(i).use {
                client.startResendingEncryptedMessage(writeCap = writeCap, replyIndex = -1, envelope = it)
            }
        }
    }
}

private suspend fun World.copy(client: Client, step: Step): BoxIndex = client.newCopyBuilder().use {
    val next = it.add(client, keys(step).writeCap, index(step), step.text())
    it.finish(client)
    next
}

private suspend fun World.induct(client: Client, step: Step): Voucher {
    val minted = thing<Voucher>(step, "minted")
    val payload = step.maybe("payload_of")?.let { thing<Voucher>(step, "payload_of") } ?: minted
    val inducted = client.voucherInduct(minted.hash, payload.payload, step.text())
    same(inducted.displayName.toByteArray(), step.word("name").toByteArray())
    return inducted
}

private suspend fun World.open(client: Client, step: Step) {
    val secretKey = thing<Voucher>(step, "minted").keys().secretKey
    val sealedReply = thing<Voucher>(step, "inducted").sealedReply
    client.voucherOpen(secretKey, sealedReply, keys(step).writeCap).use { same(it.whoReply, step.text()) }
}

/** Leaves a loop over events by an exception. */
private suspend fun loopThrows(client: Client) {
    val thrown = runCatching {
        client.openEvents().use { events -> events.asFlow().collect { throw IllegalStateException("thrown at $it") } }
    }
    expect(thrown.exceptionOrNull()?.message.orEmpty().startsWith("thrown at")) { "$thrown" }
}

/** A client whose log function throws; the thread of the log has an uncaught exception then. */
private fun World.withThrowingLog(): Client {
    Thread.setDefaultUncaughtExceptionHandler { _, thrown ->
        if (thrown is Mismatch) complaints.incrementAndGet() else thrown.printStackTrace()
    }
    return Config.new().use {
        it.setUnix(simulator.socket)
        it.setLog(LogLevel.INFO) { _, line -> throw Mismatch(line) }
        Client(it)
    }
}

/** Takes events until one is of this kind. */
private suspend fun event(events: Events, kind: String) {
    val wanted = kind.split('_').joinToString("") { it[0] + it.drop(1).lowercase() }
    do {
        val event: Event = events.next()
    } while (event.javaClass.simpleName != wanted)
}

fun expect(isTrue: Boolean, why: () -> String) {
    if (!isTrue) throw Mismatch(why())
}

fun same(found: ByteArray, wanted: ByteArray) =
    expect(found.contentEquals(wanted)) { "\"${String(found)}\", \"${String(wanted)}\" expected" }
