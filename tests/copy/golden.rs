//! What is asked for small inputs, held against what was recorded.

use kpclient::bacap::{BoxIndex, WriteCap};
use kpclient::client::{CopyDestination, CourierEnvelopes};
use serde_cbor::Value;

use super::common::drive::{connected, start};
use super::common::frames::{get, message, transcript, Era, Fields};
use super::common::peer::Peer;
use super::support::ends;

/// The recorded requests of a kind, each with its reply.
fn recorded(name: &str, kind: &str) -> Vec<(Fields, Fields)> {
    let frames = transcript(Era::Current, name);
    let all: Vec<(String, Fields)> = frames.iter().filter_map(|f| message(&f.cbor)).collect();
    let requests = all.iter().filter(|(key, _)| key == kind);
    requests
        .map(|(_, request)| {
            let reply = all.iter().find(|(key, fields)| {
                *key == format!("{kind}_reply") && fields.get("query_id") == request.get("query_id")
            });
            (request.clone(), reply.unwrap().1.clone())
        })
        .collect()
}

fn bytes_of(value: Option<&Value>) -> Option<Vec<u8>> {
    match value {
        Some(Value::Bytes(bytes)) => Some(bytes.clone()),
        _ => None,
    }
}

fn flag(request: &Fields, name: &str) -> bool {
    request.get(name) == Some(&Value::Bool(true))
}

/// Lets a client ask what was recorded, plays the recorded reply, and compares both sides.
fn replay(name: &str, kind: &str) {
    let peer = Peer::current();
    let (client, mut conn) = connected(&peer);
    let recorded = recorded(name, kind);
    assert!(!recorded.is_empty());
    for (mut request, mut reply) in recorded {
        let work = ask(&client, kind, &request);
        let op = start(&client, work);
        let mut asked = conn.expect(kind);
        let query = asked.fields.remove("query_id").unwrap();
        request.remove("query_id");
        assert_eq!(asked.fields, request, "{name}");
        reply.insert("query_id".into(), query);
        conn.send_message(&format!("{kind}_reply"), &reply);
        let made: CourierEnvelopes = op.done().unwrap();
        compare(&made, &reply);
    }
}

fn ask(
    client: &kpclient::client::Client,
    kind: &str,
    request: &Fields,
) -> kpclient::Result<kpclient::client::Work<CourierEnvelopes>> {
    let flags = ends(flag(request, "is_start"), flag(request, "is_last"));
    let buffer = bytes_of(request.get("buffer"));
    let cap = |fields: &Fields, name: &str| WriteCap::from_array(get(fields, name));
    let index = |fields: &Fields, name: &str| BoxIndex::from_array(get(fields, name));
    match kind {
        "create_courier_envelopes_from_payload" => {
            let payload = bytes_of(request.get("payload")).unwrap();
            let to = CopyDestination {
                write_cap: cap(request, "dest_write_cap"),
                start_index: index(request, "dest_start_index"),
                payload: &payload,
            };
            client.create_courier_envelopes_from_payload(&to, flags)
        }
        "create_courier_envelopes_from_tombstone_range" => {
            let Some(Value::Integer(count)) = request.get("max_count") else {
                panic!("no count");
            };
            client.create_courier_envelopes_from_tombstone_range(
                &cap(request, "dest_write_cap"),
                &index(request, "dest_start_index"),
                u32::try_from(*count).unwrap(),
                flags,
                buffer.as_deref(),
            )
        }
        _ => {
            let Some(Value::Array(all)) = request.get("destinations") else {
                panic!("no destinations");
            };
            let all: Vec<Fields> = all.iter().map(fields_of).collect();
            let payloads: Vec<Vec<u8>> = all
                .iter()
                .map(|to| bytes_of(to.get("payload")).unwrap())
                .collect();
            let destinations: Vec<CopyDestination<'_>> = all
                .iter()
                .zip(&payloads)
                .map(|(to, payload)| CopyDestination {
                    write_cap: cap(to, "write_cap"),
                    start_index: index(to, "start_index"),
                    payload,
                })
                .collect();
            client.create_courier_envelopes_from_multi_payload(
                &destinations,
                flags,
                buffer.as_deref(),
            )
        }
    }
}

fn fields_of(value: &Value) -> Fields {
    let Value::Map(map) = value else {
        panic!("no map");
    };
    map.iter()
        .map(|(key, value)| match key {
            Value::Text(key) => (key.clone(), value.clone()),
            _ => panic!("a key that is no text"),
        })
        .collect()
}

fn compare(made: &CourierEnvelopes, reply: &Fields) {
    let list = |name: &str| match reply.get(name) {
        Some(Value::Array(all)) => all.iter().map(|v| bytes_of(Some(v)).unwrap()).collect(),
        Some(Value::Bytes(one)) => vec![one.clone()],
        _ => Vec::new(),
    };
    let envelopes: Vec<Vec<u8>> = made.envelopes.iter().map(|e| e.to_vec()).collect();
    assert_eq!(envelopes, list("envelopes"));
    let indices: Vec<Vec<u8>> = made
        .next_indices
        .iter()
        .map(|index| index.as_bytes().to_vec())
        .collect();
    let mut expected: Vec<Vec<u8>> = list("next_dest_indices");
    expected.extend(list("next_dest_index"));
    assert_eq!(indices, expected);
    let buffer = made.buffer.as_ref().map(|buffer| buffer.to_vec());
    assert_eq!(buffer, bytes_of(reply.get("buffer")));
}

#[test]
fn copy_one_asks_as_recorded() {
    replay("copy_one", "create_courier_envelopes_from_payload");
}

#[test]
fn copy_multi_asks_as_recorded() {
    replay("copy_multi", "create_courier_envelopes_from_multi_payload");
}

#[test]
fn tombstone_range_by_copy_asks_as_recorded() {
    let kind = "create_courier_envelopes_from_tombstone_range";
    replay("tombstone_range_by_copy", kind);
}

#[test]
fn get_directory_authorities_tells_what_was_recorded() {
    let kind = "get_directory_authorities";
    let (_, mut reply) = recorded("documents", kind).remove(0);
    let peer = Peer::current();
    let (client, mut conn) = connected(&peer);
    let op = start(&client, client.get_directory_authorities());
    let asked = conn.expect(kind);
    reply.insert("query_id".into(), asked.fields["query_id"].clone());
    conn.send_message("get_directory_authorities_reply", &reply);
    let authorities: Vec<kpclient::wire::Authority> = op.done().unwrap();
    let names: Vec<&str> = authorities.iter().map(|a| a.identifier.as_str()).collect();
    assert_eq!(names, ["auth1", "auth2", "auth3"]);
    let first = &authorities[0];
    assert_eq!(first.addresses, ["tcp://127.0.0.1:30001"]);
    assert_eq!(first.pki_signature_scheme, "Ed25519");
    assert_eq!(first.wire_kem_scheme, "xwing");
    assert!(first
        .identity_public_key_pem
        .starts_with("-----BEGIN ED25519 PUBLIC KEY-----"));
    assert!(first
        .link_public_key_pem
        .starts_with("-----BEGIN XWING PUBLIC KEY-----"));
    assert_eq!(first.identity_key_hash[..2], [0x01, 0x7d]);
}
