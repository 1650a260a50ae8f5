//! Encryptions take the daemon long: what waits for them, what does not, and what is at the
//! daemon. They are held and finished one by one.

use std::time::Duration;

use kpclient::client::{Client, CopyDestination, StartFlags, StreamEnds, Timeout, Tombstones};
use kpclient::Status;
use kpclientd_sim::Sim;

use crate::world::*;

const READ: &str = "encrypt_read";
const WRITE: &str = "encrypt_write";

/// A client with so many connections for encryptions.
fn client_of_connections(sim: &Sim, connections: usize) -> Client {
    client_with(sim, |config| config.encryption_connections = connections)
}

/// A simulator whose encryptions are held.
fn dear_sim() -> Sim {
    let mut config = hurried(Era::Current);
    config.encrypt_cost = Some(Duration::from_millis(10));
    let sim = Sim::start(config).unwrap();
    sim.control("encrypt-hold").unwrap();
    sim
}

/// Lets the daemon finish one encryption, as soon as it has one.
fn finish_one(sim: &Sim) {
    until("an encryption to finish", || {
        sim.control("encrypt-step 1").unwrap() == "1 finished"
    });
}

/// Encryptions that the daemon is at.
fn encrypting(sim: &Sim) -> u64 {
    count(sim, "encrypting")
}

/// Starts reads of boxes that are not there, and waits until the daemon encrypts all it gets.
fn pending_reads(sim: &Sim, client: &Client, ops: &mut Ops, many: usize, at_once: u64) -> Boxes {
    let mut boxes = Boxes::new(70);
    for _ in 0..many {
        let index = boxes.next();
        let read = client.read_box(&boxes.keys.read_cap, &index, StartFlags::default());
        ops.start(read);
    }
    until("encryptions at the daemon", || encrypting(sim) == at_once);
    boxes
}

#[test]
fn local_calls_documents_and_cancels_wait_for_no_encryption() {
    let sim = dear_sim();
    let client = client(&sim);
    let mut ops = Ops::new();
    pending_reads(&sim, &client, &mut ops, 20, 2);
    (0..20).for_each(|_| local_call(&client));
    let document = client.get_pki_document(0).unwrap();
    document.block(PATIENCE).unwrap();
    let cancel = client.cancel_resending_encrypted_message(&[7; 32]);
    cancel.unwrap().block(PATIENCE).unwrap();
    assert_eq!(encrypting(&sim), 2, "all of it went past them");
    assert_eq!(ops.running(), 20);
}

#[test]
fn the_daemon_has_one_encryption_on_each_connection_and_no_more() {
    for connections in [1, 2, 3] {
        let sim = dear_sim();
        let client = client_of_connections(&sim, connections);
        let mut ops = Ops::new();
        let mut boxes = Boxes::new(71);
        for n in 0..12 {
            let index = boxes.next();
            let write = client.encrypt_write(&boxes.keys.write_cap, &index, &[n]);
            ops.start(write);
        }
        let most = u64::try_from(connections).unwrap();
        until("all that the daemon gets", || encrypting(&sim) == most);
        for finished in 0..12 {
            let came = requests(&sim, WRITE);
            assert!(
                came <= finished + most,
                "{came} of {connections}, {finished} finished"
            );
            finish_one(&sim);
        }
        ops.await_ends(12);
        // Local calls, and what encrypts.
        assert_eq!(count(&sim, "accepted"), 1 + most);
    }
}

