package kpclient

/**
 * A call failed: [status] says how, the subclass of what kind it is, the message what to do. Calls
 * that were cancelled as coroutines or futures end with a CancellationException instead.
 */
sealed class KpcException(details: Details) : RuntimeException("${details.name}: ${details.text}") {
    /** The number of the status; also where the daemon is newer than this library, and it has no name. */
    val code: Int = details.code

    /** The status, UNKNOWN if it has no name here. */
    val status: Status = Status.of(code)

    /** Who reported the failure. */
    val origin: Origin = details.origin

    /** The code that the daemon sent, 0 if none did. */
    val daemonCode: Int = details.daemonCode

    /** The code that a storage replica sent, 0 if none did. */
    val replicaCode: Int = details.replicaCode

    /** Which envelope of a copy command failed, 0 if that is not known. */
    val failedEnvelope: Long = details.failedEnvelope

    /** The operating system's error number, 0 if it had no part in it. */
    val errno: Int = details.errno

    /** Something unusable was passed; nothing was sent. */
    class Argument internal constructor(details: Details) : KpcException(details)

    /** The way to the daemon or to the mixnet. */
    class Session internal constructor(details: Details) : KpcException(details)

    /** The daemon refused. */
    class Daemon internal constructor(details: Details) : KpcException(details)

    /** What is stored at the replicas, or that it cannot be read or written. */
    class Replica internal constructor(details: Details) : KpcException(details)

    /** A copy command. */
    class Copy internal constructor(details: Details) : KpcException(details)

    /** The operation was cancelled. */
    class Cancelled internal constructor(details: Details) : KpcException(details)

    /** The time limit was reached. */
    class Timeout internal constructor(details: Details) : KpcException(details)

    /** The library itself failed. */
    class Internal internal constructor(details: Details) : KpcException(details)

    /** What a kpc_error says, which is freed. */
    class Details internal constructor(internal val code: Int, error: Long) {
        internal val name: String = staticText(Raw.kpc_status_name(code))
        internal val text: String
        internal val origin: Origin = Origin.of(Raw.kpc_error_origin(error))
        internal val daemonCode: Int = Raw.kpc_error_daemon_code(error)
        internal val replicaCode: Int = Raw.kpc_error_replica_code(error)
        internal val failedEnvelope: Long = Raw.kpc_error_failed_envelope(error)
        internal val errno: Int = Raw.kpc_error_errno(error)

        init {
            text = staticText(if (error == 0L) Raw.kpc_status_text(code) else Raw.kpc_error_message(error))
            Raw.kpc_error_free(error)
        }
    }

    internal companion object {
        /** The exception for a status and its kpc_error, which may be 0. */
        fun of(code: Int, error: Long): KpcException {
            val details = Details(code, error)
            return when (Category.of(Raw.kpc_status_category(code))) {
                Category.ARGUMENT -> Argument(details)
                Category.SESSION -> Session(details)
                Category.DAEMON -> Daemon(details)
                Category.REPLICA -> Replica(details)
                Category.COPY -> Copy(details)
                Category.CANCELLED -> Cancelled(details)
                Category.TIMEOUT -> Timeout(details)
                else -> Internal(details)
            }
        }

        /** What an event or object says that went wrong; null if nothing did. */
        fun of(error: Long): KpcException? = if (error == 0L) null else of(Raw.kpc_error_status(error), error)
    }
}
