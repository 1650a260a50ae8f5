//! The couriers that a recorded document names, read without the library.

use kpclient::bacap::blake2b_256;
use serde_cbor::Value;

use crate::common::frames::Fields;
use crate::recorded::content;

/// The courier that a copy command is for is one of the document's, by its identity and by the
/// queue that it takes commands from.
pub fn check(place: &str, asked: &Fields, document: &Fields) {
    let [identity, queue] =
        ["courier_identity_hash", "courier_queue_id"].map(|name| content(asked, name));
    let named = couriers(&content(document, "payload"));
    assert!(!named.is_empty(), "{place}: the document names no courier");
    assert!(
        named.contains(&(identity, queue)),
        "{place}: the copy command is for no courier of the document"
    );
}

/// Identity hash and queue of each node of a document that offers to be a courier.
fn couriers(document: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let document: Value = serde_cbor::from_slice(document).unwrap();
    let Some(Value::Array(nodes)) = entry(&document, "ServiceNodes") else {
        panic!("the document has no list of service nodes");
    };
    nodes.iter().filter_map(courier).collect()
}

fn courier(node: &Value) -> Option<(Vec<u8>, Vec<u8>)> {
    let Value::Bytes(descriptor) = node else {
        panic!("a descriptor is {node:?}");
    };
    let descriptor: Value = serde_cbor::from_slice(descriptor).unwrap();
    let offer = entry(entry(&descriptor, "Kaetzchen")?, "courier")?;
    match (entry(&descriptor, "IdentityKey"), entry(offer, "endpoint")) {
        (Some(Value::Bytes(key)), Some(Value::Text(queue))) => {
            Some((blake2b_256(key).to_vec(), queue.clone().into_bytes()))
        }
        other => panic!("a courier is {other:?}"),
    }
}

fn entry<'a>(map: &'a Value, name: &str) -> Option<&'a Value> {
    match map {
        Value::Map(entries) => entries.get(&Value::Text(name.to_owned())),
        _ => None,
    }
}
