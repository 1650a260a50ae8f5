//! Copy streams, copy commands and what belongs to them, against the simulator and, where
//! frames matter, against a scripted daemon.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../common/mod.rs"]
mod common;

mod builder;
mod builder_restored;
mod commands;
mod couriers;
mod dear;
mod envelopes;
mod nested;
mod support;
mod tombstones;
mod vouchers;
