//! Boxes that the network has lost: a reader reports and passes them, and no others.

use std::sync::Arc;

use kpclient::bacap::BoxIndex;
use kpclient::client::StartFlags;
use kpclient::store::{Arrival, Message, Reader, Writer};

use crate::house::{House, Person, KIND};
use crate::world::{requests, run, until, START};

/// The format promises that so many boxes at most are begun before the first of them is stored.
const WINDOW: usize = 32;

/// A writer whose messages, each of one box, came to the network in the order of their numbers.
fn wrote(alice: &Person, messages: usize) -> Arc<Writer> {
    let writer = alice.create("diary");
    for number in 1..=messages {
        let number = alice.send(&writer, number.to_string().as_bytes());
        alice.wait(writer.stored(number)).unwrap();
    }
    writer
}

/// Sends messages of one box each, and waits until they are stored.
fn sends_more(alice: &Person, writer: &Writer, messages: usize) {
    let mut last = 0;
    for _ in 0..messages {
        last = alice.send(writer, b"more");
    }
    alice.wait(writer.stored(last)).unwrap();
}

/// The next message, which is acknowledged; the reader never rests until it comes.
fn takes(bob: &Person, reader: &Reader) -> Arc<Message> {
    until("a message", || {
        reader.poll_now();
        reader.waiting() > 0
    });
    bob.take(reader)
}

fn takes_text(bob: &Person, reader: &Reader) -> String {
    let message = takes(bob, reader);
    assert_eq!(message.arrival, Arrival::Message(KIND));
    String::from_utf8(message.data.to_vec()).unwrap()
}

/// Boxes are read so many times.
fn looks_in_vain(house: &House, reader: &Reader, looks: u64) {
    let before = requests(&house.sim, START);
    until("many looks", || {
        reader.poll_now();
        requests(&house.sim, START) > before + looks
    });
}

/// The reader has looked in vain so often that it has looked far ahead many times, and is where it was.
fn waits_in_vain(house: &House, reader: &Reader, at: &BoxIndex) {
    looks_in_vain(house, reader, 100);
    assert!(reader.next_index() == *at);
}

#[test]
fn a_lost_box_is_reported_in_its_place_and_passed_over() {
    let house = House::new();
    let (alice, bob) = (house.person("alice"), house.person("bob"));
    let writer = wrote(&alice, 4);
    sends_more(&alice, &writer, WINDOW);
    house.order("lose 3");
    let reader = bob.follow("alice", &writer);
    assert_eq!(takes_text(&bob, &reader), "1");
    assert_eq!(takes_text(&bob, &reader), "2");
    let missing = takes(&bob, &reader);
    assert_eq!((missing.number, missing.arrival), (3, Arrival::Missing(1)));
    assert!(missing.data.starts_with(b"A box is missing"));
    assert_eq!(takes_text(&bob, &reader), "4");
    let history = bob.wait(reader.messages(3, 1)).unwrap();
    assert_eq!(history[0].arrival, Arrival::Missing(1));
    // What was passed over and is there after all comes no more.
    let first = writer.read_cap().first_index();
    let late = first.next().next();
    let flags = StartFlags::default();
    let cap = writer.write_cap();
    alice
        .wait(alice.client.write_box(cap, &late, b"late", flags))
        .unwrap();
    for _ in 0..WINDOW {
        assert_eq!(takes_text(&bob, &reader), "more");
    }
    sends_more(&alice, &writer, 1);
    assert_eq!(takes_text(&bob, &reader), "more");
}

#[test]
fn a_message_of_which_boxes_are_missing_is_reported_once_and_the_rest_of_it_dropped() {
    for lost in [1, 2] {
        let house = House::new();
        let (alice, bob) = (house.person("alice"), house.person("bob"));
        let geometry = alice.client.pigeonhole_geometry().unwrap();
        let writer = wrote(&alice, 1);
        let three = vec![7; 2 * geometry.max_plaintext_payload_length];
        let number = alice.send(&writer, &three);
        alice.wait(writer.stored(number)).unwrap();
        sends_more(&alice, &writer, WINDOW + 2);
        // They came in any order: it is some of the three.
        house.order(&format!("lose 2 {lost}"));
        let reader = bob.follow("alice", &writer);
        assert_eq!(takes_text(&bob, &reader), "1");
        assert_eq!(takes(&bob, &reader).arrival, Arrival::Missing(lost));
        for _ in 0..WINDOW + 2 {
            assert_eq!(takes_text(&bob, &reader), "more");
        }
    }
}

