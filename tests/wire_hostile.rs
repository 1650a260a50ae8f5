//! Frames that no daemon should send: the decoder refuses them precisely, allocates
//! nothing on their word.
#![allow(clippy::unwrap_used, clippy::panic)]

mod wire_support;

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use kpclient::wire::{decode, features, query_id, Incoming, ReplyBody, Request, MAX_FRAME};
use kpclient::{Error, Status};
use serde_cbor::Value;

use wire_support::{all_frames, bytes, frame, int, some, successes, text, Fields};

fn refused(frame: impl Into<Bytes>) -> Error {
    match decode(&frame.into()) {
        Ok(incoming) => panic!("accepted as {incoming:?}"),
        Err(error) => {
            assert_eq!(error.status(), Status::CBOR, "{error}");
            error
        }
    }
}

/// One recorded daemon frame of each kind, the shortest.
fn one_of_each_kind() -> Vec<Vec<u8>> {
    let mut all: Vec<_> = all_frames()
        .into_iter()
        .filter(|frame| !frame.from_client)
        .collect();
    all.sort_by_key(|frame| frame.cbor.len());
    let mut met = BTreeSet::new();
    all.retain(|frame| met.insert(wire_support::message(&frame.cbor).unwrap().0));
    all.into_iter().map(|frame| frame.cbor).collect()
}

/// A frame whose one message is `raw` CBOR.
fn raw_frame(key: &str, raw: &[u8]) -> Vec<u8> {
    let mut frame = vec![0xa1];
    frame.extend(serde_cbor::to_vec(&text(key)).unwrap());
    frame.extend_from_slice(raw);
    frame
}

#[test]
fn a_frame_that_is_cut_short_anywhere_is_refused() {
    for whole in one_of_each_kind() {
        let whole = Bytes::from(whole);
        assert!(decode(&whole).is_ok());
        for length in 0..whole.len() {
            let error = refused(whole.slice(..length));
            assert!(error.message().contains("ends early"), "{error}");
            assert!(features(&whole[..length]).is_err());
        }
    }
}

#[test]
fn a_frame_with_any_byte_changed_is_refused_or_decoded_but_never_panics() {
    for whole in one_of_each_kind() {
        let spots = whole.len().min(3000);
        for at in 0..spots {
            for byte in [0x00, 0x1f, 0x40, 0x5b, 0x7f, 0x9b, 0xbb, 0xdb, 0xf6, 0xff] {
                let mut changed = whole.clone();
                changed[at] = byte;
                let _ = features(&changed);
                let _ = query_id(&changed);
                if let Err(error) = decode(&changed.into()) {
                    assert_eq!(error.status(), Status::CBOR);
                }
            }
        }
    }
}

#[test]
fn bytes_behind_the_frame_are_refused() {
    for mut whole in one_of_each_kind() {
        whole.push(0xf6);
        assert!(features(&whole).is_err());
        let error = refused(whole);
        assert!(error.message().contains("1 bytes follow"), "{error}");
    }
}

#[test]
fn a_frame_that_is_no_map_with_text_keys_is_refused() {
    for raw in [
        &[0x80_u8][..],
        &[0x00],
        &[0xf6],
        &[0x61, b'a'],
        &[0xa1, 0x01, 0xf6],
        &[0xa1, 0x41, b'a', 0xf6],
    ] {
        refused(raw.to_vec());
        assert!(features(raw).is_err());
    }
    refused(Vec::new());
}

#[test]
fn a_message_that_is_no_map_is_refused_by_its_name() {
    for raw in [
        &[0x80_u8][..],
        &[0x00],
        &[0x40],
        &[0x60],
        &[0xf5],
        &[0xf7],
        &[0xc1, 0x00],
        &[0xf9, 0, 0],
    ] {
        let error = refused(raw_frame("new_keypair_reply", raw));
        assert!(error.message().contains("new_keypair_reply"), "{error}");
        // Where the name is not known nothing is expected of the value.
        let unknown = decode(&raw_frame("a_reply_of_the_future", raw).into()).unwrap();
        assert!(matches!(unknown, Incoming::Nothing));
    }
}

#[test]
fn frames_without_a_message_say_nothing() {
    let empty = Bytes::from_static(&[0xa0]);
    assert!(matches!(decode(&empty).unwrap(), Incoming::Nothing));
    let nulls = raw_frame("new_keypair_reply", &[0xf6]);
    assert!(matches!(decode(&nulls.into()).unwrap(), Incoming::Nothing));
}

