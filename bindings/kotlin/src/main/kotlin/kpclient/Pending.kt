package kpclient

import com.sun.jna.Callback
import com.sun.jna.CallbackReference
import com.sun.jna.CallbackThreadInitializer
import com.sun.jna.Native
import com.sun.jna.Pointer
import java.util.concurrent.CompletableFuture
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.CopyOnWriteArrayList
import java.util.concurrent.Executor
import java.util.concurrent.Executors
import java.util.concurrent.atomic.AtomicLong

/** An operation under way. Cancelling the future cancels the operation. */
internal class Pending<T>(
    // Also keeps it alive: the operations of a client that is collected end.
    private val client: Handle,
    private val take: (Scratch, Long) -> T,
) : CompletableFuture<T>() {
    /** Its number in the library, known before anybody else has this future. */
    var operation = 0L

    override fun cancel(mayInterruptIfRunning: Boolean): Boolean {
        val isCancelled = super.cancel(mayInterruptIfRunning)
        // One that has ended, or whose client was closed, needs no cancelling.
        if (isCancelled) call { Raw.kpc_op_cancel(it.of(client), operation, 0) }
        return isCancelled
    }

    /** Takes the outputs out of a result, on the library's thread, and completes on another one. */
    fun finish(result: Long) {
        if (isDone) return
        try {
            val value = call { take(it, result) }
            workers.execute { complete(value) }
        } catch (failure: Throwable) {
            workers.execute { completeExceptionally(failure) }
        }
    }
}

/** Threads for what the library's own must not do: run the program's code, and wait. */
internal val workers: Executor = Executors.newCachedThreadPool { work ->
    Thread(work, "kpclient").apply { isDaemon = true }
}

/** All operations under way, by the number that the library carries for them. */
internal object Operations {
    private val pending = ConcurrentHashMap<Long, Pending<*>>()
    private val last = AtomicLong()
    private val completed = function(Completed { result, number -> pending.remove(number)?.finish(result) })

    /** Starts an operation of a client: `start` is given a kpc_completion and the place for a kpc_op. */
    fun <T> start(
        client: Handle,
        start: (Scratch, Long, Long) -> Int,
        take: (Scratch, Long) -> T,
    ): CompletableFuture<T> {
        val future = Pending(client, take)
        val number = last.incrementAndGet()
        pending[number] = future
        try {
            call { memory ->
                val completion = memory.room(32)
                Pointer(completion).setLong(0, completed)
                Pointer(completion).setLong(8, number)
                val operation = memory.room(8)
                memory.check(start(memory, completion, operation))
                future.operation = memory.long(operation)
            }
        } catch (failure: KpcException) {
            pending.remove(number)
            future.completeExceptionally(failure)
        } catch (failure: Throwable) {
            pending.remove(number)
            throw failure
        }
        return future
    }
}

internal fun interface Completed : Callback {
    fun invoke(result: Long, number: Long)
}

/**
 * The address of a callback that lives as long as the program. The library's thread becomes one of
 * Java's at its first callback and stays it, so that not every callback makes a new one.
 */
internal fun function(callback: Callback): Long {
    callbacks.add(callback)
    Native.setCallbackThreadInitializer(callback, CallbackThreadInitializer(true, false, "kpclient callbacks"))
    return Pointer.nativeValue(CallbackReference.getFunctionPointer(callback))
}

private val callbacks = CopyOnWriteArrayList<Callback>()
