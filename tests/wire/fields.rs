//! Messages whose fields are missing, of another type, size or range, or not known: what is
//! refused is named, and what can be read is read.

use bytes::Bytes;
use kpclient::wire::{decode, query_id, Incoming, ReplyBody};
use serde_cbor::Value;

use crate::support::{bytes, frame, int, refused, some, successes, text};

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
