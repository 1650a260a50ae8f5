//! The state of a builder: the temporary stream, what waits to be written, and its courier.

use std::collections::VecDeque;

use bytes::Bytes;

use crate::bacap::{BoxIndex, WriteCap};
use crate::client::api::copies::envelopes::CourierEnvelopes;
use crate::client::api::copies::streams::{element, take_apart, FINAL, MAX_STREAM_BOXES};
use crate::client::events::CopyProgress;
use crate::client::stored::destination::Destination;
use crate::wire::Hash;
use crate::{Error, Result, Status};

/// The progress of a builder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BuilderProgress {
    /// Boxes of the temporary stream that are written.
    pub written: u64,
    /// Boxes that it has with what was added so far.
    pub needed: u64,
    /// A courier has executed it.
    pub finished: bool,
}

/// The phase of the stream, in the order of its life; saved as a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Phase {
    /// More may be added.
    Open = 0,
    /// Its last element is made.
    Sealed = 1,
    /// A courier may have the command.
    Ordered = 2,
    /// A courier has executed it.
    Copied = 3,
    /// Its boxes are deleted, or are being deleted.
    Tombstoned = 4,
    /// The same, after a courier has executed it.
    Cleared = 5,
}

pub(crate) struct State {
    /// The temporary stream.
    pub(crate) write_cap: WriteCap,
    pub(crate) courier: Destination,
    /// Couriers that have failed to execute it.
    pub(crate) failed: Vec<Hash>,
    /// Boxes written, without a gap; the next one is at `position`.
    pub(crate) written: u64,
    pub(crate) position: BoxIndex,
    /// Elements to be written.
    pub(crate) waiting: VecDeque<Bytes>,
    /// The encoder's rest, which does not fill an element.
    pub(crate) tail: Bytes,
    /// Envelopes in the whole stream.
    pub(crate) envelopes: u64,
    pub(crate) phase: Phase,
    /// It is written while it is made: more elements come by themselves.
    pub(crate) growing: bool,
    /// Another process may have written boxes that this state does not know of.
    pub(crate) unsure: bool,
    /// The operation that uses it.
    pub(crate) turn: Option<u64>,
    pub(crate) turns: u64,
    /// The hash under which that operation can be found: the stream's when it started, for the
    /// stream may move meanwhile.
    pub(crate) turn_hash: Hash,
}

impl State {
    pub(crate) fn new(write_cap: WriteCap, courier: Destination) -> Self {
        State {
            turn_hash: write_cap.hash(),
            position: write_cap.first_index(),
            write_cap,
            courier,
            failed: Vec::new(),
            written: 0,
            waiting: VecDeque::new(),
            tail: Bytes::new(),
            envelopes: 0,
            phase: Phase::Open,
            growing: false,
            unsure: false,
            turn: None,
            turns: 0,
        }
    }

    pub(crate) fn end_turn(&mut self, number: u64) {
        if self.turn == Some(number) {
            self.turn = None;
        }
    }

    /// The first element was made.
    pub(crate) fn is_started(&self) -> bool {
        self.written > 0 || !self.waiting.is_empty()
    }

    pub(crate) fn progress(&self) -> BuilderProgress {
        let waiting = self.waiting.len() + usize::from(!self.tail.is_empty());
        BuilderProgress {
            written: self.written,
            needed: self.written + waiting as u64,
            finished: matches!(self.phase, Phase::Copied | Phase::Cleared),
        }
    }

    /// The same as an event.
    pub(crate) fn progress_event(&self) -> CopyProgress {
        let BuilderProgress {
            written, needed, ..
        } = self.progress();
        CopyProgress {
            stream: self.write_cap.hash(),
            written,
            needed,
            copying: self.phase >= Phase::Ordered,
        }
    }

    /// Refuses additions to a stream that has its end.
    pub(crate) fn check_open(&self) -> Result<()> {
        match self.phase {
            Phase::Open => Ok(()),
            _ => Err(Error::new(
                Status::ARG_VALUE,
                "the copy stream has its last element; nothing can be added any more",
            )),
        }
    }

    /// Refuses to continue a stream whose boxes are deleted.
    pub(crate) fn check_alive(&self) -> Result<()> {
        if self.phase >= Phase::Tombstoned {
            return Err(Error::new(
                Status::ARG_VALUE,
                "the boxes of this copy stream were deleted",
            ));
        }
        Ok(())
    }

    /// Stores the elements of an addition.
    pub(crate) fn append(&mut self, made: CourierEnvelopes, envelopes: u64) -> Result<()> {
        let boxes = self.written as usize + self.waiting.len() + made.envelopes.len() + 1;
        if boxes > MAX_STREAM_BOXES {
            return Err(Error::new(
                Status::PAYLOAD_TOO_LARGE,
                format!("a copy stream has at most {MAX_STREAM_BOXES} boxes"),
            ));
        }
        self.waiting.extend(made.envelopes);
        self.tail = made.buffer.unwrap_or_default();
        self.envelopes += envelopes;
        Ok(())
    }

