package kpclient

import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.emitAll
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.future.await
import java.util.concurrent.CompletableFuture

/** What is written by hand of [Client]. */
abstract class ClientRuntime internal constructor(handle: Long) : Handle(handle, Raw::kpc_client_free) {
    /**
     * Says goodbye to the daemon, ends every operation with [Status.CLOSED], and waits until all of that is done;
     * [close] starts the same and does not wait. Further calls fail with [Status.CLOSED].
     */
    @JvmSynthetic
    suspend fun closeAndWait(timeoutMs: Int = -1): Unit = closeAsync(timeoutMs).await()

    /** As [closeAndWait], with a future. */
    @JvmOverloads
    fun closeAsync(timeoutMs: Int = -1): CompletableFuture<Unit> = CompletableFuture.supplyAsync(
        // The call that waits: a second one waits for what the first has started.
        { call { memory -> memory.check(Raw.kpc_client_close(memory.of(this), timeoutMs, memory.error)) } },
        workers,
    )

    /** Opens the events of this client; at most so many as `capacity` wait. */
    @JvmOverloads
    fun openEvents(capacity: Int = 1000): Events = call { memory ->
        require(capacity >= 0) { "a capacity is not negative" }
        val sink = memory.room(8)
        memory.check(Raw.kpc_event_sink_open(memory.of(this), capacity.toLong(), sink, memory.error))
        Events(memory.long(sink), this)
    }

    /** The events of this client, from the beginning of the collection to its end, or the client's. */
    @JvmSynthetic
    fun events(capacity: Int = 1000): Flow<Event> = flow {
        openEvents(capacity).use { emitAll(it.asFlow()) }
    }
}

/** What is written by hand of [Config]. */
abstract class ConfigRuntime internal constructor(handle: Long) : Handle(handle, Raw::kpc_config_free) {
    /** Sets where the log lines go of clients that are made from this configuration; null: nowhere. */
    fun setLog(level: LogLevel, receiver: LogReceiver?): Unit = Logs.set(this, level, receiver)
}

internal fun newClient(config: Config): Long = call { memory ->
    val client = memory.room(8)
    memory.check(Raw.kpc_client_new(memory.of(config), client, memory.error))
    memory.long(client)
}
