//! Frames that no daemon should send: the decoder refuses them precisely, allocates
//! nothing on their word.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use kpclient::wire::{decode, features, query_id, Incoming, Request, MAX_FRAME};
use kpclient::Status;
use serde_cbor::Value;

use crate::support::{all_frames, bytes, frame, int, refused, some, successes, text, Fields};

/// One recorded daemon frame of each kind, the shortest.
fn one_of_each_kind() -> Vec<Vec<u8>> {
    let mut all: Vec<_> = all_frames()
        .into_iter()
        .filter(|frame| !frame.from_client)
        .collect();
    all.sort_by_key(|frame| frame.cbor.len());
    let mut met = BTreeSet::new();
    all.retain(|frame| met.insert(crate::support::message(&frame.cbor).unwrap().0));
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
    let more_than = |most: usize, element: Value| Value::Array(vec![element; most + 1]);
    let many = |element: Value| more_than(65_536, element);
    let one = Value::Array(vec![bytes(&[1])]);
    let authority = Value::Map([(text("addresses"), more_than(64, text("")))].into());
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
            vec![("authorities", more_than(1024, Value::Map(BTreeMap::new())))],
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
            error.message().contains(" elements, more than "),
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
