//! macOS and iOS.

use std::io;
use std::os::fd::AsFd;
use std::time::Duration;

use libc::c_int;
use rustix::time::{clock_gettime, ClockId};
use socket2::SockRef;

/// There is no such flag for `send`: each socket is silenced instead. The standard library and
/// socket2 do that for sockets that they connect, and not for pairs.
pub(crate) const NO_SIGNAL: c_int = 0;

/// Keeps a socket from raising SIGPIPE whoever writes to it.
pub(super) fn silence(socket: &impl AsFd) -> io::Result<()> {
    SockRef::from(socket).set_nosigpipe(true)
}

/// Reads the clock that goes on while the machine is suspended. Here the monotonic one does; the standard library's
/// `Instant` takes another.
pub(crate) const SUSPEND_CLOCK: Option<fn() -> Duration> = Some(monotonic);

fn monotonic() -> Duration {
    Duration::try_from(clock_gettime(ClockId::Monotonic)).unwrap_or_default()
}

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
