//! What the emitters of all languages share. Each emitter is a program of its own, src/bin/emit_*,
//! that makes files of the description of the interface (`Api`); bindings/README.md says how
//! another one is added.
//!
//! `emit_x` writes its files, `emit_x --check` fails if one is not what it would write.

pub mod comments;
pub mod methods;
pub mod naming;
mod output;
mod scope;
pub mod structs;

pub use kpclient_man::api::*;
pub use output::{run, Files, MARK};
