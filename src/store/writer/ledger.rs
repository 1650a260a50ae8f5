//! What a writer keeps on the disk.

use super::conflicts::Conflicts;
use super::leftovers::{self, Row, Written};
use super::sizes::Sizes;
use super::{Standing, WriterState};
use crate::bacap::BoxIndex;
use crate::store::backing::Backing;
use crate::store::catalogue::required;
use crate::store::fields::damaged;
use crate::store::files;
use crate::store::framing::{self, Before, Split};
use crate::store::keys::{numbered, single, Kind};
use crate::store::records::{
    decode_number, encode_number, Content, Erasure, Outgoing, Place, Progress,
};
use crate::Result;

/// So many messages are loaded at once,
const MESSAGES_AT_ONCE: usize = 32;
/// or this many bytes of them,
const BYTES_AT_ONCE: usize = 1 << 20;
/// or boxes. The indices of all are computed.
const BOXES_AT_ONCE: usize = 8192;

/// A message with its number.
pub(crate) type Numbered = (u64, Outgoing);

/// How far a channel is, as it is opened.
pub(crate) fn standing(backing: &mut dyn Backing, channel: u64) -> Result<Standing> {
    let progress = progress(backing, channel)?;
    let next_message = next_message(backing, channel)?;
    if progress.message == 0 || progress.message > next_message {
        return Err(damaged());
    }
    Ok(Standing {
        state: WriterState::Sending,
        conflicts: Conflicts::default(),
        progress,
        next_message,
        cursor: cursor(backing, channel)?,
        erasure: erasure(backing, channel)?,
        file: files::outbound(backing, channel)?,
    })
}

/// How far messages are on the mixnet.
pub(crate) fn progress(backing: &mut dyn Backing, channel: u64) -> Result<Progress> {
    Progress::decode(&required(backing, &single(channel, Kind::Progress))?)
}

fn erasure(backing: &mut dyn Backing, channel: u64) -> Result<Erasure> {
    let record = backing.get(&single(channel, Kind::Erasure))?;
    record.map_or(Ok(Erasure::default()), |record| Erasure::decode(&record))
}

fn next_message(backing: &mut dyn Backing, channel: u64) -> Result<u64> {
    decode_number(&required(backing, &single(channel, Kind::Tail))?)
}

fn cursor(backing: &mut dyn Backing, channel: u64) -> Result<BoxIndex> {
    BoxIndex::from_bytes(&required(backing, &single(channel, Kind::Cursor))?)
}

/// Adds a message; returns its number.
pub(crate) fn append(
    backing: &mut dyn Backing,
    channel: u64,
    content: Content,
    nonce: framing::Nonce,
    payload: bytes::Bytes,
) -> Result<u64> {
    let number = next_message(backing, channel)?;
    let message = Outgoing {
        content,
        nonce,
        place: None,
        is_stored: false,
        payload,
    };
    put(backing, channel, number, &message)?;
    backing.put(&single(channel, Kind::Tail), &encode_number(number + 1)?)?;
    Ok(number)
}

fn put(backing: &mut dyn Backing, channel: u64, number: u64, message: &Outgoing) -> Result<()> {
    let key = numbered(channel, Kind::Message, number);
    backing.put(&key, &message.encode()?)
}

fn get(backing: &mut dyn Backing, channel: u64, number: u64) -> Result<Outgoing> {
    let record = required(backing, &numbered(channel, Kind::Message, number))?;
    Outgoing::decode(&record)
}

/// Messages that are to be sent.
pub(crate) struct Loaded {
    pub(crate) messages: Vec<Numbered>,
    pub(crate) next_message: u64,
    pub(crate) cursor: BoxIndex,
    /// The message with which to continue.
    pub(crate) next: u64,
}

/// Loads messages from number `from` on. Chooses the boxes of those that have none, of these
/// sizes: from then on they are the same whatever happens. Without sizes it stops there.
pub(crate) fn load(
    backing: &mut dyn Backing,
    channel: u64,
    from: u64,
    sizes: Option<Sizes>,
) -> Result<Loaded> {
    let before = cursor(backing, channel)?;
    let mut loaded = Loaded {
        messages: Vec::new(),
        next_message: next_message(backing, channel)?,
        cursor: before.clone(),
        next: from,
    };
    let (mut bytes, mut boxes) = (0, 0);
    let mut placed = Vec::new();
    while loaded.next < loaded.next_message
        && loaded.messages.len() < MESSAGES_AT_ONCE
        && bytes < BYTES_AT_ONCE
        && boxes < BOXES_AT_ONCE
    {
        let number = loaded.next;
        let mut message = get(backing, channel, number)?;
        if message.place.is_none() {
            let Some(sizes) = sizes else { break };
            let place = choose(&message, sizes, &loaded.cursor)?;
            let own = usize::try_from(place.boxes).unwrap_or(usize::MAX);
            loaded.cursor = loaded.cursor.ahead(own);
            boxes += own;
            message.place = Some(place);
            placed.push(loaded.messages.len());
        }
        loaded.next += 1;
        bytes += message.payload.len();
        loaded.messages.push((number, message));
    }
    for at in placed {
        let (number, message) = &loaded.messages[at];
        put(backing, channel, *number, message)?;
    }
    if loaded.cursor != before {
        backing.put(&single(channel, Kind::Cursor), loaded.cursor.as_bytes())?;
    }
    Ok(loaded)
}

