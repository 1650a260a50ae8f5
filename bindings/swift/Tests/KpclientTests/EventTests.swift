import Kpclient
import Simulator
import XCTest

final class EventTests: Case {
    func testAStreamEndsWhenItsClientIsClosed() async throws {
        let client = try await simulator.connected()
        var seen: [Event] = []
        for await event in try client.events() {
            if seen.isEmpty { try await client.close() }
            seen.append(event)
        }
        guard case .connectionStatus(let status) = seen.first, case .closed = seen.last else {
            return XCTFail("\(seen)")
        }
        XCTAssert(status.isConnected && status.description.contains("connected"), "\(status)")
    }

    func testALoopThatIsLeftGivesItsEventsBack() async throws {
        let client = try await simulator.connected()
        for await _ in try client.events() { break }
        while try client.stats.sinksOpen != 0 { await Task.yield() }
        try await client.echo("still here")
    }

    func testACancelledLoopEnds() async throws {
        let client = try await simulator.connected()
        let loop = Task { for await _ in try client.events() {} }
        while try client.stats.sinksOpen == 0 { await Task.yield() }
        loop.cancel()
        try await loop.value
        while try client.stats.sinksOpen != 0 { await Task.yield() }
    }

    func testNobodyWhoStopsWaitingTakesAnEventAway() async throws {
        let client = try simulator.client()
        let events = try client.openEvents()
        let waiting = (0..<10).map { _ in Task { try await events.next() } }
        for task in waiting { task.cancel() }
        try await client.close()
        var seen: [Event] = []
        for task in waiting {
            if let event = try? await task.value { seen.append(event) }
        }
        let code = await thrown { while true { seen.append(try await events.next()) } }
        XCTAssertEqual(code, .closed)
        let closed = seen.filter { if case .closed = $0 { true } else { false } }
        XCTAssertEqual(closed.count, 1, "\(seen)")
    }

    func testFreeingEventsEndsWhoWaitsForThem() async throws {
        let client = try simulator.client()
        for _ in 0..<50 {
            let events = try client.openEvents()
            let waiting = Task { while true { _ = try await events.next() } }
            await Task.yield()
            events.free()
            let code = await thrown { try await waiting.value }
            XCTAssert(code == .badHandle || code == .closed, "\(String(describing: code))")
        }
    }

    func testTwoLoopsShareTheEvents() async throws {
        let client = try await simulator.connected()
        let events = try client.openEvents()
        let loops = (0..<2).map { _ in Task { await events.stream.reduce(0) { count, _ in count + 1 } } }
        for _ in 0..<5 { try simulator.say("cut") }
        try await client.close()
        for loop in loops { _ = await loop.value }
        let code = await thrown { _ = try await events.next() }
        XCTAssertEqual(code, .closed)
    }

    func testWhatIsTooMuchIsCounted() async throws {
        let client = try simulator.client()
        let events = try client.openEvents(capacity: 1)
        try await client.connect()
        try await client.close()
        var lost: UInt64 = 0
        while let event = try? await events.next() {
            if case .overflow(let overflow) = event { lost += overflow.lostCount }
        }
        XCTAssert(lost > 0)
    }
}
