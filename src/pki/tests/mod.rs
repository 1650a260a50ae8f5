//! The documents of real networks of three eras, and documents that no network has.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use serde_cbor::Value;

mod json;

use super::*;
use crate::bacap::blake2b_256;
use crate::golden;
use crate::{Error, Status};

/// Every document that a recorded daemon of `era` sent.
fn documents(era: &str) -> Vec<Document> {
    let found: Vec<_> = golden::transcripts(era)
        .iter()
        .flatten()
        .filter_map(golden::message)
        .filter(|(kind, _)| kind == "new_pki_document_event")
        .map(|(_, fields)| golden::bytes(&fields, "payload").unwrap())
        .map(|payload| Document::parse(payload.into()).unwrap())
        .collect();
    assert!(!found.is_empty());
    found
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn map<const N: usize>(fields: [(&str, Value); N]) -> Value {
    Value::Map(fields.map(|(key, value)| (text(key), value)).into())
}

fn cbor(value: &Value) -> Vec<u8> {
    serde_cbor::to_vec(value).unwrap()
}

/// A service node whose Kaetzchen are `offers`.
fn service_node(offers: Value) -> Value {
    let fields = [
        ("Name", text("node")),
        ("IdentityKey", Value::Bytes(vec![1; 32])),
        ("Kaetzchen", offers),
    ];
    Value::Bytes(cbor(&map(fields)))
}

fn endpoint(endpoint: &str) -> Value {
    map([("endpoint", text(endpoint))])
}

fn document<const N: usize>(fields: [(&str, Value); N]) -> crate::Result<Document> {
    let mut all = BTreeMap::from([(text("Epoch"), Value::Integer(7))]);
    all.extend(fields.map(|(key, value)| (text(key), value)));
    Document::parse(cbor(&Value::Map(all)).into())
}

#[track_caller]
fn refused(result: crate::Result<Document>, named: &str) {
    let error: Error = result.unwrap_err();
    assert_eq!(error.status(), Status::CBOR);
    assert!(error.message().contains(named), "{error} lacks {named}");
}

#[test]
fn the_documents_of_three_eras_are_read() {
    for (era, epoch, services, replicas) in [
        ("v0.0.72", 2_491_221, 1, 3),
        ("v0.0.73-rc1", 2_491_216, 1, 0),
        ("v0.0.99", 2_491_181, 3, 5),
    ] {
        let mut epochs = BTreeSet::new();
        for document in documents(era) {
            epochs.insert(document.epoch());
            assert_eq!(document.layers(), 3);
            assert_eq!(document.lambda_p(), 0.001);
            assert_eq!(document.mu(), 0.005);
            let count = |kind| document.nodes().iter().filter(|n| n.kind == kind).count();
            assert_eq!(count(NodeKind::Gateway), 1);
            assert_eq!(count(NodeKind::Mix), 3);
            assert_eq!(count(NodeKind::Service), services);
            assert!(count(NodeKind::Replica) <= replicas.max(5));
            for node in document.nodes() {
                assert!(!node.name.is_empty());
                assert!(node.addresses[0].starts_with("tcp://127.0.0.1:"));
                assert!(document.has_identity(&node.identity));
            }
            assert!(!document.has_identity(&[0; 32]));
        }
        assert!(epochs.contains(&epoch), "{era}: {epochs:?}");
    }
}

#[test]
fn echo_and_couriers_are_found_with_their_queues() {
    for (era, nodes) in [("v0.0.72", 1), ("v0.0.73-rc1", 1), ("v0.0.99", 3)] {
        for document in documents(era) {
            for (capability, queue) in [("echo", "+echo"), ("courier", "courier")] {
                let services = document.services(capability);
                assert_eq!(services.len(), nodes);
                for service in services {
                    assert_eq!(service.queue, queue.as_bytes());
                    assert_eq!(service.capability, capability);
                    assert!(service.name.starts_with("servicenode"));
                    assert!(document.has_identity(&service.node));
                }
            }
            assert!(document.services("nothing").is_empty());
            assert!(document.services("").is_empty());
        }
    }
}

#[test]
fn destinations_in_the_transcripts_are_services_of_the_document() {
    let mut compared = BTreeSet::new();
    for transcript in golden::ERAS.iter().flat_map(|era| golden::transcripts(era)) {
        let mut known = Vec::new();
        for (kind, fields) in transcript.iter().filter_map(golden::message) {
            let field = |name| golden::bytes(&fields, name);
            if kind == "new_pki_document_event" {
                let document = Document::parse(field("payload").unwrap().into()).unwrap();
                known.extend(document.services("echo"));
                known.extend(document.services("courier"));
            }
            for (node, queue) in [
                ("destination_id_hash", "recipient_queue_id"),
                ("courier_identity_hash", "courier_queue_id"),
            ] {
                let (Some(node), Some(queue)) = (field(node), field(queue)) else {
                    continue;
                };
                // Some transcripts ask on purpose for what is not there.
                let is_unknown = node == [node[0]; 32];
                let is_listed = known.iter().any(|s| s.node[..] == node && s.queue == queue);
                if !is_unknown && !is_listed {
                    panic!("{kind}: {node:02x?} {:?}", String::from_utf8_lossy(&queue));
                }
                if is_listed {
                    compared.insert(kind.clone());
                }
            }
        }
    }
    for kind in [
        "send_message",
        "send_arq_message",
        "send_channel_query",
        "start_resending_encrypted_message_reply",
        "start_resending_copy_command",
    ] {
        assert!(compared.contains(kind), "{kind} not in {compared:?}");
    }
}

#[test]
fn a_signed_document_is_unwrapped() {
    let mut unwrapped = 0;
    for transcript in golden::transcripts("v0.0.99") {
        let mut stripped = None;
        for (kind, fields) in transcript.iter().filter_map(golden::message) {
            let Some(payload) = golden::bytes(&fields, "payload").map(Bytes::from) else {
                continue;
            };
            if kind == "new_pki_document_event" {
                stripped = Some(payload);
            } else if kind == "get_pki_document_reply" {
                let document = Document::parse_signed(&payload).unwrap();
                assert_eq!(Some(document.cbor()), stripped.as_ref());
                unwrapped += 1;
            }
        }
    }
    assert!(unwrapped > 0);
    refused(
        Document::parse_signed(&cbor(&map([])).into()),
        "Certified is missing",
    );
}

#[test]
fn offers_without_a_usable_endpoint_are_left_out() {
    let offers = map([
        ("a", Value::Null),
        ("b", map([])),
        ("c", endpoint("")),
        ("d", endpoint(&"x".repeat(33))),
        ("e", map([("endpoint", Value::Integer(5))])),
        ("f", text("endpoint")),
        ("g", Value::Array(vec![text("endpoint"), text("x")])),
        ("h", map([("endpoint", Value::Bytes(b"x".to_vec()))])),
        ("long", endpoint(&"x".repeat(32))),
        ("one", endpoint("y")),
    ]);
    let nodes = Value::Array(vec![service_node(offers), service_node(Value::Null)]);
    let document = document([("ServiceNodes", nodes)]).unwrap();
    for refused in ["a", "b", "c", "d", "e", "f", "g", "h"] {
        assert!(document.services(refused).is_empty(), "{refused}");
    }
    assert_eq!(document.services("long")[0].queue, [b'x'; 32]);
    let found = &document.services("one")[0];
    assert_eq!((found.queue.as_slice(), &*found.name), (&b"y"[..], "node"));
    assert_eq!(found.node, blake2b_256(&[1; 32]));
}

#[test]
fn only_service_nodes_offer_services_and_in_document_order() {
    let node = |name: &str, key| {
        let fields = [
            ("Name", text(name)),
            ("IdentityKey", Value::Bytes(vec![key; 32])),
            ("Kaetzchen", map([("courier", endpoint("courier"))])),
        ];
        Value::Bytes(cbor(&map(fields)))
    };
    let document = document([
        ("GatewayNodes", Value::Array(vec![node("gateway", 1)])),
        (
            "Topology",
            Value::Array(vec![Value::Array(vec![node("mix", 2)])]),
        ),
        (
            "ServiceNodes",
            Value::Array(vec![node("z", 3), node("a", 4)]),
        ),
    ])
    .unwrap();
    let names: Vec<_> = document
        .services("courier")
        .into_iter()
        .map(|s| s.name)
        .collect();
    assert_eq!(names, ["z".into(), "a".into()]);
    let kinds: Vec<_> = document.nodes().iter().map(|node| node.kind).collect();
    use NodeKind::{Gateway, Mix, Service};
    assert_eq!(kinds, [Gateway, Mix, Service, Service]);
}

#[test]
fn a_document_may_lack_everything_but_its_epoch() {
    let bare = document([]).unwrap();
    assert_eq!((bare.epoch(), bare.layers(), bare.nodes().len()), (7, 0, 0));
    assert_eq!((bare.lambda_p(), bare.mu()), (0.0, 0.0));
    let nulls = document([
        ("ServiceNodes", Value::Null),
        ("Topology", Value::Array(vec![Value::Null])),
        ("StorageReplicas", Value::Null),
    ]);
    assert_eq!(nulls.unwrap().layers(), 1);
    refused(Document::parse(cbor(&map([])).into()), "Epoch is missing");
}

#[test]
fn odd_addresses_do_not_make_a_document_unusable() {
    let node = map([
        ("IdentityKey", Value::Bytes(vec![1; 32])),
        (
            "Addresses",
            map([
                (
                    "tcp",
                    Value::Array(vec![text("a"), Value::Integer(1), text("b")]),
                ),
                ("udp", text("c")),
                ("wide", Value::Array(vec![text("d"); 100])),
            ]),
        ),
    ]);
    let document = document([("StorageReplicas", Value::Array(vec![node]))]).unwrap();
    let node = &document.nodes()[0];
    assert_eq!((&*node.name, node.kind), ("", NodeKind::Replica));
    assert_eq!(node.addresses.len(), 64);
    for address in ["a", "b", "c", "d"] {
        assert!(node.addresses.iter().any(|known| known == address));
    }
}

#[test]
fn odd_documents_are_refused_with_the_place_of_the_fault() {
    let nodes = |node| {
        [(
            "ServiceNodes",
            Value::Array(vec![service_node(map([])), node]),
        )]
    };
    for (fields, named) in [
        (nodes(Value::Integer(5)), "ServiceNodes: [1]"),
        (nodes(Value::Bytes(vec![])), "ServiceNodes: [1]"),
        (nodes(Value::Bytes(b"\xff".to_vec())), "ServiceNodes: [1]"),
        (nodes(map([("Name", text("x"))])), "IdentityKey"),
        (
            nodes(map([("IdentityKey", Value::Integer(3))])),
            "ServiceNodes: [1]",
        ),
        ([("ServiceNodes", text("none"))], "ServiceNodes"),
        (
            [("Topology", Value::Array(vec![text("x")]))],
            "Topology: [0]",
        ),
        (
            [("Topology", Value::Array(vec![Value::Array(vec![]); 300]))],
            "more than 256",
        ),
        (
            [("GatewayNodes", Value::Array(vec![Value::Null; 65_537]))],
            "more than 65536",
        ),
        ([("LambdaP", text("fast"))], "LambdaP"),
        ([("LambdaP", Value::Float(f64::NAN))], "LambdaP"),
        ([("Mu", Value::Float(-1.0))], "Mu"),
        ([("Mu", Value::Float(f64::INFINITY))], "Mu"),
        ([("Epoch", Value::Integer(-1))], "Epoch"),
    ] {
        refused(document(fields), named);
    }
    for bytes in [
        &b""[..],
        b"\xa0\x00",
        b"\x80",
        b"\xa1\x05\x05",
        b"\xf6",
        b"hello",
    ] {
        refused(
            Document::parse(Bytes::copy_from_slice(bytes)),
            "PKI document",
        );
    }
}

#[test]
fn nesting_costs_no_stack() {
    let deep = [&[0x81; 1_000_000][..], b"\x61a"].concat();
    let whole = [&b"\xa2\x65Epoch\x07\x61x"[..], &deep].concat();
    assert_eq!(Document::parse(whole.into()).unwrap().epoch(), 7);
    let node = [&b"\xa2\x6bIdentityKey\x41k\x69Addresses"[..], &deep].concat();
    let whole = [&b"\xa2\x65Epoch\x07\x6cServiceNodes\x81"[..], &node].concat();
    let document = Document::parse(whole.into()).unwrap();
    assert!(document.nodes()[0].addresses.is_empty());
    assert!(!document.to_json().unwrap().is_empty());
}

#[test]
fn rates_of_every_width_are_read() {
    for (encoding, rate) in [
        (&b"\xf9\x3c\x00"[..], 1.0),
        (b"\xf9\x00\x01", 5.960_464_477_539_063e-8),
        (b"\xf9\x7b\xff", 65504.0),
        (b"\xfa\x3e\x80\x00\x00", 0.25),
        (b"\xfb\x3f\x50\x62\x4d\xd2\xf1\xa9\xfc", 0.001),
    ] {
        let whole = [&b"\xa2\x65Epoch\x07\x67LambdaP"[..], encoding].concat();
        assert_eq!(Document::parse(whole.into()).unwrap().lambda_p(), rate);
    }
    for odd in [&b"\xf9\x7c\x00"[..], b"\xf9\x7e\x00", b"\xf9\xbc\x00"] {
        let whole = [&b"\xa2\x65Epoch\x07\x67LambdaP"[..], odd].concat();
        refused(Document::parse(whole.into()), "LambdaP");
    }
}

#[test]
fn whole_numbers_are_accepted_as_rates() {
    let document = document([("LambdaP", Value::Integer(2)), ("Mu", Value::Integer(0))]);
    let document = document.unwrap();
    assert_eq!((document.lambda_p(), document.mu()), (2.0, 0.0));
}

#[test]
fn cut_and_flipped_documents_never_panic() {
    let whole = documents("v0.0.99").remove(0).cbor().clone();
    for length in (0..whole.len()).step_by(97) {
        refused(Document::parse(whole.slice(..length)), "PKI document");
    }
    for position in (0..whole.len()).step_by(13) {
        let mut changed = whole.to_vec();
        changed[position] ^= 0xff;
        if let Ok(document) = Document::parse(changed.into()) {
            document.services("echo");
            assert!(!document.to_json().unwrap().is_empty());
        }
    }
}

#[test]
fn claimed_lengths_are_not_believed() {
    for head in [
        &b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff"[..], // a list of 2^64 - 1
        b"\xbb\xff\xff\xff\xff\xff\xff\xff\xff",      // a map of 2^64 - 1
        b"\x5b\x7f\xff\xff\xff\xff\xff\xff\xff",      // a byte string of 2^63 - 1
    ] {
        let key = b"\x6cServiceNodes";
        let whole = [&b"\xa1"[..], key, head].concat();
        refused(Document::parse(whole.into()), "PKI document");
        refused(
            Document::parse(Bytes::copy_from_slice(head)),
            "PKI document",
        );
    }
    let deep = [&b"\xa1\x61x"[..], &[0x81; 100_000]].concat();
    refused(Document::parse(deep.into()), "ends early");
}

/// A service node of this name with `count` offers that start with `prefix`.
fn busy_node(name: &str, count: usize) -> Value {
    let offers = (0..count).map(|at| (text(&at.to_string()), endpoint("q")));
    let fields = [
        ("Name", text(name)),
        ("IdentityKey", Value::Bytes(vec![1; 32])),
        ("Kaetzchen", Value::Map(offers.collect())),
    ];
    map(fields)
}

#[test]
fn what_a_document_can_multiply_has_bounds() {
    let (longest, too_long) = ("n".repeat(256), "n".repeat(257));
    let nodes = |nodes: Vec<Value>| [("ServiceNodes", Value::Array(nodes))];
    let whole = document(nodes(vec![busy_node(&longest, 1024)])).unwrap();
    assert_eq!(whole.services("1023").len(), 1);
    refused(
        document(nodes(vec![busy_node(&too_long, 1)])),
        "descriptor.Name has 257 bytes",
    );
    refused(document(nodes(vec![busy_node("n", 1025)])), "1025 entries");

    document(nodes(vec![busy_node("n", 1024); 64])).unwrap();
    let mut most = vec![busy_node("n", 1024); 64];
    most.push(busy_node("n", 1));
    refused(document(nodes(most)), "more than 65536 services");

    // Not each list by itself, or as many layers would have as many nodes each.
    let bare = map([("IdentityKey", Value::Bytes(vec![]))]);
    let half = Value::Array(vec![bare.clone(); 32_768]);
    let layers = |extra: &[Value]| {
        [(
            "Topology",
            Value::Array([&[half.clone(), half.clone()], extra].concat()),
        )]
    };
    assert_eq!(document(layers(&[])).unwrap().nodes().len(), 65_536);
    let one_more = Value::Array(vec![bare]);
    refused(document(layers(&[one_more])), "more than 65536 nodes");
}

/// A name is stored once for all offers of its node.
#[test]
fn the_offers_of_a_node_share_its_name() {
    let node = busy_node("node", 2);
    let document = document([("ServiceNodes", Value::Array(vec![node]))]).unwrap();
    let [one, other] = ["0", "1"].map(|capability| document.services(capability).remove(0).name);
    assert!(std::sync::Arc::ptr_eq(&one, &other));
    assert!(std::sync::Arc::ptr_eq(&one, &document.nodes()[0].name));
}

#[test]
fn an_address_that_is_no_address_is_passed_over() {
    let addresses = Value::Array(vec![text(&"a".repeat(1025)), text(&"b".repeat(1024))]);
    let node = map([
        ("IdentityKey", Value::Bytes(vec![1; 32])),
        ("Addresses", addresses),
    ]);
    let document = document([("StorageReplicas", Value::Array(vec![node]))]).unwrap();
    assert_eq!(document.nodes()[0].addresses, ["b".repeat(1024)]);
}