fn choose(message: &Outgoing, sizes: Sizes, first: &BoxIndex) -> Result<Place> {
    let (capacity, boxes, by_copy) = match message.content {
        Content::Message(_) => sizes.of_message(message.payload.len())?,
        Content::Tombstones(count) => (sizes.alone, count, false),
    };
    Ok(Place {
        capacity: u32::try_from(capacity).unwrap_or(u32::MAX),
        boxes,
        first: first.clone(),
        before: Before::default(),
        by_copy,
    })
}

impl Outgoing {
    /// How it lies in these boxes; `None` for tombstones.
    pub(crate) fn split(&self, place: &Place) -> Result<Option<Split>> {
        let Content::Message(kind) = self.content else {
            return Ok(None);
        };
        let capacity = usize::try_from(place.capacity).unwrap_or(usize::MAX);
        let split = Split::new(kind, &self.nonce, &self.payload, capacity)?;
        Ok(Some(split.behind(place.before)))
    }
}

/// The network's boxes have become smaller: divides a message again from where `progress` is, and chooses other
/// boxes for those behind it that are not stored. None of these boxes was written.
pub(crate) fn divide_again(
    backing: &mut dyn Backing,
    channel: u64,
    progress: Progress,
    capacity: usize,
) -> Result<BoxIndex> {
    let mut message = get(backing, channel, progress.message)?;
    let place = message.place.take().ok_or_else(damaged)?;
    let mut cursor = place.first.clone();
    if let (Some(split), true) = (message.split(&place)?, progress.boxes > 0) {
        let before = split.before(progress.boxes);
        let again = Place {
            capacity: u32::try_from(capacity).unwrap_or(u32::MAX),
            before,
            by_copy: false,
            ..place
        };
        let boxes = message
            .split(&again)?
            .map_or(again.boxes, |split| split.boxes());
        cursor = cursor.ahead(usize::try_from(boxes).unwrap_or(usize::MAX));
        message.place = Some(Place { boxes, ..again });
    }
    put(backing, channel, progress.message, &message)?;
    for number in progress.message + 1..next_message(backing, channel)? {
        let mut message = get(backing, channel, number)?;
        if message.is_stored {
            continue;
        }
        if message.place.take().is_none() {
            break; // boxes are chosen in the order of the messages
        }
        put(backing, channel, number, &message)?;
    }
    backing.put(&single(channel, Kind::Cursor), cursor.as_bytes())?;
    Ok(cursor)
}

/// Takes the bytes of the messages of a kind away that are stored, from number `from` on: nobody needs them
/// any more, but their places, by which they can be erased.
pub(crate) fn strip(backing: &mut dyn Backing, channel: u64, from: u64, kind: u8) -> Result<()> {
    for number in from..progress(backing, channel)?.message {
        let Some(record) = backing.get(&numbered(channel, Kind::Message, number))? else {
            continue; // it was erased
        };
        let mut message = Outgoing::decode(&record)?;
        if message.content == Content::Message(kind) && !message.payload.is_empty() {
            message.payload = bytes::Bytes::new();
            put(backing, channel, number, &message)?;
        }
    }
    Ok(())
}

/// Keeps how far the messages are on the mixnet.
pub(crate) fn save_progress(
    backing: &mut dyn Backing,
    channel: u64,
    progress: Progress,
) -> Result<()> {
    backing.put(&single(channel, Kind::Progress), &progress.encode()?)
}

/// After a conflict: messages of these numbers are stored though one before them is not.
pub(crate) fn mark_stored(backing: &mut dyn Backing, channel: u64, numbers: &[u64]) -> Result<()> {
    for number in numbers {
        let mut message = get(backing, channel, *number)?;
        message.is_stored = true;
        put(backing, channel, *number, &message)?;
    }
    Ok(())
}

