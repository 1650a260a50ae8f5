import CKpclient
import Dispatch
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The events of a client from the opening on, beginning with its current status and document. What
/// nobody takes waits in the library: at most so many as were asked for, then the oldest are dropped
/// and an ``Event/overflow(_:)`` counts them. Replies are never dropped.
public final class Events: Handled {
    let handle: UInt
    private let owner: Client
    /// A copy of the sink's descriptor, which lives as long as anybody waits for it.
    private let descriptor: Int32
    private let waiting = Mutex<[ObjectIdentifier: Wait]>([:])

    init(_ handle: OpaquePointer?, _ owner: Client) throws {
        self.handle = UInt(bitPattern: handle)
        self.owner = owner
        descriptor = handle.map { fcntl(kpc_event_sink_fd($0), F_DUPFD_CLOEXEC, 0) } ?? -1
        if descriptor < 0 {
            kpc_event_sink_free(handle)
            throw KpcError(.internal, "the process has no file descriptor left for events")
        }
    }

    deinit {
        close(descriptor)
        kpc_event_sink_free(OpaquePointer(bitPattern: handle))
    }

    /// Closes the events; who waits for the next one fails with `KpcError.badHandle`.
    public func free() {
        kpc_event_sink_free(OpaquePointer(bitPattern: handle))
        for wait in waiting.withLock({ Array($0.values) }) { wait.end() }
    }

    /// The next event. Fails with `KpcError.closed` behind ``Event/closed(_:)``. A task that is cancelled takes
    /// no event.
    public func next() async throws -> Event {
        while true {
            try Task.checkCancellation()
            if let event = try take() { return event }
            let wait = Wait()
            waiting.withLock { $0[ObjectIdentifier(wait)] = wait }
            defer { waiting.withLock { $0[ObjectIdentifier(wait)] = nil } }
            // One that was there before `free` could see this wait.
            if let event = try take() { return event }
            await wait.untilReadable(descriptor)
        }
    }

    /// The events as a stream, which ends after ``Event/closed(_:)``. Two streams share the events.
    public var stream: AsyncStream<Event> {
        AsyncStream { try? await self.next() }
    }

    /// An event that is there.
    private func take() throws -> Event? {
        try call { memory in
            let event = memory.room(OpaquePointer?.self)
            let status = kpc_event_sink_next(memory.of(self), KPC_NO_WAIT, event, memory.error)
            if status != 0 {
                let failure = memory.failure(status)
                if failure.code != .timeout { throw failure }
            }
            guard let event = event.pointee else { return nil }
            defer { kpc_event_free(event) }
            return try Event(event, memory)
        }
    }
}

/// Waits for a descriptor once, without holding a thread.
private final class Wait: Sendable {
    private struct State {
        var isOver = false
        var source: Source?
    }

    private let state = Mutex(State())

    /// Returns when the descriptor is readable, the task is cancelled, or ``end()`` was called.
    func untilReadable(_ descriptor: Int32) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { begin(descriptor, $0) }
        } onCancel: {
            end()
        }
    }

    private func begin(_ descriptor: Int32, _ waiting: CheckedContinuation<Void, Never>) {
        let isOver = state.withLock { state in
            if !state.isOver { state.source = Source(descriptor) { waiting.resume() } }
            return state.isOver
        }
        if isOver { waiting.resume() }
    }

    func end() {
        let source = state.withLock { state in
            state.isOver = true
            return state.source
        }
        source?.cancel()
    }
}

/// Dispatch's watch over a descriptor, which ends with the first event or by hand, and calls back once
/// when Dispatch is done with the descriptor. It may be used on any thread.
private final class Source: @unchecked Sendable {
    private static let queue = DispatchQueue(label: "kpclient.events")
    private let source: any DispatchSourceRead

    init(_ descriptor: Int32, _ ended: @escaping @Sendable () -> Void) {
        source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: Self.queue)
        source.setEventHandler { [weak self] in self?.cancel() }
        source.setCancelHandler { ended() }
        source.resume()
    }

    func cancel() { source.cancel() }
}

func describe(_ event: OpaquePointer, _ memory: Scratch) throws -> String {
    let text = memory.room(OpaquePointer?.self)
    try memory.check(kpc_event_describe(event, text, memory.error))
    return takeText(text)
}