#[test]
fn claims_beyond_the_frame_are_refused_before_any_allocation() {
    let huge = [1_u64 << 32, 1 << 40, u64::MAX];
    for claim in huge {
        for major in [0x40_u8, 0x60, 0x80, 0xa0] {
            let mut raw = vec![major | 27];
            raw.extend(claim.to_be_bytes());
            raw.extend([0; 64]);
            refused(raw.clone());
            // As the message, as a field of it, as a field nobody knows.
            refused(raw_frame("get_directory_authorities_reply", &raw));
            for field in ["authorities", "query_id", "from_the_future"] {
                let mut map = vec![0xa1];
                map.extend(serde_cbor::to_vec(&text(field)).unwrap());
                map.extend_from_slice(&raw);
                refused(raw_frame("get_directory_authorities_reply", &map));
            }
        }
    }
}

#[test]
fn nesting_of_any_depth_costs_no_stack() {
    for opener in [0x81_u8, 0xc1] {
        let mut raw = vec![opener; 8 << 20];
        raw.push(0xf6);
        let unknown = decode(&raw_frame("a_reply_of_the_future", &raw).into()).unwrap();
        assert!(matches!(unknown, Incoming::Nothing));
        refused(raw_frame("new_keypair_reply", &raw));
        raw.pop();
        refused(raw_frame("a_reply_of_the_future", &raw));
    }
    let maps = [0xa1, 0x60].repeat(1 << 20);
    refused(raw_frame("a_reply_of_the_future", &maps));
}

#[test]
fn lists_are_bounded_by_what_their_elements_need_in_memory() {
    let many = |element: Value| Value::Array(vec![element; 70_000]);
    let one = Value::Array(vec![bytes(&[1])]);
    let authority = Value::Map([(text("addresses"), many(text("")))].into());
    let (courier, multi) = (
        "create_courier_envelopes_from_payload_reply",
        "create_courier_envelopes_from_multi_payload_reply",
    );
    let lists = [
        (courier, vec![("envelopes", many(bytes(&[])))]),
        (multi, vec![("next_dest_indices", many(bytes(&[])))]),
        (
            multi,
            vec![("envelopes", one), ("next_dest_indices", many(bytes(&[])))],
        ),
        (
            "get_directory_authorities_reply",
            vec![("authorities", many(Value::Map(BTreeMap::new())))],
        ),
        (
            "get_directory_authorities_reply",
            vec![("authorities", Value::Array(vec![authority]))],
        ),
    ];
    for (key, list) in lists {
        let fields = list.into_iter().chain([("error_code", int(0))]);
        let fields = fields.map(|(name, value)| (text(name), value)).collect();
        let raw = serde_cbor::to_vec(&Value::Map(fields)).unwrap();
        let error = refused(raw_frame(key, &raw));
        assert!(
            error.message().contains("70000 elements, more than 65536"),
            "{key}: {error}"
        );
    }
}

#[test]
fn indefinite_lengths_and_reserved_heads_are_refused() {
    for raw in [
        &[0x5f_u8, 0x41, 0, 0xff][..],
        &[0x7f, 0xff],
        &[0x9f, 0xff],
        &[0xbf, 0xff],
        &[0xff],
        &[0x1c],
        &[0x1d],
        &[0x1e],
        &[0xfc],
    ] {
        refused(raw_frame("new_keypair_reply", raw));
        refused(raw_frame("a_reply_of_the_future", raw));
        refused(raw.to_vec());
    }
}

#[test]
fn integers_in_longer_forms_mean_the_same() {
    let fields = some([
        ("query_id", Some(bytes(&[1; 16]))),
        ("counter", Some(int(7))),
    ]);
    for code in [
        &[0x00_u8][..],
        &[0x18, 0],
        &[0x19, 0, 0],
        &[0x1a, 0, 0, 0, 0],
        &[0x1b, 0, 0, 0, 0, 0, 0, 0, 0],
    ] {
        let mut map = vec![0xa3];
        for (key, value) in &fields {
            map.extend(serde_cbor::to_vec(&text(key)).unwrap());
            map.extend(serde_cbor::to_vec(value).unwrap());
        }
        map.extend(serde_cbor::to_vec(&text("error_code")).unwrap());
        map.extend_from_slice(code);
        let frame = raw_frame("get_message_box_index_counter_reply", &map);
        let Incoming::Reply(reply) = decode(&frame.into()).unwrap() else {
            panic!("no reply")
        };
        assert_eq!(reply.error_code, 0);
    }
}

#[test]
fn two_messages_in_a_frame_are_refused() {
    let one = frame("shutdown_event", &Fields::new());
    let two = frame("cancel_resending_copy_command_reply", &Fields::new());
    let mut both = vec![0xa2];
    both.extend_from_slice(&one[1..]);
    both.extend_from_slice(&two[1..]);
    let error = refused(both);
    assert!(error.message().contains("two messages"), "{error}");
    let mut twice = vec![0xa2];
    twice.extend_from_slice(&one[1..]);
    twice.extend_from_slice(&one[1..]);
    refused(twice);
}

