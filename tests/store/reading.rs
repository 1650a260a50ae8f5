//! What is received, delivered, acknowledged and passed over.

use std::sync::Arc;

use kpclient::client::{ChannelNews, Delivery, Event, StartFlags, Timeout};
use kpclient::store::Arrival;
use kpclient::Status;

use crate::house::House;
use crate::world::{await_event, refused, until, PATIENCE};

#[test]
fn a_message_is_delivered_until_it_is_acknowledged_and_then_never_again() {
    let house = House::new();
    let alice = house.person("alice");
    let writer = alice.create("diary");
    alice.send(&writer, b"one");
    alice.send(&writer, b"two");
    let bob = house.person("bob");
    let reader = bob.follow("alice", &writer);
    for _ in 0..2 {
        assert_eq!(bob.wait(reader.receive()).unwrap().number, 1);
    }
    bob.leave();
    let bob = house.person("bob");
    let reader = bob.reader("alice");
    assert_eq!(bob.take_texts(&reader, 1), ["one"]);
    bob.leave();
    let bob = house.person("bob");
    let reader = bob.reader("alice");
    assert_eq!(bob.take_texts(&reader, 1), ["two"]);
    let unknown = refused(bob.wait(reader.acknowledge(3)));
    assert_eq!(unknown.status(), Status::MESSAGE_NOT_IN_DB);
    bob.wait(reader.acknowledge(1)).unwrap();
    assert_eq!(reader.waiting(), 0, "an earlier number takes nothing back");
}

#[test]
fn history_stays_until_it_is_forgotten() {
    let house = House::new();
    let (alice, bob) = (house.person("alice"), house.person("bob"));
    let writer = alice.create("diary");
    let reader = bob.follow("alice", &writer);
    for number in 1..=5 {
        alice.send(&writer, &[number]);
        bob.wait(reader.receive()).unwrap();
    }
    until("five messages", || reader.waiting() == 5);
    bob.wait(reader.acknowledge(3)).unwrap();
    let numbers = |from, max| -> Vec<u64> {
        let messages = bob.wait(reader.messages(from, max)).unwrap();
        messages.iter().map(|message| message.number).collect()
    };
    assert_eq!(numbers(0, 100), [1, 2, 3, 4, 5]);
    assert_eq!(numbers(2, 2), [2, 3]);
    let two = bob.wait(reader.messages(3, 2)).unwrap();
    assert!(two[0].is_acknowledged && !two[1].is_acknowledged);
    bob.wait(reader.forget_before(3)).unwrap();
    assert_eq!(numbers(0, 100), [3, 4, 5]);
    bob.wait(reader.forget_before(100)).unwrap();
    assert_eq!(numbers(0, 100), [4, 5], "what is not acknowledged stays");
}

#[test]
fn a_box_of_another_program_is_delivered_as_it_is() {
    let house = House::new();
    let (alice, bob) = (house.person("alice"), house.person("bob"));
    let writer = alice.create("diary");
    let reader = bob.follow("alice", &writer);
    let index = writer.next_index();
    let flags = StartFlags::default();
    let cap = writer.write_cap();
    bob.wait(bob.client.write_box(cap, &index, b"raw", flags))
        .unwrap();
    let message = bob.take(&reader);
    assert_eq!(message.arrival, Arrival::Foreign);
    assert_eq!(message.data, &b"raw"[..]);
}

#[test]
fn a_box_that_is_awaited_can_be_passed_over() {
    let house = House::new();
    let (alice, bob) = (house.person("alice"), house.person("bob"));
    let writer = alice.create("diary");
    let reader = bob.follow("alice", &writer);
    let hole = writer.next_index();
    let flags = StartFlags::default();
    let cap = writer.write_cap();
    bob.wait(bob.client.write_box(cap, &hole.next(), b"behind", flags))
        .unwrap();
    let other = refused(reader.skip(&hole.next()));
    assert_eq!(other.status(), Status::ARG_VALUE);
    reader.skip(&hole).unwrap();
    assert_eq!(bob.take(&reader).arrival, Arrival::Skipped);
    let passed = refused(reader.skip(&hole));
    assert_eq!(passed.status(), Status::ARG_VALUE);
    assert_eq!(bob.take(&reader).data, &b"behind"[..]);
}

