//! The tool as people use it: the program itself, against simulators of the tests' own.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

mod bad_input;
mod channels;
mod common;
mod demo;
mod files;
mod interrupted;
mod network;
mod secrets;
mod talk;
