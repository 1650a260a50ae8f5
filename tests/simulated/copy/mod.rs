//! Copy streams, copy commands and what belongs to them.

mod builder;
mod builder_restored;
mod commands;
mod couriers;
mod envelopes;
mod nested;
mod pieces;
pub mod streams;
mod tombstones;
