//! What the daemon resends for us until it is answered: boxes and copy commands.
//!
//! An entry is queued, runs at the daemon, or, when its caller has given up, has a *pending
//! cancel*: a cancel can overtake its own request, so it is repeated until the daemon reports that
//! the entry is gone, and the entry keeps its slot that long. After a reconnect every running entry
//! goes back to the front of the queue; on a resumed session its old request is cancelled first,
//! for the daemon would run both. A box without an answer for long is *restarted*: it is cancelled
//! in the same way and queued again, for the daemon resends it to one courier for ever, also when
//! that courier is gone.

pub(crate) mod answer;
pub(crate) mod entry;
pub(crate) mod places;
mod queue;
pub(crate) mod suspects;
mod unanswered;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;

pub(crate) use self::answer::{ResendAnswer, ResendKey, ResendSink};

use self::entry::{Entry, PendingCancel, CANCEL_EVERY};
use self::places::Place;
use self::queue::{Item, Queue};
use super::calls::unsupported;
use super::health::unanswered::Unanswered;
use super::resend_request::ResendRequest;
use super::window::{Sample, Window};
use crate::client::runtime::query_ids::Queries;
use crate::wire::{Features, Hash, Reply, ReplyBody};
use crate::{Error, Result};

/// After so many cancels without effect the daemon cannot have the entry: it never answers some
/// malformed envelopes at all, and a slot must not be lost for ever.
const MAX_CANCELS: u32 = 15;
/// Copy commands run for minutes, so they do not count in the window. So many run at once.
const MAX_COPIES: usize = 3;
/// The daemon's error code for "cancelled".
const CANCELLED: u8 = 24;

/// All entries of a lane.
pub(crate) struct Resends {
    entries: BTreeMap<u64, Entry>,
    /// Reserved places that are not filled.
    places: HashMap<ResendKey, Place>,
    by_query: HashMap<u64, u64>,
    /// The queues: writes and copy commands, and reads. They take turns.
    queues: [Queue; 2],
    /// The queue whose turn it is.
    turn: usize,
    /// Names of running entries; the daemon would confuse two of one name.
    running: HashSet<Hash>,
    /// How many of those are copy commands.
    copies: usize,
    /// Entries on one of which the daemon seems to hang up.
    suspects: BTreeSet<ResendKey>,
    online: bool,
    /// On this daemon a cancel costs as much as what it cancels.
    patient: bool,
    next_key: u64,
    pub(crate) window: Window,
    unanswered: Unanswered,
}

const WRITES: usize = 0;
const READS: usize = 1;

impl Resends {
    /// Nothing is queued or at the daemon.
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(crate) fn new() -> Self {
        Resends {
            entries: BTreeMap::new(),
            places: HashMap::new(),
            by_query: HashMap::new(),
            queues: Default::default(),
            turn: WRITES,
            running: HashSet::new(),
            copies: 0,
            suspects: BTreeSet::new(),
            online: false,
            patient: false,
            next_key: 1,
            window: Window::new(),
            unanswered: Unanswered::default(),
        }
    }

    fn enter(&mut self, key: ResendKey, request: ResendRequest, sink: ResendSink) {
        self.entries.insert(key, Entry::new(request, sink));
    }

    /// Requests that are at the daemon now and count in the window.
    pub(crate) fn in_flight(&self) -> usize {
        self.running.len().saturating_sub(self.copies)
    }

    /// A write or copy command that somebody waits for has no answer yet.
    pub(crate) fn has_writes(&self) -> bool {
        self.entries
            .values()
            .any(|entry| entry.sink.is_some() && entry.request.is_write())
    }

    /// Requests that wait for their turn.
    pub(crate) fn queued(&self) -> usize {
        self.queues.iter().map(Queue::len).sum()
    }

    /// Requests that are at the daemon now.
    pub(crate) fn running(&self) -> usize {
        self.running.len()
    }

