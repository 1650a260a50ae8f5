import CKpclient

/// A call failed: ``code`` says how, ``message`` what to do. A task that was cancelled throws a
/// `CancellationError` instead.
///
/// ```swift
/// do {
///     let (plaintext, next) = try await client.readBox(readCap, index: index)
/// } catch KpcError.tombstone {
///     // It was deleted.
/// }
/// ```
public struct KpcError: Error, Sendable, CustomStringConvertible {
    /// How it failed; ``Code/unnamed`` if the library is newer than this package and has no name for it here.
    public let code: Code
    /// What happened and what to do, without secrets and payloads.
    public let message: String
    /// Who reported the failure.
    public let origin: Origin
    /// The code that the daemon sent, 0 if none did.
    public let daemonCode: Int32
    /// The code that a storage replica sent, 0 if none did.
    public let replicaCode: Int32
    /// Which envelope of a copy command failed, 0 if that is not known.
    public let failedEnvelope: UInt64
    /// The operating system's error number, 0 if it had no part in it.
    public let errno: Int32
    /// What kind of failure it is.
    public let category: Category
    private let name: String

    public var description: String { "\(name): \(message)" }

    /// The error for a status and its kpc_error, which may be nil and is freed.
    init(_ status: kpc_status, taking error: OpaquePointer?) {
        defer { kpc_error_free(error) }
        code = Code(number: status)
        name = shortName(status)
        message = text(error == nil ? kpc_status_text(status) : kpc_error_message(error))
        origin = Origin(number: kpc_error_origin(error))
        daemonCode = kpc_error_daemon_code(error)
        replicaCode = kpc_error_replica_code(error)
        failedEnvelope = kpc_error_failed_envelope(error)
        errno = kpc_error_errno(error)
        category = Category(number: kpc_status_category(status))
    }

    /// What an event or object says that went wrong; nil if nothing did.
    init?(taking error: OpaquePointer?) {
        guard let error else { return nil }
        self.init(kpc_error_status(error), taking: error)
    }

    /// What the package itself refuses.
    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
        name = code.name
        category = code.category
        origin = .library
        (daemonCode, replicaCode, failedEnvelope, errno) = (0, 0, 0, 0)
    }
}

/// The name of a status without what all have in common.
private func shortName(_ status: kpc_status) -> String {
    let (name, prefix) = (text(kpc_status_name(status)), "KPC_ERR_")
    return name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : name
}

extension KpcError.Code: CustomStringConvertible {
    /// `BOX_ID_NOT_FOUND`, as logs and the documents of other languages have it.
    public var name: String { shortName(rawValue) }

    /// What it means, in a sentence.
    public var text: String { Kpclient.text(kpc_status_text(rawValue)) }

    /// What kind of failure it is.
    public var category: Category { Category(number: kpc_status_category(rawValue)) }

    /// Whether programs meet it in normal operation, and the call may be tried elsewhere or later.
    public var isExpectedOutcome: Bool { kpc_status_is_expected_outcome(rawValue) }

    public var description: String { name }

    /// For `catch KpcError.tombstone`.
    public static func ~= (code: Self, error: any Error) -> Bool {
        (error as? KpcError)?.code == code
    }
}
