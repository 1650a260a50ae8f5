//! kpclientd-sim: a daemon without a network behind it.

pub mod daemon;
pub mod network;

pub use daemon::{Sim, SimConfig};