#[test]
fn beside_pending_reads_an_encryption_takes_two_and_so_does_a_write() {
    let sim = dear_sim();
    sim.control("hold").unwrap(); // what is read stays so, and no more of it comes up
    let client = client_of_connections(&sim, 1);
    let mut ops = Ops::new();
    let mut boxes = pending_reads(&sim, &client, &mut ops, 20, 1);
    let cap = boxes.keys.write_cap.clone();
    let in_line = || client.stats().lanes[3].in_line;
    let reads = in_line();
    assert!(reads > 1);
    let write = ops.start(client.encrypt_write(&cap, &boxes.next(), b"text"));
    until("the write in line", || in_line() == reads + 1);
    finish_one(&sim);
    until("the write at the daemon", || requests(&sim, WRITE) == 1);
    finish_one(&sim);
    assert_eq!(ops.await_end(write), Status::OK);

    until("the next read", || encrypting(&sim) == 1);
    let (reads, started) = (in_line(), requests(&sim, START));
    let write = client.write_box(&cap, &boxes.next(), b"text", StartFlags::default());
    let write = ops.start(write);
    until("its encryption in line", || in_line() == reads + 1);
    finish_one(&sim);
    until("the write at the daemon", || requests(&sim, WRITE) == 2);
    finish_one(&sim);
    // What that read has left with, and the write.
    until("the write on its way", || requests(&sim, START) > started);
    step_until(&sim, || ops.has_ended(write));
    assert_eq!(requests(&sim, WRITE), 2);
}

#[test]
fn what_was_not_sent_is_cancelled_without_a_word() {
    let sim = dear_sim();
    let client = client_of_connections(&sim, 1);
    let mut ops = Ops::new();
    let mut boxes = pending_reads(&sim, &client, &mut ops, 20, 1);
    for id in &ops.ids {
        client.cancel(*id).unwrap();
    }
    ops.await_ends(20);
    // One is at the daemon, which does not know that nobody waits for it.
    let cap = boxes.keys.write_cap.clone();
    let write = ops.start(client.encrypt_write(&cap, &boxes.next(), b"text"));
    until("the write in line", || client.stats().lanes[3].in_line == 1);
    assert_eq!(requests(&sim, WRITE), 0);
    finish_one(&sim);
    until("the write", || encrypting(&sim) == 1);
    finish_one(&sim);
    assert_eq!(ops.await_end(write), Status::OK);
    assert_eq!(requests(&sim, READ), 1);
    assert_eq!(requests(&sim, CANCEL) + requests(&sim, START), 0);
}

#[test]
fn no_box_is_encrypted_long_before_its_turn() {
    let sim = busy_sim();
    let client = client(&sim);
    let mut ops = Ops::new();
    let mut boxes = Boxes::new(72);
    for _ in 0..100 {
        let index = boxes.next();
        let cap = &boxes.keys.write_cap;
        let write = client.write_box(cap, &index, b"text", StartFlags::default());
        ops.start(write);
    }
    until("a full window", || outstanding(&sim) == WINDOW);
    let ahead = 8;
    until("some ahead", || requests(&sim, WRITE) == WINDOW + ahead);
    local_call(&client);
    assert_eq!(client.stats().lanes[3].in_line, 0);
    // Each that leaves has the next one prepared.
    step(&sim);
    until("the next one", || {
        requests(&sim, WRITE) == WINDOW + ahead + 1
    });
    sim.control("release").unwrap();
    ops.await_ends(100);
    assert_eq!(requests(&sim, WRITE), 100);
}

#[test]
fn an_encryption_that_was_lost_is_asked_for_again_and_one_that_was_given_up_is_not() {
    let sim = dear_sim();
    let client = client_of_connections(&sim, 2);
    let mut ops = Ops::new();
    let mut boxes = Boxes::new(73);
    let cap = boxes.keys.write_cap.clone();
    let lost = ops.start(client.encrypt_write(&cap, &boxes.next(), b"lost"));
    until("the first", || encrypting(&sim) == 1);
    let given_up = ops.start(client.encrypt_write(&cap, &boxes.next(), b"not"));
    until("the second", || encrypting(&sim) == 2);
    client.cancel(ops.ids[given_up]).unwrap();
    sim.control("cut").unwrap();
    // What was begun goes on when its client has gone.
    until("the first again", || requests(&sim, WRITE) == 3);
    until("both connections", || count(&sim, "connections") == 3);
    sim.control("encrypt-release").unwrap();
    assert_eq!(ops.await_end(lost), Status::OK);
    local_call(&client);
    assert_eq!(requests(&sim, WRITE), 3);
    let another = ops.start(client.encrypt_write(&cap, &boxes.next(), b"other"));
    assert_eq!(ops.await_end(another), Status::OK);
}

