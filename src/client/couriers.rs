//! Couriers: which there are, and which of them performs a copy command.
//!
//! A courier remembers how a copy ended for half an hour and then only repeats it, so
//! after a failure another one is chosen. And a courier that is no longer in the
//! network's document will not answer: who waits for one is told.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::events::{CourierVanished, Event};
use super::inner::Inner;
use super::message::Destination;
use super::queries::random_array;
use super::Client;
use crate::pki::{Document, Service};
use crate::sync::lock;
use crate::wire::Hash;
use crate::{Error, Result, Status};

/// The capability by which couriers are found.
pub(crate) const COURIER: &str = "courier";

/// So long a courier remembers how a copy ended.
const REMEMBERED: Duration = Duration::from_secs(30 * 60);
/// Failures kept at most.
const MAX_FAILURES: usize = 256;

/// Which couriers are at work for which temporary streams, and which have failed.
#[derive(Default)]
pub(crate) struct Copies {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    running: Vec<Running>,
    failures: VecDeque<Failure>,
}

struct Running {
    stream: Hash,
    courier: Hash,
    told: bool,
}

struct Failure {
    stream: Hash,
    courier: Hash,
    at: Instant,
}

/// A copy command that is registered until this is dropped.
pub(crate) struct AtWork<'a> {
    copies: &'a Copies,
    stream: Hash,
}

impl Drop for AtWork<'_> {
    fn drop(&mut self) {
        lock(&self.copies.state)
            .running
            .retain(|copy| copy.stream != self.stream);
    }
}

impl Copies {
    /// A courier begins.
    pub(crate) fn begin(&self, stream: Hash, courier: Hash) -> AtWork<'_> {
        lock(&self.state).running.push(Running {
            stream,
            courier,
            told: false,
        });
        AtWork {
            copies: self,
            stream,
        }
    }

    /// A courier has failed, and would now only say so again.
    pub(crate) fn failed(&self, stream: Hash, courier: Hash) {
        let mut state = lock(&self.state);
        if state.failures.len() >= MAX_FAILURES {
            state.failures.pop_front();
        }
        state.failures.push_back(Failure {
            stream,
            courier,
            at: Instant::now(),
        });
    }

    /// Couriers that have failed for a stream, as far as they remember it.
    fn failed_for(&self, stream: &Hash) -> Vec<Hash> {
        let mut state = lock(&self.state);
        state.failures.retain(|f| f.at.elapsed() < REMEMBERED);
        let of_stream = state.failures.iter().filter(|f| f.stream == *stream);
        of_stream.map(|f| f.courier).collect()
    }

    /// Copies whose courier a new document does not name any more, each told once.
    fn vanished(&self, document: &Document) -> Vec<Event> {
        let mut state = lock(&self.state);
        let mut events = Vec::new();
        for copy in &mut state.running {
            let here = document.has_identity(&copy.courier);
            if !here && !copy.told {
                events.push(Event::CourierVanished(CourierVanished {
                    stream: copy.stream,
                    courier: copy.courier,
                }));
            }
            copy.told = !here;
        }
        events
    }
}

impl Inner {
    /// Tells of couriers that are at work and not in this new document.
    pub(crate) fn tell_vanished(&self, document: &Document) {
        self.publish_all(self.copies.vanished(document));
    }
}

/// A number below `count`, each as likely as any other.
fn random_below(count: usize) -> Result<usize> {
    let random = u64::from_le_bytes(random_array()?);
    #[allow(clippy::cast_possible_truncation)] // smaller than a length
    Ok((random % (count as u64)) as usize)
}

fn destination(courier: Service) -> Destination {
    Destination {
        node: courier.node,
        queue: courier.queue,
    }
}

impl Client {
    /// All couriers of the current document, in its order.
    pub fn couriers(&self) -> Result<Vec<Service>> {
        self.services(COURIER)
    }

    /// `count` couriers on different nodes, in random order.
    /// `NOT_ENOUGH_COURIERS` if there are fewer.
    pub fn distinct_couriers(&self, count: usize) -> Result<Vec<Service>> {
        let mut left = self.pki_document()?.services(COURIER);
        let mut chosen: Vec<Service> = Vec::new();
        while chosen.len() < count && !left.is_empty() {
            let courier = left.swap_remove(random_below(left.len())?);
            left.retain(|other| other.node != courier.node);
            chosen.push(courier);
        }
        if chosen.len() < count {
            return Err(Error::new(
                Status::NOT_ENOUGH_COURIERS,
                format!("the network has {} couriers, not {count}", chosen.len()),
            ));
        }
        Ok(chosen)
    }

    /// One courier, chosen uniformly at random each time.
    pub fn courier(&self) -> Result<Service> {
        self.service(COURIER)
    }
}

impl Inner {
    fn couriers(&self) -> Result<Vec<Service>> {
        let couriers = lock(&self.view).document()?.services(COURIER);
        if couriers.is_empty() {
            return Err(Error::new(
                Status::SERVICE_NOT_FOUND,
                "no node of the network is a courier",
            ));
        }
        Ok(couriers)
    }

    /// A courier for a copy command over the stream of this hash: a random one of those
    /// that have not failed for it, as far as known here or listed in `failed`.
    pub(crate) fn courier_for(&self, stream: &Hash, failed: &[Hash]) -> Result<Destination> {
        let couriers = self.couriers()?;
        let known = self.copies.failed_for(stream);
        let is_fresh = |c: &&Service| !known.contains(&c.node) && !failed.contains(&c.node);
        let fresh: Vec<&Service> = couriers.iter().filter(is_fresh).collect();
        let all: Vec<&Service> = couriers.iter().collect();
        // Where every one has failed, one may have forgotten by now.
        let choice = if fresh.is_empty() { all } else { fresh };
        let chosen = choice[random_below(choice.len())?];
        Ok(destination(chosen.clone()))
    }

    /// Refuses half a courier, and what is no courier of the current document.
    pub(crate) fn check_courier(&self, courier: &Destination) -> Result<()> {
        if courier.queue.is_empty() || courier.node == [0; 32] {
            return Err(Error::new(
                Status::ARG_PAIR,
                "a courier needs both its identity hash and its queue id",
            ));
        }
        let is_it = |c: &Service| c.node == courier.node && c.queue == courier.queue;
        if self.couriers()?.iter().any(is_it) {
            return Ok(());
        }
        Err(Error::new(
            Status::SERVICE_NOT_FOUND,
            "the current document names no such courier",
        ))
    }
}
