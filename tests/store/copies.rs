//! Large messages that go by copy stream: whole, in their place, and once, whatever fails meanwhile.

use std::sync::Arc;

use kpclient::client::{ChannelNews, Event, EventSink, StartFlags};
use kpclient::store::{Arrival, CopyState, Reader, Writer, WriterState};
use kpclient::Status;

use crate::house::{House, Person, KIND};
use crate::world::{await_event, drain, no_retry, refused, requests, until, START};

const COMMAND: &str = "start_resending_copy_command";
/// Bytes that fill some boxes: more than the limit of these tests.
const LARGE: usize = 9000;
const COPY_ABOVE: u32 = 4;

fn large(number: u8) -> Vec<u8> {
    let at = |at: usize| u8::try_from((at * 7 + usize::from(number)) % 251).unwrap();
    (0..LARGE).map(at).collect()
}

fn opened(person: &Person, writer: &Arc<Writer>) -> Arc<EventSink> {
    writer.set_copy_above(COPY_ABOVE);
    person.client.open_sink(4096).unwrap()
}

/// Receives these, in this order, and nothing else.
fn must_come(bob: &Person, reader: &Reader, all: &[Vec<u8>]) {
    for (number, wanted) in (1..).zip(all) {
        let message = bob.take(reader);
        assert_eq!(message.number, number);
        assert_eq!(message.arrival, Arrival::Message(KIND), "message {number}");
        assert!(message.data == *wanted, "message {number}");
    }
    assert_eq!(reader.waiting(), 0);
}

#[test]
fn a_large_message_comes_in_its_place_and_its_boxes_by_a_courier() {
    let house = House::new();
    let (alice, bob) = (house.person("alice"), house.person("bob"));
    let writer = alice.create("diary");
    let sink = opened(&alice, &writer);
    let reader = bob.follow("alice", &writer);
    let all = [b"before".to_vec(), large(1), b"after".to_vec(), large(2)];
    for message in &all {
        alice.send(&writer, message);
    }
    must_come(&bob, &reader, &all);
    alice.wait(writer.stored(4)).unwrap();
    assert_eq!(requests(&house.sim, COMMAND), 2);
    assert_eq!(writer.copy_state(), None);
    // Both streams were written whole before their commands.
    let ordered = drain(&sink).into_iter().filter_map(|event| match event {
        Event::CopyProgress(copy) if copy.copying => Some(copy.written == copy.needed),
        _ => None,
    });
    assert_eq!(ordered.collect::<Vec<_>>(), [true, true]);
}

#[test]
fn with_a_limit_of_zero_no_message_goes_by_copy_stream() {
    let house = House::new();
    let (alice, bob) = (house.person("alice"), house.person("bob"));
    let writer = alice.create("diary");
    writer.set_copy_above(0);
    let reader = bob.follow("alice", &writer);
    alice.send(&writer, &large(1));
    must_come(&bob, &reader, &[large(1)]);
    assert_eq!(requests(&house.sim, COMMAND), 0);
}

#[test]
fn nothing_of_a_message_is_there_before_its_whole_stream_is_and_the_progress_is_told() {
    let house = House::new();
    let (alice, bob) = (house.person("alice"), house.person("bob"));
    let writer = alice.create("diary");
    let _sink = opened(&alice, &writer);
    assert_eq!(writer.copy_state(), None);
    house.order("hold");
    alice.send(&writer, &large(1));
    // Each packet is one of the look whether the first box is free, or of a box of the stream.
    let mut last = CopyState::default();
    until("all of the stream but a box", || {
        house.order("step 1");
        if let Some(state) = writer.copy_state() {
            assert!(state.written >= last.written && state.written <= state.needed);
            last = state;
        }
        last.needed > 0 && last.written + 1 >= last.needed
    });
    assert_eq!(requests(&house.sim, COMMAND), 0);
    // The program ends; whoever looks now finds no box.
    let first = writer.read_cap().first_index();
    let cap = writer.read_cap();
    drop(writer);
    alice.leave();
    house.order("release");
    let look = bob.client.read_box(&cap, &first, no_retry());
    let nothing = refused(bob.wait(look));
    assert_eq!(nothing.status(), Status::BOX_ID_NOT_FOUND);
    let alice = house.person("alice");
    let writer = alice.writer("diary");
    let reader = bob.follow("alice", &writer);
    must_come(&bob, &reader, &[large(1)]);
    assert_eq!(requests(&house.sim, COMMAND), 1);
}

#[test]
fn whatever_the_packet_after_which_the_program_ends_nothing_is_lost_or_doubled() {
    let all = (0..).take_while(|packets| ends_after(*packets, true));
    assert!(all.count() > 8, "a copy takes more packets than this");
}

