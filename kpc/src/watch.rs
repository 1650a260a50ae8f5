//! Waiting for a channel: what goes wrong meanwhile is said, and what needs a decision ends the waiting.

use std::future::Future;
use std::sync::Arc;

use kpclient::client::{ChannelNews, Event, Events, FileProgress};
use kpclient::store::{Writer, WriterState};
use kpclient::Error;

use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::open::{Context, Session, EVENTS};

/// The events of a channel, while something is waited for.
pub struct Watch<'a> {
    context: &'a Context,
    events: Events,
    is_writer: bool,
    name: &'a str,
    /// The last trouble that was said.
    said: String,
}

impl<'a> Watch<'a> {
    /// Watches a writer or reader from now on.
    pub fn new(
        context: &'a Context,
        session: &Session,
        is_writer: bool,
        name: &'a str,
    ) -> Result<Self> {
        Ok(Watch {
            context,
            events: session.client.events(EVENTS)?,
            is_writer,
            name,
            said: String::new(),
        })
    }

    /// Waits for `future`; `progress` is told of files. Ends early at ctrl-C, and where a writer meets boxes of
    /// somebody else's.
    pub async fn until<T>(
        &mut self,
        future: impl Future<Output = Result<T>>,
        mut progress: impl FnMut(FileProgress) -> Result<()>,
    ) -> Result<T> {
        let signals = self.context.signals.clone();
        tokio::pin!(future);
        loop {
            let event = tokio::select! {
                biased;
                failure = signals.caught() => return Err(failure),
                done = &mut future => return done,
                event = self.events.next() => event,
            };
            match event {
                Some(event) => self.take(event, &mut progress)?,
                // The client is closed, so the future ends, too.
                None => return future.await,
            }
        }
    }

    fn take(
        &mut self,
        event: Event,
        progress: &mut impl FnMut(FileProgress) -> Result<()>,
    ) -> Result<()> {
        match event {
            Event::Channel(event)
                if event.is_writer == self.is_writer && event.name == self.name =>
            {
                match event.news {
                    ChannelNews::File(file) => progress(file)?,
                    ChannelNews::Conflict(error) => return Err(conflict(&error)),
                    ChannelNews::Retrying(error) => {
                        self.say("an attempt failed, others follow", &error)
                    }
                    ChannelNews::Stuck(error) => self.say(
                        "the next box cannot be opened (`kpc read --skip` passes over it)",
                        &error,
                    ),
                    ChannelNews::Stored(_) | ChannelNews::Received(_) => {}
                }
            }
            Event::Health(verdict) if verdict.is_bad() => {
                let note = format!("the daemon is {}; it is waited for", verdict.name());
                self.context.output.note(&note);
            }
            Event::Disconnected {
                graceful: false, ..
            } => {
                self.context
                    .output
                    .note("the daemon is gone; it is dialled again");
            }
            _ => {}
        }
        Ok(())
    }

    /// Says each trouble once, until another one comes.
    fn say(&mut self, what: &str, error: &Error) {
        let text = format!("{what}: {}", error.message());
        if text != self.said {
            self.context.output.note(&text);
            self.said = text;
        }
    }
}

/// A writer that stands before boxes of somebody else's is not waited for.
pub fn check(writer: &Arc<Writer>) -> Result<()> {
    match writer.state() {
        WriterState::Conflict(error) => Err(conflict(&error)),
        _ => Ok(()),
    }
}

fn conflict(error: &Error) -> Failure {
    Failure::new(
        Exit::Conflict,
        format!(
            "another program writes to this channel: {}",
            error.message()
        ),
    )
    .hint("`kpc write --step-over` writes behind it; nothing of yours is lost")
}
