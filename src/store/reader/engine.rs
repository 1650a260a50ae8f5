//! Follows a channel box after box, and keeps what it finds.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;

use super::gaps::{self, Gap, Probing, FARTHEST};
use super::ledger::Step;
use super::{ledger, Core, ReaderState};
use crate::bacap::BoxIndex;
use crate::client::{await_box, read_once, Backoff, Level, Pace, ReadBox, READ_BACK};
use crate::clock;
use crate::store::backing::{Backing, Durability};
use crate::store::framing::{is_of_this_format, Content, Flaw, Joiner, AHEAD};
use crate::store::records::{Arrival, Incoming, Position};
use crate::sync::lock;
use crate::{Error, Result, Status};

/// Pauses after failures.
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(5 * 60);
/// A reader that heard nothing for so long, as its machine slept or was offline, was away.
const ABSENCE: Duration = Duration::from_secs(60 * 60);
/// So many indices are computed before others have their turn.
const INDICES_AT_ONCE: usize = 64;

/// Follows one channel.
pub(crate) struct Engine {
    core: Arc<Core>,
    /// `None` while the disk knows better.
    joiner: Option<Joiner>,
    gap: Gap,
    probing: Probing,
    /// When the network last answered.
    heard: SystemTime,
}

/// What is in the place of the next box.
enum Found {
    Box(Bytes),
    Tombstone,
    /// The program wants to pass it over.
    Skipped,
    /// The network had it, and has lost it.
    Missing,
    /// Nothing, but something may come. Boxes before it are missing, and are reported now.
    Nothing,
}

