//! A write or read of a channel, prepared and not yet sent; and as bytes, for after a crash.
//!
//! Layout, version 1: one byte version, one byte kind (0 write, 1 read), one byte reply
//! index (255 for none), 32 bytes hash, 104 bytes current index, 104 bytes next index,
//! 4 bytes big-endian length of the descriptor, the descriptor, the payload, and the
//! BLAKE2b-256 of all before.

use bytes::Bytes;

use super::envelope::Envelope;
use super::sealed::{seal, unseal, SEAL};
use crate::bacap::{BoxIndex, BOX_INDEX_SIZE};
use crate::wire::{Hash, WipingVec};
use crate::{Error, Result, Status};

const VERSION: u8 = 1;
const WRITE: u8 = 0;
const READ: u8 = 1;
const NO_REPLY_INDEX: u8 = 255;
const HEAD: usize = 3 + 32 + 2 * BOX_INDEX_SIZE + 4;

/// A query that a channel has prepared. To be stored before it is sent: resuming needs nothing else
/// beside the capability.
#[derive(Clone)]
pub struct ChannelQuery {
    /// It reads a box; otherwise it writes one.
    pub is_read: bool,
    /// What is sent to the courier.
    pub payload: Bytes,
    /// The box that is read or written.
    pub current_index: BoxIndex,
    /// The box behind it.
    pub next_index: BoxIndex,
    /// Which of the two replicas of the box a read asks for.
    pub reply_index: Option<u8>,
    /// Identifies the envelope.
    pub envelope_hash: Hash,
    /// Decrypts the answer; to be kept secret.
    pub descriptor: Bytes,
}

impl std::fmt::Debug for ChannelQuery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let what = if self.is_read { "read" } else { "write" };
        write!(f, "ChannelQuery({what}, {} bytes)", self.payload.len())
    }
}

impl ChannelQuery {
    /// What a daemon of today made for one box.
    pub(crate) fn of_envelope(
        envelope: Envelope,
        current_index: BoxIndex,
        is_read: bool,
        reply_index: Option<u8>,
    ) -> Self {
        let next_index = envelope.next_index;
        ChannelQuery {
            is_read,
            payload: envelope.ciphertext,
            next_index: next_index.unwrap_or_else(|| current_index.next()),
            current_index,
            reply_index,
            envelope_hash: envelope.hash,
            descriptor: envelope.descriptor,
        }
    }

    /// The query as a daemon of today sends it.
    pub(crate) fn envelope(&self) -> Envelope {
        Envelope {
            ciphertext: self.payload.clone(),
            descriptor: self.descriptor.clone(),
            hash: self.envelope_hash,
            next_index: Some(self.next_index.clone()),
        }
    }

    /// Refuses a query that no daemon can have prepared.
    ///
    /// # Errors
    ///
    /// `ARG_EMPTY` without payload or descriptor, `ARG_VALUE` where the indices do not follow each
    /// other or there is no such replica.
    pub fn validate(&self) -> Result<()> {
        if self.payload.is_empty() || self.descriptor.is_empty() {
            return Err(Error::new(
                Status::ARG_EMPTY,
                "a channel query has a payload and a descriptor",
            ));
        }
        let follows = self.current_index.counter().checked_add(1);
        if follows != Some(self.next_index.counter()) {
            return Err(Error::new(
                Status::ARG_VALUE,
                "the next index of a channel query is the one behind its current index",
            ));
        }
        check_reply_index(self.reply_index)
    }

    /// The query as bytes. As secret as the box that it is for.
    pub fn to_bytes(&self) -> Bytes {
        let len = HEAD + self.descriptor.len() + self.payload.len() + SEAL;
        let mut bytes = Vec::with_capacity(len);
        bytes.push(VERSION);
        bytes.push(if self.is_read { READ } else { WRITE });
        bytes.push(self.reply_index.unwrap_or(NO_REPLY_INDEX));
        bytes.extend_from_slice(&self.envelope_hash);
        bytes.extend_from_slice(self.current_index.as_bytes());
        bytes.extend_from_slice(self.next_index.as_bytes());
        let descriptor_len = u32::try_from(self.descriptor.len()).unwrap_or(u32::MAX);
        bytes.extend_from_slice(&descriptor_len.to_be_bytes());
        bytes.extend_from_slice(&self.descriptor);
        bytes.extend_from_slice(&self.payload);
        seal(bytes)
    }

