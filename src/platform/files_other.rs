//! Files of a store on other systems of the family of Unix.

use std::fs::File;
use std::io;

pub(crate) use super::linked::create_empty;

/// There are no locks that belong to an open file.
pub(super) fn set_lock(_file: &File, _lock: &libc::flock) -> io::Result<()> {
    Err(io::Error::new(
        io::ErrorKind::Unsupported,
        "this system has no locks that belong to open files",
    ))
}
