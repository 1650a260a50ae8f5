//! The network's directory and sizes against the recorded conversations with real daemons.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // helpers of tests

use std::path::Path;
use std::time::Duration;

use kpclientd_sim::network::{CourierEnvelopes, Destination, Era, Network, NetworkConfig, Scheme};
use serde_cbor::Value;

const NOW: Duration = Duration::ZERO;

/// The CBOR of every frame of a recorded conversation.
fn frames(name: &str) -> Vec<Vec<u8>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../tests/golden")
        .join(name);
    let text = std::fs::read_to_string(path).unwrap();
    let hex = |line: &str| {
        let (_, after) = line.split_once("\"cbor\"")?;
        after.split('"').nth(1).map(unhex)
    };
    text.lines().filter_map(hex).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

/// What stands under a field of a reply or event, for every frame that has it.
fn recorded(name: &str, kind: &str, field: &str) -> Vec<Value> {
    let inside = |value: Value, key: &str| match value {
        Value::Map(mut map) => map.remove(&Value::Text(key.to_owned())),
        _ => None,
    };
    frames(name)
        .iter()
        .filter_map(|frame| {
            let body = inside(serde_cbor::from_slice(frame).unwrap(), kind)?;
            inside(body, field)
        })
        .collect()
}

fn recorded_bytes(name: &str, kind: &str, field: &str) -> Vec<Vec<u8>> {
    recorded(name, kind, field)
        .into_iter()
        .filter_map(|value| match value {
            Value::Bytes(bytes) => Some(bytes),
            _ => None,
        })
        .collect()
}

/// Which types stand where, how wide and long, in which order, without their values. Map keys are kept, but numbers and hashes
/// among them are not. A byte string that holds a document or descriptor is opened.
fn shape(bytes: &[u8]) -> String {
    let mut text = String::new();
    let rest = item(bytes, &mut text);
    assert!(rest.is_empty(), "{} bytes too many", rest.len());
    text
}

fn item<'a>(bytes: &'a [u8], text: &mut String) -> &'a [u8] {
    let (kind, count, rest) = head(bytes);
    let length = usize::try_from(count).unwrap();
    match kind {
        0 => {
            let width = bytes.len() - rest.len();
            text.push_str(&format!("int/{width} "));
            rest
        }
        2 => {
            let (inside, rest) = rest.split_at(length);
            let is_document = [&b"\x62Mu"[..], b"\x64Name"]
                .iter()
                .any(|key| inside.get(1..).is_some_and(|rest| rest.starts_with(key)));
            if is_document {
                text.push('<');
                assert!(item(inside, text).is_empty());
                text.push('>');
            } else {
                text.push_str(&format!("bytes/{length} "));
            }
            rest
        }
        3 => {
            text.push_str(&format!("text/{length} "));
            &rest[length..]
        }
        4 => {
            text.push_str(&format!("[{length}: "));
            let rest = (0..length).fold(rest, |rest, _| item(rest, text));
            text.push(']');
            rest
        }
        5 => {
            text.push_str(&format!("{{{length}: "));
            let rest = (0..length).fold(rest, |rest, _| item(key(rest, text), text));
            text.push('}');
            rest
        }
        7 => {
            text.push_str(&format!("simple/{:x} ", bytes[0]));
            rest
        }
        _ => panic!("no recorded frame has type {kind}"),
    }
}

fn key<'a>(bytes: &'a [u8], text: &mut String) -> &'a [u8] {
    let (kind, count, rest) = head(bytes);
    if kind != 3 {
        return item(bytes, text);
    }
    let (name, rest) = rest.split_at(usize::try_from(count).unwrap());
    text.push_str(&format!("{}=", std::str::from_utf8(name).unwrap()));
    rest
}

/// Major type, argument, what follows.
fn head(bytes: &[u8]) -> (u8, u64, &[u8]) {
    let (kind, low) = (bytes[0] >> 5, bytes[0] & 31);
    let extra = match low {
        0..=23 => return (kind, u64::from(low), &bytes[1..]),
        24..=27 => 1 << (low - 24),
        _ => panic!("no recorded frame has an indefinite length"),
    };
    let (argument, rest) = bytes[1..].split_at(extra);
    let argument = argument.iter().fold(0, |sum, b| sum << 8 | u64::from(*b));
    (kind, argument, rest)
}

/// A network in the epochs of the recordings.
fn network(era: Era) -> Network {
    let config = NetworkConfig::new(era);
    match era {
        Era::Current => network_from(config.with_scheme(Scheme::X25519)),
        Era::V0_0_73Rc1 => network_from(NetworkConfig {
            // That network had none.
            replicas: 0,
            ..config
        }),
        Era::V0_0_72 => network_from(config),
    }
}

/// The same with the scheme that v0.0.99 has built in.
fn ctidh_network() -> Network {
    network_from(NetworkConfig::new(Era::Current))
}

