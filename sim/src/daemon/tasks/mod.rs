//! The tasks of the runtime: they accept, read, write and wait. All asynchronous code is here. The other rooms
//! never wait.

mod agenda;
mod connection;
mod listen;
pub mod server;