/// Takes the boxes away from all messages from number `from` on that are not stored; they get others
/// from `cursor` on. Keeps which of them were written, to be erased with their messages.
pub(crate) fn move_on(
    backing: &mut dyn Backing,
    channel: u64,
    from: u64,
    cursor: &BoxIndex,
    written: &Written,
) -> Result<Progress> {
    let progress = Progress {
        message: from,
        boxes: 0,
    };
    for number in from..next_message(backing, channel)? {
        let mut message = get(backing, channel, number)?;
        let Some(place) = &message.place else {
            break; // boxes are chosen in the order of the messages
        };
        if !message.is_stored {
            if matches!(message.content, Content::Message(_)) {
                let rows = written.of(number, &place.first);
                leftovers::add(backing, channel, number, &rows)?;
            }
            message.place = None;
            put(backing, channel, number, &message)?;
        }
    }
    backing.put(&single(channel, Kind::Cursor), cursor.as_bytes())?;
    save_progress(backing, channel, progress)?;
    Ok(progress)
}

/// Keeps that all messages before a number are to be erased.
pub(crate) fn erase_before(
    backing: &mut dyn Backing,
    channel: u64,
    number: u64,
) -> Result<Erasure> {
    let mut erasure = erasure(backing, channel)?;
    erasure.wanted = erasure.wanted.max(number);
    backing.put(&single(channel, Kind::Erasure), &erasure.encode()?)?;
    Ok(erasure)
}

/// Returns the boxes of a message that are about to become tombstones, also those that it had before a
/// conflict; none where it was erased. Writes how far messages are on the mixnet once more, for a
/// commit that outlives a loss of power: otherwise the message might be sent again, and find the
/// tombstones.
pub(crate) fn about_to_erase(
    backing: &mut dyn Backing,
    channel: u64,
    number: u64,
) -> Result<Vec<Row>> {
    let key = single(channel, Kind::Progress);
    let progress = required(backing, &key)?;
    let record = backing.get(&numbered(channel, Kind::Message, number))?;
    let message = record.map(|record| Outgoing::decode(&record)).transpose()?;
    backing.put(&key, &progress)?;
    let mut rows = leftovers::of(backing, channel, number)?;
    rows.extend(message.and_then(|message| message.place).map(Row::from));
    Ok(rows)
}

