package kpclient

import java.lang.ref.Cleaner

/**
 * An object of the library. [close] gives it back; what is never closed, the collector gives back.
 * Neither waits. Calls on a closed object fail with [Status.BAD_HANDLE]; closing twice is fine.
 */
abstract class Handle internal constructor(
    internal val handle: Long,
    free: (Long) -> Unit,
    owner: Handle? = null,
) : AutoCloseable {
    /** The client whose operations this object starts; it lives as long as this object. */
    internal val owner: Handle = owner ?: this

    private val cleanable = cleaner.register(this, Freeing(handle, free))

    override fun close() = cleanable.clean()

    override fun toString(): String = "${javaClass.simpleName}($handle)"

    /** Knows the number only: a reference to the object would keep it for ever. */
    private class Freeing(private val number: Long, private val free: (Long) -> Unit) : Runnable {
        override fun run() = free(number)
    }

    private companion object {
        val cleaner: Cleaner = Cleaner.create()
    }
}
