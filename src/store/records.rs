//! What is kept of channels and messages, and how it lies in the database.

use bytes::Bytes;

use super::fields::{damaged, Fields, Parts};
use super::framing::{Before, Nonce, Tag};
use super::Direction;
use crate::bacap::{BoxIndex, ReadCap, WriteCap, BOX_INDEX_SIZE, READ_CAP_SIZE, WRITE_CAP_SIZE};
use crate::secret::{secret_copy, WipingVec};
use crate::Result;

/// More than the fields of fixed size of any record have together.
const FIXED: usize = 256;

/// The capability of a channel: what it is good for follows from it.
#[derive(Clone)]
pub(crate) enum Cap {
    Write(WriteCap),
    Read(ReadCap),
}

/// A channel.
#[derive(Clone)]
pub(crate) struct ChannelRecord {
    pub(crate) cap: Cap,
    pub(crate) name: String,
}

impl Cap {
    pub(crate) fn direction(&self) -> Direction {
        match self {
            Cap::Write(_) => Direction::Write,
            Cap::Read(_) => Direction::Read,
        }
    }
}

impl ChannelRecord {
    pub(crate) fn encode(&self) -> Result<WipingVec> {
        let cap: &[u8] = match &self.cap {
            Cap::Write(cap) => cap.as_bytes(),
            Cap::Read(cap) => cap.as_bytes(),
        };
        let fields = Fields::with_room(FIXED + self.name.len())?
            .byte(self.cap.direction() as u8)
            .bytes(cap)
            .bytes(self.name.as_bytes());
        Ok(fields.done())
    }

    pub(crate) fn decode(record: &[u8]) -> Result<Self> {
        let mut parts = Parts::of(record);
        let cap = match Direction::from_byte(parts.byte()?) {
            Some(Direction::Write) => {
                Cap::Write(WriteCap::copy_of(parts.array::<WRITE_CAP_SIZE>()?))
            }
            Some(Direction::Read) => Cap::Read(ReadCap::copy_of(parts.array::<READ_CAP_SIZE>()?)),
            None => return Err(damaged()),
        };
        let name = std::str::from_utf8(parts.rest()).map_err(|_| damaged())?;
        Ok(ChannelRecord {
            cap,
            name: name.to_owned(),
        })
    }
}

/// A number on its own.
pub(crate) fn encode_number(number: u64) -> Result<WipingVec> {
    Ok(Fields::with_room(8)?.long(number).done())
}

pub(crate) fn decode_number(record: &[u8]) -> Result<u64> {
    Parts::of(record).long()
}

/// How far messages are on the mixnet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    /// All messages before this one are stored.
    pub(crate) message: u64,
    /// So many boxes of it are, too.
    pub(crate) boxes: u32,
}

impl Progress {
    pub(crate) fn encode(self) -> Result<WipingVec> {
        let fields = Fields::with_room(FIXED)?
            .long(self.message)
            .short(self.boxes);
        Ok(fields.done())
    }

    pub(crate) fn decode(record: &[u8]) -> Result<Self> {
        let mut parts = Parts::of(record);
        Ok(Progress {
            message: parts.long()?,
            boxes: parts.short()?,
        })
    }
}

/// Which messages are to be replaced with tombstones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Erasure {
    /// All before this one.
    pub(crate) wanted: u64,
    /// All before this one are.
    pub(crate) done: u64,
}

impl Default for Erasure {
    fn default() -> Self {
        Erasure { wanted: 1, done: 1 }
    }
}

impl Erasure {
    pub(crate) fn encode(self) -> Result<WipingVec> {
        let fields = Fields::with_room(FIXED)?.long(self.wanted).long(self.done);
        Ok(fields.done())
    }

    pub(crate) fn decode(record: &[u8]) -> Result<Self> {
        let mut parts = Parts::of(record);
        Ok(Erasure {
            wanted: parts.long()?,
            done: parts.long()?,
        })
    }
}

/// What a message to be sent consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// Bytes of the program's, of a kind of its own.
    Message(u8),
    /// So many tombstones.
    Tombstones(u32),
}

