package kpclient

import com.sun.jna.Callback
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.ThreadPoolExecutor
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicLong

/** Receives log lines, one at a time and in order, on a thread of their own. */
fun interface LogReceiver {
    /** One line, which holds no secret and no payload. */
    fun line(level: LogLevel, text: String)
}

internal object Logs {
    private val receivers = ConcurrentHashMap<Long, LogReceiver>()
    private val last = AtomicLong()
    private val line = function(Line { level, text, number -> pass(level, staticText(text), number) })
    private val drop = function(Drop { number -> receivers.remove(number) })

    // A receiver that is too slow loses the oldest lines, and holds up nobody.
    private val queue = LinkedBlockingQueue<Runnable>(10_000)
    private val thread = ThreadPoolExecutor(
        0, 1, 10, TimeUnit.SECONDS, queue,
        { work -> Thread(work, "kpclient log").apply { isDaemon = true } },
        ThreadPoolExecutor.DiscardOldestPolicy(),
    )

    fun set(config: ConfigRuntime, level: LogLevel, receiver: LogReceiver?) = call { memory ->
        val number = last.incrementAndGet()
        if (receiver != null) receivers[number] = receiver
        val function = if (receiver == null) 0 else line
        memory.check(Raw.kpc_config_set_log(memory.of(config), level.value, function, number, drop, memory.error))
    }

    private fun pass(level: Int, text: String, number: Long) {
        val receiver = receivers[number] ?: return
        thread.execute { receiver.line(LogLevel.of(level), text) }
    }
}

internal fun interface Line : Callback {
    fun invoke(level: Int, text: Long, number: Long)
}

internal fun interface Drop : Callback {
    fun invoke(number: Long)
}
