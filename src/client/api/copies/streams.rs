//! Copy streams: how much fits, what an element looks like, and which index belongs
//! to which capability.
//!
//! A copy stream is a row of boxes that a courier reads and executes. Each box holds an element:
//! one byte of flags, four bytes of length, data. The data of all elements together are courier
//! envelopes, each after four bytes of length, and every envelope writes one box elsewhere.

use bytes::Bytes;

use crate::bacap::{BoxIndex, WriteCap};
use crate::client::shared::Shared;
use crate::sync::lock;
use crate::wire::{PigeonholeGeometry, WipingVec};
use crate::{Error, Result, Status};

/// Boxes, and envelopes, that one copy stream may have.
pub const MAX_STREAM_BOXES: usize = 65_536;
/// Bytes of a payload for one destination.
pub const MAX_DESTINATION_PAYLOAD: usize = 10 << 20;

/// Flags and length of an element.
const ELEMENT_HEAD: usize = 5;
/// What the daemon puts before the content of a box of a destination.
const CONTENT_HEAD: usize = 4;
/// The element is the first of its stream.
const START: u8 = 1;
/// The element is the last of its stream.
pub(crate) const FINAL: u8 = 2;

/// Up to this distance from a capability's first index, the right index is computed.
const NEAR: u64 = 256;
/// No stream is longer: at a thousand boxes a second this takes thirty years.
const FAR: u64 = 1 << 40;

/// What the geometry of the network means for copy streams.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    plaintext: usize,
    envelope: usize,
}

impl Sizes {
    fn of(geometry: &PigeonholeGeometry) -> Self {
        Sizes {
            plaintext: geometry.max_plaintext_payload_length,
            // A query to a courier is the envelope and one byte that says what it is;
            // in the stream the envelope has its length before it.
            envelope: geometry.courier_query_write_length.saturating_add(3),
        }
    }

    #[cfg(test)]
    pub(crate) fn with(plaintext: usize, envelope: usize) -> Self {
        Sizes {
            plaintext,
            envelope,
        }
    }

    /// Bytes of a payload that one box of its destination takes.
    pub(crate) fn chunk(self) -> usize {
        self.plaintext.saturating_sub(CONTENT_HEAD).max(1)
    }

    /// Bytes of the stream that one element takes.
    fn room(self) -> usize {
        self.plaintext.saturating_sub(ELEMENT_HEAD).max(1)
    }

    /// Boxes that a payload takes at its destination, and envelopes in the stream.
    pub(crate) fn boxes_of(self, payload: usize) -> usize {
        payload.div_ceil(self.chunk())
    }

    /// Elements of a stream of so many envelopes behind `waiting` bytes.
    pub(crate) fn elements_of(self, envelopes: usize, waiting: usize) -> usize {
        let bytes = envelopes.saturating_mul(self.envelope);
        bytes.saturating_add(waiting).div_ceil(self.room())
    }

    /// Elements that so many envelopes fill behind `waiting` bytes, and bytes that are left over.
    pub(crate) fn filled_by(self, envelopes: usize, waiting: usize) -> (usize, usize) {
        let bytes = envelopes
            .saturating_mul(self.envelope)
            .saturating_add(waiting);
        (bytes / self.room(), bytes % self.room())
    }

    /// Boxes of the copy stream that writes so many bytes.
    pub(crate) fn boxes_of_stream(self, payload: u64) -> u64 {
        let envelopes = payload.div_ceil(self.chunk() as u64);
        let bytes = envelopes.saturating_mul(self.envelope as u64);
        bytes.div_ceil(self.room() as u64)
    }

    /// Refuses more than a copy stream can hold. `waiting`: bytes left over from before.
    pub(crate) fn check_stream(self, envelopes: usize, waiting: usize) -> Result<()> {
        let boxes = self.elements_of(envelopes, waiting);
        if envelopes.max(boxes) > MAX_STREAM_BOXES {
            return Err(Error::new(
                Status::PAYLOAD_TOO_LARGE,
                format!(
                    "a copy stream has at most {MAX_STREAM_BOXES} boxes; this would take {boxes}"
                ),
            ));
        }
        Ok(())
    }

