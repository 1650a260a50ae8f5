//! libkpclient: talk to kpclientd, the client daemon of the Katzenpost mixnet.
//!
//! Three layers, arrows only downward:
//!
//! * [`ffi`]: C types; the only unsafe code; converts, checks, catches panics, delivers.
//! * [`client`]: the safe core, usable from Rust: lanes, pending calls, ARQ, events.
//! * [`wire`], [`transport`], [`pki`], [`bacap`], [`config`]: no policy.
//!
//! Rust programs use [`client`], `store`, [`config`], [`bacap`], [`pki`] and the errors; these keep their names within a
//! version 0.x. All other modules are public for the tests of this project and change without notice.
//!
//! ```no_run
//! # async fn example() -> kpclient::Result<()> {
//! use kpclient::client::{Client, Log, StartFlags};
//! use kpclient::{bacap, config::Config};
//!
//! let client = Client::new(Config::load_file("thinclient.toml")?, Log::default(), || {})?;
//! client.connect()?.await?;
//! let keys = bacap::keypair(&[7; 32]); // use random bytes
//! let flags = StartFlags::default();
//! client.write_box(&keys.write_cap, &keys.first_index, b"hello", flags)?.await?;
//! let found = client.read_box(&keys.read_cap, &keys.first_index, flags)?.await?;
//! println!("{:?}", found.plaintext);
//! # Ok(())
//! # }
//! ```

pub mod bacap;
pub mod client;
mod clock;
pub mod config;
mod deadline;
pub mod error;
pub mod ffi;
#[cfg(test)]
mod golden;
mod panic_hook;
pub mod pki;
mod platform;
#[cfg(test)]
mod races;
mod secret;
#[cfg(feature = "simulation")]
#[doc(hidden)]
pub mod simulated;
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
