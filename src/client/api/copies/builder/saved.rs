//! Builders as bytes, to be stored and continued by another process.
//!
//! | bytes | what |
//! |---|---|
//! | 4, 1 | `kpcb`, version |
//! | 1 | phase |
//! | 168, 8, 104 | write capability, boxes written, index of the next |
//! | 8 | envelopes |
//! | 32, 1, n | courier: identity hash, queue id |
//! | 1, 32 each | couriers that have failed |
//! | 4, n | what does not fill an element |
//! | 4, then 4, n each | elements to be written |
//! | 32 | BLAKE2b-256 of all before |

use std::collections::VecDeque;

use bytes::Bytes;

use super::state::{Phase, State};
use crate::bacap::{BoxIndex, WriteCap, BOX_INDEX_SIZE, WRITE_CAP_SIZE};
use crate::client::api::copies::streams::MAX_STREAM_BOXES;
use crate::client::stored::destination::Destination;
use crate::client::stored::sealed::{seal, unseal, SEAL};
use crate::secret::secret_copy;
use crate::{Error, Result, Status};

const MAGIC: &[u8; 4] = b"kpcb";
const VERSION: u8 = 1;
const HASH: usize = 32;
/// More than the fields of fixed size have together.
const FIXED: usize = 512;
const MAX_QUEUE: usize = 32;

/// The whole builder, in one piece of memory that is wiped.
pub(crate) fn save(state: &State) -> Result<Bytes> {
    let variable: usize = state.waiting.iter().map(|e| e.len() + 4).sum();
    let size = FIXED + state.failed.len() * HASH + state.tail.len() + variable;
    let mut bytes = Vec::new();
    bytes
        .try_reserve_exact(size)
        .map_err(|_| Error::new(Status::NO_MEMORY, "no memory to save a copy builder"))?;
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&[VERSION, state.phase as u8]);
    bytes.extend_from_slice(state.write_cap.as_bytes());
    bytes.extend_from_slice(&state.written.to_be_bytes());
    bytes.extend_from_slice(state.position.as_bytes());
    bytes.extend_from_slice(&state.envelopes.to_be_bytes());
    bytes.extend_from_slice(&state.courier.node);
    put_short(&mut bytes, state.courier.queue.len());
    bytes.extend_from_slice(&state.courier.queue);
    let failed = state.failed.len().min(usize::from(u8::MAX));
    put_short(&mut bytes, failed);
    for node in state.failed.iter().take(failed) {
        bytes.extend_from_slice(node);
    }
    put_long(&mut bytes, &state.tail);
    let count = u32::try_from(state.waiting.len()).unwrap_or(u32::MAX);
    bytes.extend_from_slice(&count.to_be_bytes());
    for element in &state.waiting {
        put_long(&mut bytes, element);
    }
    debug_assert!(
        bytes.len() + SEAL <= size,
        "it grows and leaves a copy behind"
    );
    Ok(seal(bytes))
}

fn put_short(bytes: &mut Vec<u8>, number: usize) {
    bytes.push(u8::try_from(number).unwrap_or(u8::MAX));
}

fn put_long(bytes: &mut Vec<u8>, content: &[u8]) {
    let length = u32::try_from(content.len()).unwrap_or(u32::MAX);
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(content);
}

