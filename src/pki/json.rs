//! A document as indented JSON.
//!
//! The CBOR is written out while it is read, so nothing but the text itself is stored.

use std::fmt::{self, Write};

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

/// The fields whose byte strings hold descriptors.
const DESCRIPTOR_FIELDS: [&str; 3] = ["Topology", "GatewayNodes", "ServiceNodes"];
/// Deeper values stay on one line, so that indentation cannot multiply a document's length.
const MAX_INDENT: usize = 8;
/// And so does everything behind so many times a document's length; real documents stay far below.
const INDENTED: usize = 4;
/// That length is at least this.
const SHORT: usize = 64 << 10;

/// The JSON text of one CBOR item; of anything else a JSON string of its bytes in hex.
pub(super) fn render(cbor: &[u8]) -> String {
    let mut out = String::new();
    let indented = INDENTED * cbor.len().max(SHORT);
    item(&mut out, indented, cbor, 0, false);
    out
}

/// Writes one CBOR item that is all of `cbor`, or the bytes in hex.
fn item(out: &mut String, indented: usize, cbor: &[u8], depth: usize, in_nodes: bool) {
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

fn hex(out: &mut String, bytes: &[u8]) {
    const DIGITS: [char; 16] = [
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f',
    ];
    out.push('"');
    for byte in bytes {
        out.push(DIGITS[usize::from(byte >> 4)]);
        out.push(DIGITS[usize::from(byte & 15)]);
    }
    out.push('"');
}

fn text(out: &mut String, text: &str) {
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

fn plain(out: &mut String, value: impl fmt::Display) {
    // Writing to a string cannot fail.
    let _ = write!(out, "{value}");
}

/// Where one value is written to.
struct Json<'a> {
    out: &'a mut String,
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

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Json<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<(), E> {
        plain(self.out, value);
        Ok(())
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<(), E> {
        plain(self.out, value);
        Ok(())
    }

    fn visit_i128<E: de::Error>(self, value: i128) -> Result<(), E> {
        plain(self.out, value);
        Ok(())
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<(), E> {
        plain(self.out, value);
        Ok(())
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<(), E> {
        if value.is_finite() {
            // With the exponent of `{:?}`: 1e300 and not three hundred digits.
            plain(self.out, format_args!("{value:?}"));
        } else {
            text(self.out, &value.to_string());
        }
        Ok(())
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<(), E> {
        text(self.out, value);
        Ok(())
    }

    fn visit_bytes<E: de::Error>(self, value: &[u8]) -> Result<(), E> {
        // Descriptors are maps; anything else there is only bytes.
        let is_map = value.first().is_some_and(|head| head >> 5 == 5);
        if self.in_nodes && is_map {
            item(self.out, self.indented, value, self.depth, false);
        } else {
            hex(self.out, value);
        }
        Ok(())
    }

    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        self.out.push_str("null");
        Ok(())
    }

    fn visit_none<E: de::Error>(self) -> Result<(), E> {
        self.visit_unit()
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
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

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
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

/// A map's key as text, whatever it is: JSON knows no other keys.
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<String, E> {
        Ok(value.to_string())
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<String, E> {
        Ok(value.to_string())
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<String, E> {
        Ok(value.to_string())
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<String, E> {
        Ok(value.to_owned())
    }

    fn visit_bytes<E: de::Error>(self, value: &[u8]) -> Result<String, E> {
        let mut quoted = String::new();
        hex(&mut quoted, value);
        Ok(quoted.trim_matches('"').to_owned())
    }
}
