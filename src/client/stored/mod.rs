//! Values that an application keeps and hands back.

pub(crate) mod channel_query;
pub(crate) mod destination;
pub(crate) mod envelope;
pub(crate) mod sealed;
