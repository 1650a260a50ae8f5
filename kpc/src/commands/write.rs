//! `kpc write` and `kpc tombstone`: what goes into a channel, or out of it again.

use std::sync::Arc;

use kpclient::store::{Writer, WriterState, KIND_MESSAGE, MAX_MESSAGE};
use serde_json::json;

use crate::cli::{TombstoneArgs, WriteArgs};
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::input;
use crate::open::{Context, Session};
use crate::watch::{self, Watch};

/// Takes the message, or each line of it, and waits until all is on the mixnet.
pub async fn run(context: &Context, args: &WriteArgs) -> Result<()> {
    let signals = &context.signals;
    let message = signals
        .or(input::bytes(&args.file, MAX_MESSAGE as u64))
        .await?;
    let session = signals.or(open(context, args.no_wait)).await?;
    let writer = signals.or(session.writer(&args.channel)).await?;
    let mut last = 0;
    for part in parts(&message, args.lines) {
        last = session.run(writer.send(KIND_MESSAGE, part)).await?;
    }
    if last == 0 {
        return Err(Failure::new(
            Exit::Usage,
            "the input is empty, so nothing was written",
        ));
    }
    if args.no_wait {
        let value = json!({"channel": args.channel, "message": last, "state": "kept"});
        return context
            .output
            .show(&value, || format!("message {last} is in the database"));
    }
    on_the_mixnet(context, &session, &writer, last, args.step_over).await?;
    let value = json!({"channel": args.channel, "message": last, "state": "stored"});
    context
        .output
        .show(&value, || format!("message {last} is on the mixnet"))
}

async fn open(context: &Context, is_alone: bool) -> Result<Session> {
    match is_alone {
        true => context.store_alone().await,
        false => context.connect_with_store().await,
    }
}

/// The messages in what was read. Without `lines`, an empty input is an empty message only if it is one on purpose,
/// which nobody does.
fn parts(input: &[u8], lines: bool) -> Vec<&[u8]> {
    if !lines {
        return Some(input)
            .into_iter()
            .filter(|input| !input.is_empty())
            .collect();
    }
    let parts = input.split(|byte| *byte == b'\n');
    let parts = parts.map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    parts.filter(|line| !line.is_empty()).collect()
}

/// Waits until a message and all before it are on the mixnet.
async fn on_the_mixnet(
    context: &Context,
    session: &Session,
    writer: &Arc<Writer>,
    number: u64,
    step_over: bool,
) -> Result<()> {
    loop {
        let stored = wait_stored(context, session, writer, number).await;
        match stored {
            Err(failure) if step_over && failure.exit == Exit::Conflict => {
                context
                    .output
                    .note("stepping over what another program wrote");
                session.run(writer.step_over()).await?;
            }
            stored => return stored.map_err(kept),
        }
    }
}

/// Waits until a message is on the mixnet, or something needs a decision.
pub async fn wait_stored(
    context: &Context,
    session: &Session,
    writer: &Arc<Writer>,
    number: u64,
) -> Result<()> {
    let mut watch = Watch::new(context, session, true, writer.name())?;
    watch::check(writer)?;
    watch
        .until(session.run(writer.stored(number)), |_| Ok(()))
        .await
}

/// What was taken is not lost.
fn kept(failure: Failure) -> Failure {
    match failure.exit {
        Exit::Interrupted | Exit::Terminated | Exit::TimedOut => {
            failure.hint("the message is kept; the next `kpc write` to the channel sends it, too")
        }
        _ => failure,
    }
}

/// Deletes messages, or makes the next boxes tombstones.
pub async fn tombstone(context: &Context, args: &TombstoneArgs) -> Result<()> {
    let signals = &context.signals;
    let session = signals.or(context.connect_with_store()).await?;
    let writer = signals.or(session.writer(&args.channel)).await?;
    let mut watch = Watch::new(context, &session, true, &args.channel)?;
    if let WriterState::Conflict(_) = writer.state() {
        watch::check(&writer)?;
    }
    if let Some(boxes) = args.boxes {
        let number = session.run(writer.tombstone(boxes)).await?;
        watch
            .until(session.run(writer.stored(number)), |_| Ok(()))
            .await
            .map_err(kept)?;
        let value = json!({"channel": args.channel, "tombstones": boxes});
        return context
            .output
            .show(&value, || format!("{boxes} boxes are tombstones"));
    }
    let before = args.before.unwrap_or_else(|| writer.last_message() + 1);
    session.run(writer.erase_before(before)).await?;
    watch
        .until(session.run(writer.erased(before)), |_| Ok(()))
        .await
        .map_err(kept)?;
    let value = json!({"channel": args.channel, "deleted_before": before});
    context.output.show(&value, || {
        format!("all messages before {before} are deleted")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_messages_where_that_is_wanted() {
        assert_eq!(parts(b"a\nb\r\n\nc", true), [&b"a"[..], b"b", b"c"]);
        assert_eq!(parts(b"a\nb\n", false), [&b"a\nb\n"[..]]);
        assert!(parts(b"", false).is_empty());
        assert!(parts(b"\n\n", true).is_empty());
    }
}
