package kpclient.tests

import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import kpclient.Kpclient
import kotlin.system.exitProcess

/** A test of what only the JVM has; what it leaves alive is a leak. */
class Test(val name: String, val run: suspend (Simulator) -> Unit)

/** All of them, or those that are named. */
fun main(arguments: Array<String>) {
    var (passed, failed) = listOf(0, 0)
    for (test in callTests + objectTests + storyTests) {
        if (arguments.isNotEmpty() && test.name !in arguments) continue
        val why = runBlocking { run(test) }
        if (why == null) passed++ else failed++
        println(if (why == null) "ok ${test.name}" else "FAILED ${test.name}: ${why.stackTraceToString()}")
    }
    println("Kotlin: $passed passed, $failed failed, 0 skipped")
    exitProcess(if (failed == 0) 0 else 1)
}

private suspend fun run(test: Test): Throwable? = try {
    Simulator().use { simulator -> withTimeout(120_000) { test.run(simulator) } }
    if (isDownTo(0)) null else Mismatch("${Kpclient.debugLiveObjects()} objects are left")
} catch (failure: Throwable) {
    failure
}

/** The exception that is thrown, which must be of this type. */
inline fun <reified T : Throwable> thrown(work: () -> Unit): T {
    try {
        work()
    } catch (e: Throwable) {
        if (e is T) return e
        throw e
    }
    throw Mismatch("no ${T::class.java.name}")
}
