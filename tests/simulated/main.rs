//! The client against the simulator: what applications do, on a network that works and on one
//! that does not. Every test has a simulator of its own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod boxes;
mod channels;
mod copy;
mod encryptions;
mod faults;
mod lanes;
mod load;
mod neighbours;
mod pitfalls;
mod queue;
mod sessions;
mod turns;
mod vouchers;
#[cfg(feature = "websocket")]
mod websocket;
mod world;
