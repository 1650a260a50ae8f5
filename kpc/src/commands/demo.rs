//! `kpc demo`: starts a simulator of a network, and lets two people use this program on it.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::json;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use super::{channel, files, invite, ping, pki, read, status, write};
use crate::cli::{
    AcceptArgs, ChannelCommand, DemoArgs, ExportArgs, Global, ImportArgs, InviteArgs, NewArgs,
    PingArgs, PkiArgs, PkiPart, ReadArgs, ReceiveArgs, SendArgs, TombstoneArgs, WriteArgs,
};
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::open::Context;
use crate::output::Colour;

const SIMULATOR: &str = "kpclientd-sim";
/// Ten packets a second and quick mixes, that nobody has to wait; a real client sends about one.
const NETWORK: [&str; 6] = [
    "--lambda-p",
    "0.01",
    "--latency",
    "300",
    "--encrypt-cost",
    "20",
];
/// Bytes of the file that is sent: some boxes.
const FILE: usize = 16 * 1024;

/// A simulator and two people, each with a database.
struct Stage<'a> {
    context: &'a Context,
    directory: TempDir,
    alice: Context,
    bob: Context,
    /// It ends with this.
    _simulator: Child,
}

/// Shows everything.
pub async fn run(context: &Context, args: &DemoArgs) -> Result<()> {
    let stage = Stage::set(context, args).await?;
    stage.network().await?;
    stage.letters().await?;
    stage.file().await?;
    stage.talk().await?;
    stage.say(
        "that was all of it; the same with a real daemon needs its thinclient.toml",
        "",
    );
    Ok(())
}

impl<'a> Stage<'a> {
    async fn set(context: &'a Context, args: &DemoArgs) -> Result<Self> {
        let directory = tempfile::Builder::new()
            .prefix("kpc-demo-")
            .tempdir()
            .map_err(|error| Failure::io("there is no room for the demo", &error))?;
        let config = directory.path().join("thinclient.toml");
        let simulator = start(&simulator(args)?, &config).await?;
        let person = |name: &str| Context {
            global: Global {
                config: Some(config.clone()),
                store: Some(directory.path().join(format!("{name}.db"))),
                json: context.global.json,
                timeout: context.global.timeout,
                verbose: context.global.verbose,
            },
            // Two files are on their way at a time.
            output: context.output.without_bars(),
            signals: context.signals.clone(),
        };
        Ok(Stage {
            alice: person("alice"),
            bob: person("bob"),
            context,
            directory,
            _simulator: simulator,
        })
    }

