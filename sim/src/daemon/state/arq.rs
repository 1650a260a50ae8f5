//! The ARQ table: what is retransmitted until an answer comes.
//!
//! Every start makes an entry, also a start that was sent before. A hash leads only to the entry that sent last, so a cancel
//! reaches that one and no other.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use super::ids::AppNo;
use crate::daemon::protocol::request::Id;
use crate::network::{BoxAnswer, Code, CopyState, Hash, IndexBytes, ReadCapBytes, WriteCapBytes};

/// The capability of a start.
pub(crate) enum Capability {
    Read(ReadCapBytes),
    Write(WriteCapBytes),
}

/// A start of a read or a write that waits for its turn.
pub(crate) struct BoxStart {
    pub(crate) app: AppNo,
    pub(crate) query_id: Option<Id>,
    pub(crate) capability: Capability,
    pub(crate) index: Option<IndexBytes>,
    pub(crate) descriptor: Vec<u8>,
    pub(crate) ciphertext: Vec<u8>,
    pub(crate) hash: Hash,
    pub(crate) no_retry: bool,
    pub(crate) no_idempotent: bool,
}

impl BoxStart {
    /// Whether it completes as soon as a courier has its envelope.
    pub(crate) fn ends_when_taken(&self) -> bool {
        matches!(self.capability, Capability::Write(_)) && !self.no_idempotent
    }
}

/// A start of a copy command that waits for its turn.
pub(crate) struct CopyStart {
    pub(crate) app: AppNo,
    pub(crate) query_id: Option<Id>,
    pub(crate) write_cap: WriteCapBytes,
    pub(crate) hash: Hash,
    pub(crate) courier: Option<(Hash, Vec<u8>)>,
}

/// What an entry is about.
#[derive(Clone)]
pub(crate) enum Task {
    Box(Rc<BoxStart>),
    Copy(Rc<CopyStart>),
}

impl Task {
    pub(crate) fn app(&self) -> AppNo {
        match self {
            Task::Box(start) => start.app,
            Task::Copy(start) => start.app,
        }
    }

    pub(crate) fn hash(&self) -> &Hash {
        match self {
            Task::Box(start) => &start.hash,
            Task::Copy(start) => &start.hash,
        }
    }

    pub(crate) fn query_id(&self) -> &Option<Id> {
        match self {
            Task::Box(start) => &start.query_id,
            Task::Copy(start) => &start.query_id,
        }
    }

    fn key(&self) -> (AppNo, bool, Hash) {
        (self.app(), matches!(self, Task::Copy(_)), *self.hash())
    }
}

/// Which round trip an entry is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leg {
    /// The courier gets the envelope or the copy command.
    Hand,
    /// The courier is asked for the outcome.
    Ask,
}

/// One entry of the table.
pub(crate) struct Entry {
    pub(crate) task: Task,
    pub(crate) courier: (Hash, Vec<u8>),
    pub(crate) leg: Leg,
    /// Packets sent. Only the answer to the last one counts.
    pub(crate) sends: u64,
    /// It is queued for its next packet.
    pub(crate) waiting: bool,
}

/// What a packet brings back.
pub(crate) enum Answer {
    Taken,
    Refused(Code),
    Box(BoxAnswer),
    Copy(CopyState),
}

/// The table.
#[derive(Default)]
pub(crate) struct Arq {
    entries: BTreeMap<u64, Entry>,
    newest: HashMap<(AppNo, bool, Hash), u64>,
}

impl Arq {
    pub(crate) fn contains(&self, number: u64) -> bool {
        self.entries.contains_key(&number)
    }

    /// All entries in the order of their starts.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&u64, &Entry)> {
        self.entries.iter()
    }

    pub(crate) fn get_mut(&mut self, number: u64) -> Option<&mut Entry> {
        self.entries.get_mut(&number)
    }

    pub(crate) fn insert(&mut self, number: u64, entry: Entry) {
        self.entries.insert(number, entry);
    }

    /// The next cancel of this task's hash reaches this entry.
    pub(crate) fn make_reachable(&mut self, number: u64, task: &Task) {
        self.newest.insert(task.key(), number);
    }

    /// Whether a cancel would reach this entry.
    pub(crate) fn is_reachable(&self, number: u64, entry: &Entry) -> bool {
        self.newest.get(&entry.task.key()) == Some(&number)
    }

    pub(crate) fn drop_app(&mut self, app: AppNo) {
        self.entries.retain(|_, e| e.task.app() != app);
        self.newest.retain(|key, _| key.0 != app);
    }

    pub(crate) fn remove(&mut self, number: u64) -> Option<Entry> {
        let entry = self.entries.remove(&number)?;
        let key = entry.task.key();
        if self.newest.get(&key) == Some(&number) {
            self.newest.remove(&key);
        }
        Some(entry)
    }

    /// Removes the entry that a cancel reaches.
    pub(crate) fn cancel(&mut self, key: (AppNo, bool, Hash)) -> Option<Entry> {
        let number = self.newest.remove(&key)?;
        self.entries.remove(&number)
    }
}
