package kpclient

import com.sun.jna.Native
import com.sun.jna.Pointer
import java.lang.ref.Reference

/** What one call passes to the library and takes from it: wiped and freed when the call is over. */
internal class Scratch : AutoCloseable {
    private class Block(val address: Long, val size: Long)

    private val blocks = ArrayList<Block>()
    private val held = ArrayList<Handle>()

    /** Where the call puts the details of its failure. */
    val error: Long = room(8)

    /** The number of an object, which the collector leaves alone until the call is over. */
    fun of(of: Handle?): Long {
        of ?: return 0
        held.add(of)
        return of.handle
    }

    /** Zeroed memory, for an output. */
    fun room(size: Int): Long {
        val block = Block(Native.malloc(maxOf(size, 1).toLong()), maxOf(size, 1).toLong())
        if (block.address == 0L) throw OutOfMemoryError("$size bytes for a call of kpclient")
        Pointer(block.address).clear(block.size)
        blocks.add(block)
        return block.address
    }

    fun bytes(bytes: ByteArray?): Long {
        bytes ?: return 0
        val address = room(bytes.size)
        Pointer(address).write(0, bytes, 0, bytes.size)
        return address
    }

    fun bytes(value: FixedBytes?): Long = if (value == null) 0 else bytes(value.open())

    /** A text with its length. */
    fun content(text: String?): Long = bytes(text?.toByteArray())

    /** A text with a NUL behind it. */
    fun text(text: String?): Long {
        require(text == null || '\u0000' !in text) { "a name or path holds a NUL" }
        return if (text == null) 0 else bytes((text + '\u0000').toByteArray())
    }

    fun struct(value: Struct?): Long {
        value ?: return 0
        val address = room(value.size)
        value.write(Pointer(address), this)
        return address
    }

    fun structs(values: List<Struct>): Long {
        val size = values.firstOrNull()?.size ?: return room(0)
        val address = room(size * values.size)
        values.forEachIndexed { i, value -> value.write(Pointer(address + i * size), this) }
        return address
    }

    fun int(address: Long): Int = Pointer(address).getInt(0)

    fun long(address: Long): Long = Pointer(address).getLong(0)

    fun copy(address: Long, size: Int): ByteArray = Pointer(address).getByteArray(0, size)

    /** The content of the kpc_buffer that an output received, which is freed. */
    fun buffer(output: Long): ByteArray {
        val buffer = long(output)
        if (buffer == 0L) return ByteArray(0)
        try {
            val size = Raw.kpc_buffer_len(buffer).toInt()
            return if (size == 0) ByteArray(0) else copy(Raw.kpc_buffer_data(buffer), size)
        } finally {
            Raw.kpc_buffer_free(buffer)
        }
    }

    fun bufferText(output: Long): String = String(buffer(output))

    /** Throws what a failed call said. */
    fun check(status: Int) {
        if (status != 0) throw failure(status)
    }

    /** Whether an event has what it was asked for. */
    fun has(status: Int): Boolean {
        if (status == 0) return true
        val failure = failure(status)
        if (failure.status != Status.ARG_VALUE) throw failure
        return false
    }

    private fun failure(status: Int): KpcException {
        val details = long(error)
        Pointer(error).setLong(0, 0)
        return KpcException.of(status, details)
    }

    override fun close() {
        for (block in blocks) {
            Pointer(block.address).clear(block.size)
            Native.free(block.address)
        }
        Reference.reachabilityFence(held)
    }
}

internal inline fun <T> call(block: (Scratch) -> T): T = Scratch().use(block)

internal fun length(bytes: ByteArray?): Long = (bytes?.size ?: 0).toLong()

internal fun length(text: String?): Long = length(text?.toByteArray())

internal fun length(list: List<*>): Long = list.size.toLong()

/** A number of eight bits, which is none of Kotlin's own types in a call. */
internal fun octet(value: Int): Byte {
    require(value in 0..255) { "$value is not between 0 and 255" }
    return value.toByte()
}

internal fun bit(value: Boolean): Byte = if (value) 1 else 0

/** A bool of C is the lowest bit of what comes back. */
internal fun bool(value: Byte): Boolean = value.toInt() and 1 != 0

internal fun staticText(address: Long): String = if (address == 0L) "" else Pointer(address).getString(0, "UTF-8")
