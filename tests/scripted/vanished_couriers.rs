//! Couriers that leave the document while a copy command is at them.

use kpclient::client::Event;
use kpclient::pki::Service;
use kpclient::Status;
use serde_cbor::Value;

use crate::common::drive::{connected, next_that, start};
use crate::common::frames::{fields, get, int};
use crate::common::peer::{Conn, Peer};
use crate::common::replies::caps;

const COPY: &str = "start_resending_copy_command";

#[test]
fn a_courier_that_left_the_document_is_not_asked_again() {
    let peer = Peer::current();
    let (client, conn) = connected(&peer);
    let (cap, _, _) = caps();
    let copy = || start(&client, client.start_resending_copy_command(&cap, None));
    let op = copy();
    let mut lane = peer.welcome();
    let asked = lane.expect(COPY);
    let courier: [u8; 32] = get(&asked.fields, "courier_identity_hash");
    op.cancel();
    let cancel = lane.expect("cancel_resending_copy_command");
    lane.answer(&cancel, fields([]));
    lane.refuse(&asked, 24);
    // Which of the document's nodes it is, is seen when it is gone.
    let sink = client.open_sink(64).unwrap();
    for at in 0.. {
        let epoch = 100_000_000 + at as u64;
        let document = document(&conn, epoch, |nodes| drop(nodes.remove(at)));
        lane.send_message("new_pki_document_event", &fields([("payload", document)]));
        next_that(&sink, |event| match event {
            Event::Document(document) => (document.epoch() == epoch).then_some(()),
            _ => None,
        });
        let is_it = |service: &Service| service.node == courier;
        if !client.couriers().unwrap().iter().any(is_it) {
            break;
        }
    }
    let op = copy();
    let asked = lane.expect(COPY);
    let other: [u8; 32] = get(&asked.fields, "courier_identity_hash");
    assert_ne!(other, courier);
    lane.answer(&asked, fields([]));
    op.done::<()>().unwrap();
}

#[test]
fn a_courier_that_vanished_is_told_once() {
    let peer = Peer::current();
    let (client, conn) = connected(&peer);
    let sink = client.open_sink(16).unwrap();
    let (cap, _, _) = caps();
    let op = start(&client, client.start_resending_copy_command(&cap, None));
    let mut lane = peer.welcome();
    let asked = lane.expect("start_resending_copy_command");
    let courier: [u8; 32] = get(&asked.fields, "courier_identity_hash");
    for epoch in [100_000_000_u64, 100_000_001, 100_000_002] {
        let here = epoch == 100_000_001;
        let leave = |nodes: &mut Vec<Value>| nodes.truncate(if here { nodes.len() } else { 0 });
        let document = document(&conn, epoch, leave);
        let event = fields([("payload", document)]);
        lane.send_message("new_pki_document_event", &event);
        if !here {
            let gone = next_that(&sink, |event| match event {
                Event::CourierVanished(gone) => Some(gone),
                _ => None,
            });
            assert_eq!((gone.stream, gone.courier), (cap.hash(), courier));
        }
    }
    op.cancel();
    assert_eq!(op.status(), Status::CANCELLED);
}

/// The recorded document with another epoch and other service nodes.
fn document(conn: &Conn, epoch: u64, leave: impl FnOnce(&mut Vec<Value>)) -> Value {
    let [_, (_, fields)] = conn.era.greeting();
    let Some(Value::Bytes(payload)) = fields.get("payload") else {
        panic!("no document");
    };
    let Value::Map(mut map) = serde_cbor::from_slice(payload).unwrap() else {
        panic!("no map");
    };
    map.insert(Value::Text("Epoch".into()), int(epoch));
    let nodes = map.get_mut(&Value::Text("ServiceNodes".into()));
    let Some(Value::Array(nodes)) = nodes else {
        panic!("no service nodes");
    };
    leave(nodes);
    Value::Bytes(serde_cbor::to_vec(&Value::Map(map)).unwrap())
}
