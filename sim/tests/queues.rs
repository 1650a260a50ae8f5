//! What the connections of one daemon do to each other: full queues, turns, and who is held up by whom.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // helpers of tests

mod client;

use std::time::Duration;

use client::{bytes, exact, held, instant, wait_for, Came, Client};
use kpclientd_sim::Sim;
use serde_cbor::Value;

#[test]
fn a_full_queue_stops_local_calls_and_cancels_of_its_connection_and_of_no_other() {
    let sim = held(exact());
    let mut client = Client::new(&sim);
    let mut other = Client::new(&sim);
    let pair = client.keypair([15; 32]);
    let read = client.seal_read(&pair);
    for _ in 0..16 {
        client.start(&read);
    }
    assert!(client.is_alive(), "sixteen are no harm");
    client.start(&read);
    let behind = client.ask("get_pki_document", &[("epoch", Value::Integer(7))]);
    client.cancel(&read);
    client.expect_silence();
    assert!(other.is_alive());
    sim.control("step").unwrap();
    assert_eq!(client.reply_to(&behind).code(), 10);
}

#[test]
fn endless_reads_starve_what_comes_after_them_on_the_same_connection() {
    let mut config = exact();
    config.retry_gap = Duration::ZERO;
    let sim = held(config);
    let mut client = Client::new(&sim);
    for seed in 40..62 {
        let pair = client.keypair([seed; 32]);
        let read = client.seal_read(&pair);
        client.start(&read);
        if seed >= 56 {
            break;
        }
    }
    wait_for(&sim, "longest_queue", 16);
    let behind = client.ask("get_pki_document", &[("epoch", Value::Integer(7))]);
    // The first read takes the first turn, and every later one: it is in flight.
    client::step(&sim);
    assert_eq!(client.reply_to(&behind).code(), 10);
    for _ in 0..40 {
        client::step(&sim);
    }
    let stats = sim.stats().unwrap();
    assert_eq!(
        (&stats["arq_entries"], &stats["queued"]),
        (&1.into(), &16.into())
    );
}

#[test]
fn connections_take_turns() {
    let mut config = exact();
    config.retry_gap = Duration::ZERO;
    let sim = held(config);
    let mut reader = Client::new(&sim);
    let mut writer = Client::new(&sim);
    let pair = reader.keypair([16; 32]);
    for _ in 0..10 {
        let read = reader.seal_read(&pair);
        reader.start(&read);
    }
    wait_for(&sim, "queued", 10);
    client::step(&sim);
    client::step(&sim);
    let other = writer.keypair([17; 32]);
    let write = writer.seal_write(&other, b"x");
    let id = writer.start(&write);
    wait_for(&sim, "queued", 10);
    client::step(&sim);
    client::step(&sim);
    assert_eq!(
        writer.reply_to(&id).code(),
        0,
        "one turn later than alone at most"
    );
}

#[test]
fn a_big_request_holds_its_connection_and_no_other() {
    let mut config = exact();
    config.time_per_envelope = Duration::from_millis(20);
    let sim = Sim::start(config).unwrap();
    let mut client = Client::new(&sim);
    let mut other = Client::new(&sim);
    let pair = client.keypair([18; 32]);
    let big = client.ask(
        "create_courier_envelopes_from_payload",
        &[
            ("payload", bytes(&vec![1; 50_000])),
            ("dest_write_cap", bytes(&pair.write_cap)),
            ("dest_start_index", bytes(&pair.index)),
            ("is_start", Value::Bool(true)),
            ("is_last", Value::Bool(true)),
        ],
    );
    let behind = client.ask("get_pki_document", &[("epoch", Value::Integer(7))]);
    assert!(other.is_alive());
    assert_eq!(client.next(Duration::from_millis(100)), Came::Nothing);
    assert_eq!(client.reply_to(&big).code(), 0);
    assert_eq!(client.reply_to(&behind).code(), 10);
}

#[test]
fn the_daemon_goes_on_while_envelopes_are_made() {
    let sim = instant();
    let mut client = Client::new(&sim);
    let mut other = Client::new(&sim);
    let pair = client.keypair([21; 32]);
    let big = client.ask(
        "create_courier_envelopes_from_payload",
        &[
            ("payload", bytes(&vec![1; 4 << 20])),
            ("dest_write_cap", bytes(&pair.write_cap)),
            ("dest_start_index", bytes(&pair.index)),
            ("is_start", Value::Bool(true)),
            ("is_last", Value::Bool(true)),
        ],
    );
    for _ in 0..5 {
        assert!(other.is_alive());
    }
    assert_eq!(
        client.next(Duration::ZERO),
        Came::Nothing,
        "it was too quick to prove anything"
    );
    let reply = client.reply_to(&big);
    let Some(Value::Array(envelopes)) = reply.get("envelopes") else {
        panic!()
    };
    assert!(envelopes.len() > 2500);
}

#[test]
fn handshakes_are_served_one_after_the_other() {
    let sim = instant();
    sim.control("document off").unwrap();
    let mut first = Client::raw(&sim);
    first.expect_silence();
    let mut second = Client::raw(&sim);
    second.expect_silence();
    sim.control("document on").unwrap();
    first.greet();
    second.greet();
    sim.control("hold-first-frame 200").unwrap();
    let mut slow = Client::raw(&sim);
    assert_eq!(slow.next(Duration::from_millis(100)), Came::Nothing);
    slow.greet();
}

#[test]
fn a_client_that_takes_nothing_is_dropped() {
    let mut config = exact();
    config.write_timeout = Duration::from_millis(200);
    let sim = Sim::start(config).unwrap();
    let mut client = Client::new(&sim);
    for _ in 0..200 {
        client.ask("get_pki_document", &[]);
    }
    wait_for(&sim, "connections", 0);
    assert_eq!(sim.stats().unwrap()["absent_sessions"], 1);
}
