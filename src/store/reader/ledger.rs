//! What a reader keeps on the disk.

use bytes::Bytes;

use super::gaps::Gap;
use super::Standing;
use crate::secret::WipingVec;
use crate::store::backing::Backing;
use crate::store::catalogue::required;
use crate::store::fields::damaged;
use crate::store::files;
use crate::store::keys::{number_in, numbered, single, Kind};
use crate::store::records::{decode_number, encode_number, Incoming, Position};
use crate::{Error, Result, Status};

/// So many messages are read from the disk at once,
const AT_ONCE: usize = 8;
/// and a list ends behind the one with which it has so many bytes.
const BYTES_OF_A_LIST: usize = 16 << 20;

/// How far a channel is, as it is opened.
pub(crate) fn standing(backing: &mut dyn Backing, channel: u64) -> Result<Standing> {
    let position = required(backing, &single(channel, Kind::Position))?;
    let position = Position::decode(&position)?;
    let acknowledged = acknowledged(backing, channel)?;
    if acknowledged >= position.next_message {
        return Err(damaged());
    }
    let gap = backing.get(&single(channel, Kind::Gap))?;
    let gap = gap.map_or(Ok(Gap::default()), |record| Gap::decode(&record))?;
    Ok(Standing {
        state: super::ReaderState::Waiting,
        position,
        gap,
        acknowledged,
        file: files::inbound(backing, channel)?,
        offered: None,
    })
}

fn acknowledged(backing: &mut dyn Backing, channel: u64) -> Result<u64> {
    decode_number(&required(backing, &single(channel, Kind::Acknowledged))?)
}

/// The boxes of the message that is not whole yet, in their order.
pub(crate) fn parts(backing: &mut dyn Backing, channel: u64) -> Result<Vec<WipingVec>> {
    let (from, to) = all_parts(channel);
    let records = backing.scan(&from, &to, usize::MAX)?;
    Ok(records.into_iter().map(|(_, content)| content).collect())
}

fn all_parts(channel: u64) -> (Vec<u8>, Vec<u8>) {
    (
        single(channel, Kind::Part),
        numbered(channel, Kind::Part, u64::MAX),
    )
}

/// What one box came to.
#[derive(Clone)]
pub(crate) struct Step {
    /// What is delivered, in its order.
    pub(crate) arrivals: Vec<Incoming>,
    /// The box, where it is part of a message that is not whole yet, and how many of them there were
    /// before.
    pub(crate) part: Option<(u32, Bytes)>,
    /// Behind the box.
    pub(crate) position: Position,
    /// What is known there of missing boxes, if that has changed.
    pub(crate) gap: Option<Gap>,
}

/// Keeps what a box came to, and passes it; all of that or nothing.
pub(crate) fn take(backing: &mut dyn Backing, channel: u64, step: &Step) -> Result<()> {
    let first = step.position.next_message - step.arrivals.len() as u64;
    for (number, arrival) in (first..).zip(&step.arrivals) {
        let key = numbered(channel, Kind::Message, number);
        backing.put(&key, &arrival.encode()?)?;
    }
    let kept = step
        .part
        .as_ref()
        .map_or(0, |(before, _)| u64::from(*before));
    let (_, to) = all_parts(channel);
    backing.delete_range(&numbered(channel, Kind::Part, kept), &to)?;
    if let Some((before, content)) = &step.part {
        let key = numbered(channel, Kind::Part, u64::from(*before));
        backing.put(&key, content)?;
    }
    match &step.gap {
        None => {}
        Some(gap) if gap.is_none() => backing.delete(&single(channel, Kind::Gap))?,
        Some(gap) => backing.put(&single(channel, Kind::Gap), &gap.encode()?)?,
    }
    backing.put(&single(channel, Kind::Position), &step.position.encode()?)
}

/// A message that was received.
pub(crate) fn message(backing: &mut dyn Backing, channel: u64, number: u64) -> Result<Incoming> {
    let record = backing.get(&numbered(channel, Kind::Message, number))?;
    Incoming::decode(&record.ok_or_else(|| unknown(number))?)
}

/// Messages in their order, from a number on: `max` at most, and no more bytes than fit a list.
pub(crate) fn messages(
    backing: &mut dyn Backing,
    channel: u64,
    from: u64,
    max: usize,
) -> Result<Vec<(u64, Incoming)>> {
    let to = numbered(channel, Kind::Message, u64::MAX);
    let mut from = numbered(channel, Kind::Message, from);
    let mut found: Vec<(u64, Incoming)> = Vec::new();
    let mut bytes = 0;
    while found.len() < max && bytes < BYTES_OF_A_LIST {
        let records = backing.scan(&from, &to, AT_ONCE.min(max - found.len()))?;
        let Some((last, _)) = records.last() else {
            break;
        };
        from = numbered(channel, Kind::Message, number_in(last) + 1);
        for (key, record) in &records {
            bytes += record.len();
            found.push((number_in(key), Incoming::decode(record)?));
        }
    }
    Ok(found)
}

/// Keeps that all messages up to one are acknowledged. Returns up to where they are now.
pub(crate) fn acknowledge(backing: &mut dyn Backing, channel: u64, number: u64) -> Result<u64> {
    let position = required(backing, &single(channel, Kind::Position))?;
    if number == 0 || number >= Position::decode(&position)?.next_message {
        return Err(unknown(number));
    }
    let before = acknowledged(backing, channel)?;
    if number > before {
        let key = single(channel, Kind::Acknowledged);
        backing.put(&key, &encode_number(number)?)?;
    }
    Ok(number.max(before))
}

