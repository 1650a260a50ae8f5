//! Splits the byte stream of a client into frames.

use std::ops::Range;

use kpclient::wire::MAX_FRAME;

/// An invalid frame length: the daemon closes the connection.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BadLength;

/// The most memory kept between frames.
const KEPT: usize = 1 << 20;

/// Bytes that were read and not yet handled.
#[derive(Default)]
pub(crate) struct FrameBuffer {
    bytes: Vec<u8>,
    start: usize,
}

impl FrameBuffer {
    /// Adds bytes that were read.
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

    /// Takes the next whole frame: where it lies in the buffer.
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

    /// The bytes of a frame that was taken.
    pub(crate) fn frame(&self, range: Range<usize>) -> &[u8] {
        self.bytes.get(range).unwrap_or_default()
    }
}