/// The boxes of a message are tombstones: forgets it.
pub(crate) fn erased(backing: &mut dyn Backing, channel: u64, number: u64) -> Result<Erasure> {
    let mut erasure = erasure(backing, channel)?;
    erasure.done = number + 1;
    backing.delete(&numbered(channel, Kind::Message, number))?;
    leftovers::forget(backing, channel, number)?;
    backing.put(&single(channel, Kind::Erasure), &erasure.encode()?)?;
    Ok(erasure)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bacap::keypair;
    use crate::store::backing::memory::Memory;
    use crate::store::backing::Durability;
    use crate::store::catalogue;
    use crate::store::records::{Cap, ChannelRecord};

    const CAPACITY: Option<Sizes> = Some(of(100));

    const fn of(alone: usize) -> Sizes {
        Sizes {
            alone,
            copied: alone - 4,
            copy_above: 0,
        }
    }

    /// A channel with messages of these lengths.
    fn channel(lengths: &[usize]) -> (Memory, u64) {
        let mut memory = Memory::default();
        memory.begin(Durability::Now).unwrap();
        let pair = keypair(&[1; 32]);
        let record = ChannelRecord {
            cap: Cap::Write(pair.write_cap),
            name: "channel".to_owned(),
        };
        let known = catalogue::add(&mut memory, record, &pair.first_index).unwrap();
        for length in lengths {
            let payload = vec![7; *length].into();
            let content = Content::Message(1);
            append(&mut memory, known.channel, content, [3; 8], payload).unwrap();
        }
        (memory, known.channel)
    }

    fn first() -> BoxIndex {
        keypair(&[1; 32]).first_index
    }

    /// Number, first box and how many boxes of each message.
    fn places(loaded: &Loaded) -> Vec<(u64, BoxIndex, u32)> {
        let place = |(number, message): &Numbered| {
            let place = message.place.as_ref().unwrap();
            (*number, place.first.clone(), place.boxes)
        };
        loaded.messages.iter().map(place).collect()
    }

    #[test]
    fn boxes_are_chosen_once_one_message_behind_the_other() {
        let (mut memory, channel) = channel(&[10, 200, 10]);
        let loaded = load(&mut memory, channel, 1, CAPACITY).unwrap();
        let boxes = framing::boxes_for(200, 100).unwrap();
        assert!(boxes > 1);
        let behind = first().ahead(1 + boxes as usize);
        let wanted = [
            (1, first(), 1),
            (2, first().next(), boxes),
            (3, behind.clone(), 1),
        ];
        assert_eq!(places(&loaded), wanted);
        assert_eq!((loaded.next, loaded.next_message), (4, 4));
        assert_eq!(loaded.cursor, behind.next());
        // A network with other boxes changes nothing.
        for capacity in [None, CAPACITY, Some(of(1000))] {
            let again = load(&mut memory, channel, 1, capacity).unwrap();
            assert_eq!(places(&again), wanted);
            assert_eq!(again.cursor, loaded.cursor);
        }
    }

    #[test]
    fn a_message_is_divided_again_behind_what_is_stored_of_it() {
        let (mut memory, channel) = channel(&[10, 500, 10]);
        let before = load(&mut memory, channel, 1, CAPACITY).unwrap();
        let stored = Progress {
            message: 2,
            boxes: 2,
        };
        let cursor = divide_again(&mut memory, channel, stored, 60).unwrap();
        let again = load(&mut memory, channel, 1, Some(of(60))).unwrap();
        // Two boxes hold 100 - 37 and 100 - 20 bytes, the others 60 - 20 each.
        let boxes = 2 + (500_u32 - 63 - 80).div_ceil(40);
        let behind = first().ahead(1 + boxes as usize);
        let wanted = [
            (1, first(), 1),
            (2, first().next(), boxes),
            (3, behind.clone(), 1),
        ];
        assert_eq!(places(&again), wanted);
        assert_eq!(cursor, behind);
        let message = &again.messages[1].1;
        let split = message
            .split(message.place.as_ref().unwrap())
            .unwrap()
            .unwrap();
        let was = &before.messages[1].1;
        let was = was.split(was.place.as_ref().unwrap()).unwrap().unwrap();
        let stored = |part| was.encode(&message.payload, part).unwrap();
        let rest = |part| split.encode(&message.payload, part).unwrap();
        let mut joiner = framing::Joiner::default();
        let contents = (0..2).map(stored).chain((2..boxes).map(rest));
        let ended = contents.map(|content| joiner.push(&content).content).last();
        let Some(framing::Content::Message {
            message: joined, ..
        }) = ended
        else {
            panic!("readers do not notice");
        };
        assert_eq!(&joined[..], &message.payload[..]);
        // A message of which nothing is stored is divided as if it was new.
        let unsent = Progress {
            message: 2,
            boxes: 0,
        };
        let cursor = divide_again(&mut memory, channel, unsent, 70).unwrap();
        assert_eq!(cursor, first().next());
        let anew = load(&mut memory, channel, 1, Some(of(70))).unwrap();
        let boxes = framing::boxes_for(500, 70).unwrap();
        assert_eq!(places(&anew)[1], (2, first().next(), boxes));
    }

    #[test]
    fn while_the_size_of_a_box_is_unknown_no_boxes_are_chosen() {
        let (mut memory, channel) = channel(&[10]);
        let loaded = load(&mut memory, channel, 1, None).unwrap();
        assert!(loaded.messages.is_empty());
        assert_eq!((loaded.next, loaded.next_message), (1, 2));
    }

    #[test]
    fn what_is_loaded_at_once_is_bounded() {
        let (mut memory, channel) = channel(&[1; 100]);
        let loaded = load(&mut memory, channel, 1, CAPACITY).unwrap();
        assert_eq!(loaded.messages.len(), MESSAGES_AT_ONCE);
        let rest = load(&mut memory, channel, loaded.next, CAPACITY).unwrap();
        assert_eq!(rest.messages[0].0, loaded.next);
    }

    #[test]
    fn after_a_conflict_all_that_is_not_stored_gets_boxes_behind_the_taken_one() {
        let (mut memory, channel) = channel(&[10, 10, 10]);
        let loaded = load(&mut memory, channel, 1, CAPACITY).unwrap();
        mark_stored(&mut memory, channel, &[2]).unwrap();
        let written = Written::default();
        let progress = move_on(&mut memory, channel, 1, &loaded.cursor, &written).unwrap();
        assert_eq!((progress.message, progress.boxes), (1, 0));
        let moved = load(&mut memory, channel, 1, CAPACITY).unwrap();
        let behind = loaded.cursor;
        let wanted = [
            (1, behind.clone(), 1),
            (2, first().next(), 1),
            (3, behind.next(), 1),
        ];
        assert_eq!(places(&moved), wanted);
        assert!(moved.messages[1].1.is_stored);
    }
}
