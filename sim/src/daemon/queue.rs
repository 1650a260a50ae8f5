//! What waits for the mixnet, and whose turn it is.

use std::collections::VecDeque;
use std::ops::Bound;

use super::arq::{BoxStart, CopyStart};
use super::connection::Step;
use super::events::Event;
use super::message::Message;
use super::processor::{Effort, Work};
use super::protocol::request::decode;
use super::state::{AppNo, ConnId, Daemon};
use super::streams::Making;

/// Requests that a connection can have waiting; then it is not read any more.
pub(crate) const DEPTH: usize = 16;
/// The one queue of daemons up to v0.0.73-rc1.
const ONE_QUEUE_DEPTH: usize = 64;

/// A request that waits for its turn to send a packet.
pub(crate) enum Queued {
    Message(Box<Message>),
    Box(Box<BoxStart>),
    Copy(Box<CopyStart>),
    /// A whole frame: in old daemons everything waits, local calls and cancels too.
    Frame(Vec<u8>),
}

/// The Poisson process that empties the queues, one packet a tick.
#[derive(Default)]
pub(crate) struct Ticks {
    armed: bool,
    /// The one queue of the old daemons waits until an encryption is done, and all packets with it.
    busy: bool,
    /// Nothing leaves unless it is stepped by hand.
    pub(crate) held: bool,
    /// Who had the last turn.
    last: AppNo,
    pub(crate) count: u64,
    one_queue: VecDeque<(ConnId, Vec<u8>)>,
}

impl Ticks {
    /// Requests in the one queue.
    pub(crate) fn one_queue_len(&self) -> usize {
        self.one_queue.len()
    }

    /// After a restart.
    pub(crate) fn forget(&mut self) {
        self.armed = false;
        self.busy = false;
        self.one_queue.clear();
    }
}

/// What a turn is used for.
enum Turn {
    Resend(u64),
    Request(ConnId, Queued),
}

impl Daemon {
    /// Puts a request into its connection's queue, or gives it back when that is full.
    pub(crate) fn enqueue(&mut self, id: ConnId, queued: Queued) -> Result<(), Queued> {
        let Some(conn) = self.conns.get_mut(&id) else {
            return Ok(());
        };
        if let Queued::Frame(frame) = queued {
            if self.ticks.one_queue.len() >= ONE_QUEUE_DEPTH {
                return Err(Queued::Frame(frame));
            }
            self.ticks.one_queue.push_back((id, frame));
        } else if conn.queue.len() >= DEPTH {
            return Err(queued);
        } else {
            conn.queue.push_back(queued);
        }
        self.arm();
        Ok(())
    }

    /// The same as a step of the reader.
    pub(crate) fn wait_for_turn(&mut self, id: ConnId, queued: Queued) -> Step {
        match self.enqueue(id, queued) {
            Ok(()) => Step::Next,
            Err(back) => Step::Full(back),
        }
    }

    /// Daemons up to v0.0.73-rc1 let everything wait in one queue.
    pub(crate) fn wait_in_the_one_queue(&mut self, id: ConnId, frame: &[u8]) -> Step {
        self.wait_for_turn(id, Queued::Frame(frame.to_vec()))
    }

    /// An entry in flight wants to send a packet.
    pub(crate) fn want_resend(&mut self, app: AppNo, entry: u64) {
        if let Some(app) = self.apps.get_mut(&app) {
            app.resends.push_back(entry);
            self.arm();
        }
    }

    /// Starts the clock of the next tick. An idle process needs none: the Poisson process has no memory.
    pub(crate) fn arm(&mut self) {
        let stopped = self.ticks.held || self.ticks.busy || !self.online;
        if self.ticks.armed || stopped || !self.has_work() {
            return;
        }
        self.ticks.armed = true;
        let gap = self.random.exponential(self.config.mean_gap());
        self.agenda.after(gap, Event::Tick);
    }

    /// A tick of the Poisson process.
    pub(crate) fn tick(&mut self) {
        self.ticks.armed = false;
        if self.online && !self.ticks.held && !self.ticks.busy {
            self.turn();
        }
        self.arm();
    }

