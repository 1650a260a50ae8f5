//! Linux, and Android with it.

use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::SocketAddr;
use std::time::Duration;

use libc::c_int;
use rustix::time::{clock_gettime, ClockId};

/// For `send`: a socket whose other end is gone raises no SIGPIPE.
pub(crate) const NO_SIGNAL: c_int = libc::MSG_NOSIGNAL;

/// Keeps a socket from raising SIGPIPE whoever writes to it. Here each `send` says so.
pub(super) fn silence(_socket: &impl AsFd) -> io::Result<()> {
    Ok(())
}

/// Reads the clock that goes on while the machine is suspended.
pub(crate) const SUSPEND_CLOCK: Option<fn() -> Duration> = Some(since_boot);

fn since_boot() -> Duration {
    Duration::try_from(clock_gettime(ClockId::Boottime)).unwrap_or_default()
}

/// Checks a name of the abstract namespace.
pub(super) fn abstract_name(name: &str) -> io::Result<()> {
    #[cfg(target_os = "android")]
    use std::os::android::net::SocketAddrExt;
    #[cfg(target_os = "linux")]
    use std::os::linux::net::SocketAddrExt;
    SocketAddr::from_abstract_name(name).map(drop)
}

/// Signals that profilers and garbage collectors send to single threads.
pub(crate) fn sent_to_threads() -> Vec<c_int> {
    let mut signals = vec![libc::SIGPROF, libc::SIGXCPU, libc::SIGPWR];
    signals.extend(libc::SIGRTMIN()..=libc::SIGRTMAX());
    signals
}
