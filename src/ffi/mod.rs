//! The C interface: types, functions, and the only unsafe code of the crate.
//!
//! Plumbing, from the outside in: [`boundary`] is the one way in; [`args`] reads
//! arguments, [`out`] writes results, [`handle`] (over [`table`] and [`process`])
//! keeps objects. The other modules are the sections of the header, in its order,
//! and hold little more than conversions. Doc comments on exported items are the
//! documentation in `include/kpclient.h`; build.rs generates it.

#![allow(
    unsafe_code,
    reason = "the C interface; every block says why it is sound"
)]
#![allow(non_camel_case_types, reason = "these are the names that C sees")]
#![allow(
    clippy::missing_safety_doc,
    reason = "the contract is stated once, at the head of the header"
)]
#![allow(
    missing_docs,
    reason = "kpc_x_async and kpc_x_result have the comment of kpc_x; the build and the tests of \
              the header ask for all others"
)]

mod args;
mod boundary;
mod handle;
mod out;
mod process;
mod table;

// Sections of the header; build.rs says in which order.
pub mod authorities;
pub mod await_reply;
pub mod boxes;
pub mod buffer;
pub mod callback;
pub mod cancel;
mod cancel_guard;
pub mod channel;
pub mod channel_prepare;
pub mod channel_query;
pub mod channel_resume;
pub mod channel_send;
pub mod client;
pub mod config;
pub mod config_get;
pub mod connect;
pub mod copy;
pub mod copy_builder;
pub mod copy_builder_add;
pub mod copy_builder_run;
pub mod couriers;
pub mod encrypt;
pub mod envelope;
pub mod envelopes;
pub mod envelopes_get;
pub mod error;
pub mod estimate;
pub mod event;
pub mod event_copy;
pub mod event_get;
pub mod geometry;
pub mod helpers;
pub mod keys;
pub mod message;
pub mod nested_copy;
pub mod operation;
pub mod pki;
pub mod reliable;
pub mod remote;
pub mod resending;
pub mod resending_named;
mod signal_mask;
pub mod stats;
pub mod status;
pub mod tombstones;
pub mod values;
pub mod version;
pub mod voucher_get;
pub mod vouchers;
pub mod wire_code;

#[cfg(test)]
mod tests;