#[test]
fn whatever_the_packet_after_which_the_daemon_ends_nothing_is_lost_or_doubled() {
    let all = (0..)
        .step_by(2)
        .take_while(|packets| ends_after(*packets, false));
    assert!(all.count() > 4, "a copy takes more packets than this");
}

/// Returns false where all was stored before so many packets.
fn ends_after(packets: u64, is_program: bool) -> bool {
    let house = House::new();
    let mut alice = house.person("alice");
    let mut writer = alice.create("diary");
    house.order("hold");
    writer.set_copy_above(COPY_ABOVE);
    let all = [b"before".to_vec(), large(1), b"after".to_vec()];
    for message in &all {
        alice.send(&writer, message);
    }
    let mut sent = 0;
    until("so many packets", || {
        let is_over = sent == packets || writer.pending() == 0;
        sent += u64::from(!is_over && house.sim.control("step 1").unwrap() == "1 packets");
        is_over
    });
    let goes_on = writer.pending() > 0;
    if is_program {
        drop(writer);
        alice.leave();
        alice = house.person("alice");
        writer = alice.writer("diary");
        writer.set_copy_above(COPY_ABOVE);
    } else {
        house.order("restart");
    }
    house.order("release");
    alice.wait(writer.stored(3)).unwrap();
    let bob = house.person("bob");
    must_come(&bob, &bob.follow("alice", &writer), &all);
    goes_on
}

#[test]
fn a_stream_that_is_written_is_not_written_again_after_a_crash() {
    let house = House::new();
    let alice = house.person("alice");
    let writer = alice.create("diary");
    writer.set_copy_above(COPY_ABOVE);
    house.order("hold");
    alice.send(&writer, &large(1));
    until("the command", || {
        house.order("step 1");
        requests(&house.sim, COMMAND) == 1
    });
    drop(writer);
    alice.leave();
    let boxes = requests(&house.sim, START);
    let alice = house.person("alice");
    let writer = alice.writer("diary");
    house.order("release");
    alice.wait(writer.stored(1)).unwrap();
    assert_eq!(requests(&house.sim, COMMAND), 2);
    assert_eq!(requests(&house.sim, START), boxes);
    let bob = house.person("bob");
    must_come(&bob, &bob.follow("alice", &writer), &[large(1)]);
}

#[test]
fn where_a_courier_fails_the_boxes_are_written_one_by_one() {
    // In the middle: what the courier has written before it failed stays.
    for boxes in [0, 3] {
        let house = House::new();
        let (alice, bob) = (house.person("alice"), house.person("bob"));
        let writer = alice.create("diary");
        let sink = opened(&alice, &writer);
        let reader = bob.follow("alice", &writer);
        house.order("hold");
        alice.send(&writer, &large(1));
        house.order(&format!("fault copy 5 {}", 1 + boxes));
        house.order("release");
        let retrying = |event: &Event| match event {
            Event::Channel(channel) => match &channel.news {
                ChannelNews::Retrying(error) => Some(error.status()),
                _ => None,
            },
            _ => None,
        };
        assert_eq!(await_event(&sink, retrying), Status::COPY_FAILED);
        must_come(&bob, &reader, &[large(1)]);
        alice.wait(writer.stored(1)).unwrap();
        assert_eq!(requests(&house.sim, COMMAND), 1);
    }
}

#[test]
fn a_box_in_the_middle_that_somebody_else_wrote_is_a_conflict_and_stays() {
    let house = House::new();
    let (alice, bob) = (house.person("alice"), house.person("bob"));
    let writer = alice.create("diary");
    writer.set_copy_above(COPY_ABOVE);
    let reader = bob.follow("alice", &writer);
    let third = writer.read_cap().first_index().next().next();
    let flags = StartFlags::default();
    let write = bob
        .client
        .write_box(writer.write_cap(), &third, b"foreign", flags);
    bob.wait(write).unwrap();
    alice.send(&writer, &large(1));
    alice.send(&writer, b"after");
    until("a conflict", || {
        matches!(writer.state(), WriterState::Conflict(_))
    });
    alice.wait(writer.step_over()).unwrap();
    alice.wait(writer.stored(2)).unwrap();
    let mut found = Vec::new();
    while found.last() != Some(&b"after".to_vec()) {
        let message = bob.take(&reader);
        match message.arrival {
            Arrival::Message(_) | Arrival::Foreign => found.push(message.data.to_vec()),
            other => assert_eq!(other, Arrival::Broken),
        }
    }
    let all = [b"foreign".to_vec(), large(1), b"after".to_vec()];
    assert!(found == all, "{} messages", found.len());
}
