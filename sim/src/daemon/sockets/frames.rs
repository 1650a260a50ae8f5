//! Cutting the byte stream of a client into frames.

use std::ops::Range;

use kpclient::wire::MAX_FRAME;

/// A length that no frame may have: the daemon hangs up.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BadLength;

/// Memory that is kept between frames.
const KEPT: usize = 1 << 20;

/// What was read and not yet dealt with.
#[derive(Default)]
pub(crate) struct FrameBuffer {
    bytes: Vec<u8>,
    start: usize,
}

impl FrameBuffer {
    /// Adds what was read.
    pub(crate) fn extend(&mut self, read: &[u8]) {
        if self.start > 0 {
            self.bytes.drain(..self.start);
            self.start = 0;
            if self.bytes.is_empty() {
                self.bytes.shrink_to(KEPT);
            }
        }
        self.bytes.extend_from_slice(read);
    }

    /// Where the next whole frame lies; it counts as taken.
    pub(crate) fn take(&mut self) -> Result<Option<Range<usize>>, BadLength> {
        let rest = self.bytes.get(self.start..).unwrap_or_default();
        let Some((head, rest)) = rest.split_first_chunk::<4>() else {
            return Ok(None);
        };
        let length = u32::from_be_bytes(*head) as usize;
        if length == 0 || length > MAX_FRAME {
            return Err(BadLength);
        }
        if rest.len() < length {
            return Ok(None);
        }
        let begin = self.start + 4;
        self.start = begin + length;
        Ok(Some(begin..self.start))
    }

    /// A frame that was taken.
    pub(crate) fn frame(&self, range: Range<usize>) -> &[u8] {
        self.bytes.get(range).unwrap_or_default()
    }
}
