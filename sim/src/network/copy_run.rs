//! Performs a copy command: a courier reads the temporary stream box by box and performs the envelopes in it.

use std::time::Duration;

use kpclient::bacap::{BoxIndex, WriteCap};

use super::boxes::BoxKeys;
use super::copy::{Element, MAX_COUNT};
use super::courier::World;
use super::envelope::Order;
use super::replica::code;
use super::types::{Code, CopyState, Fault};

/// One copy command at one courier.
pub(super) struct CopyJob {
    cap: WriteCap,
    index: BoxIndex,
    boxes: u64,
    performed: u64,
    /// Data of an envelope that is not complete yet.
    pending: Vec<u8>,
    waiting_since: Duration,
    state: CopyState,
    completed: Option<Duration>,
}

/// Why a copy stops: the code of a replica, if one was asked.
type Stop = Option<Code>;

enum Step {
    /// The next box is not there yet.
    Wait,
    /// A box was read and its envelopes performed.
    Went,
    /// It was the last.
    Finished,
}

impl CopyJob {
    /// Starts at the first index of the capability.
    pub(super) fn new(now: Duration, cap: WriteCap) -> CopyJob {
        CopyJob {
            index: cap.first_index(),
            cap,
            boxes: 0,
            performed: 0,
            pending: Vec::new(),
            waiting_since: now,
            state: CopyState::InProgress,
            completed: None,
        }
    }

    /// When it completed, if it has.
    pub(super) fn completed(&self) -> Option<Duration> {
        self.completed
    }

    /// Continues up to the first missing box.
    pub(super) fn advance(&mut self, now: Duration, world: &mut World<'_>) -> CopyState {
        while self.state == CopyState::InProgress {
            match self.step(now, world) {
                Ok(Step::Wait) => break,
                Ok(Step::Went) => self.waiting_since = now,
                Ok(Step::Finished) => self.end(now, CopyState::Done),
                Err(replica_error) => {
                    let failed_envelope = self.performed + 1;
                    let failed = CopyState::Failed {
                        replica_error,
                        failed_envelope,
                    };
                    self.end(now, failed);
                }
            }
        }
        self.state
    }

    fn end(&mut self, now: Duration, state: CopyState) {
        self.state = state;
        self.completed = Some(now);
        self.pending = Vec::new();
    }

    fn step(&mut self, now: Duration, world: &mut World<'_>) -> Result<Step, Stop> {
        let wanted = world.faults.take(|fault| match fault {
            Fault::Copy(code) => Some(*code),
            _ => None,
        });
        if wanted.is_some() {
            return Err(wanted);
        }
        let Some(plaintext) = self.read_box(now, world)? else {
            return Ok(Step::Wait);
        };
        let element = Element::parse(&plaintext).ok_or(None)?;
        if element.is_start != (self.boxes == 0) || self.boxes >= MAX_COUNT {
            return Err(None);
        }
        self.boxes += 1;
        self.index = self.index.next();
        self.pending.extend_from_slice(element.data);
        self.perform_pending(now, world)?;
        match (element.is_final, self.pending.is_empty()) {
            (false, _) => Ok(Step::Went),
            (true, true) => Ok(Step::Finished),
            (true, false) => Err(None),
        }
    }

    fn read_box(&self, now: Duration, world: &World<'_>) -> Result<Option<Vec<u8>>, Stop> {
        let keys = BoxKeys::new(&self.cap.public_key(), &self.index).ok_or(None)?;
        match world.replicas.look_up(now, &keys.id) {
            None if now.saturating_sub(self.waiting_since) < world.copy_patience => Ok(None),
            None => Err(Some(code::NOT_FOUND)),
            Some(found) if found.is_tombstone() => Err(Some(code::TOMBSTONE)),
            Some(found) => found.open(&keys).map(Some).ok_or(None),
        }
    }

    /// Performs all complete envelopes in order.
    fn perform_pending(&mut self, now: Duration, world: &mut World<'_>) -> Result<(), Stop> {
        let pending = std::mem::take(&mut self.pending);
        let mut rest = &pending[..];
        while let Some((length, after)) = rest.split_first_chunk::<4>() {
            let length = u32::from_be_bytes(*length) as usize;
            if !world.envelope_lengths.contains(&length) {
                return Err(None);
            }
            let Some((bytes, after)) = after.split_at_checked(length) else {
                break;
            };
            self.perform(now, world, bytes)?;
            rest = after;
        }
        self.pending = rest.to_vec();
        Ok(())
    }

    fn perform(&mut self, now: Duration, world: &mut World<'_>, bytes: &[u8]) -> Result<(), Stop> {
        if self.performed >= MAX_COUNT {
            return Err(None);
        }
        let envelope = world.check(bytes).map_err(|_| None)?;
        if matches!(world.open(&envelope), Some(Order::Read(_))) {
            return Err(None);
        }
        match world.perform(now, &envelope).code {
            code::OK => {
                self.performed += 1;
                Ok(())
            }
            refused => Err(Some(refused)),
        }
    }
}
