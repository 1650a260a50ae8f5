//! Couriers: they take envelopes, ask replicas, and cache the answers.
//!
//! A courier is a cache in front of the replicas, with the hazards of the real one. A known envelope is answered from the
//! cache and looked up again for the next query. After a few look-ups the courier repeats "not found" until the entry is old
//! *and* another envelope triggers the clean-up. Couriers do not share their caches.

use std::collections::HashMap;
use std::time::Duration;

use kpclient::bacap::WriteCap;

use super::copy_run::CopyJob;
use super::envelope::{self, Answer, Envelope, Order, Origin};
use super::faults::Faults;
use super::random::Random;
use super::replica::{code, Replicas};
use super::types::{BoxAnswer, Code, CopyState, Fault, Hash};

/// The age at which another envelope removes an entry.
const CACHE_LIFE: Duration = Duration::from_secs(5 * 60);
/// How long the outcome of a copy command is remembered.
const COPY_MEMORY: Duration = Duration::from_secs(30 * 60);

/// A courier's own errors.
mod error {
    /// The envelope is malformed.
    pub(super) const INVALID_ENVELOPE: u8 = 1;
    /// Its replica epoch is too far from ours.
    pub(super) const INVALID_EPOCH: u8 = 4;
}

/// What a courier works with.
pub(super) struct World<'a> {
    /// The replicas behind it.
    pub(super) replicas: &'a mut Replicas,
    /// The ordered faults.
    pub(super) faults: &'a mut Faults,
    /// For nonces.
    pub(super) random: &'a mut Random,
    /// The replica epoch now.
    pub(super) replica_epoch: u64,
    /// The valid sizes of an envelope.
    pub(super) envelope_lengths: [usize; 2],
    /// How often the replicas are asked again about one envelope.
    pub(super) look_ups: u32,
    /// Probability that a write is performed twice.
    pub(super) double_writes: f64,
    /// How long a copy waits for a box.
    pub(super) copy_patience: Duration,
}

impl World<'_> {
    /// Makes the replicas of an envelope perform it.
    pub(super) fn perform(&mut self, now: Duration, envelope: &Envelope<'_>) -> Answer {
        match self.open(envelope) {
            Some(Order::Read(id)) => self.replicas.read(now, &id, self.faults),
            Some(Order::Write(what)) => self.replicas.write(now, what, self.faults),
            None => Answer {
                code: code::INTERNAL,
                is_read: false,
                found: None,
            },
        }
    }

    /// What is inside an envelope.
    pub(super) fn open(&self, envelope: &Envelope<'_>) -> Option<Order> {
        let number = envelope.numbers()[0];
        let secret = self.replicas.envelope_secret(number, envelope.epoch())?;
        envelope.open(0, &secret)
    }

    /// Parses an envelope; otherwise returns the courier's own error.
    pub(super) fn check<'a>(&self, bytes: &'a [u8]) -> Result<Envelope<'a>, Code> {
        if !self.envelope_lengths.contains(&bytes.len()) {
            return Err(error::INVALID_ENVELOPE);
        }
        let envelope = Envelope::parse(bytes).ok_or(error::INVALID_ENVELOPE)?;
        let known = |number| self.replicas.envelope_secret(number, 0).is_some();
        if !envelope.numbers().into_iter().all(known) {
            return Err(error::INVALID_ENVELOPE);
        }
        if envelope.epoch().abs_diff(self.replica_epoch) > 1 {
            return Err(error::INVALID_EPOCH);
        }
        Ok(envelope)
    }
}

/// One courier.
#[derive(Default)]
pub(super) struct Courier {
    cache: HashMap<Hash, Entry>,
    copies: HashMap<Hash, CopyJob>,
    look_ups: u64,
}

struct Entry {
    since: Duration,
    again: u32,
    answer: Answer,
}

impl Courier {
    /// How often replicas were asked for a box.
    pub(super) fn look_ups(&self) -> u64 {
        self.look_ups
    }

