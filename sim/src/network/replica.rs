//! Storage replicas: boxes in memory, each kept by two of them.

use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use kpclient::bacap::blake2b_256;

use super::boxes::SignedBox;
use super::config::NetworkConfig;
use super::ed25519;
use super::envelope::{Answer, Recipient};
use super::faults::Faults;
use super::journal::Journal;
use super::random::{derive, Random};
use super::scheme::public_of;
use super::types::{Code, Fault};

/// Codes of replicas.
pub(super) mod code {
    /// Done.
    pub(in super::super) const OK: u8 = 0;
    /// There is no such box.
    pub(in super::super) const NOT_FOUND: u8 = 1;
    /// The box's name is no key.
    pub(super) const INVALID_BOX_ID: u8 = 2;
    /// The signature is wrong or missing.
    pub(super) const INVALID_SIGNATURE: u8 = 3;
    /// The storage fails.
    pub(super) const DATABASE: u8 = 4;
    /// No room for another write.
    pub(super) const STORAGE_FULL: u8 = 6;
    /// The envelope does not open.
    pub(in super::super) const INTERNAL: u8 = 7;
    /// The box holds something else.
    pub(super) const EXISTS: u8 = 10;
    /// It was deleted.
    pub(in super::super) const TOMBSTONE: u8 = 11;
}

/// How many replicas keep a box.
const SHARDS: usize = 2;

/// All replicas.
pub(super) struct Replicas {
    seed: u64,
    lag: Duration,
    identical_rewrite_is_error: bool,
    overwrites: bool,
    full: bool,
    identities: Vec<[u8; 32]>,
    stores: Vec<HashMap<[u8; 32], Stored>>,
    /// The boxes in the order in which they came.
    order: Vec<[u8; 32]>,
    journal: Option<Journal>,
}

/// A box, and what readers see until the write is visible.
#[derive(Clone)]
struct Stored {
    now: Arc<SignedBox>,
    since: Duration,
    before: Option<Arc<SignedBox>>,
}

impl Replicas {
    /// Empty replicas.
    pub(super) fn new(config: &NetworkConfig) -> Replicas {
        let identities = (0..config.replicas)
            .map(|number| {
                let seed = derive(config.seed, "replica identity", &[number as u64]);
                *ed25519::Signer::from_seed(&seed).public()
            })
            .collect();
        Replicas {
            seed: config.seed,
            lag: config.replication_lag,
            identical_rewrite_is_error: config.identical_rewrite_is_error,
            overwrites: config.overwrites,
            full: false,
            identities,
            stores: vec![HashMap::new(); config.replicas],
            order: Vec::new(),
            journal: None,
        }
    }

    /// Loads the boxes of a file and stores all further ones there.
    pub(super) fn keep_in(&mut self, path: &Path) -> io::Result<()> {
        let (journal, boxes) = Journal::open(path)?;
        for what in boxes {
            self.put(Duration::ZERO, None, what);
        }
        self.journal = Some(journal);
        Ok(())
    }

    /// Their identity keys; the position is the ReplicaID.
    pub(super) fn identities(&self) -> &[[u8; 32]] {
        &self.identities
    }

    /// While true every write is refused.
    pub(super) fn set_full(&mut self, full: bool) {
        self.full = full;
    }

    /// The private envelope key of one replica in one replica epoch; `None` for a replica that is not there.
    pub(super) fn envelope_secret(&self, number: u8, epoch: u64) -> Option<[u8; 32]> {
        let there = usize::from(number) < self.stores.len();
        there.then(|| derive(self.seed, "envelope key", &[u64::from(number), epoch]))
    }

    /// Its public half.
    pub(super) fn envelope_public(&self, number: u8, epoch: u64) -> Option<[u8; 32]> {
        let secret = self.envelope_secret(number, epoch)?;
        Some(public_of(&secret))
    }

    /// The replicas that keep a box.
    pub(super) fn shards(&self, id: &[u8; 32]) -> Vec<u8> {
        let mut ranked: Vec<([u8; 32], u8)> = self
            .identities
            .iter()
            .zip(0..)
            .map(|(identity, number)| (blake2b_256(&[&identity[..], id].concat()), number))
            .collect();
        ranked.sort_unstable();
        ranked.truncate(SHARDS);
        ranked.into_iter().map(|(_, number)| number).collect()
    }

    /// The two replicas that an envelope about this box goes through: if there are enough, others than those that keep it.
    pub(super) fn intermediates(
        &self,
        random: &mut Random,
        id: &[u8; 32],
        epoch: u64,
    ) -> Option<[Recipient; 2]> {
        let count = u8::try_from(self.stores.len()).ok()?;
        let shards = self.shards(id);
        let mut from: Vec<u8> = (0..count).filter(|n| !shards.contains(n)).collect();
        if from.len() < 2 {
            from = (0..count).collect();
        }
        self.recipients(two_of(random, &from)?, epoch)
    }

    /// As [`Replicas::intermediates`] for the oldest era: one that keeps the box and any other.
    pub(super) fn one_shard_and_another(
        &self,
        random: &mut Random,
        id: &[u8; 32],
        epoch: u64,
    ) -> Option<[Recipient; 2]> {
        let count = u8::try_from(self.stores.len()).ok()?;
        let shard = *random.pick(&self.shards(id))?;
        let others: Vec<u8> = (0..count).filter(|n| *n != shard).collect();
        let other = *random.pick(&others).unwrap_or(&shard);
        self.recipients([shard.min(other), shard.max(other)], epoch)
    }

