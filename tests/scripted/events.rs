//! What is told unasked: once each, though several lanes bring it.

use std::sync::Arc;

use kpclient::client::{Client, Event, EventSink, Timeout};
use kpclient::config::Config;
use serde_cbor::Value;

use crate::common::drive::{
    barrier, connected, connected_with, drain, name, next, next_that, start, start_read,
    start_write, A_WHILE,
};
use crate::common::frames::{bytes, fields, int, Era, Fields};
use crate::common::peer::{Conn, Greeting, Peer};
use crate::common::replies::document_with;

/// A client with all three lanes up: local, writes, reads.
fn three_lanes(peer: &Peer) -> (Arc<Client>, [Conn; 3]) {
    let (client, local) = connected(peer);
    let _write = start_write(&client, 1);
    let mut writes = peer.welcome();
    writes.expect("start_resending_encrypted_message");
    let _read = start_read(&client, 2);
    let mut reads = peer.welcome();
    reads.expect("start_resending_encrypted_message");
    (client, [local, writes, reads])
}

fn document(era: Era, epoch: u64) -> Fields {
    let payload = document_with(era, [("Epoch", int(epoch))]);
    fields([("payload", payload)])
}

#[test]
fn a_status_is_told_once_by_three_lanes() {
    let peer = Peer::current();
    let (client, mut lanes) = three_lanes(&peer);
    let sink = client.open_sink(64).unwrap();
    drain(&sink);
    for greeting in [Greeting::offline(), Greeting::default()] {
        for lane in lanes.iter_mut().rev() {
            lane.send_status(&greeting);
        }
    }
    let [local, writes, reads] = &mut lanes;
    // Wherever the marks come in between: each change is told once.
    let mut told = settle(&sink, writes);
    told.extend(settle(&sink, reads));
    told.extend(settle(&sink, local));
    assert_eq!(told, ["offline", "online"]);
    assert!(client.is_connected());
}

/// Waits until everything that was sent on `lane` is taken in. Gives the names of the
/// events up to there.
fn settle(sink: &EventSink, lane: &mut Conn) -> Vec<&'static str> {
    let mark = fields([("message_id", bytes(&[1; 16]))]);
    lane.send_message("message_id_garbage_collected", &mark);
    let mut names = Vec::new();
    loop {
        match name(&next(sink)) {
            "collected" => return names,
            other => names.push(other),
        }
    }
}

#[test]
fn a_document_is_told_once_and_an_older_one_not_at_all() {
    let peer = Peer::current();
    let (client, mut lanes) = three_lanes(&peer);
    let sink = client.open_sink(64).unwrap();
    drain(&sink);
    let now = client.pki_document().unwrap().epoch();
    for (epoch, news) in [
        (now + 1, true),
        (now, false),
        (now + 2, true),
        (now + 1, false),
    ] {
        for (n, lane) in lanes.iter_mut().enumerate() {
            lane.send_message("new_pki_document_event", &document(Era::Current, epoch));
            let expected: &[&str] = if news && n == 0 { &["document"] } else { &[] };
            assert_eq!(settle(&sink, lane), expected);
        }
    }
    assert_eq!(client.pki_document().unwrap().epoch(), now + 2);
    let older = client.pki_document_for_epoch(now + 1).unwrap();
    assert_eq!(older.epoch(), now + 1);
    assert_eq!(client.pki_document_for_epoch(5).unwrap().epoch(), now + 2);
}

#[test]
fn documents_of_another_network_are_taken_after_a_restart() {
    let peer = Peer::current();
    let (client, conn) = connected(&peer);
    let now = client.pki_document().unwrap().epoch();
    let mut conn = conn;
    for epoch in now + 1..now + 6 {
        conn.send_message("new_pki_document_event", &document(Era::Current, epoch));
    }
    barrier(&client, &mut conn);
    conn.cut();
    let greeting = Greeting {
        instance: Some([9; 16]),
        document: document(Era::Current, 17).remove("payload"),
        ..Greeting::default()
    };
    let mut conn = peer.accept().shake(&greeting);
    barrier(&client, &mut conn);
    assert_eq!(client.pki_document().unwrap().epoch(), 17);
    conn.send_message("new_pki_document_event", &document(Era::Current, 16));
    barrier(&client, &mut conn);
    assert_eq!(client.pki_document().unwrap().epoch(), 17);
}

#[test]
fn a_document_that_cannot_be_read_is_passed_over() {
    let peer = Peer::current();
    let (client, mut conn) = connected(&peer);
    let before = client.pki_document().unwrap().epoch();
    for payload in [bytes(b"garbage"), bytes(b""), Value::Null] {
        conn.send_message("new_pki_document_event", &fields([("payload", payload)]));
    }
    barrier(&client, &mut conn);
    assert_eq!(client.pki_document().unwrap().epoch(), before);
}

#[test]
fn the_loss_and_return_of_three_lanes_is_told_once() {
    let peer = Peer::current();
    let (client, lanes) = three_lanes(&peer);
    let sink = client.open_sink(64).unwrap();
    for mut lane in lanes {
        lane.send_message("shutdown_event", &fields([]));
        lane.cut();
    }
    next_that(&sink, |event| (name(&event) == "left").then_some(()));
    let greeting = Greeting {
        instance: Some([9; 16]),
        ..Greeting::default()
    };
    let mut back: Vec<_> = (0..3).map(|_| peer.accept().shake(&greeting)).collect();
    let call = start(&client, client.new_keypair_remote(&[1; 32]));
    // Whichever of the three is the local lane.
    for lane in &mut back {
        lane.send_status(&greeting);
    }
    next_that(&sink, |event| (name(&event) == "restarted").then_some(()));
    assert!(call.runs());
    assert!(sink.next(Timeout::After(A_WHILE)).unwrap().is_none());
}

