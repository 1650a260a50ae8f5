//! Writing a frame into one allocation.

use crate::error::{Error, Result};
use crate::secret::WipingVec;
use crate::status::Status;

use super::MAX_FRAME;

const UINT: u8 = 0x00;
const BYTES: u8 = 0x40;
const TEXT: u8 = 0x60;
const ARRAY: u8 = 0x80;
const MAP: u8 = 0xa0;
const FALSE: u8 = 0xf4;
const TRUE: u8 = 0xf5;
const NULL: u8 = 0xf6;

/// Room for the length, the keys and the fields of fixed size of any one request.
const OVERHEAD: usize = 1024;
const PREFIX: usize = 4;

/// A frame in the making. Its memory is wiped on drop, for it holds capabilities.
pub(super) struct Writer {
    out: WipingVec,
    reserved: usize,
}

impl Writer {
    /// Starts a frame whose fields of variable size add up to `variable` bytes.
    pub(super) fn new(variable: usize) -> Result<Self> {
        if variable > MAX_FRAME {
            return Err(too_large(variable));
        }
        let mut inner = Vec::new();
        inner.try_reserve_exact(variable + OVERHEAD).map_err(|_| {
            Error::new(
                Status::NO_MEMORY,
                format!("no memory for a request of {variable} bytes"),
            )
        })?;
        let reserved = inner.capacity();
        inner.extend_from_slice(&[0; PREFIX]);
        Ok(Writer {
            out: WipingVec::new(inner),
            reserved,
        })
    }

    /// Sets the length and hands the frame out.
    pub(super) fn finish(mut self) -> Result<WipingVec> {
        debug_assert_eq!(
            self.reserved,
            self.out.as_mut_vec().capacity(),
            "a frame was moved"
        );
        let length = self.out.len() - PREFIX;
        if length > MAX_FRAME {
            return Err(too_large(length));
        }
        let prefix = u32::try_from(length).map_err(|_| too_large(length))?;
        self.out.as_mut_slice()[..PREFIX].copy_from_slice(&prefix.to_be_bytes());
        Ok(self.out)
    }

    fn push(&mut self, byte: u8) {
        self.out.as_mut_vec().push(byte);
    }

    fn extend(&mut self, bytes: &[u8]) {
        self.out.as_mut_vec().extend_from_slice(bytes);
    }

    fn head(&mut self, major: u8, argument: u64) {
        let wide = argument.to_be_bytes();
        match argument {
            0..=23 => self.push(major | wide[7]),
            24..=0xff => self.extend(&[major | 24, wide[7]]),
            0x100..=0xffff => self.extend(&[major | 25, wide[6], wide[7]]),
            0x1_0000..=0xffff_ffff => {
                self.push(major | 26);
                self.extend(&wide[4..]);
            }
            _ => {
                self.push(major | 27);
                self.extend(&wide);
            }
        }
    }

    fn text(&mut self, text: &str) {
        self.head(TEXT, text.len() as u64);
        self.extend(text.as_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.head(BYTES, bytes.len() as u64);
        self.extend(bytes);
    }

    /// Writes a map whose pairs `fill` adds; fewer than 24 of them.
    pub(super) fn map(&mut self, fill: impl FnOnce(&mut Pairs<'_>)) {
        let at = self.out.len();
        self.push(MAP);
        let mut pairs = Pairs {
            writer: self,
            count: 0,
        };
        fill(&mut pairs);
        let count = pairs.count;
        debug_assert!(count < 24, "a map whose count does not fit its first byte");
        self.out.as_mut_slice()[at] = MAP | count;
    }
}

fn too_large(length: usize) -> Error {
    Error::new(
        Status::FRAME_TOO_LARGE,
        format!("a request of {length} bytes exceeds the {MAX_FRAME} of a frame"),
    )
}

/// The pairs of a map in the making.
pub(super) struct Pairs<'w> {
    writer: &'w mut Writer,
    count: u8,
}

impl Pairs<'_> {
    fn key(&mut self, key: &str) -> &mut Writer {
        self.count += 1;
        self.writer.text(key);
        self.writer
    }

    pub(super) fn bytes(&mut self, key: &str, value: &[u8]) {
        self.key(key).bytes(value);
    }

    /// A byte string, or null.
    pub(super) fn bytes_or_null(&mut self, key: &str, value: Option<&[u8]>) {
        let writer = self.key(key);
        match value {
            Some(value) => writer.bytes(value),
            None => writer.push(NULL),
        }
    }

    /// A byte string, or no pair at all.
    pub(super) fn bytes_if_some(&mut self, key: &str, value: Option<&[u8]>) {
        if let Some(value) = value {
            self.bytes(key, value);
        }
    }

    pub(super) fn text(&mut self, key: &str, value: &str) {
        self.key(key).text(value);
    }

    pub(super) fn uint(&mut self, key: &str, value: impl Into<u64>) {
        self.key(key).head(UINT, value.into());
    }

    /// An unsigned integer, or null.
    pub(super) fn uint_or_null(&mut self, key: &str, value: Option<impl Into<u64>>) {
        match value {
            Some(value) => self.uint(key, value),
            None => self.key(key).push(NULL),
        }
    }

    /// An unsigned integer, or no pair at all.
    pub(super) fn uint_if_some(&mut self, key: &str, value: Option<impl Into<u64>>) {
        if let Some(value) = value {
            self.uint(key, value);
        }
    }

    pub(super) fn flag(&mut self, key: &str, value: bool) {
        self.key(key).push(if value { TRUE } else { FALSE });
    }

    /// True, or no pair at all.
    pub(super) fn flag_if_set(&mut self, key: &str, value: bool) {
        if value {
            self.flag(key, true);
        }
    }

    /// A map.
    pub(super) fn map(&mut self, key: &str, fill: impl FnOnce(&mut Pairs<'_>)) {
        self.key(key).map(fill);
    }

    /// An array of maps, one for each of `elements`.
    pub(super) fn maps<T>(
        &mut self,
        key: &str,
        elements: &[T],
        mut fill: impl FnMut(&mut Pairs<'_>, &T),
    ) {
        let writer = self.key(key);
        writer.head(ARRAY, elements.len() as u64);
        for element in elements {
            writer.map(|pairs| fill(pairs, element));
        }
    }
}
