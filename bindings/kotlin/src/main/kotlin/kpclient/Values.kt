package kpclient

import com.sun.jna.Pointer
import java.security.MessageDigest

/** Bytes of a fixed size; their types cannot be mixed up. Equal if the bytes are. */
abstract class FixedBytes internal constructor(internal val bytes: ByteArray) {
    internal open fun open(): ByteArray = bytes

    /** A copy of the bytes, to be stored; `fromBytes` reads it again. */
    fun toByteArray(): ByteArray = open().copyOf()

    override fun equals(other: Any?): Boolean =
        other is FixedBytes && other.javaClass == javaClass && MessageDigest.isEqual(bytes, other.bytes)

    override fun hashCode(): Int = bytes.contentHashCode()

    override fun toString(): String = bytes.joinToString("") { "%02x".format(it) }
}

/** Bytes that only some may know: no text shows them, and [close] wipes them. */
abstract class SecretBytes internal constructor(bytes: ByteArray) : FixedBytes(bytes), AutoCloseable {
    @Volatile
    private var isClosed = false

    override fun open(): ByteArray {
        check(!isClosed) { "this ${javaClass.simpleName} was closed" }
        return bytes
    }

    /** Wipes the bytes; they cannot be used any more. Copies that were made of them stay. */
    override fun close() {
        isClosed = true
        bytes.fill(0)
    }

    override fun toString(): String = "${javaClass.simpleName}(secret)"
}

/** What travels as a struct of C. */
abstract class Struct internal constructor(internal val size: Int) {
    internal abstract fun write(at: Pointer, memory: Scratch)
}

internal fun text(at: Pointer, offset: Long, size: Int): String {
    val bytes = at.getByteArray(offset, size)
    return String(bytes, 0, bytes.indexOf(0).let { if (it < 0) size else it })
}

internal fun writeText(at: Pointer, offset: Long, size: Int, text: String) {
    val bytes = text.toByteArray()
    require(bytes.size < size) { "a name of more than ${size - 1} bytes" }
    at.write(offset, bytes, 0, bytes.size)
}
