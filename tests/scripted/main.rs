//! The client core against a scripted daemon.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../common/mod.rs"]
mod common;

mod boxes;
mod calls;
mod closing;
mod connect;
mod derivation;
mod envelopes;
mod events;
mod hang_ups;
mod health;
mod messages;
mod old_envelopes;
mod race;
mod reconnect;
mod resume;
mod sinks;
#[cfg(feature = "store")]
mod store_vouchers;
mod suspension;
mod vanished_couriers;
mod waiting_connect;
mod writes_twice;
