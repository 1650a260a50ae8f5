import Foundation
import Kpclient
import Simulator

/// One step of a scenario.
struct Step: Sendable {
    /// All that this driver knows.
    private static let known: Set<String> = [
        "arrival", "as", "at", "at_least", "at_most", "begins", "cancelled", "class",
        "client", "count", "display", "do", "fails", "file", "for", "found", "from", "inducted", "into",
        "keys", "kind", "many", "max", "minted", "name", "names", "no_retry", "number", "numbered",
        "of", "path", "payload_of", "reader", "same_as", "say", "size", "socket", "start", "store", "text",
        "text_of", "texts", "timeout_ms", "times", "voucher", "voucher_text", "what", "writer",
    ]
    private let fields: JSON

    init(_ fields: JSON) throws {
        self.fields = fields
        let unknown = fields.keys.filter { !Self.known.contains($0) }
        if !unknown.isEmpty { throw Mismatch("fields that this driver does not know: \(unknown)") }
    }

    var action: String { maybe("do") ?? "" }
    var many: Int { fields["many"]?.number.map { Int($0) } ?? 1 }
    var timeout: Duration? { fields["timeout_ms"]?.number.map { .milliseconds(Int($0)) } }

    func maybe(_ field: String) -> String? { fields[field]?.text }

    func word(_ field: String) throws -> String {
        guard let word = maybe(field) else { throw Mismatch("no \(field) in \(fields)") }
        return word
    }

    func words(_ field: String) -> [String] { fields[field]?.list?.compactMap(\.text) ?? [] }

    func number(_ field: String) throws -> UInt64 {
        guard let number = fields[field]?.number else { throw Mismatch("no \(field) in \(fields)") }
        return UInt64(number)
    }

    func limit(_ field: String) -> Double? { fields[field]?.number }

    func isSet(_ field: String) -> Bool { fields[field]?.isTrue == true }

    /// The text of a message, as often as wanted.
    func text() throws -> [UInt8] {
        Array(String(repeating: try word("text"), count: fields["times"]?.number.map { Int($0) } ?? 1).utf8)
    }
}

/// What a scenario has made so far, and how steps are started, waited for and cancelled.
@MainActor
final class World {
    let simulator: Simulator
    private var things: [String: [any Sendable]] = [:]
    private var started: [String: [Task<any Sendable, any Error>]] = [:]

    init(_ simulator: Simulator) { self.simulator = simulator }

    func all(_ name: String) throws -> [any Sendable] {
        guard let all = things[name] else { throw Mismatch("there is no \(name)") }
        return all
    }

    func thing<Thing>(_ step: Step, _ field: String, as type: Thing.Type = Thing.self) throws -> Thing {
        guard let thing = try all(step.word(field)).last as? Thing else {
            throw Mismatch("\(field) is no \(type)")
        }
        return thing
    }

    /// Does a step or starts it; says what was wrong.
    func step(_ step: Step) async -> String? {
        do {
            switch step.action {
            case "wait":
                for task in started[try step.word("for")] ?? [] {
                    let why = await judged(step) {
                        _ = try await withTaskCancellationHandler {
                            try await task.value
                        } onCancel: {
                            task.cancel()
                        }
                    }
                    if why != nil { return why }
                }
            case "cancel": started[try step.word("what")]?.forEach { $0.cancel() }
            case "free": try all(step.word("what")).forEach { ($0 as? any LibraryObject)?.free() }
            case "forget": things[try step.word("what")] = nil
            case "collect": break  // References are counted.
            case "exit": exit(0)
            default: return try await act(step)
            }
        } catch {
            return "\(error)"
        }
        return nil
    }

    private func act(_ step: Step) async throws -> String? {
        if let name = step.maybe("start") {
            started[name] = (0..<step.many).map { number in Task { try await self.action(step, number) } }
            return nil
        }
        var made: [any Sendable] = []
        for number in 0..<step.many {
            let why = await judged(step) {
                let task = Task { try await self.action(step, number) }
                if step.isSet("cancelled") { task.cancel() }
                made.append(
                    try await withTaskCancellationHandler {
                        try await task.value
                    } onCancel: {
                        task.cancel()
                    })
            }
            if why != nil { return why }
        }
        if let name = step.maybe("as") { things[name] = made }
        return nil
    }

    /// Whether a step ends as it should.
    private func judged(_ step: Step, _ work: @escaping @MainActor () async throws -> Void) async -> String? {
        let wanted = step.maybe("fails")
        let expected = wanted ?? "success"
        var ended: String?
        do {
            try await limited(work)
        } catch is CancellationError {
            ended = "CANCELLED"
        } catch let error as KpcError {
            let family = step.maybe("class")
            if let family, "\(error.category)".uppercased() != family { return "\(error) is \(error.category)" }
            if error.code.name != wanted { return "\(error), \(expected) expected" }
            ended = wanted
        } catch {
            return "\(error)"
        }
        return ended == wanted ? nil : "\(ended ?? "no error"), \(expected) expected"
    }

    func end() {
        started.values.joined().forEach { $0.cancel() }
        things.values.joined().forEach { ($0 as? any LibraryObject)?.free() }
        things = [:]
        started = [:]
    }
}

/// Gives up what takes more than a minute.
private func limited(_ work: @escaping @MainActor () async throws -> Void) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        defer { group.cancelAll() }
        group.addTask { try await work() }
        group.addTask {
            try await Task.sleep(for: .seconds(60))
            throw Mismatch("it does not end")
        }
        try await group.next()
    }
}

func expect(_ isTrue: Bool, _ why: @autoclosure () -> String) throws {
    if !isTrue { throw Mismatch(why()) }
}

func same(_ found: some Sequence<UInt8>, _ wanted: [UInt8]) throws {
    let (a, b) = (String(decoding: Array(found), as: UTF8.self), String(decoding: wanted, as: UTF8.self))
    try expect(Array(found) == wanted, "\"\(a)\", \"\(b)\" expected")
}