    /// One packet leaves, if there is one to send.
    pub(crate) fn turn(&mut self) -> bool {
        if self.ticks.busy {
            return false;
        }
        self.ticks.count += 1;
        match self.choose() {
            Some(Turn::Resend(entry)) => self.send_entry(entry),
            Some(Turn::Request(id, queued)) => self.perform(id, queued),
            None => return false,
        }
        true
    }

    fn perform(&mut self, id: ConnId, queued: Queued) {
        match queued {
            Queued::Message(message) => self.send_message(*message),
            Queued::Box(start) => self.start_box(start),
            Queued::Copy(start) => self.start_copy(start),
            Queued::Frame(frame) => {
                if let Ok(request) = decode(self.era, &frame) {
                    self.answer_late(id, request);
                }
            }
        }
    }

    /// A request of an old era whose turn has come; what still needs a packet sends it on this tick.
    fn answer_late(&mut self, id: ConnId, request: super::protocol::request::Request<'_>) {
        if !self.conns.contains_key(&id) {
            return;
        }
        match self.answer(id, request) {
            Step::Make(making) => self.make_late(id, making),
            Step::Work(work) => self.occupy(*work),
            _ => {}
        }
        let queued = self.conns.get_mut(&id).and_then(|c| c.queue.pop_front());
        if let Some(queued) = queued {
            self.perform(id, queued);
        }
    }

    fn make_late(&mut self, id: ConnId, making: Box<Making>) {
        let now = self.now();
        let made = making.make(&mut self.network, now);
        let envelopes = making.envelopes(self.config.network.max_plaintext);
        let step = self.after_work(Effort::Encryptions(envelopes), move |daemon| {
            daemon.made(id, &making, &made);
        });
        if let Step::Work(work) = step {
            self.occupy(*work);
        }
    }

    /// Nothing leaves the one queue until this work is done.
    fn occupy(&mut self, work: Work) {
        self.ticks.busy = true;
        self.begin_work(work.and_then(|daemon| {
            daemon.ticks.busy = false;
            daemon.arm();
        }));
    }

    fn has_work(&self) -> bool {
        !self.ticks.one_queue.is_empty()
            || self.conns.values().any(|c| !c.queue.is_empty())
            || self.apps.values().any(|a| !a.resends.is_empty())
    }

    /// Round robin over the applications; what is in flight goes before what is new.
    fn choose(&mut self) -> Option<Turn> {
        let after = (Bound::Excluded(self.ticks.last), Bound::Unbounded);
        let upto = (Bound::Unbounded, Bound::Included(self.ticks.last));
        let order: Vec<AppNo> = self
            .apps
            .range(after)
            .chain(self.apps.range(upto))
            .map(|(app, _)| *app)
            .collect();
        for app in order {
            if let Some(turn) = self.turn_of(app) {
                self.ticks.last = app;
                return Some(turn);
            }
        }
        if let Some((id, frame)) = self.ticks.one_queue.pop_front() {
            self.tell_room();
            return Some(Turn::Request(id, Queued::Frame(frame)));
        }
        self.orphaned_request()
    }

    fn turn_of(&mut self, app: AppNo) -> Option<Turn> {
        let entry = self.apps.get_mut(&app)?;
        while let Some(number) = entry.resends.pop_front() {
            if self.arq.contains(number) {
                return Some(Turn::Resend(number));
            }
        }
        self.conns
            .iter_mut()
            .filter(|(_, conn)| conn.app == app)
            .find_map(|(id, conn)| {
                let queued = conn.queue.pop_front()?;
                conn.room.notify_one();
                Some(Turn::Request(*id, queued))
            })
    }

    /// What a connection queued whose application is gone.
    fn orphaned_request(&mut self) -> Option<Turn> {
        self.conns.iter_mut().find_map(|(id, conn)| {
            let queued = conn.queue.pop_front()?;
            conn.room.notify_one();
            Some(Turn::Request(*id, queued))
        })
    }

    /// Every connection may be waiting for room in the one queue.
    fn tell_room(&self) {
        for conn in self.conns.values() {
            conn.room.notify_one();
        }
    }
}
