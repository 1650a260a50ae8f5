//! Encryptions: what the daemon computes itself, and its cost.
//!
//! Before a box is read or written, the daemon encrypts it. With today's replica scheme (CTIDH)
//! that takes seconds of its processor, with x25519 some milliseconds, and everything else on the
//! same connection waits behind it. So encryptions have connections of their own, and each of these
//! has at most one at the daemon. The others wait here, where they can be reordered and cancelled
//! without a message to the daemon.
//!
//! A [`Permit`] is the right to have one at the daemon. It belongs to the request and is released
//! with it: when that is answered, lost, or given up before it was sent. A request that was given
//! up after it was sent keeps its permit until the daemon is done with it.

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

/// What the daemon computes for a request.
#[derive(Clone, Copy)]
pub(crate) struct Effort {
    /// Which request goes first where several wait.
    pub(crate) priority: Priority,
    /// The number of box encryptions; 0 for requests with another price.
    pub(crate) encryptions: u32,
}

/// The encryptions of one client: those that wait, and their cost.
///
/// Its lock comes last in the order: it is taken under a lane's, and nothing is called under it.
pub(crate) struct Encryption {
    price: Price,
    state: Mutex<State>,
}

struct State {
    queue: Queue,
    /// One for each connection for encryptions.
    slots: Vec<Slot>,
    /// All use the one connection of an old daemon.
    single: bool,
    closed: bool,
}

#[derive(Clone, Copy, Default)]
struct Slot {
    /// A request is at the daemon, or about to be.
    taken: bool,
    /// Its connection is established.
    connected: bool,
}

impl State {
    /// An idle connection. Only the first may be one that is not established yet.
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

    /// A connection that is not established and would help.
    fn wanting(&self) -> Option<usize> {
        let none = |slot: &Slot| !slot.connected;
        let mut others = self.slots.iter().skip(1);
        others
            .position(none)
            .map(|at| at + 1)
            .filter(|_| !self.single)
    }
}

/// The state of an encryption whose permit was requested.
pub(crate) enum Asked<'a> {
    Granted(Permit),
    /// It waits while the ticket is held; another connection would help.
    Queued(Ticket<'a>, Option<usize>),
}

/// Removes a request for a permit from the queue when its caller gives up.
pub(crate) struct Ticket<'a> {
    encryption: &'a Encryption,
    number: u64,
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        // A permit granted meanwhile is dropped with its sink.
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

    /// How long the daemon takes for one encryption on one connection, smoothed over those measured
    /// with the present daemon process; `None` before the first. It includes delays from other load
    /// on the daemon's machine, but no waiting in this client.
    pub(crate) fn price(&self) -> Option<Duration> {
        self.price.get()
    }

    /// How many encryptions the daemon may have at once.
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

    /// Another daemon process: measurements of the previous one do not apply to it.
    pub(crate) fn on_restarted(&self) {
        self.price.forget();
    }

    /// A connection for encryptions is established, or no longer.
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

    /// Stops all waiting, for good.
    pub(crate) fn close(&self) {
        let mut state = lock(&self.state);
        state.closed = true;
        let all = state.queue.take_all();
        drop(state);
        for sink in all {
            drop(sink.deliver(Err(closed())));
        }
    }

    /// Requests a permit; the sink gets it where none is free at once.
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

    /// A connection that is not established although somebody waits.
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
                permit.disarm(); // nobody took it; released by hand, so that this loops
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
