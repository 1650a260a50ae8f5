//! Couriers: which exist, and which of them executes a copy command.
//!
//! A courier remembers the outcome of a copy for half an hour and then only repeats it, so after a
//! failure another one is chosen. A courier whose command was given up here still executes it, so
//! it is taken again: another one would do the same beside it. A courier that is missing in the
//! network's document will not answer: an event reports that to those who wait for it.

use crate::client::handle::Client;
use crate::client::runtime::query_ids::random_array;
use crate::client::shared::Shared;
use crate::client::stored::destination::Destination;
use crate::pki::{Document, Service};
use crate::sync::lock;
use crate::wire::Hash;
use crate::{Error, Result, Status};

/// The capability by which couriers are found.
pub(crate) const COURIER: &str = "courier";

impl Shared {
    /// Publishes which busy couriers are missing in this new document.
    pub(crate) fn publish_vanished(&self, document: &Document) {
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
    /// Fails with `NOT_ENOUGH_COURIERS` if there are fewer.
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

impl Shared {
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

    /// A courier for a copy command over the stream of this hash: the one that has such a
    /// command, or a random one of those that have not failed for it, as far as known here or
    /// listed in `failed`.
    pub(crate) fn courier_for(&self, stream: &Hash, failed: &[Hash]) -> Result<Destination> {
        let couriers = self.couriers()?;
        let known = self.copies.failed_for(stream);
        let is_fresh = |c: &&Service| !known.contains(&c.node) && !failed.contains(&c.node);
        let fresh: Vec<&Service> = couriers.iter().filter(is_fresh).collect();
        let at_work = self.copies.at_work_for(stream);
        if let Some(courier) = fresh.iter().find(|c| Some(c.node) == at_work) {
            return Ok(destination((*courier).clone()));
        }
        let all: Vec<&Service> = couriers.iter().collect();
        // Where every one has failed, one may have dropped the failure by now.
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
