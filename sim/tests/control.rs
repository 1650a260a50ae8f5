//! Trouble on demand, and looking in.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // helpers of tests

mod client;

use std::time::{Duration, Instant};

use client::{bytes, exact, held, instant, wait_for, with, Came, Client, PATIENCE};
use kpclientd_sim::Sim;
use serde_cbor::Value;

const EPOCH: [(&str, Value); 1] = [("epoch", Value::Integer(7))];

#[test]
fn a_lost_packet_is_sent_again_after_its_time() {
    let mut config = exact();
    config.resend_slack = Duration::from_millis(150);
    config.loss = 1.0;
    let sim = Sim::start(config).unwrap();
    let mut client = Client::new(&sim);
    let pair = client.keypair([1; 32]);
    let write = client.seal_write(&pair, b"x");
    let id = client.start(&write);
    wait_for(&sim, "packets", 2);
    sim.control("loss 0").unwrap();
    assert_eq!(client.reply_to(&id).code(), 0);
}

#[test]
fn half_of_all_losses_happen_after_the_write_was_done() {
    let mut config = exact();
    config.loss = 0.5;
    config.resend_slack = Duration::from_millis(1);
    let sim = Sim::start(config).unwrap();
    let mut client = Client::new(&sim);
    for seed in 0..30 {
        let pair = client.keypair([seed; 32]);
        let write = client.seal_write(&pair, b"x");
        let id = client.start(&write);
        assert_eq!(
            client.reply_to(&id).code(),
            0,
            "sent again it is no other write"
        );
    }
    let packets = sim.stats().unwrap()["packets"].as_u64().unwrap();
    assert!(
        (40..100).contains(&packets),
        "{packets} packets for 30 writes"
    );
}

#[test]
fn the_gaps_between_packets_are_those_of_a_poisson_process() {
    let mut config = exact();
    config.instant = false;
    config.network.lambda_p = 0.1;
    let sim = Sim::start(config).unwrap();
    let mut client = Client::new(&sim);
    let node = client.service_node();
    let begin = Instant::now();
    for _ in 0..10 {
        for id in 0..10 {
            client.message(&node, id, b"x");
        }
        for _ in 0..10 {
            client.expect("message_reply_event");
        }
    }
    let mean = begin.elapsed() / 100;
    let wanted = Duration::from_millis(7)..Duration::from_millis(20);
    assert!(wanted.contains(&mean), "{mean:?}");
    assert_eq!(sim.stats().unwrap()["ticks"], 100);
}

#[test]
fn frames_can_come_in_pieces_slowly_twice_never_and_in_another_order() {
    let sim = instant();
    let mut client = Client::new(&sim);
    sim.control("split 7").unwrap();
    assert_eq!(client.call("get_pki_document", &EPOCH).code(), 10);
    sim.control("split off").unwrap();
    sim.control("split 100").unwrap();
    sim.control("slow 20").unwrap();
    let begin = Instant::now();
    assert_eq!(client.call("get_pki_document", &EPOCH).code(), 10);
    assert!(begin.elapsed() > Duration::from_millis(100));
    sim.control("clear").unwrap();

    sim.control("twice get_pki_document_reply").unwrap();
    let id = client.ask("get_pki_document", &EPOCH);
    client.reply_to(&id);
    client.reply_to(&id);
    sim.control("swallow get_pki_document_reply").unwrap();
    client.ask("get_pki_document", &EPOCH);
    client.expect_silence();
    sim.control("reorder").unwrap();
    let first = client.ask("get_pki_document", &EPOCH);
    let second = client.ask("get_pki_document", &EPOCH);
    assert_eq!(
        client.expect("get_pki_document_reply").query_id(),
        Some(second)
    );
    assert_eq!(
        client.expect("get_pki_document_reply").query_id(),
        Some(first)
    );
    assert!(client.is_alive());
}

