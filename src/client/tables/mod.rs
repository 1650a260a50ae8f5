//! What a client remembers between its calls.

pub(crate) mod channels;
pub(crate) mod copies;
pub(crate) mod replies;