    /// Says what somebody types now.
    fn say(&self, who: &str, command: &str) {
        let output = &self.context.output;
        let text = match command {
            "" => who.to_owned(),
            command => format!("{who}$ {command}"),
        };
        let value = json!({"event": "step", "who": who, "command": command});
        // Nobody reads it any more: the next command notices.
        let _ = output.show(&value, || {
            format!("\n{}", output.paint(Colour::Bold, &text))
        });
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// A new file of the demo's.
    fn file_of(&self, name: &str, bytes: &[u8]) -> Result<PathBuf> {
        let path = self.path(name);
        std::fs::write(&path, bytes)
            .map_err(|error| Failure::io("a file of the demo cannot be written", &error))?;
        Ok(path)
    }

    async fn network(&self) -> Result<()> {
        self.say("alice", "kpc status");
        status::run(&self.alice).await?;
        self.say("alice", "kpc ping -c 3");
        let args = PingArgs {
            service: "echo".to_owned(),
            count: Some(3),
            interval: std::time::Duration::from_millis(500),
            wait: std::time::Duration::from_secs(30),
            size: 56,
        };
        ping::run(&self.alice, &args).await?;
        self.say("alice", "kpc pki services");
        let args = PkiArgs {
            part: Some(PkiPart::Services),
            document: false,
        };
        pki::run(&self.alice, &args).await
    }

    async fn letters(&self) -> Result<()> {
        let name = || "letters".to_owned();
        self.say("alice", "kpc channel new letters");
        let new = ChannelCommand::New(NewArgs { name: name() });
        channel::run(&self.alice, &new).await?;
        self.say("alice", "kpc channel export letters -o for-bob.txt");
        let file = self.path("for-bob.txt");
        let export = ChannelCommand::Export(ExportArgs {
            name: name(),
            write: false,
            output: Some(file.clone()),
        });
        channel::run(&self.alice, &export).await?;
        self.say("bob", "kpc channel import letters for-bob.txt");
        let import = ChannelCommand::Import(ImportArgs { name: name(), file });
        channel::run(&self.bob, &import).await?;
        self.say("alice", "echo 'good morning, Bob' | kpc write letters");
        self.write(&self.alice, "letters", "good morning, Bob")
            .await?;
        self.say("bob", "kpc read letters");
        self.read(&self.bob, "letters").await
    }

    async fn write(&self, who: &Context, channel: &str, text: &str) -> Result<()> {
        let args = WriteArgs {
            channel: channel.to_owned(),
            file: self.file_of("message.txt", text.as_bytes())?,
            lines: false,
            no_wait: false,
            step_over: false,
        };
        write::run(who, &args).await
    }

    async fn read(&self, who: &Context, channel: &str) -> Result<()> {
        let args = ReadArgs {
            channel: channel.to_owned(),
            follow: false,
            count: Some(1),
            history: false,
            raw: false,
            skip: false,
        };
        read::run(who, &args).await
    }

    async fn file(&self) -> Result<()> {
        let picture: Vec<u8> = (0_u8..=250).cycle().take(FILE).collect();
        let file = self.file_of("picture.bin", &picture)?;
        let downloads = self.path("downloads");
        std::fs::create_dir(&downloads)
            .map_err(|error| Failure::io("a directory of the demo cannot be made", &error))?;
        self.say("alice", "kpc send letters picture.bin");
        self.say("bob", "kpc receive letters downloads");
        let send = SendArgs {
            channel: "letters".to_owned(),
            file: Some(file),
            abandon: false,
        };
        let receive = ReceiveArgs {
            channel: "letters".to_owned(),
            directory: downloads.clone(),
            name: None,
        };
        let sent = files::send(&self.alice, &send);
        let received = files::receive(&self.bob, &receive);
        tokio::try_join!(sent, received)?;
        let same = std::fs::read(downloads.join("picture.bin"));
        if !same.is_ok_and(|same| same == picture) {
            return Err(Failure::new(
                Exit::Failed,
                "the file that came is not the one that was sent",
            ));
        }
        self.say("alice", "kpc tombstone letters --all");
        let args = TombstoneArgs {
            channel: "letters".to_owned(),
            before: None,
            all: true,
            boxes: None,
        };
        write::tombstone(&self.alice, &args).await
    }

    async fn talk(&self) -> Result<()> {
        let inviting = InviteArgs {
            name: "bob".to_owned(),
            display_name: "Alice".to_owned(),
            no_wait: false,
        };
        self.say("alice", "kpc invite bob --as Alice");
        let voucher = invite::voucher(&self.alice, &inviting).await?;
        let accepting = AcceptArgs {
            name: "alice".to_owned(),
            file: self.file_of("voucher.txt", voucher.as_bytes())?,
            again: false,
        };
        self.say("bob", "kpc accept alice voucher.txt");
        let waiting = invite::wait(&self.alice, &inviting);
        let accepted = invite::accept(&self.bob, &accepting);
        tokio::try_join!(waiting, accepted)?;
        self.say("alice", "echo 'now nobody else reads this' | kpc write bob");
        self.write(&self.alice, "bob", "now nobody else reads this")
            .await?;
        self.say("bob", "kpc read alice");
        self.read(&self.bob, "alice").await
    }
}

/// The simulator: the one that was given, or beside this program, or in $PATH.
fn simulator(args: &DemoArgs) -> Result<PathBuf> {
    if let Some(path) = &args.simulator {
        return Ok(path.clone());
    }
    let own = std::env::current_exe().ok();
    let beside = own
        .as_deref()
        .and_then(Path::parent)
        .map(|path| path.join(SIMULATOR));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let all = beside
        .into_iter()
        .chain(std::env::split_paths(&path).map(|path| path.join(SIMULATOR)));
    all.into_iter().find(|path| path.is_file()).ok_or_else(|| {
        Failure::new(
            Exit::NotFound,
            format!("there is no {SIMULATOR} beside kpc or in $PATH"),
        )
        .hint("give it by --simulator FILE; `make sim` builds it")
    })
}

/// Starts it, and waits until it listens. It ends when its input does: with this program, however that ends.
async fn start(program: &Path, config: &Path) -> Result<Child> {
    let failed = |error: &std::io::Error| {
        Failure::io(
            &format!("the simulator {} cannot be started", program.display()),
            error,
        )
    };
    let mut child = Command::new(program)
        .args(["--tcp", "127.0.0.1:0", "--control", "stdin", "--config-out"])
        .arg(config)
        .args(NETWORK)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .process_group(0) // ctrl-C is for this program, which ends it
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| failed(&error))?;
    let mut line = String::new();
    if let Some(output) = child.stdout.take() {
        let mut output = BufReader::new(output);
        output
            .read_line(&mut line)
            .await
            .map_err(|error| failed(&error))?;
    }
    match line.starts_with("ready:") {
        true => Ok(child),
        false => Err(Failure::new(
            Exit::Failed,
            format!("{} is no simulator", program.display()),
        )),
    }
}
