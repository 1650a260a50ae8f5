//! libkpclient: talk to kpclientd, the client daemon of the Katzenpost mixnet.
//!
//! Three layers, arrows only downward:
//!
//! * [`ffi`]: C types; the only unsafe code; converts, checks, catches panics, delivers.
//! * [`client`]: the safe core, usable from Rust: lanes, pending calls, ARQ, events.
//! * [`wire`], [`transport`], [`pki`], [`bacap`], [`config`]: no policy.

pub mod bacap;
pub mod client;
pub mod config;
pub mod error;
pub mod ffi;
#[cfg(test)]
mod golden;
mod panic_hook;
pub mod pki;
mod secret;
pub mod status;
#[cfg(feature = "store")]
pub mod store;
mod sync;
#[cfg(test)]
mod temp_dir;
pub mod transport;
pub mod wire;

pub use error::{Error, Origin, Result};
pub use status::{Category, Status};