#[test]
fn time_limits_count_in_line_and_closing_ends_it() {
    let sim = dear_sim();
    let client = client_of_connections(&sim, 1);
    let mut ops = Ops::new();
    let mut boxes = pending_reads(&sim, &client, &mut ops, 3, 1);
    let cap = boxes.keys.write_cap.clone();
    let work = client.encrypt_write(&cap, &boxes.next(), b"text").unwrap();
    let limit = Timeout::After(Duration::from_millis(20));
    let ended = work.block(limit).map(drop);
    assert_eq!(ended.unwrap_err().status(), Status::TIMEOUT);
    let in_line = client.encrypt_write(&cap, &boxes.next(), b"text");
    let in_line = ops.start(in_line);
    std::thread::scope(|scope| {
        let work = client.encrypt_write(&cap, &boxes.next(), b"text").unwrap();
        let waiting = scope.spawn(|| work.block(Timeout::Forever).map(drop));
        until("all in line", || client.stats().lanes[3].in_line == 2 + 2);
        client.close();
        assert_eq!(
            waiting.join().unwrap().unwrap_err().status(),
            Status::CLOSED
        );
    });
    assert_eq!(ops.await_end(in_line), Status::CLOSED);
    ops.await_ends(4);
    assert_eq!(requests(&sim, WRITE), 0);
}

#[test]
fn the_price_is_known_and_forgotten_with_the_daemon_process() {
    let mut config = hurried(Era::Current);
    config.encrypt_cost = Some(Duration::from_millis(20));
    let sim = Sim::start(config).unwrap();
    let client = client_of_connections(&sim, 1);
    let price = || client.stats().lanes[3].round_trip;
    assert_eq!(price(), Duration::ZERO);
    let mut boxes = Boxes::new(74);
    boxes.write_envelope(&client, b"text");
    assert!(price() >= Duration::from_millis(20), "{:?}", price());
    let sink = client.open_sink(100).unwrap();
    sim.control("restart").unwrap();
    events_until(&sink, |event| {
        matches!(event, kpclient::client::Event::Restarted)
    });
    assert_eq!(price(), Duration::ZERO);
}

#[test]
fn tombstones_are_made_on_all_connections_and_come_out_in_their_order() {
    let sim = dear_sim();
    let client = client_of_connections(&sim, 3);
    let mut ops = Ops::new();
    let keys = Boxes::new(75).keys;
    let work = client.tombstone_range(&keys.write_cap, &keys.first_index, 10);
    let work = ops.start(work);
    until("one on each connection", || encrypting(&sim) == 3);
    sim.control("encrypt-release").unwrap();
    assert_eq!(ops.await_end(work), Status::OK);
    let made: Tombstones = ops.value(work);
    let mut index = keys.first_index.clone();
    for tombstone in &made.envelopes {
        assert!(tombstone.box_index == index);
        index = index.next();
        assert!(tombstone.envelope.next().unwrap() == index);
    }
    assert!(made.envelopes.len() == 10 && made.next == index);
    assert_eq!(requests(&sim, WRITE), 10);
}

#[test]
fn the_first_piece_of_a_copy_stream_is_one_box_where_encrypting_is_usually_dear() {
    let sim = dear_sim();
    let client = client_of_connections(&sim, 1);
    let mut ops = Ops::new();
    let keys = Boxes::new(76).keys;
    let payload = vec![7; 10_000];
    let to = CopyDestination {
        write_cap: keys.write_cap.clone(),
        start_index: keys.first_index.clone(),
        payload: &payload,
    };
    let ends = StreamEnds {
        is_start: true,
        is_last: true,
    };
    let work = client.create_courier_envelopes_from_payload(&to, ends);
    let work = ops.start(work);
    until("the first piece", || encrypting(&sim) == 1);
    assert_eq!(count(&sim, "encryptions"), 1);
    sim.control("encrypt-release").unwrap();
    assert_eq!(ops.await_end(work), Status::OK);
    assert_eq!(count(&sim, "encryptions"), 7);
}
