//! The daemon: sockets, sessions, queues, the ARQ table, and everything that can go wrong there.
//!
//! One thread, one runtime, one `state::Daemon` that all tasks share. Only reading and writing sockets is asynchronous. Whatever
//! takes time is an event on the agenda, so that the order of things is the order of the agenda.
//!
//! Each room adds methods to `Daemon`. It uses, and calls, only the rooms below it; tests/docs/rooms.rs checks that.
//!
//! | room | what it does |
//! |---|---|
//! | `sim`, `arguments`, `thinclient` | the whole, for tests and for the program |
//! | `tasks` | all that is asynchronous: accepts, reads, writes, waits for the agenda and for commands |
//! | `steering` | control commands; the counters and tables that they show |
//! | `dispatch` | what becomes of each frame, each event that is due, each turn to send a packet |
//! | `legacy` | the Channel API of v0.0.72 |
//! | `announce` | status, documents, shutdown: what everybody gets |
//! | `local` | requests that the daemon answers by itself, and the processor time that they take |
//! | `mixnet` | the queues, ARQ entries, plain messages, packets |
//! | `sessions` | who owns what, who may come back, what a restart loses |
//! | `state` | tables, queues, counters, the agenda; how a reply gets out |
//! | `protocol`, `sockets` | decoding and encoding; sockets and frames |
//! | `options`, `random` | the configuration; chance |

mod announce;
pub mod arguments;
mod dispatch;
mod legacy;
mod local;
mod mixnet;
mod options;
mod protocol;
mod random;
mod sessions;
mod sim;
mod sockets;
mod state;
mod steering;
mod tasks;
mod thinclient;

pub use options::SimConfig;
pub use sim::Sim;
pub use steering::{ArqEntry, Stats, COMMANDS};
pub use tasks::server;
pub use thinclient::{flat_thinclient_toml, thinclient_toml};
