import CKpclient

extension Client {
    /// A client of this configuration, which it copies; not connected yet.
    public convenience init(_ config: Config) throws {
        let made = try call { memory in
            let client = memory.room(OpaquePointer?.self)
            try memory.check(kpc_client_new(memory.of(config), client, memory.error))
            return client.pointee
        }
        self.init(made)
    }

    /// Says goodbye to the daemon, ends every operation with `KpcError.closed`, and waits until all of that is
    /// done; ``free()`` starts the same and does not wait. Closing twice is fine. Further calls fail with
    /// `KpcError.closed`.
    public func close(timeout: Duration? = nil) async throws {
        do {
            try await perform(self) { memory, done, op in
                kpc_client_close_async(memory.of(self), milliseconds(timeout), done, op, memory.error)
            } take: { memory, result in
                try memory.check(kpc_client_close_result(result, memory.error))
            }
        } catch KpcError.closed {
            // It was closed already.
        }
    }

    /// Opens the events of this client, from now on; at most so many as `capacity` wait.
    public func openEvents(capacity: Int = 1000) throws -> Events {
        let sink = try call { memory in
            let sink = memory.room(OpaquePointer?.self)
            try memory.check(kpc_event_sink_open(memory.of(self), capacity, sink, memory.error))
            return sink.pointee
        }
        return try Events(sink, self)
    }

    /// The events of this client from now on, beginning with its current status and document, as a stream
    /// that ends after ``Event/closed(_:)``. What nobody takes waits in the library: at most so many as
    /// `capacity`, then the oldest are dropped and an ``Event/overflow(_:)`` counts them.
    public func events(capacity: Int = 1000) throws -> AsyncStream<Event> {
        try openEvents(capacity: capacity).stream
    }
}
