//! Messages in boxes, without any I/O. docs/channel-format.md describes the bytes for other implementations.
//!
//! A message lies in one or several boxes that follow one another. The first box begins with the head of
//! the message, each further one with a short head:
//!
//! | first box | further boxes |
//! |---|---|
//! | mark (6), version (1), role 0 (1) | mark (6), version (1), role 1 (1) |
//! | kind (1), length of the message (4) | tag: the first bytes of the checksum (8) |
//! | nonce (8) | offset of the data in the message (4) |
//! | checksum (16) | data |
//! | data | |
//!
//! Numbers are big endian. The checksum covers the head before it and the message, so that the nonce makes
//! each box of a message differ from those of an equal message.

mod joiner;
mod split;
#[cfg(test)]
mod tests;

use blake2::digest::{consts::U32, Digest};
use blake2::Blake2b;

use crate::secret::sweeping;

pub(crate) use joiner::{Content, Flaw, Joiner, Tag};
pub(crate) use split::{boxes_for, filling, in_boxes, Before, Split};

/// The largest message.
pub const MAX_MESSAGE: usize = 8 << 20;
/// The kind of messages that mean something to the application alone.
pub const KIND_MESSAGE: u8 = 1;
/// The kind of messages that files consist of.
pub const KIND_FILE: u8 = 2;
/// Kinds from here on are the applications' own; those between are for later versions of the library.
pub const FIRST_KIND_OF_APPLICATIONS: u8 = 128;

/// A writer begins to write a box only when it knows that the box so many before it is stored, and so are
/// all before that one. So where a box exists and another, that many or more before it, does not, that one
/// was lost.
pub(crate) const AHEAD: u32 = 32;

/// Boxes of messages begin with it. No CBOR, UTF-8, JSON or protobuf begins with `FF`; the last two bytes are random.
const MARK: [u8; 6] = [0xff, b'k', b'p', b'c', 0xd1, 0x8e];
const VERSION: u8 = 1;
const ROLE_FIRST: u8 = 0;
const ROLE_FURTHER: u8 = 1;

/// Random bytes that are drawn with a message. Where two writers have one channel, as after a backup was restored, each
/// sees by them that a box holds the other's message, even if the messages are equal.
pub(crate) type Nonce = [u8; 8];

const CHECKSUM: usize = 16;
const TAG: usize = 8;
/// Mark, version, role, kind, length and nonce: what the checksum covers besides the message.
const COVERED: usize = 21;
const FIRST_HEAD: usize = COVERED + CHECKSUM;
const FURTHER_HEAD: usize = 8 + TAG + 4;

/// The head of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct MessageHead {
    kind: u8,
    length: u32,
    nonce: Nonce,
    checksum: [u8; CHECKSUM],
}

impl MessageHead {
    /// Without the checksum.
    fn covered(kind: u8, length: u32, nonce: &Nonce) -> [u8; COVERED] {
        let mut bytes = [0; COVERED];
        bytes[..8].copy_from_slice(&box_head(ROLE_FIRST));
        bytes[8] = kind;
        bytes[9..13].copy_from_slice(&length.to_be_bytes());
        bytes[13..].copy_from_slice(nonce);
        bytes
    }

    /// What marks the message's further boxes.
    fn tag(&self) -> [u8; TAG] {
        let mut tag = [0; TAG];
        tag.copy_from_slice(&self.checksum[..TAG]);
        tag
    }

    fn length(&self) -> usize {
        self.length as usize
    }

    fn matches(&self, message: &[u8]) -> bool {
        checksum(self.kind, self.length, &self.nonce, message) == self.checksum
    }
}

/// The first bytes of BLAKE2b-256 over the head and the message.
fn checksum(kind: u8, length: u32, nonce: &Nonce, message: &[u8]) -> [u8; CHECKSUM] {
    sweeping(|| {
        let whole = Blake2b::<U32>::new()
            .chain_update(MessageHead::covered(kind, length, nonce))
            .chain_update(message)
            .finalize();
        let mut checksum = [0; CHECKSUM];
        checksum.copy_from_slice(&whole[..CHECKSUM]);
        checksum
    })
}

/// Mark, version and role.
fn box_head(role: u8) -> [u8; 8] {
    let mut bytes = [0; 8];
    bytes[..MARK.len()].copy_from_slice(&MARK);
    bytes[6] = VERSION;
    bytes[7] = role;
    bytes
}

/// Whether a box was filled by a writer that keeps to this version of the format.
pub(crate) fn is_of_this_format(content: &[u8]) -> bool {
    !matches!(Head::of(content), Head::Foreign(_))
}

/// What a box is, by its head.
enum Head<'a> {
    First(MessageHead, &'a [u8]),
    Further {
        tag: [u8; TAG],
        offset: u32,
        data: &'a [u8],
    },
    /// With the mark and version of this format, but not as it is described.
    Malformed,
    /// Without the mark, or of the version that is named.
    Foreign(Option<u8>),
}

impl<'a> Head<'a> {
    fn of(content: &'a [u8]) -> Self {
        let Some(rest) = content.strip_prefix(&MARK) else {
            return Head::Foreign(None);
        };
        match rest {
            [VERSION, ROLE_FIRST, rest @ ..] => Self::first(rest).unwrap_or(Head::Malformed),
            [VERSION, ROLE_FURTHER, rest @ ..] => Self::further(rest).unwrap_or(Head::Malformed),
            [VERSION, ..] => Head::Malformed,
            [version, ..] => Head::Foreign(Some(*version)),
            [] => Head::Foreign(None),
        }
    }

    fn first(rest: &'a [u8]) -> Option<Self> {
        let (&[kind], rest) = rest.split_first_chunk()?;
        let (&length, rest) = rest.split_first_chunk()?;
        let (&nonce, rest) = rest.split_first_chunk()?;
        let (&checksum, data) = rest.split_first_chunk()?;
        let head = MessageHead {
            kind,
            length: u32::from_be_bytes(length),
            nonce,
            checksum,
        };
        Some(Head::First(head, data))
    }

    fn further(rest: &'a [u8]) -> Option<Self> {
        let (&tag, rest) = rest.split_first_chunk()?;
        let (&offset, data) = rest.split_first_chunk()?;
        let offset = u32::from_be_bytes(offset);
        (!data.is_empty()).then_some(Head::Further { tag, offset, data })
    }
}
