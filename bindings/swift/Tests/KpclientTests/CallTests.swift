import Foundation
import Kpclient
import Simulator
import XCTest

/// Calls, tasks and threads.
final class CallTests: Case {
    func testCancelledTasksEndTheirOperations() async throws {
        let client = try await simulator.connected()
        let all = try (0..<1000).map { _ in try reading(client) }
        while try client.stats.operationsRunning < 10 { try await Task.sleep(for: .milliseconds(1)) }
        for task in all { task.cancel() }
        for task in all {
            do {
                _ = try await task.value
                XCTFail("it was read")
            } catch is CancellationError {}
        }
        try await client.untilIdle()
        try await client.echo("still here")
    }

    func testATaskThatIsCancelledAlreadyAsksNobody() async throws {
        let client = try await simulator.connected()
        let (writeCap, readCap, first) = try newKeypair()
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            _ = try await client.writeBox(writeCap, index: first, plaintext: [1])
        }
        task.cancel()
        do {
            try await task.value
            XCTFail("it was written")
        } catch is CancellationError {}
        let code = await thrown { _ = try await client.readBox(readCap, index: first, flags: .noRetry) }
        XCTAssertEqual(code, .boxIDNotFound)
    }

    func testTheTimeLimitOfACall() async throws {
        let client = try await simulator.connected()
        let (_, readCap, first) = try newKeypair()
        for limit in [Duration.milliseconds(20), .nanoseconds(1), .zero] {
            let code = await thrown { _ = try await client.readBox(readCap, index: first, timeout: limit) }
            XCTAssertEqual(code, .timeout)
        }
        let code = await thrown { try await client.flush(timeout: .seconds(-1)) }
        XCTAssertEqual(code, .argValue)
        // Longer than the library counts.
        try await client.flush(timeout: .seconds(Int64.max))
    }

    func testWhatFollowsIsNotOnTheLibrarysThread() async throws {
        let client = try await simulator.connected()
        let service = try client.getService("echo")
        let names = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    _ = try await client.sendMessageAwaitReply(service, payload: [1])
                    let name = threadName()
                    _ = try await client.sendMessageAwaitReply(service, payload: [2])
                    return name
                }
            }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        XCTAssert(names.allSatisfy { !$0.hasPrefix("kpc-") }, "\(names)")
    }

    func testClientsThatNobodyHoldsAreFreed() async throws {
        for _ in 0..<20 {
            let client = try await simulator.connected()
            _ = try client.events()
            let task = try reading(client)
            task.cancel()
            _ = try? await task.value
        }
        let isClean = await isDownTo(0)
        XCTAssert(isClean, "\(debugLiveObjects()) objects are left")
    }

    func testACallKeepsItsClient() async throws {
        let (writeCap, readCap, first) = try newKeypair()
        try simulator.say("hold")
        let writing = try await { [simulator] in
            let client = try await simulator!.connected()
            return Task { _ = try await client.writeBox(writeCap, index: first, plaintext: [7]) }
        }()
        try await simulator.until("requests.start_resending_encrypted_message", 1...1000)
        try simulator.say("release")
        try await writing.value
        let (plaintext, _) = try await simulator.connected().readBox(readCap, index: first)
        XCTAssertEqual(plaintext, [7])
    }

    func testADaemonThatIsKilledInTheMiddle() async throws {
        let client = try await simulator.connected()
        let (writeCap, readCap, first) = try newKeypair()
        let reading = Task { try await client.readBox(readCap, index: first).plaintext }
        try await simulator.until("requests.start_resending_encrypted_message", 1...1000)
        try simulator.say("restart")
        _ = try await simulator.connected().writeBox(writeCap, index: first, plaintext: [9])
        let plaintext = try await reading.value
        XCTAssertEqual(plaintext, [9])
    }

    func testClosing() async throws {
        let client = try await simulator.connected()
        let task = try reading(client)
        while try client.stats.operationsRunning == 0 { try await Task.sleep(for: .milliseconds(1)) }
        async let one: Void = client.close()
        async let other: Void = client.close()
        _ = try await (one, other)
        try await client.close()
        let code = await thrown { _ = try await task.value }
        XCTAssertEqual(code, .closed)
    }

    func testLinesOfTheLog() async throws {
        let (lines, receiver) = AsyncStream<String>.makeStream()
        let config = try Config()
        try config.setUnix(simulator.socket)
        try config.setLog(.debug) { level, text in receiver.yield("\(level) \(threadName()) \(text)") }
        let client = try Client(config)
        try client.log(level: .info, text: "ünïcödé")
        let line = await lines.first { $0.contains("ünïcödé") }
        XCTAssert(line?.hasPrefix("info ") == true && line?.contains(" kpc-") == false, "\(line ?? "")")
        try config.setLog(.off, nil)
    }
}

/// What Linux calls the thread, which for the library's own begins with kpc-.
func threadName() -> String {
    let name = try? String(contentsOfFile: "/proc/thread-self/comm", encoding: .utf8)
    return name?.trimmingCharacters(in: .newlines) ?? ""
}
