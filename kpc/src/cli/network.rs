//! What is asked of the network: ping, pki, demo.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::seconds;

/// `kpc ping`
#[derive(Args, Debug)]
pub struct PingArgs {
    /// The service that echoes
    #[arg(default_value = "echo")]
    pub service: String,
    /// Stop after so many messages; without it, at ctrl-C
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub count: Option<u64>,
    /// The time from one message to the next, in seconds; each waits for the reply to the one before
    #[arg(long, short, value_name = "SECONDS", default_value = "1", value_parser = seconds)]
    pub interval: Duration,
    /// How long to wait for a reply, in seconds
    #[arg(long, short = 'W', value_name = "SECONDS", default_value = "60", value_parser = seconds)]
    pub wait: Duration,
    /// Bytes of a message
    #[arg(long, short, value_name = "BYTES", default_value = "56")]
    pub size: usize,
}

/// `kpc pki`
#[derive(Args, Debug)]
pub struct PkiArgs {
    /// Only this part
    #[arg(value_enum)]
    pub part: Option<PkiPart>,
    /// Print the whole document as JSON, as the daemon has it
    #[arg(long, conflicts_with = "part")]
    pub document: bool,
}

/// A part of the directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PkiPart {
    /// Gateways, mixes, service nodes
    Nodes,
    /// What service nodes offer
    Services,
    /// Where boxes are stored
    Replicas,
}

/// `kpc demo`
#[derive(Args, Debug)]
pub struct DemoArgs {
    /// The simulator [default: kpclientd-sim beside kpc, or in $PATH]
    #[arg(long, value_name = "FILE")]
    pub simulator: Option<PathBuf>,
}
