//! Frames as the daemons of three eras send them: each names all kinds that its daemon
//! knows, null but for one. Taken from the recorded handshakes.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

use serde_cbor::Value;

/// The fields of a message by name, nulls left out.
pub type Fields = BTreeMap<String, Value>;

/// A generation of daemons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Era {
    /// v0.0.72: channels, no session token.
    Channels,
    /// v0.0.73-rc1: the oldest of today's protocol.
    FirstSessions,
    /// v0.0.99.
    Current,
}

impl Era {
    pub const ALL: [Era; 3] = [Era::Channels, Era::FirstSessions, Era::Current];

    fn directory(self) -> &'static str {
        match self {
            Era::Channels => "v0.0.72",
            Era::FirstSessions => "v0.0.73-rc1",
            Era::Current => "v0.0.99",
        }
    }

    /// The two messages that open its recorded handshake: status and document.
    pub fn greeting(self) -> &'static [(String, Fields); 2] {
        &self.recording().greeting
    }

    /// Every kind of message that its daemon names.
    pub fn keys(self) -> &'static [String] {
        &self.recording().keys
    }

    fn recording(self) -> &'static Recording {
        static ALL: [OnceLock<Recording>; 3] = [const { OnceLock::new() }; 3];
        ALL[self as usize].get_or_init(|| Recording::of(self))
    }

    /// A frame of its daemon, without the length.
    pub fn frame(self, key: &str, fields: &Fields) -> Vec<u8> {
        let mut whole: BTreeMap<Value, Value> = self
            .keys()
            .iter()
            .map(|key| (Value::Text(key.clone()), Value::Null))
            .collect();
        let body = fields
            .iter()
            .map(|(name, value)| (Value::Text(name.clone()), value.clone()));
        whole.insert(Value::Text(key.to_owned()), Value::Map(body.collect()));
        serde_cbor::to_vec(&Value::Map(whole)).unwrap()
    }

    /// The configuration file of its recording, with the geometries that it does not send.
    pub fn toml(self) -> String {
        std::fs::read_to_string(golden(&format!("{}/thinclient.toml", self.directory()))).unwrap()
    }
}

/// What is known of an era from its recorded handshake.
struct Recording {
    greeting: [(String, Fields); 2],
    keys: Vec<String>,
}

impl Recording {
    fn of(era: Era) -> Self {
        let mut daemon = transcript(era, "handshake");
        daemon.retain(|frame| !frame.from_client);
        let Value::Map(map) = serde_cbor::from_slice(&daemon[0].cbor).unwrap() else {
            panic!("no map");
        };
        Recording {
            greeting: [0, 1].map(|at| message(&daemon[at].cbor).unwrap()),
            keys: map.into_keys().map(|key| text_of(&key)).collect(),
        }
    }
}

/// One line of a transcript.
pub struct Recorded {
    pub place: String,
    pub from_client: bool,
    pub cbor: Vec<u8>,
    /// The recording's note that stands before this frame.
    pub after_note: bool,
}

fn golden(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name)
}

/// The names of an era's transcripts.
pub fn titles(era: Era) -> Vec<String> {
    let entries = std::fs::read_dir(golden(era.directory())).unwrap();
    let mut titles: Vec<String> = entries
        .filter_map(|entry| {
            let name = entry.unwrap().file_name().into_string().unwrap();
            name.strip_suffix(".jsonl").map(str::to_owned)
        })
        .collect();
    titles.sort();
    titles
}

/// The frames of a recorded conversation.
pub fn transcript(era: Era, name: &str) -> Vec<Recorded> {
    let file = format!("{}/{name}.jsonl", era.directory());
    let text = std::fs::read_to_string(golden(&file)).unwrap();
    let mut frames = Vec::new();
    let mut after_note = false;
    for (number, line) in text.lines().enumerate() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let Some(cbor) = line["cbor"].as_str() else {
            after_note |= line.get("note").is_some();
            continue;
        };
        frames.push(Recorded {
            place: format!("{file}:{}", number + 1),
            from_client: line["from"] == "client",
            cbor: unhex(cbor),
            after_note: std::mem::take(&mut after_note),
        });
    }
    frames
}

fn unhex(text: &str) -> Vec<u8> {
    let digit = |c: u8| u8::try_from(char::from(c).to_digit(16).unwrap()).unwrap();
    text.as_bytes()
        .chunks(2)
        .map(|pair| digit(pair[0]) << 4 | digit(pair[1]))
        .collect()
}

fn text_of(key: &Value) -> String {
    match key {
        Value::Text(key) => key.clone(),
        _ => panic!("a key that is no text"),
    }
}

/// The one message of a frame, nulls left out.
pub fn message(cbor: &[u8]) -> Option<(String, Fields)> {
    let Value::Map(map) = serde_cbor::from_slice(cbor).unwrap() else {
        panic!("no map");
    };
    map.into_iter().find_map(|(key, value)| match value {
        Value::Map(fields) => Some((text_of(&key), without_nulls(fields))),
        _ => None,
    })
}

fn without_nulls(map: BTreeMap<Value, Value>) -> Fields {
    map.into_iter()
        .filter(|(_, value)| *value != Value::Null)
        .map(|(key, value)| (text_of(&key), value))
        .collect()
}

/// Fields from pairs.
pub fn fields<const N: usize>(pairs: [(&str, Value); N]) -> Fields {
    pairs
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// A byte string.
pub fn bytes(content: &[u8]) -> Value {
    Value::Bytes(content.to_vec())
}

/// An integer.
pub fn int(value: impl Into<i128>) -> Value {
    Value::Integer(value.into())
}

/// The bytes of a field.
pub fn get<const N: usize>(fields: &Fields, name: &str) -> [u8; N] {
    match fields.get(name) {
        Some(Value::Bytes(bytes)) => bytes[..].try_into().unwrap(),
        other => panic!("{name} is {other:?}"),
    }
}