    /// The frame of the next entry, which runs from now on, and whether it was sent before.
    pub(crate) fn next(
        &mut self,
        features: &Features,
        queries: &Queries,
        now: Instant,
    ) -> Option<(Bytes, bool)> {
        while let Some(key) = self.take_from_queue(now) {
            let alone = self.running.is_empty();
            let Some(entry) = self.entries.get_mut(&key) else {
                continue;
            };
            let (query, id) = queries.fresh();
            let frame = if features.knows(entry.request.needs()) {
                entry.request.encode(&id)
            } else {
                Err(unsupported(entry.request.needs()))
            };
            match frame {
                Ok(frame) => {
                    entry.current = Some(query);
                    entry.sent += 1;
                    entry.sent_at = Some(now);
                    entry.alone = alone;
                    entry.expect_answer(now);
                    entry.request.report_handed();
                    if entry.request.is_answered_soon() {
                        self.unanswered.add(now);
                    }
                    self.by_query.insert(query, key);
                    self.running.insert(entry.name);
                    self.copies += usize::from(entry.request.is_copy());
                    return Some((frame, entry.sent > 1));
                }
                Err(error) => self.end(key, Err(error)),
            }
        }
        None
    }

    /// Takes the next entry that may run out of its queue.
    fn take_from_queue(&mut self, now: Instant) -> Option<ResendKey> {
        let only = self.next_suspect(now);
        for queue in [self.turn, 1 - self.turn] {
            let copies = self.copies < MAX_COPIES;
            let may_run = |key| self.may_run(key);
            if let Some(key) = self.queues[queue].first(only.as_deref(), copies, may_run) {
                self.turn = 1 - queue;
                self.queues[queue].remove(key);
                return Some(key);
            }
        }
        None
    }

    /// It is prepared, and no running entry is in its way.
    fn may_run(&self, key: ResendKey) -> bool {
        self.entries.get(&key).is_some_and(|entry| {
            !self.running.contains(&entry.name)
                && (self.copies < MAX_COPIES || !entry.request.is_copy())
        })
    }

    /// The caller has given up. Returns the cancel to be sent, if the daemon has the entry.
    pub(crate) fn abandon(
        &mut self,
        key: ResendKey,
        queries: &Queries,
        now: Instant,
    ) -> Option<Bytes> {
        if self.vacate(key) {
            return None;
        }
        let entry = self.entries.get_mut(&key)?;
        entry.sink = None;
        if entry.current.is_none() {
            self.end_quietly(key);
            return None;
        }
        entry.pending_cancel = Some(PendingCancel::after(1, self.patient, now));
        entry.request.cancel(&queries.fresh().1).ok()
    }

    /// Returns the cancels that are due: repeated ones, and those of entries to be restarted. An
    /// entry that no cancel had an effect on is given up.
    pub(crate) fn due_cancels(&mut self, queries: &Queries, now: Instant) -> Vec<Bytes> {
        if !self.online {
            return Vec::new();
        }
        let is_due = |entry: &Entry| entry.due().is_some_and(|at| at <= now);
        let due = self.at_daemon().filter(|(_, entry)| is_due(entry));
        // Each once, in the order in which they were entered.
        let mut keys = BTreeSet::new();
        keys.extend(due.map(|(key, _)| key));
        let mut cancels = Vec::new();
        for key in keys {
            let Some(entry) = self.entries.get_mut(&key) else {
                continue;
            };
            let sent = entry.pending_cancel.map_or(0, |pending| pending.sent);
            if sent >= MAX_CANCELS {
                self.give_up(key);
            } else {
                entry.pending_cancel = Some(PendingCancel::after(sent + 1, self.patient, now));
                cancels.extend(entry.request.cancel(&queries.fresh().1).ok());
            }
        }
        cancels
    }

