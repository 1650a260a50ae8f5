package kpclient

import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.future.await
import java.util.ArrayDeque
import java.util.concurrent.CompletableFuture

/**
 * The events of a client from the opening on, beginning with its current status and document. What
 * nobody takes waits in the library: at most so many as were asked for, then the oldest are dropped
 * and an [Event.Overflow] counts them. Replies are never dropped.
 */
class Events internal constructor(handle: Long, owner: Handle) : Handle(handle, Raw::kpc_event_sink_free, owner) {
    private val inbox = Inbox(handle)

    /** The next event. Fails with [Status.CLOSED] behind [Event.Closed], and when this is closed. */
    @JvmSynthetic
    suspend fun next(): Event = nextAsync().await()

    /** The next event, as a future. One that is cancelled loses no event. */
    fun nextAsync(): CompletableFuture<Event> = inbox.next(this)

    /** The events as a flow, which ends after [Event.Closed]. Two flows share the events. */
    fun asFlow(): Flow<Event> = flow {
        do {
            val event = next()
            emit(event)
        } while (event !is Event.Closed)
    }
}

/**
 * Who waits for events. While somebody does, one thread takes them from the library. If they all
 * give up, it goes on until the next event, or until the sink is freed; so it does not hold the
 * [Events] itself.
 */
private class Inbox(private val sink: Long) {
    /** Who waits keeps the events alive, as long as that lasts. */
    private class Waiting(private val inbox: Inbox, @Suppress("unused") private val events: Events) :
        CompletableFuture<Event>() {
        override fun cancel(mayInterruptIfRunning: Boolean): Boolean =
            super.cancel(mayInterruptIfRunning).also { synchronized(inbox) { inbox.waiting.remove(this) } }
    }

    private val waiting = ArrayDeque<Waiting>()
    private val ready = ArrayDeque<Event>()
    private var isTaking = false

    fun next(events: Events): CompletableFuture<Event> {
        val future = Waiting(this, events)
        synchronized(this) {
            if (ready.isNotEmpty()) {
                future.complete(ready.remove())
                return future
            }
            waiting.add(future)
            if (isTaking) return future
            isTaking = true
        }
        workers.execute(::take)
        return future
    }

    private fun take() {
        try {
            do {
                val event = nextEvent(sink)
            } while (deliver(event))
        } catch (failure: Throwable) {
            val all = synchronized(this) {
                isTaking = false
                waiting.toList().also { waiting.clear() }
            }
            all.forEach { it.completeExceptionally(failure) }
        }
    }

    /** Gives an event to the first who still waits, and says whether another one is waited for. */
    private fun deliver(event: Event): Boolean {
        while (true) {
            val first = synchronized(this) {
                val first = waiting.poll()
                if (first == null) {
                    ready.add(event)
                    isTaking = false
                }
                first
            } ?: return false
            // What it leads to may take long, and may ask for the next one.
            if (first.complete(event)) return isAwaited()
        }
    }

    private fun isAwaited(): Boolean = synchronized(this) {
        isTaking = waiting.isNotEmpty()
        isTaking
    }
}

private const val FOREVER = -1

private fun nextEvent(sink: Long): Event = call { memory ->
    val output = memory.room(8)
    memory.check(Raw.kpc_event_sink_next(sink, FOREVER, output, memory.error))
    val event = memory.long(output)
    try {
        readEvent(memory, event)
    } finally {
        Raw.kpc_event_free(event)
    }
}
