//! A thousand reads of boxes that nobody has written, on one client, beside other work.
//!
//! The simulator's packets are held, so what is counted is packets, not time.

use std::collections::HashMap;

use kpclient::bacap::BoxIndex;
use kpclient::client::{Client, StartFlags, StartKind, StartResult};
use kpclient::Status;
use kpclientd_sim::Sim;

use crate::world::*;

const READS: usize = 1000;

/// A thousand endless reads that were started on a client.
struct Reads {
    boxes: Boxes,
    indices: Vec<BoxIndex>,
    /// Which read begins with the envelope of this hash.
    by_hash: HashMap<String, usize>,
    ops: Ops,
}

impl Reads {
    /// Starts them and waits until as many are at the daemon as ever will be.
    fn start(sim: &Sim, client: &Client) -> Self {
        let mut reads = Reads {
            boxes: Boxes::new(10),
            indices: Vec::new(),
            by_hash: HashMap::new(),
            ops: Ops::new(),
        };
        for number in 0..READS {
            let (index, envelope) = reads.boxes.read_envelope(client);
            reads.by_hash.insert(hex(&envelope.hash), number);
            let flags = StartFlags::default();
            let work = reads.boxes.read(client, &index, envelope, flags);
            reads.ops.start(work);
            reads.indices.push(index);
        }
        until("reads at the daemon", || {
            outstanding(sim) == client.stats().lanes[2].window
        });
        reads
    }
}

/// Writes a box; gives the packets that left from the moment at which the daemon had it in line.
/// `others` requests are at the daemon meanwhile.
fn packets_of_a_write(
    sim: &Sim,
    client: &Client,
    boxes: &mut Boxes,
    flags: StartFlags,
    others: u64,
) -> u64 {
    until("the others in line", || outstanding(sim) == others);
    let envelope = boxes.write_envelope(client, b"beside a thousand");
    let kind = StartKind::Write(boxes.keys.write_cap.clone());
    let work = client.start_resending_encrypted_message(kind, envelope, flags);
    let mut ops = Ops::new();
    let write = ops.start(work);
    let mut packets = 0;
    loop {
        // What was answered is replaced by the next of its line, unless it was the write.
        until("a full line", || {
            ops.has_ended(write) || outstanding(sim) == others + 1
        });
        if ops.has_ended(write) {
            assert_eq!(ops.await_end(write), Status::OK);
            return packets;
        }
        step(sim);
        packets += 1;
    }
}

#[test]
fn a_local_call_needs_no_packet() {
    let _machine = one_at_a_time();
    let sim = busy_sim();
    let client = client(&sim);
    let _reads = Reads::start(&sim, &client);
    (0..100).for_each(|_| local_call(&client));
    assert_eq!((count(&sim, "ticks"), count(&sim, "packets")), (0, 0));
}

#[test]
fn a_write_is_at_most_one_tick_later_than_alone() {
    let _machine = one_at_a_time();
    let sim = busy_sim();
    let client = client(&sim);
    let mut boxes = Boxes::new(11);
    let alone = packets_of_a_write(&sim, &client, &mut boxes, StartFlags::default(), 0);
    assert_eq!(alone, 1);
    let _reads = Reads::start(&sim, &client);
    for n in 0..20 {
        let flags = StartFlags::default();
        let beside = packets_of_a_write(&sim, &client, &mut boxes, flags, WINDOW);
        assert!(beside <= alone + 1, "write {n} took {beside} packets");
        (0..n).for_each(|_| step(&sim)); // from another place in the rotation each time
    }
}

#[test]
fn a_write_of_two_packets_waits_a_tick_for_each() {
    let _machine = one_at_a_time();
    let sim = busy_sim();
    let client = client(&sim);
    let mut boxes = Boxes::new(12);
    let alone = packets_of_a_write(&sim, &client, &mut boxes, strict(), 0);
    assert_eq!(alone, 2);
    let _reads = Reads::start(&sim, &client);
    for n in 0..10 {
        let beside = packets_of_a_write(&sim, &client, &mut boxes, strict(), WINDOW);
        assert!(beside <= 2 * alone, "write {n} took {beside} packets");
        (0..n).for_each(|_| step(&sim));
    }
}

/// Lets packets go until every read had its first turn; gives how many that took and in
/// which order the reads came.
fn first_round(sim: &Sim, reads: &Reads) -> (u64, Vec<usize>) {
    let (mut packets, mut order, mut newest) = (0, Vec::new(), 0);
    until("a turn for every read", || {
        packets += u64::from(sim.control("step 1").unwrap() == "1 packets");
        for entry in sim.arq().unwrap() {
            let number = entry["number"].as_u64().unwrap();
            if number > newest {
                newest = number;
                let read = reads.by_hash.get(entry["hash"].as_str().unwrap());
                order.push(*read.expect("no read has a second turn before all had one"));
            }
        }
        order.len() == READS
    });
    (packets, order)
}

