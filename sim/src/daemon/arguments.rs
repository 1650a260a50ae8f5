//! The command line of the program.

use std::str::FromStr;
use std::time::Duration;

use super::options::SimConfig;
use super::steering::COMMANDS;
use crate::network::{Era, Scheme};
use kpclient::bacap::Derivation;

/// Where kpclientd listens by default.
const DEFAULT_ADDRESS: &str = "127.0.0.1:64331";

const HELP: &str = "\
kpclientd-sim: a simulator of kpclientd, the client daemon of the Katzenpost mixnet

Usage: kpclientd-sim [OPTIONS]

  --unix PATH          listen on this Unix socket; a leading @ means the abstract namespace
  --tcp ADDRESS        listen on this TCP address; port 0 takes a free one
                       (without any of the three: --tcp 127.0.0.1:64331)
  --ws ADDRESS         listen for WebSockets on this TCP address
  --control PATH       take commands on this Unix socket
  --control stdin      take commands on the standard input; the simulator exits at its end
  --config-out FILE    write a thinclient.toml with the address of this simulator
  --config-flat        write it as the flat file with geometries that clients up to 0.0.12 read
  --stale-socket       do not remove an existing file of the Unix socket: a killed daemon leaves
                       one, and the next one fails to start (address already in use)
  --boxes FILE         keep the replicas' boxes in this file: another simulator with the same
                       seed finds them there, even if this one was killed
  --protocol VERSION   current, v0.0.73-rc1 or v0.0.72
  --scheme NAME        key exchange with the replicas: ctidh1024-x25519 (MaxPlaintextPayloadLength
                       1549, what v0.0.99 has built in) or x25519 (1677)
  --derivation HOW     new or old: how keys are made from a seed, as since hpqc's change 101 of
                       May 2026 or as before (new; always old with the older protocols)
  --instant            packets leave and return at once; queues, turns and hazards stay
  --lambda-p RATE      packets per millisecond (0.001, one per second)
  --latency MS         round trip of a packet (default: drawn from the mixes' delays)
  --loss P             probability that a round trip is lost (0)
  --epoch SECONDS      length of an epoch (120)
  --grace SECONDS      how long a lost connection's state is kept (600)
  --seed N             for keys, delays and losses
  --encrypt-cost MS    processor time of one encryption: each encrypt_read and encrypt_write, each
                       envelope of a copy stream (2150, with --scheme x25519 1.34, with
                       --instant 0); vouchers cost a third, inducting two thirds
  --cores N            encryptions that proceed at once; a connection has one at a time (2)
  --patient-couriers   couriers look again for a missing box each time that they are asked, not
                       only five times: for programs that pause on a sped-up network
  --double-writes P    probability that a write reaches its replicas twice and is answered that its
                       own content exists already (0.25 with v0.0.73-rc1, as recorded, else 0)
  --local-work US      processor time for each local request; a real daemon takes 30 to 50 (0)
  --late-close CHANCE  probability that a lost connection is noticed late (0.15)
  --help, --version    print this, or the version, and exit

The line `ready: …` reports that the sockets are open. SIGTERM publishes shutdown_event and exits.

Commands, one per line, each answered with one line `ok …` or `error …`:

";

/// What the command line asks for.
pub enum Asked {
    /// Run the simulator.
    Run(Box<Arguments>),
    /// Print this text and exit.
    Print(String),
}

/// How to run.
pub struct Arguments {
    /// The simulator.
    pub config: SimConfig,
    /// A Unix socket for commands.
    pub control_socket: Option<String>,
    /// Whether commands come on the standard input.
    pub control_stdin: bool,
    /// Where to write a thinclient.toml.
    pub config_out: Option<String>,
    /// Whether it has the flat form of older clients.
    pub config_flat: bool,
}

/// Parses the command line, without the program's name.
///
/// # Errors
/// A text that says what is wrong.
pub fn parse(words: impl IntoIterator<Item = String>) -> Result<Asked, String> {
    let words: Vec<String> = words.into_iter().collect();
    let mut arguments = Arguments {
        config: SimConfig::new(era(&words)?),
        control_socket: None,
        control_stdin: false,
        config_out: None,
        config_flat: false,
    };
    let mut hurry = false;
    let mut rest = words.into_iter();
    while let Some(word) = rest.next() {
        let (option, mut value) = match word.split_once('=') {
            Some((option, value)) => (option.to_owned(), Some(value.to_owned())),
            None => (word, None),
        };
        match option.as_str() {
            "--help" | "-h" => return Ok(Asked::Print(format!("{HELP}{COMMANDS}\n"))),
            "--version" | "-V" => {
                return Ok(Asked::Print(format!(
                    "kpclientd-sim {}\n",
                    env!("CARGO_PKG_VERSION")
                )))
            }
            "--instant" => hurry = true,
            "--config-flat" => arguments.config_flat = true,
            "--stale-socket" => arguments.config.stale_socket = true,
            "--patient-couriers" => arguments.config.network.look_ups = u32::MAX,
            _ => {
                let value = value.take().or_else(|| rest.next());
                let value = value.ok_or_else(|| format!("{option} needs a value"))?;
                set(&mut arguments, &option, value)?;
            }
        }
    }
    if hurry {
        arguments.config = arguments.config.hurried();
    }
    check_websocket(&arguments)?;
    if !arguments.config.listens() {
        arguments.config.tcp = Some(DEFAULT_ADDRESS.to_owned());
    }
    Ok(Asked::Run(Box::new(arguments)))
}

/// Only today's daemons and clients know WebSockets.
fn check_websocket(arguments: &Arguments) -> Result<(), String> {
    let config = &arguments.config;
    if config.ws.is_none() {
        return Ok(());
    }
    if config.network.era != Era::Current {
        return Err("--ws: daemons of that protocol have no WebSocket".to_owned());
    }
    if arguments.config_flat && config.unix.is_none() && config.tcp.is_none() {
        return Err("--config-flat names no WebSocket: it needs --unix or --tcp".to_owned());
    }
    Ok(())
}

/// All defaults depend on the era, so it is read first.
fn era(words: &[String]) -> Result<Era, String> {
    let after = words
        .iter()
        .position(|w| w == "--protocol")
        .and_then(|at| words.get(at + 1));
    let joined = words.iter().find_map(|w| w.strip_prefix("--protocol="));
    match after.map(String::as_str).or(joined) {
        None | Some("current") => Ok(Era::Current),
        Some("v0.0.73-rc1") => Ok(Era::V0_0_73Rc1),
        Some("v0.0.72") => Ok(Era::V0_0_72),
        Some(other) => Err(format!("no such protocol: {other}")),
    }
}

fn scheme(word: &str) -> Result<Scheme, String> {
    match word {
        "ctidh1024-x25519" => Ok(Scheme::Ctidh1024X25519),
        "x25519" => Ok(Scheme::X25519),
        other => Err(format!("no such scheme: {other}")),
    }
}

fn derivation(era: Era, word: &str) -> Result<Derivation, String> {
    match word {
        "old" => Ok(Derivation::BeforeHpqc101),
        "new" if era == Era::Current => Ok(Derivation::SinceHpqc101),
        "new" => Err("no daemon of this protocol had the new derivation".to_owned()),
        other => Err(format!("--derivation is old or new, not {other}")),
    }
}

fn set(arguments: &mut Arguments, option: &str, value: String) -> Result<(), String> {
    let config = &mut arguments.config;
    match option {
        "--unix" => config.unix = Some(value),
        "--tcp" => config.tcp = Some(value),
        "--ws" => config.ws = Some(value),
        "--control" if value == "stdin" => arguments.control_stdin = true,
        "--control" => arguments.control_socket = Some(value),
        "--config-out" => arguments.config_out = Some(value),
        "--boxes" => config.boxes = Some(value.into()),
        "--protocol" => {}
        "--scheme" => config.network = config.network.clone().with_scheme(scheme(&value)?),
        "--derivation" => config.network.derivation = derivation(config.network.era, &value)?,
        "--lambda-p" => config.network.lambda_p = number(option, &value)?,
        "--local-work" => config.local_work = Duration::from_micros(number(option, &value)?),
        "--encrypt-cost" => config.encrypt_cost = Some(milliseconds(option, &value)?),
        "--cores" => config.cores = cores(option, &value)?,
        "--latency" => config.latency = Some(Duration::from_millis(number(option, &value)?)),
        "--loss" => config.loss = chance(option, &value)?,
        "--double-writes" => config.network.double_writes = chance(option, &value)?,
        "--late-close" => config.late_close_chance = chance(option, &value)?,
        "--epoch" => set_epoch(config, seconds(option, &value)?)?,
        "--grace" => config.grace = seconds(option, &value)?,
        "--seed" => config.network.seed = number(option, &value)?,
        other => return Err(format!("no such option: {other}")),
    }
    Ok(())
}

/// Epochs of any length are counted from the same moment.
fn set_epoch(config: &mut SimConfig, length: Duration) -> Result<(), String> {
    if length < Duration::from_secs(1) {
        return Err("--epoch needs a second at least".to_owned());
    }
    let since = config
        .network
        .epoch
        .saturating_mul(config.network.epoch_length.as_secs());
    config.network.epoch = since / length.as_secs();
    config.network.epoch_length = length;
    Ok(())
}

fn number<T: FromStr>(option: &str, value: &str) -> Result<T, String> {
    value
        .parse()
        .map_err(|_| format!("{option} needs a number, not {value:?}"))
}

fn milliseconds(option: &str, value: &str) -> Result<Duration, String> {
    let seconds = number::<f64>(option, value)? / 1000.0;
    Duration::try_from_secs_f64(seconds).map_err(|e| format!("{option}: {e}"))
}

fn cores(option: &str, value: &str) -> Result<usize, String> {
    match number(option, value)? {
        0 => Err(format!("{option} needs one at least")),
        cores => Ok(cores),
    }
}

fn seconds(option: &str, value: &str) -> Result<Duration, String> {
    Duration::try_from_secs_f64(number(option, value)?).map_err(|e| format!("{option}: {e}"))
}

fn chance(option: &str, value: &str) -> Result<f64, String> {
    match number::<f64>(option, value)? {
        p if (0.0..=1.0).contains(&p) => Ok(p),
        _ => Err(format!("{option} needs a probability from 0 to 1")),
    }
}
