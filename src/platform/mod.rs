//! What differs between the systems that the library runs on. All of Unix is one file, with one more for
//! each kind of it, and Windows another, with the same names. Only src/ffi/boundary asks for the
//! system too, where it needs unsafe code.

#[cfg_attr(unix, path = "unix.rs")]
#[cfg_attr(windows, path = "windows.rs")]
mod family;

pub(crate) use self::family::*;
