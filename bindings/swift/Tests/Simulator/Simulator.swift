import Foundation
import Kpclient

/// A daemon of a test's own, with a directory; it ends with its standard input. Only one thing at a time
/// is asked of it.
public final class Simulator: @unchecked Sendable {
    public let directory: URL
    public let socket: String
    private let process = Process()
    private let commands = Pipe()
    private let answers = Pipe()
    private var unread = [UInt8]()
    private let turn = NSLock()

    /// `KPC_SIM` names the program.
    public init(_ options: [String] = []) throws {
        // Who writes to one that has ended gets an error for it.
        signal(SIGPIPE, SIG_IGN)
        guard let program = ProcessInfo.processInfo.environment["KPC_SIM"] else {
            throw Mismatch("KPC_SIM names no simulator")
        }
        directory = FileManager.default.temporaryDirectory.appendingPathComponent("kpclient-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        socket = directory.appendingPathComponent("socket").path
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = ["--control", "stdin", "--instant", "--unix", socket] + options
        process.standardInput = commands
        process.standardOutput = answers
        try process.run()
        while try !line().hasPrefix("ready:") {}
    }

    /// What the simulator answers, behind `ok`.
    @discardableResult
    public func say(_ command: String) throws -> String {
        try turn.withLock {
            try commands.fileHandleForWriting.write(contentsOf: Data("\(command)\n".utf8))
            let answer = try line()
            guard answer.hasPrefix("ok") else { throw Mismatch("\(command): \(answer)") }
            return String(answer.dropFirst(2)).trimmingCharacters(in: .whitespaces)
        }
    }

    private func line() throws -> String {
        while true {
            if let end = unread.firstIndex(of: UInt8(ascii: "\n")) {
                defer { unread.removeSubrange(...end) }
                return String(decoding: unread[..<end], as: UTF8.self)
            }
            let more = answers.fileHandleForReading.availableData
            if more.isEmpty { throw Mismatch("the simulator has ended") }
            unread += more
        }
    }

    /// Asks until a number, with dots that of a part, is in the range.
    public func until(_ count: String, _ range: ClosedRange<Double>) async throws {
        while true {
            var value = try JSON(say("stats"))
            for part in count.split(separator: ".") { value = value[String(part)] ?? .null }
            if range.contains(value.number ?? 0) { return }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    /// The text of a configuration for it.
    public var configuration: String { "[Dial.Unix]\nAddress = \"\(socket)\"\n" }

    /// A client that is not connected.
    public func client(_ path: String? = nil) throws -> Client {
        let config = try Config()
        try config.setUnix(path ?? socket)
        try config.setReconnect(minMs: 10, maxMs: 50)
        return try Client(config)
    }

    public func connected() async throws -> Client {
        let client = try client()
        try await client.connect()
        return client
    }

    /// Ends it, and waits for its end.
    public func end() {
        try? commands.fileHandleForWriting.close()
        process.waitUntilExit()
        try? FileManager.default.removeItem(at: directory)
    }
}

/// What came is not what was expected.
public struct Mismatch: Error, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }
}

/// Waits until so few objects are left; false if they stay.
public func isDownTo(_ objects: Int) async -> Bool {
    let begun = ContinuousClock.now
    while debugLiveObjects() > objects {
        if ContinuousClock.now - begun > .seconds(60) { return false }
        try? await Task.sleep(for: .milliseconds(5))
    }
    return true
}
