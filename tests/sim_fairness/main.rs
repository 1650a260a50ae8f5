//! Nothing starves, and nothing waits for what it does not need: the client against the
//! simulator, whose packets are held and counted one by one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod encryptions;
mod lanes;
mod load;
mod neighbours;
mod peers;
mod queued;
mod support;
mod thousand;
