//! The wire layer against recorded frames of three generations of the daemon, compared
//! value by value with an independent CBOR decoder.

use bytes::Bytes;
use kpclient::wire::{decode, Incoming, ReplyBody};
use serde_cbor::Value;

use crate::support::asked::Asked;
use crate::support::shown::shown;
use crate::support::{
    all_frames, bytes, frame, int, legacy_shapes, message, message_with_nulls, transcripts,
    vouchers, Fields, ERAS,
};

/// How many frames there are, so that none is passed over unseen.
const DAEMON_FRAMES: usize = 337;
const CLIENT_FRAMES: usize = 272;

/// Kinds of requests whose recorded frames hold what our types cannot: a capability of the
/// wrong length, at which the daemon hangs up, and a voucher of the wrong length.
const INEXPRESSIBLE: [(&str, &str); 3] = [
    ("bad_length_cap.jsonl:6", "encrypt_write"),
    ("bad_length_cap.jsonl:6", "encrypt_write"),
    ("vouchers.jsonl:30", "voucher_derive_stream"),
];

fn is_success(fields: &Fields) -> bool {
    fields["error_code"] == int(0)
}

/// Failures keep their query id and code only, save where more of them means something.
fn what_a_failure_keeps(key: &str, mut fields: Fields) -> Fields {
    let is_resending = key.starts_with("start_resending_");
    let is_reply = key.ends_with("_reply") && key != "session_token_reply";
    if is_reply && !is_resending && !is_success(&fields) {
        fields.retain(|name, _| name == "query_id" || name == "error_code");
    }
    fields
}

#[test]
fn every_recorded_daemon_frame_decodes_to_the_values_that_an_independent_decoder_sees() {
    let mut count = 0;
    for recorded in all_frames().into_iter().filter(|frame| !frame.from_client) {
        let (mut key, fields) = message(&recorded.cbor).unwrap();
        if key == "shudown_event" {
            key = "shutdown_event".to_owned();
        }
        let expected = what_a_failure_keeps(&key, fields);
        let incoming = decode(&Bytes::from(recorded.cbor)).unwrap();
        assert_eq!(shown(&incoming), (key, expected), "{}", recorded.place);
        count += 1;
    }
    assert_eq!(count, DAEMON_FRAMES);
}

#[test]
fn recorded_failures_have_no_values_to_lose() {
    let zeros = |value: &Value| match value {
        Value::Bytes(bytes) => bytes.iter().all(|byte| *byte == 0),
        Value::Text(text) => text.is_empty(),
        _ => false,
    };
    for recorded in ERAS.iter().flat_map(|era| transcripts(era)).flatten() {
        let Some((key, mut fields)) = message(&recorded.cbor) else {
            continue;
        };
        if recorded.from_client || what_a_failure_keeps(&key, fields.clone()) == fields {
            continue;
        }
        fields.retain(|name, value| {
            // The request's own channel id or epoch is all that comes back.
            let known = ["query_id", "error_code", "channel_id", "epoch"];
            !known.contains(&name.as_str()) && !zeros(value)
        });
        assert_eq!(fields, Fields::new(), "{}", recorded.place);
    }
}

#[test]
fn legacy_reply_shapes_decode_whole_once_they_tell_of_success() {
    let mut count = 0;
    for recorded in legacy_shapes()
        .into_iter()
        .filter(|frame| !frame.from_client)
    {
        let (key, mut fields) = message(&recorded.cbor).unwrap();
        if !fields.contains_key("query_id") {
            continue;
        }
        fields.insert("error_code".into(), int(0));
        for index in ["current_message_index", "next_message_index"] {
            // The filler is five bytes long, which no index is.
            fields
                .entry(index.into())
                .and_modify(|value| *value = bytes(&[7; 104]));
        }
        let incoming = decode(&Bytes::from(frame(&key, &fields))).unwrap();
        assert_eq!(shown(&incoming), (key, fields));
        count += 1;
    }
    assert_eq!(count, 8);
}

#[test]
fn voucher_replies_decode_to_their_values() {
    for (key, fields) in vouchers() {
        let incoming = decode(&Bytes::from(frame(&key, &fields))).unwrap();
        assert_eq!(shown(&incoming), (key, fields));
    }
}

#[test]
fn every_recorded_request_is_encoded_to_the_same_map() {
    let mut inexpressible = Vec::new();
    let mut count = 0;
    for recorded in all_frames().into_iter().filter(|frame| frame.from_client) {
        let (key, expected) = message_with_nulls(&recorded.cbor).unwrap();
        let (_, fields) = message(&recorded.cbor).unwrap();
        let asked = Asked::new(&key, &fields);
        let Some(request) = asked.request() else {
            inexpressible.push((recorded.place, key.clone()));
            continue;
        };
        let encoded = request.encode(&asked.query_id()).unwrap();
        let (prefix, cbor) = encoded.split_first_chunk::<4>().unwrap();
        assert_eq!(u32::from_be_bytes(*prefix) as usize, cbor.len());
        assert_eq!(
            message_with_nulls(cbor).unwrap(),
            (key.clone(), expected),
            "{}",
            recorded.place
        );
        assert_eq!(request.kind().key(), message(cbor).unwrap().0);
        count += 1;
    }
    assert_eq!(
        inexpressible,
        INEXPRESSIBLE.map(|(a, b)| (a.to_owned(), b.to_owned()))
    );
    assert_eq!(count, CLIENT_FRAMES);
}

#[test]
fn every_request_kind_is_encoded_with_the_fields_of_the_protocol() {
    let (cap, hash) = (bytes(&[1; 168]), bytes(&[2; 32]));
    let query_id = ("query_id", Some(bytes(&[9; 16])));
    let unrecorded = [
        (
            "voucher_mint",
            crate::support::some([
                query_id.clone(),
                ("message_write_cap", Some(cap.clone())),
                ("display_name", Some(crate::support::text("Zoë"))),
            ]),
        ),
        (
            "voucher_induct",
            crate::support::some([
                query_id.clone(),
                ("voucher", Some(hash.clone())),
                ("voucher_payload", Some(bytes(&[3; 300]))),
                ("who_reply", Some(bytes(b"me"))),
            ]),
        ),
        (
            "voucher_open",
            crate::support::some([
                query_id.clone(),
                ("voucher_secret_key", Some(bytes(&[4; 48]))),
                ("sealed_reply", Some(bytes(&[5; 90]))),
                ("message_write_cap", Some(cap)),
            ]),
        ),
        (
            "voucher_derive_stream",
            crate::support::some([query_id, ("voucher", Some(hash))]),
        ),
    ];
    for (key, fields) in unrecorded {
        let asked = Asked::new(key, &fields);
        let encoded = asked.request().unwrap().encode(&asked.query_id()).unwrap();
        assert_eq!(message(&encoded[4..]).unwrap(), (key.to_owned(), fields));
    }
}

#[test]
fn payloads_are_shared_with_the_frame_and_not_copied() {
    let recorded = transcripts("v0.0.99").into_iter().flatten();
    let mut found = false;
    for frame in recorded.filter(|frame| !frame.from_client) {
        let frame = Bytes::from(frame.cbor);
        if let Incoming::Reply(reply) = decode(&frame).unwrap() {
            if let ReplyBody::Envelope(envelope) = reply.body {
                let within = frame.as_ptr_range();
                assert!(within.contains(&envelope.ciphertext.as_ptr()));
                assert!(within.contains(&envelope.descriptor.as_ptr()));
                found = true;
            }
        }
    }
    assert!(found);
}
