//! Reads CBOR in place: just what the daemon sends, and nothing on trust.
//!
//! No recursion (nesting costs no stack), no allocation, definite lengths only. A byte
//! string is never taken for text or the other way round. Messages name places and
//! sizes, never content.

use crate::error::{Error, Result};
use crate::status::Status;

const UINT: u8 = 0;
const NEGATIVE: u8 = 1;
const BYTES: u8 = 2;
const TEXT: u8 = 3;
const ARRAY: u8 = 4;
const MAP: u8 = 5;
const TAG: u8 = 6;
const SIMPLE: u8 = 7;
/// The whole encoding of null.
pub(super) const NULL: u8 = SIMPLE << 5 | 22;

/// A [`Status::CBOR`] error.
pub(crate) fn malformed(message: impl Into<String>) -> Error {
    Error::new(Status::CBOR, message)
}

/// One item. Arrays and maps keep their encoding, to be read by a reader of their own.
#[derive(Clone, Copy)]
pub(crate) enum Item<'a> {
    /// No such key in the map.
    Absent,
    Null,
    Bool(bool),
    Uint(u64),
    Negative(i64),
    Bytes(&'a [u8]),
    Text(&'a [u8]),
    Array(&'a [u8]),
    Map(&'a [u8]),
    /// Nothing that the protocol uses, but documents do.
    Float(f64),
    /// A tag, an undefined value.
    Other,
}

impl Item<'_> {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Item::Absent => "nothing",
            Item::Null => "null",
            Item::Bool(_) => "a boolean",
            Item::Uint(_) => "an unsigned integer",
            Item::Negative(_) => "a negative integer",
            Item::Bytes(_) => "a byte string",
            Item::Text(_) => "a text string",
            Item::Array(_) => "an array",
            Item::Map(_) => "a map",
            Item::Float(_) => "a float",
            Item::Other => "a tag or unknown value",
        }
    }
}

struct Head {
    major: u8,
    info: u8,
    argument: u64,
}

/// The value of a float of 16, 32 or 64 bits.
#[allow(clippy::cast_possible_truncation)] // the head's argument is no wider than its info says
fn float(head: Head) -> f64 {
    match head.info {
        25 => half(head.argument as u16),
        26 => f32::from_bits(head.argument as u32).into(),
        _ => f64::from_bits(head.argument),
    }
}

/// The value of a float of 16 bits, by the rule of RFC 8949, appendix D.
fn half(bits: u16) -> f64 {
    let exponent = i32::from(bits >> 10 & 0x1f);
    let mantissa = f64::from(bits & 0x3ff);
    let value = match exponent {
        0 => mantissa * 2_f64.powi(-24),
        31 if mantissa == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (mantissa + 1024.0) * 2_f64.powi(exponent - 25),
    };
    if bits >> 15 == 0 {
        value
    } else {
        -value
    }
}

