import Foundation
import Kpclient
import Simulator

/// New keys.
struct Keys: Sendable {
    let writeCap: WriteCap
    let readCap: ReadCap
    let first: BoxIndex
}

extension World {
    /// What a step of a scenario does; what it makes is kept where it has a name.
    func action(_ step: Step, _ number: Int) async throws -> any Sendable {
        switch step.action {
        case "client": return try simulator.client(step.maybe("socket").map { path($0) })
        case "connected": return try await simulator.connected()
        case "connect": return try await client(step).connect(timeout: step.timeout)
        case "close": return try await client(step).close(timeout: step.timeout)
        case "config_text": return try Config.loadText(step.word("text"))
        case "config_file": return try Config.loadFile(step.word("path"))
        case "services":
            let services = try client(step).getServices(step.word("name"))
            return try expect(services.count >= step.number("at_least"), "\(services.count) services")
        case "service": return try client(step).getService(step.word("name"))
        case "echo": return try await echo(step, number)
        case "keypair":
            let (writeCap, readCap, first) = try newKeypair()
            return Keys(writeCap: writeCap, readCap: readCap, first: first)
        case "events": return try client(step).openEvents()
        case "event": return try await event(thing(step, "of"), step.word("kind"))
        case "loop_throws": return try await loopThrows(client(step))
        case "sim": return try simulator.say(step.word("say"))
        case "sim_until":
            let range = (step.limit("at_least") ?? 0)...(step.limit("at_most") ?? .infinity)
            return try await simulator.until(step.word("count"), range)
        default: return try await boxAction(step)
        }
    }

    private func boxAction(_ step: Step) async throws -> any Sendable {
        switch step.action {
        case "write_box":
            return try await client(step).writeBox(
                keys(step).writeCap, index: index(step), plaintext: step.text(), timeout: step.timeout)
        case "read_box": return try await readBox(step)
        case "tombstone": return try await tombstone(step)
        case "copy":
            let builder = try client(step).newCopyBuilder()
            let next = try await builder.add(
                client(step), writeCap: keys(step).writeCap, startIndex: index(step), payload: step.text())
            _ = try await builder.finish(client(step))
            return next
        case "voucher_mint":
            return try await client(step).voucherMint(keys(step).writeCap, displayName: step.word("name"))
        case "voucher_induct":
            let minted: Voucher = try thing(step, "minted")
            let payload: Voucher = try thing(step, step.maybe("payload_of") == nil ? "minted" : "payload_of")
            let inducted = try await client(step).voucherInduct(
                minted.hash, voucherPayload: payload.payload, whoReply: step.text())
            try same(inducted.displayName.utf8, Array(step.word("name").utf8))
            return inducted
        case "voucher_open":
            let (secretKey, _) = try thing(step, "minted", as: Voucher.self).keys()
            let sealedReply = try thing(step, "inducted", as: Voucher.self).sealedReply
            let opened = try await client(step).voucherOpen(
                secretKey, sealedReply: sealedReply, messageWriteCap: keys(step).writeCap)
            return try same(opened.whoReply, step.text())
        case "read_cap_text": return try keys(step).readCap.toText(index: keys(step).first)
        case "parse_text": return try sharedTextParse(step.maybe("text") ?? thing(step, "text_of")).kind
        case "store": return try await client(step).openStore(path: path(step.word("file")))
        default: return try await storeAction(step)
        }
    }

    func path(_ name: String) -> String { simulator.directory.appendingPathComponent(name).path }

    private func client(_ step: Step) throws -> Client { try thing(step, "client") }

    private func keys(_ step: Step) throws -> Keys { try thing(step, "keys") }

    /// The first of some keys, or one that was kept.
    private func index(_ step: Step) throws -> BoxIndex {
        try (try? thing(step, "at", as: Keys.self).first) ?? thing(step, "at")
    }

    private func echo(_ step: Step, _ number: Int) async throws {
        let text = try step.text() + (step.isSet("numbered") ? Array("\(number)".utf8) : [])
        let client = try client(step)
        let reply = try await client.sendMessageAwaitReply(
            client.getService("echo"), payload: text, timeout: step.timeout)
        try same(reply.prefix(text.count), text)
    }

    private func readBox(_ step: Step) async throws -> BoxIndex {
        let (plaintext, next) = try await client(step).readBox(
            keys(step).readCap, index: index(step), flags: step.isSet("no_retry") ? .noRetry : [],
            timeout: step.timeout)
        if step.maybe("text") != nil { try same(plaintext, step.text()) }
        if let begins = step.maybe("begins") { try same(plaintext.prefix(begins.utf8.count), Array(begins.utf8)) }
        return next
    }

    private func tombstone(_ step: Step) async throws {
        let (client, writeCap) = try (client(step), keys(step).writeCap)
        let made = try await client.tombstoneRange(
            writeCap, start: index(step), maxCount: UInt32(step.number("count")))
        for i in 0..<made.count {
            _ = try await client.startResendingEncryptedMessage(
                writeCap: writeCap, replyIndex: -1, envelope: made.envelopeAt(i))
        }
    }

    /// Leaves a loop over events by an error.
    private func loopThrows(_ client: Client) async throws {
        do {
            for await event in try client.events() { throw Mismatch("thrown at \(event)") }
        } catch let error as Mismatch {
            return try expect(error.description.hasPrefix("thrown at"), "\(error)")
        }
        throw Mismatch("the loop has ended")
    }

    /// Takes events until one is of this kind.
    private func event(_ events: Events, _ kind: String) async throws {
        let wanted = kind.replacingOccurrences(of: "_", with: "").lowercased()
        while true {
            let event = try await events.next()
            if Mirror(reflecting: event).children.first?.label?.lowercased() == wanted { return }
        }
    }
}