    /// Entries that the daemon has or had; some of them several times.
    fn at_daemon(&self) -> impl Iterator<Item = (ResendKey, &Entry)> {
        let keys = self.by_query.values();
        keys.filter_map(|key| Some((*key, self.entries.get(key)?)))
    }

    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        if !self.online {
            return None;
        }
        let due = self.at_daemon().filter_map(|(_, entry)| entry.due()).min();
        due.into_iter().chain(self.trial_ends()).min()
    }

    /// Whether the daemon should get few cancels.
    pub(crate) fn cancel_patiently(&mut self, patient: bool) {
        self.patient = patient;
    }

    /// The daemon is on the mixnet, or no longer. Offline it does not answer a cancel either, so
    /// the times start again.
    pub(crate) fn set_online(&mut self, online: bool, now: Instant) {
        if online && !self.online {
            self.entries.values_mut().for_each(|e| e.expect_answer(now));
        }
        if online != self.online {
            self.window.disturb();
        }
        self.online = online;
    }

    /// A reply with query id `query` arrived. Returns true if it belonged to an entry.
    pub(crate) fn on_reply(
        &mut self,
        query: u64,
        reply: Reply,
        features: &Arc<Features>,
        now: Instant,
    ) -> bool {
        let Some(&key) = self.by_query.get(&query) else {
            return false;
        };
        // Some prepared entries wait.
        let is_full = self.queued() > self.places.len();
        if reply.error_code != CANCELLED {
            self.restart_unanswered(Some(key), now);
        }
        let Some(entry) = self.entries.get_mut(&key) else {
            return false;
        };
        if entry.current != Some(query) {
            // The code 24 for an earlier sending is the effect of our own cancel.
            if reply.error_code != CANCELLED {
                self.late_result(key, query, reply, features, now);
            }
            return true;
        }
        if reply.error_code == CANCELLED && entry.is_restarting() {
            self.put_back(key);
            return true;
        }
        if let (Some(sent), true) = (entry.sent_at, has_travelled(&reply)) {
            // Copy commands send packets that nothing reports.
            let full = is_full && self.copies == 0;
            self.window.learn(Sample {
                sent,
                answered: now,
                alone: entry.alone,
                full,
            });
        }
        let answer = answer(entry, reply, features);
        self.end(key, Ok(answer));
        true
    }

    /// The reply with query id `query` could not be read. Returns true if it belonged to an entry.
    pub(crate) fn on_unreadable(&mut self, query: u64, error: &Error) -> bool {
        let Some(&key) = self.by_query.get(&query) else {
            return false;
        };
        if self.entries.get(&key).map(|e| e.current) == Some(Some(query)) {
            self.end(key, Err(error.clone()));
        }
        true
    }

    /// An earlier sending was answered after all: that is the result. The request that still runs
    /// for the entry is cancelled.
    fn late_result(
        &mut self,
        key: ResendKey,
        query: u64,
        reply: Reply,
        features: &Arc<Features>,
        now: Instant,
    ) {
        let Some(entry) = self.entries.get_mut(&key) else {
            return;
        };
        let answer = answer(entry, reply, features);
        if let Some(sink) = entry.sink.take() {
            drop(sink.send(Ok(answer)));
        }
        entry.older.retain(|q| *q != query);
        self.by_query.remove(&query);
        if entry.current.is_none() {
            self.end_quietly(key);
        } else if entry.pending_cancel.is_none() {
            entry.pending_cancel = Some(PendingCancel { at: now, sent: 0 });
        }
    }

    /// The connection is lost and a new session starts, resumed or not. Returns the cancels that
    /// must precede everything else.
    pub(crate) fn reconnect(
        &mut self,
        resumed: bool,
        queries: &Queries,
        now: Instant,
    ) -> Vec<Bytes> {
        self.window.disturb();
        self.unanswered = Unanswered::default();
        let mut cancels = Vec::new();
        let keys: Vec<ResendKey> = self.entries.keys().copied().collect();
        for key in keys.into_iter().rev() {
            let Some(entry) = self.entries.get_mut(&key) else {
                continue;
            };
            let Some(query) = entry.current else {
                continue;
            };
            if resumed {
                cancels.extend(entry.request.cancel(&queries.fresh().1).ok());
            }
            if entry.sink.is_none() {
                if resumed {
                    // The daemon's queue was lost with the connection, so the entry cannot wait
                    // there; what got through may be one step behind: cancel once more.
                    entry.pending_cancel = Some(PendingCancel {
                        at: now + CANCEL_EVERY,
                        sent: MAX_CANCELS - 1,
                    });
                } else {
                    self.end_quietly(key); // discarded with the old session
                }
                continue;
            }
            entry.current = None;
            entry.pending_cancel = None;
            if resumed {
                entry.older.push(query);
            } else {
                self.by_query.remove(&query);
                for query in entry.older.drain(..) {
                    self.by_query.remove(&query);
                }
            }
            self.running.remove(&entry.name);
            self.copies -= usize::from(entry.request.is_copy());
            self.queues[queue_of(&entry.request)].push_front(key, item_of(&entry.request));
        }
        cancels.reverse();
        cancels
    }

    /// Completes everything with the error that `error` makes.
    pub(crate) fn fail_all(&mut self, error: impl Fn() -> Error) {
        for (_, mut entry) in std::mem::take(&mut self.entries) {
            if let Some(sink) = entry.sink.take() {
                drop(sink.send(Err(error())));
            }
        }
        for (_, place) in std::mem::take(&mut self.places) {
            // Nobody may wait for it any more.
            place.map(|notify| notify.send(Err(error())));
        }
        self.by_query.clear();
        self.queues = Default::default();
        self.running.clear();
        self.suspects.clear();
        self.copies = 0;
    }

    fn end(&mut self, key: ResendKey, outcome: Result<ResendAnswer>) {
        if let Some(entry) = self.remove(key) {
            if let Some(sink) = entry.sink {
                drop(sink.send(outcome));
            }
        }
    }

    /// No cancel has had any effect on an entry.
    fn give_up(&mut self, key: ResendKey) {
        if self.entries.get(&key).is_some_and(Entry::is_restarting) {
            self.put_back(key);
        } else {
            self.end_quietly(key);
        }
    }

    /// A restarted entry is queued again, behind all others.
    fn put_back(&mut self, key: ResendKey) {
        let Some(entry) = self.entries.get_mut(&key) else {
            return;
        };
        entry.put_back();
        self.running.remove(&entry.name);
        self.queues[queue_of(&entry.request)].push_back(key, item_of(&entry.request));
    }

    fn end_quietly(&mut self, key: ResendKey) {
        drop(self.remove(key));
    }

    fn remove(&mut self, key: ResendKey) -> Option<Entry> {
        let entry = self.entries.remove(&key)?;
        self.suspects.remove(&key);
        for query in entry.older.iter().copied().chain(entry.current) {
            self.by_query.remove(&query);
        }
        if entry.current.is_some() {
            self.running.remove(&entry.name);
            self.copies -= usize::from(entry.request.is_copy());
        } else {
            self.queues[queue_of(&entry.request)].remove(key);
        }
        Some(entry)
    }
}

fn item_of(request: &ResendRequest) -> Item {
    match request {
        ResendRequest::Box(_) => Item::Box,
        ResendRequest::Copy(_) => Item::Copy,
    }
}

fn queue_of(request: &ResendRequest) -> usize {
    if request.is_write() {
        WRITES
    } else {
        READS
    }
}

/// The answer crossed the mixnet, so its round trip is a sample.
fn has_travelled(reply: &Reply) -> bool {
    match &reply.body {
        ReplyBody::StartResending(body) => reply.error_code != CANCELLED && body.courier.is_some(),
        _ => false,
    }
}

fn answer(entry: &Entry, reply: Reply, features: &Arc<Features>) -> ResendAnswer {
    ResendAnswer {
        reply,
        features: Arc::clone(features),
        replayed: entry.sent > 1,
    }
}

#[cfg(test)]
pub(crate) mod tests;
