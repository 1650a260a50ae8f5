import CKpclient
import Synchronization

/// Starts an operation of a client and waits for it, without holding a thread. A task that is cancelled
/// cancels the operation.
///
/// - Parameters:
///   - client: whose operation it is; it lives at least as long
///   - start: calls the function that starts it
///   - take: takes the outputs out of the result, on the library's thread
func perform<Output: Sendable>(
    _ client: Client,
    _ start: (Scratch, UnsafePointer<kpc_completion>, UnsafeMutablePointer<kpc_op>) throws -> kpc_status,
    take: @escaping @Sendable (Scratch, OpaquePointer) throws -> Output
) async throws -> Output {
    let pending = Pending(client, take)
    return try await withTaskCancellationHandler {
        try await withCheckedThrowingContinuation { pending.begin($0, start) }
    } onCancel: {
        pending.cancel()
    }
}

/// An operation under way.
private final class Pending<Output: Sendable>: Sendable {
    private struct State {
        /// Who waits; nobody before the beginning and after the end.
        var waiting: CheckedContinuation<Output, any Error>?
        var operation: kpc_op = 0
        var isCancelled = false
    }

    private let state = Mutex(State())
    private let client: Client
    private let take: @Sendable (Scratch, OpaquePointer) throws -> Output

    init(_ client: Client, _ take: @escaping @Sendable (Scratch, OpaquePointer) throws -> Output) {
        self.client = client
        self.take = take
    }

    func begin(
        _ waiting: CheckedContinuation<Output, any Error>,
        _ start: (Scratch, UnsafePointer<kpc_completion>, UnsafeMutablePointer<kpc_op>) throws -> kpc_status
    ) {
        let isCancelled = state.withLock { state in
            if !state.isCancelled { state.waiting = waiting }
            return state.isCancelled
        }
        if isCancelled { return waiting.resume(throwing: CancellationError()) }
        do {
            let operation = try started(start)
            let isCancelled = state.withLock { state in
                state.operation = operation
                return state.isCancelled
            }
            if isCancelled { cancel(operation) }
        } catch {
            end { throw error }
        }
    }

    /// The library keeps what it is to call until it has called the drop function, which it also does
    /// where the start fails.
    private func started(
        _ start: (Scratch, UnsafePointer<kpc_completion>, UnsafeMutablePointer<kpc_op>) throws -> kpc_status
    ) throws -> kpc_op {
        try call { memory in
            let done = memory.room(kpc_completion.self)
            let operation = memory.room(kpc_op.self)
            let kept = Unmanaged.passRetained(Completion { self.finish($0) })
            done.pointee.fn = completed
            done.pointee.user_data = kept.toOpaque()
            done.pointee.drop = dropped
            let status: kpc_status
            do {
                status = try start(memory, done, operation)
            } catch {
                // An argument cannot be passed, so nothing was called.
                kept.release()
                throw error
            }
            try memory.check(status)
            return operation.pointee
        }
    }

    func cancel() {
        let operation = state.withLock { state in
            state.isCancelled = true
            return state.operation
        }
        if operation != 0 { cancel(operation) }
    }

    /// One that has ended, or whose client was freed, needs no cancelling.
    private func cancel(_ operation: kpc_op) {
        _ = call { kpc_op_cancel($0.of(client), operation, nil) }
    }

    /// The library's thread does no more than take the outputs and wake who waits for them.
    private func finish(_ result: OpaquePointer) {
        end { try call { try self.take($0, result) } }
    }

    private func end(_ outcome: () throws -> Output) {
        let (waiting, isCancelled) = state.withLock { state in
            defer { state.waiting = nil }
            return (state.waiting, state.isCancelled)
        }
        do {
            waiting?.resume(returning: try outcome())
        } catch KpcError.cancelled where isCancelled {
            waiting?.resume(throwing: CancellationError())
        } catch {
            waiting?.resume(throwing: error)
        }
    }
}

/// What the library calls when an operation has completed.
private final class Completion: Sendable {
    let finish: @Sendable (OpaquePointer) -> Void

    init(_ finish: @escaping @Sendable (OpaquePointer) -> Void) { self.finish = finish }
}

private func completed(_ result: OpaquePointer?, _ kept: UnsafeMutableRawPointer?) {
    guard let result, let kept else { return }
    Unmanaged<Completion>.fromOpaque(kept).takeUnretainedValue().finish(result)
}

/// Gives back what the library was given to keep.
func dropped(_ kept: UnsafeMutableRawPointer?) {
    guard let kept else { return }
    Unmanaged<AnyObject>.fromOpaque(kept).release()
}
