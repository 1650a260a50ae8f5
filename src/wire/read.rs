//! Reading CBOR in place: just what the daemon sends, and nothing on trust.
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
const NULL: u8 = SIMPLE << 5 | 22;

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
    fn name(&self) -> &'static str {
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

    /// Passes over one item of any shape, in time linear in its size and without recursion.
    fn skip(&mut self) -> Result<()> {
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
            // Every item takes a byte at least, so a count that cannot fit ends it here.
            if pending > self.remaining() as u64 {
                return Err(self.ends_early());
            }
        }
        Ok(())
    }

    /// Passes over one item of any shape, and gives its encoding.
    pub(crate) fn encoding(&mut self) -> Result<&'a [u8]> {
        let start = self.at;
        self.skip()?;
        Ok(&self.input[start..self.at])
    }

    /// Passes over a null; false, and no step, for anything else.
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

    /// Begins a map; its pairs follow.
    pub(crate) fn map(&mut self) -> Result<u64> {
        self.count(MAP, "map")
    }

    /// Begins an array; its items follow.
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

/// One field of a message; its errors name it.
#[derive(Clone, Copy)]
pub(crate) struct Field<'a> {
    owner: &'static str,
    name: &'static str,
    item: Item<'a>,
}

/// The encoding of one field of the map that is `encoding`, whatever its shape; none for null.
pub(crate) fn encoding_of<'a>(encoding: &'a [u8], name: &str) -> Result<Option<&'a [u8]>> {
    let mut reader = Reader::new(encoding);
    for _ in 0..reader.map()? {
        let is_it = reader.key()? == name.as_bytes();
        let value = reader.encoding()?;
        if is_it {
            return Ok(Some(value).filter(|value| *value != [NULL]));
        }
    }
    Ok(None)
}

/// Reads the named fields of the map that is `encoding`; others are passed over.
pub(crate) fn fields<'a, const N: usize>(
    owner: &'static str,
    encoding: &'a [u8],
    names: [&'static str; N],
) -> Result<[Field<'a>; N]> {
    let mut found = names.map(|name| Field {
        owner,
        name,
        item: Item::Absent,
    });
    fill(encoding, &mut found)?;
    Ok(found)
}

/// The same for any number of fields: one piece of code for all messages.
#[inline(never)]
fn fill<'a>(encoding: &'a [u8], found: &mut [Field<'a>]) -> Result<()> {
    let mut reader = Reader::new(encoding);
    for _ in 0..reader.map()? {
        let key = reader.key()?;
        match found.iter_mut().find(|field| field.name.as_bytes() == key) {
            None => reader.skip()?,
            Some(field) if matches!(field.item, Item::Absent) => field.item = reader.item()?,
            Some(field) => return Err(field.wrong("occurs twice")),
        }
    }
    reader.end()
}

impl<'a> Field<'a> {
    /// A field that stands alone, such as an element of an array.
    pub(crate) fn of(owner: &'static str, name: &'static str, item: Item<'a>) -> Self {
        Field { owner, name, item }
    }

