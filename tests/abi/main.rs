//! The interface to C as programs see it: the header, its signatures, the exported symbols.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::print_stdout, reason = "says which compilers are missing")]

mod description;
mod header;
#[allow(dead_code, reason = "shared with tests/c_suite")]
#[path = "../c_suite/header.rs"]
mod header_text;
mod signatures;
mod symbols;
