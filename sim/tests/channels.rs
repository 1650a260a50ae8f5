//! The channels of v0.0.72 as they were measured on that daemon, with all that surprises a client.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // helpers of tests

mod client;

use std::time::Duration;

use client::{bytes, map, wait_for, Client, Frame, Pair};
use kpclientd_sim::network::Era;
use kpclientd_sim::{Sim, SimConfig};
use serde_cbor::Value;

const CHANNEL_NOT_FOUND: i128 = 7;

fn sim() -> Sim {
    let mut config = SimConfig::new(Era::V0_0_72).hurried();
    config.late_close_chance = 0.0;
    Sim::start(config).unwrap()
}

fn number(channel: i128) -> Value {
    Value::Integer(channel)
}

/// A new stream and the channel that writes to it.
fn writer(client: &mut Client) -> (i128, Pair) {
    let made = client.call("create_write_channel", &[]);
    let pair = Pair {
        write_cap: made.bytes("write_cap"),
        read_cap: made.bytes("read_cap"),
        index: Vec::new(),
    };
    (made.integer("channel_id"), pair)
}

fn reader(client: &mut Client, stream: &Pair) -> i128 {
    let read_cap = bytes(&stream.read_cap);
    let made = client.call("create_read_channel", &[("read_cap", read_cap)]);
    made.integer("channel_id")
}

fn prepare_write(client: &mut Client, channel: i128, text: &[u8]) -> Frame {
    let fields = [("channel_id", number(channel)), ("payload", bytes(text))];
    client.call("write_channel", &fields)
}

fn prepare_read(client: &mut Client, channel: i128, index: Option<&[u8]>) -> Frame {
    let mut fields = vec![("channel_id", number(channel))];
    fields.extend(index.map(|index| ("message_box_index", bytes(index))));
    client.call("read_channel", &fields)
}

fn query(client: &Client, channel: i128, payload: &[u8], id: u8) -> Vec<(&'static str, Value)> {
    vec![
        ("message_id", bytes(&[id; 16])),
        ("channel_id", number(channel)),
        ("destination_id_hash", bytes(&client.service_node())),
        ("recipient_queue_id", bytes(b"courier")),
        ("payload", bytes(payload)),
    ]
}

/// Sends a query; the code and the payload of its reply.
fn send(client: &mut Client, channel: i128, prepared: &Frame) -> (i128, Vec<u8>) {
    let payload = prepared.bytes("send_message_payload");
    let fields = query(client, channel, &payload, 9);
    client.send("send_channel_query", &map(&fields));
    assert_eq!(client.expect("channel_query_sent_event").code(), 0);
    let reply = client.expect("channel_query_reply_event");
    (reply.code(), reply.bytes("payload"))
}

fn write(client: &mut Client, channel: i128, text: &[u8]) -> Frame {
    let prepared = prepare_write(client, channel, text);
    assert_eq!(send(client, channel, &prepared), (0, Vec::new()));
    prepared
}

/// The first sending is only taken. After it one of two replicas answers, which may not have the box.
fn sent_twice(client: &mut Client, channel: i128, prepared: &Frame) -> (i128, Vec<u8>) {
    assert_eq!(send(client, channel, prepared), (0, Vec::new()));
    let answers = (0..50).map(|_| send(client, channel, prepared));
    let mut some = answers.filter(|answer| *answer != (0, Vec::new()));
    some.next().expect("nothing was found")
}

/// Reads by a channel of its own.
fn found(client: &mut Client, stream: &Pair) -> Vec<u8> {
    let channel = reader(client, stream);
    let prepared = prepare_read(client, channel, None);
    let (code, text) = sent_twice(client, channel, &prepared);
    assert_eq!(code, 0);
    text
}

#[test]
fn any_application_uses_any_channel_and_its_owners_end_closes_it() {
    let sim = sim();
    let (mut alice, mut bob) = (Client::greeted(&sim), Client::greeted(&sim));
    let (hers, stream) = writer(&mut alice);
    write(&mut bob, hers, b"by bob");
    assert_eq!(found(&mut bob, &stream), b"by bob");
    let (kept, _) = writer(&mut bob);
    let (other, _) = writer(&mut alice);
    bob.send("close_channel", &map(&[("channel_id", number(hers))]));
    assert_eq!(
        prepare_write(&mut bob, hers, b"x").code(),
        CHANNEL_NOT_FOUND
    );
    assert_eq!(
        prepare_write(&mut alice, hers, b"x").code(),
        CHANNEL_NOT_FOUND
    );
    drop(alice);
    wait_for(&sim, "connections", 1);
    assert_eq!(
        prepare_write(&mut bob, other, b"x").code(),
        CHANNEL_NOT_FOUND
    );
    assert_eq!(prepare_write(&mut bob, kept, b"x").code(), 0);
}

#[test]
fn neither_end_of_a_channel_moves_on() {
    let sim = sim();
    let mut client = Client::greeted(&sim);
    let (channel, stream) = writer(&mut client);
    let one = write(&mut client, channel, b"one");
    let again = prepare_write(&mut client, channel, b"two");
    let index = |frame: &Frame| frame.bytes("current_message_index");
    assert_eq!(index(&again), index(&one));
    let channel = reader(&mut client, &stream);
    let read = prepare_read(&mut client, channel, None);
    assert_eq!(
        sent_twice(&mut client, channel, &read),
        (0, b"one".to_vec())
    );
    assert_eq!(
        index(&prepare_read(&mut client, channel, None)),
        index(&one)
    );
}

#[test]
fn a_read_at_an_index_is_where_the_channel_stands_from_then_on() {
    let sim = sim();
    let mut client = Client::greeted(&sim);
    let (_, stream) = writer(&mut client);
    let channel = reader(&mut client, &stream);
    let first = prepare_read(&mut client, channel, None);
    let second = first.bytes("next_message_index");
    prepare_read(&mut client, channel, Some(&second));
    let then = prepare_read(&mut client, channel, None);
    assert_eq!(then.bytes("current_message_index"), second);
}

