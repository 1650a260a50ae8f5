//! Follows a channel box after box, and keeps what it finds.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;

use super::ledger::Step;
use super::{ledger, Core, ReaderState};
use crate::bacap::BoxIndex;
use crate::client::{await_box, Backoff, Level};
use crate::store::backing::{Backing, Durability};
use crate::store::framing::{Content, Flaw, Joiner};
use crate::store::records::{Arrival, Incoming, Position};
use crate::sync::lock;
use crate::{Error, Result, Status};

/// Pauses after failures.
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(5 * 60);

/// Follows one channel.
pub(crate) struct Engine {
    core: Arc<Core>,
    /// `None` while the disk knows better.
    joiner: Option<Joiner>,
}

/// What is in the place of the next box.
enum Found {
    Box(Bytes),
    Tombstone,
    /// The program wants to pass it over.
    Skipped,
}

impl Engine {
    pub(crate) fn new(core: Arc<Core>) -> Self {
        Engine { core, joiner: None }
    }

    /// Runs until it is dropped, or the client is closed.
    pub(crate) async fn run(mut self) {
        let mut pauses = Backoff::new(SHORTEST_PAUSE, LONGEST_PAUSE);
        loop {
            let Err(error) = self.turn().await else {
                pauses = Backoff::new(SHORTEST_PAUSE, LONGEST_PAUSE);
                continue;
            };
            if self.core.inner.is_over() {
                return;
            }
            let index = lock(&self.core.standing).position.index.clone();
            let wants_skip = self.core.wants_skip(&index);
            self.core.set_state(if cannot_be_opened(&error) {
                ReaderState::Stuck(error)
            } else {
                ReaderState::Retrying(error)
            });
            let pause = tokio::time::sleep(pauses.pause(Duration::ZERO));
            if wants_skip {
                pause.await; // it was the disk that failed
                continue;
            }
            tokio::select! {
                () = pause => {}
                () = self.core.pace.hurried() => {}
                // Left for the next turn, which passes the box over.
                () = self.core.skipped(&index) => {}
            }
        }
    }

    /// Passes one box.
    async fn turn(&mut self) -> Result<()> {
        let mut joiner = match self.joiner.take() {
            Some(joiner) => joiner,
            None => self.restored().await?,
        };
        let index = lock(&self.core.standing).position.index.clone();
        let (found, next) = self.find(&index).await?;
        let step = self.step(&mut joiner, &found, next);
        let (channel, position) = (self.core.channel, step.position.clone());
        let take = move |backing: &mut dyn Backing| ledger::take(backing, channel, &step);
        self.core.inner.disk.run(Durability::Now, take).await?;
        self.joiner = Some(joiner);
        self.core.pace.found();
        self.core.advance(position);
        Ok(())
    }

    async fn restored(&self) -> Result<Joiner> {
        let channel = self.core.channel;
        let parts = move |backing: &mut dyn Backing| ledger::parts(backing, channel);
        let parts = self.core.inner.disk.run(Durability::Soon, parts).await?;
        let passed_over = lock(&self.core.standing).position.passed_over;
        Ok(Joiner::restored(passed_over, parts))
    }

    /// Waits for a box.
    async fn find(&self, index: &BoxIndex) -> Result<(Found, BoxIndex)> {
        let core = &self.core;
        let found = tokio::select! {
            biased;
            () = core.skipped(index) => return Ok((Found::Skipped, index.next())),
            found = await_box(&core.inner.shared, &core.cap, index, &core.pace) => found,
        };
        match found {
            Ok(found) => Ok((Found::Box(found.plaintext), found.next_index)),
            Err(error) if error.status() == Status::TOMBSTONE => {
                core.inner.shared.check_next_index()?;
                Ok((Found::Tombstone, index.next()))
            }
            Err(error) => Err(error),
        }
    }

    /// What a box comes to.
    fn step(&self, joiner: &mut Joiner, found: &Found, next: BoxIndex) -> Step {
        let mut arrivals = Vec::new();
        let mut part = None;
        match found {
            Found::Box(content) => {
                let pushed = joiner.push(content);
                arrivals.extend(pushed.lost.map(broken));
                match pushed.content {
                    Content::Part => part = Some((joiner.parts() - 1, content.clone())),
                    Content::Message { kind, message } => {
                        arrivals.push(arrival(Arrival::Message(kind), message.into_bytes()));
                    }
                    Content::Broken(flaw) => arrivals.push(broken(flaw)),
                    Content::Rest => {}
                    Content::Foreign { version } => {
                        self.tell_version(version);
                        arrivals.push(arrival(Arrival::Foreign, content.clone()));
                    }
                }
            }
            Found::Tombstone | Found::Skipped => {
                arrivals.extend(joiner.cut_off().map(broken));
                let what = match found {
                    Found::Skipped => Arrival::Skipped,
                    _ => Arrival::Tombstone,
                };
                arrivals.push(arrival(what, Bytes::new()));
            }
        }
        let before = lock(&self.core.standing).position.next_message;
        Step {
            position: Position {
                next_message: before + arrivals.len() as u64,
                index: next,
                passed_over: joiner.passed_over(),
            },
            arrivals,
            part,
        }
    }

    /// A later version of the format wants a later library.
    fn tell_version(&self, version: Option<u8>) {
        let Some(version) = version else { return };
        let log = &self.core.inner.shared.log;
        log.line(Level::Warn, || {
            format!("a box has version {version} of the channel format, which is unknown here")
        });
    }
}

fn broken(flaw: Flaw) -> Incoming {
    arrival(Arrival::Broken, Bytes::from_static(flaw.text().as_bytes()))
}

fn arrival(arrival: Arrival, data: Bytes) -> Incoming {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    Incoming {
        arrival,
        received_at: now.map_or(0, |now| i64::try_from(now.as_secs()).unwrap_or(i64::MAX)),
        data,
    }
}

/// Failures of the box itself, that another attempt will hardly mend.
fn cannot_be_opened(error: &Error) -> bool {
    [
        Status::BACAP_DECRYPTION_FAILED,
        Status::INVALID_TOMBSTONE_SIGNATURE,
        Status::INVALID_BOX_ID,
        Status::INVALID_SIGNATURE,
    ]
    .contains(&error.status())
}
