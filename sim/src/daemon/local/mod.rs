//! Requests that the daemon answers by itself, in order, and the processor time that they take.

mod boxes;
mod directory;
mod processor;
mod streams;
mod vouchers;
