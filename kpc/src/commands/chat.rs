//! `kpc chat`: what is typed is sent, what comes is printed. Nothing is lost if either side is killed.

use std::io::BufRead as _;
use std::sync::Arc;

use kpclient::store::{Arrival, Message, Reader, Writer, KIND_FILE, KIND_MESSAGE};
use serde_json::json;
use tokio::sync::mpsc;

use super::read::{to_json, what};
use super::write::wait_stored;
use crate::cli::ChatArgs;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::open::{Context, Session};
use crate::output::{harmless, Colour};

/// Lines that are typed faster than the disk takes them.
const TYPED: usize = 64;
/// Moves to the line's beginning and empties it.
const CLEAR: &str = "\r\x1b[K";

/// Talks until the end of the input; what was typed is on the mixnet then.
pub async fn run(context: &Context, args: &ChatArgs) -> Result<()> {
    let signals = &context.signals;
    let session = signals.or(context.connect_with_store()).await?;
    let (writer, reader) = signals.or(open(&session, &args.channel)).await?;
    let talked = signals.or(talk(context, &writer, &reader)).await;
    let pending = writer.pending();
    match talked {
        Ok(()) if pending > 0 => {
            context.output.note(&format!(
                "{pending} messages are still on their way; ctrl-C leaves that to the next time"
            ));
            wait_stored(context, &session, &writer, writer.last_message()).await
        }
        Err(failure) if pending > 0 => {
            Err(failure.hint("what was typed is kept, and sent the next time"))
        }
        talked => talked,
    }
}

async fn open(session: &Session, name: &str) -> Result<(Arc<Writer>, Arc<Reader>)> {
    let store = session.store()?;
    let hint = |failure: Failure| match failure.exit {
        Exit::NotFound => {
            failure.hint("a talk needs a channel each way: `kpc invite` and `kpc accept` make them")
        }
        _ => failure,
    };
    let writer = session.run(store.writer(name)).await.map_err(hint)?;
    let reader = session.run(store.reader(name)).await.map_err(hint)?;
    Ok((writer, reader))
}

async fn talk(context: &Context, writer: &Arc<Writer>, reader: &Arc<Reader>) -> Result<()> {
    let mut lines = typed();
    loop {
        tokio::select! {
            line = lines.recv() => match line {
                Some(line) => {
                    let line = line.map_err(|error| Failure::io("the input cannot be read", &error))?;
                    say(context, writer, &line).await?;
                }
                None => return Ok(()),
            },
            message = reader.receive()? => {
                let message = message?;
                hear(context, reader.name(), &message)?;
                reader.acknowledge(message.number)?.await?;
            }
        }
    }
}

/// The lines of the standard input, read by a thread that nobody waits for.
fn typed() -> mpsc::Receiver<std::io::Result<String>> {
    let (sender, receiver) = mpsc::channel(TYPED);
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

async fn say(context: &Context, writer: &Arc<Writer>, line: &str) -> Result<()> {
    if line.is_empty() {
        return Ok(());
    }
    let number = writer.send(KIND_MESSAGE, line.as_bytes())?.await?;
    if context.output.is_json() {
        let value =
            json!({"channel": writer.name(), "number": number, "what": "sent", "text": line});
        return context.output.line(&value.to_string());
    }
    Ok(())
}

fn hear(context: &Context, name: &str, message: &Message) -> Result<()> {
    let output = &context.output;
    if output.is_json() {
        return output.line(&to_json(name, message).to_string());
    }
    let text = match message.arrival {
        Arrival::Message(kind) if kind != KIND_FILE => {
            String::from_utf8_lossy(&message.data).into_owned()
        }
        other => format!("({})", what(other)),
    };
    let line = format!(
        "{} {}",
        output.paint(Colour::Bold, &format!("{}:", harmless(name))),
        harmless(&text)
    );
    match output.is_terminal() {
        true => output.line(&format!("{CLEAR}{line}")),
        false => output.line(&line),
    }
}