#[test]
fn a_field_that_occurs_twice_is_refused_by_its_name() {
    for (key, fields) in successes() {
        for (name, value) in &fields {
            let mut map = vec![0xa0 + u8::try_from(fields.len()).unwrap() + 1];
            for (name, value) in fields.iter().chain([(name, value)]) {
                map.extend(serde_cbor::to_vec(&text(name)).unwrap());
                map.extend(serde_cbor::to_vec(value).unwrap());
            }
            let error = refused(raw_frame(&key, &map));
            assert!(
                error
                    .message()
                    .contains(&format!("{key}.{name} occurs twice")),
                "{error}"
            );
        }
    }
}

#[test]
fn fields_that_nobody_knows_are_passed_over() {
    for (key, mut fields) in successes() {
        fields.insert(
            "from_the_future".into(),
            Value::Array(vec![Value::Float(1.5), text("x")]),
        );
        assert!(decode(&frame(&key, &fields).into()).is_ok(), "{key}");
    }
}

#[test]
fn an_answer_without_elements_may_lack_the_indices_behind_them() {
    for key in ["payload", "multi_payload", "tombstone_range"] {
        let key = format!("create_courier_envelopes_from_{key}_reply");
        let fields = some([("error_code", Some(int(0)))]);
        let Incoming::Reply(reply) = decode(&frame(&key, &fields).into()).unwrap() else {
            panic!("{key} is no reply");
        };
        let ReplyBody::CourierEnvelopes(made) = reply.body else {
            panic!("no elements")
        };
        assert!(made.envelopes.is_empty() && made.next_indices.is_empty() && made.buffer.is_none());
    }
}

/// Fields that a success may lack.
fn is_optional(key: &str, name: &str) -> bool {
    let whole = format!("{key}.{name}");
    name == "query_id"
        || name == "reply_index"
        || name == "buffer"
        || [
            "session_token_reply.app_id",
            "start_resending_encrypted_message_reply.plaintext",
            "start_resending_encrypted_message_reply.courier_identity_hash",
            "start_resending_encrypted_message_reply.courier_queue_id",
            "create_courier_envelopes_from_payload_reply.envelopes",
            "create_courier_envelopes_from_multi_payload_reply.envelopes",
            "create_courier_envelopes_from_tombstone_range_reply.envelopes",
            "voucher_open_reply.who_reply",
        ]
        .contains(&whole.as_str())
}

#[test]
fn a_success_that_lacks_a_field_is_refused_by_the_fields_name() {
    for (key, fields) in successes() {
        for name in fields.keys() {
            let mut absent = fields.clone();
            absent.remove(name);
            let mut null = fields.clone();
            null.insert(name.clone(), Value::Null);
            for changed in [absent, null] {
                let made = frame(&key, &changed);
                if is_optional(&key, name) {
                    assert!(decode(&made.into()).is_ok(), "{key}.{name}");
                } else {
                    let error = refused(made);
                    let expected = format!("{key}.{name} is missing");
                    assert!(error.message().contains(&expected), "{error}");
                }
            }
        }
    }
}

#[test]
fn a_field_of_fixed_size_is_refused_in_any_other_size() {
    const FIXED: [&str; 15] = [
        "query_id",
        "write_cap",
        "read_cap",
        "first_message_index",
        "envelope_hash",
        "next_message_box_index",
        "courier_identity_hash",
        "next_dest_index",
        "voucher",
        "voucher_write_cap",
        "voucher_read_cap",
        "mutated_message_read_cap",
        "mutated_message_write_cap",
        "current_message_index",
        "next_message_index",
    ];
    let mut tried = 0;
    for (key, fields) in successes() {
        for (name, value) in &fields {
            let Value::Bytes(content) = value else {
                continue;
            };
            if !FIXED.contains(&name.as_str()) {
                continue;
            }
            let longer = [content.as_slice(), &[0]].concat();
            for size in [1, content.len() - 1, content.len() + 1] {
                let mut changed = fields.clone();
                changed.insert(name.clone(), bytes(&longer[..size]));
                let error = refused(frame(&key, &changed));
                let told = format!("{key}.{name} has {size} bytes instead of {}", content.len());
                assert!(error.message().contains(&told), "{error}");
                tried += 1;
            }
        }
    }
    assert!(tried > 100, "{tried}");
}

