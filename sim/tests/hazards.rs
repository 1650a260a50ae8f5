//! The traps of the real daemon, each so that a client which does not know of it falls in.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // helpers of tests

mod client;

use std::time::Duration;

use client::{bytes, exact, held, instant, wait_for, with, Came, Client, SILENCE};
use kpclientd_sim::{Sim, SimConfig};
use serde_cbor::Value;

const NO_RETRY: &str = "no_retry_on_box_id_not_found";

/// Packets move only when stepped, and a box that is not there is asked for again with the next one.
fn stepped() -> Sim {
    let mut config = exact();
    config.retry_gap = Duration::ZERO;
    held(config)
}

#[test]
fn an_endless_read_is_never_answered_once_its_courier_has_asked_five_times() {
    let sim = stepped();
    let mut client = Client::new(&sim);
    let pair = client.keypair([1; 32]);
    let read = client.seal_read(&pair);
    client.start(&read);
    wait_for(&sim, "queued", 1);
    for _ in 0..8 {
        client::step(&sim);
    }
    let write = client.seal_write(&pair, b"too late");
    let id = client.start(&write);
    wait_for(&sim, "queued", 1);
    // The read in flight goes first, again and again.
    sim.control("release").unwrap();
    assert_ne!(client.reply_to(&id).code(), 24);
    client.expect_silence();
    let fresh = client.seal_read(&pair);
    let id = client.start(&with(&fresh, NO_RETRY, Value::Bool(true)));
    assert_eq!(client.reply_to(&id).bytes("plaintext"), b"too late");
    client.expect_silence();
    assert_eq!(
        sim.stats().unwrap()["arq_entries"],
        1,
        "the old read goes on for ever"
    );
}

#[test]
fn a_cancel_overtakes_its_start_and_the_start_runs_all_the_same() {
    let sim = held(exact());
    let mut client = Client::new(&sim);
    let pair = client.keypair([2; 32]);
    let read = client.seal_read(&pair);
    let start = client.start(&read);
    let cancel = client.cancel(&read);
    let Came::Frame(reply) = client.next(client::PATIENCE) else {
        panic!()
    };
    assert_eq!(
        reply.query_id(),
        Some(cancel),
        "the cancel is answered, the start is not"
    );
    assert_eq!(reply.code(), 0);
    client.expect_silence();
    sim.control("release").unwrap();
    wait_for(&sim, "arq_entries", 1);
    let again = client.cancel(&read);
    assert_eq!(client.reply_to(&start).code(), 24);
    assert_eq!(client.reply_to(&again).code(), 0);
    assert_eq!(sim.stats().unwrap()["arq_entries"], 0);
}

#[test]
fn a_resumed_connection_is_dead_when_the_old_one_is_noticed_too_late() {
    let sim = Sim::start(exact()).unwrap();
    sim.control("late-close 300").unwrap();
    let (old, _) = Client::with_token(&sim, [3; 16]);
    drop(old);
    let (mut new, resumed) = Client::with_token(&sim, [3; 16]);
    assert!(resumed && new.is_alive());
    wait_for(&sim, "connections", 1);
    assert!(!new.is_alive(), "open, and mute");
    assert_eq!(sim.stats().unwrap()["connections"], 1);
    let (mut other, resumed) = Client::with_token(&sim, [4; 16]);
    assert!(!resumed && other.is_alive(), "a token of its own is safe");
}

#[test]
fn who_waits_until_the_old_connection_is_gone_resumes_well() {
    let sim = Sim::start(exact()).unwrap();
    let (old, _) = Client::with_token(&sim, [5; 16]);
    drop(old);
    wait_for(&sim, "connections", 0);
    let (mut new, resumed) = Client::with_token(&sim, [5; 16]);
    assert!(resumed && new.is_alive());
}

#[test]
fn a_dead_resumption_happens_by_chance_when_nothing_is_ordered() {
    let sim = Sim::start(SimConfig::instant()).unwrap();
    let mut dead = 0;
    for round in 0..40 {
        let (old, _) = Client::with_token(&sim, [round; 16]);
        drop(old);
        let (mut new, resumed) = Client::with_token(&sim, [round; 16]);
        std::thread::sleep(Duration::from_millis(100));
        dead += u32::from(resumed && !new.is_alive());
    }
    assert!((1..20).contains(&dead), "{dead} of 40");
}