/// The boxes of a message, which are the same ever after.
#[derive(Clone)]
pub(crate) struct Place {
    /// How much a box held when they were chosen.
    pub(crate) capacity: u32,
    /// Those that were written before, when boxes held more.
    pub(crate) before: Before,
    /// How many there are.
    pub(crate) boxes: u32,
    /// The first of them.
    pub(crate) first: BoxIndex,
    /// A courier is to write them, all at once.
    pub(crate) by_copy: bool,
}

/// A message to be sent, or one that was.
pub(crate) struct Outgoing {
    pub(crate) content: Content,
    /// Part of the boxes, so it stays the same; zeros for tombstones.
    pub(crate) nonce: Nonce,
    /// `None` until its boxes are chosen.
    pub(crate) place: Option<Place>,
    /// All its boxes are on the mixnet, though some before them are not.
    pub(crate) is_stored: bool,
    pub(crate) payload: Bytes,
}

const IS_PLACED: u8 = 1;
const IS_STORED: u8 = 2;
const IS_TOMBSTONES: u8 = 4;
/// Some of its boxes were written when boxes held more.
const IS_DIVIDED_AGAIN: u8 = 8;
/// A courier writes them.
const IS_BY_COPY: u8 = 16;

impl Outgoing {
    pub(crate) fn encode(&self) -> Result<WipingVec> {
        let (number, tombstones) = match self.content {
            Content::Message(kind) => (u32::from(kind), 0),
            Content::Tombstones(count) => (count, IS_TOMBSTONES),
        };
        let before = self.place.as_ref().map(|place| place.before);
        let before = before.filter(|before| before.boxes > 0);
        let by_copy = self.place.as_ref().is_some_and(|place| place.by_copy);
        let flags = tombstones
            | (IS_DIVIDED_AGAIN * u8::from(before.is_some()))
            | (IS_PLACED * u8::from(self.place.is_some()))
            | (IS_BY_COPY * u8::from(by_copy))
            | (IS_STORED * u8::from(self.is_stored));
        let mut fields = Fields::with_room(FIXED + self.payload.len())?
            .byte(flags)
            .short(number)
            .bytes(&self.nonce);
        if let Some(place) = &self.place {
            fields = fields
                .short(place.capacity)
                .short(place.boxes)
                .bytes(place.first.as_bytes());
        }
        if let Some(before) = before {
            fields = fields.short(before.boxes).short(before.bytes);
        }
        Ok(fields.bytes(&self.payload).done())
    }

    pub(crate) fn decode(record: &[u8]) -> Result<Self> {
        let mut parts = Parts::of(record);
        let (flags, number) = (parts.byte()?, parts.short()?);
        let nonce = *parts.array()?;
        let content = if flags & IS_TOMBSTONES == 0 {
            Content::Message(u8::try_from(number).map_err(|_| damaged())?)
        } else {
            Content::Tombstones(number)
        };
        let mut place = if flags & IS_PLACED == 0 {
            None
        } else {
            Some(Place {
                capacity: parts.short()?,
                boxes: parts.short()?,
                first: BoxIndex::copy_of(parts.array::<BOX_INDEX_SIZE>()?),
                before: Before::default(),
                by_copy: flags & IS_BY_COPY != 0,
            })
        };
        if let (Some(place), true) = (&mut place, flags & IS_DIVIDED_AGAIN != 0) {
            place.before = Before {
                boxes: parts.short()?,
                bytes: parts.short()?,
            };
        }
        Ok(Outgoing {
            content,
            nonce,
            place,
            is_stored: flags & IS_STORED != 0,
            payload: secret_copy(parts.rest())?,
        })
    }
}

/// How far a channel was read.
#[derive(Clone)]
pub(crate) struct Position {
    /// The number that the next message gets.
    pub(crate) next_message: u64,
    /// The box that is awaited.
    pub(crate) index: BoxIndex,
    /// The message whose further boxes are passed over.
    pub(crate) passed_over: Option<Tag>,
}

