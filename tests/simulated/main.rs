//! The client core against the simulator: real boxes, couriers, queues and hazards.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod boxes;
mod faults;
mod sessions;
mod world;
