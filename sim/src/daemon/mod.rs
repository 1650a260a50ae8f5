//! The daemon: sockets, sessions, queues, the ARQ table, and everything that can go wrong there.
//!
//! One thread, one runtime, one `state::Daemon` that all tasks share. Reading and writing sockets is all that is asynchronous;
//! whatever takes time is an event on the `agenda`, so that the order of things is the order of the agenda.
//!
//! * `listen`, `connection`, `socket`, `frames`: from the socket to whole frames and back.
//! * `protocol`: decoding requests, encoding replies.
//! * `session`: who owns what and who may come back.
//! * `queue`, `arq`, `cancel`, `copy`, `message`: what needs the mixnet.
//! * `local`, `streams`, `vouchers`: what does not; `processor`: the time that it takes.
//! * `legacy`: the older protocol.
//! * `control`, `faults`, `refuse`, `stats`: steering and looking in.
//! * `server`, `sim`, `arguments`, `thinclient`: the whole, for programs and for tests.

mod agenda;
pub mod arguments;
mod arq;
mod cancel;
mod connection;
mod control;
mod copy;
mod events;
mod faults;
mod frames;
mod legacy;
mod listen;
mod local;
mod message;
mod options;
mod processor;
mod protocol;
mod queue;
mod random;
mod refuse;
pub mod server;
mod session;
mod sim;
mod socket;
mod state;
mod stats;
mod streams;
mod thinclient;
mod vouchers;

pub use control::COMMANDS;
pub use options::SimConfig;
pub use sim::Sim;
pub use stats::{ArqEntry, Stats};
pub use thinclient::{flat_thinclient_toml, thinclient_toml};
