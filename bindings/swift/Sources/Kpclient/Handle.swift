import CKpclient

/// An object of the library. It is given back with its last reference, or by ``free()``; neither waits.
public protocol LibraryObject: AnyObject, Sendable, CustomStringConvertible {
    /// Gives the object back at once. Calls on it fail with `KpcError.badHandle` from then on;
    /// freeing twice is fine.
    func free()
}

/// What the package knows of them: a number that the library looks up.
protocol Handled: LibraryObject {
    var handle: UInt { get }
}

extension Handled {
    var pointer: OpaquePointer {
        guard let pointer = OpaquePointer(bitPattern: handle) else {
            preconditionFailure("the library has given no \(Self.self)")
        }
        return pointer
    }

    public var description: String { "\(Self.self)(\(handle))" }
}
