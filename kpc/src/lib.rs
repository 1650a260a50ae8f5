//! `kpc`, the command-line tool of libkpclient: everything that people do with a daemon without writing a program.
//!
//! [`cli`] is what may be typed; it also makes the manual pages and the completions. Each subcommand is a file of
//! `commands`, and what they share is beside it: the session ([`open`]), what is printed ([`output`]), and how a
//! failure ends the program ([`failure`]).

pub mod cli;
pub mod exit;

#[cfg(feature = "store")]
pub mod commands;
#[cfg(feature = "store")]
pub mod failure;
#[cfg(feature = "store")]
pub mod input;
#[cfg(feature = "store")]
pub mod locate;
#[cfg(feature = "store")]
pub mod open;
#[cfg(feature = "store")]
pub mod output;
#[cfg(feature = "store")]
pub mod progress;
#[cfg(feature = "store")]
pub mod signals;
#[cfg(feature = "store")]
pub mod table;
#[cfg(feature = "store")]
pub mod watch;