#[test]
fn half_a_message_is_kept_over_a_restart_and_reported_when_it_is_cut_off() {
    let house = House::new();
    let alice = house.person("alice");
    let writer = alice.create("diary");
    let geometry = alice.client.pigeonhole_geometry().unwrap();
    let message = vec![7; 2 * geometry.max_plaintext_payload_length];
    let first = writer.next_index();
    alice.send(&writer, &message);
    alice.wait(writer.stored(1)).unwrap();
    // Somebody with the capability deletes the last of three boxes.
    let last = first.next().next();
    let (cap, flags) = (writer.write_cap(), StartFlags::default());
    alice
        .wait(alice.client.write_box(cap, &last, b"", flags))
        .unwrap();
    let bob = house.person("bob");
    let reader = bob.follow("alice", &writer);
    until("the first box", || reader.next_index() != first);
    bob.leave();
    let bob = house.person("bob");
    let reader = bob.reader("alice");
    assert_eq!(bob.take(&reader).arrival, Arrival::Broken);
    assert_eq!(bob.take(&reader).arrival, Arrival::Tombstone);
    alice.send(&writer, b"whole");
    assert_eq!(bob.take_texts(&reader, 1), ["whole"]);
}

#[test]
fn events_tell_of_what_is_stored_and_received() {
    let house = House::new();
    let (alice, bob) = (house.person("alice"), house.person("bob"));
    let (hers, his) = (
        alice.client.open_sink(100).unwrap(),
        bob.client.open_sink(100).unwrap(),
    );
    let writer = alice.create("diary");
    let _reader = bob.follow("alice", &writer);
    alice.send(&writer, b"x");
    let name = await_event(&hers, |event| match event {
        Event::Channel(told) if matches!(told.news, ChannelNews::Stored(1)) => {
            Some((told.is_writer, told.name.clone()))
        }
        _ => None,
    });
    assert_eq!(name, (true, "diary".to_owned()));
    let name = await_event(&his, |event| match event {
        Event::Channel(told) if matches!(told.news, ChannelNews::Received(1)) => {
            Some((told.is_writer, told.name.clone()))
        }
        _ => None,
    });
    assert_eq!(name, (false, "alice".to_owned()));
}

#[test]
fn all_who_have_a_channel_open_share_it() {
    let house = House::new();
    let (alice, bob) = (house.person("alice"), house.person("bob"));
    let writer = alice.create("diary");
    assert!(Arc::ptr_eq(&writer, &alice.writer("diary")));
    let reader = bob.follow("alice", &writer);
    let same = bob.reader("alice");
    assert!(Arc::ptr_eq(&reader, &same));
    drop(reader);
    alice.send(&writer, b"x");
    assert_eq!(bob.take_texts(&same, 1), ["x"]);
}

#[test]
fn who_waits_for_a_message_is_told_that_the_store_is_closed() {
    let house = House::new();
    let (alice, bob) = (house.person("alice"), house.person("bob"));
    let writer = alice.create("diary");
    let reader = bob.follow("alice", &writer);
    let waiting = reader.receive().unwrap();
    let prepared = waiting.prepare(Delivery::Keep).unwrap();
    let op = prepared.id();
    prepared.launch(waiting, Timeout::Forever);
    bob.wait(bob.store.close()).unwrap();
    let ended = bob.client.wait(op, PATIENCE).unwrap().unwrap();
    assert_eq!(ended.status(), Status::CLOSED);
    let late = refused(bob.wait(reader.acknowledge(1)));
    assert_eq!(late.status(), Status::CLOSED);
    let again = bob.wait(bob.store.reader("alice"));
    assert_eq!(refused(again).status(), Status::CLOSED);
}
