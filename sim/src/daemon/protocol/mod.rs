//! What passes over a connection: requests in, replies and events out.
//!
//! Written on purpose without the library's own coder, so that a mistake there is not repeated here.

pub(crate) mod bodies;
pub(crate) mod bytes;
pub(crate) mod legacy;
pub(crate) mod legacy_bodies;
pub(crate) mod request;
pub(crate) mod response;
pub(crate) mod time;