/// Deletes acknowledged messages before a number.
pub(crate) fn forget_before(backing: &mut dyn Backing, channel: u64, number: u64) -> Result<()> {
    let end = number.min(acknowledged(backing, channel)? + 1);
    let from = numbered(channel, Kind::Message, 0);
    backing.delete_range(&from, &numbered(channel, Kind::Message, end))
}

fn unknown(number: u64) -> Error {
    Error::new(
        Status::MESSAGE_NOT_IN_DB,
        format!("there is no message {number}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bacap::keypair;
    use crate::store::backing::memory::Memory;
    use crate::store::backing::Durability;
    use crate::store::catalogue;
    use crate::store::records::{Arrival, Cap, ChannelRecord};

    fn channel() -> (Memory, u64) {
        let mut memory = Memory::default();
        memory.begin(Durability::Now).unwrap();
        let pair = keypair(&[1; 32]);
        let record = ChannelRecord {
            cap: Cap::Read(pair.read_cap),
            name: "channel".to_owned(),
        };
        let known = catalogue::add(&mut memory, record, &pair.first_index).unwrap();
        (memory, known.channel)
    }

    /// A box that came to these messages, or to a part of one.
    fn step(next_message: u64, messages: &[&'static [u8]], part: Option<u32>) -> Step {
        let arrival = |data: &&'static [u8]| Incoming {
            arrival: Arrival::Message(1),
            received_at: 0,
            data: Bytes::from_static(data),
        };
        Step {
            arrivals: messages.iter().map(arrival).collect(),
            part: part.map(|before| (before, Bytes::from_static(b"part"))),
            position: Position {
                next_message,
                index: keypair(&[1; 32]).first_index,
                passed_over: None,
            },
            gap: None,
        }
    }

    fn numbers(memory: &mut Memory, channel: u64) -> Vec<u64> {
        let all = messages(memory, channel, 0, 100).unwrap();
        all.iter().map(|(number, _)| *number).collect()
    }

    #[test]
    fn parts_are_kept_until_their_message_is_whole() {
        let (mut memory, channel) = channel();
        for before in 0..3 {
            take(&mut memory, channel, &step(1, &[], Some(before))).unwrap();
            let kept = parts(&mut memory, channel).unwrap();
            assert_eq!(kept.len(), before as usize + 1);
        }
        // A message begins anew, and its first part takes the place of all.
        take(&mut memory, channel, &step(1, &[], Some(0))).unwrap();
        assert_eq!(parts(&mut memory, channel).unwrap().len(), 1);
        take(&mut memory, channel, &step(2, &[b"whole"], None)).unwrap();
        assert!(parts(&mut memory, channel).unwrap().is_empty());
        assert_eq!(numbers(&mut memory, channel), [1]);
    }

    #[test]
    fn what_is_missing_is_kept_with_the_position_until_nothing_is() {
        let (mut memory, channel) = channel();
        let mut gap = Gap::default();
        gap.pass(false);
        let missing = Step {
            gap: Some(gap),
            ..step(1, &[], None)
        };
        take(&mut memory, channel, &missing).unwrap();
        take(&mut memory, channel, &step(1, &[], Some(0))).unwrap();
        assert_eq!(standing(&mut memory, channel).unwrap().gap, gap);
        let over = Step {
            gap: Some(Gap::default()),
            ..step(1, &[], None)
        };
        take(&mut memory, channel, &over).unwrap();
        assert!(standing(&mut memory, channel).unwrap().gap.is_none());
        let key = single(channel, Kind::Gap);
        assert!(memory.get(&key).unwrap().is_none(), "and no record is left");
    }

    #[test]
    fn messages_of_one_box_have_numbers_in_a_row() {
        let (mut memory, channel) = channel();
        take(&mut memory, channel, &step(3, &[b"one", b"two"], None)).unwrap();
        take(&mut memory, channel, &step(4, &[b"three"], None)).unwrap();
        assert_eq!(numbers(&mut memory, channel), [1, 2, 3]);
        let three = message(&mut memory, channel, 3).unwrap();
        assert_eq!(three.data, &b"three"[..]);
        let four = message(&mut memory, channel, 4).err().unwrap();
        assert_eq!(four.status(), Status::MESSAGE_NOT_IN_DB);
    }

    #[test]
    fn an_acknowledgement_never_goes_back_nor_ahead_of_what_came() {
        let (mut memory, channel) = channel();
        take(&mut memory, channel, &step(3, &[b"one", b"two"], None)).unwrap();
        assert_eq!(acknowledge(&mut memory, channel, 2).unwrap(), 2);
        assert_eq!(acknowledge(&mut memory, channel, 1).unwrap(), 2);
        for number in [0, 3, u64::MAX] {
            let unknown = acknowledge(&mut memory, channel, number).err();
            assert_eq!(unknown.unwrap().status(), Status::MESSAGE_NOT_IN_DB);
        }
        let standing = standing(&mut memory, channel).unwrap();
        assert_eq!(standing.acknowledged, 2);
    }

    #[test]
    fn only_what_is_acknowledged_is_forgotten() {
        let (mut memory, channel) = channel();
        take(&mut memory, channel, &step(4, &[b"1", b"2", b"3"], None)).unwrap();
        forget_before(&mut memory, channel, u64::MAX).unwrap();
        assert_eq!(numbers(&mut memory, channel), [1, 2, 3]);
        acknowledge(&mut memory, channel, 2).unwrap();
        forget_before(&mut memory, channel, 2).unwrap();
        assert_eq!(numbers(&mut memory, channel), [2, 3]);
        forget_before(&mut memory, channel, u64::MAX).unwrap();
        assert_eq!(numbers(&mut memory, channel), [3]);
    }
}
