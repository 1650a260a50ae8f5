//! What crosses a connection: requests in, replies and events out.
//!
//! It does not use the library's coder, so that it does not repeat a mistake there.

pub(crate) mod bodies;
pub(crate) mod bytes;
pub(crate) mod legacy;
pub(crate) mod legacy_bodies;
pub(crate) mod request;
pub(crate) mod response;
pub(crate) mod time;
