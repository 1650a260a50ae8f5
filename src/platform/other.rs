//! Other systems of the family of Unix, such as FreeBSD.

use std::io;
use std::os::fd::AsFd;
use std::time::Duration;

use libc::c_int;

/// For `send`: a socket whose other end is gone raises no SIGPIPE.
pub(crate) const NO_SIGNAL: c_int = libc::MSG_NOSIGNAL;

/// Keeps a socket from raising SIGPIPE whoever writes to it. Here each `send` says so.
pub(super) fn silence(_socket: &impl AsFd) -> io::Result<()> {
    Ok(())
}

/// No clock of all these systems goes on while the machine is suspended.
pub(crate) const SUSPEND_CLOCK: Option<fn() -> Duration> = None;

/// There is no abstract namespace.
pub(super) fn abstract_name(_name: &str) -> io::Result<()> {
    Err(io::Error::new(
        io::ErrorKind::Unsupported,
        "only Linux has abstract socket names",
    ))
}

/// Signals that profilers and garbage collectors send to single threads.
pub(crate) fn sent_to_threads() -> Vec<c_int> {
    vec![libc::SIGPROF, libc::SIGXCPU]
}
