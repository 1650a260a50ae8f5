//! Encryptions: what the daemon computes itself, and what that costs.
//!
//! A box that is to be read or written is encrypted by the daemon first. With today's replica
//! scheme (CTIDH) that takes seconds of its processor, with x25519 some milliseconds, and
//! everything else that was asked on the same connection waits behind it. So encryptions travel
//! on connections of their own, and each of these has one at the daemon at most. The others wait
//! here, where they can be reordered and cancelled without a word to the daemon.
//!
//! A [`Permit`] is the right to have one at the daemon. It goes with the request, and with that
//! it ends: answered, lost, or given up before it was sent. What was sent and given up keeps
//! its permit until the daemon is done with it.

pub(crate) mod permit;
pub(crate) mod price;
pub(crate) mod queue;

use std::sync::{Arc, Mutex};
use std::time::Duration;

pub(crate) use self::permit::Permit;
pub(crate) use self::price::usual as usual_price;
pub(crate) use self::queue::{Priority, Sink};

use self::price::Price;
use self::queue::Queue;
use crate::error::closed;
use crate::sync::lock;
use crate::Result;

/// What a request has the daemon compute.
#[derive(Clone, Copy)]
pub(crate) struct Effort {
    /// Who goes first where several wait.
    pub(crate) priority: Priority,
    /// How many encryptions of boxes; 0 for what has another price.
    pub(crate) encryptions: u32,
}

/// The encryptions of one client: those that wait, and what they cost.
///
/// Its lock is the last of all: it is taken under a lane's, and nothing is called under it.
pub(crate) struct Encryption {
    price: Price,
    state: Mutex<State>,
}

struct State {
    queue: Queue,
    /// One for each connection for encryptions.
    slots: Vec<Slot>,
    /// All go on the one connection of an old daemon.
    single: bool,
    closed: bool,
}

#[derive(Clone, Copy, Default)]
struct Slot {
    /// A request is at the daemon, or about to be.
    taken: bool,
    /// Its connection stands.
    connected: bool,
}

impl State {
    /// A connection that has nothing to do. Only the first may be one that does not stand yet.
    fn free(&self) -> Option<usize> {
        let usable = |slot: &usize| *slot == 0 || self.single || self.slots[*slot].connected;
        let is_free = |slot: &usize| !self.slots[*slot].taken && usable(slot);
        let mut free = (0..self.slots.len()).filter(is_free);
        let first = free.next()?;
        if self.slots[first].connected {
            return Some(first);
        }
        Some(free.next().unwrap_or(first))
    }

    /// A connection that does not stand and would be of use.
    fn wanting(&self) -> Option<usize> {
        let none = |slot: &Slot| !slot.connected;
        let mut others = self.slots.iter().skip(1);
        others
            .position(none)
            .map(|at| at + 1)
            .filter(|_| !self.single)
    }
}

/// Where an encryption stands whose permit was asked for.
pub(crate) enum Asked<'a> {
    Granted(Permit),
    /// It waits while the ticket is held; another connection would help.
    Queued(Ticket<'a>, Option<usize>),
}

/// Takes a request for a permit out of the queue when its caller gives up.
pub(crate) struct Ticket<'a> {
    encryption: &'a Encryption,
    number: u64,
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        // What was granted meanwhile goes with whatever it was left in.
        let removed = lock(&self.encryption.state).queue.remove(self.number);
        drop(removed);
    }
}

impl Encryption {
    /// For so many connections.
    pub(crate) fn new(connections: usize) -> Arc<Self> {
        Arc::new(Encryption {
            price: Price::default(),
            state: Mutex::new(State {
                queue: Queue::default(),
                slots: vec![Slot::default(); connections.max(1)],
                single: false,
                closed: false,
            }),
        })
    }

    /// How long the daemon takes for one encryption on one connection, smoothed over those that
    /// were measured with the present daemon process; `None` before the first. It includes what
    /// other work of the daemon's machine slows it down by, but no waiting in this client.
    pub(crate) fn price(&self) -> Option<Duration> {
        self.price.get()
    }

    /// How many encryptions the daemon may be given at once.
    pub(crate) fn connections(&self) -> usize {
        lock(&self.state).slots.len()
    }

    /// How many requests wait here for their turn.
    pub(crate) fn queued(&self) -> usize {
        lock(&self.state).queue.len()
    }

    /// The daemon took `took` for `count` encryptions in one request.
    pub(crate) fn learn(&self, count: u32, took: Duration) {
        self.price.learn(count, took);
    }

    /// Another daemon process: what is known of the one before says nothing of it.
    pub(crate) fn on_restarted(&self) {
        self.price.forget();
    }

    /// A connection for encryptions stands, or no longer.
    pub(crate) fn set_connected(self: &Arc<Self>, slot: usize, connected: bool) {
        if let Some(slot) = lock(&self.state).slots.get_mut(slot) {
            slot.connected = connected;
        }
        self.grant();
    }

    /// The daemon is an old one, with which there is one connection for all.
    pub(crate) fn set_single(self: &Arc<Self>, single: bool) {
        lock(&self.state).single = single;
        self.grant();
    }

    /// Ends all waiting, for good.
    pub(crate) fn close(&self) {
        let mut state = lock(&self.state);
        state.closed = true;
        let all = state.queue.take_all();
        drop(state);
        for sink in all {
            drop(sink.deliver(Err(closed())));
        }
    }

    /// Asks for a permit, which the sink gets where it is not to be had at once.
    pub(crate) fn ask(self: &Arc<Self>, priority: Priority, sink: Sink) -> Result<Asked<'_>> {
        let mut state = lock(&self.state);
        if state.closed {
            return Err(closed());
        }
        // Nobody waits while a connection is free.
        if let Some(slot) = state.free() {
            state.slots[slot].taken = true;
            return Ok(Asked::Granted(Permit::new(Arc::clone(self), slot)));
        }
        let number = state.queue.push(priority, sink);
        let ticket = Ticket {
            encryption: self,
            number,
        };
        Ok(Asked::Queued(ticket, state.wanting()))
    }

    /// A connection that does not stand although somebody waits.
    pub(crate) fn wanting(&self) -> Option<usize> {
        let state = lock(&self.state);
        state.wanting().filter(|_| state.queue.len() > 0)
    }

    /// Hands out what is free to those who wait.
    fn grant(self: &Arc<Self>) {
        loop {
            let mut state = lock(&self.state);
            let Some(slot) = state.free() else { return };
            let Some(sink) = state.queue.next() else {
                return;
            };
            state.slots[slot].taken = true;
            drop(state);
            let permit = Permit::new(Arc::clone(self), slot);
            if let Err(permit) = sink.deliver(Ok(permit)) {
                permit.disarm(); // nobody took it; freed by hand, so that this loops
                lock(&self.state).slots[slot].taken = false;
            }
        }
    }

    fn give_back(self: &Arc<Self>, slot: usize) {
        lock(&self.state).slots[slot].taken = false;
        self.grant();
    }
}

#[cfg(test)]
pub(crate) mod tests;
