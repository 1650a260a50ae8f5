//! Answers to requests for courier envelopes, in the sizes of the recorded network.

use serde_cbor::Value;

use super::frames::{bytes, fields};
use super::peer::{Asked, Conn};
use super::replies::caps;

/// Bytes of a payload that a box takes.
pub const CHUNK: usize = 1673;
/// Bytes of an envelope in a stream.
const ENVELOPE: usize = 2003;
/// Bytes of an element that are its stream's.
const ROOM: usize = 1672;
/// Bytes of an element before them.
const HEAD: usize = 5;

fn content(value: Option<&Value>) -> &[u8] {
    match value {
        Some(Value::Bytes(content)) => content,
        _ => panic!("no payload"),
    }
}

fn payload_of(destination: &Value) -> &[u8] {
    match destination {
        Value::Map(map) => content(map.get(&Value::Text("payload".into()))),
        _ => panic!("a destination that is no map"),
    }
}

impl Asked {
    /// The payloads of a request for courier envelopes, in order.
    pub fn payloads(&self) -> Vec<&[u8]> {
        match self.fields.get("destinations") {
            Some(Value::Array(all)) => all.iter().map(payload_of).collect(),
            _ => vec![content(self.fields.get("payload"))],
        }
    }
}

impl Conn {
    /// Answers a request for courier envelopes with elements of the right number and size,
    /// without content.
    pub fn answer_elements(&mut self, asked: &Asked) {
        let payloads = asked.payloads();
        let is_multi = asked.fields.contains_key("destinations");
        let envelopes: usize = payloads.iter().map(|p| p.len().div_ceil(CHUNK)).sum();
        let mut rest = envelopes * ENVELOPE;
        if let Some(Value::Bytes(waiting)) = asked.fields.get("buffer") {
            rest += waiting.len();
        }
        let is_flushed = asked.flag("is_last") || !is_multi;
        let mut elements = Vec::new();
        while rest >= ROOM || (is_flushed && rest > 0) {
            let taken = rest.min(ROOM);
            elements.push(bytes(&vec![0; HEAD + taken]));
            rest -= taken;
        }
        let index = bytes(caps().2.as_bytes());
        let (name, next) = match is_multi {
            true => (
                "next_dest_indices",
                Value::Array(vec![index; payloads.len()]),
            ),
            false => ("next_dest_index", index),
        };
        let more = fields([
            ("envelopes", Value::Array(elements)),
            ("buffer", bytes(&vec![0; rest])),
            (name, next),
        ]);
        self.answer(asked, more);
    }
}
