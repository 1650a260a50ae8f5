package kpclient.tests

import java.io.File

/** What a program of the JVM says, which must end well. */
private fun said(vararg arguments: String): String {
    val java = File(System.getProperty("java.home"), "bin/java").path
    val line = listOf(java, "-cp", System.getProperty("java.class.path")) + arguments
    val process = ProcessBuilder(line).redirectErrorStream(true).start()
    val said = process.inputStream.bufferedReader().readText()
    expect(process.waitFor() == 0) { "it ended with ${process.exitValue()}: $said" }
    return said
}

private fun story(name: String, vararg program: String) = Test(name) { simulator ->
    val file = simulator.directory.resolve("thinclient.toml")
    file.toFile().writeText("[Dial.Unix]\nAddress = \"${simulator.socket}\"\n")
    val said = said(*program, file.toString())
    val wanted = listOf(
        "the echo service: hello mixnet", "one, two", "the third box: BOX_ID_NOT_FOUND", "a read was cancelled",
        "the daemon is on the mixnet",
    )
    wanted.forEach { expect(it in said) { "$it: $said" } }
}

/** The examples, from the folder of the package. */
val storyTests = listOf(
    story("the story in Kotlin", "StoryKt"),
    story("the story in Java", "example/JavaStory.java"),
)
