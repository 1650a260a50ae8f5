//! The C interface: types, functions, and the only unsafe code of the crate.
//!
//! [`boundary`] is what every function goes through: it reads arguments, looks up and keeps
//! objects, writes outputs, catches panics. [`api`] holds the functions, a file or folder for each
//! section of the header; they convert, and little more. The comments on exported items are the
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

pub mod api;
pub mod boundary;
#[cfg(kpc_seeded_fault)]
pub mod seeded_fault;

#[cfg(test)]
mod tests;
