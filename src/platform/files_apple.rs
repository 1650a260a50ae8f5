//! Files of a store on macOS and iOS.

pub(crate) use super::linked::create_empty;
pub(super) use crate::ffi::boundary::file_locks::set_lock;
