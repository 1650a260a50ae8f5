// The story in Kotlin: an echo, two boxes that Alice writes and Bob reads, events, an error by its
// name, a read that is cancelled. Its argument is a thinclient.toml.

import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.async
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.runBlocking
import kpclient.Client
import kpclient.Config
import kpclient.Event
import kpclient.Kpclient
import kpclient.KpcException
import kpclient.StartFlags
import kpclient.Status

suspend fun connect(path: String): Client {
    val client = Config.loadFile(path).use { Client(it) }
    client.connect(timeoutMs = 60_000)
    return client
}

fun main(arguments: Array<String>): Unit = runBlocking {
    val path = arguments.firstOrNull() ?: "thinclient.toml"
    val alice = connect(path)
    val bob = connect(path)

    val hello = "hello mixnet".toByteArray()
    val reply = alice.sendMessageAwaitReply(alice.getService("echo"), hello)
    println("the echo service: ${String(reply, 0, hello.size)}")

    // Bob needs the read capability, which Alice would hand him, as text for instance.
    val (writeCap, readCap, first) = Kpclient.newKeypair()
    println("Bob is given ${readCap.toText(first).take(12)}...")
    val second = alice.writeBox(writeCap, first, "one".toByteArray())
    alice.writeBox(writeCap, second, "two".toByteArray())
    val (one, next) = bob.readBox(readCap, first)
    val (two, third) = bob.readBox(readCap, next)
    println("Bob reads: ${String(one)}, ${String(two)}")

    try {
        bob.readBox(readCap, third, StartFlags.NO_RETRY)
    } catch (e: KpcException) {
        check(e.status == Status.BOX_ID_NOT_FOUND)
        println("the third box: ${e.status}")
    }

    // Without that flag a read waits until the box is written, or nobody wants it any more.
    val reading = async { bob.readBox(readCap, third) }
    reading.cancel()
    try {
        reading.await()
    } catch (_: CancellationException) {
        println("a read was cancelled")
    }

    val status = alice.events().first { it is Event.ConnectionStatus } as Event.ConnectionStatus
    println("the daemon is ${if (status.isConnected) "on" else "off"} the mixnet")

    writeCap.close()
    alice.closeAndWait()
    bob.closeAndWait()
}
