//! Two who believe to be the writer: nothing is overwritten, and the user is told.

use std::path::Path;

use kpclient::store::{Arrival, Direction, Writer, WriterState};
use kpclient::Status;

use crate::house::{House, Person};
use crate::world::{refused, until};

fn await_conflict(writer: &Writer) {
    until("a conflict", || {
        matches!(writer.state(), WriterState::Conflict(_))
    });
}

/// The person closes the store, and copies its file.
fn close_and_copy(person: Person, from: &Path, to: &Path) {
    person.wait(person.store.close()).unwrap();
    std::fs::copy(from, to).unwrap();
}

#[test]
fn a_database_that_came_back_from_a_backup_overwrites_nothing_and_can_go_on() {
    let house = House::new();
    let alice = house.person("alice");
    let writer = alice.create("diary");
    let bob = house.person("bob");
    let reader = bob.follow("alice", &writer);
    alice.send(&writer, b"one");
    alice.wait(writer.stored(1)).unwrap();
    close_and_copy(alice, &house.path("alice"), &house.path("backup"));
    let gone = refused(house.person("bob").wait(writer.send(1, b"too late")));
    assert_eq!(gone.status(), Status::CLOSED);
    drop(writer);
    let alice = house.person("alice");
    let writer = alice.writer("diary");
    for text in ["two", "three", "four"] {
        alice.send(&writer, text.as_bytes());
    }
    alice.wait(writer.stored(4)).unwrap();
    alice.leave();

    let alice = house.person("backup");
    let writer = alice.writer("diary");
    for text in ["five", "six"] {
        alice.send(&writer, text.as_bytes());
    }
    await_conflict(&writer);
    let WriterState::Conflict(error) = writer.state() else {
        panic!("{:?}", writer.state());
    };
    assert_eq!(error.status(), Status::BOX_ALREADY_EXISTS);
    assert_eq!(writer.pending(), 2);
    alice.wait(writer.step_over()).unwrap();
    alice.wait(writer.stored(3)).unwrap();
    let all = ["one", "two", "three", "four", "five", "six"];
    assert_eq!(bob.take_texts(&reader, 6), all);
}

#[test]
fn of_two_machines_with_one_database_the_second_is_told() {
    let house = House::new();
    let alice = house.person("alice");
    drop(alice.create("diary"));
    close_and_copy(alice, &house.path("alice"), &house.path("laptop"));
    let (desk, laptop) = (house.person("alice"), house.person("laptop"));
    let (first, second) = (desk.writer("diary"), laptop.writer("diary"));
    let bob = house.person("bob");
    let reader = bob.follow("alice", &first);
    desk.send(&first, b"from the desk");
    desk.wait(first.stored(1)).unwrap();
    laptop.send(&second, b"from the laptop");
    await_conflict(&second);
    desk.send(&first, b"from the desk again");
    desk.wait(first.stored(2)).unwrap();
    laptop.wait(second.step_over()).unwrap();
    laptop.wait(second.stored(1)).unwrap();
    let all = ["from the desk", "from the desk again", "from the laptop"];
    assert_eq!(bob.take_texts(&reader, 3), all);
}

#[test]
fn of_two_machines_that_say_the_same_neither_loses_its_message() {
    let house = House::new();
    let alice = house.person("alice");
    drop(alice.create("diary"));
    close_and_copy(alice, &house.path("alice"), &house.path("laptop"));
    let (desk, laptop) = (house.person("alice"), house.person("laptop"));
    let (first, second) = (desk.writer("diary"), laptop.writer("diary"));
    let bob = house.person("bob");
    let reader = bob.follow("alice", &first);
    desk.send(&first, b"ok");
    desk.wait(first.stored(1)).unwrap();
    laptop.send(&second, b"ok");
    await_conflict(&second);
    laptop.wait(second.step_over()).unwrap();
    laptop.wait(second.stored(1)).unwrap();
    assert_eq!(bob.take_texts(&reader, 2), ["ok", "ok"]);
}

#[test]
fn messages_that_were_stored_behind_a_taken_box_stay_before_the_one_that_moves() {
    let house = House::new();
    let (alice, bob) = (house.person("alice"), house.person("bob"));
    let writer = alice.create("diary");
    let reader = bob.follow("alice", &writer);
    let second = writer.next_index().next();
    let flags = kpclient::client::StartFlags::default();
    let write = bob
        .client
        .write_box(writer.write_cap(), &second, b"mine", flags);
    bob.wait(write).unwrap();
    // The first one goes alone, and all others together when it is stored.
    house.order("hold");
    for text in ["one", "two", "three", "four"] {
        alice.send(&writer, text.as_bytes());
    }
    house.order("release");
    await_conflict(&writer);
    assert_eq!(writer.pending(), 3);
    alice.wait(writer.step_over()).unwrap();
    alice.send(&writer, b"five");
    alice.wait(writer.stored(5)).unwrap();
    assert_eq!(bob.take_texts(&reader, 1), ["one"]);
    let foreign = bob.take(&reader);
    assert_eq!(foreign.arrival, Arrival::Foreign);
    assert_eq!(foreign.data, &b"mine"[..]);
    let all = ["three", "four", "two", "five"];
    assert_eq!(bob.take_texts(&reader, 4), all);
}