#[test]
fn what_was_passed_over_is_known_after_a_restart() {
    let house = House::new();
    let (alice, bob) = (house.person("alice"), house.person("bob"));
    let writer = wrote(&alice, 3);
    sends_more(&alice, &writer, WINDOW);
    house.order("lose 1 2");
    let reader = bob.follow("alice", &writer);
    let first = writer.read_cap().first_index();
    until("the first box is passed over", || {
        reader.poll_now();
        reader.next_index() != first
    });
    assert_eq!(
        reader.waiting(),
        0,
        "not reported while more may be missing"
    );
    drop(reader);
    bob.leave();
    let bob = house.person("bob");
    let reader = bob.reader("alice");
    assert_eq!(takes(&bob, &reader).arrival, Arrival::Missing(2));
    assert_eq!(takes_text(&bob, &reader), "3");
}

#[test]
fn lost_boxes_are_found_though_others_ahead_are_lost_too() {
    let house = House::new();
    let (alice, bob) = (house.person("alice"), house.person("bob"));
    let writer = wrote(&alice, WINDOW + 1);
    sends_more(&alice, &writer, WINDOW);
    house.order("lose 1");
    house.order(&format!("lose {}", WINDOW + 1));
    let reader = bob.follow("alice", &writer);
    assert_eq!(takes(&bob, &reader).arrival, Arrival::Missing(1));
    for number in 2..=WINDOW {
        assert_eq!(takes_text(&bob, &reader), number.to_string());
    }
    assert_eq!(takes(&bob, &reader).arrival, Arrival::Missing(1));
    assert_eq!(takes_text(&bob, &reader), "more");
}

#[test]
fn a_box_that_may_not_be_written_yet_is_awaited() {
    let house = House::new();
    let (alice, bob) = (house.person("alice"), house.person("bob"));
    // One box fewer than would prove that the first one is lost.
    let writer = wrote(&alice, 1);
    sends_more(&alice, &writer, WINDOW - 1);
    house.order("lose 1");
    let reader = bob.follow("alice", &writer);
    let first = writer.read_cap().first_index();
    waits_in_vain(&house, &reader, &first);
    sends_more(&alice, &writer, 1);
    assert_eq!(takes(&bob, &reader).arrival, Arrival::Missing(1));
}

#[test]
fn what_another_program_wrote_ahead_proves_nothing() {
    let house = House::new();
    let (alice, bob) = (house.person("alice"), house.person("bob"));
    let writer = alice.create("diary");
    let first = writer.next_index();
    let mut ahead = first.clone();
    for _ in 0..WINDOW {
        ahead = ahead.next();
    }
    let (cap, flags) = (writer.write_cap(), StartFlags::default());
    let write = alice.client.write_box(cap, &ahead, b"raw", flags);
    run(write).unwrap();
    let reader = bob.follow("alice", &writer);
    waits_in_vain(&house, &reader, &first);
}

#[test]
fn a_box_that_cannot_be_read_now_is_not_passed_over() {
    let house = House::new();
    let (alice, bob) = (house.person("alice"), house.person("bob"));
    let writer = wrote(&alice, 2);
    sends_more(&alice, &writer, 2 * WINDOW);
    house.order("lose 1");
    let first = writer.read_cap().first_index();
    // Replicas whose storage fails, and a courier that gives no answer.
    for fault in ["replica-read 4", "courier-result 3"] {
        let reader = bob.follow(fault, &writer);
        until("the first box is passed over", || {
            reader.poll_now();
            reader.next_index() != first
        });
        // What is ahead is known: the second box would be lost if it was not found now.
        house.order(&format!("fault {fault} 100000"));
        looks_in_vain(&house, &reader, 20);
        house.order("clear");
        assert_eq!(takes(&bob, &reader).arrival, Arrival::Missing(1));
        assert_eq!(takes_text(&bob, &reader), "2");
    }
}
