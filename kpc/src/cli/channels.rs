//! What is done with channels and their messages.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand};

/// `kpc channel`
#[derive(Debug, Subcommand)]
pub enum ChannelCommand {
    /// Create a channel to write to
    New(NewArgs),
    /// List channels, and vouchers that are not finished
    List,
    /// Add a channel from its text, to read or to write it
    Import(ImportArgs),
    /// Print the text by which others read a channel
    Export(ExportArgs),
    /// Remove a channel, or an unfinished voucher, from the database
    Rm(RmArgs),
}

/// `kpc channel new`
#[derive(Args, Debug)]
pub struct NewArgs {
    /// Its name in the database
    pub name: String,
}

/// `kpc channel import`
#[derive(Args, Debug)]
pub struct ImportArgs {
    /// Its name in the database
    pub name: String,
    /// The file with the text (kpcr1... or kpcw1...); - is the standard input
    #[arg(default_value = "-")]
    pub file: PathBuf,
}

/// `kpc channel export`
#[derive(Args, Debug)]
pub struct ExportArgs {
    /// The channel
    pub name: String,
    /// The text that lets others write, too, from the next box on
    #[arg(long)]
    pub write: bool,
    /// Write it to a new file that only you can read, instead of printing it
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// `kpc channel rm`
#[derive(Args, Debug)]
#[command(group = ArgGroup::new("direction").args(["read", "write"]))]
pub struct RmArgs {
    /// The channel
    pub name: String,
    /// Only the one that is read
    #[arg(long)]
    pub read: bool,
    /// Only the one that is written
    #[arg(long)]
    pub write: bool,
    /// Do not ask
    #[arg(long, short)]
    pub yes: bool,
}

/// `kpc write`
#[derive(Args, Debug)]
pub struct WriteArgs {
    /// The channel
    pub channel: String,
    /// The file with the message; - is the standard input
    #[arg(default_value = "-")]
    pub file: PathBuf,
    /// Each line is a message
    #[arg(long)]
    pub lines: bool,
    /// Return when the message is in the database; the next command that writes to the channel sends it
    #[arg(long)]
    pub no_wait: bool,
    /// If another program has written to the channel, go on behind what it wrote
    #[arg(long, conflicts_with = "no_wait")]
    pub step_over: bool,
}

/// `kpc read`
#[derive(Args, Debug)]
#[command(group = ArgGroup::new("which").args(["follow", "count", "history"]))]
pub struct ReadArgs {
    /// The channel
    pub channel: String,
    /// Go on until ctrl-C
    #[arg(long, short)]
    pub follow: bool,
    /// Wait for so many messages [default: 1]
    #[arg(long, short = 'n', value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub count: Option<u64>,
    /// Print what was received already, and ask nobody
    #[arg(long)]
    pub history: bool,
    /// Print the bytes of messages and nothing else
    #[arg(long)]
    pub raw: bool,
    /// Pass over the next box, which cannot be opened or does not come
    #[arg(long, conflicts_with = "history")]
    pub skip: bool,
}

/// `kpc tombstone`
#[derive(Args, Debug)]
#[command(group = ArgGroup::new("what").args(["before", "all", "boxes"]).required(true))]
pub struct TombstoneArgs {
    /// The channel
    pub channel: String,
    /// Delete all messages before this number
    #[arg(long, value_name = "NUMBER")]
    pub before: Option<u64>,
    /// Delete all messages that were sent
    #[arg(long)]
    pub all: bool,
    /// Make the next boxes of the channel tombstones
    #[arg(long, value_name = "N")]
    pub boxes: Option<u32>,
}
