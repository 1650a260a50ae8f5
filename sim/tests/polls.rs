//! One envelope sent again and again: what its couriers answer from what they know, and when they look again.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // helpers of tests

mod client;

use client::{exact, instant, with, Client, Pair};
use kpclientd_sim::{Sim, SimConfig};
use serde_cbor::Value;

type Fields = Vec<(&'static str, Value)>;

fn stat(sim: &Sim, what: &str) -> u64 {
    sim.stats().unwrap()[what].as_u64().unwrap()
}

/// A read that ends whatever it finds.
fn sealed_read(client: &mut Client, pair: &Pair) -> Fields {
    let read = client.seal_read(pair);
    with(&read, "no_retry_on_box_id_not_found", Value::Bool(true))
}

/// Whether the box was found.
fn poll(client: &mut Client, read: &Fields) -> bool {
    let id = client.start(read);
    let reply = client.reply_to(&id);
    assert!(reply.code() <= 1, "{reply:?}");
    reply.code() == 0
}

fn write(client: &mut Client, pair: &Pair) {
    let write = client.seal_write(pair, b"here");
    let id = client.start(&write);
    assert_eq!(client.reply_to(&id).code(), 0);
}

/// Polls, writes, and polls on, at most six times: at which of these the box was found.
fn found_at(client: &mut Client, number: u64, before: usize) -> Option<usize> {
    let mut seed = [7; 32];
    seed[..8].copy_from_slice(&number.to_be_bytes());
    let pair = client.keypair(seed);
    let read = sealed_read(client, &pair);
    for _ in 0..before {
        assert!(!poll(client, &read));
    }
    write(client, &pair);
    let found = (1..=6).find(|_| poll(client, &read));
    let fresh = sealed_read(client, &pair);
    assert!(poll(client, &fresh), "a fresh envelope finds it at once");
    found
}

fn one_courier() -> SimConfig {
    let mut config = exact();
    config.network.couriers = 1;
    config
}

#[test]
fn a_courier_tells_a_look_up_with_the_next_poll_and_looks_five_times_again() {
    let sim = Sim::start(one_courier()).unwrap();
    let mut client = Client::new(&sim);
    for before in 0..10 {
        let found = found_at(&mut client, before, usize::try_from(before).unwrap());
        let wanted = match before {
            0 => Some(1),
            1..=4 => Some(2),
            _ => None,
        };
        assert_eq!(found, wanted, "{before} polls before the write");
    }
}

/// The table measured on a real network of three couriers: what was found there, and that it can be found here. Each poll goes to a
/// courier by chance, so of many tries some must be as measured, and none otherwise than a courier with five look-ups allows.
#[test]
fn one_envelope_polled_before_its_box_is_written_finds_it_as_measured() {
    let sim = instant();
    let mut client = Client::new(&sim);
    let mut number = 100;
    let mut tries = |before: usize| -> Vec<Option<usize>> {
        (0..20)
            .map(|_| {
                number += 1;
                found_at(&mut client, number, before)
            })
            .collect()
    };
    for (before, measured) in [(1, 2), (2, 2), (3, 3), (4, 3), (6, 2), (8, 3), (12, 3)] {
        let found = tries(before);
        assert!(
            found.contains(&Some(measured)),
            "{before}: {measured} is not among {found:?}"
        );
        // Three couriers that all have look-ups left: the fourth poll meets one for the second time.
        let soon = found.iter().all(|at| at.is_some_and(|at| at <= 4));
        assert!(soon || before > 4, "{before}: {found:?}");
    }
    let found = tries(20);
    let never = found.iter().filter(|f| f.is_none()).count();
    assert!(never > 10, "after 20 polls most find nothing: {found:?}");
}

#[test]
fn a_poll_that_a_courier_answers_from_what_it_knows_is_one_packet_and_another_two() {
    let sim = Sim::start(one_courier()).unwrap();
    let mut client = Client::new(&sim);
    let pair = client.keypair([3; 32]);
    let read = sealed_read(&mut client, &pair);
    let mut packets = Vec::new();
    let mut look_ups = Vec::new();
    for _ in 0..8 {
        let before = (stat(&sim, "packets"), stat(&sim, "look_ups"));
        assert!(!poll(&mut client, &read));
        packets.push(stat(&sim, "packets") - before.0);
        look_ups.push(stat(&sim, "look_ups") - before.1);
    }
    assert_eq!(packets, [2, 1, 1, 1, 1, 1, 1, 1]);
    assert_eq!(look_ups, [2, 1, 1, 1, 1, 0, 0, 0]);
}

#[test]
fn patient_couriers_look_for_as_long_as_they_are_asked() {
    let mut config = one_courier();
    config.network.look_ups = u32::MAX;
    let sim = Sim::start(config).unwrap();
    let mut client = Client::new(&sim);
    assert_eq!(found_at(&mut client, 1, 40), Some(2));
}

#[test]
fn a_read_that_was_looked_up_before_the_write_is_told_that_it_is_not_there() {
    let mut config = one_courier();
    config.retry_gap = std::time::Duration::ZERO;
    let sim = client::held(config);
    let mut client = Client::new(&sim);
    let mut writer = Client::new(&sim);
    let pair = client.keypair([4; 32]);
    let read = sealed_read(&mut client, &pair);
    let id = client.start(&read);
    client::wait_for(&sim, "queued", 1);
    // The first of its two packets is at the courier, which looks and finds nothing.
    client::step(&sim);
    let sealed = writer.seal_write(&pair, b"here");
    let written = writer.start(&sealed);
    client::wait_for(&sim, "queued", 1);
    sim.control("release").unwrap();
    assert_eq!(writer.reply_to(&written).code(), 0);
    assert_eq!(client.reply_to(&id).code(), 1);
}