/// Reads the bytes of [`save`].
pub(crate) fn restore(bytes: &[u8]) -> Result<State> {
    let mut reader = Reader(bytes);
    if reader.array::<4>()? != MAGIC {
        return Err(damaged());
    }
    let version = reader.byte()?;
    if version > VERSION {
        return Err(Error::new(
            Status::UNSUPPORTED,
            format!("this copy builder was saved by a later version of the library ({version})"),
        ));
    }
    let content = unseal(bytes).filter(|_| version == VERSION);
    let mut reader = Reader(content.ok_or_else(damaged)?);
    reader.take(MAGIC.len() + 1)?;
    let state = reader.state()?;
    if reader.0.is_empty() {
        return Ok(state);
    }
    Err(damaged())
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or_else(damaged)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<&'a [u8; N]> {
        let (taken, rest) = self.0.split_first_chunk().ok_or_else(damaged)?;
        self.0 = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8> {
        Ok(self.array::<1>()?[0])
    }

    fn number(&mut self) -> Result<u64> {
        Ok(u64::from_be_bytes(*self.array()?))
    }

    fn length(&mut self) -> Result<usize> {
        usize::try_from(u32::from_be_bytes(*self.array()?)).map_err(|_| damaged())
    }

    fn long(&mut self) -> Result<Bytes> {
        let length = self.length()?;
        secret_copy(self.take(length)?)
    }

    fn courier(&mut self) -> Result<Destination> {
        let node = *self.array()?;
        let length = usize::from(self.byte()?);
        if length == 0 || length > MAX_QUEUE {
            return Err(damaged());
        }
        Ok(Destination {
            node,
            queue: self.take(length)?.to_vec(),
        })
    }

    fn state(&mut self) -> Result<State> {
        let phase = phase(self.byte()?)?;
        let write_cap = WriteCap::from_bytes(self.array::<WRITE_CAP_SIZE>()?)?;
        let written = self.number()?;
        let position = BoxIndex::from_bytes(self.array::<BOX_INDEX_SIZE>()?)?;
        let envelopes = self.number()?;
        let mut state = State::new(write_cap, self.courier()?);
        for _ in 0..self.byte()? {
            state.failed.push(*self.array()?);
        }
        state.tail = self.long()?;
        let count = self.length()?;
        if count > MAX_STREAM_BOXES || written > MAX_STREAM_BOXES as u64 {
            return Err(damaged());
        }
        state.waiting = (0..count)
            .map(|_| self.long())
            .collect::<Result<VecDeque<Bytes>>>()?;
        state.phase = phase;
        state.written = written;
        state.position = position;
        state.envelopes = envelopes;
        state.unsure = phase < Phase::Copied;
        Ok(state)
    }
}

fn phase(number: u8) -> Result<Phase> {
    let all = [
        Phase::Open,
        Phase::Sealed,
        Phase::Ordered,
        Phase::Copied,
        Phase::Tombstoned,
        Phase::Cleared,
    ];
    all.into_iter()
        .find(|phase| *phase as u8 == number)
        .ok_or_else(damaged)
}

fn damaged() -> Error {
    Error::new(
        Status::ARG_VALUE,
        "these bytes are no saved copy builder, or were damaged",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bacap::keypair;
    use crate::client::api::copies::streams::element;

    fn state() -> State {
        let courier = Destination {
            node: [5; 32],
            queue: b"courier".to_vec(),
        };
        let mut state = State::new(keypair(&[1; 32]).write_cap, courier);
        state.failed = vec![[6; 32], [7; 32]];
        state.waiting = [element(1, b"one"), element(0, b"two")].into();
        state.advance();
        state.tail = Bytes::from_static(b"tail");
        state.envelopes = 9;
        state.phase = Phase::Sealed;
        state
    }

    #[test]
    fn comes_back_as_it_was_but_unsure() {
        let before = state();
        let after = restore(&save(&before).unwrap()).unwrap();
        assert!(after.write_cap == before.write_cap && after.position == before.position);
        assert_eq!((after.written, after.envelopes), (1, 9));
        assert_eq!(after.courier, before.courier);
        assert_eq!(after.failed, before.failed);
        assert_eq!(after.waiting, before.waiting);
        assert_eq!(after.tail, before.tail);
        assert_eq!(after.phase, Phase::Sealed);
        assert!(after.unsure);
    }

    #[test]
    fn damaged_and_truncated_bytes_are_refused() {
        let saved = save(&state()).unwrap();
        for len in 0..saved.len() {
            assert!(restore(&saved[..len]).is_err(), "{len}");
        }
        for at in 0..saved.len() {
            let mut bytes = saved.to_vec();
            bytes[at] ^= 0x10;
            assert!(restore(&bytes).is_err(), "{at}");
        }
    }

    #[test]
    fn bytes_of_a_later_version_are_recognised() {
        let mut saved = save(&state()).unwrap().to_vec();
        saved[4] = VERSION + 1;
        let error = restore(&saved).err().unwrap();
        assert_eq!(error.status(), Status::UNSUPPORTED);
    }
}
