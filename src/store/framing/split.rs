//! From a message to the contents of its boxes.

use std::ops::Range;

use super::{
    box_head, checksum, MessageHead, Nonce, FIRST_HEAD, FURTHER_HEAD, MAX_MESSAGE, ROLE_FURTHER,
};
use crate::secret::WipingVec;
use crate::{Error, Result, Status};

/// How a message is divided among boxes. The same kind, nonce, message and capacity give the same boxes at any time.
#[derive(Clone, Debug)]
pub(crate) struct Split {
    head: MessageHead,
    capacity: usize,
    before: Before,
}

/// The first boxes of a message where they have another capacity: they were written before the network's boxes
/// became smaller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Before {
    pub(crate) boxes: u32,
    /// How many bytes of the message are in them.
    pub(crate) bytes: u32,
}

impl Split {
    /// Computes the checksum, which takes the longest; then each box costs no more than its length. `capacity` is what
    /// one box may carry, `MaxPlaintextPayloadLength`.
    ///
    /// `ARG_VALUE` for kind 0, `PAYLOAD_TOO_LARGE` for more than [`MAX_MESSAGE`], `BAD_GEOMETRY` for boxes that are too small.
    pub(crate) fn new(kind: u8, nonce: &Nonce, message: &[u8], capacity: usize) -> Result<Self> {
        if kind == 0 {
            return Err(Error::new(Status::ARG_VALUE, "no message has the kind 0"));
        }
        let length = checked_length(message.len(), capacity)?;
        let head = MessageHead {
            kind,
            length,
            nonce: *nonce,
            checksum: checksum(kind, length, nonce, message),
        };
        Ok(Split {
            head,
            capacity,
            before: Before::default(),
        })
    }

    /// The same message where some boxes were written before the others got their capacity.
    pub(crate) fn behind(self, before: Before) -> Self {
        Split { before, ..self }
    }

    /// What comes before box `part`.
    pub(crate) fn before(&self, part: u32) -> Before {
        Before {
            boxes: part,
            bytes: self.offset(part),
        }
    }

    /// How many bytes the content of box `part` has.
    pub(crate) fn length_of(&self, part: u32) -> usize {
        let head = if part == 0 { FIRST_HEAD } else { FURTHER_HEAD };
        head + self.range(part).len()
    }

    /// What one box may carry.
    pub(crate) fn capacity(&self) -> usize {
        self.capacity
    }

    /// Number of boxes, at least 1.
    pub(crate) fn boxes(&self) -> u32 {
        match self.before.boxes {
            0 => count(self.head.length, self.capacity),
            boxes => {
                let left = (self.head.length - self.before.bytes.min(self.head.length)) as usize;
                let further = left.div_ceil(in_further(self.capacity));
                u32::try_from(further).map_or(u32::MAX, |further| boxes + further)
            }
        }
    }

    /// Bytes that all boxes together have beside the message.
    pub(crate) fn overhead(&self) -> usize {
        FIRST_HEAD + (self.boxes() as usize - 1) * FURTHER_HEAD
    }

    /// Content of box `part`, counted from 0. `message` is the one that was given to [`Split::new`].
    pub(crate) fn encode(&self, message: &[u8], part: u32) -> Result<WipingVec> {
        if message.len() != self.head.length() || part >= self.boxes() {
            return Err(Error::new(
                Status::INTERNAL,
                format!("box {part} is not of this message"),
            ));
        }
        let data = &message[self.range(part)];
        let mut content = Vec::with_capacity(FIRST_HEAD + data.len());
        if part == 0 {
            let head = &self.head;
            content.extend(MessageHead::covered(head.kind, head.length, &head.nonce));
            content.extend(head.checksum);
        } else {
            content.extend(box_head(ROLE_FURTHER));
            content.extend(self.head.tag());
            content.extend(self.offset(part).to_be_bytes());
        }
        content.extend_from_slice(data);
        Ok(WipingVec::new(content))
    }

    /// Where box `part` begins in the message; of those before the others got their capacity only the first is
    /// known.
    fn offset(&self, part: u32) -> u32 {
        let Before { boxes, bytes } = self.before;
        let bytes = bytes as usize;
        let before = match (part, boxes) {
            (0, _) => 0,
            (part, 0) => in_first(self.capacity) + (part - 1) as usize * in_further(self.capacity),
            (part, boxes) => {
                bytes + part.saturating_sub(boxes) as usize * in_further(self.capacity)
            }
        };
        u32::try_from(before).map_or(self.head.length, |before| before.min(self.head.length))
    }

    fn range(&self, part: u32) -> Range<usize> {
        self.offset(part) as usize..self.offset(part.saturating_add(1)) as usize
    }
}

/// Number of boxes for a message of `len` bytes in boxes that carry `capacity` bytes. Errors: those of [`Split::new`].
pub(crate) fn boxes_for(len: usize, capacity: usize) -> Result<u32> {
    checked_length(len, capacity).map(|length| count(length, capacity))
}

/// How many bytes of a message its first `boxes` boxes hold.
pub(crate) fn in_boxes(boxes: u32, capacity: usize) -> usize {
    let further = boxes.saturating_sub(1) as usize;
    if boxes == 0 || capacity <= FIRST_HEAD {
        return 0;
    }
    in_first(capacity).saturating_add(further.saturating_mul(in_further(capacity)))
}

/// The longest message of at most `most` bytes that fills all its boxes; `most` where that is less than
/// one box holds.
pub(crate) fn filling(most: usize, capacity: usize) -> usize {
    if capacity <= FIRST_HEAD || most < in_first(capacity) {
        return most;
    }
    let further = (most - in_first(capacity)) / in_further(capacity);
    in_first(capacity) + further * in_further(capacity)
}

fn checked_length(len: usize, capacity: usize) -> Result<u32> {
    if capacity <= FIRST_HEAD {
        return Err(Error::new(
            Status::BAD_GEOMETRY,
            format!("boxes of {capacity} bytes are too small for messages"),
        ));
    }
    match u32::try_from(len) {
        Ok(length) if len <= MAX_MESSAGE => Ok(length),
        _ => Err(Error::new(
            Status::PAYLOAD_TOO_LARGE,
            format!("a message has {MAX_MESSAGE} bytes at most, not {len}"),
        )),
    }
}

fn in_first(capacity: usize) -> usize {
    capacity - FIRST_HEAD
}

fn in_further(capacity: usize) -> usize {
    capacity - FURTHER_HEAD
}

fn count(length: u32, capacity: usize) -> u32 {
    let rest = (length as usize).saturating_sub(in_first(capacity));
    // Not more than the length of the message.
    u32::try_from(rest.div_ceil(in_further(capacity))).map_or(u32::MAX, |further| 1 + further)
}