fn network_from(config: NetworkConfig) -> Network {
    Network::new(NetworkConfig {
        epoch: 2_491_183,
        replica_epoch: 494,
        ..config
    })
}

const X25519_HANDSHAKE: &str = "v0.0.99/handshake.jsonl";
const CTIDH_HANDSHAKE: &str = "v0.0.99/handshake_ctidh.jsonl";

#[test]
fn documents_of_the_handshake_have_the_recorded_fields_sizes_and_order() {
    let recordings = [
        (Era::V0_0_72, "v0.0.72/handshake.jsonl"),
        (Era::V0_0_73Rc1, "v0.0.73-rc1/handshake.jsonl"),
        (Era::Current, "v0.0.99/handshake.jsonl"),
    ];
    for (era, name) in recordings {
        let real = &recorded_bytes(name, "new_pki_document_event", "payload")[0];
        let ours = network(era).document(NOW, 0).unwrap();
        assert_eq!(shape(&ours), shape(real), "{name}");
        assert_eq!(ours.len(), real.len(), "{name}");
    }
}

#[test]
fn documents_of_later_events_have_the_recorded_order() {
    let events = recorded_bytes(
        "v0.0.99/copy_empty.jsonl",
        "new_pki_document_event",
        "payload",
    );
    let network = network(Era::Current);
    assert_eq!(shape(&network.document(NOW, 0).unwrap()), shape(&events[0]));
    let update = network.document_update(NOW, 0).unwrap();
    assert_eq!(shape(&update), shape(&events[1]));
    assert_ne!(shape(&events[0]), shape(&events[1]));
}

#[test]
fn signed_documents_have_the_recorded_fields_and_sizes() {
    let name = "v0.0.99/documents.jsonl";
    let real = &recorded_bytes(name, "get_pki_document_reply", "payload")[0];
    let ours = network(Era::Current)
        .signed_document(NOW, 2_491_183)
        .unwrap();
    assert_eq!(shape(&ours), shape(real));
    assert_eq!(ours.len(), real.len());
}

#[test]
fn authorities_are_listed_as_recorded() {
    let name = "v0.0.99/documents.jsonl";
    let list = recorded(name, "get_directory_authorities_reply", "authorities");
    let [Value::Array(real)] = &list[..] else {
        panic!("one list of authorities was recorded");
    };
    let ours = network(Era::Current).authorities();
    assert_eq!(ours.len(), real.len());
    for (real, ours) in real.iter().zip(&ours) {
        let real: std::collections::BTreeMap<String, Value> =
            serde_cbor::value::from_value(real.clone()).unwrap();
        assert_eq!(real["identifier"], Value::Text(ours.identifier.clone()));
        let addresses = ours.addresses.iter().cloned().map(Value::Text).collect();
        assert_eq!(real["addresses"], Value::Array(addresses));
        let pems = [
            ("identity_public_key_pem", &ours.identity_public_key_pem),
            ("link_public_key_pem", &ours.link_public_key_pem),
        ];
        for (field, ours) in pems {
            let Value::Text(real) = &real[field] else {
                panic!("{field} is a text");
            };
            let lines = |text: &str| text.lines().map(str::len).collect::<Vec<_>>();
            assert_eq!(lines(ours), lines(real));
            assert_eq!(ours.lines().next(), real.lines().next());
        }
    }
}

/// The networks of the newer recordings had no proxies, so their documents are compared in this part alone.
#[test]
fn replicas_have_envelope_keys_of_the_recorded_lengths() {
    for (network, name) in [
        (network(Era::Current), X25519_HANDSHAKE),
        (ctidh_network(), CTIDH_HANDSHAKE),
    ] {
        let replicas = |document: &[u8]| {
            let document: Value = serde_cbor::from_slice(document).unwrap();
            let Value::Map(mut map) = document else {
                panic!("a document is a map");
            };
            let replicas = map.remove(&Value::Text("StorageReplicas".to_owned()));
            shape(&serde_cbor::to_vec(&replicas.unwrap()).unwrap())
        };
        let real = &recorded_bytes(name, "new_pki_document_event", "payload")[0];
        let ours = network.document(NOW, 0).unwrap();
        assert_eq!(replicas(&ours), replicas(real), "{name}");
    }
}

#[test]
fn geometries_are_the_recorded_ones() {
    for (network, name) in [
        (network(Era::Current), X25519_HANDSHAKE),
        (ctidh_network(), CTIDH_HANDSHAKE),
    ] {
        let geometry = |field| recorded(name, "connection_status_event", field).remove(0);
        let sphinx = serde_cbor::value::from_value(geometry("sphinx_geometry")).unwrap();
        assert_eq!(network.sphinx(), sphinx);
        let pigeonhole = serde_cbor::value::from_value(geometry("pigeonhole_geometry")).unwrap();
        assert_eq!(network.pigeonhole(), pigeonhole);
    }
}

/// Flags and size of each element, size of the buffer.
type Sizes = (Vec<(u8, usize)>, Option<usize>);