#[test]
fn a_takeover_leaves_the_first_connection_open_and_mute_and_its_end_mutes_the_second() {
    let sim = Sim::start(exact()).unwrap();
    let (mut first, _) = Client::with_token(&sim, [6; 16]);
    let (mut second, resumed) = Client::with_token(&sim, [6; 16]);
    assert!(resumed && !first.is_alive());
    assert!(second.is_alive());
    drop(first);
    wait_for(&sim, "connections", 1);
    assert!(!second.is_alive());
}

#[test]
fn a_reply_to_a_start_that_falls_due_while_away_is_lost_although_the_session_is_resumed() {
    let mut config = exact();
    config.latency = Some(Duration::from_millis(100));
    let sim = Sim::start(config).unwrap();
    let (mut client, _) = Client::with_token(&sim, [7; 16]);
    let pair = client.keypair([7; 32]);
    let write = client.seal_write(&pair, b"x");
    let lost = client.start(&write);
    wait_for(&sim, "arq_entries", 1);
    drop(client);
    wait_for(&sim, "arq_entries", 0);
    let (mut client, resumed) = Client::with_token(&sim, [7; 16]);
    assert!(resumed);
    client.expect_silence();
    client.ask_as(&lost, "start_resending_encrypted_message", &write);
    assert_eq!(client.reply_to(&lost).code(), 0);
}

#[test]
fn starting_again_multiplies_entries_and_a_cancel_reaches_only_the_newest() {
    let sim = Sim::start(exact()).unwrap();
    let (mut client, _) = Client::with_token(&sim, [8; 16]);
    let pair = client.keypair([8; 32]);
    let read = client.seal_read(&pair);
    client.ask_as(&[1; 16], "start_resending_encrypted_message", &read);
    wait_for(&sim, "arq_entries", 1);
    drop(client);
    wait_for(&sim, "connections", 0);
    sim.control("hold").unwrap();
    let (mut client, resumed) = Client::with_token(&sim, [8; 16]);
    assert!(resumed);
    wait_for(&sim, "resends", 1);
    client.ask_as(&[2; 16], "start_resending_encrypted_message", &read);
    wait_for(&sim, "queued", 1);
    sim.control("step 2").unwrap();
    wait_for(&sim, "arq_entries", 2);
    let entries = sim.arq().unwrap();
    let reachable: Vec<_> = entries
        .iter()
        .map(|e| e["reachable"].as_bool().unwrap())
        .collect();
    assert_eq!(reachable, [false, true]);
    let cancel = client.cancel(&read);
    assert_eq!(client.reply_to(&[2; 16]).code(), 24);
    assert_eq!(client.reply_to(&cancel).code(), 0);
    assert_eq!(
        sim.stats().unwrap()["arq_entries"],
        1,
        "the old one is still resent"
    );
    sim.control("release").unwrap();
    let other = client.keypair([9; 32]);
    let write = client.seal_write(&other, b"x");
    client.start(&write);
    client.expect("start_resending_encrypted_message_reply");
}

#[test]
fn both_entries_of_a_request_that_was_sent_twice_answer_with_the_same_query_id() {
    let sim = held(exact());
    let mut client = Client::new(&sim);
    let pair = client.keypair([10; 32]);
    let write = client.seal_write(&pair, b"x");
    client.ask_as(&[9; 16], "start_resending_encrypted_message", &write);
    client.ask_as(&[9; 16], "start_resending_encrypted_message", &write);
    wait_for(&sim, "queued", 2);
    sim.control("release").unwrap();
    assert_eq!(client.reply_to(&[9; 16]).code(), 0);
    assert_eq!(client.reply_to(&[9; 16]).code(), 0);
}

#[test]
fn cancelling_first_and_starting_with_a_new_query_id_leaves_one_entry() {
    let sim = Sim::start(exact()).unwrap();
    let mut client = Client::new(&sim);
    let pair = client.keypair([11; 32]);
    let read = client.seal_read(&pair);
    client.start(&read);
    wait_for(&sim, "arq_entries", 1);
    client.cancel(&read);
    client.start(&read);
    client.expect("cancel_resending_encrypted_message_reply");
    // The start before it was taken from the socket too, now that this is answered.
    assert!(client.is_alive());
    wait_for(&sim, "queued", 0);
    assert_eq!(sim.arq().unwrap().len(), 1);
}