impl Position {
    pub(crate) fn encode(&self) -> Result<WipingVec> {
        let fields = Fields::with_room(FIXED)?
            .long(self.next_message)
            .bytes(self.index.as_bytes())
            .bytes(self.passed_over.as_ref().map_or(&[], |tag| &tag[..]));
        Ok(fields.done())
    }

    pub(crate) fn decode(record: &[u8]) -> Result<Self> {
        let mut parts = Parts::of(record);
        Ok(Position {
            next_message: parts.long()?,
            index: BoxIndex::copy_of(parts.array::<BOX_INDEX_SIZE>()?),
            passed_over: parts.rest().try_into().ok(),
        })
    }
}

/// What lay in the boxes that a reader passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// A message of this kind.
    Message(u8),
    /// A tombstone: the writer deleted what was there.
    Tombstone,
    /// A box that no writer of this format made; the bytes are all that it holds.
    Foreign,
    /// Boxes that belong to no whole message.
    Broken,
    /// A box that was passed over unread.
    Skipped,
    /// So many boxes that the network has lost.
    Missing(u32),
}

const MISSING: u8 = 5;

impl Arrival {
    fn encode(self) -> [u8; 2] {
        match self {
            Arrival::Message(kind) => [0, kind],
            Arrival::Tombstone => [1, 0],
            Arrival::Foreign => [2, 0],
            Arrival::Broken => [3, 0],
            Arrival::Skipped => [4, 0],
            Arrival::Missing(_) => [MISSING, 0],
        }
    }

    /// The number of boxes that are missing comes behind all other fields of fixed size.
    fn decode(bytes: [u8; 2]) -> Result<Self> {
        Ok(match bytes {
            [0, kind] => Arrival::Message(kind),
            [1, _] => Arrival::Tombstone,
            [2, _] => Arrival::Foreign,
            [3, _] => Arrival::Broken,
            [4, _] => Arrival::Skipped,
            [MISSING, _] => Arrival::Missing(0),
            _ => return Err(damaged()),
        })
    }
}

/// A message that was received.
#[derive(Clone)]
pub(crate) struct Incoming {
    pub(crate) arrival: Arrival,
    /// Unix seconds.
    pub(crate) received_at: i64,
    pub(crate) data: Bytes,
}

impl Incoming {
    pub(crate) fn encode(&self) -> Result<WipingVec> {
        let mut fields = Fields::with_room(FIXED + self.data.len())?
            .bytes(&self.arrival.encode())
            .bytes(&self.received_at.to_be_bytes());
        if let Arrival::Missing(boxes) = self.arrival {
            fields = fields.short(boxes);
        }
        Ok(fields.bytes(&self.data).done())
    }

