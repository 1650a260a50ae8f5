//! Who does much, or reads nothing, stops nobody else.

use std::sync::mpsc::channel;

use kpclient::client::{Client, Event, EventSink, StartFlags, Timeout};
use kpclient::Status;
use kpclientd_sim::Sim;

use crate::world::*;

/// Endless reads of boxes that nobody writes, a client's line full of them.
fn greedy(sim: &Sim, reads: usize) -> (Client, Ops) {
    let client = client(sim);
    let mut boxes = Boxes::new(40);
    let mut ops = Ops::new();
    for _ in 0..reads {
        let (index, envelope) = boxes.read_envelope(&client);
        let work = boxes.read(&client, &index, envelope, StartFlags::default());
        ops.start(work);
    }
    until("a full line", || outstanding(sim) == WINDOW);
    (client, ops)
}

#[test]
fn beside_a_greedy_client_each_packet_of_another_waits_one_tick_at_most() {
    let sim = busy_sim();
    let (_greedy, _reads) = greedy(&sim, 500);
    let modest = client(&sim);
    let mut boxes = Boxes::new(41);
    for n in 0..10_u64 {
        // A write costs a packet.
        let envelope = boxes.write_envelope(&modest, b"modest");
        let packets = alone_in_line(&sim, boxes.write(&modest, envelope));
        assert!(packets <= 2, "write {n} took {packets} packets");
        // A read costs two.
        let mut written = Boxes::new(41);
        let index = (0..=n).map(|_| written.next()).last().unwrap();
        let work = modest.encrypt_read(&boxes.keys.read_cap, &index).unwrap();
        let envelope = work.block(PATIENCE).unwrap();
        let work = boxes.read(&modest, &index, envelope, no_retry());
        let packets = alone_in_line(&sim, work);
        assert!(packets <= 4, "read {n} took {packets} packets");
    }
}

/// Runs work of a client that does nothing else; gives the packets that left meanwhile.
fn alone_in_line<T: Send + Sync + 'static>(
    sim: &Sim,
    work: kpclient::Result<kpclient::client::Call<T>>,
) -> u64 {
    until("the others in line", || outstanding(sim) == WINDOW);
    let mut ops = Ops::new();
    let op = ops.start(work);
    let mut packets = 0;
    loop {
        until("a full line", || {
            ops.has_ended(op) || outstanding(sim) == WINDOW + 1
        });
        if ops.has_ended(op) {
            assert_eq!(ops.await_end(op), Status::OK);
            return packets;
        }
        step(sim);
        packets += 1;
    }
}

#[test]
fn two_clients_with_full_lines_share_the_packets() {
    let sim = busy_sim();
    let (_greedy, _many) = greedy(&sim, 500);
    let other = client(&sim);
    let mut boxes = Boxes::new(42);
    let mut few = Ops::new();
    for _ in 0..100 {
        let (index, envelope) = boxes.read_envelope(&other);
        let work = boxes.read(&other, &index, envelope, no_retry());
        few.start(work);
    }
    until("two full lines", || outstanding(&sim) == 2 * WINDOW);
    let mut packets = 0;
    // While both lines are full they stay full.
    while few.running() > WINDOW as usize {
        until("two full lines", || {
            few.running() <= WINDOW as usize || outstanding(&sim) == 2 * WINDOW
        });
        step(&sim);
        packets += 1;
    }
    let answered = 100 - few.running() as u64;
    let own = 2 * answered;
    assert!(
        packets <= 2 * own + 4,
        "{packets} packets left while {own} were the other's"
    );
}

#[test]
fn local_calls_of_one_client_do_not_wait_for_the_packets_of_another() {
    let sim = busy_sim();
    let (_greedy, _reads) = greedy(&sim, 100);
    let modest = client(&sim);
    (0..100).for_each(|_| local_call(&modest));
    assert_eq!(count(&sim, "ticks"), 0);
}

/// Notices a client gets, with the daemon offline and online again so many times.
fn flap(sim: &Sim, client: &Client, times: usize) {
    for _ in 0..times {
        sim.control("offline").unwrap();
        until("the client knows", || !client.is_connected());
        sim.control("online").unwrap();
        until("the client knows", || client.is_connected());
    }
}

#[test]
fn who_never_reads_events_stops_nobody_and_is_told_what_was_lost() {
    let sim = sim();
    let client = client(&sim);
    let reader = client.open_sink(1000).unwrap();
    let idle = client.open_sink(1).unwrap();
    flap(&sim, &client, 100);

    (0..100).for_each(|_| local_call(&client));
    let mut boxes = Boxes::new(43);
    let index = boxes.next();
    let cap = &boxes.keys.write_cap;
    let work = client.write_box(cap, &index, b"text", StartFlags::default());
    work.unwrap().block(PATIENCE).unwrap();
    let work = client.read_box(&boxes.keys.read_cap, &index, StartFlags::default());
    work.unwrap().block(PATIENCE).unwrap();

    let all = drain(&reader).len() as u64;
    assert!(all >= 200, "{all}");
    let (kept, lost) = kept_and_lost(&idle);
    assert_eq!((kept, kept + lost), (1, all));
}

fn kept_and_lost(sink: &EventSink) -> (u64, u64) {
    let (mut kept, mut lost) = (0, 0);
    for event in drain(sink) {
        match event {
            Event::Lost(n) => lost += n,
            _ => kept += 1,
        }
    }
    (kept, lost)
}

#[test]
fn completions_that_go_to_a_full_sink_are_not_lost() {
    let sim = sim();
    let client = client(&sim);
    let idle = client.open_sink(1).unwrap();
    let index = kpclient::bacap::keypair(&[1; 32]).first_index;
    for _ in 0..200 {
        let work = client.next_message_box_index_remote(&index).unwrap();
        let delivery = kpclient::client::Delivery::Sink(std::sync::Arc::clone(&idle));
        work.prepare(delivery).unwrap().launch(work, PATIENCE);
    }
    flap(&sim, &client, 20);
    local_call(&client);
    let mut completions = 0;
    while completions < 200 {
        let event = idle.next(PATIENCE).unwrap().expect("an event in time");
        completions += usize::from(matches!(event, Event::Operation(_)));
    }
    let rest = drain(&idle);
    assert!(!rest.iter().any(|e| matches!(e, Event::Operation(_))));
}

#[test]
fn a_callback_that_does_not_return_stops_no_call() {
    let sim = sim();
    let client = client(&sim);
    let sink = client.open_sink(1).unwrap();
    let (entered, is_inside) = channel();
    let (leave, may_leave) = channel::<()>();
    let callback = move |_| {
        entered.send(()).unwrap();
        let _ = may_leave.recv(); // for as long as the test wants
    };
    sink.on_event(Box::new(callback)).unwrap();
    is_inside.recv_timeout(LIMIT).unwrap();
    (0..100).for_each(|_| local_call(&client));
    let mut boxes = Boxes::new(44);
    let index = boxes.next();
    let cap = &boxes.keys.write_cap;
    let work = client.write_box(cap, &index, b"text", StartFlags::default());
    work.unwrap().block(PATIENCE).unwrap();
    let mut ops = Ops::new();
    let envelope = boxes.write_envelope(&client, b"more");
    let work = boxes.write(&client, envelope);
    let op = ops.start_within(work, Timeout::Forever);
    assert_eq!(ops.await_end(op), Status::OK);
    drop(leave);
}
