//! What is sent, and what of it survives.

use std::sync::Arc;

use kpclient::store::{Arrival, Direction, Store, WriterState, MAX_MESSAGE};
use kpclient::Status;

use crate::house::{House, Person};
use crate::world::{new_client, refused, settings, unix};

#[test]
fn messages_of_all_sizes_arrive_once_and_in_order() {
    let house = House::new();
    let (alice, bob) = (house.person("alice"), house.person("bob"));
    let writer = alice.create("diary");
    let reader = bob.follow("alice", &writer);
    let geometry = alice.client.pigeonhole_geometry().unwrap();
    let box_size = geometry.max_plaintext_payload_length;
    let sizes = [
        0,
        1,
        box_size - 100,
        box_size,
        box_size + 1,
        3 * box_size,
        5,
    ];
    for (number, size) in (1..).zip(sizes) {
        let message = vec![u8::try_from(number).unwrap(); size];
        assert_eq!(alice.send(&writer, &message), number);
    }
    for (number, size) in (1..).zip(sizes) {
        let message = bob.take(&reader);
        assert_eq!(message.number, number);
        assert_eq!(message.arrival, Arrival::Message(1));
        let wanted = vec![u8::try_from(number).unwrap(); size];
        assert!(message.data == wanted, "message {number}");
    }
    alice.wait(writer.stored(7)).unwrap();
    assert_eq!(writer.pending(), 0);
    assert_eq!(reader.waiting(), 0);
}

#[test]
fn what_was_taken_and_not_sent_is_sent_when_the_channel_is_opened_again() {
    let house = House::new();
    let bob = house.person("bob");
    house.order("hold");
    let alice = house.person("alice");
    let writer = alice.create("diary");
    let reader = bob.follow("alice", &writer);
    for number in 0..20 {
        alice.send(&writer, format!("message {number}").as_bytes());
    }
    assert_eq!(writer.pending(), 20);
    alice.leave();
    house.order("release");
    let alice = house.person("alice");
    let writer = alice.writer("diary");
    let all: Vec<_> = (0..20).map(|number| format!("message {number}")).collect();
    assert_eq!(bob.take_texts(&reader, 20), all);
    alice.wait(writer.stored(20)).unwrap();
    assert!(matches!(
        writer.state(),
        WriterState::Idle | WriterState::Sending
    ));
}

#[test]
fn closing_and_opening_between_any_two_messages_doubles_none() {
    let house = House::new();
    let bob = house.person("bob");
    let alice = house.person("alice");
    let writer = alice.create("diary");
    let reader = bob.follow("alice", &writer);
    alice.leave();
    for number in 0..8 {
        let alice = house.person("alice");
        let writer = alice.writer("diary");
        alice.send(&writer, format!("{number}").as_bytes());
        if number % 2 == 0 {
            // The box is on the mixnet, and the store may not know it yet.
            let text = bob.take_texts(&reader, 1);
            assert_eq!(text, [format!("{number}")]);
        } else {
            alice.wait(writer.stored(number + 1)).unwrap();
            assert_eq!(bob.take_texts(&reader, 1), [format!("{number}")]);
        }
        alice.leave();
    }
    let alice = house.person("alice");
    let writer = alice.writer("diary");
    alice.send(&writer, b"last");
    assert_eq!(bob.take_texts(&reader, 1), ["last"]);
}

#[test]
fn tombstones_come_in_their_place() {
    let house = House::new();
    let (alice, bob) = (house.person("alice"), house.person("bob"));
    let writer = alice.create("diary");
    let reader = bob.follow("alice", &writer);
    alice.send(&writer, b"before");
    assert_eq!(alice.wait(writer.tombstone(2)).unwrap(), 2);
    alice.send(&writer, b"after");
    assert_eq!(bob.take_texts(&reader, 1), ["before"]);
    for number in [2, 3] {
        let message = bob.take(&reader);
        assert_eq!(
            (message.number, message.arrival),
            (number, Arrival::Tombstone)
        );
    }
    assert_eq!(bob.take_texts(&reader, 1), ["after"]);
    for count in [0, u32::MAX] {
        let error = refused(alice.wait(writer.tombstone(count)));
        assert_eq!(error.status(), Status::ARG_VALUE);
    }
}

