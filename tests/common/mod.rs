//! A scripted peer for tests of the client core, and short ways to drive a client.
//!
//! The test's own thread plays the daemon: it accepts, reads what the client asks and
//! answers. What the client does meanwhile is started as operations.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod drive;
pub mod elements;
pub mod frames;
pub mod peer;
pub mod replies;
pub mod server;

use std::time::Duration;

/// Nothing in these tests takes so long unless it hangs.
pub const LIMIT: Duration = Duration::from_secs(120);