    /// Refuses a buffer that no earlier call can have left over.
    pub(crate) fn check_buffer(self, buffer: Option<&[u8]>) -> Result<()> {
        let len = buffer.map_or(0, <[u8]>::len);
        if len > self.plaintext {
            return Err(Error::new(
                Status::ARG_SIZE,
                format!("a buffer of {len} bytes is more than one box, and no call leaves that"),
            ));
        }
        Ok(())
    }
}

impl Shared {
    /// The sizes of this network; `NO_GEOMETRY` until they are known.
    pub(crate) fn stream_sizes(&self) -> Result<Sizes> {
        let view = lock(&self.view);
        view.pigeonhole.as_ref().map(Sizes::of).ok_or_else(|| {
            Error::new(
                Status::NO_GEOMETRY,
                "the size of a box is not known: neither the daemon nor the configuration states it",
            )
        })
    }
}

/// Refuses more than a payload for one destination may have.
pub(crate) fn check_payload(payload: &[u8]) -> Result<()> {
    if payload.len() > MAX_DESTINATION_PAYLOAD {
        return Err(Error::new(
            Status::PAYLOAD_TOO_LARGE,
            format!(
                "{} bytes for one destination, where {MAX_DESTINATION_PAYLOAD} are allowed",
                payload.len()
            ),
        ));
    }
    Ok(())
}

/// Refuses an index that is not of the capability's stream: one before its first, one near it that
/// is another's, and one farther away than any stream is long. Streams start at random indices, so
/// hardly any foreign index passes. For a daemon with another next index, only the distance is
/// checked.
pub(crate) fn check_index(shared: &Shared, cap: &WriteCap, index: &BoxIndex) -> Result<()> {
    let steps = shared.check_next_index().is_ok();
    check_index_by(steps, cap, index)
}

fn check_index_by(steps: bool, cap: &WriteCap, index: &BoxIndex) -> Result<()> {
    let first = cap.first_index();
    let ahead = index.counter().wrapping_sub(first.counter());
    // Counters wrap around, so an earlier index looks far ahead.
    if ahead > FAR {
        return Err(foreign(
            "it lies before the first one, or in another stream",
        ));
    }
    if steps && ahead <= NEAR && first.ahead(ahead as usize) != *index {
        return Err(foreign("another stream has it"));
    }
    Ok(())
}

fn foreign(why: &str) -> Error {
    Error::new(
        Status::INVALID_CAPABILITY,
        format!("the index does not belong to the write capability: {why}"),
    )
}

/// An element. `flags` as in an element that was taken apart.
pub(crate) fn element(flags: u8, data: &[u8]) -> Bytes {
    let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
    let mut bytes = Vec::with_capacity(ELEMENT_HEAD + data.len());
    bytes.push(flags);
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(data);
    WipingVec::new(bytes).into_bytes()
}

/// Flags for an element at this place of its stream.
pub(crate) fn flags(is_start: bool, is_last: bool) -> u8 {
    let start = if is_start { START } else { 0 };
    start | if is_last { FINAL } else { 0 }
}

/// Flags and data of an element; `None` for what is none.
pub(crate) fn take_apart(element: &[u8]) -> Option<(u8, &[u8])> {
    let (flags, rest) = element.split_first()?;
    let (length, data) = rest.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    (length == data.len()).then_some((*flags, data))
}

/// The same stream in elements of at most `size` bytes, as one row of bytes: every
/// element but the last has exactly that size.
pub(crate) fn recut(elements: &[Bytes], size: usize) -> Result<WipingVec> {
    let room = size.saturating_sub(ELEMENT_HEAD).max(1);
    let whole: usize = elements.iter().map(Bytes::len).sum();
    let mut data = WipingVec::new(with_room(whole)?);
    for element in elements {
        let (_, part) = take_apart(element)
            .ok_or_else(|| Error::new(Status::CBOR, "the daemon made an element that is none"))?;
        data.as_mut_vec().extend_from_slice(part);
    }
    let count = data.len().div_ceil(room);
    let mut row = WipingVec::new(with_room(data.len() + count * ELEMENT_HEAD)?);
    for (at, part) in data.chunks(room).enumerate() {
        let made = element(flags(at == 0, at + 1 == count), part);
        row.as_mut_vec().extend_from_slice(&made);
    }
    Ok(row)
}

