//! The subcommands, a file each.

mod channel;
mod chat;
mod demo;
mod doctor;
mod files;
mod invite;
mod ping;
mod pki;
mod read;
mod status;
mod write;

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser;

use crate::cli::{self, Cli, Command, Shell};
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::open::Context;
use crate::output::{complain, Output};
use crate::signals::Signals;

/// The whole program.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(Exit::Usage as u8));
        }
    };
    let json = cli.global.json;
    let Err(failure) = run(cli) else {
        return ExitCode::SUCCESS;
    };
    if failure.exit != Exit::BrokenPipe {
        complain(&failure, json);
    }
    ExitCode::from(failure.exit as u8)
}

fn run(cli: Cli) -> Result<()> {
    if let Command::Completions { shell } = cli.command {
        return print_completions(shell);
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::io("the program cannot start", &error))?;
    let done = runtime.block_on(async {
        let context = Context {
            output: Output::new(cli.global.json),
            global: cli.global,
            signals: Signals::listen()?,
        };
        dispatch(&context, cli.command).await
    });
    // A thread may still wait for the standard input.
    runtime.shutdown_background();
    done
}

async fn dispatch(context: &Context, command: Command) -> Result<()> {
    let signals = &context.signals;
    match command {
        Command::Ping(args) => ping::run(context, &args).await,
        Command::Status => signals.or(status::run(context)).await,
        Command::Pki(args) => signals.or(pki::run(context, &args)).await,
        Command::Doctor => signals.or(doctor::run(context)).await,
        Command::Channel(command) => signals.or(channel::run(context, &command)).await,
        Command::Write(args) => write::run(context, &args).await,
        Command::Read(args) => read::run(context, &args).await,
        Command::Tombstone(args) => write::tombstone(context, &args).await,
        Command::Send(args) => files::send(context, &args).await,
        Command::Receive(args) => files::receive(context, &args).await,
        Command::Chat(args) => chat::run(context, &args).await,
        Command::Invite(args) => {
            let name = args.name.clone();
            interrupted(
                signals.or(invite::invite(context, &args)).await,
                "kpc invite",
                &name,
            )
        }
        Command::Accept(args) => {
            let name = args.name.clone();
            let accepted = signals.or(invite::accept(context, &args)).await;
            interrupted(accepted, "kpc accept --again", &name)
        }
        Command::Demo(args) => signals.or(demo::run(context, &args)).await,
        Command::Completions { shell } => print_completions(shell),
    }
}

/// What goes on after ctrl-C.
fn interrupted(done: Result<()>, command: &str, name: &str) -> Result<()> {
    done.map_err(|failure| match failure.exit {
        Exit::Interrupted | Exit::Terminated => failure.hint(format!("`{command} {name}` goes on")),
        _ => failure,
    })
}

fn print_completions(shell: Shell) -> Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(&cli::completions(shell))
        .and_then(|()| out.flush())
        .map_err(|error| Failure::io("the output cannot be written", &error))
}