    pub(crate) fn decode(record: &[u8]) -> Result<Self> {
        let mut parts = Parts::of(record);
        let arrival = Arrival::decode(*parts.array()?)?;
        let received_at = i64::from_be_bytes(*parts.array()?);
        Ok(Incoming {
            arrival: match arrival {
                Arrival::Missing(_) => Arrival::Missing(parts.short()?),
                arrival => arrival,
            },
            received_at,
            data: secret_copy(parts.rest())?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bacap::keypair;
    use crate::Status;

    /// Every record that is cut off is damaged, and none is taken for another.
    fn check_cuts<T>(record: &WipingVec, fixed: usize, decode: impl Fn(&[u8]) -> Result<T>) {
        assert!(decode(record).is_ok());
        for length in 0..fixed {
            let error = decode(&record[..length]).err();
            assert_eq!(error.unwrap().status(), Status::DB, "{length} bytes");
        }
    }

    #[test]
    fn channels_come_back_with_their_name() {
        let pair = keypair(&[1; 32]);
        for cap in [
            Cap::Write(pair.write_cap.clone()),
            Cap::Read(pair.read_cap.clone()),
        ] {
            let direction = cap.direction();
            let name = "both ways \u{2603}".to_owned();
            let record = ChannelRecord { cap, name }.encode().unwrap();
            let back = ChannelRecord::decode(&record).unwrap();
            assert_eq!(back.name, "both ways \u{2603}");
            assert_eq!(back.cap.direction(), direction);
            match back.cap {
                Cap::Write(cap) => assert_eq!(cap, pair.write_cap),
                Cap::Read(cap) => assert_eq!(cap, pair.read_cap),
            }
            check_cuts(&record, 1 + READ_CAP_SIZE, ChannelRecord::decode);
        }
        let no_text = [&[Direction::Read as u8][..], &[0; READ_CAP_SIZE], &[0xff]].concat();
        assert!(ChannelRecord::decode(&no_text).is_err());
        assert!(ChannelRecord::decode(&[7; 300]).is_err());
    }

    #[test]
    fn messages_to_be_sent_come_back_with_and_without_boxes() {
        let first = keypair(&[1; 32]).first_index;
        let place = |by_copy| Place {
            capacity: 1500,
            boxes: 3,
            first: first.clone(),
            before: Before::default(),
            by_copy,
        };
        let divided = Place {
            before: Before {
                boxes: 2,
                bytes: 70_000,
            },
            ..place(false)
        };
        for content in [Content::Message(200), Content::Tombstones(70_000)] {
            for (place, is_stored) in [
                (None, false),
                (Some(place(false)), false),
                (Some(place(true)), false),
                (Some(place(false)), true),
                (Some(divided.clone()), false),
            ] {
                let payload = Bytes::from_static(b"words");
                let fixed = match &place {
                    None => 13,
                    Some(place) if place.before.boxes == 0 => 13 + 8 + BOX_INDEX_SIZE,
                    Some(_) => 13 + 16 + BOX_INDEX_SIZE,
                };
                let nonce = *b"its own!";
                let message = Outgoing {
                    content,
                    nonce,
                    place,
                    is_stored,
                    payload,
                };
                let record = message.encode().unwrap();
                let back = Outgoing::decode(&record).unwrap();
                assert_eq!((back.content, back.is_stored), (content, is_stored));
                assert_eq!((&back.nonce, &back.payload[..]), (&nonce, &b"words"[..]));
                let parts = |place: &Place| {
                    let first = place.first.clone();
                    (
                        place.capacity,
                        place.boxes,
                        first,
                        place.before,
                        place.by_copy,
                    )
                };
                assert_eq!(
                    back.place.as_ref().map(parts),
                    message.place.as_ref().map(parts)
                );
                check_cuts(&record, fixed, Outgoing::decode);
            }
        }
    }

    #[test]
    fn what_was_received_comes_back_as_what_it_is() {
        for arrival in [
            Arrival::Message(1),
            Arrival::Message(255),
            Arrival::Tombstone,
            Arrival::Foreign,
            Arrival::Broken,
            Arrival::Skipped,
            Arrival::Missing(70_000),
        ] {
            let message = Incoming {
                arrival,
                received_at: -5,
                data: Bytes::from_static(b"words"),
            };
            let record = message.encode().unwrap();
            let back = Incoming::decode(&record).unwrap();
            assert_eq!((back.arrival, back.received_at), (arrival, -5));
            assert_eq!(back.data, &b"words"[..]);
            let fixed = match arrival {
                Arrival::Missing(_) => 14,
                _ => 10,
            };
            check_cuts(&record, fixed, Incoming::decode);
        }
        assert!(Incoming::decode(&[9; 20]).is_err());
    }

    #[test]
    fn positions_come_back_with_what_is_passed_over() {
        for passed_over in [None, Some([7; 8])] {
            let position = Position {
                next_message: 12,
                index: keypair(&[1; 32]).first_index,
                passed_over,
            };
            let record = position.encode().unwrap();
            let back = Position::decode(&record).unwrap();
            assert_eq!(back.next_message, 12);
            assert_eq!(back.index, position.index);
            assert_eq!(back.passed_over, passed_over);
            check_cuts(&record, 8 + BOX_INDEX_SIZE, Position::decode);
        }
    }
}
