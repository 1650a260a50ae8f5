//! The wire, through its public interface: recorded frames, made-up ones and hostile ones.

#![allow(clippy::unwrap_used, clippy::panic)]

mod codes;
mod fields;
mod frames;
mod golden;
mod hostile;
mod secrecy;
mod support;