    /// Reads the bytes of [`ChannelQuery::to_bytes`].
    ///
    /// # Errors
    ///
    /// `ARG_VALUE` for anything else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        parse(bytes)
            .filter(|query| query.validate().is_ok())
            .ok_or_else(|| Error::new(Status::ARG_VALUE, "these bytes are no saved channel query"))
    }
}

fn parse(bytes: &[u8]) -> Option<ChannelQuery> {
    let ([version, kind, reply_index], rest) = unseal(bytes)?.split_first_chunk::<3>()?;
    let (hash, rest) = rest.split_first_chunk::<32>()?;
    let (current, rest) = rest.split_first_chunk::<BOX_INDEX_SIZE>()?;
    let (next, rest) = rest.split_first_chunk::<BOX_INDEX_SIZE>()?;
    let (len, rest) = rest.split_first_chunk::<4>()?;
    let len = usize::try_from(u32::from_be_bytes(*len)).ok()?;
    let (descriptor, payload) = rest.split_at_checked(len)?;
    if *version != VERSION || !matches!(*kind, WRITE | READ) {
        return None;
    }
    let copy = |part: &[u8]| WipingVec::new(part.to_vec()).into_bytes();
    Some(ChannelQuery {
        is_read: *kind == READ,
        payload: copy(payload),
        current_index: BoxIndex::copy_of(current),
        next_index: BoxIndex::copy_of(next),
        reply_index: (*reply_index != NO_REPLY_INDEX).then_some(*reply_index),
        envelope_hash: *hash,
        descriptor: copy(descriptor),
    })
}

/// A box lies on two replicas.
pub(crate) fn check_reply_index(reply_index: Option<u8>) -> Result<()> {
    match reply_index {
        None | Some(0 | 1) => Ok(()),
        Some(other) => Err(Error::new(
            Status::ARG_VALUE,
            format!("a reply index is 0 or 1, not {other}"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query() -> ChannelQuery {
        let current = crate::bacap::keypair(&[1; 32]).first_index;
        ChannelQuery {
            is_read: true,
            payload: Bytes::from_static(b"payload"),
            next_index: current.next(),
            current_index: current,
            reply_index: Some(1),
            envelope_hash: [7; 32],
            descriptor: Bytes::from_static(b"descriptor"),
        }
    }

    #[test]
    fn comes_back_as_it_was() {
        for (is_read, reply_index) in [(true, Some(1)), (true, None), (false, None)] {
            let query = ChannelQuery {
                is_read,
                reply_index,
                ..query()
            };
            let loaded = ChannelQuery::from_bytes(&query.to_bytes()).unwrap();
            assert_eq!(loaded.is_read, is_read);
            assert_eq!(loaded.payload, query.payload);
            assert_eq!(loaded.current_index, query.current_index);
            assert_eq!(loaded.next_index, query.next_index);
            assert_eq!(loaded.reply_index, reply_index);
            assert_eq!(loaded.envelope_hash, query.envelope_hash);
            assert_eq!(loaded.descriptor, query.descriptor);
        }
    }

    #[test]
    fn truncated_or_changed_bytes_are_refused() {
        let saved = query().to_bytes();
        for len in 0..saved.len() {
            assert!(ChannelQuery::from_bytes(&saved[..len]).is_err(), "{len}");
            let mut other = saved.to_vec();
            other[len] ^= 1;
            assert!(ChannelQuery::from_bytes(&other).is_err(), "{len}");
        }
        for (at, value) in [(0, 2), (1, 2), (2, 2), (35, saved[35] ^ 1)] {
            let mut other = saved[..saved.len() - SEAL].to_vec();
            other[at] = value;
            let refused = ChannelQuery::from_bytes(&seal(other))
                .map(drop)
                .unwrap_err();
            assert_eq!(refused.status(), Status::ARG_VALUE, "{at}");
        }
    }

    #[test]
    fn indices_that_do_not_follow_each_other_are_refused() {
        let mut query = query();
        query.next_index = query.current_index.clone();
        assert_eq!(
            query.validate().unwrap_err().status(),
            Status::ARG_VALUE,
            "an application that mixes them up would write over its own box"
        );
    }

    #[test]
    fn debug_shows_no_content() {
        let shown = format!("{:?}", query());
        assert_eq!(shown, "ChannelQuery(read, 7 bytes)");
    }
}
