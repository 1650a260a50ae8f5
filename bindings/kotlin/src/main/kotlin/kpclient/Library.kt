package kpclient

import com.sun.jna.Native
import com.sun.jna.NativeLibrary
import java.io.File
import java.io.IOException

/** The native library: the one that is named, else the one in the jar, else the system's. */
internal object Library {
    val native: NativeLibrary = load()

    private fun load(): NativeLibrary {
        // Offsets in structs, and handles of 63 bits.
        check(Native.POINTER_SIZE == 8) { "kpclient needs a machine of 64 bits" }
        val named = System.getProperty("kpclient.library") ?: System.getenv("KPCLIENT_LIBRARY")
        val bundled = if (named == null) bundled() else null
        val library = NativeLibrary.getInstance(named ?: bundled?.path ?: "kpclient")
        // What was unpacked is needed no longer once it is loaded; what lies there by itself stays.
        bundled?.takeIf { it.name.startsWith("jna") }?.delete()
        return library
    }

    private fun bundled(): File? = try {
        Native.extractFromResourcePath("kpclient", Library::class.java.classLoader)
    } catch (_: IOException) {
        null
    }
}
