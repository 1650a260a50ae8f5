//! What encrypting costs, and who waits for it. Encryptions are held and stepped, so that no test measures time.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // helpers of tests

mod client;

use std::time::{Duration, Instant};

use client::{bytes, exact, wait_for, Client, Pair};
use kpclientd_sim::network::{Era, Scheme};
use kpclientd_sim::{Sim, SimConfig};
use serde_cbor::Value;

fn priced(ms: u64, cores: usize) -> SimConfig {
    let mut config = exact();
    config.encrypt_cost = Some(Duration::from_millis(ms));
    config.cores = cores;
    config
}

fn held(ms: u64) -> Sim {
    let sim = Sim::start(priced(ms, 2)).unwrap();
    sim.control("encrypt-hold").unwrap();
    sim
}

fn ask_read(client: &mut Client, pair: &Pair) -> Vec<u8> {
    client.ask(
        "encrypt_read",
        &[
            ("read_cap", bytes(&pair.read_cap)),
            ("message_box_index", bytes(&pair.index)),
        ],
    )
}

fn ask_stream(client: &mut Client, pair: &Pair, payload: usize) -> Vec<u8> {
    client.ask(
        "create_courier_envelopes_from_payload",
        &[
            ("payload", bytes(&vec![1; payload])),
            ("dest_write_cap", bytes(&pair.write_cap)),
            ("dest_start_index", bytes(&pair.index)),
            ("is_start", Value::Bool(true)),
            ("is_last", Value::Bool(true)),
        ],
    )
}

fn stat(sim: &Sim, what: &str) -> u64 {
    sim.stats().unwrap()[what].as_u64().unwrap()
}

#[test]
fn what_comes_behind_an_encryption_waits_and_other_connections_do_not() {
    let sim = held(2000);
    let (mut client, mut other) = (Client::new(&sim), Client::new(&sim));
    let pair = client.keypair([1; 32]);
    let read = ask_read(&mut client, &pair);
    let next = client.ask(
        "next_message_box_index",
        &[("message_box_index", bytes(&pair.index))],
    );
    wait_for(&sim, "encrypting", 1);
    for _ in 0..20 {
        assert!(other.is_alive());
    }
    client.expect_silence();
    assert_eq!(sim.control("encrypt-step").unwrap(), "1 finished");
    assert_eq!(client.reply_to(&read).code(), 0);
    assert_eq!(client.reply_to(&next).code(), 0);
    assert_eq!(stat(&sim, "encrypting"), 0);
    assert_eq!(stat(&sim, "encryptions"), 1);
    assert_eq!(stat(&sim, "encryption_ms"), 2000);
}

#[test]
fn a_connection_encrypts_one_thing_at_a_time_and_several_connections_each_one() {
    let sim = held(10);
    let mut clients: Vec<Client> = (0..3).map(|_| Client::new(&sim)).collect();
    let pair = clients[0].keypair([2; 32]);
    for client in &mut clients {
        ask_read(client, &pair);
        ask_read(client, &pair);
    }
    wait_for(&sim, "encrypting", 3);
    sim.control("encrypt-step 3").unwrap();
    wait_for(&sim, "encryptions", 6);
    assert_eq!(stat(&sim, "encrypting"), 3);
    sim.control("encrypt-release").unwrap();
    wait_for(&sim, "encrypting", 0);
}

#[test]
fn the_cores_are_shared_by_all_connections() {
    // Four encryptions of 50 ms are 200 ms of one core, however they are spread.
    let sim = Sim::start(priced(50, 1)).unwrap();
    let mut clients: Vec<Client> = (0..4).map(|_| Client::new(&sim)).collect();
    let pair = clients[0].keypair([3; 32]);
    let begin = Instant::now();
    let asked: Vec<Vec<u8>> = clients.iter_mut().map(|c| ask_read(c, &pair)).collect();
    for (client, id) in clients.iter_mut().zip(&asked) {
        assert_eq!(client.reply_to(id).code(), 0);
    }
    assert!(begin.elapsed() >= Duration::from_millis(199));
}

#[test]
fn the_price_is_charged_by_the_envelope_and_nothing_for_a_refusal() {
    let sim = Sim::start(priced(3, 2)).unwrap();
    let mut client = Client::new(&sim);
    let pair = client.keypair([4; 32]);
    let max = sim_max(&sim);
    // A box holds four bytes less than a plaintext may have.
    for (payload, envelopes) in [(1, 1), (max - 4, 1), (max - 3, 2), (5 * (max - 4), 5)] {
        let before = stat(&sim, "encryptions");
        let id = ask_stream(&mut client, &pair, payload);
        assert_eq!(client.reply_to(&id).code(), 0);
        assert_eq!(stat(&sim, "encryptions") - before, envelopes, "{payload}");
    }
    let range = client.call(
        "create_courier_envelopes_from_tombstone_range",
        &[
            ("dest_write_cap", bytes(&pair.write_cap)),
            ("dest_start_index", bytes(&pair.index)),
            ("max_count", Value::Integer(7)),
            ("is_start", Value::Bool(true)),
            ("is_last", Value::Bool(true)),
        ],
    );
    assert_eq!(range.code(), 0);
    let refused = client.call(
        "encrypt_write",
        &[
            ("plaintext", bytes(&vec![0; max + 1])),
            ("write_cap", bytes(&pair.write_cap)),
            ("message_box_index", bytes(&pair.index)),
        ],
    );
    assert_eq!(refused.code(), 3);
    assert_eq!(stat(&sim, "encryptions"), 1 + 1 + 2 + 5 + 7);
    assert_eq!(stat(&sim, "encryption_ms"), 3 * 16);
}