/// A cursor over one CBOR encoding.
#[derive(Clone)]
pub(crate) struct Reader<'a> {
    input: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(input: &'a [u8]) -> Self {
        Reader { input, at: 0 }
    }

    fn remaining(&self) -> usize {
        self.input.len() - self.at
    }

    fn ends_early(&self) -> Error {
        malformed(format!(
            "the item ends early, after {} bytes",
            self.input.len()
        ))
    }

    fn take(&mut self, length: u64) -> Result<&'a [u8]> {
        let end = usize::try_from(length)
            .ok()
            .and_then(|length| self.at.checked_add(length));
        let taken = end.and_then(|end| self.input.get(self.at..end));
        let taken = taken.ok_or_else(|| self.ends_early())?;
        self.at += taken.len();
        Ok(taken)
    }

    fn head(&mut self) -> Result<Head> {
        let start = self.at;
        let first = *self.input.get(start).ok_or_else(|| self.ends_early())?;
        self.at += 1;
        let info = first & 0x1f;
        let argument = match info {
            0..=23 => u64::from(info),
            24 => u64::from(*self.take(1)?.first().ok_or_else(|| self.ends_early())?),
            25..=27 => {
                let wide = self.take(1 << (info - 24))?;
                wide.iter()
                    .fold(0, |value, byte| value << 8 | u64::from(*byte))
            }
            31 => return Err(malformed(format!("indefinite length at byte {start}"))),
            _ => return Err(malformed(format!("no CBOR item begins at byte {start}"))),
        };
        Ok(Head {
            major: first >> 5,
            info,
            argument,
        })
    }

    /// Skips one item of any shape, in time linear in its size and without recursion.
    pub(super) fn skip(&mut self) -> Result<()> {
        let mut pending: u64 = 1;
        while pending > 0 {
            pending -= 1;
            let head = self.head()?;
            let children = match head.major {
                BYTES | TEXT => {
                    self.take(head.argument)?;
                    0
                }
                ARRAY => head.argument,
                MAP => head.argument.saturating_mul(2),
                TAG => 1,
                _ => 0,
            };
            pending = pending.saturating_add(children);
            // Every item takes a byte at least, so a count that cannot fit fails here.
            if pending > self.remaining() as u64 {
                return Err(self.ends_early());
            }
        }
        Ok(())
    }

    /// Skips one item of any shape, and returns its encoding.
    pub(crate) fn encoding(&mut self) -> Result<&'a [u8]> {
        let start = self.at;
        self.skip()?;
        Ok(&self.input[start..self.at])
    }

    /// Skips a null; false, and no step, for anything else.
    #[inline]
    pub(crate) fn skip_null(&mut self) -> bool {
        let is_null = self.input.get(self.at) == Some(&NULL);
        self.at += usize::from(is_null);
        is_null
    }

    /// Reads one item.
    pub(crate) fn item(&mut self) -> Result<Item<'a>> {
        let start = self.at;
        let head = self.head()?;
        Ok(match head.major {
            UINT => Item::Uint(head.argument),
            NEGATIVE => match i64::try_from(head.argument) {
                Ok(argument) => Item::Negative(-1 - argument),
                Err(_) => Item::Other,
            },
            BYTES => Item::Bytes(self.take(head.argument)?),
            TEXT => Item::Text(self.take(head.argument)?),
            SIMPLE => match head.info {
                20 => Item::Bool(false),
                21 => Item::Bool(true),
                22 => Item::Null,
                25..=27 => Item::Float(float(head)),
                _ => Item::Other,
            },
            major => {
                self.at = start;
                let whole = self.encoding()?;
                match major {
                    ARRAY => Item::Array(whole),
                    MAP => Item::Map(whole),
                    _ => Item::Other,
                }
            }
        })
    }

    fn count(&mut self, major: u8, what: &str) -> Result<u64> {
        let start = self.at;
        let head = self.head()?;
        if head.major != major {
            return Err(malformed(format!("no {what} at byte {start}")));
        }
        if head.argument > self.remaining() as u64 {
            return Err(self.ends_early());
        }
        Ok(head.argument)
    }

    /// Starts a map; its pairs follow.
    pub(crate) fn map(&mut self) -> Result<u64> {
        self.count(MAP, "map")
    }

    /// Starts an array; its items follow.
    pub(crate) fn array(&mut self) -> Result<u64> {
        self.count(ARRAY, "array")
    }

    /// Reads the key of a pair.
    pub(crate) fn key(&mut self) -> Result<&'a [u8]> {
        if let Some(key) = self.short_text() {
            return Ok(key);
        }
        let start = self.at;
        match self.item()? {
            Item::Text(key) => Ok(key),
            other => {
                let name = other.name();
                Err(malformed(format!(
                    "the key at byte {start} is {name}, not a text string"
                )))
            }
        }
    }

    /// A text of less than 256 bytes, as all keys are, read without detours. None, and no
    /// step, for anything else.
    #[inline]
    fn short_text(&mut self) -> Option<&'a [u8]> {
        let (first, rest) = self.input.get(self.at..)?.split_first()?;
        let (head, length) = match first ^ (TEXT << 5) {
            length @ 0..=23 => (1, length),
            24 => (2, *rest.first()?),
            _ => return None,
        };
        let start = self.at + head;
        let text = self.input.get(start..start + usize::from(length))?;
        self.at = start + text.len();
        Some(text)
    }

    /// Insists that nothing follows.
    pub(crate) fn end(&self) -> Result<()> {
        match self.remaining() {
            0 => Ok(()),
            more => Err(malformed(format!(
                "{more} bytes follow the end of the item"
            ))),
        }
    }
}