/// A simulator with its packets held, on a network so slow that an encryption is cheaper than the
/// packets of a poll, on whatever machine: each poll has an envelope of its own, and sees what the
/// replicas have now.
fn slow_sim() -> Sim {
    let mut config = hurried(Era::Current);
    config.network.lambda_p = 0.0001;
    let sim = Sim::start(config).unwrap();
    sim.control("hold").unwrap();
    sim
}

#[test]
fn every_read_has_its_turn_in_every_round() {
    let _machine = one_at_a_time();
    let sim = slow_sim();
    let client = client(&sim);
    let mut reads = Reads::start(&sim, &client);
    let (packets, order) = first_round(&sim, &reads);
    let is_out_of_turn = |(turn, read): &(usize, &usize)| turn != *read;
    let out_of_turn = order.iter().enumerate().find(is_out_of_turn);
    assert_eq!(out_of_turn, None, "in order of arrival");
    let round = 2 * READS as u64;
    assert!(packets <= round, "{packets}");

    // Whichever box is written now, its read sees it within a round, or two if it was just there.
    let late: Vec<usize> = (0..READS).step_by(READS / 5).collect();
    let mut writes = Ops::new();
    for &read in &late {
        let (cap, index) = (&reads.boxes.keys.write_cap, &reads.indices[read]);
        let work = client.write_box(cap, index, &[7; 10], StartFlags::default());
        writes.start(work);
    }
    step_until(&sim, || writes.running() == 0);
    let packets = step_until(&sim, || {
        let ops = &mut reads.ops;
        late.iter().all(|read| ops.has_ended(*read))
    });
    assert!(packets <= 2 * round, "{packets}");
    for read in late {
        let found: StartResult = reads.ops.value(read);
        assert_eq!(&found.plaintext[..], [7; 10]);
    }
    assert_eq!(reads.ops.log.len(), 5, "and no other read has ended");
}

#[test]
fn the_daemons_queue_is_never_full() {
    let _machine = one_at_a_time();
    let sim = busy_sim();
    let client = client(&sim);
    let _reads = Reads::start(&sim, &client);
    for _ in 0..200 {
        step(&sim);
        let stats = sim.stats().unwrap();
        let queued = stats["longest_queue"].as_u64().unwrap();
        let in_flight = stats["arq_entries"].as_u64().unwrap();
        assert!(queued + in_flight <= WINDOW, "{queued} + {in_flight}");
    }
}

#[test]
fn on_a_network_of_one_packet_a_second_the_daemon_gets_few_at_a_time() {
    let _machine = one_at_a_time();
    let sim = held_sim();
    let client = client(&sim);
    let mut boxes = Boxes::new(13);
    let mut ops = Ops::new();
    for _ in 0..50 {
        let (index, envelope) = boxes.read_envelope(&client);
        let work = boxes.read(&client, &index, envelope, no_retry());
        ops.start(work);
    }
    until("a read at the daemon", || outstanding(&sim) > 0);
    while ops.running() > 0 {
        let at_daemon = outstanding(&sim);
        assert!(at_daemon <= WINDOW, "{at_daemon}");
        if ops.log.is_empty() {
            // Little more than one is away at once, by the document; with five it is seldom idle.
            assert!(at_daemon <= 5, "{at_daemon} before anything was learned");
        }
        sim.control("step 1").unwrap();
    }
    assert_eq!(requests(&sim, START), 50);
}

#[test]
fn cancelling_all_tells_the_daemon_only_of_those_that_it_has() {
    let _machine = one_at_a_time();
    let sim = busy_sim();
    let client = client(&sim);
    let mut reads = Reads::start(&sim, &client);
    // Packets are lost from here on: those at the daemon stay there, in flight.
    sim.control("loss 1").unwrap();
    (0..WINDOW).for_each(|_| step(&sim));
    assert_eq!(count(&sim, "arq_entries"), WINDOW);

    // The last one first, so that none moves up.
    for id in reads.ops.ids.iter().rev() {
        client.cancel(*id).unwrap();
    }
    reads.ops.await_ends(READS);
    assert!(reads.ops.log.iter().all(|(_, s)| *s == Status::CANCELLED));
    until("an empty table", || count(&sim, "arq_entries") == 0);

    // What the same connection carries next comes behind everything that was sent.
    let before = requests(&sim, START);
    let (index, envelope) = reads.boxes.read_envelope(&client);
    let work = reads.boxes.read(&client, &index, envelope, no_retry());
    reads.ops.start(work);
    until("one more read", || requests(&sim, START) > before);
    assert_eq!(requests(&sim, START), WINDOW + 1);
    assert_eq!(requests(&sim, CANCEL), WINDOW);
}
