//! Recorded frames, an independent decoding of them, and what is refused: for the tests of the wire layer.
#![allow(dead_code, clippy::unwrap_used, clippy::panic)]

pub mod asked;
pub mod shown;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use kpclient::wire::decode;
use kpclient::{Error, Status};
use serde_cbor::Value;

/// The daemons of which there are recordings.
pub const ERAS: [&str; 3] = ["v0.0.72", "v0.0.73-rc1", "v0.0.99"];

/// The fields of a message by name, nulls left out.
pub type Fields = BTreeMap<String, Value>;

/// One recorded frame.
pub struct Frame {
    /// File and line, for messages.
    pub place: String,
    /// Who sent it.
    pub from_client: bool,
    /// The CBOR item.
    pub cbor: Vec<u8>,
}

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name)
}

fn unhex(text: &str) -> Vec<u8> {
    let digit = |c: u8| char::from(c).to_digit(16).unwrap() as u8;
    text.as_bytes()
        .chunks(2)
        .map(|pair| digit(pair[0]) << 4 | digit(pair[1]))
        .collect()
}

fn read(file: &Path) -> Vec<Frame> {
    let text = std::fs::read_to_string(file).unwrap();
    let name = file.file_name().unwrap().to_string_lossy().into_owned();
    let mut frames = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        if let Some(cbor) = line["cbor"].as_str() {
            frames.push(Frame {
                place: format!("{name}:{}", number + 1),
                from_client: line["from"] == "client",
                cbor: unhex(cbor),
            });
        }
    }
    frames
}

/// The frames of every transcript of an era.
pub fn transcripts(era: &str) -> Vec<Vec<Frame>> {
    let entries = std::fs::read_dir(golden(era)).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| {
        file.extension()
            .is_some_and(|extension| extension == "jsonl")
    });
    files.sort();
    assert!(!files.is_empty(), "no transcripts of {era}");
    files.iter().map(|file| read(file)).collect()
}

/// The shapes of the older protocol.
pub fn legacy_shapes() -> Vec<Frame> {
    read(&golden("legacy_v0.0.72_shapes.jsonl"))
}

/// Every recorded frame of all eras, and the shapes.
pub fn all_frames() -> Vec<Frame> {
    let mut all: Vec<Frame> = ERAS
        .iter()
        .flat_map(|era| transcripts(era))
        .flatten()
        .collect();
    all.extend(legacy_shapes());
    all
}

/// A map with text keys, nulls left out.
pub fn fields(value: Value) -> Fields {
    let Value::Map(map) = value else {
        panic!("no map")
    };
    map.into_iter()
        .filter(|(_, value)| *value != Value::Null)
        .map(|(key, value)| match key {
            Value::Text(key) => (key, value),
            _ => panic!("a key that is no text"),
        })
        .collect()
}

/// The one message of a frame, nulls and all; none in a frame of nulls.
pub fn message_with_nulls(cbor: &[u8]) -> Option<(String, Value)> {
    let mut named = fields(serde_cbor::from_slice(cbor).unwrap()).into_iter();
    let message = named.next();
    assert!(named.next().is_none(), "two messages in one frame");
    message
}

/// The one message of a frame, nulls left out.
pub fn message(cbor: &[u8]) -> Option<(String, Fields)> {
    message_with_nulls(cbor).map(|(key, value)| (key, fields(value)))
}

/// A frame with this one message.
pub fn frame(key: &str, fields: &Fields) -> Vec<u8> {
    let pairs = fields
        .iter()
        .map(|(key, value)| (Value::Text(key.clone()), value.clone()));
    let body = Value::Map(pairs.collect());
    let whole = BTreeMap::from([(Value::Text(key.to_owned()), body)]);
    serde_cbor::to_vec(&Value::Map(whole)).unwrap()
}

/// A byte string.
pub fn bytes(content: &[u8]) -> Value {
    Value::Bytes(content.to_vec())
}

/// A text string.
pub fn text(content: &str) -> Value {
    Value::Text(content.to_owned())
}

/// An integer.
pub fn int(value: impl Into<i128>) -> Value {
    Value::Integer(value.into())
}

/// Fields from pairs; those without a value are left out.
pub fn some<const N: usize>(pairs: [(&str, Option<Value>); N]) -> Fields {
    let present = |(key, value): (&str, Option<Value>)| value.map(|value| (key.to_owned(), value));
    pairs.into_iter().filter_map(present).collect()
}

/// Every success that a daemon has been recorded to answer, and one of each kind that was
/// not recorded: key and fields.
pub fn successes() -> Vec<(String, Fields)> {
    let recorded = all_frames().into_iter().filter(|frame| !frame.from_client);
    let mut found: BTreeMap<String, Fields> = BTreeMap::new();
    for (key, fields) in recorded.filter_map(|frame| message(&frame.cbor)) {
        let success = fields.get("error_code").is_none_or(|code| *code == int(0));
        if success && key.ends_with("_reply") {
            found.entry(key).or_insert(fields);
        }
    }
    found.extend(vouchers());
    found.into_iter().collect()
}

/// Voucher replies as the protocol describes them; there is no recording.
pub fn vouchers() -> Vec<(String, Fields)> {
    let (write, read) = (bytes(&[0xa1; 168]), bytes(&[0xa2; 136]));
    let head = [
        ("query_id", Some(bytes(&[1; 16]))),
        ("error_code", Some(int(0))),
    ];
    let with = |more: Fields| {
        let mut all = some(head.clone());
        all.extend(more);
        all
    };
    vec![
        (
            "voucher_mint_reply".into(),
            with(some([
                ("voucher", Some(bytes(&[3; 32]))),
                ("voucher_payload", Some(bytes(&[4; 300]))),
                ("voucher_write_cap", Some(write.clone())),
                ("voucher_read_cap", Some(read.clone())),
                ("voucher_secret_key", Some(bytes(&[5; 48]))),
                ("voucher_public_key", Some(bytes(&[6; 40]))),
            ])),
        ),
        (
            "voucher_induct_reply".into(),
            with(some([
                ("display_name", Some(text("Zoë"))),
                ("mutated_message_read_cap", Some(read.clone())),
                ("sealed_reply", Some(bytes(&[7; 90]))),
                ("voucher_write_cap", Some(write.clone())),
                ("voucher_read_cap", Some(read.clone())),
                ("salt", Some(bytes(&[8; 32]))),
            ])),
        ),
        (
            "voucher_open_reply".into(),
            with(some([
                ("who_reply", Some(bytes(&[9; 20]))),
                ("salt", Some(bytes(&[8; 32]))),
                ("mutated_message_write_cap", Some(write.clone())),
            ])),
        ),
        (
            "voucher_derive_stream_reply".into(),
            with(some([
                ("voucher_write_cap", Some(write)),
                ("voucher_read_cap", Some(read)),
            ])),
        ),
    ]
}

/// Why the decoder refuses a frame.
pub fn refused(frame: impl Into<Bytes>) -> Error {
    match decode(&frame.into()) {
        Ok(incoming) => panic!("accepted as {incoming:?}"),
        Err(error) => {
            assert_eq!(error.status(), Status::CBOR, "{error}");
            error
        }
    }
}