#[test]
fn a_message_whose_boxes_are_partly_taken_is_written_anew_behind_them() {
    let house = House::new();
    let alice = house.person("alice");
    let writer = alice.create("diary");
    let bob = house.person("bob");
    let reader = bob.follow("alice", &writer);
    let geometry = alice.client.pigeonhole_geometry().unwrap();
    let message = vec![7; 2 * geometry.max_plaintext_payload_length];
    // Somebody else has written the second of three boxes.
    let taken = writer.next_index().next();
    let flags = kpclient::client::StartFlags::default();
    let cap = writer.write_cap();
    bob.wait(bob.client.write_box(cap, &taken, b"mine", flags))
        .unwrap();
    alice.send(&writer, &message);
    await_conflict(&writer);
    alice.wait(writer.step_over()).unwrap();
    alice.wait(writer.stored(1)).unwrap();
    alice.send(&writer, b"next");
    let arrivals: Vec<_> = (0..4).map(|_| bob.take(&reader)).collect();
    let kinds: Vec<_> = arrivals.iter().map(|message| message.arrival).collect();
    let wanted = [
        Arrival::Broken,
        Arrival::Foreign,
        Arrival::Message(1),
        Arrival::Message(1),
    ];
    assert_eq!(kinds, wanted);
    assert!(arrivals[2].data == message);
    assert_eq!(arrivals[3].data, &b"next"[..]);
}

#[test]
fn what_a_message_left_behind_at_a_conflict_is_erased_with_it() {
    let house = House::new();
    let alice = house.person("alice");
    let writer = alice.create("diary");
    let bob = house.person("bob");
    let geometry = alice.client.pigeonhole_geometry().unwrap();
    let taken = writer.next_index().next();
    let flags = kpclient::client::StartFlags::default();
    let cap = writer.write_cap();
    bob.wait(bob.client.write_box(cap, &taken, b"mine", flags))
        .unwrap();
    alice.send(&writer, &vec![7; 2 * geometry.max_plaintext_payload_length]);
    await_conflict(&writer);
    alice.wait(writer.step_over()).unwrap();
    alice.wait(writer.stored(1)).unwrap();
    alice.send(&writer, b"next");
    drop(writer);
    alice.leave();
    let alice = house.person("alice");
    let writer = alice.writer("diary");
    alice.wait(writer.erase_before(2)).unwrap();
    alice.wait(writer.erased(2)).unwrap();
    // The first and the third box, and the three that it got then; not the second.
    let reader = bob.follow("alice", &writer);
    let arrivals: Vec<_> = (0..7).map(|_| bob.take(&reader)).collect();
    let kinds: Vec<_> = arrivals.iter().map(|message| message.arrival).collect();
    let mut wanted = [Arrival::Tombstone; 7];
    wanted[1] = Arrival::Foreign;
    wanted[6] = Arrival::Message(1);
    assert_eq!(kinds, wanted);
    assert_eq!(arrivals[1].data, &b"mine"[..]);
    assert_eq!(arrivals[6].data, &b"next"[..]);
}

#[test]
fn a_channel_has_one_owner_among_all_that_have_the_file_open() {
    let house = House::new();
    let alice = house.person("alice");
    let _writer = alice.create("diary");
    let other = Person::with(alice.client.clone(), &house.path("alice"));
    let busy = refused(other.wait(other.store.writer("diary")));
    assert_eq!(busy.status(), Status::BUSY);
    let busy = refused(other.wait(other.store.delete(Direction::Write, "diary")));
    assert_eq!(busy.status(), Status::BUSY);
    let busy = refused(alice.wait(alice.store.delete(Direction::Write, "diary")));
    assert_eq!(busy.status(), Status::BUSY, "it is open here");
    // Others of the same file are free.
    other.create("another");
    assert_eq!(alice.names(Direction::Write), ["another", "diary"]);
    alice.leave();
    let writer = other.writer("diary");
    other.send(&writer, b"mine now");
    other.wait(writer.stored(1)).unwrap();
    other.leave();
    let alice = house.person("alice");
    alice
        .wait(alice.store.delete(Direction::Write, "diary"))
        .unwrap();
    assert_eq!(alice.names(Direction::Write), ["another"]);
    let gone = refused(alice.wait(alice.store.writer("diary")));
    assert_eq!(gone.status(), Status::CHANNEL_NOT_IN_DB);
}
