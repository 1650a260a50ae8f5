//! One connection with the daemon: bytes in and out.

pub(crate) mod link;
pub(crate) mod reading;
pub(crate) mod trace;
pub(crate) mod writer;
