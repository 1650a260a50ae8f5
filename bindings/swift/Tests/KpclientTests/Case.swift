import Kpclient
import Simulator
import XCTest

/// A test with a simulator of its own; what it leaves alive is a leak.
class Case: XCTestCase {
    private(set) var simulator: Simulator!
    private var before = 0

    override func setUp() async throws {
        // What another test has left is that one's failure.
        before = debugLiveObjects()
        simulator = try Simulator()
    }

    override func tearDown() async throws {
        let isClean = await isDownTo(before)
        XCTAssert(isClean, "\(debugLiveObjects()) objects are left")
        simulator.end()
    }

    /// The error that is thrown, which must be one of the library.
    func thrown(_ work: () async throws -> Void, line: UInt = #line) async -> KpcError.Code? {
        do {
            try await work()
            XCTFail("no error", line: line)
        } catch let error as KpcError {
            return error.code
        } catch {
            XCTFail("\(error)", line: line)
        }
        return nil
    }

    /// A read of a box that nobody writes.
    func reading(_ client: Client) throws -> Task<[UInt8], any Error> {
        let (_, readCap, first) = try newKeypair()
        return Task { try await client.readBox(readCap, index: first).plaintext }
    }
}

extension Client {
    func echo(_ text: String) async throws {
        let reply = try await sendMessageAwaitReply(getService("echo"), payload: Array(text.utf8))
        XCTAssertEqual(Array(reply.prefix(text.utf8.count)), Array(text.utf8))
    }

    func untilIdle() async throws {
        while try stats.operationsRunning != 0 { try await Task.sleep(for: .milliseconds(5)) }
    }
}
