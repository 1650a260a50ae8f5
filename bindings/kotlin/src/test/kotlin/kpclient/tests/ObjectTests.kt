package kpclient.tests

import kpclient.BoxIndex
import kpclient.Client
import kpclient.Config
import kpclient.Destination
import kpclient.Handle
import kpclient.Hash
import kpclient.Kpclient
import kpclient.KpcException
import kpclient.Service
import kpclient.SphinxGeometry
import kpclient.Status
import kpclient.WriteCap
import java.lang.reflect.InvocationTargetException
import java.lang.reflect.Modifier
import java.util.concurrent.CompletionException

private fun status(work: () -> Unit): Status = thrown<KpcException>(work).status

/** Asks an object for everything that it tells without being given anything; the names of that. */
private fun told(about: Any): Set<String> {
    val getters = about.javaClass.methods.filter {
        val isGetter = Regex("(get|is)[A-Z]\\w*").matches(it.name) && it.name != "getClass"
        isGetter && it.parameterCount == 0 && !Modifier.isStatic(it.modifiers)
    }
    for (getter in getters) {
        try {
            (getter.invoke(about) as? AutoCloseable)?.close()
        } catch (e: InvocationTargetException) {
            // What it does not have it says.
            if (e.cause !is KpcException) throw e
        }
    }
    return getters.map { it.name }.toSet()
}

/** Objects, values and memory. */
val objectTests = listOf(
    Test("what was closed is an error") { simulator ->
        val client = simulator.connected()
        val config = client.config()
        config.close()
        config.close()
        expect(status { config.setUnix("/x") } == Status.BAD_HANDLE) { "a closed configuration" }
        client.close()
        expect(status { client.stats } == Status.BAD_HANDLE) { "a closed client" }
        val failure = thrown<CompletionException> { client.connectAsync().join() }
        expect((failure.cause as KpcException).status == Status.BAD_HANDLE) { "$failure" }
        expect(failure.cause is KpcException.Argument) { "of another category" }
    },
    Test("secrets are not shown, and wiped when they are closed") {
        val (writeCap, readCap, first) = Kpclient.newKeypair()
        expect("$writeCap $readCap $first" == "WriteCap(secret) ReadCap(secret) BoxIndex(secret)") { "$writeCap" }
        val same = WriteCap.fromBytes(writeCap.toByteArray())
        expect(same == writeCap && same.hashCode() == writeCap.hashCode()) { "not the same" }
        expect(same.readCap == readCap && same.firstIndex == first) { "not of the same stream" }
        writeCap.close()
        thrown<IllegalStateException> { writeCap.readCap }
        thrown<IllegalStateException> { writeCap.toByteArray() }
        expect(writeCap != same) { "it was not wiped" }
        expect("secret" !in "${same.hash}") { "a hash is no secret" }
    },
    Test("bytes of a wrong size and texts with a NUL are refused") {
        expect(status { WriteCap.fromBytes(ByteArray(3)) } == Status.ARG_SIZE) { "a short capability" }
        expect(status { BoxIndex.fromBytes(ByteArray(0)) } == Status.ARG_SIZE) { "an empty index" }
        expect(status { Kpclient.newKeypair(ByteArray(1)) } == Status.ARG_SIZE) { "a short seed" }
        thrown<IllegalArgumentException> { Config.loadFile("a\u0000b") }
        it.client().use { client -> thrown<IllegalArgumentException> { client.openEvents(-1) } }
        Config.new().use { config ->
            val named = thrown<KpcException> { config.setUnix("") }
            expect(named.message!!.startsWith("KPC_ERR_")) { named.message!! }
        }
    },
    Test("the same seed makes the same stream") {
        val seed = ByteArray(Kpclient.SEED_SIZE) { it.toByte() }
        val (writeCap, _, first) = Kpclient.newKeypair(seed)
        expect(Kpclient.newKeypair(seed).writeCap == writeCap) { "another one" }
        val next = Kpclient.nextMessageBoxIndex(first)
        expect(Kpclient.getMessageBoxIndexCounter(next) == Kpclient.getMessageBoxIndexCounter(first) + 1) { "counter" }
    },
    Test("structs keep what is put into them") { simulator ->
        Config.new().use { config ->
            val geometry = SphinxGeometry(
                3082, 5, 476, 410, 82, 572, 2, 32, 2574, 2000, 65, 48, "X25519", "",
            )
            config.setSphinxGeometry(geometry)
            expect(config.sphinxGeometry.nikeName == "X25519") { config.sphinxGeometry.nikeName }
            expect(config.sphinxGeometry.userForwardPayloadLength == 2000L) { "another length" }
        }
        simulator.connected().use { client ->
            val service: Service = client.getService("echo")
            expect(String(service.queue).isNotEmpty()) { "no queue" }
            expect(client.pkiDocument().use { it.hasIdentity(service.node) }) { "no such node" }
            expect(!client.pkiDocument().use { it.hasIdentity(Hash.fromBytes(ByteArray(32))) }) { "any node" }
            val two = List(2) {
                val (writeCap, _, first) = Kpclient.newKeypair()
                Destination(writeCap, first, ByteArray(5000) { 'x'.code.toByte() })
            }
            client.createCourierEnvelopesFromMultiPayload(two, true, true, ByteArray(0)).use {
                expect(it.count > 0 && it.at(0).isNotEmpty()) { "no elements" }
                expect(it.nextIndexAt(1) != two[1].startIndex) { "where it began" }
            }
        }
    },
    Test("everything that objects tell can be asked for") { simulator ->
        simulator.connected().use { client ->
            val (writeCap, _, first) = Kpclient.newKeypair()
            val store = client.openStore(null)
            val writer = store.createWriter("pear")
            val reader = store.importReader("pear", writer.readCap)
            thrown<IllegalArgumentException> { writer.sendAsync(1000, ByteArray(1)) }
            writer.send(Kpclient.MESSAGE_KIND, "one".toByteArray())
            val objects: List<Handle> = listOf(
                client, client.config(), client.pkiDocument(), client.getServices("echo"), client.newCopyBuilder(),
                client.encryptWrite(writeCap, first, "x".toByteArray()), client.tombstoneRange(writeCap, first, 2),
                client.voucherMint(writeCap, "Joan"), store, writer, reader, reader.receive(), reader.messages(1, 10),
                store.listWriters(), client.getDirectoryAuthorities(),
            )
            val told = objects.flatMap { told(it) }.toSet()
            expect("getLastMessage" in told && "isConnected" in told && told.size > 50) { "${told.size}: $told" }
            expect(store.listWriters().use { it.toList() } == listOf("pear")) { "other names" }
            objects.forEach { it.close() }
            // The collector would have to find it otherwise.
            store.close()
        }
    },
    Test("the collector frees what is used at the same time") { simulator ->
        simulator.connected().use { client ->
            repeat(200) { round ->
                repeat(50) { Config.new().setUnix("/$round/$it") }
                client.config().address
                if (round % 20 == 0) System.gc()
                client.sendMessageAwaitReply(client.getService("echo"), "$round".toByteArray())
            }
            expect(isDownTo(20)) { "${Kpclient.debugLiveObjects()} objects" }
        }
    },
    Test("clients that nobody holds are freed, with their operations") { simulator ->
        repeat(20) {
            val client: Client = simulator.connected()
            val waiting = client.openEvents().let { events -> List(10) { events.nextAsync() } }
            waiting.forEach { it.cancel(true) }
            Kpclient.newKeypair().let { client.readBoxAsync(it.readCap, it.first) }.cancel(true)
        }
    },
)