    /// Makes the last element. It is the rest, or, where nothing is left over, the last one made,
    /// which is never written before.
    pub(crate) fn seal(&mut self) -> Result<()> {
        if self.phase != Phase::Open {
            return self.check_alive();
        }
        let first = !self.is_started();
        let (flags, data) = if self.tail.is_empty() {
            let last = self.waiting.pop_back().ok_or_else(|| {
                Error::new(Status::ARG_EMPTY, "nothing was added to this copy stream")
            })?;
            let (flags, data) = take_apart(&last)
                .ok_or_else(|| Error::new(Status::CBOR, "the daemon made no element"))?;
            (flags, last.slice_ref(data))
        } else {
            (
                crate::client::api::copies::streams::flags(first, false),
                self.tail.clone(),
            )
        };
        self.waiting.push_back(element(flags | FINAL, &data));
        self.tail = Bytes::new();
        self.phase = Phase::Sealed;
        Ok(())
    }

    /// The element with this number in the stream, if it may be written now.
    pub(crate) fn element(&self, number: u64) -> Option<Bytes> {
        let at = usize::try_from(number.checked_sub(self.written)?).ok()?;
        // Without a rest, the last element may become the stream's end.
        let kept_back = self.phase == Phase::Open && self.tail.is_empty();
        let writable = self.waiting.len() - usize::from(kept_back && !self.waiting.is_empty());
        (at < writable).then(|| self.waiting[at].clone())
    }

    /// The first element that waits is written.
    pub(crate) fn advance(&mut self) {
        if self.waiting.pop_front().is_some() {
            self.written += 1;
            self.position = self.position.next();
        }
    }

    /// Starts again with another temporary stream; `before` is what was written.
    pub(crate) fn move_to(&mut self, write_cap: WriteCap, before: Vec<Bytes>) {
        for element in before.into_iter().rev() {
            self.waiting.push_front(element);
        }
        self.position = write_cap.first_index();
        self.write_cap = write_cap;
        self.written = 0;
        self.failed.clear();
        self.unsure = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bacap::keypair;
    use crate::client::api::copies::streams::flags;

    fn state() -> State {
        let courier = Destination {
            node: [1; 32],
            queue: b"courier".to_vec(),
        };
        State::new(keypair(&[1; 32]).write_cap, courier)
    }

    fn made(count: usize, buffer: &'static [u8]) -> CourierEnvelopes {
        CourierEnvelopes {
            envelopes: (0..count)
                .map(|at| element(flags(at == 0, false), b"data"))
                .collect(),
            buffer: Some(Bytes::from_static(buffer)),
            next_indices: Vec::new(),
        }
    }

    fn last_flags(state: &State) -> Vec<u8> {
        state.waiting.iter().map(|element| element[0]).collect()
    }

    #[test]
    fn the_rest_becomes_the_last_element() {
        let mut state = state();
        state.append(made(2, b"rest"), 2).unwrap();
        assert_eq!(state.progress().needed, 3);
        state.seal().unwrap();
        assert_eq!(last_flags(&state), [1, 0, 2]);
        assert_eq!(&state.waiting[2][..], b"\x02\0\0\0\x04rest");
        assert_eq!(state.progress().needed, 3);
    }

    #[test]
    fn without_a_rest_the_last_element_is_kept_back_and_becomes_the_end() {
        let mut state = state();
        state.append(made(2, b""), 2).unwrap();
        assert!(state.element(0).is_some());
        assert!(state.element(1).is_none());
        state.advance();
        assert!(state.element(1).is_none());
        state.seal().unwrap();
        assert_eq!(last_flags(&state), [2]);
        assert!(state.element(1).is_some());
    }

    #[test]
    fn a_single_element_is_start_and_end() {
        let mut state = state();
        state.append(made(0, b"all"), 1).unwrap();
        state.seal().unwrap();
        assert_eq!(last_flags(&state), [3]);
        let mut state = self::state();
        state.append(made(1, b""), 1).unwrap();
        state.seal().unwrap();
        assert_eq!(last_flags(&state), [3]);
    }

    #[test]
    fn nothing_can_be_sealed_of_nothing_and_nothing_added_to_the_sealed() {
        let mut state = state();
        assert_eq!(state.seal().unwrap_err().status(), Status::ARG_EMPTY);
        state.append(made(1, b"x"), 1).unwrap();
        state.seal().unwrap();
        assert_eq!(state.check_open().unwrap_err().status(), Status::ARG_VALUE);
        let before = state.waiting.len();
        state.seal().unwrap();
        assert_eq!(state.waiting.len(), before);
    }

    #[test]
    fn more_boxes_than_a_stream_has_are_refused_and_change_nothing() {
        let mut state = state();
        state.written = MAX_STREAM_BOXES as u64 - 2;
        let error = state.append(made(2, b""), 2).unwrap_err();
        assert_eq!(error.status(), Status::PAYLOAD_TOO_LARGE);
        assert!(state.waiting.is_empty());
        state.append(made(1, b""), 1).unwrap();
    }
}
