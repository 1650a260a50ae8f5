//! `kpc read`: prints the messages of a channel, and acknowledges each when it is printed.

use std::sync::Arc;

use kpclient::store::{Arrival, Message, Reader, KIND_FILE};
use serde_json::{json, Value};

use crate::cli::ReadArgs;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::open::{Context, Session};
use crate::output::{harmless, hex};
use crate::watch::Watch;

/// Waits for messages, or prints those that were received before.
pub async fn run(context: &Context, args: &ReadArgs) -> Result<()> {
    if args.history {
        return context.signals.or(history(context, args)).await;
    }
    let signals = &context.signals;
    let session = signals.or(context.connect_with_store()).await?;
    let reader = signals.or(session.reader(&args.channel)).await?;
    if args.skip {
        reader.skip(&reader.next_index())?;
    }
    let mut watch = Watch::new(context, &session, false, &args.channel)?;
    let wanted = match args.follow {
        true => u64::MAX,
        false => args.count.unwrap_or(1),
    };
    for _ in 0..wanted {
        let message = watch
            .until(session.run(reader.receive()), |_| Ok(()))
            .await?;
        if message.arrival == Arrival::Message(KIND_FILE) {
            return Err(
                Failure::new(Exit::Failed, "the next message is a file").hint(format!(
                    "`kpc receive {}` takes it",
                    harmless(&args.channel)
                )),
            );
        }
        print(context, args, &message)?;
        acknowledge(&session, &reader, &message).await?;
    }
    Ok(())
}

/// Not before it is printed: whoever is killed in between is shown it again.
async fn acknowledge(session: &Session, reader: &Arc<Reader>, message: &Message) -> Result<()> {
    session.run(reader.acknowledge(message.number)).await
}

async fn history(context: &Context, args: &ReadArgs) -> Result<()> {
    let session = context.store_alone().await?;
    let reader = session.reader(&args.channel).await?;
    for message in session.run(reader.messages(1, u32::MAX)).await? {
        print(context, args, &message)?;
    }
    Ok(())
}

fn print(context: &Context, args: &ReadArgs, message: &Message) -> Result<()> {
    let output = &context.output;
    if output.is_json() {
        return output.line(&to_json(&args.channel, message).to_string());
    }
    let has_content = matches!(message.arrival, Arrival::Message(kind) if kind != KIND_FILE)
        || message.arrival == Arrival::Foreign;
    match has_content {
        false => {
            output.note(&format!(
                "(message {}: {})",
                message.number,
                what(message.arrival)
            ));
            Ok(())
        }
        true if args.raw => output.bytes(&message.data),
        true if output.is_terminal() => {
            output.line(harmless(&String::from_utf8_lossy(&message.data)).trim_end_matches('\n'))
        }
        true => {
            output.bytes(&message.data)?;
            match message.data.ends_with(b"\n") {
                true => Ok(()),
                false => output.bytes(b"\n"),
            }
        }
    }
}

/// What arrived, in a word.
pub fn what(arrival: Arrival) -> &'static str {
    match arrival {
        Arrival::Message(KIND_FILE) => "file",
        Arrival::Message(_) => "message",
        Arrival::Tombstone => "tombstone",
        Arrival::Foreign => "foreign",
        Arrival::Broken => "broken",
        Arrival::Skipped => "skipped",
        Arrival::Missing(_) => "missing",
    }
}

/// A message as an object; what is not UTF-8 is in hex.
pub fn to_json(channel: &str, message: &Message) -> Value {
    let mut value = json!({
        "channel": channel,
        "number": message.number,
        "what": what(message.arrival),
        "received_at": message.received_at,
    });
    if let Arrival::Missing(boxes) = message.arrival {
        value["boxes"] = boxes.into();
    }
    match std::str::from_utf8(&message.data) {
        Ok(text) => value["text"] = text.into(),
        Err(_) => value["hex"] = hex(&message.data).into(),
    }
    value
}