fn with_room(size: usize) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    bytes
        .try_reserve_exact(size)
        .map_err(|_| Error::new(Status::NO_MEMORY, "no memory for a copy stream"))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bacap::keypair;

    const SIZES: Sizes = Sizes {
        plaintext: 1677,
        envelope: 2003,
    };

    #[test]
    fn the_recorded_sizes_come_out() {
        assert_eq!(SIZES.boxes_of(5000), 3);
        assert_eq!((SIZES.chunk(), SIZES.room()), (1673, 1672));
        assert_eq!(SIZES.boxes_of_stream(10 << 20), 7509);
        assert_eq!(SIZES.boxes_of_stream(1), 2);
        assert!(SIZES.boxes_of_stream(u64::MAX) > u64::MAX / 2000);
    }

    #[test]
    fn a_stream_of_more_boxes_than_allowed_is_refused() {
        // 54 706 envelopes of 2003 bytes fill 65 536 elements of 1672 bytes.
        let most = MAX_STREAM_BOXES * 1672 / 2003;
        SIZES.check_stream(most, 0).unwrap();
        for (envelopes, waiting) in [(most + 1, 0), (most, 1672), (usize::MAX, usize::MAX)] {
            let error = SIZES.check_stream(envelopes, waiting).unwrap_err();
            assert_eq!(error.status(), Status::PAYLOAD_TOO_LARGE);
        }
    }

    #[test]
    fn indices_of_the_stream_itself_are_accepted_near_and_far() {
        let pair = keypair(&[1; 32]);
        let mut index = pair.first_index.clone();
        for _ in 0..NEAR + 10 {
            check_index_by(true, &pair.write_cap, &index).unwrap();
            index = index.next();
        }
    }

    #[test]
    fn indices_before_the_first_and_of_other_streams_are_refused() {
        for number in 2..100 {
            let (one, other) = (keypair(&[1; 32]), keypair(&[number; 32]));
            assert!(check_index_by(true, &one.write_cap, &other.first_index).is_err());
        }
        let pair = keypair(&[1; 32]);
        let mut later = *pair.write_cap.as_bytes();
        later[64..].copy_from_slice(pair.first_index.next().as_bytes());
        let later = WriteCap::from_bytes(&later).unwrap();
        let before = check_index_by(true, &later, &pair.first_index).unwrap_err();
        assert_eq!(before.status(), Status::INVALID_CAPABILITY);
        let mut other = *pair.first_index.as_bytes();
        other[100] ^= 1; // from which the next ones come
        let other = BoxIndex::from_array(other);
        assert!(check_index_by(true, &pair.write_cap, &other).is_err());
        assert!(check_index_by(true, &pair.write_cap, &other.next()).is_err());
    }

    #[test]
    fn recut_elements_hold_the_same_stream_in_boxes_of_a_destination() {
        let whole: Vec<u8> = (0..5000_u32).map(|n| n as u8).collect();
        let parts: Vec<&[u8]> = whole.chunks(1672).collect();
        let elements: Vec<Bytes> = parts
            .iter()
            .enumerate()
            .map(|(at, part)| element(flags(at == 0, at + 1 == parts.len()), part))
            .collect();
        let row = recut(&elements, 1673).unwrap();
        let cut: Vec<&[u8]> = row.chunks(1673).collect();
        let mut found = Vec::new();
        for (at, element) in cut.iter().enumerate() {
            let (flags, data) = take_apart(element).unwrap();
            assert_eq!(flags & START != 0, at == 0);
            assert_eq!(flags & FINAL != 0, at + 1 == cut.len());
            found.extend_from_slice(data);
        }
        assert_eq!(found, whole);
    }

    #[test]
    fn invalid_elements_are_not_taken_apart() {
        for nonsense in [
            &b""[..],
            b"\x01",
            b"\x01\0\0\0",
            b"\x01\0\0\0\x02a",
            b"\0\0\0\0\0a",
        ] {
            assert!(take_apart(nonsense).is_none());
        }
    }
}