#[test]
fn text_is_never_taken_for_bytes_nor_bytes_for_text() {
    for (key, fields) in successes() {
        for (name, value) in &fields {
            let swapped = match value {
                Value::Bytes(content) => text(&"x".repeat(content.len())),
                Value::Text(content) => bytes(content.as_bytes()),
                _ => continue,
            };
            let mut changed = fields.clone();
            changed.insert(name.clone(), swapped);
            let error = refused(frame(&key, &changed));
            assert!(
                error.message().contains(&format!("{key}.{name} is ")),
                "{error}"
            );
        }
    }
    let document = some([("payload", Some(text("document")))]);
    refused(frame("new_pki_document_event", &document));
}

#[test]
fn every_field_of_another_type_is_refused_by_its_name() {
    let others = [Value::Float(1.0), Value::Map([].into())];
    for (key, fields) in successes() {
        for name in fields.keys() {
            for other in &others {
                let mut changed = fields.clone();
                changed.insert(name.clone(), other.clone());
                let error = refused(frame(&key, &changed));
                assert!(
                    error.message().contains(&format!("{key}.{name} is ")),
                    "{error}"
                );
            }
        }
    }
}

#[test]
fn numbers_out_of_range_are_refused_by_their_name() {
    let cases = [
        (
            "cancel_resending_copy_command_reply",
            "error_code",
            int(256),
        ),
        ("cancel_resending_copy_command_reply", "error_code", int(-1)),
        ("message_reply_event", "reply_index", int(256)),
        ("message_sent_event", "sent_at", int(u64::MAX)),
        (
            "start_resending_copy_command_reply",
            "replica_error_code",
            int(300),
        ),
        ("create_read_channel_reply", "channel_id", int(65_536)),
    ];
    for (key, name, value) in cases {
        let mut fields = some([("error_code", Some(int(0)))]);
        fields.insert(name.into(), value);
        let error = refused(frame(key, &fields));
        assert!(
            error.message().contains(&format!("{key}.{name} is ")),
            "{error}"
        );
    }
}

#[test]
fn a_time_that_is_not_set_is_zero_or_negative_but_never_an_error() {
    for (sent_at, expected) in [(None, 0), (Some(int(-62_135_596_800_i64)), -62_135_596_800)] {
        let fields = some([("sent_at", sent_at)]);
        match decode(&frame("message_sent_event", &fields).into()).unwrap() {
            Incoming::MessageSent(sent) => assert_eq!(sent.sent_at, expected),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_failure_is_read_whatever_its_values_are_filled_with() {
    for (key, fields) in successes() {
        if !fields.contains_key("error_code") {
            continue;
        }
        for filler in [Value::Null, bytes(&[]), bytes(&[0; 5]), int(0)] {
            let mut failed = fields.clone();
            for (name, value) in &mut failed {
                let of_resending = key.starts_with("start_resending_");
                if name != "query_id" && !of_resending {
                    *value = filler.clone();
                }
            }
            failed.insert("error_code".into(), int(4));
            let Incoming::Reply(reply) = decode(&frame(&key, &failed).into()).unwrap() else {
                panic!("{key} is no reply");
            };
            assert_eq!(reply.error_code, 4);
            assert!(reply.query_id.is_some());
        }
    }
}

#[test]
fn a_failure_without_a_query_id_is_read() {
    for query_id in [None, Some(Value::Null), Some(bytes(&[]))] {
        let fields = some([("error_code", Some(int(20))), ("query_id", query_id)]);
        let frame = frame("create_write_channel_reply", &fields);
        let Incoming::Reply(reply) = decode(&frame.into()).unwrap() else {
            panic!("no reply")
        };
        assert_eq!((reply.query_id, reply.error_code), (None, 20));
    }
}

#[test]
fn the_query_id_of_a_refused_reply_can_be_told() {
    let fields = some([
        ("query_id", Some(bytes(&[7; 16]))),
        ("error_code", Some(int(0))),
        ("counter", Some(text("many"))),
    ]);
    let frame = Bytes::from(frame("get_message_box_index_counter_reply", &fields));
    refused(frame.clone());
    assert_eq!(query_id(&frame), Some([7; 16]));
    assert_eq!(query_id(&frame[..20]), None);
}

#[test]
fn a_request_beyond_the_longest_frame_is_refused() {
    let payload = vec![0; MAX_FRAME + 1];
    for length in [MAX_FRAME, MAX_FRAME + 1] {
        let request = Request::WriteChannel {
            channel_id: 1,
            payload: &payload[..length],
        };
        let error = request.encode(&[1; 16]).unwrap_err();
        assert_eq!(error.status(), Status::FRAME_TOO_LARGE);
    }
    let request = Request::WriteChannel {
        channel_id: 1,
        payload: &payload[..MAX_FRAME - 200],
    };
    assert!(request.encode(&[1; 16]).is_ok());
}
