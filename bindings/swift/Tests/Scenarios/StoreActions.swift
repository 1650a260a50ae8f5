import Foundation
import Kpclient
import Simulator

extension World {
    /// What a step of a scenario does with a store: channels, vouchers, files.
    func storeAction(_ step: Step) async throws -> any Sendable {
        switch step.action {
        case "close_store": return try await store(step).close()
        case "create_writer": return try await store(step).createWriter(step.word("name"))
        case "open_writer": return try await store(step).openWriter(step.word("name"))
        case "import_reader":
            let readCap = try thing(step, "from", as: Writer.self).readCap
            return try await store(step).importReader(step.word("name"), readCap: readCap)
        case "open_reader": return try await store(step).openReader(step.word("name"))
        case "mint_voucher":
            let voucher = try await store(step).mintVoucher(step.word("name"), displayName: step.word("display"))
            if step.maybe("same_as") != nil { try expect(voucher == thing(step, "same_as"), "another voucher") }
            return voucher
        case "induct_voucher":
            let voucher: String = try step.maybe("voucher_text") ?? thing(step, "voucher")
            let (reader, displayName) = try await store(step).inductVoucher(
                step.word("name"), voucher: voucher, whoReply: step.text())
            try expect(displayName == step.word("display"), displayName)
            return reader
        case "open_voucher":
            let (writer, whoReply) = try await store(step).openVoucher(step.word("name"), timeout: step.timeout)
            try same(whoReply, step.text())
            return writer
        case "cancel_voucher": return try await store(step).cancelVoucher(step.word("name"))
        case "vouchers":
            let names = try await store(step).listVouchers().all
            return try expect(names == step.words("names"), "\(names)")
        case "make_file": return try Data(content(step)).write(to: URL(fileURLWithPath: path(step.word("file"))))
        case "make_directory":
            return try FileManager.default.createDirectory(
                atPath: path(step.word("file")), withIntermediateDirectories: false)
        case "file_progress": return try await progress(thing(step, "of"), step.number("size"))
        default:
            if step.maybe("writer") != nil { return try await write(thing(step, "writer"), step) }
            if step.maybe("reader") != nil { return try await read(thing(step, "reader"), step) }
            throw Mismatch("an action that this driver does not know")
        }
    }

    private func store(_ step: Step) throws -> Store { try thing(step, "store") }

    /// What a file of this size has in it.
    private func content(_ step: Step) throws -> [UInt8] {
        try (0..<step.number("size")).map { UInt8($0 * 7 % 251) }
    }

    private func write(_ writer: Writer, _ step: Step) async throws -> any Sendable {
        switch step.action {
        case "send": return try await writer.send(kind: messageKind, message: step.text())
        case "wait_stored": return try await writer.waitStored(writer.lastMessage)
        case "sent":
            while try writer.lastMessage < step.number("number") { try await Task.sleep(for: .milliseconds(1)) }
            return ()
        case "send_tombstones": return try await writer.tombstone(UInt32(step.number("count")))
        case "erase_before":
            try await writer.eraseBefore(step.number("number"))
            return try await writer.waitErased(step.number("number"))
        case "send_file": return try await writer.sendFile(step.maybe("path") ?? path(step.word("file")))
        case "abandon_file": return try await writer.abandonFile()
        case "unfinished_file":
            let (found, size) = try (writer.filePath, writer.fileSize)
            let isIt = try found == path(step.word("file")) && size == step.number("size")
            return try expect(isIt, "\(found) of \(size) bytes")
        default: throw Mismatch("an action that this driver does not know")
        }
    }

    private func read(_ reader: Reader, _ step: Step) async throws -> any Sendable {
        switch step.action {
        case "receive":
            let message = try await reader.receive()
            let arrival = (step.maybe("arrival") ?? "MESSAGE").lowercased()
            let isIt = try message.number == step.number("number") && "\(message.arrival)" == arrival
            try expect(isIt, "number \(message.number), \(message.arrival)")
            if message.arrival == .message {
                try expect(message.kind == messageKind, "kind \(message.kind)")
                try same(message.data, step.text())
            }
            return message
        case "acknowledge": return try await reader.acknowledge(step.number("number"))
        case "history":
            let messages = try await reader.messages(from: step.number("number"), max: UInt32(step.number("max")))
            let texts = try messages.all.map { String(decoding: try $0.data, as: UTF8.self) }
            return try expect(texts == step.words("texts"), "\(texts)")
        case "forget_before": return try await reader.forgetBefore(step.number("number"))
        case "poll_now": return try reader.pollNow()
        case "skip": return try reader.skip(reader.nextIndex)
        case "receive_file":
            let into = try path(step.word("into"))
            let found = try await reader.receiveFile(into, name: step.maybe("name"))
            try expect(found == into + "/" + step.word("found"), found)
            return try same(Data(contentsOf: URL(fileURLWithPath: found)), content(step))
        default: throw Mismatch("an action that this driver does not know")
        }
    }

    /// Takes events until a whole file is on the mixnet.
    private func progress(_ events: Events, _ size: UInt64) async throws {
        var done: UInt64 = 0
        while done < size {
            guard case .fileProgress(let progress) = try await events.next() else { continue }
            let isOn = progress.fileDone > done && progress.fileDone <= size && progress.fileSize == size
            try expect(isOn, "\(progress)")
            done = progress.fileDone
        }
    }
}
