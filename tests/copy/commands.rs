//! `start_resending_copy_command`: the courier, its failures, time limits and cancels.

use std::time::{Duration, Instant};

use kpclient::bacap::WriteCap;
use kpclient::client::{
    Client, CopyDestination, Delivery, Destination, Event, OpId, StartFlags, Timeout,
};
use kpclient::pki::Service;
use kpclient::{Error, Status};
use kpclientd_sim::Sim;
use serde_cbor::Value;

use super::common::drive::{connected, next_that, start};
use super::common::frames::{fields, get, int};
use super::common::peer::{Conn, Peer};
use super::common::replies::caps;
use super::support::*;

const COPY: &str = "start_resending_copy_command";

fn failure(client: &Client, cap: &WriteCap) -> Error {
    let work = client.start_resending_copy_command(cap, None).unwrap();
    client.block(work, SOON).unwrap_err()
}

/// Which courier has each copy command that the daemon runs, or ran.
fn courier_of(sim: &Sim) -> String {
    let entry = &sim.arq().unwrap()[0];
    entry["courier"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_failure_tells_the_envelope_and_what_the_replica_said() {
    let sim = sim();
    let client = client(&sim);
    let (destination, temporary) = (stream(1), stream(2));
    let content = payload(5000);
    // The second box of the destination is written already, with something else.
    let taken = ahead(&destination.first_index, 1);
    let flags = StartFlags::default();
    done(
        &client,
        client.write_box(&destination.write_cap, &taken, b"mine", flags),
    );
    let to = to(&destination, &content);
    let made = done(
        &client,
        client.create_courier_envelopes_from_payload(&to, WHOLE),
    );
    write_all(&client, &temporary, &made.envelopes);
    let error = failure(&client, &temporary.write_cap);
    assert_eq!(error.status(), Status::COPY_FAILED);
    assert_eq!(error.failed_envelope(), Some(2));
    assert_eq!(error.replica_code(), Some(10));
    // What was written before stays.
    assert!(read_one(&client, &destination.read_cap, &destination.first_index).is_ok());
}

#[test]
fn an_element_that_holds_no_envelope_fails_without_a_replica() {
    let sim = sim();
    let client = client(&sim);
    let temporary = stream(2);
    let element = bytes::Bytes::from_static(b"\x03\0\0\0\x08nonsense");
    write_all(&client, &temporary, &[element]);
    let error = failure(&client, &temporary.write_cap);
    assert_eq!(error.status(), Status::COPY_FAILED);
    assert_eq!(
        (error.failed_envelope(), error.replica_code()),
        (Some(1), None)
    );
}

/// Starts a copy command and waits until its courier has it.
fn start_copy(sim: &Sim, client: &Client, cap: &WriteCap) -> OpId {
    let work = client.start_resending_copy_command(cap, None).unwrap();
    let prepared = client.prepare(&work, Delivery::Keep).unwrap();
    let id = prepared.id();
    prepared.launch(work, Timeout::Forever);
    until("the command is there", || sim.arq().unwrap().len() == 1);
    id
}

#[test]
fn after_a_failure_another_courier_is_taken() {
    let sim = sim();
    let client = client(&sim);
    let couriers = client.couriers().unwrap().len();
    // Over a stream that is not written couriers wait, until they are made to fail.
    let temporary = stream(2);
    let mut asked = Vec::new();
    for _ in 0..couriers {
        let id = start_copy(&sim, &client, &temporary.write_cap);
        asked.push(courier_of(&sim));
        sim.control("fault copy 6").unwrap();
        let ended = client.wait(id, SOON).unwrap().unwrap();
        assert_eq!(ended.status(), Status::COPY_FAILED);
        until("the daemon forgets it", || sim.arq().unwrap().is_empty());
    }
    asked.sort();
    asked.dedup();
    assert_eq!(asked.len(), couriers, "{asked:?}");
}

#[test]
fn a_command_that_was_given_up_goes_to_its_courier_again() {
    let sim = sim();
    let client = client(&sim);
    assert!(client.couriers().unwrap().len() >= 3);
    // Over a stream that is not written couriers wait, and nobody tells them to stop.
    let temporary = stream(2).write_cap;
    let mut id = start_copy(&sim, &client, &temporary);
    let first = courier_of(&sim);
    for turn in 0..8 {
        if turn % 2 == 0 {
            client.cancel(id).unwrap();
        } else {
            done(
                &client,
                client.cancel_resending_copy_command(&temporary.hash()),
            );
        }
        until("the daemon forgets it", || sim.arq().unwrap().is_empty());
        id = start_copy(&sim, &client, &temporary);
        assert_eq!(courier_of(&sim), first);
    }
    // Once it has failed, another one is better.
    sim.control("fault copy 6").unwrap();
    let ended = client.wait(id, SOON).unwrap().unwrap();
    assert_eq!(ended.status(), Status::COPY_FAILED);
    until("the daemon forgets it", || sim.arq().unwrap().is_empty());
    start_copy(&sim, &client, &temporary);
    assert_ne!(courier_of(&sim), first);
}

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
fn a_stream_without_end_obeys_the_time_limit_and_leaves_nothing_behind() {
    let sim = sim();
    let client = client(&sim);
    let (temporary, content) = (stream(2), payload(100));
    let to = to(&stream(1), &content);
    let work = client.create_courier_envelopes_from_payload(&to, ends(true, false));
    let made = done(&client, work);
    write_all(&client, &temporary, &made.envelopes);
    for cap in [&temporary.write_cap, &stream(3).write_cap] {
        let begun = Instant::now();
        let work = client.start_resending_copy_command(cap, None).unwrap();
        let limit = Timeout::After(Duration::from_millis(300));
        let error = client.block(work, limit).unwrap_err();
        assert_eq!(error.status(), Status::TIMEOUT);
        assert!(begun.elapsed() >= Duration::from_millis(300));
        assert!(begun.elapsed() < Duration::from_secs(20));
        until("the daemon forgets it", || sim.arq().unwrap().is_empty());
    }
}

#[test]
fn a_stream_without_end_can_be_cancelled_by_its_hash() {
    let sim = sim();
    let client = client(&sim);
    let temporary = stream(2);
    let id = start_copy(&sim, &client, &temporary.write_cap);
    let again = client
        .start_resending_copy_command(&temporary.write_cap, None)
        .unwrap();
    assert_eq!(
        client.block(again, SOON).unwrap_err().status(),
        Status::BUSY
    );
    let hash = temporary.write_cap.hash();
    done(&client, client.cancel_resending_copy_command(&hash));
    let ended = client.wait(id, SOON).unwrap().unwrap();
    assert_eq!(ended.status(), Status::START_RESENDING_CANCELLED);
    until("the daemon forgets it", || sim.arq().unwrap().is_empty());
    // Nothing is in flight any more; that is no failure.
    done(&client, client.cancel_resending_copy_command(&hash));
}

#[test]
fn half_a_courier_and_an_unknown_one_are_refused() {
    let sim = sim();
    let client = client(&sim);
    let known = client.courier().unwrap();
    let cap = stream(2).write_cap;
    let refused = |node, queue: &[u8]| {
        let courier = Destination {
            node,
            queue: queue.to_vec(),
        };
        status(
            &client,
            client.start_resending_copy_command(&cap, Some(courier)),
        )
    };
    assert_eq!(refused(known.node, b""), Status::ARG_PAIR);
    assert_eq!(refused([0; 32], &known.queue), Status::ARG_PAIR);
    assert_eq!(refused([9; 32], &known.queue), Status::SERVICE_NOT_FOUND);
    assert_eq!(refused(known.node, b"other"), Status::SERVICE_NOT_FOUND);
    assert_eq!(asked(&sim, "start_resending_copy_command"), 0);
}

#[test]
fn a_copy_command_survives_a_restart_of_the_daemon_at_the_same_courier() {
    let sim = sim();
    let client = client(&sim);
    let (destination, temporary, content) = (stream(1), stream(2), payload(3000));
    let to: CopyDestination<'_> = to(&destination, &content);
    let made = done(
        &client,
        client.create_courier_envelopes_from_payload(&to, WHOLE),
    );
    // The courier waits for the last box.
    let (last, others) = made.envelopes.split_last().unwrap();
    write_all(&client, &temporary, others);
    let id = start_copy(&sim, &client, &temporary.write_cap);
    let before = courier_of(&sim);
    sim.control("restart").unwrap();
    until("the command is there again", || {
        sim.arq().unwrap().len() == 1
    });
    assert_eq!(courier_of(&sim), before);
    let index = ahead(&temporary.first_index, others.len());
    let flags = StartFlags::default();
    done(
        &client,
        client.write_box(&temporary.write_cap, &index, last, flags),
    );
    let ended = client.wait(id, SOON).unwrap().unwrap();
    assert_eq!(ended.status(), Status::OK);
    let found = read_back(&client, &destination, &destination.first_index, 3000);
    assert_eq!(found, content);
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