#[test]
fn a_key_that_is_no_point_of_the_curve_gets_no_answer_at_all() {
    let sim = instant();
    let mut client = Client::new(&sim);
    let pair = client.keypair([12; 32]);
    let mut cap = pair.read_cap.clone();
    cap[..32].copy_from_slice(&[2; 32]);
    client.ask(
        "encrypt_read",
        &[
            ("read_cap", bytes(&cap)),
            ("message_box_index", bytes(&pair.index)),
        ],
    );
    client.expect_silence();
    let read = client.seal_read(&pair);
    client.start(&with(&read, "read_cap", bytes(&cap)));
    client.expect_silence();
    assert!(client.is_alive());
}

#[test]
fn what_waits_in_the_queue_of_a_connection_is_lost_with_it() {
    let sim = held(exact());
    let (mut client, _) = Client::with_token(&sim, [13; 16]);
    let node = client.service_node();
    for id in 1..=8 {
        client.message(&node, id, b"lost");
    }
    wait_for(&sim, "queued", 8);
    drop(client);
    wait_for(&sim, "connections", 0);
    let (mut client, resumed) = Client::with_token(&sim, [13; 16]);
    assert!(resumed);
    sim.control("release").unwrap();
    client.expect_silence();
    assert_eq!(sim.stats().unwrap()["packets"], 0);
}

#[test]
fn thin_close_drops_what_was_just_asked_for() {
    let sim = held(exact());
    let (mut client, _) = Client::with_token(&sim, [14; 16]);
    let node = client.service_node();
    client.message(&node, 1, b"dropped");
    client.send("thin_close", &client::map(&[]));
    client.expect_hang_up();
    sim.control("release").unwrap();
    wait_for(&sim, "connections", 0);
    let stats = sim.stats().unwrap();
    assert_eq!(
        (&stats["packets"], &stats["sessions"]),
        (&0.into(), &0.into())
    );
}

#[test]
fn a_copy_command_with_half_a_courier_goes_to_a_random_one() {
    let sim = instant();
    let mut client = Client::new(&sim);
    let node = client.service_node();
    for seed in 20..32 {
        let pair = client.keypair([seed; 32]);
        client.ask(
            "start_resending_copy_command",
            &[
                ("write_cap", bytes(&pair.write_cap)),
                ("courier_identity_hash", bytes(&node)),
            ],
        );
    }
    wait_for(&sim, "arq_entries", 12);
    let couriers: std::collections::BTreeSet<String> = sim
        .arq()
        .unwrap()
        .iter()
        .map(|entry| entry["courier"].as_str().unwrap().to_owned())
        .collect();
    assert!(couriers.len() > 1);
}

#[test]
fn a_session_is_gone_after_its_grace_period() {
    let mut config = exact();
    config.grace = Duration::from_millis(50);
    let sim = Sim::start(config).unwrap();
    let (mut client, _) = Client::with_token(&sim, [19; 16]);
    let pair = client.keypair([19; 32]);
    let read = client.seal_read(&pair);
    client.start(&read);
    wait_for(&sim, "arq_entries", 1);
    drop(client);
    wait_for(&sim, "sessions", 0);
    assert_eq!(sim.stats().unwrap()["arq_entries"], 0);
    let (_, resumed) = Client::with_token(&sim, [19; 16]);
    assert!(!resumed);
}

#[test]
fn a_restarted_daemon_has_another_name_and_remembers_nothing() {
    let sim = instant();
    let (mut client, _) = Client::with_token(&sim, [20; 16]);
    let before = client.greeting[0].bytes("instance_token");
    let pair = client.keypair([20; 32]);
    let write = client.seal_write(&pair, b"kept by the network");
    let id = client.start(&write);
    client.reply_to(&id);
    sim.control("restart").unwrap();
    client.expect_hang_up();
    let (mut client, resumed) = Client::with_token(&sim, [20; 16]);
    assert!(!resumed);
    assert_ne!(client.greeting[0].bytes("instance_token"), before);
    let read = client.seal_read(&pair);
    let id = client.start(&read);
    assert_eq!(
        client.reply_to(&id).bytes("plaintext"),
        b"kept by the network"
    );
}

#[test]
fn offline_nothing_leaves_and_local_calls_are_answered() {
    let sim = instant();
    let mut client = Client::new(&sim);
    let node = client.service_node();
    sim.control("offline").unwrap();
    let status = client.expect("connection_status_event");
    assert_eq!(status.get("is_connected"), Some(&Value::Bool(false)));
    client.message(&node, 1, b"x");
    assert_eq!(client.next(SILENCE), Came::Nothing);
    assert!(client.is_alive());
    sim.control("online").unwrap();
    client.expect("message_sent_event");
    client.expect("message_reply_event");
}
