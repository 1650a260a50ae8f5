import CKpclient

/// What one call passes to the library and takes from it: objects that must live until it is over,
/// and bytes that are wiped then.
final class Scratch {
    /// Where the call puts the details of its failure.
    let error: UnsafeMutablePointer<OpaquePointer?>
    private var held: [AnyObject] = []

    fileprivate init() {
        let place = Memory(count: MemoryLayout<OpaquePointer?>.size)
        error = place.base.bindMemory(to: OpaquePointer?.self, capacity: 1)
        held.append(place)
    }

    fileprivate func end() { held.removeAll() }

    /// Zeroed memory for an output.
    func room<Value>(_ type: Value.Type) -> UnsafeMutablePointer<Value> {
        rooms(type, count: 1)
    }

    private func rooms<Value>(_ type: Value.Type, count: Int) -> UnsafeMutablePointer<Value> {
        let memory = Memory(count: MemoryLayout<Value>.stride * count)
        held.append(memory)
        return memory.base.bindMemory(to: type, capacity: count)
    }

    func of(_ object: some Handled) -> OpaquePointer {
        held.append(object)
        return object.pointer
    }

    func of<Value: RawBytes>(_ value: Value) -> UnsafePointer<Value.Raw> {
        held.append(value.memory)
        return UnsafePointer(value.memory.base.assumingMemoryBound(to: Value.Raw.self))
    }

    func of<Value: RawBytes>(_ value: Value?) -> UnsafePointer<Value.Raw>? {
        value.map { of($0) }
    }

    func of<Value: RawStruct>(_ value: Value) throws -> UnsafePointer<Value.Raw> {
        try of([value])
    }

    func of<Value: RawStruct>(_ value: Value?) throws -> UnsafePointer<Value.Raw>? {
        try value.map { try of($0) }
    }

    func of<Value: RawStruct>(_ values: [Value]) throws -> UnsafePointer<Value.Raw> {
        let all = rooms(Value.Raw.self, count: values.count)
        for (i, value) in values.enumerated() { try value.write(to: all + i, self) }
        return UnsafePointer(all)
    }

    func bytes(_ bytes: [UInt8]) -> UnsafePointer<UInt8> {
        let place = rooms(UInt8.self, count: bytes.count)
        bytes.withUnsafeBufferPointer { from in
            if let base = from.baseAddress { place.update(from: base, count: from.count) }
        }
        return UnsafePointer(place)
    }

    /// A text with its length.
    func content(_ text: String) -> UnsafePointer<CChar> {
        UnsafeRawPointer(bytes(Array(text.utf8))).assumingMemoryBound(to: CChar.self)
    }

    /// A text with a NUL behind it.
    func text(_ text: String) throws -> UnsafePointer<CChar> {
        guard !text.utf8.contains(0) else { throw KpcError(.argValue, "a name or path holds a NUL") }
        return content(text + "\0")
    }

    /// Throws what a failed call said.
    func check(_ status: kpc_status) throws {
        if status != 0 { throw failure(status) }
    }

    func failure(_ status: kpc_status) -> KpcError {
        defer { error.pointee = nil }
        return KpcError(status, taking: error.pointee)
    }

    /// What an event may have; nil if it does not.
    func lent<Raw, Value>(
        _ type: Raw.Type,
        _ call: (UnsafeMutablePointer<Raw>, UnsafeMutablePointer<OpaquePointer?>) -> kpc_status,
        _ value: (UnsafeMutablePointer<Raw>) -> Value
    ) throws -> Value? {
        let place = room(type)
        let status = call(place, error)
        guard status != 0 else { return value(place) }
        let failure = failure(status)
        if failure.code != .argValue { throw failure }
        return nil
    }
}

func call<Value>(_ body: (Scratch) throws -> Value) rethrows -> Value {
    let memory = Scratch()
    defer { memory.end() }
    return try body(memory)
}

/// The content of the kpc_buffer that an output received, which is freed.
func takeBytes(_ output: UnsafeMutablePointer<OpaquePointer?>) -> [UInt8] {
    guard let buffer = output.pointee else { return [] }
    defer { kpc_buffer_free(buffer) }
    return Array(UnsafeBufferPointer(start: kpc_buffer_data(buffer), count: kpc_buffer_len(buffer)))
}

func takeText(_ output: UnsafeMutablePointer<OpaquePointer?>) -> String {
    String(decoding: takeBytes(output), as: UTF8.self)
}

/// A time limit as the library wants it, rounded up. What is below zero it refuses.
func milliseconds(_ limit: Duration?) -> Int32 {
    guard let limit else { return KPC_FOREVER }
    if limit < .zero { return .min }
    let (seconds, attoseconds) = limit.components
    let most = Int64(Int32.max)
    if seconds > most / 1000 { return .max }
    let rest = (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
    return Int32(min(seconds * 1000 + rest, most))
}
