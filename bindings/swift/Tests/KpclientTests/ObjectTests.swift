import Kpclient
import Simulator
import XCTest

/// Objects, values and errors.
final class ObjectTests: Case {
    func testWhatWasFreedIsAnError() async throws {
        let client = try await simulator.connected()
        let config = try client.config()
        config.free()
        config.free()
        var code = await thrown { try config.setUnix("/x") }
        XCTAssertEqual(code, .badHandle)
        client.free()
        code = await thrown { _ = try client.stats }
        XCTAssertEqual(code, .badHandle)
        code = await thrown { try await client.connect() }
        XCTAssertEqual(code, .badHandle)
        code = await thrown { _ = try client.openEvents() }
        XCTAssertEqual(code, .badHandle)
        XCTAssertFalse(client.isConnected)
    }

    func testErrors() async throws {
        do {
            _ = try Config.loadText("[Dial")
            XCTFail("no error")
        } catch KpcError.configParse {}
        do {
            try await simulator.client(simulator.socket + ".nowhere").connect()
            XCTFail("no error")
        } catch let error as KpcError {
            XCTAssertEqual(error.code, .connect)
            XCTAssertEqual(error.category, .session)
            XCTAssertEqual(error.origin, .library)
            XCTAssertEqual(error.errno, 2)
            XCTAssert(error.description.hasPrefix("CONNECT: ") && error.message.contains("nowhere"), "\(error)")
        }
        XCTAssertEqual(KpcError.Code.tombstone.name, "TOMBSTONE")
        XCTAssert(KpcError.Code.tombstone.isExpectedOutcome && !KpcError.Code.panic.isExpectedOutcome)
        XCTAssertEqual(try statusFromWire(reply: .replicaCode, code: 11), .tombstone)
    }

    func testArgumentsThatCannotBePassed() async throws {
        let client = try await simulator.connected()
        var code = await thrown { _ = try client.getService("ec\0ho") }
        XCTAssertEqual(code, .argValue)
        code = await thrown { _ = try await client.openStore(path: "a\0b") }
        XCTAssertEqual(code, .argValue)
        code = await thrown { _ = try WriteCap([1, 2, 3]) }
        XCTAssertEqual(code, .argSize)
        code = await thrown { _ = try WriteCap([]) }
        XCTAssertEqual(code, .argSize)
        code = await thrown { try client.log(level: .unnamed, text: "") }
        XCTAssertEqual(code, .argValue)
        let node = try Hash([UInt8](repeating: 0, count: Hash.size))
        let service = Service(node: node, queue: [UInt8](repeating: 1, count: 33))
        code = await thrown { _ = try await client.sendMessageAwaitReply(service, payload: []) }
        XCTAssertEqual(code, .argSize)
        try await client.echo("still here")
    }

    func testSecretsAreNotShown() throws {
        let (writeCap, readCap, first) = try newKeypair()
        var shown = "\(writeCap) \(readCap) \(first)"
        XCTAssertEqual(shown, "WriteCap(secret) ReadCap(secret) BoxIndex(secret)")
        shown += String(reflecting: writeCap)
        dump(writeCap, to: &shown)
        dump([first], to: &shown)
        XCTAssertFalse(shown.contains("memory") || shown.contains("0x"), shown)
    }

    func testValues() throws {
        let (writeCap, readCap, first) = try newKeypair()
        let same = try WriteCap(writeCap.bytes)
        XCTAssertEqual(same, writeCap)
        XCTAssertEqual(Set([same, writeCap]).count, 1)
        XCTAssertNotEqual(try newKeypair().writeCap, writeCap)
        XCTAssertEqual(try same.readCap, readCap)
        XCTAssertEqual(try same.firstIndex, first)
        XCTAssertEqual(try newKeypair(seed: [UInt8](repeating: 7, count: seedSize)).writeCap.bytes.count, WriteCap.size)
        let hash = try Hash([0, 255] + [UInt8](repeating: 16, count: 30))
        XCTAssertEqual("\(hash)", "00ff" + String(repeating: "10", count: 30))
        let parsed = try sharedTextParse(readCap.toText(index: first))
        XCTAssertEqual(parsed.kind, .read)
        XCTAssertEqual(parsed.readCap, readCap)
    }

    func testStructs() async throws {
        let client = try await simulator.connected()
        let config = try Config()
        var geometry = try client.sphinxGeometry
        try config.setSphinxGeometry(geometry)
        XCTAssertEqual(try config.sphinxGeometry.nikeName, geometry.nikeName)
        XCTAssertEqual(try config.sphinxGeometry.packetLength, geometry.packetLength)
        geometry.nikeName = String(repeating: "x", count: schemeNameSize)
        let tooLong = geometry
        let code = await thrown { try config.setSphinxGeometry(tooLong) }
        XCTAssertEqual(code, .argSize)

        let service = try client.getService("echo")
        XCTAssertFalse(service.queue.isEmpty)
        XCTAssert(try client.pkiDocument().hasIdentity(service.node))
        XCTAssertEqual(try client.stats.lanes.count, 4)
        let destinations = try (0..<2).map { _ in
            let (writeCap, _, first) = try newKeypair()
            return Destination(writeCap: writeCap, startIndex: first, payload: [UInt8](repeating: 120, count: 5000))
        }
        let elements = try await client.createCourierEnvelopesFromMultiPayload(
            destinations, isStart: true, isLast: true, buffer: [])
        XCTAssert(elements.count > 0)
        XCTAssertFalse(try elements.at(0).isEmpty)
        XCTAssertNotEqual(try elements.nextIndexAt(1), destinations[1].startIndex)
    }

    func testAChannelOfAStore() async throws {
        let client = try await simulator.connected()
        let store = try await client.openStore()
        let writer = try await store.createWriter("pear")
        let reader = try await store.importReader("pear", readCap: writer.readCap)
        let number = try await writer.send(kind: messageKind, message: Array("one".utf8))
        XCTAssertEqual(number, 1)
        let message = try await reader.receive()
        XCTAssertEqual(try message.data, Array("one".utf8))
        XCTAssertEqual(message.arrival, .message)
        XCTAssertFalse(message.isAcknowledged)
        XCTAssertEqual(try writer.name, "pear")
        XCTAssertNil(writer.error)
        let (messages, names) = try await (reader.messages(from: 0, max: 10), store.listWriters())
        XCTAssertEqual(try messages.all.map(\.number), [1])
        XCTAssertEqual(try names.all, ["pear"])
        // The store keeps its client, and the reader its store's.
        try await store.close()
        let code = await thrown { _ = try await reader.receive() }
        XCTAssertEqual(code, .closed)
    }

    func testObjectsOnManyThreads() async throws {
        let client = try await simulator.connected()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for round in 0..<50 {
                group.addTask {
                    for i in 0..<20 { try Config().setUnix("/\(round)/\(i)") }
                    XCTAssertEqual(try client.config().address, try client.config().address)
                    try await client.echo("\(round)")
                }
            }
            try await group.waitForAll()
        }
    }
}
