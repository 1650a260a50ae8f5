//! `kpc channel`: creates, lists, shares and removes channels.

use std::io::{IsTerminal as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use kpclient::store::{Direction, SharedChannel, Store};
use kpclient::Status;
use serde_json::{json, Value};

use crate::cli::{ChannelCommand, ExportArgs, ImportArgs, NewArgs, RmArgs};
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::input;
use crate::open::{Context, Session};
use crate::output::harmless;
use crate::table::Table;

const DIRECTIONS: [Direction; 2] = [Direction::Write, Direction::Read];

/// Nothing of this needs a daemon.
pub async fn run(context: &Context, command: &ChannelCommand) -> Result<()> {
    match command {
        ChannelCommand::New(args) => new(context, args).await,
        ChannelCommand::List => list(context).await,
        ChannelCommand::Import(args) => import(context, args).await,
        ChannelCommand::Export(args) => export(context, args).await,
        ChannelCommand::Rm(args) => remove(context, args).await,
    }
}

async fn new(context: &Context, args: &NewArgs) -> Result<()> {
    let session = context.store_alone().await?;
    session
        .run(session.store()?.create_writer(&args.name, None))
        .await?;
    made(context, &args.name, Direction::Write)?;
    context
        .output
        .note("`kpc channel export` prints the text by which others read it");
    Ok(())
}

fn made(context: &Context, name: &str, direction: Direction) -> Result<()> {
    let value = json!({"channel": name, "direction": word(direction)});
    let what = match direction {
        Direction::Write => "to be written",
        Direction::Read => "to be read",
    };
    context
        .output
        .show(&value, || format!("channel {}, {what}", harmless(name)))
}

fn word(direction: Direction) -> &'static str {
    match direction {
        Direction::Write => "write",
        Direction::Read => "read",
    }
}

async fn import(context: &Context, args: &ImportArgs) -> Result<()> {
    let text = input::secret(&args.file, "text of the channel").await?;
    let shared = SharedChannel::from_text(&text)?;
    let session = context.store_alone().await?;
    let store = session.store()?;
    let direction = match &shared {
        SharedChannel::Read { cap, index } => {
            session
                .run(store.import_reader(&args.name, cap, Some(index)))
                .await?;
            Direction::Read
        }
        SharedChannel::Write { cap, index } => {
            session
                .run(store.import_writer(&args.name, cap, Some(index)))
                .await?;
            Direction::Write
        }
    };
    made(context, &args.name, direction)
}

async fn export(context: &Context, args: &ExportArgs) -> Result<()> {
    let session = context.store_alone().await?;
    let shared = shared(&session, args).await?;
    let mut line = shared.to_text().to_vec();
    line.push(b'\n');
    let line = zeroize::Zeroizing::new(line);
    match &args.output {
        None if context.output.is_json() => {
            let text = String::from_utf8_lossy(&line);
            let value = json!({"channel": args.name, "text": text.trim_end()});
            context.output.line(&value.to_string())
        }
        None => context.output.bytes(&line),
        Some(path) => write_secret(path, &line),
    }
}

async fn shared(session: &Session, args: &ExportArgs) -> Result<SharedChannel> {
    let store = session.store()?;
    let writer = session.run(store.writer(&args.name)).await;
    let cap = match writer {
        Ok(writer) if args.write => {
            return Ok(SharedChannel::Write {
                cap: writer.write_cap().clone(),
                index: writer.next_index(),
            });
        }
        Ok(writer) => writer.read_cap(),
        Err(failure) if failure.status == Some(Status::CHANNEL_NOT_IN_DB) && !args.write => {
            let reader = session.run(store.reader(&args.name)).await?;
            reader.read_cap().clone()
        }
        Err(failure) => return Err(failure),
    };
    let index = cap.first_index();
    Ok(SharedChannel::Read { cap, index })
}

/// Into a file that is new, and its owner's alone.
fn write_secret(path: &Path, line: &[u8]) -> Result<()> {
    let mut options = std::fs::OpenOptions::new();
    let file = options.write(true).create_new(true).mode(0o600).open(path);
    let written = file.and_then(|mut file| {
        file.write_all(line)?;
        file.sync_all()
    });
    written.map_err(|error| Failure::io(&format!("cannot write {}", path.display()), &error))
}

