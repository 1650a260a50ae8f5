//! The keys of records.
//!
//! | bytes | of a channel's record | of a name |
//! |---|---|---|
//! | 8 | the channel's number, from 1 | 0 |
//! | 1 | what the record is, [`Kind`] | what has the name, [`Named`] |
//! | 8 or more | its number in the channel | the direction, the name |
//!
//! Numbers are big-endian, so that the records of a kind lie in the order of their numbers.

use super::Direction;

/// What a channel's record is.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    /// The channel itself.
    Channel = b'c',
    /// Up to where messages to be sent have numbers.
    Tail = b't',
    /// The index of the next box to be written.
    Cursor = b'w',
    /// How far messages are on the mixnet.
    Progress = b'p',
    /// Which messages are to be erased, and which are.
    Erasure = b'e',
    /// A message, by its number: to be sent, sent, or received.
    Message = b'm',
    /// How far the copy of a large message is.
    Copy = b'y',
    /// Boxes that a message had before it got others, by its number.
    Leftover = b'l',
    /// How far a channel was read.
    Position = b'r',
    /// What is known of boxes that are missing.
    Gap = b'g',
    /// Up to which message what was received is acknowledged.
    Acknowledged = b'a',
    /// A box of a message that is not whole yet, by the number of the box.
    Part = b'x',
    /// What the voucher brought by which the channel was made.
    Outcome = b'v',
    /// The file that is on its way.
    File = b'f',
}

/// What has a name. Names of both directions, and of both of these, are independent.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Named {
    /// A channel: its number.
    Channel = b'n',
    /// A voucher from which a channel of this name is to come.
    Voucher = b'v',
}

/// The number that the next channel gets.
const COUNTER: u8 = b'#';
/// The form of all records.
const FORM: u8 = b'!';

/// The key of a record that a channel has once.
pub(crate) fn single(channel: u64, kind: Kind) -> Vec<u8> {
    numbered(channel, kind, 0)
}

/// The key of one of many records of a kind.
pub(crate) fn numbered(channel: u64, kind: Kind, number: u64) -> Vec<u8> {
    let mut key = Vec::with_capacity(17);
    key.extend_from_slice(&channel.to_be_bytes());
    key.push(kind as u8);
    key.extend_from_slice(&number.to_be_bytes());
    key
}

/// The number in a key of [`numbered`].
pub(crate) fn number_in(key: &[u8]) -> u64 {
    key.last_chunk()
        .map_or(0, |bytes| u64::from_be_bytes(*bytes))
}

/// The first key of a channel; that of the next channel is behind its last.
pub(crate) fn first_of(channel: u64) -> Vec<u8> {
    channel.to_be_bytes().to_vec()
}

/// The key of the number that says in which form records lie in a database of the program's.
pub(crate) fn form() -> Vec<u8> {
    let mut key = first_of(0);
    key.push(FORM);
    key
}

/// The key under which something is found by its name.
pub(crate) fn name(named: Named, direction: Direction, name: &str) -> Vec<u8> {
    let mut key = names_from(named, direction);
    key.extend_from_slice(name.as_bytes());
    key
}

/// What all names of a direction begin with.
pub(crate) fn names_from(named: Named, direction: Direction) -> Vec<u8> {
    let mut key = first_of(0);
    key.extend_from_slice(&[named as u8, direction as u8]);
    key
}

/// Behind all names of a direction.
pub(crate) fn names_to(named: Named, direction: Direction) -> Vec<u8> {
    let mut key = names_from(named, direction);
    if let Some(last) = key.last_mut() {
        *last += 1;
    }
    key
}

/// The key of the counter of channels.
pub(crate) fn counter() -> Vec<u8> {
    let mut key = first_of(0);
    key.push(COUNTER);
    key
}
