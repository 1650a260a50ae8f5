//! The network's boxes become smaller while a writer has boxes on their way: every message arrives once, as a
//! whole, and in order.

use kpclient::store::{Arrival, Reader, Writer};

use crate::house::{House, Person, KIND};
use crate::world::{count, requests, step_until, until, START};

/// A message of six boxes of today's size, no two of which are alike.
fn long() -> Vec<u8> {
    (0..8500_u32)
        .map(|at| u8::try_from(at * at % 251).unwrap())
        .collect()
}

/// Takes what a reader has up to the last message, which is "end". Returns what came besides messages.
fn takes_all(bob: &Person, reader: &Reader) -> Vec<Arrival> {
    let mut others = Vec::new();
    let mut messages = Vec::new();
    while messages.last().is_none_or(|last: &Vec<u8>| last != b"end") {
        let message = bob.take(reader);
        match message.arrival {
            Arrival::Message(KIND) => messages.push(message.data.to_vec()),
            other => others.push(other),
        }
    }
    assert!(messages == [b"begin".to_vec(), long(), b"end".to_vec()]);
    others
}

/// A channel with one message that is stored, and a long one and another one that are not: no packet leaves.
fn begun(house: &House, alice: &Person) -> std::sync::Arc<Writer> {
    let writer = alice.create("diary");
    let first = alice.send(&writer, b"begin");
    alice.wait(writer.stored(first)).unwrap();
    let before = requests(&house.sim, START);
    house.order("hold");
    alice.send(&writer, &long());
    alice.send(&writer, b"end");
    until("the first box is on its way", || {
        requests(&house.sim, START) > before
    });
    writer
}

#[test]
fn what_was_never_sent_is_divided_for_the_new_size() {
    let house = House::new();
    let (alice, bob) = (house.person("alice"), house.person("bob"));
    let writer = begun(&house, &alice);
    // A read of the old size is on its way, too.
    let before = requests(&house.sim, START);
    let reader = bob.follow("alice", &writer);
    until("a read", || requests(&house.sim, START) > before);
    house.order("box-size 700");
    house.order("release");
    alice.wait(writer.stored(3)).unwrap();
    assert_eq!(takes_all(&bob, &reader), []);
}

#[test]
fn it_is_divided_when_the_channel_is_opened_again() {
    let house = House::new();
    let (alice, bob) = (house.person("alice"), house.person("bob"));
    drop(begun(&house, &alice));
    alice.leave();
    for size in [700, 300] {
        house.order(&format!("box-size {size}"));
        house.order("release");
    }
    let alice = house.person("alice");
    let writer = alice.writer("diary");
    alice.wait(writer.stored(3)).unwrap();
    let reader = bob.follow("alice", &writer);
    assert_eq!(takes_all(&bob, &reader), []);
}

#[test]
fn what_is_stored_of_a_message_stays_and_the_rest_is_smaller() {
    let house = House::new();
    let (alice, bob) = (house.person("alice"), house.person("bob"));
    let writer = begun(&house, &alice);
    step_until(&house.sim, || count(&house.sim, "boxes") == 2);
    for size in [900, 500] {
        house.order(&format!("box-size {size}"));
        let before = count(&house.sim, "boxes");
        step_until(&house.sim, || count(&house.sim, "boxes") > before);
    }
    house.order("release");
    alice.wait(writer.stored(3)).unwrap();
    let reader = bob.follow("alice", &writer);
    assert_eq!(takes_all(&bob, &reader), []);
}

#[test]
fn where_a_box_among_others_is_missing_the_message_is_sent_anew() {
    let house = House::new();
    let (alice, bob) = (house.person("alice"), house.person("bob"));
    let writer = begun(&house, &alice);
    step_until(&house.sim, || count(&house.sim, "boxes") == 2);
    let before = requests(&house.sim, START);
    step_until(&house.sim, || requests(&house.sim, START) > before);
    // One of the five others, or of the last message, is refused; it would be sent again a second later.
    house.order("fault replica-write 6");
    step_until(&house.sim, || count(&house.sim, "boxes") == 6);
    house.order("box-size 700");
    house.order("release");
    alice.wait(writer.stored(3)).unwrap();
    let reader = bob.follow("alice", &writer);
    let others = takes_all(&bob, &reader);
    println!("besides the messages: {others:?}");
    let known = |other: &Arrival| matches!(other, Arrival::Tombstone | Arrival::Broken);
    assert!(others.iter().all(known));
    // It can be erased as a whole, with what was left behind.
    alice.wait(writer.erase_before(4)).unwrap();
    alice.wait(writer.erased(4)).unwrap();
    let late = bob.follow("late", &writer);
    until("all boxes", || late.next_index() == writer.next_index());
    let all = bob.wait(late.messages(0, 100)).unwrap();
    assert!(all.iter().all(|found| found.arrival == Arrival::Tombstone));
}
