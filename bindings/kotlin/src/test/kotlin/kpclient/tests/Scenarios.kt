package kpclient.tests

import com.google.gson.JsonObject
import com.google.gson.JsonParser
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Deferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.TimeoutCancellationException
import kotlinx.coroutines.async
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeout
import kpclient.Kpclient
import kpclient.KpcException
import java.io.File
import java.util.concurrent.atomic.AtomicInteger
import kotlin.coroutines.EmptyCoroutineContext
import kotlin.system.exitProcess

private const val LIMIT_MS = 60_000L

/** What Kotlin has not, of what a scenario may need, and why. */
private val MISSING = mapOf(
    "fork" to "the threads of a JVM do not survive a fork",
    "wrong types" to "what has another type does not compile",
)

/** The scenarios that every language runs, bindings/scenarios: TABLE [NAME...]. */
fun main(arguments: Array<String>) {
    val table = File(arguments[0])
    val wanted = arguments.drop(1)
    var (passed, failed) = listOf(0, 0)
    for (entry in JsonParser.parseString(table.readText()).asJsonArray) {
        val scenario = entry.asJsonObject
        val name = scenario["name"].asString
        if (wanted.isNotEmpty() && name !in wanted) continue
        val missing = MISSING[scenario["needs"]?.asString]
        if (missing != null) {
            println("left out $name: $missing")
            continue
        }
        val ends = scenario["alone"]?.asBoolean == true && wanted.isEmpty()
        val why = if (ends) inAProcess(table, name) else runBlocking { run(scenario) }
        if (why == null) passed++ else failed++
        println(if (why == null) "ok $name" else "FAILED $name: $why")
    }
    println("scenarios in Kotlin: $passed passed, $failed failed, 0 skipped")
    exitProcess(if (failed == 0) 0 else 1)
}

/** Runs a scenario that ends its process. */
private fun inAProcess(table: File, name: String): String? {
    val java = File(System.getProperty("java.home"), "bin/java").path
    val main = "kpclient.tests.ScenariosKt"
    val process = ProcessBuilder(java, "-cp", System.getProperty("java.class.path"), main, table.path, name)
        .redirectErrorStream(true).start()
    val said = process.inputStream.bufferedReader().readText()
    return if (process.waitFor() == 0 && said.isEmpty()) null else "it ended with ${process.exitValue()}: $said"
}

/** Why a scenario failed, or null. */
private suspend fun run(scenario: JsonObject): String? {
    val options = scenario["sim"]?.asJsonArray?.map { it.asString }.orEmpty()
    Simulator(options).use { simulator ->
        val world = World(simulator)
        try {
            scenario["steps"].asJsonArray.forEachIndexed { i, step ->
                val why = world.step(Step(step.asJsonObject))
                if (why != null) return "step ${i + 1} (${step.asJsonObject["do"].asString}): $why"
            }
        } finally {
            world.close()
        }
        return if (isDownTo(0)) null else "${Kpclient.debugLiveObjects()} objects are left"
    }
}

/** What came is not what was expected. */
class Mismatch(message: String) : Exception(message)

class Step(private val fields: JsonObject) {
    val action: String = word("do")
    val many: Int = fields["many"]?.asInt ?: 1
    val limitMs: Int = fields["timeout_ms"]?.asInt ?: -1

    fun word(field: String): String = checkNotNull(maybe(field)) { "no $field in $fields" }

    fun maybe(field: String): String? = fields[field]?.asString

    fun words(field: String): List<String> = fields[field].asJsonArray.map { it.asString }

    fun number(field: String): Long? = fields[field]?.asLong

    fun isSet(field: String): Boolean = fields[field]?.asBoolean == true

    /** The text of a message, as often as wanted. */
    fun text(): ByteArray = word("text").repeat(fields["times"]?.asInt ?: 1).toByteArray()
}

/** What a scenario has made so far, and how steps are started, waited for and cancelled. */
class World(val simulator: Simulator) : AutoCloseable {
    /** How often a log function has thrown. */
    val complaints = AtomicInteger()
    private val things = HashMap<String, List<Any>>()
    private val started = HashMap<String, List<Deferred<Any>>>()
    private val scope = CoroutineScope(Dispatchers.Default + SupervisorJob())

    inline fun <reified T> thing(step: Step, field: String): T = all(step.word(field)).last() as T

    fun all(name: String): List<Any> = checkNotNull(things[name]) { "there is no $name" }

    /** Does a step or starts it; says what was wrong. */
    suspend fun step(step: Step): String? {
        when (step.action) {
            "wait" -> return started.getValue(step.word("for")).firstNotNullOfOrNull { judged(step) { it.await() } }
            "cancel" -> started.getValue(step.word("what")).forEach { it.cancel() }
            "free" -> all(step.word("what")).forEach { (it as AutoCloseable).close() }
            "forget" -> things.remove(step.word("what"))
            "collect" -> repeat(step.many) { System.gc() }
            "exit" -> exitProcess(0)
            else -> return act(step)
        }
        return null
    }

    private suspend fun act(step: Step): String? {
        val name = step.maybe("start")
        if (name != null) {
            // Each has asked the library before the next step.
            started[name] = List(step.many) {
                scope.async(start = CoroutineStart.UNDISPATCHED) { action(step, it) }
            }
            return null
        }
        val made = ArrayList<Any>()
        repeat(step.many) { number ->
            judged(step) {
                val context = if (step.isSet("cancelled")) Job().apply { cancel() } else EmptyCoroutineContext
                withContext(context) { made.add(action(step, number)) }
            }?.let { return it }
        }
        step.maybe("as")?.let { things[it] = made }
        return null
    }

    /** Whether a step ends as it should. */
    private suspend fun judged(step: Step, work: suspend () -> Unit): String? {
        val wanted = step.maybe("fails")
        val ended = try {
            withTimeout(LIMIT_MS) { work() }
            null
        } catch (_: TimeoutCancellationException) {
            return "it does not end"
        } catch (_: CancellationException) {
            "CANCELLED"
        } catch (e: KpcException) {
            val family = step.maybe("class")
            if (family != null && !e.javaClass.simpleName.equals(family, true)) return "$e is ${e.javaClass}"
            if (e.status.name != wanted) return "$e, ${wanted ?: "success"} expected"
            wanted
        } catch (e: Throwable) {
            return "$e"
        }
        return if (ended == wanted) null else "${ended ?: "no error"}, ${wanted ?: "success"} expected"
    }

    override fun close() {
        started.values.flatten().forEach { it.cancel() }
        things.values.flatten().forEach { (it as? AutoCloseable)?.close() }
        things.clear()
    }
}