#[test]
fn a_connection_can_be_cut_between_and_within_frames_and_be_sent_garbage() {
    let sim = instant();
    for command in ["cut", "cut-mid-frame"] {
        let (mut client, _) = Client::with_token(&sim, [1; 16]);
        sim.control(command).unwrap();
        client.expect_hang_up();
        let (_, resumed) = Client::with_token(&sim, [1; 16]);
        assert!(resumed);
        wait_for(&sim, "connections", 0);
    }
    for (command, raw) in [
        ("garbage", &[0, 0, 0, 3, 0xff, 0xff, 0xff][..]),
        ("oversize", &[2, 128, 0, 1]),
    ] {
        let mut client = Client::new(&sim);
        sim.control(command).unwrap();
        assert_eq!(client.read_raw(raw.len()), raw);
    }
    let mut client = Client::new(&sim);
    sim.control("empty").unwrap();
    let Came::Frame(frame) = client.next(PATIENCE) else {
        panic!()
    };
    assert_eq!((frame.kind.as_str(), frame.keys.len()), ("", 25));
    let numbers = sim.control("connections").unwrap();
    let number = numbers.trim_matches(['[', ']']);
    sim.control(&format!("cut {number}")).unwrap();
    assert!(sim.control(&format!("cut {number}")).is_err());
}

#[test]
fn nothing_comes_behind_half_a_frame() {
    let sim = instant();
    let mut client = Client::new(&sim);
    // Pieces that wait for each other, so that what comes next comes before the end.
    sim.control("split 1").unwrap();
    sim.control("slow 5").unwrap();
    sim.control("cut-mid-frame").unwrap();
    sim.control("empty").unwrap();
    let half = client.read_raw(4 + 1);
    let whole = u32::from_be_bytes([half[0], half[1], half[2], half[3]]);
    assert!(client.read_to_end() + 1 < whole as usize);
}

#[test]
fn any_request_can_be_answered_with_any_code() {
    let sim = instant();
    let mut client = Client::new(&sim);
    let requests = [
        "new_keypair",
        "encrypt_read",
        "encrypt_write",
        "start_resending_encrypted_message",
        "cancel_resending_encrypted_message",
        "start_resending_copy_command",
        "cancel_resending_copy_command",
        "next_message_box_index",
        "get_message_box_index_counter",
        "get_pki_document",
        "get_directory_authorities",
        "create_courier_envelopes_from_payload",
        "create_courier_envelopes_from_multi_payload",
        "create_courier_envelopes_from_tombstone_range",
        "voucher_mint",
        "voucher_induct",
        "voucher_open",
        "voucher_derive_stream",
    ];
    for (code, request) in (100..).zip(requests) {
        sim.control(&format!("error {request} {code}")).unwrap();
        let reply = client.call(request, &[]);
        assert_eq!(
            (reply.kind.clone(), reply.get_code()),
            (format!("{request}_reply"), code)
        );
    }
    sim.control("error start_resending_encrypted_message 3 refused")
        .unwrap();
    let reply = client.call("start_resending_encrypted_message", &[]);
    assert_eq!(reply.get("courier_identity_hash"), Some(&Value::Null));
    let node = client.service_node();
    sim.control("error send_message 5").unwrap();
    client.message(&node, 1, b"x");
    assert_eq!(client.expect("message_reply_event").code(), 5);
}

#[test]
fn couriers_and_replicas_fail_on_demand() {
    let sim = instant();
    let mut client = Client::new(&sim);
    let pair = client.keypair([2; 32]);
    for (fault, code) in [
        ("courier-ack 1", 31),
        ("courier-ack 2", 12),
        ("courier-ack 3", 13),
        ("courier-ack 4", 32),
    ] {
        sim.control(&format!("fault {fault}")).unwrap();
        let write = client.seal_write(&pair, b"x");
        let id = client.start(&write);
        let reply = client.reply_to(&id);
        assert_eq!(reply.code(), code);
        assert_eq!(reply.bytes("courier_identity_hash").len(), 32);
    }
    for (fault, code) in [
        ("replica-read 3", 3),
        ("damaged-answer", 22),
        ("damaged-box", 23),
        ("forged-tombstone", 25),
        ("courier-result 2", 12),
    ] {
        let write = client.seal_write(&pair, b"x");
        let id = client.start(&write);
        assert_eq!(client.reply_to(&id).code(), 0);
        sim.control(&format!("fault {fault}")).unwrap();
        let read = client.seal_read(&pair);
        let id = client.start(&read);
        assert_eq!(client.reply_to(&id).code(), code, "{fault}");
    }
    sim.control("storage-full on").unwrap();
    let other = client.keypair([3; 32]);
    let write = client.seal_write(&other, b"x");
    let strict = with(
        &write,
        "no_idempotent_box_already_exists",
        Value::Bool(true),
    );
    let id = client.start(&strict);
    assert_eq!(client.reply_to(&id).code(), 6);
}

