//! Cuts the stream from the daemon into frames. Knows nothing of sockets or CBOR.

use std::io::{self, Read};

use bytes::Bytes;

use crate::error::{Error, Result};
use crate::secret::{wipe, WipingVec};
use crate::status::Status;

use super::read::malformed;
use super::MAX_FRAME;

const PREFIX: usize = 4;
const BUFFER: usize = 64 * 1024;
/// A large frame's memory is touched in steps of this size, as the bytes come in.
const STEP: usize = 256 * 1024;

/// Accumulates the bytes read and returns complete frames.
///
/// Small frames are copied out of one buffer; a frame that does not fit into it is read
/// straight into its own memory. Everything is wiped after use.
///
/// Call [`next`](FrameReader::next) until it has no more before each
/// [`fill`](FrameReader::fill).
pub struct FrameReader {
    buffer: WipingVec,
    start: usize,
    end: usize,
    large: Option<Large>,
}

/// A frame on its way into its own memory.
struct Large {
    memory: WipingVec,
    filled: usize,
    length: usize,
}

impl Default for FrameReader {
    fn default() -> Self {
        Self::new()
    }
}

impl FrameReader {
    /// A reader at the beginning of a stream.
    pub fn new() -> Self {
        FrameReader {
            buffer: WipingVec::new(Vec::new()),
            start: 0,
            end: 0,
            large: None,
        }
    }

    /// Reads once from `io`; 0 is the end of the stream.
    ///
    /// # Errors
    /// What `io` says; `OutOfMemory` before the first bytes; `InvalidInput` when whole frames are waiting to be taken and there
    /// is no room left.
    pub fn fill(&mut self, io: &mut dyn Read) -> io::Result<usize> {
        if let Some(large) = &mut self.large {
            return large.fill(io);
        }
        if self.buffer.is_empty() {
            self.buffer = whole_buffer()?;
        }
        self.make_room();
        let room = &mut self.buffer.as_mut_slice()[self.end..];
        if room.is_empty() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "frames are waiting",
            ));
        }
        let count = io.read(room)?.min(room.len());
        self.end += count;
        Ok(count)
    }

    /// The next whole frame without its length, if it has come.
    ///
    /// # Errors
    /// `CBOR` for a frame of no length, `FRAME_TOO_LARGE` above 40 MiB, both before any
    /// memory is taken; `NO_MEMORY`. After an error the stream is of no further use.
    #[allow(clippy::should_implement_trait)] // the name says it best, and an iterator would end with an error
    pub fn next(&mut self) -> Result<Option<Bytes>> {
        if let Some(large) = self.large.take() {
            if large.filled < large.length {
                self.large = Some(large);
                return Ok(None);
            }
            return Ok(Some(large.memory.into_bytes()));
        }
        let waiting = &self.buffer[self.start..self.end];
        let Some((prefix, content)) = waiting.split_first_chunk::<PREFIX>() else {
            return Ok(None);
        };
        let length = frame_length(*prefix)?;
        if let Some(content) = content.get(..length) {
            let mut frame = allocate(length)?;
            frame.as_mut_vec().extend_from_slice(content);
            self.consume(PREFIX + length);
            return Ok(Some(frame.into_bytes()));
        }
        if PREFIX + length > BUFFER {
            let mut memory = allocate(length)?;
            memory.as_mut_vec().extend_from_slice(content);
            let filled = content.len();
            self.consume(PREFIX + filled);
            self.large = Some(Large {
                memory,
                filled,
                length,
            });
        }
        Ok(None)
    }

    /// Whether a frame has started and is incomplete: the end of the stream at this point would cut
    /// it off.
    pub fn is_mid_frame(&self) -> bool {
        self.large.is_some() || self.start < self.end
    }

    fn consume(&mut self, count: usize) {
        wipe(&mut self.buffer.as_mut_slice()[self.start..self.start + count]);
        self.start += count;
        if self.start == self.end {
            self.start = 0;
            self.end = 0;
        }
    }

    /// Moves the beginning of a frame to the front once it comes near the back.
    fn make_room(&mut self) {
        if self.start > 0 && self.end > BUFFER / 2 {
            let kept = self.end - self.start;
            let memory = self.buffer.as_mut_slice();
            memory.copy_within(self.start..self.end, 0);
            wipe(&mut memory[kept..self.end]);
            self.start = 0;
            self.end = kept;
        }
    }
}

impl Large {
    fn fill(&mut self, io: &mut dyn Read) -> io::Result<usize> {
        if self.filled == self.length {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "a frame is waiting",
            ));
        }
        if self.filled == self.memory.len() {
            // Within the capacity: nothing moves.
            let touched = self.length.min(self.filled + STEP);
            self.memory.as_mut_vec().resize(touched, 0);
        }
        let room = &mut self.memory.as_mut_slice()[self.filled..];
        let count = io.read(room)?.min(room.len());
        self.filled += count;
        Ok(count)
    }
}

fn frame_length(prefix: [u8; PREFIX]) -> Result<usize> {
    match u32::from_be_bytes(prefix) as usize {
        0 => Err(malformed("a frame of no length")),
        length if length > MAX_FRAME => Err(Error::new(
            Status::FRAME_TOO_LARGE,
            format!("the daemon announced a frame of {length} bytes, more than {MAX_FRAME}"),
        )),
        length => Ok(length),
    }
}

/// The memory for small frames, taken when the first bytes come.
fn whole_buffer() -> io::Result<WipingVec> {
    let mut memory = Vec::new();
    memory
        .try_reserve_exact(BUFFER)
        .map_err(|_| io::Error::from(io::ErrorKind::OutOfMemory))?;
    memory.resize(BUFFER, 0);
    Ok(WipingVec::new(memory))
}

pub(super) fn allocate(length: usize) -> Result<WipingVec> {
    let mut memory = Vec::new();
    memory.try_reserve_exact(length).map_err(|_| {
        Error::new(
            Status::NO_MEMORY,
            format!("no memory for a frame of {length} bytes"),
        )
    })?;
    Ok(WipingVec::new(memory))
}