async fn list(context: &Context) -> Result<()> {
    let session = context.store_alone().await?;
    let store = session.store()?;
    let mut all = Vec::new();
    for direction in DIRECTIONS {
        for name in session.run(store.channels(direction)).await? {
            let state = state(&session, store, direction, &name).await?;
            all.push((name, direction, state));
        }
        for name in session.run(store.vouchers(direction)).await? {
            let what = match direction {
                Direction::Write => "invited; `kpc invite` goes on",
                Direction::Read => "accepting; `kpc accept --again` goes on",
            };
            all.push((name, direction, json!({"state": "voucher", "text": what})));
        }
    }
    all.sort_by(|a, b| a.0.cmp(&b.0));
    if context.output.is_json() {
        for (name, direction, state) in all {
            let mut value = json!({"channel": name, "direction": word(direction)});
            merge(&mut value, state);
            context.output.line(&value.to_string())?;
        }
        return Ok(());
    }
    if all.is_empty() {
        context
            .output
            .note("no channels yet; `kpc channel new NAME` creates one");
        return Ok(());
    }
    let mut table = Table::new(&["CHANNEL", "DIRECTION", "STATE"]);
    for (name, direction, state) in all {
        let text = state["text"].as_str().unwrap_or_default().to_owned();
        table.row(vec![harmless(&name), word(direction).to_owned(), text]);
    }
    context.output.table(&table)
}

fn merge(value: &mut Value, more: Value) {
    if let (Value::Object(value), Value::Object(more)) = (value, more) {
        value.extend(more.into_iter().filter(|(key, _)| key != "text"));
    }
}

/// How far a channel is; one that another program has open says only that.
async fn state(
    session: &Session,
    store: &Store,
    direction: Direction,
    name: &str,
) -> Result<Value> {
    let found = match direction {
        Direction::Write => session.run(store.writer(name)).await.map(|writer| {
            let (pending, last) = (writer.pending(), writer.last_message());
            let text = format!("{last} messages, {pending} not on the mixnet yet");
            json!({"state": "closed", "messages": last, "pending": pending, "text": text})
        }),
        Direction::Read => session.run(store.reader(name)).await.map(|reader| {
            let waiting = reader.waiting();
            let text = format!("{waiting} messages not printed yet");
            json!({"state": "closed", "waiting": waiting, "text": text})
        }),
    };
    match found {
        Err(failure) if failure.status == Some(Status::BUSY) => {
            Ok(json!({"state": "open", "text": "in use by another program"}))
        }
        found => found,
    }
}

async fn remove(context: &Context, args: &RmArgs) -> Result<()> {
    let is_wanted = |direction: &Direction| match direction {
        Direction::Read => !args.write,
        Direction::Write => !args.read,
    };
    if !args.yes {
        ask(&args.name)?;
    }
    let session = context.store_alone().await?;
    let mut removed = Vec::new();
    for direction in DIRECTIONS.into_iter().filter(is_wanted) {
        if remove_one(&session, direction, &args.name).await? {
            removed.push(word(direction));
        }
    }
    if removed.is_empty() {
        let what = format!("no channel {:?}", harmless(&args.name));
        return Err(
            Failure::new(Exit::NotFound, what).hint("`kpc channel list` lists what there is")
        );
    }
    let value = json!({"channel": args.name, "removed": removed});
    context.output.show(&value, || {
        format!(
            "channel {} ({}) removed",
            harmless(&args.name),
            removed.join(", ")
        )
    })
}

/// A channel, or a voucher for one.
async fn remove_one(session: &Session, direction: Direction, name: &str) -> Result<bool> {
    let store = session.store()?;
    for call in [
        store.delete(direction, name),
        store.cancel_voucher(direction, name),
    ] {
        match session.run(call).await {
            Ok(()) => return Ok(true),
            Err(failure) if failure.status == Some(Status::CHANNEL_NOT_IN_DB) => {}
            Err(failure) => return Err(failure),
        }
    }
    Ok(false)
}

/// Its keys and messages are nowhere else.
fn ask(name: &str) -> Result<()> {
    if !std::io::stdin().is_terminal() {
        return Err(
            Failure::new(Exit::Usage, "nobody can be asked whether to remove it")
                .hint("--yes removes it without asking"),
        );
    }
    let _ = write!(
        std::io::stderr(),
        "Remove the channel {} with its keys and all its messages? [y/N] ",
        harmless(name)
    );
    let mut answer = String::new();
    let read = std::io::stdin().read_line(&mut answer);
    match read {
        Ok(_) if answer.trim().eq_ignore_ascii_case("y") => Ok(()),
        _ => Err(Failure::new(Exit::Failed, "nothing was removed")),
    }
}
