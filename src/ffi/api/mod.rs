//! The functions of the header, by its sections.

pub mod boxes;
pub mod buffer;
pub mod channels;
pub mod client;
pub mod config;
pub mod copies;
pub mod couriers;
pub mod daemon;
pub mod directory;
pub mod events;
pub mod geometry;
pub mod ids;
pub mod keys;
pub mod messages;
pub mod operation;
pub mod statistics;
#[cfg(feature = "store")]
pub mod store;
pub mod tombstones;
pub mod values;
pub mod version;
pub mod vouchers;
pub mod waiting;
pub mod wire_code;