#[test]
fn a_second_write_replaces_the_first() {
    let sim = sim();
    let mut client = Client::greeted(&sim);
    let (channel, stream) = writer(&mut client);
    write(&mut client, channel, b"first");
    write(&mut client, channel, b"second");
    assert_eq!(found(&mut client, &stream), b"second");
}

#[test]
fn a_query_on_a_channel_that_is_none_is_sent_and_its_reply_has_code_4() {
    let sim = sim();
    let mut client = Client::greeted(&sim);
    let (channel, stream) = writer(&mut client);
    let prepared = prepare_write(&mut client, channel, b"sent all the same");
    let unknown = channel ^ 1;
    assert_eq!(send(&mut client, unknown, &prepared), (4, Vec::new()));
    assert_eq!(found(&mut client, &stream), b"sent all the same");
}

#[test]
fn a_query_to_a_destination_that_is_none_is_told_as_sent_and_never_answered() {
    let sim = sim();
    let mut client = Client::greeted(&sim);
    let (channel, _) = writer(&mut client);
    let prepared = prepare_write(&mut client, channel, b"x");
    let mut fields = query(&client, channel, &prepared.bytes("send_message_payload"), 9);
    fields[2].1 = bytes(&[9; 32]);
    client.send("send_channel_query", &map(&fields));
    let sent = client.expect("channel_query_sent_event");
    assert_eq!((sent.code(), sent.integer("reply_eta")), (0, 0));
    client.expect_silence();
    assert_eq!(sim.stats().unwrap()["packets"], 0);
}

#[test]
fn a_query_that_lacks_anything_gets_an_empty_frame() {
    let sim = sim();
    let mut client = Client::greeted(&sim);
    let (channel, _) = writer(&mut client);
    let prepared = prepare_write(&mut client, channel, b"x");
    let fields = query(&client, channel, &prepared.bytes("send_message_payload"), 9);
    for missing in 0..fields.len() {
        let mut fields = fields.clone();
        let (name, _) = fields.remove(missing);
        client.send("send_channel_query", &map(&fields));
        let client::Came::Frame(frame) = client.next(client::PATIENCE) else {
            panic!("{name}");
        };
        assert_eq!(
            (frame.kind.as_str(), &frame.body),
            ("", &Value::Null),
            "{name}"
        );
    }
}

#[test]
fn an_answer_is_opened_where_the_channel_stands_and_not_where_its_query_was_prepared() {
    let sim = sim();
    let mut client = Client::greeted(&sim);
    let (channel, stream) = writer(&mut client);
    let one = write(&mut client, channel, b"one");
    let resumed = client.call(
        "resume_write_channel",
        &[
            ("write_cap", bytes(&stream.write_cap)),
            ("message_box_index", bytes(&one.bytes("next_message_index"))),
        ],
    );
    write(&mut client, resumed.integer("channel_id"), b"two");
    let channel = reader(&mut client, &stream);
    let first = prepare_read(&mut client, channel, None);
    let next = first.bytes("next_message_index");
    let second = prepare_read(&mut client, channel, Some(&next));
    assert_eq!(sent_twice(&mut client, channel, &first), (9, Vec::new()));
    assert_eq!(
        sent_twice(&mut client, channel, &second),
        (0, b"two".to_vec())
    );
}

#[test]
fn a_read_that_came_before_the_write_never_finds_it_and_one_prepared_anew_does() {
    let sim = sim();
    let mut client = Client::greeted(&sim);
    let (channel, stream) = writer(&mut client);
    let reading = reader(&mut client, &stream);
    let early = prepare_read(&mut client, reading, None);
    assert_eq!(send(&mut client, reading, &early), (0, Vec::new()));
    write(&mut client, channel, b"late");
    for _ in 0..30 {
        assert_eq!(send(&mut client, reading, &early), (0, Vec::new()));
    }
    let anew = prepare_read(&mut client, reading, None);
    assert_eq!(
        sent_twice(&mut client, reading, &anew),
        (0, b"late".to_vec())
    );
}

fn reliable(client: &mut Client, queue: &[u8]) {
    let node = client.service_node();
    client.send(
        "send_arq_message",
        &map(&[
            ("id", bytes(&[1; 16])),
            ("with_surb", Value::Bool(true)),
            ("surbid", bytes(&[2; 16])),
            ("destination_id_hash", bytes(&node)),
            ("recipient_queue_id", bytes(queue)),
            ("payload", bytes(b"anybody?")),
        ]),
    );
}

#[test]
fn a_reliable_message_to_nobody_is_sent_four_times_minutes_apart_and_told_once() {
    let mut config = SimConfig::new(Era::V0_0_72).hurried();
    config.late_close_chance = 0.0;
    config.network.epoch_length = Duration::from_secs(1_000_000); // no document comes between
    assert_eq!(config.reliable_slack, Duration::from_secs(225));
    let sim = Sim::start(config).unwrap();
    let mut client = Client::greeted(&sim);
    reliable(&mut client, b"nobody");
    let sent = client.expect("message_sent_event");
    assert_eq!(sent.get("err"), None);
    for packets in 1..=4 {
        wait_for(&sim, "packets", packets);
        sim.control("advance 100").unwrap();
        client.expect_silence();
        assert_eq!(sim.stats().unwrap()["packets"], packets, "too soon");
        sim.control("advance 125").unwrap();
    }
    let reply = client.expect("message_reply_event");
    assert_eq!(reply.code(), 5);
    assert_eq!(sim.stats().unwrap()["packets"], 4);
}
