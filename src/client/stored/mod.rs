//! Values that an application stores and passes back.

pub(crate) mod channel_query;
pub(crate) mod destination;
pub(crate) mod envelope;
pub(crate) mod sealed;
