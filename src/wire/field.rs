//! The fields of a message, by their names; their errors name them.

use super::read::{malformed, Item, Reader, NULL};
use crate::error::{Error, Result};
use crate::status::Status;

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