#[test]
fn restarts_of_the_daemon_lose_and_double_nothing() {
    let house = House::new();
    let (alice, bob) = (house.person("alice"), house.person("bob"));
    let writer = alice.create("diary");
    let reader = bob.follow("alice", &writer);
    for round in 0..5 {
        for number in 0..5 {
            alice.send(&writer, format!("{round} {number}").as_bytes());
        }
        house.order(["restart", "restart 100", "cut", "restart graceful", "cut"][round]);
        let all: Vec<_> = (0..5).map(|number| format!("{round} {number}")).collect();
        assert_eq!(bob.take_texts(&reader, 5), all);
    }
}

#[test]
fn names_are_checked_and_kept_apart_by_direction() {
    let house = House::new();
    let alice = house.person("alice");
    let writer = alice.create("both ways ☃");
    alice.follow("both ways ☃", &writer);
    let again = refused(alice.wait(alice.store.create_writer("both ways ☃", None)));
    assert_eq!(again.status(), Status::CHANNEL_EXISTS);
    let unknown = refused(alice.wait(alice.store.writer("nobody")));
    assert_eq!(unknown.status(), Status::CHANNEL_NOT_IN_DB);
    let empty = refused(alice.wait(alice.store.writer("")));
    assert_eq!(empty.status(), Status::ARG_EMPTY);
    let long = refused(alice.wait(alice.store.create_writer(&"x".repeat(256), None)));
    assert_eq!(long.status(), Status::ARG_VALUE);
    alice.create("a second one");
    let names = ["a second one", "both ways ☃"];
    assert_eq!(alice.names(Direction::Write), names);
    assert_eq!(alice.names(Direction::Read), names[1..]);
}

#[test]
fn what_cannot_be_a_message_is_refused_and_nothing_is_lost() {
    let house = House::new();
    let alice = house.person("alice");
    let writer = alice.create("diary");
    let large = vec![0; MAX_MESSAGE + 1];
    let large = refused(alice.wait(writer.send(1, &large)));
    assert_eq!(large.status(), Status::PAYLOAD_TOO_LARGE);
    for number in [0, 1, u64::MAX] {
        let unknown = refused(alice.wait(writer.stored(number)));
        assert_eq!(unknown.status(), Status::MESSAGE_NOT_IN_DB, "{number}");
    }
    assert_eq!(alice.send(&writer, b"fits"), 1);
    alice.wait(writer.stored(1)).unwrap();
}

#[test]
fn a_store_works_before_the_client_has_met_a_daemon() {
    let house = House::new();
    let client = Arc::new(new_client(settings(unix(&house.sim))));
    let alice = Person::with(client, &house.path("alice"));
    let writer = alice.create("diary");
    assert_eq!(alice.send(&writer, b"early"), 1);
    alice.wait(alice.client.connect()).unwrap();
    alice.wait(writer.stored(1)).unwrap();
}

#[test]
fn a_store_in_memory_is_gone_when_it_is_closed() {
    let house = House::new();
    let alice = house.person("alice");
    let open = || {
        let opening = Store::open(&alice.client, None);
        alice.wait(opening).unwrap()
    };
    let store = open();
    let writer = alice.wait(store.create_writer("diary", None)).unwrap();
    let number = alice.send(&writer, b"x");
    alice.wait(writer.stored(number)).unwrap();
    drop((writer, store));
    assert!(alice
        .wait(open().channels(Direction::Write))
        .unwrap()
        .is_empty());
}

#[test]
fn old_messages_are_erased_whatever_is_closed_meanwhile() {
    let house = House::new();
    let alice = house.person("alice");
    let writer = alice.create("diary");
    let geometry = alice.client.pigeonhole_geometry().unwrap();
    alice.send(&writer, &vec![1; 2 * geometry.max_plaintext_payload_length]);
    for text in ["two", "three"] {
        alice.send(&writer, text.as_bytes());
    }
    alice.wait(writer.stored(3)).unwrap();
    let far = refused(alice.wait(writer.erase_before(5)));
    assert_eq!(far.status(), Status::MESSAGE_NOT_IN_DB);
    alice.wait(writer.erase_before(3)).unwrap();
    alice.leave();
    let alice = house.person("alice");
    let writer = alice.writer("diary");
    alice.wait(writer.erased(3)).unwrap();
    let bob = house.person("bob");
    let reader = bob.follow("alice", &writer);
    for _ in 0..4 {
        assert_eq!(bob.take(&reader).arrival, Arrival::Tombstone);
    }
    alice.send(&writer, b"four");
    assert_eq!(bob.take_texts(&reader, 2), ["three", "four"]);
}
