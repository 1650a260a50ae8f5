//! The descriptors 0 to 2 of a program that has closed them.

use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixDatagram;

/// Keeps the descriptors 0 to 2 from being given out, where they are free. What a program
/// prints to one that became a socket of ours would go to the daemon.
pub(crate) struct StandardHeld {
    /// Unconnected: they accept nothing, and writing to them raises no signal.
    _sockets: Vec<UnixDatagram>,
}

/// To be held while a descriptor is made that stays.
pub(crate) fn hold_standard() -> io::Result<StandardHeld> {
    let mut sockets = Vec::new();
    loop {
        // The lowest free number each time.
        let next = UnixDatagram::unbound()?;
        if next.as_raw_fd() > libc::STDERR_FILENO {
            return Ok(StandardHeld { _sockets: sockets });
        }
        sockets.push(next);
    }
}
