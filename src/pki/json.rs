//! A document as indented JSON.
//!
//! The CBOR is written out while it is read, twice: the first time the text is only counted. So
//! nothing but the text itself is stored, in memory of just its length.

use std::fmt::{self, Write};

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::{Error, Result, Status};

/// The fields whose byte strings hold descriptors.
const DESCRIPTOR_FIELDS: [&str; 3] = ["Topology", "GatewayNodes", "ServiceNodes"];
/// Deeper values stay on one line, so that indentation cannot multiply a document's length.
const MAX_INDENT: usize = 8;
/// And so does everything behind so many times a document's length; real documents stay far below.
const INDENTED: usize = 3;
/// What would be longer than so many times a document's length is no document but an attack, as the
/// longest text of one byte of CBOR has six.
const LONGEST: usize = 5;
/// That length is at least this.
const SHORT: usize = 64 << 10;

/// The JSON text of one CBOR item; of anything else, and of what would be more than five times as
/// long, a JSON string of its bytes in hex. It has room for one byte more. `NO_MEMORY`.
pub(super) fn render(cbor: &[u8]) -> Result<String> {
    let length = cbor.len().max(SHORT);
    let mut write: fn(&mut Text, usize, &[u8]) =
        |out, indented, cbor| item(out, indented, cbor, 0, false);
    let count = |write: fn(&mut Text, usize, &[u8])| {
        let mut counted = Text::default();
        write(&mut counted, INDENTED * length, cbor);
        (counted.len, counted.most)
    };
    let (mut long, mut most) = count(write);
    if long > LONGEST * length {
        write = |out, _, cbor| hex(out, cbor);
        (long, most) = count(write);
    }
    let mut text = String::new();
    text.try_reserve_exact(most.max(long + 1)).map_err(|_| {
        let message = "no memory for the text of a directory document";
        Error::new(Status::NO_MEMORY, message)
    })?;
    let mut out = Text {
        text: Some(text),
        ..Text::default()
    };
    write(&mut out, INDENTED * length, cbor);
    Ok(out.text.unwrap_or_default())
}

/// A text, or only its length.
#[derive(Default)]
struct Text {
    len: usize,
    /// What it was at most: a separator goes again where nothing follows.
    most: usize,
    /// Has room for all of it.
    text: Option<String>,
}

impl Text {
    fn truncate(&mut self, len: usize) {
        self.len = len;
        if let Some(text) = &mut self.text {
            text.truncate(len);
        }
    }

    fn grow(&mut self, by: usize) {
        self.len += by;
        self.most = self.most.max(self.len);
    }

    fn push(&mut self, c: char) {
        self.grow(c.len_utf8());
        if let Some(text) = &mut self.text {
            text.push(c);
        }
    }

    fn push_str(&mut self, part: &str) {
        self.grow(part.len());
        if let Some(text) = &mut self.text {
            text.push_str(part);
        }
    }
}

impl Write for Text {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        self.push_str(part);
        Ok(())
    }
}

/// Writes one CBOR item that is all of `cbor`, or the bytes in hex.
fn item(out: &mut Text, indented: usize, cbor: &[u8], depth: usize, in_nodes: bool) {
    let start = out.len;
    let mut deserializer = serde_cbor::Deserializer::from_slice(cbor);
    let value = Json {
        out,
        indented,
        depth,
        in_nodes,
    };
    let written = value.deserialize(&mut deserializer);
    if written.and_then(|()| deserializer.end()).is_err() {
        out.truncate(start);
        hex(out, cbor);
    }
}

fn hex(out: &mut Text, bytes: &[u8]) {
    out.push('"');
    digits(out, bytes);
    out.push('"');
}

fn digits(out: &mut Text, bytes: &[u8]) {
    const DIGITS: [char; 16] = [
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f',
    ];
    for byte in bytes {
        out.push(DIGITS[usize::from(byte >> 4)]);
        out.push(DIGITS[usize::from(byte & 15)]);
    }
}

fn text(out: &mut Text, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => plain(out, format_args!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}

fn plain(out: &mut Text, value: impl fmt::Display) {
    // Writing to a string cannot fail.
    let _ = write!(out, "{value}");
}

/// Where one value is written to.
struct Json<'a> {
    out: &'a mut Text,
    /// How long the text is from which on it stays on one line.
    indented: usize,
    depth: usize,
    /// Inside a field whose byte strings hold descriptors.
    in_nodes: bool,
}

