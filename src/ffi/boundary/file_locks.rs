//! Locks that belong to an open file, where no crate has them.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;

/// Sets or removes a lock that belongs to the open file, without waiting.
pub(crate) fn set_lock(file: &File, lock: &libc::flock) -> io::Result<()> {
    // SAFETY: the file is open and the lock is read, both until the end of the call.
    let outcome = unsafe {
        libc::fcntl(
            file.as_raw_fd(),
            libc::F_OFD_SETLK,
            std::ptr::from_ref(lock),
        )
    };
    match outcome {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}