/// Sizes of what `create_courier_envelopes_*` replies were recorded to hold.
fn recorded_elements(name: &str, kind: &str) -> Vec<Sizes> {
    let buffers = recorded(name, kind, "buffer");
    recorded(name, kind, "envelopes")
        .into_iter()
        .enumerate()
        .map(|(at, envelopes)| {
            let Value::Array(envelopes) = envelopes else {
                panic!("a list of elements");
            };
            let size = |element: &Value| match element {
                Value::Bytes(bytes) => (bytes[0], bytes.len()),
                _ => panic!("an element is a byte string"),
            };
            let buffer = match buffers.get(at) {
                Some(Value::Bytes(bytes)) => Some(bytes.len()),
                _ => None,
            };
            (envelopes.iter().map(size).collect(), buffer)
        })
        .collect()
}

fn sizes(made: &CourierEnvelopes) -> Sizes {
    let size = |element: &Vec<u8>| (element[0], element.len());
    let elements = made.envelopes.iter().map(size).collect();
    (elements, made.buffer.as_ref().map(Vec::len))
}

#[test]
fn copy_streams_have_the_recorded_elements_and_buffers() {
    let mut network = network(Era::Current);
    let pair = kpclient::bacap::keypair(&[1; 32]);
    let to = |payload| Destination {
        payload,
        write_cap: pair.write_cap.as_bytes(),
        start_index: pair.first_index.as_bytes(),
    };

    let kind = "create_courier_envelopes_from_payload_reply";
    let real = recorded_elements("v0.0.99/copy_one.jsonl", kind);
    let made = network.courier_envelopes_from_payload(NOW, to(&[7; 5000]), true, true);
    assert_eq!(sizes(&made.unwrap()), real[0]);

    let kind = "create_courier_envelopes_from_multi_payload_reply";
    let real = recorded_elements("v0.0.99/copy_multi.jsonl", kind);
    let destination = [to(b"to one")];
    let made = network.courier_envelopes_from_multi_payload(NOW, &destination, &[], true, false);
    let made = made.unwrap();
    assert_eq!(sizes(&made), real[0]);
    let buffer = made.buffer.unwrap();
    let made =
        network.courier_envelopes_from_multi_payload(NOW, &destination, &buffer, false, true);
    assert_eq!(sizes(&made.unwrap()), real[1]);

    let kind = "create_courier_envelopes_from_tombstone_range_reply";
    let real = recorded_elements("v0.0.99/tombstone_range_by_copy.jsonl", kind);
    let made = network.courier_envelopes_from_tombstone_range(NOW, to(&[]), 2, &[], true, true);
    assert_eq!(sizes(&made.unwrap()), real[0]);
}

#[test]
fn envelopes_and_descriptors_have_the_recorded_sizes_and_heads() {
    for (network, name) in [
        (network(Era::Current), "v0.0.99/encrypt.jsonl"),
        (ctidh_network(), "v0.0.99/encrypt_ctidh.jsonl"),
    ] {
        envelopes_are_as_recorded(network, name);
    }
}

fn envelopes_are_as_recorded(mut network: Network, name: &str) {
    let pair = kpclient::bacap::keypair(&[1; 32]);
    let (cap, index) = (pair.write_cap.as_bytes(), pair.first_index.as_bytes());
    let write = network.encrypt_write(NOW, cap, index, b"hello").unwrap();
    let read = network
        .encrypt_read(NOW, pair.read_cap.as_bytes(), index)
        .unwrap();
    for (kind, ours) in [("encrypt_write_reply", write), ("encrypt_read_reply", read)] {
        let ciphertext = &recorded_bytes(name, kind, "message_ciphertext")[0];
        assert_eq!(ours.ciphertext.len(), ciphertext.len());
        assert_eq!(ours.ciphertext[0], ciphertext[0]);
        let descriptor = &recorded_bytes(name, kind, "envelope_descriptor")[0];
        assert_eq!(shape(&ours.descriptor), shape(descriptor));
        assert_eq!(ours.next_index, *pair.first_index.next().as_bytes());
    }
}

#[test]
fn the_oldest_eras_queries_have_the_recorded_sizes() {
    let name = "v0.0.72/channels.jsonl";
    let mut network = network(Era::V0_0_72);
    let pair = kpclient::bacap::keypair(&[1; 32]);
    let (cap, index) = (pair.write_cap.as_bytes(), pair.first_index.as_bytes());
    let write = network.encrypt_write(NOW, cap, index, b"hello").unwrap();
    let read = network
        .encrypt_read(NOW, pair.read_cap.as_bytes(), index)
        .unwrap();
    for (kind, ours) in [("write_channel_reply", write), ("read_channel_reply", read)] {
        let query = &recorded_bytes(name, kind, "send_message_payload")[0];
        assert_eq!(ours.ciphertext.len(), query.len());
        let descriptor = &recorded_bytes(name, kind, "envelope_descriptor")[0];
        assert_eq!(shape(&ours.descriptor), shape(descriptor));
    }
}
