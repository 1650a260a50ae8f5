//! The calls, by their subjects.

pub(crate) mod authorities;
pub(crate) mod boxes;
pub(crate) mod channels;
pub(crate) mod copies;
pub(crate) mod couriers;
pub(crate) mod estimate;
pub(crate) mod messages;
pub(crate) mod stats;
pub(crate) mod vouchers;
