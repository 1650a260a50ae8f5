//! What may be typed: options, subcommands, their help.

mod channels;
mod network;
mod talk;

use std::path::PathBuf;

use clap::{Args, CommandFactory, Parser, Subcommand};

pub use channels::{
    ChannelCommand, ExportArgs, ImportArgs, NewArgs, ReadArgs, RmArgs, TombstoneArgs, WriteArgs,
};
pub use network::{DemoArgs, PingArgs, PkiArgs, PkiPart};
pub use talk::{AcceptArgs, ChatArgs, InviteArgs, ReceiveArgs, SendArgs};

use crate::exit::TABLE;

/// Talk to kpclientd, the client daemon of the Katzenpost mixnet.
#[derive(Debug, Parser)]
#[command(
    name = "kpc",
    version,
    about,
    max_term_width = 100,
    after_long_help = exit_codes(),
    arg_required_else_help = true,
    disable_help_subcommand = true,
    infer_subcommands = false
)]
pub struct Cli {
    /// Options of all commands.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Options of all commands.
#[derive(Args, Debug)]
#[command(next_help_heading = "Options of all commands")]
pub struct Global {
    /// The daemon's thinclient.toml; `kpc doctor` lists where it is looked for otherwise
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "KPC_CONFIG",
        hide_env_values = true
    )]
    pub config: Option<PathBuf>,
    /// The database of channels [default: kpc/store.db in $XDG_STATE_HOME or ~/.local/state]
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "KPC_STORE",
        hide_env_values = true
    )]
    pub store: Option<PathBuf>,
    /// Print JSON, one object a line
    #[arg(long, global = true)]
    pub json: bool,
    /// Give up after so many seconds
    #[arg(long, global = true, value_name = "SECONDS", value_parser = seconds)]
    pub timeout: Option<std::time::Duration>,
    /// Say on the standard error what the library does; twice: more
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Send messages to the echo service and measure how long the replies take
    Ping(PingArgs),
    /// Show the daemon, its link to the mixnet, and what this client has at it
    Status,
    /// Show the network's directory: nodes, services, replicas
    Pki(PkiArgs),
    /// Look for what is wrong, from thinclient.toml to an echo, and say what to do
    Doctor,
    /// Create, list, share and remove channels
    #[command(subcommand)]
    Channel(ChannelCommand),
    /// Write a message to a channel, from a file or the standard input
    Write(WriteArgs),
    /// Read messages of a channel
    Read(ReadArgs),
    /// Delete messages of a channel from the mixnet
    Tombstone(TombstoneArgs),
    /// Send a file through a channel; the same command again goes on where it was
    Send(SendArgs),
    /// Receive a file from a channel; the same command again goes on where it was
    Receive(ReceiveArgs),
    /// Talk with somebody, line by line
    Chat(ChatArgs),
    /// Invite somebody to a talk: print a voucher, and wait until it is accepted
    Invite(InviteArgs),
    /// Accept somebody's voucher
    Accept(AcceptArgs),
    /// Start the simulator of a network and show everything, in half a minute
    Demo(DemoArgs),
    /// Print the completions of a shell
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// The shells that have completions.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum Shell {
    /// Bash
    Bash,
    /// Zsh
    Zsh,
    /// Fish
    Fish,
}

/// The whole command line, for manual pages and completions.
pub fn command() -> clap::Command {
    Cli::command()
}

/// The manual pages of a version: their file names and texts.
///
/// # Errors
/// Those of writing into memory, which do not happen.
pub fn manual_pages(version: &str) -> std::io::Result<Vec<(String, String)>> {
    let mut command = command().disable_help_flag(true);
    command.build();
    let mut pages = Vec::new();
    add_page(&command, version, &mut pages)?;
    Ok(pages)
}

/// As the other pages begin.
const HEAD: &str = ".\\\" Made by `make man` from kpc/src/cli; do not edit.\n";

fn add_page(
    command: &clap::Command,
    version: &str,
    pages: &mut Vec<(String, String)>,
) -> std::io::Result<()> {
    let name = command
        .get_display_name()
        .unwrap_or_else(|| command.get_name())
        .to_owned();
    let mut text = HEAD.as_bytes().to_vec();
    clap_mangen::Man::new(command.clone())
        .manual("libkpclient")
        .source(format!("libkpclient {version}"))
        .date("")
        .render(&mut text)?;
    // As mandoc wants it: an empty date has quotation marks, and an empty line is a space.
    let text = String::from_utf8_lossy(&text)
        .replacen(" 1  \"", " 1 \"\" \"", 1)
        .replace(".br\n\n.br\n", ".sp\n");
    pages.push((format!("{name}.1"), text));
    for inner in command.get_subcommands() {
        add_page(inner, version, pages)?;
    }
    Ok(())
}

/// The completions of a shell.
pub fn completions(shell: Shell) -> Vec<u8> {
    use clap_complete::shells::{Bash, Fish, Zsh};
    let (mut command, mut text) = (command(), Vec::new());
    match shell {
        Shell::Bash => clap_complete::generate(Bash, &mut command, "kpc", &mut text),
        Shell::Zsh => clap_complete::generate(Zsh, &mut command, "kpc", &mut text),
        Shell::Fish => clap_complete::generate(Fish, &mut command, "kpc", &mut text),
    }
    text
}

fn exit_codes() -> String {
    let rows = TABLE
        .iter()
        .map(|(exit, text)| format!("  {:>3}  {text}\n", *exit as u8));
    let rows: String = rows.collect();
    format!(
        "Exit codes:\n{rows}\n\
         Capabilities, vouchers and messages are read from files or the standard input, never from the command line, \
         which other users can see. Colours are used on terminals only, and not if NO_COLOR is set."
    )
}

/// A time limit: a number of seconds, with a fraction perhaps.
pub(crate) fn seconds(text: &str) -> Result<std::time::Duration, String> {
    let number: f64 = text
        .parse()
        .map_err(|_| "not a number of seconds".to_owned())?;
    let limit = std::time::Duration::try_from_secs_f64(number);
    match limit {
        Ok(limit) if !limit.is_zero() => Ok(limit),
        _ => Err("a time limit is more than 0 seconds, and no more than people live".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        command().debug_assert();
    }

    #[test]
    fn every_subcommand_has_a_manual_page() {
        let pages = manual_pages("1.2.3").unwrap();
        let names: Vec<&str> = pages.iter().map(|(name, _)| name.as_str()).collect();
        for name in ["kpc.1", "kpc-ping.1", "kpc-channel-new.1", "kpc-receive.1"] {
            assert!(names.contains(&name), "{name} in {names:?}");
        }
    }

    #[test]
    fn a_time_limit_is_a_positive_number() {
        assert_eq!(seconds("1.5").unwrap().as_millis(), 1500);
        for wrong in ["", "x", "0", "-1", "nan", "inf", "1e300"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }
}