#[test]
fn one_lost_lane_of_several_is_no_loss_of_the_daemon() {
    let peer = Peer::current();
    let (client, [local, writes, mut reads]) = three_lanes(&peer);
    let sink = client.open_sink(64).unwrap();
    local.cut();
    let local = peer.welcome();
    writes.cut();
    let writes = peer.welcome();
    reads.send_status(&Greeting::default());
    assert!(client.is_attached());
    drop((local, writes));
    assert_eq!(drain(&sink), ["online", "document"]);
}

#[test]
fn a_lane_that_becomes_the_first_is_believed() {
    let peer = Peer::current();
    let (client, [local, mut writes, _reads]) = three_lanes(&peer);
    let sink = client.open_sink(64).unwrap();
    writes.send_status(&Greeting::offline());
    writes.send_message(
        "message_id_garbage_collected",
        &fields([("message_id", bytes(&[1; 16]))]),
    );
    next_that(&sink, |event| (name(&event) == "collected").then_some(()));
    assert!(client.is_connected());
    local.cut();
    assert_eq!(name(&next(&sink)), "offline");
    assert!(!client.is_connected());
}

#[test]
fn the_daemon_of_the_older_protocol_is_never_the_same_again() {
    let peer = Peer::new(Era::Channels);
    let (client, conn) = connected(&peer);
    let sink = client.open_sink(64).unwrap();
    conn.cut();
    let _conn = peer.welcome();
    // It knows no sessions, so everything there is forgotten.
    next_that(&sink, |event| (name(&event) == "restarted").then_some(()));
}

#[test]
fn queries_of_the_older_protocol_are_told() {
    let peer = Peer::new(Era::Channels);
    let (client, mut conn) = connected(&peer);
    let sink = client.open_sink(64).unwrap();
    let mut sent = fields([
        ("message_id", bytes(&[1; 16])),
        ("sent_at", int(1_795_217_164)),
        ("reply_eta", int(5)),
        ("error_code", int(0)),
    ]);
    conn.send_message("channel_query_sent_event", &sent);
    sent.insert("error_code".into(), int(4));
    conn.send_message("channel_query_sent_event", &sent);
    let mut reply = fields([
        ("message_id", bytes(&[1; 16])),
        ("payload", bytes(b"box")),
        ("error_code", int(0)),
    ]);
    conn.send_message("channel_query_reply_event", &reply);
    reply.insert("error_code".into(), int(13));
    conn.send_message("channel_query_reply_event", &reply);
    let mut codes = Vec::new();
    while codes.len() < 4 {
        match next(&sink) {
            Event::ChannelQuerySent(sent) => codes.push(sent.error.map(|e| e.status())),
            Event::ChannelQueryReply(reply) => codes.push(reply.error.map(|e| e.status())),
            _ => {}
        }
    }
    assert_eq!(codes[0], None);
    assert!(codes[1].is_some());
    assert_eq!(codes[2], None);
    assert_eq!(codes[3], Some(kpclient::Status::COURIER_PROPAGATION));
}

#[test]
fn geometries_come_from_the_daemon_or_else_from_the_file() {
    let peer = Peer::current();
    let (client, _conn) = connected(&peer);
    let boxes = client.pigeonhole_geometry().unwrap();
    assert_eq!(boxes.max_plaintext_payload_length, 1677);
    let peer = Peer::new(Era::FirstSessions);
    let (client, _conn) = connected(&peer);
    let boxes = client.pigeonhole_geometry().unwrap();
    assert_eq!(boxes.max_plaintext_payload_length, 1553);
    let config = Config {
        sphinx: None,
        pigeonhole: None,
        ..peer.config()
    };
    let (client, _conn) = connected_with(&peer, config, &Greeting::default());
    let missing = client.sphinx_geometry().map(drop).unwrap_err();
    assert_eq!(missing.status(), kpclient::Status::NO_GEOMETRY);
}

/// Broken by taking over whatever the daemon tells.
#[test]
fn a_geometry_that_no_network_can_have_is_not_taken_over() {
    let peer = Peer::current();
    let (client, mut conn) = connected(&peer);
    let mut status = peer.era.greeting()[0].1.clone();
    for (table, name) in [
        ("pigeonhole_geometry", "MaxPlaintextPayloadLength"),
        ("sphinx_geometry", "UserForwardPayloadLength"),
    ] {
        let Some(Value::Map(geometry)) = status.get_mut(table) else {
            panic!("the recorded status has no {table}");
        };
        geometry.insert(Value::Text(name.into()), int(i64::MAX));
    }
    conn.send_message("connection_status_event", &status);
    barrier(&client, &mut conn);
    let boxes = client.pigeonhole_geometry().unwrap();
    assert_eq!(boxes.max_plaintext_payload_length, 1677);
    let packets = client.sphinx_geometry().unwrap();
    assert!(packets.user_forward_payload_length < packets.forward_payload_length);
}
