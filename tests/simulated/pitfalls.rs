//! What other clients of this daemon stumble over.

use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use kpclient::client::{Client, Event, Level, Log, StartFlags};
use kpclientd_sim::Sim;

use crate::world::*;

/// Starts a write, lets the connections be cut when `when` says so, and awaits its end.
fn write_and_cut(sim: &Sim, when: impl Fn() -> bool) {
    let client = client(sim);
    let mut boxes = Boxes::new(1);
    let index = boxes.next();
    let cap = boxes.keys.write_cap.clone();
    let mut ops = Ops::new();
    let work = client.write_box(&cap, &index, b"once", StartFlags::default());
    let write = ops.start(work);
    until("the moment of the cut", when);
    sim.control("cut").unwrap();
    sim.control("release").unwrap();
    ops.await_end(write);
    assert_eq!(
        ops.value::<kpclient::bacap::BoxIndex>(write),
        boxes.next(),
        "the write gives the index of the next box"
    );
    let work = client.read_box(&boxes.keys.read_cap, &index, StartFlags::default());
    let found = work.unwrap().block(PATIENCE).unwrap();
    assert_eq!(&found.plaintext[..], b"once");
}

#[test]
fn a_write_whose_connection_is_cut_while_the_daemon_has_it_in_line_completes() {
    let sim = held_sim();
    write_and_cut(&sim, || count(&sim, "queued") == 1);
}

#[test]
fn a_write_whose_connection_is_cut_while_its_packet_travels_completes() {
    let sim = sim();
    sim.control("latency 300").unwrap();
    write_and_cut(&sim, || count(&sim, "arq_entries") == 1);
}

#[test]
fn a_write_whose_connection_is_cut_again_and_again_completes() {
    let sim = held_sim();
    let client = client(&sim);
    let mut boxes = Boxes::new(2);
    let envelope = boxes.write_envelope(&client, b"at last");
    let mut ops = Ops::new();
    let write = ops.start(boxes.write(&client, envelope));
    for times in 1..=5 {
        until("the write in line", || requests(&sim, START) >= times);
        sim.control("cut").unwrap();
    }
    sim.control("release").unwrap();
    ops.await_end(write);
    assert_eq!(ops.log, [(write, kpclient::Status::OK)]);
    until("an empty table", || count(&sim, "arq_entries") == 0);
}

#[test]
fn a_write_whose_daemon_is_started_again_completes() {
    let sim = held_sim();
    let client = client(&sim);
    let mut boxes = Boxes::new(3);
    let envelope = boxes.write_envelope(&client, b"at last");
    let mut ops = Ops::new();
    let write = ops.start(boxes.write(&client, envelope));
    until("the write in line", || requests(&sim, START) == 1);
    sim.control("restart").unwrap();
    sim.control("release").unwrap();
    assert_eq!(ops.await_end(write), kpclient::Status::OK);
}

#[test]
fn a_request_right_after_connect_is_answered() {
    let sim = sim();
    for _ in 0..50 {
        local_call(&client(&sim));
    }
}

#[test]
fn a_request_right_after_connect_is_answered_where_the_first_frame_comes_late_and_in_pieces() {
    let sim = sim();
    sim.control("hold-first-frame 20").unwrap();
    sim.control("split 7").unwrap();
    for _ in 0..3 {
        local_call(&client(&sim));
    }
}

#[test]
fn requests_that_are_made_before_the_handshake_is_over_wait_for_it() {
    let sim = sim();
    let client = client(&sim);
    sim.control("hold-first-frame 50").unwrap();
    sim.control("cut").unwrap();
    for _ in 0..20 {
        local_call(&client);
    }
}

#[test]
fn four_threads_ask_for_the_next_index_at_once() {
    let sim = sim();
    let client = client(&sim);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..500).for_each(|_| local_call(&client)));
        }
    });
}

#[test]
fn sixty_four_threads_call_at_once() {
    let sim = sim();
    let client = client(&sim);
    thread::scope(|scope| {
        for _ in 0..64 {
            scope.spawn(|| (0..50).for_each(|_| local_call(&client)));
        }
    });
    let asked = requests(&sim, "next_message_box_index");
    assert!((64 * 50..64 * 50 + 10).contains(&asked), "{asked}");
}

/// The daemon goes away and comes back; a call spans the gap.
fn survives_the_daemons_absence(sim: &Sim, client: &Client) {
    let sink = client.open_sink(64).unwrap();
    sim.control("down").unwrap();
    sim.control("cut").unwrap();
    events_until(&sink, |event| matches!(event, Event::Disconnected { .. }));
    assert!(!client.is_attached());
    sim.control("up").unwrap();
    local_call(client);
    events_until(&sink, |event| matches!(event, Event::Resumed));
}

#[test]
fn without_a_log_the_daemon_may_go_away() {
    let sim = sim();
    survives_the_daemons_absence(&sim, &client(&sim));
}

#[test]
fn with_a_log_the_daemon_may_go_away_and_the_log_tells() {
    let sim = sim();
    let lines = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&lines);
    let write = Arc::new(move |_, line: &str| kept.lock().unwrap().push(line.to_owned()));
    let client = Client::new(settings(unix(&sim)), Log::new(Level::Debug, write), || {}).unwrap();
    connect(&client);
    survives_the_daemons_absence(&sim, &client);
    assert!(!lines.lock().unwrap().is_empty());
}

#[test]
fn calls_over_tcp_wait_for_no_delayed_acknowledgement() {
    let _clock = one_at_a_time();
    // Two writes a frame without TCP_NODELAY cost 40 ms a call: 8 s for these.
    let sim = sim();
    let client = connected(settings(tcp(&sim)));
    let begun = Instant::now();
    (0..200).for_each(|_| local_call(&client));
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(4), "{took:?}");
}

#[test]
fn large_frames_over_tcp_wait_for_no_delayed_acknowledgement() {
    let _clock = one_at_a_time();
    let sim = sim();
    let client = connected(settings(tcp(&sim)));
    let mut boxes = Boxes::new(5);
    let begun = Instant::now();
    for _ in 0..200 {
        boxes.write_envelope(&client, &[7; 1500]);
    }
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(6), "{took:?}");
}
