import CKpclient

/// Bytes that C reads and writes, wiped and freed with their last owner. Who makes them fills them;
/// what others see of them does not change.
final class Memory: @unchecked Sendable {
    let base: UnsafeMutableRawPointer
    let count: Int

    /// Zeroed bytes.
    init(count: Int) {
        self.count = count
        // An address is needed for no bytes, too.
        base = .allocate(byteCount: max(count, 1), alignment: 16)
        base.initializeMemory(as: UInt8.self, repeating: 0, count: max(count, 1))
    }

    deinit {
        kpc_wipe(base, count)
        base.deallocate()
    }
}

/// Bytes of a fixed size. They are shared by their copies, and wiped with the last one; types of
/// different bytes cannot be mixed up. Capabilities and indices are secrets: no text shows them.
public protocol FixedBytes: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    /// How many bytes it has.
    static var size: Int { get }

    /// What was stored before; fails if it is not of this type.
    init(_ bytes: [UInt8]) throws

    /// A copy of the bytes, to be stored. It is wiped by nobody.
    var bytes: [UInt8] { get }
}

/// What the package knows of them.
protocol RawBytes: FixedBytes {
    associatedtype Raw
    static var isSecret: Bool { get }
    var memory: Memory { get }
    init(memory: Memory)
}

extension RawBytes {
    init(at address: UnsafePointer<Raw>) {
        self.init(memory: Self.copied(address))
    }

    static func copied(_ address: UnsafePointer<Raw>) -> Memory {
        let memory = Memory(count: size)
        memory.base.copyMemory(from: address, byteCount: size)
        return memory
    }

    public var bytes: [UInt8] {
        withExtendedLifetime(memory) { Array(UnsafeRawBufferPointer(start: memory.base, count: Self.size)) }
    }

    /// Takes as long for bytes that differ at once as for others.
    public static func == (one: Self, other: Self) -> Bool {
        var differs: UInt8 = 0
        withExtendedLifetime((one, other)) {
            for i in 0..<size {
                let (a, b) = (one.memory.base + i, other.memory.base + i)
                differs |= a.load(as: UInt8.self) ^ b.load(as: UInt8.self)
            }
        }
        return differs == 0
    }

    public func hash(into hasher: inout Hasher) {
        withExtendedLifetime(memory) {
            hasher.combine(bytes: UnsafeRawBufferPointer(start: memory.base, count: Self.size))
        }
    }

    public var description: String {
        Self.isSecret ? "\(Self.self)(secret)" : bytes.map { hex($0) }.joined()
    }

    public var debugDescription: String { description }

    public var customMirror: Mirror { Mirror(self, children: []) }
}

private func hex(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16)
    return digits.count == 1 ? "0" + digits : digits
}

/// What travels as a struct of C.
protocol RawStruct {
    associatedtype Raw
    func write(to raw: UnsafeMutablePointer<Raw>, _ memory: Scratch) throws
}

/// A channel of the older protocol, as this client numbers it.
public struct Channel: Hashable, Sendable {
    let number: kpc_channel
}

/// The elements of an array of C, which is a tuple here.
func elements<Tuple>(of tuple: Tuple) -> [UInt8] {
    withUnsafeBytes(of: tuple) { Array($0) }
}

/// The text in an array of C, to its NUL.
func text<Tuple>(in tuple: Tuple) -> String {
    String(decoding: elements(of: tuple).prefix { $0 != 0 }, as: UTF8.self)
}

/// A text of the library's that is there as long as it is read.
func text(_ text: UnsafePointer<CChar>?) -> String {
    text.map { String(cString: $0) } ?? ""
}

func one<Raw, Value>(_ raw: Raw, _ make: (UnsafePointer<Raw>) -> Value) -> Value {
    withUnsafePointer(to: raw, make)
}

/// The structs in an array of C.
func several<Tuple, Raw, Value>(_ tuple: Tuple, _ make: (UnsafePointer<Raw>) -> Value) -> [Value] {
    withUnsafeBytes(of: tuple) { bytes in
        bytes.bindMemory(to: Raw.self).map { one($0, make) }
    }
}

/// Bytes into an array of C.
func put<Tuple>(_ bytes: [UInt8], into tuple: inout Tuple) throws {
    try withUnsafeMutableBytes(of: &tuple) { place in
        guard bytes.count <= place.count else {
            throw KpcError(.argSize, "\(bytes.count) bytes, where \(place.count) fit")
        }
        place.copyBytes(from: bytes)
    }
}

/// A text into an array of C, where its NUL fits, too.
func put<Tuple>(_ text: String, into tuple: inout Tuple) throws {
    try put(Array(text.utf8) + [0], into: &tuple)
}