    fn recipients(&self, numbers: [u8; 2], epoch: u64) -> Option<[Recipient; 2]> {
        let recipient = |number| {
            Some(Recipient {
                number,
                public: self.envelope_public(number, epoch)?,
            })
        };
        Some([recipient(numbers[0])?, recipient(numbers[1])?])
    }

    /// Keeps a box.
    pub(super) fn write(&mut self, now: Duration, what: SignedBox, faults: &mut Faults) -> Answer {
        Answer {
            code: self.try_write(now, what, faults),
            is_read: false,
            found: None,
        }
    }

    fn try_write(&mut self, now: Duration, what: SignedBox, faults: &mut Faults) -> Code {
        let wanted = faults.take(|fault| match fault {
            Fault::ReplicaWrite(code) => Some(*code),
            _ => None,
        });
        if let Some(code) = wanted {
            return code;
        }
        if !ed25519::is_usable(&what.id) {
            return code::INVALID_BOX_ID;
        }
        if !what.verify() {
            return code::INVALID_SIGNATURE;
        }
        if self.full {
            return code::STORAGE_FULL;
        }
        self.store(now, what)
    }

    fn store(&mut self, now: Duration, what: SignedBox) -> Code {
        let shards = self.shards(&what.id);
        let existing = shards
            .iter()
            .find_map(|number| self.stores.get(usize::from(*number))?.get(&what.id))
            .cloned();
        if let Some(existing) = &existing {
            if *existing.now == what {
                let refused = self.identical_rewrite_is_error && !what.is_tombstone();
                return if refused { code::EXISTS } else { code::OK };
            }
            if !what.is_tombstone() && !self.overwrites {
                return code::EXISTS;
            }
        }
        if let Some(journal) = &mut self.journal {
            if journal.append(&what).is_err() {
                return code::DATABASE;
            }
        }
        let before = existing.and_then(|existing| existing.seen_by_readers(now, self.lag));
        self.put(now, before, what);
        code::OK
    }

    /// Stores a box at its replicas.
    fn put(&mut self, since: Duration, before: Option<Arc<SignedBox>>, what: SignedBox) {
        let stored = Stored {
            now: Arc::new(what),
            since,
            before,
        };
        let shards = self.shards(&stored.now.id);
        let is_known = |number: &u8| self.stores.get(usize::from(*number))?.get(&stored.now.id);
        if shards.iter().find_map(is_known).is_none() {
            self.order.push(stored.now.id);
        }
        for number in shards {
            if let Some(store) = self.stores.get_mut(usize::from(number)) {
                store.insert(stored.now.id, stored.clone());
            }
        }
    }

    /// Loses boxes, as after they expired: `count` of those that ever came, from the one at `from` on.
    /// Returns how many there were.
    pub(super) fn lose(&mut self, from: usize, count: usize) -> usize {
        let mut lost = 0;
        for id in self.order.iter().skip(from).take(count) {
            let before = self.stores.iter_mut().filter_map(|store| store.remove(id));
            lost += usize::from(before.count() > 0);
        }
        lost
    }

    /// Returns a box.
    pub(super) fn read(&self, now: Duration, id: &[u8; 32], faults: &mut Faults) -> Answer {
        if let Some(answer) = wanted_answer(id, faults) {
            return answer;
        }
        if !ed25519::is_usable(id) {
            return answer_to_read(code::INVALID_BOX_ID, None);
        }
        match self.look_up(now, id) {
            None => answer_to_read(code::NOT_FOUND, None),
            Some(found) if found.is_tombstone() => {
                answer_to_read(code::TOMBSTONE, Some((*found).clone()))
            }
            Some(found) => {
                let mut found = (*found).clone();
                if let Some(byte) = faults
                    .take(|f| (*f == Fault::DamagedBox).then_some(()))
                    .and(found.sealed.last_mut())
                {
                    *byte ^= 1;
                }
                answer_to_read(code::OK, Some(found))
            }
        }
    }

    /// What readers see now.
    pub(super) fn look_up(&self, now: Duration, id: &[u8; 32]) -> Option<Arc<SignedBox>> {
        self.shards(id)
            .iter()
            .find_map(|number| self.stores.get(usize::from(*number))?.get(id))?
            .seen_by_readers(now, self.lag)
    }

    /// How many boxes there are, tombstones too.
    pub(super) fn boxes(&self) -> usize {
        let copies = SHARDS.min(self.stores.len()).max(1);
        self.stores.iter().map(HashMap::len).sum::<usize>() / copies
    }
}

impl Stored {
    fn seen_by_readers(&self, now: Duration, lag: Duration) -> Option<Arc<SignedBox>> {
        if now >= self.since.saturating_add(lag) {
            Some(Arc::clone(&self.now))
        } else {
            self.before.clone()
        }
    }
}

fn wanted_answer(id: &[u8; 32], faults: &mut Faults) -> Option<Answer> {
    let wanted = faults.take(|fault| match fault {
        Fault::ReplicaRead(code) => Some(*code),
        Fault::ForgedTombstone => Some(code::TOMBSTONE),
        _ => None,
    })?;
    let forged = (wanted == code::TOMBSTONE).then(|| SignedBox {
        id: *id,
        sealed: Vec::new(),
        signature: [0; 64],
    });
    Some(answer_to_read(wanted, forged))
}

fn answer_to_read(code: Code, found: Option<SignedBox>) -> Answer {
    Answer {
        code,
        is_read: true,
        found,
    }
}

fn two_of(random: &mut Random, from: &[u8]) -> Option<[u8; 2]> {
    let first = *random.pick(from)?;
    let rest: Vec<u8> = from.iter().copied().filter(|n| *n != first).collect();
    Some([first, *random.pick(&rest).unwrap_or(&first)])
}

#[cfg(test)]
#[path = "replica_tests.rs"]
mod tests;