#[test]
fn a_new_epoch_is_told_and_its_document_can_be_had() {
    let sim = instant();
    let mut client = Client::new(&sim);
    let before = sim.stats().unwrap()["epoch"].as_u64().unwrap();
    sim.control("epoch-advance").unwrap();
    client.expect("new_pki_document_event");
    let reply = client.call("get_pki_document", &[]);
    assert_eq!(reply.integer("epoch"), i128::from(before) + 1);
    assert_eq!(reply.code(), 0);
}

#[test]
fn epochs_go_on_by_themselves() {
    let mut config = exact();
    config.network.epoch_length = Duration::from_secs(1);
    let sim = Sim::start(config).unwrap();
    let mut client = Client::new(&sim);
    client.expect("new_pki_document_event");
    client.expect("new_pki_document_event");
}

#[test]
fn a_daemon_that_is_down_refuses_connections_and_comes_back_where_it_was() {
    let sim = instant();
    let before = sim.stats().unwrap()["instance_token"].clone();
    let mut client = Client::new(&sim);
    sim.control("down").unwrap();
    let until = Instant::now() + PATIENCE;
    while std::os::unix::net::UnixStream::connect(sim.unix_path()).is_ok() {
        assert!(Instant::now() < until);
        std::thread::sleep(Duration::from_millis(1));
    }
    while std::net::TcpStream::connect(sim.tcp_address()).is_ok() {
        assert!(Instant::now() < until);
        std::thread::sleep(Duration::from_millis(1));
    }
    assert!(client.is_alive(), "connections that are open stay open");
    sim.control("restart 50 graceful").unwrap();
    client.expect("shutdown_event");
    client.expect_hang_up();
    while std::os::unix::net::UnixStream::connect(sim.unix_path()).is_err() {
        assert!(Instant::now() < until);
        std::thread::sleep(Duration::from_millis(1));
    }
    Client::new(&sim);
    let mut over_tcp = Client::raw_tcp(&sim);
    over_tcp.greet();
    assert_ne!(sim.stats().unwrap()["instance_token"], before);
}

#[test]
fn a_client_that_waits_to_be_greeted_is_lost_with_the_process() {
    let sim = instant();
    sim.control("hold-first-frame 100").unwrap();
    let mut waiting = [Client::raw(&sim), Client::raw(&sim), Client::raw(&sim)];
    sim.control("restart 50").unwrap();
    for client in &mut waiting {
        client.expect_hang_up();
    }
}

#[test]
fn replies_that_wait_are_bounded_and_come_in_order() {
    let sim = held(exact());
    let (mut client, _) = Client::with_token(&sim, [4; 16]);
    let node = client.service_node();
    sim.control("latency 200").unwrap();
    for id in 0..10 {
        client.message(&node, id, b"x");
    }
    wait_for(&sim, "queued", 10);
    sim.control("step 10").unwrap();
    drop(client);
    wait_for(&sim, "kept_replies", 10);
    let mut client = Client::greeted(&sim);
    client.send(
        "session_token",
        &client::map(&[("client_instance_token", bytes(&[4; 16]))]),
    );
    for id in 0..10 {
        let Came::Frame(frame) = client.next(PATIENCE) else {
            panic!()
        };
        assert_eq!(frame.bytes("message_id"), [id; 16]);
    }
    let Came::Frame(frame) = client.next(PATIENCE) else {
        panic!()
    };
    assert_eq!(frame.kind, "session_token_reply");
    sim.control("collect").unwrap();
}

#[test]
fn nonsense_on_the_control_line_is_refused() {
    let sim = instant();
    for line in [
        "",
        "frobnicate",
        "cut 99",
        "cut x",
        "split",
        "split x",
        "error no_such_request 3",
        "error new_keypair 300",
        "swallow no_such_reply",
        "fault no-such-fault",
        "fault replica-read",
        "offline now",
        "document maybe",
        "advance -1",
    ] {
        assert!(sim.control(line).is_err(), "{line:?}");
    }
    assert!(sim.control("help").unwrap().contains("cut-mid-frame"));
}

#[test]
fn a_dropped_simulator_leaves_nothing_behind() {
    let sim = instant();
    let directory = sim.directory().to_owned();
    let mut client = Client::new(&sim);
    drop(sim);
    client.expect_hang_up();
    assert!(!directory.exists());
}