impl Engine {
    pub(crate) fn new(core: Arc<Core>) -> Self {
        let gap = lock(&core.standing).gap;
        Engine {
            core,
            joiner: None,
            gap,
            probing: Probing::after_absence(),
            heard: clock::wall(),
        }
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
                biased;
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
        let mut gap = self.gap;
        let mut step = self.step(&mut joiner, &mut gap, &found, next);
        gap.move_to(&step.position.index);
        step.gap = (!gap.is_none() || !self.gap.is_none()).then_some(gap);
        let (channel, position) = (self.core.channel, step.position.clone());
        let take = move |backing: &mut dyn Backing| ledger::take(backing, channel, &step);
        self.core.inner.disk.run(Durability::Now, take).await?;
        self.joiner = Some(joiner);
        self.gap = gap;
        if !matches!(found, Found::Nothing) {
            self.probing.begin_anew();
            self.core.pace.found();
        }
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
    async fn find(&mut self, index: &BoxIndex) -> Result<(Found, BoxIndex)> {
        let core = Arc::clone(&self.core);
        loop {
            tokio::select! {
                biased;
                () = core.skipped(index) => return Ok((Found::Skipped, index.next())),
                () = core.inner.boxes_change() => {}
                found = self.seek(index) => return found,
            }
        }
    }

    /// Waits for a box until it comes or turns out to be lost.
    async fn seek(&mut self, index: &BoxIndex) -> Result<(Found, BoxIndex)> {
        let core = Arc::clone(&self.core);
        while !self.gap.proves_lost(index) {
            let is_unreported = self.gap.is_unreported();
            let polls = if is_unreported {
                1
            } else {
                self.probing.polls()
            };
            let shared = &core.inner.shared;
            let polled = await_box(shared, &core.cap, index, &core.pace, polls).await;
            if let Some(found) = self.found(index, polled)? {
                return Ok(found);
            }
            self.hear();
            let ahead = if is_unreported {
                AHEAD
            } else {
                self.probing.next_distance()
            };
            if !self.look_ahead(index, ahead).await && is_unreported {
                return Ok((Found::Nothing, index.clone()));
            }
        }
        self.confirm(index).await
    }

    /// The network has answered.
    fn hear(&mut self) {
        let now = clock::wall();
        let before = std::mem::replace(&mut self.heard, now);
        if now
            .duration_since(before)
            .is_ok_and(|silence| silence > ABSENCE)
        {
            self.probing = Probing::after_absence();
        }
    }

    /// Looks whether there is a box so far ahead that the awaited one must be lost; returns whether there is.
    /// Then it looks farther, as the boxes behind the awaited one may be lost, too.
    async fn look_ahead(&mut self, index: &BoxIndex, boxes: u32) -> bool {
        let mut boxes = boxes;
        let mut exists = false;
        while boxes <= FARTHEST && self.probe(index, boxes).await {
            exists = true;
            boxes *= 2;
        }
        exists
    }

    /// Whether there is a box so far ahead. A failure says nothing.
    async fn probe(&mut self, index: &BoxIndex, boxes: u32) -> bool {
        let mut left = boxes as usize;
        let mut ahead = index.clone();
        while left > 0 {
            let step = left.min(INDICES_AT_ONCE);
            ahead = ahead.ahead(step);
            left -= step;
            tokio::task::yield_now().await;
        }
        let core = &self.core;
        let exists = match read_once(&core.inner.shared, &core.cap, &ahead).await {
            // Other programs may write in another order.
            Ok(found) => is_of_this_format(&found.plaintext),
            Err(error) => error.status() == Status::TOMBSTONE,
        };
        if exists {
            self.gap.saw(&ahead);
        }
        exists
    }

    /// Reads a box that must have been stored a few times more: the replicas that are asked may have it
    /// later.
    async fn confirm(&self, index: &BoxIndex) -> Result<(Found, BoxIndex)> {
        let core = &self.core;
        // Nobody hurries this one.
        let pace = Pace::default();
        for _ in 0..READ_BACK {
            let read = await_box(&core.inner.shared, &core.cap, index, &pace, 1).await;
            if let Some(found) = self.found(index, read)? {
                return Ok(found);
            }
        }
        core.inner.shared.check_next_index()?;
        Ok((Found::Missing, index.next()))
    }

    /// What was read, and where the next box is; `None` where there is no such box.
    fn found(&self, index: &BoxIndex, read: Result<ReadBox>) -> Result<Option<(Found, BoxIndex)>> {
        match read {
            Ok(found) => Ok(Some((Found::Box(found.plaintext), found.next_index))),
            Err(error) if error.status() == Status::TOMBSTONE => {
                self.core.inner.shared.check_next_index()?;
                Ok(Some((Found::Tombstone, index.next())))
            }
            Err(error) if error.status() == Status::BOX_ID_NOT_FOUND => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What a box comes to.
    fn step(&self, joiner: &mut Joiner, gap: &mut Gap, found: &Found, next: BoxIndex) -> Step {
        let mut arrivals = Vec::new();
        let mut part = None;
        match found {
            Found::Box(content) => {
                let pushed = joiner.push(content);
                let is_beginning_lost = gap.is_unreported();
                arrivals.extend(gap.end_before(&pushed.content).map(missing));
                arrivals.extend(pushed.lost.map(broken));
                match pushed.content {
                    Content::Part => part = Some((joiner.parts() - 1, content.clone())),
                    Content::Message { kind, message } => {
                        arrivals.push(arrival(Arrival::Message(kind), message.into_bytes()));
                    }
                    Content::Broken(Flaw::NoBeginning) if is_beginning_lost => {}
                    Content::Broken(flaw) => arrivals.push(broken(flaw)),
                    Content::Rest => {}
                    Content::Foreign { version } => {
                        self.tell_version(version);
                        arrivals.push(arrival(Arrival::Foreign, content.clone()));
                    }
                }
            }
            Found::Tombstone | Found::Skipped => {
                arrivals.extend(gap.report().map(missing));
                arrivals.extend(joiner.cut_off().map(broken));
                let what = match found {
                    Found::Skipped => Arrival::Skipped,
                    _ => Arrival::Tombstone,
                };
                arrivals.push(arrival(what, Bytes::new()));
            }
            // What had come of the message is dropped with it, and reported with the missing box.
            Found::Missing => {
                let was_open = joiner.cut_off().is_some();
                gap.pass(!was_open && joiner.passed_over().is_some());
            }
            Found::Nothing => arrivals.extend(gap.report().map(missing)),
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
            gap: None,
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

fn missing(boxes: u32) -> Incoming {
    let sentence = gaps::sentence(boxes);
    arrival(Arrival::Missing(boxes), Bytes::from(sentence))
}

fn arrival(arrival: Arrival, data: Bytes) -> Incoming {
    let now = clock::wall().duration_since(UNIX_EPOCH);
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
