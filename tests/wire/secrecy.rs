//! Neither `Debug` nor an error repeats what a message holds.

use bytes::Bytes;
use kpclient::wire::{decode, outline, Incoming, Request};
use kpclient::{Error, Status};
use serde_cbor::Value;

use crate::support::{bytes, frame, int, some, successes, text};

fn refused(frame: impl Into<Bytes>) -> Error {
    let error = decode(&frame.into()).unwrap_err();
    assert_eq!(error.status(), Status::CBOR, "{error}");
    error
}

const SECRET: &[u8] = b"tell nobody";

/// A byte string or text of the same size that holds nothing but the secret.
fn secret_like(value: &Value) -> Value {
    let fill = |length: usize| -> Vec<u8> { SECRET.iter().copied().cycle().take(length).collect() };
    match value {
        Value::Bytes(content) => bytes(&fill(content.len())),
        Value::Text(content) => text(&String::from_utf8(fill(content.len())).unwrap()),
        other => other.clone(),
    }
}

fn holds_secret(shown: &str) -> bool {
    let hex: String = SECRET.iter().map(|byte| format!("{byte:02x}")).collect();
    let decimal = SECRET
        .iter()
        .map(u8::to_string)
        .collect::<Vec<_>>()
        .join(", ");
    ["tell nobody".to_owned(), hex, decimal]
        .iter()
        .any(|form| shown.contains(form.as_str()))
}

#[test]
fn neither_debug_nor_errors_show_what_a_reply_holds() {
    for (key, fields) in successes() {
        let mut hidden = fields.clone();
        for value in hidden.values_mut() {
            *value = secret_like(value);
        }
        let incoming = decode(&frame(&key, &hidden).into()).unwrap();
        assert!(
            !holds_secret(&format!("{incoming:?} {incoming:#?}")),
            "{incoming:?}"
        );
        if let Incoming::Reply(reply) = &incoming {
            assert!(!holds_secret(&format!("{:?}", reply.body)));
        }
        for name in fields.keys() {
            let mut broken = hidden.clone();
            broken.insert(
                name.clone(),
                Value::Map([(text("tell nobody"), bytes(SECRET))].into()),
            );
            let error = refused(frame(&key, &broken));
            assert!(!holds_secret(&format!("{error} {error:?}")), "{error}");
        }
    }
    let payload = some([
        ("payload", Some(bytes(SECRET))),
        ("error_code", Some(int(0))),
    ]);
    for key in [
        "message_reply_event",
        "channel_query_reply_event",
        "new_pki_document_event",
    ] {
        let incoming = decode(&frame(key, &payload).into()).unwrap();
        assert!(
            !holds_secret(&format!("{incoming:?} {incoming:#?}")),
            "{incoming:?}"
        );
    }
}

#[test]
fn an_outline_shows_the_kind_of_a_frame_and_no_content() {
    for (key, fields) in successes() {
        let mut hidden = fields.clone();
        for value in hidden.values_mut() {
            *value = secret_like(value);
        }
        let whole = frame(&key, &hidden);
        let shown = outline(&whole);
        assert_eq!(shown.kind, Some(key.as_str()));
        assert!(!holds_secret(&format!("{shown:?}")), "{shown:?}");
        assert_eq!(outline(&whole[..whole.len() - 1]).kind, None, "cut short");
    }
    let unknown = frame("tell nobody", &[].into());
    assert_eq!(outline(&unknown).kind, None);
}

#[test]
fn debug_of_a_request_and_of_its_frame_shows_no_content() {
    let request = Request::EncryptWrite {
        write_cap: &[0x61; 168],
        index: &[0x61; 104],
        plaintext: SECRET,
    };
    let encoded = request.encode(&[0x61; 16]).unwrap();
    let shown = format!("{request:?} {encoded:?}");
    assert!(
        !holds_secret(&shown) && !shown.contains("97, 97"),
        "{shown}"
    );
    assert!(shown.contains("encrypt_write"));
}
