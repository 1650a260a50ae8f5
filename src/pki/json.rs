//! A document as indented JSON.
//!
//! The CBOR is written out while it is read, so nothing but the text itself is stored.

use std::fmt::{self, Write};

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::{Error, Result, Status};

/// The fields whose byte strings hold descriptors.
const DESCRIPTOR_FIELDS: [&str; 3] = ["Topology", "GatewayNodes", "ServiceNodes"];
/// Deeper values stay on one line, so that indentation cannot multiply a document's length.
const MAX_INDENT: usize = 8;
/// And so does everything behind so many times a document's length; real documents stay far below.
const INDENTED: usize = 4;
/// That length is at least this.
const SHORT: usize = 64 << 10;

/// The JSON text of one CBOR item; of anything else a JSON string of its bytes in hex. It has
/// room for one byte more. `NO_MEMORY`.
pub(super) fn render(cbor: &[u8]) -> Result<String> {
    let mut out = Text::default();
    let indented = INDENTED * cbor.len().max(SHORT);
    item(&mut out, indented, cbor, 0, false);
    out.make_room(1);
    if out.is_cut {
        let message = "no memory for the text of a directory document";
        return Err(Error::new(Status::NO_MEMORY, message));
    }
    Ok(out.text)
}

/// A text that stops growing when there is no memory left.
#[derive(Default)]
struct Text {
    text: String,
    is_cut: bool,
}

impl Text {
    fn len(&self) -> usize {
        self.text.len()
    }

    fn truncate(&mut self, len: usize) {
        if !self.is_cut {
            self.text.truncate(len);
        }
    }

    /// Room for this much more, or for nothing any more.
    fn make_room(&mut self, more: usize) -> bool {
        self.is_cut = self.is_cut || self.text.try_reserve(more).is_err();
        !self.is_cut
    }

    fn push(&mut self, c: char) {
        if self.make_room(c.len_utf8()) {
            self.text.push(c);
        }
    }

    fn push_str(&mut self, part: &str) {
        if self.make_room(part.len()) {
            self.text.push_str(part);
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
    let start = out.len();
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

    /// Begins an element of a list or map, or its end.
    fn line(&mut self, depth: usize) {
        if self.depth >= MAX_INDENT || self.out.len() >= self.indented {
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
            let start = self.out.len();
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
        let mut first = true;
        while let Some(key) = map.next_key_seed(Key)? {
            self.separate(&mut first);
            text(self.out, &key);
            self.out.push_str(": ");
            let nodes = self.depth == 0 && DESCRIPTOR_FIELDS.contains(&key.as_str());
            map.next_value_seed(self.inner(nodes))?;
        }
        self.close(first, '}');
        Ok(())
    }
}

fn whole<E: de::Error>(key: Text) -> std::result::Result<String, E> {
    if key.is_cut {
        return Err(E::custom("no memory for a key"));
    }
    Ok(key.text)
}

/// A map's key as text, whatever it is: JSON knows no other keys.
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> std::result::Result<String, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> std::result::Result<String, E> {
        Ok(value.to_string())
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> std::result::Result<String, E> {
        Ok(value.to_string())
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> std::result::Result<String, E> {
        Ok(value.to_string())
    }

    fn visit_str<E: de::Error>(self, value: &str) -> std::result::Result<String, E> {
        let mut key = Text::default();
        key.push_str(value);
        whole(key)
    }

    fn visit_bytes<E: de::Error>(self, value: &[u8]) -> std::result::Result<String, E> {
        let mut key = Text::default();
        digits(&mut key, value);
        whole(key)
    }
}
