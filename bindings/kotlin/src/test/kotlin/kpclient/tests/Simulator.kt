package kpclient.tests

import com.google.gson.JsonObject
import com.google.gson.JsonParser
import kotlinx.coroutines.delay
import kpclient.Client
import kpclient.Config
import kpclient.Kpclient
import java.nio.file.Files
import java.nio.file.Path

/** A simulator of its own for a test, with a directory; it ends with its standard input. */
class Simulator(options: List<String> = emptyList()) : AutoCloseable {
    val directory: Path = Files.createTempDirectory("kpclient")
    val socket: String = directory.resolve("socket").toString()
    private val process: Process
    private val answers: java.io.BufferedReader
    private val commands: java.io.Writer

    init {
        val program = checkNotNull(System.getenv("KPC_SIM")) { "KPC_SIM names no simulator" }
        val line = listOf(program, "--control", "stdin", "--instant", "--unix", socket) + options
        process = ProcessBuilder(line).redirectError(ProcessBuilder.Redirect.INHERIT).start()
        answers = process.inputStream.bufferedReader()
        commands = process.outputStream.bufferedWriter()
        while (true) {
            val said = checkNotNull(answers.readLine()) { "the simulator has ended" }
            if (said.startsWith("ready:")) break
        }
    }

    /** What the simulator answers, behind `ok`. */
    @Synchronized
    fun say(command: String): String {
        commands.write(command + "\n")
        commands.flush()
        val answer = checkNotNull(answers.readLine()) { "the simulator has ended" }
        check(answer.startsWith("ok")) { "$command: $answer" }
        return answer.removePrefix("ok").trim()
    }

    /** Asks until a number, with dots that of a part, is in the range. */
    suspend fun until(count: String, range: LongRange) {
        while (true) {
            var value = JsonParser.parseString(say("stats"))
            for (part in count.split('.')) value = (value as? JsonObject)?.get(part)
            if ((value?.asLong ?: 0) in range) return
            delay(5)
        }
    }

    /** A client that is not connected. */
    fun client(path: String = socket): Client = Config.new().use {
        it.setUnix(path)
        it.setReconnect(10, 50)
        Client(it)
    }

    suspend fun connected(): Client = client().also { it.connect() }

    override fun close() {
        process.outputStream.close()
        process.waitFor()
        directory.toFile().deleteRecursively()
    }
}

/** Lets the collector run until so many objects are left; false if they stay. */
suspend fun isDownTo(objects: Int): Boolean {
    val begun = System.nanoTime()
    while (Kpclient.debugLiveObjects() > objects) {
        if (System.nanoTime() - begun > 60_000_000_000) return false
        System.gc()
        delay(10)
    }
    return true
}
