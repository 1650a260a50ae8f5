//! Channels that remember, on the simulator: every message once and in order, whatever is closed,
//! copied or cut.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout
)]

mod conflicts;
mod copies;
mod crash;
mod file_crash;
mod files;
mod fills;
mod full;
mod gaps;
mod house;
mod notes;
mod power;
mod reading;
mod roles;
mod smaller;
mod voucher_crash;
mod voucher_secrecy;
mod vouchers;
#[path = "../simulated/world/mod.rs"]
#[allow(dead_code, unused_imports)]
mod world;
mod writing;
