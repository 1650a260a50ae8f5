//! One failure: its status, a sentence about it, and its source.

use std::fmt;

use crate::status::Status;

/// The result of every fallible function of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Who refused or failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Origin {
    /// This library, before or after speaking with the daemon.
    Library = 0,
    /// The daemon itself.
    Daemon = 1,
    /// A courier that the daemon asked.
    Courier = 2,
    /// A storage replica behind a courier.
    Replica = 3,
}

/// A failure with its details. Cheap to move; never holds secrets or payloads.
#[derive(Clone, thiserror::Error)]
#[error("{}: {}", .0.status.name(), .0.message)]
pub struct Error(Box<Detail>);

#[derive(Clone)]
struct Detail {
    status: Status,
    message: String,
    origin: Origin,
    daemon_code: Option<u8>,
    replica_code: Option<u8>,
    failed_envelope: Option<u64>,
    errno: Option<i32>,
}

impl Error {
    /// A failure that this library itself reports.
    pub fn new(status: Status, message: impl Into<String>) -> Self {
        Error(Box::new(Detail {
            status,
            message: message.into(),
            origin: Origin::Library,
            daemon_code: None,
            replica_code: None,
            failed_envelope: None,
            errno: None,
        }))
    }

    /// A failure of the operating system while doing `what`; keeps its errno.
    pub fn from_io(status: Status, what: &str, error: &std::io::Error) -> Self {
        let errno = error.raw_os_error();
        let hint = match errno {
            Some(libc::EMFILE) => "; this process has no file descriptor left (RLIMIT_NOFILE)",
            Some(libc::ENFILE) => "; this machine has no file descriptor left",
            _ => "",
        };
        let mut made = Self::new(status, format!("{what}: {error}{hint}"));
        made.0.errno = errno;
        made
    }

    /// Adds the operating system's error number of another failure, which led to this one.
    #[must_use]
    pub fn with_errno_of(mut self, cause: &Self) -> Self {
        self.0.errno = cause.errno();
        self
    }

    /// Adds the number that the daemon sent.
    #[must_use]
    pub fn with_daemon_code(mut self, code: u8) -> Self {
        self.0.daemon_code = Some(code);
        self
    }

    /// Adds the number that a replica sent.
    #[must_use]
    pub fn with_replica_code(mut self, code: u8) -> Self {
        self.0.replica_code = Some(code);
        self
    }

    /// Adds the position, counted from 1, of the envelope at which a copy command stopped.
    #[must_use]
    pub fn with_failed_envelope(mut self, position: u64) -> Self {
        self.0.failed_envelope = Some(position);
        self
    }

    /// Sets the source of the failure.
    #[must_use]
    pub fn with_origin(mut self, origin: Origin) -> Self {
        self.0.origin = origin;
        self
    }

    /// The status of this failure; never [`Status::OK`].
    pub fn status(&self) -> Status {
        self.0.status
    }

    /// One sentence for people.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Who reported the failure.
    pub fn origin(&self) -> Origin {
        self.0.origin
    }

    /// The number that the daemon sent, if it was the daemon that reported.
    pub fn daemon_code(&self) -> Option<u8> {
        self.0.daemon_code
    }

    /// The number that a replica sent, if one did.
    pub fn replica_code(&self) -> Option<u8> {
        self.0.replica_code
    }

    /// The position, counted from 1, of the envelope at which a copy command stopped.
    pub fn failed_envelope(&self) -> Option<u64> {
        self.0.failed_envelope
    }

    /// The operating system's error number, if it was the operating system that failed.
    pub fn errno(&self) -> Option<i32> {
        self.0.errno
    }
}

/// The error of every call on a closed client.
pub(crate) fn closed() -> Error {
    Error::new(Status::CLOSED, "the client was closed")
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