fn sim_max(sim: &Sim) -> usize {
    let client = Client::greeted(sim);
    let geometry = client.greeting[0].get("pigeonhole_geometry").unwrap();
    match client::field(geometry, "MaxPlaintextPayloadLength") {
        Some(Value::Integer(max)) => usize::try_from(*max).unwrap(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_stream_of_many_envelopes_is_one_request_that_holds_its_connection() {
    let sim = held(1);
    let (mut client, mut other) = (Client::new(&sim), Client::new(&sim));
    let pair = client.keypair([5; 32]);
    let big = ask_stream(&mut client, &pair, 200_000);
    let behind = client.ask("get_pki_document", &[("epoch", Value::Integer(7))]);
    wait_for(&sim, "encrypting", 1);
    assert!(stat(&sim, "encryptions") > 100);
    assert!(other.is_alive());
    client.expect_silence();
    sim.control("encrypt-step").unwrap();
    assert_eq!(client.reply_to(&big).code(), 0);
    assert_eq!(client.reply_to(&behind).code(), 10);
}

#[test]
fn a_voucher_costs_group_actions_of_which_an_encryption_has_three() {
    let sim = Sim::start(priced(30, 2)).unwrap();
    let mut client = Client::new(&sim);
    let pair = client.keypair([6; 32]);
    let cap = bytes(&pair.write_cap);
    let spent = |sim: &Sim| stat(sim, "encryption_ms");
    let minted = client.call(
        "voucher_mint",
        &[
            ("message_write_cap", cap.clone()),
            ("display_name", Value::Text("Ada".to_owned())),
        ],
    );
    assert_eq!((minted.code(), spent(&sim)), (0, 10));
    let inducted = client.call(
        "voucher_induct",
        &[
            ("voucher", bytes(&minted.bytes("voucher"))),
            ("voucher_payload", bytes(&minted.bytes("voucher_payload"))),
            ("who_reply", bytes(b"hello")),
        ],
    );
    assert_eq!((inducted.code(), spent(&sim)), (0, 30));
    let opened = client.call(
        "voucher_open",
        &[
            (
                "voucher_secret_key",
                bytes(&minted.bytes("voucher_secret_key")),
            ),
            ("sealed_reply", bytes(&inducted.bytes("sealed_reply"))),
            ("message_write_cap", cap),
        ],
    );
    assert_eq!((opened.code(), spent(&sim)), (0, 40));
    let derived = client.call(
        "voucher_derive_stream",
        &[("voucher", bytes(&minted.bytes("voucher")))],
    );
    assert_eq!((derived.code(), spent(&sim)), (0, 40));
    assert_eq!(stat(&sim, "encryptions"), 0);
}

#[test]
fn an_encryption_goes_on_when_its_client_has_gone_and_ends_with_the_process() {
    let sim = held(10);
    let mut client = Client::new(&sim);
    let pair = client.keypair([7; 32]);
    ask_read(&mut client, &pair);
    wait_for(&sim, "encrypting", 1);
    sim.control("cut").unwrap();
    client.expect_hang_up();
    assert_eq!(stat(&sim, "encrypting"), 1);
    sim.control("restart").unwrap();
    assert_eq!(stat(&sim, "encrypting"), 0);
}

#[test]
fn the_price_and_the_cores_can_be_changed_while_it_runs() {
    let sim = Sim::start(priced(3_600_000, 1)).unwrap();
    let mut client = Client::new(&sim);
    let pair = client.keypair([8; 32]);
    let slow = ask_read(&mut client, &pair);
    wait_for(&sim, "encrypting", 1);
    sim.control("encrypt-cost 0.5").unwrap();
    sim.control("cores 4").unwrap();
    let mut other = Client::new(&sim);
    let quick = ask_read(&mut other, &pair);
    assert_eq!(other.reply_to(&quick).code(), 0);
    assert_eq!(
        stat(&sim, "encrypting"),
        1,
        "what was begun keeps its price"
    );
    sim.control("encrypt-step").unwrap();
    assert_eq!(client.reply_to(&slow).code(), 0);
    assert!(sim.control("encrypt-cost much").is_err());
}

#[test]
fn without_options_an_encryption_costs_what_it_does_on_the_network_and_in_a_hurry_nothing() {
    let mut x25519 = SimConfig::new(Era::Current);
    x25519.network = x25519.network.with_scheme(Scheme::X25519);
    let ctidh = SimConfig::new(Era::Current);
    for (config, four_envelopes, mint) in [
        (ctidh.clone(), 4 * 2150, 716),
        (x25519, 5, 716),
        (ctidh.hurried(), 0, 0),
    ] {
        let sim = Sim::start(config).unwrap();
        sim.control("encrypt-hold").unwrap();
        let mut client = Client::new(&sim);
        let mut other = Client::new(&sim);
        let pair = client.keypair([9; 32]);
        ask_stream(&mut client, &pair, 5500);
        wait_for(&sim, "encryptions", 4);
        assert_eq!(stat(&sim, "encryption_ms"), four_envelopes);
        let fields = [
            ("message_write_cap", bytes(&pair.write_cap)),
            ("display_name", Value::Text("Ada".to_owned())),
        ];
        other.ask("voucher_mint", &fields);
        wait_for(&sim, "encrypting", 2);
        let minting = stat(&sim, "encryption_ms") - four_envelopes;
        assert!(minting.abs_diff(mint) <= 1, "{minting}");
    }
}