    /// First round trip: takes the envelope and performs it. A known envelope is answered at once.
    pub(super) fn ack(
        &mut self,
        now: Duration,
        world: &mut World<'_>,
        bytes: &[u8],
        hash: &Hash,
    ) -> Result<Option<Answer>, Code> {
        let wanted = world.faults.take(|fault| match fault {
            Fault::CourierAck(code) => Some(*code),
            _ => None,
        });
        if let Some(code) = wanted {
            return Err(code);
        }
        let envelope = world.check(bytes)?;
        if envelope::hash(bytes) != *hash {
            return Err(error::INVALID_ENVELOPE);
        }
        if let Some(answer) = self.recall(now, world, bytes, hash)? {
            return Ok(Some(answer));
        }
        self.cache
            .retain(|_, entry| now.saturating_sub(entry.since) <= CACHE_LIFE);
        let mut answer = world.perform(now, &envelope);
        if !answer.is_read && world.random.chance(world.double_writes) {
            answer = world.perform(now, &envelope);
        }
        self.look_ups += u64::from(answer.is_read);
        let entry = Entry {
            since: now,
            again: 0,
            answer,
        };
        self.cache.insert(*hash, entry);
        Ok(None)
    }

    /// Second round trip: returns the answer of a replica.
    pub(super) fn result(
        &mut self,
        now: Duration,
        world: &mut World<'_>,
        bytes: &[u8],
        hash: &Hash,
    ) -> BoxAnswer {
        let wanted = world.faults.take(|fault| match fault {
            Fault::CourierResult(code) => Some(*code),
            _ => None,
        });
        if let Some(code) = wanted {
            return BoxAnswer::CourierError(code);
        }
        let known = match self.recall(now, world, bytes, hash) {
            Ok(None) => self.ack(now, world, bytes, hash),
            known => known,
        };
        match known {
            Ok(Some(answer)) => seal(world, bytes, 0, &answer),
            Ok(None) => BoxAnswer::Pending,
            Err(code) => BoxAnswer::CourierError(code),
        }
    }

    /// The cached answer.
    pub(super) fn known(&self, hash: &Hash) -> Option<&Answer> {
        self.cache.get(hash).map(|entry| &entry.answer)
    }

    /// The cached answer. If it is "not found", looks again for the next query.
    fn recall(
        &mut self,
        now: Duration,
        world: &mut World<'_>,
        bytes: &[u8],
        hash: &Hash,
    ) -> Result<Option<Answer>, Code> {
        let Some(entry) = self.cache.get_mut(hash) else {
            return Ok(None);
        };
        let known = entry.answer.clone();
        if known.is_read && known.code == code::NOT_FOUND && entry.again < world.look_ups {
            entry.again += 1;
            self.look_ups += 1;
            entry.answer = world.perform(now, &world.check(bytes)?);
        }
        Ok(Some(known))
    }

    /// A copy command arrives.
    pub(super) fn copy_start(&mut self, now: Duration, world: &mut World<'_>, cap: WriteCap) {
        self.forget_copies(now);
        self.copies
            .entry(cap.hash())
            .or_insert_with(|| CopyJob::new(now, cap))
            .advance(now, world);
    }

    /// How a copy command stands.
    pub(super) fn copy_poll(
        &mut self,
        now: Duration,
        world: &mut World<'_>,
        hash: &Hash,
    ) -> CopyState {
        self.forget_copies(now);
        match self.copies.get_mut(hash) {
            None => CopyState::Unknown,
            Some(job) => job.advance(now, world),
        }
    }

    fn forget_copies(&mut self, now: Duration) {
        self.copies.retain(|_, job| {
            job.completed()
                .is_none_or(|completed| now.saturating_sub(completed) <= COPY_MEMORY)
        });
    }
}

/// Seals an answer as the replica in this slot would.
pub(super) fn seal(world: &mut World<'_>, bytes: &[u8], slot: u8, answer: &Answer) -> BoxAnswer {
    let sealed = Envelope::parse(bytes).and_then(|envelope| {
        let number = envelope.numbers()[usize::from(slot & 1)];
        let epoch = envelope.epoch();
        let secret = world.replicas.envelope_secret(number, epoch)?;
        let origin = Origin { slot, epoch };
        let ephemeral = envelope.ephemeral();
        Some(envelope::seal_answer(
            world.random,
            origin,
            &secret,
            &ephemeral,
            answer,
        ))
    });
    let Some(mut sealed) = sealed else {
        return BoxAnswer::CourierError(error::INVALID_ENVELOPE);
    };
    let damage = |fault: &Fault| (*fault == Fault::DamagedAnswer).then_some(());
    if let Some(byte) = world.faults.take(damage).and(sealed.last_mut()) {
        *byte ^= 1;
    }
    BoxAnswer::Sealed(sealed)
}
