//! The simulator's command line.

use std::io::{self, BufRead, Write};
use std::process::ExitCode;
use std::sync::mpsc as answers;

use kpclientd_sim::daemon::arguments::{parse, Arguments, Asked};
use kpclientd_sim::daemon::server::{answer_line, run, Bound, Command};
use kpclientd_sim::daemon::{flat_thinclient_toml, thinclient_toml};
use tokio::sync::mpsc;

fn main() -> ExitCode {
    let done = match parse(std::env::args().skip(1)) {
        Ok(Asked::Run(arguments)) => simulate(&arguments).map_err(|e| e.to_string()),
        Ok(Asked::Print(text)) => print(&text).map_err(|e| e.to_string()),
        Err(text) => Err(format!("{text}; --help lists what there is")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(text) => {
            let _ = writeln!(io::stderr(), "kpclientd-sim: {text}");
            ExitCode::FAILURE
        }
    }
}

fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

fn simulate(arguments: &Arguments) -> io::Result<()> {
    let (commands, receiver) = mpsc::unbounded_channel();
    let kept = if arguments.control_stdin {
        std::thread::Builder::new()
            .name("control".to_owned())
            .spawn(move || obey_stdin(&commands))?;
        None
    } else {
        // No commands come, but dropping the sender would stop the simulator.
        Some(commands)
    };
    let config = arguments.config.clone();
    let control_socket = arguments.control_socket.as_deref();
    let done = run(config, control_socket, true, receiver, |bound| {
        if let Some(path) = &arguments.config_out {
            let network = &arguments.config.network;
            let text = if arguments.config_flat {
                flat_thinclient_toml(network, bound)
            } else {
                thinclient_toml(network, bound)
            };
            std::fs::write(path, text)?;
        }
        print(&ready_line(bound))
    });
    drop(kept);
    done
}

fn ready_line(bound: &Bound) -> String {
    let mut line = "ready:".to_owned();
    if let Some(path) = &bound.unix {
        line += &format!(" unix={path}");
    }
    if let Some(address) = &bound.tcp {
        line += &format!(" tcp={address}");
    }
    if let Some(url) = &bound.ws {
        line += &format!(" ws={url}");
    }
    line + "\n"
}

/// Passes commands on until the end of the input, which stops the simulator.
fn obey_stdin(commands: &mpsc::UnboundedSender<Command>) {
    for line in io::stdin().lock().lines() {
        let Ok(line) = line else { return };
        let (answer, wait) = answers::channel();
        if commands.send(Command { line, answer }).is_err() {
            return;
        }
        let Ok(answer) = wait.recv() else { return };
        if print(&answer_line(&answer)).is_err() {
            return;
        }
    }
}
