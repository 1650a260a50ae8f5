import CKpclient
import Dispatch
import Synchronization

extension Config {
    /// Sets where the log lines go of clients that are made from this configuration; nil: nowhere. The
    /// lines come one at a time and in order, on a queue of their own. They hold no secrets and no payloads.
    /// A receiver that is slower than the lines come loses the newest.
    public func setLog(_ level: LogLevel, _ receiver: (@Sendable (LogLevel, String) -> Void)?) throws {
        try call { memory in
            let kept = receiver.map { Unmanaged.passRetained(Receiver($0)).toOpaque() }
            let config = memory.of(self)
            let function: kpc_log_fn? = receiver == nil ? nil : { logged($0, $1, $2) }
            try memory.check(kpc_config_set_log(config, level.rawValue, function, kept, dropped, memory.error))
        }
    }
}

private final class Receiver: Sendable {
    /// How many lines wait at most.
    private static let most = 4096
    private let receive: @Sendable (LogLevel, String) -> Void
    private let queue = DispatchQueue(label: "kpclient.log")
    private let waiting = Mutex(0)

    init(_ receive: @escaping @Sendable (LogLevel, String) -> Void) { self.receive = receive }

    func pass(_ level: LogLevel, _ text: String) {
        let fits = waiting.withLock { waiting in
            guard waiting < Self.most else { return false }
            waiting += 1
            return true
        }
        guard fits else { return }
        queue.async {
            self.receive(level, text)
            self.waiting.withLock { $0 -= 1 }
        }
    }
}

private func logged(_ level: Int32, _ line: UnsafePointer<CChar>?, _ kept: UnsafeMutableRawPointer?) {
    guard let kept else { return }
    Unmanaged<Receiver>.fromOpaque(kept).takeUnretainedValue().pass(LogLevel(number: level), text(line))
}
