//! Control commands, and what they show of the daemon's state.

mod control;
mod stats;

pub use control::COMMANDS;
pub(crate) use stats::hex;
pub use stats::{ArqEntry, Stats};
