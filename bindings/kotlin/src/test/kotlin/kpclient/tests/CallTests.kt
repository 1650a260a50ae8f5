package kpclient.tests

import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.TimeoutCancellationException
import kotlinx.coroutines.flow.collect
import kotlinx.coroutines.future.await
import kotlinx.coroutines.withTimeout
import kpclient.Client
import kpclient.Event
import kpclient.Kpclient
import kpclient.KpcException
import kpclient.LogLevel
import kpclient.Config
import kpclient.Status
import java.util.concurrent.CompletableFuture
import java.util.concurrent.CompletionException
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit

private fun Client.read() = Kpclient.newKeypair().let { readBoxAsync(it.readCap, it.first) }

private suspend fun Client.echo(text: String) {
    val reply = sendMessageAwaitReply(getService("echo"), text.toByteArray())
    same(reply.copyOf(text.length), text.toByteArray())
}

private suspend fun Client.untilIdle() {
    while (stats.operationsRunning != 0L) kotlinx.coroutines.delay(5)
}

/** Calls, threads and events. */
val callTests = listOf(
    Test("cancelled futures end their operations") { simulator ->
        simulator.connected().use { client ->
            val all = List(1000) { client.read() }
            all.forEach { expect(it.cancel(true)) { "not cancelled" } }
            all.forEach { future -> thrown<CancellationException> { future.join() } }
            client.untilIdle()
            client.echo("still here")
        }
    },
    Test("the time limit of a coroutine cancels the operation") { simulator ->
        simulator.connected().use { client ->
            val (_, readCap, first) = Kpclient.newKeypair()
            thrown<TimeoutCancellationException> { withTimeout(20) { client.readBox(readCap, first) } }
            client.untilIdle()
        }
    },
    Test("what follows a future is not on the library's thread, and may wait") { simulator ->
        simulator.connected().use { client ->
            val service = client.getService("echo")
            val echo = { client.sendMessageAwaitReplyAsync(service, "x".toByteArray()) }
            val threads = LinkedBlockingQueue<String>()
            val waiting = List(20) {
                echo().thenAccept {
                    threads.add(Thread.currentThread().name)
                    echo().join()
                }
            }
            CompletableFuture.allOf(*waiting.toTypedArray()).await()
            // Those that had ended before something followed went on here.
            expect(threads.none { it == "kpclient callbacks" }) { threads.toString() }
        }
    },
    Test("a client's callbacks come on one Java thread") { simulator ->
        simulator.connected().use { client ->
            val seen = HashSet<Thread>()
            repeat(20) {
                client.echo("$it")
                val threads = Thread.getAllStackTraces().keys.filter { it.name == "kpclient callbacks" }
                seen += threads.filter { it.isAlive }
            }
            // The one of the test before may still be about to end.
            expect(seen.size in 1..2) { "${seen.size} threads" }
        }
    },
    Test("an exception ends a collection and gives its events back") { simulator ->
        simulator.connected().use { client ->
            thrown<IllegalStateException> { client.events().collect { error("of the collector: $it") } }
            expect(client.stats.sinksOpen == 0L) { "${client.stats.sinksOpen} sinks" }
            client.echo("still here")
        }
    },
    Test("a flow ends when its client is closed") { simulator ->
        simulator.connected().use { client ->
            val seen = ArrayList<Event>()
            client.events().collect {
                if (seen.isEmpty()) client.closeAsync()
                seen += it
            }
            expect(seen.first() is Event.ConnectionStatus && seen.last() is Event.Closed) { "$seen" }
            client.closeAndWait()
        }
    },
    Test("nobody who stops waiting takes an event away") { simulator ->
        simulator.client().use { client ->
            client.openEvents().use { events ->
                val given = List(10) { events.nextAsync() }
                given.filter { !it.isDone }.forEach { it.cancel(true) }
                // What comes now finds nobody, and stays.
                client.closeAsync().await()
                val seen = ArrayList(given.filter { !it.isCancelled }.map { it.await() })
                do seen += events.next() while (seen.last() !is Event.Closed)
                expect(seen.size == seen.distinct().size) { seen.toString() }
                expect(thrown<KpcException> { events.next() }.status == Status.CLOSED) { "not closed" }
            }
        }
    },
    Test("closing events ends who waits for them") { simulator ->
        simulator.client().use { client ->
            val events = client.openEvents()
            var waiting = events.nextAsync()
            while (waiting.isDone) waiting = events.nextAsync()
            events.close()
            val failure = thrown<CompletionException> { while (true) waiting.join().also { waiting = events.nextAsync() } }
            val status = (failure.cause as KpcException).status
            expect(status == Status.CLOSED || status == Status.BAD_HANDLE) { "$status" }
        }
    },
    Test("log lines come on a thread of their own") { simulator ->
        val lines = LinkedBlockingQueue<String>()
        val threads = LinkedBlockingQueue<String>()
        Config.new().use { config ->
            config.setUnix(simulator.socket)
            config.setLog(LogLevel.DEBUG) { level, text ->
                threads.add(Thread.currentThread().name)
                lines.add("$level $text")
            }
            Client(config).use { client ->
                client.log(LogLevel.INFO, "ünïcödé")
                val line = lines.poll(60, TimeUnit.SECONDS)
                expect(line != null && "INFO" in line && "ünïcödé" in line) { "$line" }
                expect(threads.all { it == "kpclient log" }) { threads.toString() }
            }
        }
    },
)
