//! Files of a store on Linux, and Android with it.

use std::fs::File;
use std::io;
use std::path::Path;

use nix::fcntl::{fcntl, FcntlArg};
use nix::sys::stat::{mknod, Mode, SFlag};

/// Creates an empty file that only its owner can read, without opening it.
pub(crate) fn create_empty(path: &Path) -> io::Result<()> {
    Ok(mknod(
        path,
        SFlag::S_IFREG,
        Mode::S_IRUSR | Mode::S_IWUSR,
        0,
    )?)
}

/// Changes the lock of one byte; see [`super::lock_byte`].
pub(super) fn set_lock(file: &File, lock: &libc::flock) -> io::Result<()> {
    Ok(fcntl(file, FcntlArg::F_OFD_SETLK(lock)).map(drop)?)
}
