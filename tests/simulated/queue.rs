//! What waits in the client: in which order it leaves, and what the daemon hears of it.

use std::time::Duration;

use kpclient::client::{Client, Destination, StartFlags, Timeout};
use kpclient::Status;
use kpclientd_sim::Sim;

use crate::world::*;

/// Reads that fill the window of a client, and some more that wait in it.
fn fill_the_line(sim: &Sim, client: &Client, ops: &mut Ops) -> Boxes {
    let mut boxes = Boxes::new(30);
    for _ in 0..WINDOW + 5 {
        let (index, envelope) = boxes.read_envelope(client);
        let work = boxes.read(client, &index, envelope, no_retry());
        ops.start(work);
    }
    until("a full line", || outstanding(sim) == WINDOW);
    boxes
}

#[test]
fn writes_leave_in_order_of_arrival() {
    let sim = busy_sim();
    let client = client(&sim);
    let mut boxes = Boxes::new(31);
    let mut ops = Ops::new();
    for n in 0..100 {
        let envelope = boxes.write_envelope(&client, &[n]);
        ops.start(boxes.write(&client, envelope));
    }
    let packets = step_until(&sim, || ops.running() == 0);
    let order: Vec<usize> = ops.log.iter().map(|(number, _)| *number).collect();
    assert!(order.into_iter().eq(0..100));
    assert_eq!(packets, 100);
}

#[test]
fn a_copy_command_leaves_between_the_writes_before_and_after_it() {
    let sim = busy_sim();
    let client = client(&sim);
    let mut boxes = Boxes::new(32);
    let mut ops = Ops::new();
    let stream = Boxes::new(33);
    // More than the daemon gets at once, so that the rest waits in the client.
    let before = usize::try_from(WINDOW).unwrap() + 3;
    for _ in 0..before {
        let envelope = boxes.write_envelope(&client, b"before");
        ops.start(boxes.write(&client, envelope));
    }
    let copy = client.start_resending_copy_command(&stream.keys.write_cap, None);
    let copy = ops.start(copy);
    let envelope = boxes.write_envelope(&client, b"after");
    let after = ops.start(boxes.write(&client, envelope));
    let copy_left = || {
        let entries = sim.arq().unwrap();
        entries.iter().any(|entry| entry["what"] == "copy")
    };
    until("a full line", || outstanding(&sim) == WINDOW);
    step_until(&sim, copy_left);
    ops.await_ends(before);
    assert!(!ops.has_ended(after));
    step_until(&sim, || ops.has_ended(after));
    assert!(!ops.has_ended(copy), "the stream was never written");
    client.cancel(ops.ids[copy]).unwrap();
    assert_eq!(ops.await_end(copy), Status::CANCELLED);
    until("an empty table", || count(&sim, "arq_entries") == 0);
}

#[test]
fn a_queued_read_times_out_without_a_word_to_the_daemon() {
    let sim = busy_sim();
    let client = client(&sim);
    let mut ops = Ops::new();
    let mut boxes = fill_the_line(&sim, &client, &mut ops);
    let others = ops.ids.len();
    let (index, envelope) = boxes.read_envelope(&client);
    let work = boxes.read(&client, &index, envelope, no_retry());
    let soon = Timeout::After(Duration::from_millis(20));
    let late = ops.start_within(work, soon);
    assert_eq!(ops.await_end(late), Status::TIMEOUT);
    sim.control("release").unwrap();
    ops.await_ends(others + 1);
    assert_eq!(requests(&sim, START), others as u64);
    assert_eq!(requests(&sim, CANCEL), 0);
}

#[test]
fn a_queued_read_is_cancelled_without_a_word_to_the_daemon() {
    let sim = busy_sim();
    let client = client(&sim);
    let mut ops = Ops::new();
    let mut boxes = fill_the_line(&sim, &client, &mut ops);
    let others = ops.ids.len();
    let (index, envelope) = boxes.read_envelope(&client);
    let hash = envelope.hash;
    let work = boxes.read(&client, &index, envelope, no_retry());
    let given_up = ops.start(work);
    let cancel = client.cancel_resending_encrypted_message(&hash).unwrap();
    cancel.block(PATIENCE).unwrap();
    assert_eq!(ops.await_end(given_up), Status::START_RESENDING_CANCELLED);
    sim.control("release").unwrap();
    ops.await_ends(others + 1);
    assert_eq!(requests(&sim, START), others as u64);
    assert_eq!(requests(&sim, CANCEL), 0);
}

#[test]
fn what_leaves_the_line_makes_room_for_nobody_and_disturbs_nobody() {
    let sim = busy_sim();
    let client = client(&sim);
    let mut ops = Ops::new();
    let mut boxes = fill_the_line(&sim, &client, &mut ops);
    let first = ops.ids.len();
    let mut kept = Vec::new();
    for n in 0..50 {
        let (index, envelope) = boxes.read_envelope(&client);
        let work = boxes.read(&client, &index, envelope, no_retry());
        let number = ops.start(work);
        if n % 2 == 0 {
            client.cancel(ops.ids[number]).unwrap();
        } else {
            kept.push(number);
        }
    }
    step_until(&sim, || ops.running() == 0);
    let order: Vec<usize> = ops.log.iter().map(|(number, _)| *number).collect();
    let later: Vec<usize> = order
        .into_iter()
        .filter(|number| kept.contains(number))
        .collect();
    assert_eq!(later, kept, "those that were kept kept their order");
    assert_eq!(requests(&sim, START), (first + kept.len()) as u64);
    assert_eq!(requests(&sim, CANCEL), 0);
}

#[test]
fn while_the_daemon_is_offline_nothing_for_the_mixnet_is_sent_to_it() {
    let sim = sim();
    let client = client(&sim);
    sim.control("offline").unwrap();
    until("the client knows", || !client.is_connected());
    let mut boxes = Boxes::new(34);
    let index = boxes.next();
    let mut ops = Ops::new();
    let cap = &boxes.keys.write_cap;
    let write = client.write_box(cap, &index, b"later", StartFlags::default());
    let write = ops.start(write);
    let read = client.read_box(&boxes.keys.read_cap, &index, StartFlags::default());
    let read = ops.start(read);
    let other = boxes.next();
    let given_up = client.read_box(&boxes.keys.read_cap, &other, no_retry());
    let given_up = ops.start(given_up);
    until("all envelopes", || count(&sim, "encryptions") == 3);
    (0..20).for_each(|_| local_call(&client)); // these are answered all the same
    client.cancel(ops.ids[given_up]).unwrap();
    assert_eq!(ops.await_end(given_up), Status::CANCELLED);
    assert!(!ops.has_ended(write) && !ops.has_ended(read));
    assert_eq!((requests(&sim, START), requests(&sim, CANCEL)), (0, 0));

    sim.control("online").unwrap();
    assert_eq!(ops.await_end(write), Status::OK);
    assert_eq!(ops.await_end(read), Status::OK);
    assert_eq!(requests(&sim, CANCEL), 0);
}

#[test]
fn a_plain_message_while_offline_is_refused_at_once() {
    let sim = sim();
    let client = client(&sim);
    let echo = client.service("echo").unwrap();
    let destination = Destination {
        node: echo.node,
        queue: echo.queue,
    };
    sim.control("offline").unwrap();
    until("the client knows", || !client.is_connected());
    let ended = client
        .send_message_without_reply(&destination, b"hello")
        .and_then(|work| work.block(PATIENCE));
    assert_eq!(ended.unwrap_err().status(), Status::OFFLINE);
    assert_eq!(requests(&sim, "send_message"), 0);
}
