//! The tasks of the runtime: accepting, reading, writing, waiting. All that is asynchronous is here; the other rooms do what
//! these tasks call, at once.

mod agenda;
mod connection;
mod listen;
pub mod server;