impl Json<'_> {
    fn inner(&mut self, in_nodes: bool) -> Json<'_> {
        Json {
            out: self.out,
            indented: self.indented,
            depth: self.depth + 1,
            in_nodes,
        }
    }

    /// Starts an element of a list or map, or writes its end.
    fn line(&mut self, depth: usize) {
        if self.depth >= MAX_INDENT || self.out.len >= self.indented {
            return;
        }
        self.out.push('\n');
        for _ in 0..depth {
            self.out.push_str("  ");
        }
    }

    fn separate(&mut self, first: &mut bool) {
        if !std::mem::replace(first, false) {
            self.out.push(',');
        }
        self.line(self.depth + 1);
    }

    fn close(&mut self, empty: bool, bracket: char) {
        if !empty {
            self.line(self.depth);
        }
        self.out.push(bracket);
    }
}

impl<'de> DeserializeSeed<'de> for Json<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> std::result::Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Json<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> std::result::Result<(), E> {
        plain(self.out, value);
        Ok(())
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> std::result::Result<(), E> {
        plain(self.out, value);
        Ok(())
    }

    fn visit_i128<E: de::Error>(self, value: i128) -> std::result::Result<(), E> {
        plain(self.out, value);
        Ok(())
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> std::result::Result<(), E> {
        plain(self.out, value);
        Ok(())
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> std::result::Result<(), E> {
        if value.is_finite() {
            // With the exponent of `{:?}`: 1e300 and not three hundred digits.
            plain(self.out, format_args!("{value:?}"));
        } else {
            text(self.out, &value.to_string());
        }
        Ok(())
    }

    fn visit_str<E: de::Error>(self, value: &str) -> std::result::Result<(), E> {
        text(self.out, value);
        Ok(())
    }

    fn visit_bytes<E: de::Error>(self, value: &[u8]) -> std::result::Result<(), E> {
        // Descriptors are maps; anything else there is only bytes.
        let is_map = value.first().is_some_and(|head| head >> 5 == 5);
        if self.in_nodes && is_map {
            item(self.out, self.indented, value, self.depth, false);
        } else {
            hex(self.out, value);
        }
        Ok(())
    }

    fn visit_unit<E: de::Error>(self) -> std::result::Result<(), E> {
        self.out.push_str("null");
        Ok(())
    }

    fn visit_none<E: de::Error>(self) -> std::result::Result<(), E> {
        self.visit_unit()
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> std::result::Result<(), A::Error> {
        self.out.push('[');
        let mut empty = true;
        loop {
            // The separator has to come first, and goes again when nothing follows.
            let start = self.out.len;
            let mut first = empty;
            self.separate(&mut first);
            let in_nodes = self.in_nodes;
            if list.next_element_seed(self.inner(in_nodes))?.is_none() {
                self.out.truncate(start);
                break;
            }
            empty = false;
        }
        self.close(empty, ']');
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> std::result::Result<(), A::Error> {
        self.out.push('{');
        let mut empty = true;
        loop {
            // As in a list: the separator has to come first.
            let start = self.out.len;
            let mut first = empty;
            self.separate(&mut first);
            let Some(is_descriptors) = map.next_key_seed(Key { out: self.out })? else {
                self.out.truncate(start);
                break;
            };
            empty = false;
            self.out.push_str(": ");
            let nodes = self.depth == 0 && is_descriptors;
            map.next_value_seed(self.inner(nodes))?;
        }
        self.close(empty, '}');
        Ok(())
    }
}

/// A map's key as text, whatever it is: JSON knows no other keys. Returns whether descriptors
/// follow.
struct Key<'a> {
    out: &'a mut Text,
}

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> std::result::Result<bool, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Key<'_> {
    fn quoted(self, value: impl fmt::Display) -> bool {
        plain(self.out, format_args!("\"{value}\""));
        false
    }
}

impl<'de> Visitor<'de> for Key<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> std::result::Result<bool, E> {
        Ok(self.quoted(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> std::result::Result<bool, E> {
        Ok(self.quoted(value))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> std::result::Result<bool, E> {
        Ok(self.quoted(value))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> std::result::Result<bool, E> {
        text(self.out, value);
        Ok(DESCRIPTOR_FIELDS.contains(&value))
    }

    fn visit_bytes<E: de::Error>(self, value: &[u8]) -> std::result::Result<bool, E> {
        hex(self.out, value);
        Ok(false)
    }
}