    /// The field's value, whatever it is.
    pub(crate) fn item(&self) -> Item<'a> {
        self.item
    }

    pub(crate) fn wrong(&self, what: impl std::fmt::Display) -> Error {
        malformed(format!("{}.{} {what}", self.owner, self.name))
    }

    fn unexpected(&self, wanted: &str) -> Error {
        self.wrong(format_args!("is {}, not {wanted}", self.item.name()))
    }

    fn need<T>(&self, value: Option<T>) -> Result<T> {
        value.ok_or_else(|| self.wrong("is missing"))
    }

    /// A byte string, none for null.
    pub(crate) fn bytes(&self) -> Result<Option<&'a [u8]>> {
        match self.item {
            Item::Bytes(bytes) => Ok(Some(bytes)),
            Item::Absent | Item::Null => Ok(None),
            _ => Err(self.unexpected("a byte string")),
        }
    }

    /// A byte string that must be there.
    pub(crate) fn need_bytes(&self) -> Result<&'a [u8]> {
        self.need(self.bytes()?)
    }

    /// A byte string of exactly `N` bytes, none for null and for no bytes at all.
    pub(crate) fn fixed<const N: usize>(&self) -> Result<Option<&'a [u8; N]>> {
        match self.bytes()? {
            None | Some([]) => Ok(None),
            Some(bytes) => match bytes.try_into() {
                Ok(array) => Ok(Some(array)),
                Err(_) => Err(self.wrong(format_args!("has {} bytes instead of {N}", bytes.len()))),
            },
        }
    }

    /// A byte string of exactly `N` bytes that must be there.
    pub(crate) fn need_fixed<const N: usize>(&self) -> Result<&'a [u8; N]> {
        self.need(self.fixed()?)
    }

    /// A text, none for null.
    pub(crate) fn text(&self) -> Result<Option<&'a str>> {
        match self.item {
            Item::Text(text) => match std::str::from_utf8(text) {
                Ok(text) => Ok(Some(text)),
                Err(_) => Err(self.wrong("is not UTF-8")),
            },
            Item::Absent | Item::Null => Ok(None),
            _ => Err(self.unexpected("a text string")),
        }
    }

    /// A text that must be there.
    pub(crate) fn need_text(&self) -> Result<&'a str> {
        self.need(self.text()?)
    }

    /// A boolean that must be there.
    pub(crate) fn need_flag(&self) -> Result<bool> {
        match self.item {
            Item::Bool(flag) => Ok(flag),
            Item::Absent | Item::Null => self.need(None),
            _ => Err(self.unexpected("a boolean")),
        }
    }

    /// An unsigned integer within the range of `T`, none for null.
    pub(crate) fn uint<T: TryFrom<u64>>(&self) -> Result<Option<T>> {
        match self.item {
            Item::Uint(value) => match T::try_from(value) {
                Ok(value) => Ok(Some(value)),
                Err(_) => Err(self.wrong("is out of range")),
            },
            Item::Absent | Item::Null => Ok(None),
            _ => Err(self.unexpected("an unsigned integer")),
        }
    }

    /// An unsigned integer that must be there.
    pub(crate) fn need_uint<T: TryFrom<u64>>(&self) -> Result<T> {
        self.need(self.uint()?)
    }

    /// A number of any kind, none for null.
    #[allow(clippy::cast_precision_loss)] // nobody counts so far
    pub(crate) fn number(&self) -> Result<Option<f64>> {
        match self.item {
            Item::Float(value) => Ok(Some(value)),
            Item::Uint(value) => Ok(Some(value as f64)),
            Item::Negative(value) => Ok(Some(value as f64)),
            Item::Absent | Item::Null => Ok(None),
            _ => Err(self.unexpected("a number")),
        }
    }

    /// A signed integer, 0 for null.
    pub(crate) fn int_or_zero(&self) -> Result<i64> {
        match self.item {
            Item::Uint(value) => i64::try_from(value).map_err(|_| self.wrong("is out of range")),
            Item::Negative(value) => Ok(value),
            Item::Absent | Item::Null => Ok(0),
            _ => Err(self.unexpected("an integer")),
        }
    }

    /// The encoding of a map, none for null.
    pub(crate) fn map(&self) -> Result<Option<&'a [u8]>> {
        match self.item {
            Item::Map(encoding) => Ok(Some(encoding)),
            Item::Absent | Item::Null => Ok(None),
            _ => Err(self.unexpected("a map")),
        }
    }

    /// The encoding of a map that must be there.
    pub(crate) fn need_map(&self) -> Result<&'a [u8]> {
        self.need(self.map()?)
    }

    /// The elements of an array that must be there, read as [`list`](Field::list) does.
    pub(crate) fn need_list<T>(
        &self,
        limit: usize,
        element: impl FnMut(Field<'a>) -> Result<T>,
    ) -> Result<Vec<T>> {
        match self.item {
            Item::Absent | Item::Null => self.need(None),
            _ => self.list(limit, element),
        }
    }

    /// The elements of an array, each read by `element`; no elements for null.
    ///
    /// At most `limit` of them, since an element in memory can be much larger than its
    /// shortest encoding.
    pub(crate) fn list<T>(
        &self,
        limit: usize,
        mut element: impl FnMut(Field<'a>) -> Result<T>,
    ) -> Result<Vec<T>> {
        let encoding = match self.item {
            Item::Array(encoding) => encoding,
            Item::Absent | Item::Null => return Ok(Vec::new()),
            _ => return Err(self.unexpected("an array")),
        };
        let mut reader = Reader::new(encoding);
        let count = usize::try_from(reader.array()?).unwrap_or(usize::MAX);
        if count > limit {
            return Err(self.wrong(format_args!("has {count} elements, more than {limit}")));
        }
        let mut list = Vec::new();
        list.try_reserve_exact(count).map_err(|_| {
            Error::new(
                Status::NO_MEMORY,
                format!("no memory for {count} elements of a reply"),
            )
        })?;
        for _ in 0..count {
            list.push(element(Field::of(self.owner, self.name, reader.item()?))?);
        }
        Ok(list)
    }
}
