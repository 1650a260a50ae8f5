//! Recorded frames of real daemons (tests/golden), for unit tests.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_cbor::Value;

/// The daemons of which there are recordings.
pub(crate) const ERAS: [&str; 3] = ["v0.0.72", "v0.0.73-rc1", "v0.0.99"];

/// One recorded frame.
pub(crate) struct Frame {
    pub(crate) from_client: bool,
    pub(crate) cbor: Vec<u8>,
}

pub(crate) fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name)
}

/// The lines of a file as JSON.
pub(crate) fn lines(name: &Path) -> Vec<serde_json::Value> {
    let text = std::fs::read_to_string(name).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// All transcripts of an era, each as its frames in order.
pub(crate) fn transcripts(era: &str) -> Vec<Vec<Frame>> {
    let mut files: Vec<_> = std::fs::read_dir(path(era))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|file| file.extension().is_some_and(|e| e == "jsonl"))
        .collect();
    files.sort();
    files.iter().map(|file| frames(file)).collect()
}

fn frames(file: &Path) -> Vec<Frame> {
    let is_frame = |line: &serde_json::Value| line.get("cbor").is_some();
    lines(file)
        .iter()
        .filter(|line| is_frame(line))
        .map(|line| Frame {
            from_client: line["from"] == "client",
            cbor: hex(line["cbor"].as_str().unwrap()),
        })
        .collect()
}

pub(crate) fn hex(text: &str) -> Vec<u8> {
    let digit = |c: u8| char::from(c).to_digit(16).unwrap() as u8;
    text.as_bytes()
        .chunks(2)
        .map(|pair| digit(pair[0]) << 4 | digit(pair[1]))
        .collect()
}

/// A frame's one key whose value is not null, and that value as a map.
pub(crate) fn message(frame: &Frame) -> Option<(String, BTreeMap<Value, Value>)> {
    let Value::Map(map) = serde_cbor::from_slice(&frame.cbor).ok()? else {
        return None;
    };
    map.into_iter().find_map(|pair| match pair {
        (Value::Text(key), Value::Map(fields)) => Some((key, fields)),
        _ => None,
    })
}

/// A byte string among a message's fields.
pub(crate) fn bytes(fields: &BTreeMap<Value, Value>, name: &str) -> Option<Vec<u8>> {
    match fields.get(&Value::Text(name.to_owned())) {
        Some(Value::Bytes(bytes)) => Some(bytes.clone()),
        _ => None,
    }
}
