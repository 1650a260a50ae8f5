//! Where the daemon says nothing, where it hangs up, and where it falls over.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // helpers of tests

mod client;

use std::time::Duration;

use client::{bytes, instant, map, wait_for, with, Client};
use kpclientd_sim::network::Era;
use kpclientd_sim::{Sim, SimConfig};
use serde_cbor::Value;

fn era(era: Era) -> Sim {
    let mut config = SimConfig::new(era).hurried();
    config.late_close_chance = 0.0;
    Sim::start(config).unwrap()
}

/// Sends bytes on one connection: it is closed, and another one is not.
fn hangs_up(raw: &[u8]) {
    let sim = instant();
    let mut client = Client::new(&sim);
    let mut other = Client::new(&sim);
    client.send_raw(raw);
    client.expect_hang_up();
    assert!(other.is_alive());
}

fn framed(body: &Value) -> Vec<u8> {
    let cbor = serde_cbor::to_vec(body).unwrap();
    let mut frame = u32::try_from(cbor.len()).unwrap().to_be_bytes().to_vec();
    frame.extend_from_slice(&cbor);
    frame
}

fn request(key: &str, fields: &[(&str, Value)]) -> Vec<u8> {
    framed(&map(&[(key, map(fields))]))
}

#[test]
fn an_impossible_length_ends_the_connection_before_anything_else_comes() {
    hangs_up(&[0, 0, 0, 0]);
    hangs_up(&(40 * 1024 * 1024 + 1_u32).to_be_bytes());
    hangs_up(&u32::MAX.to_be_bytes());
}

#[test]
fn what_is_not_cbor_or_not_a_map_ends_the_connection() {
    hangs_up(&[0, 0, 0, 3, 0xff, 0xff, 0xff]);
    hangs_up(&[0, 0, 0, 1, 0x05]);
    hangs_up(&[0, 0, 0, 1, 0x80]);
    hangs_up(&[0, 0, 0, 2, 0xa0, 0xa0]);
    let mut cut = request("get_pki_document", &[("epoch", Value::Integer(1))]);
    cut.pop();
    cut[3] -= 1;
    hangs_up(&cut);
}

#[test]
fn a_capability_or_index_of_a_wrong_length_ends_the_connection() {
    hangs_up(&request(
        "next_message_box_index",
        &[("message_box_index", bytes(&[1; 103]))],
    ));
    hangs_up(&request("encrypt_write", &[("write_cap", bytes(&[1; 16]))]));
    hangs_up(&request("encrypt_read", &[("read_cap", bytes(&[1]))]));
    hangs_up(&request("encrypt_read", &[("read_cap", bytes(&[]))]));
    let target = map(&[("start_index", bytes(&[1; 105]))]);
    hangs_up(&request(
        "create_courier_envelopes_from_multi_payload",
        &[("destinations", Value::Array(vec![target]))],
    ));
}

#[test]
fn a_value_of_a_wrong_type_ends_the_connection() {
    hangs_up(&request(
        "get_pki_document",
        &[("epoch", Value::Text("now".to_owned()))],
    ));
    hangs_up(&request(
        "get_pki_document",
        &[("epoch", Value::Integer(-1))],
    ));
    hangs_up(&request(
        "new_keypair",
        &[("seed", Value::Text("seed".to_owned()))],
    ));
    hangs_up(&request(
        "session_token",
        &[("client_instance_token", Value::Integer(1))],
    ));
    hangs_up(&framed(&map(&[("thin_close", Value::Array(vec![]))])));
}

#[test]
fn earlier_replies_are_written_before_the_daemon_hangs_up() {
    let sim = instant();
    let mut client = Client::new(&sim);
    let mut both = request("get_pki_document", &[("epoch", Value::Integer(7))]);
    both.extend_from_slice(&[0, 0, 0, 0]);
    client.send_raw(&both);
    assert_eq!(client.expect("get_pki_document_reply").code(), 10);
    client.expect_hang_up();
}

#[test]
fn an_id_or_hash_of_another_length_is_filled_up_or_cut() {
    let sim = instant();
    let mut client = Client::new(&sim);
    let fields = [("envelope_hash", bytes(&[1, 2, 3]))];
    client.ask_as(&[7; 3], "cancel_resending_encrypted_message", &fields);
    let reply = client.expect("cancel_resending_encrypted_message_reply");
    assert_eq!(reply.code(), 0);
    let mut id = vec![7; 3];
    id.resize(16, 0);
    assert_eq!(reply.query_id(), Some(id));
}

#[test]
fn an_unknown_request_or_an_empty_map_is_dropped_without_a_word() {
    let sim = instant();
    let mut client = Client::new(&sim);
    client.send_frame(&[0xa0]);
    client.send_frame(&[0xf6]);
    client.ask("no_such_request", &[]);
    client.send("new_keypair", &Value::Null);
    client.expect_silence();
    assert!(client.is_alive());
}

#[test]
fn a_request_without_a_query_id_is_answered_without_one() {
    let sim = instant();
    let mut client = Client::new(&sim);
    client.send("new_keypair", &map(&[("seed", bytes(&[1; 32]))]));
    let reply = client.expect("new_keypair_reply");
    assert_eq!((reply.code(), reply.query_id()), (0, None));
}

#[test]
fn requests_before_the_session_token_are_answered_before_its_reply() {
    let sim = instant();
    let mut client = Client::raw(&sim);
    let mut early = request("new_keypair", &[("seed", bytes(&[1; 32]))]);
    let token = map(&[("client_instance_token", bytes(&[1; 16]))]);
    early.extend(framed(&map(&[("session_token", token)])));
    client.send_raw(&early);
    let mut kinds = Vec::new();
    for _ in 0..4 {
        let client::Came::Frame(frame) = client.next(client::PATIENCE) else {
            panic!()
        };
        kinds.push(frame.kind);
    }
    let wanted = [
        "connection_status_event",
        "new_pki_document_event",
        "new_keypair_reply",
        "session_token_reply",
    ];
    assert_eq!(kinds, wanted);
}

#[test]
fn a_message_without_a_surb_gets_no_word() {
    let sim = instant();
    let mut client = Client::new(&sim);
    let node = client.service_node();
    let message = |with_surb: bool, surb: Value| {
        map(&[
            ("id", bytes(&[1; 16])),
            ("with_surb", Value::Bool(with_surb)),
            ("surbid", surb),
            ("destination_id_hash", bytes(&node)),
            ("recipient_queue_id", bytes(b"+echo")),
            ("payload", bytes(b"x")),
        ])
    };
    client.send("send_message", &message(false, Value::Null));
    client.send("send_message", &message(true, Value::Null));
    client.send("send_message", &message(false, bytes(&[2; 16])));
    client.expect_silence();
    assert_eq!(sim.stats().unwrap()["packets"], 3);
}

#[test]
fn refusals_before_sending_name_no_courier_and_a_wrong_size_gets_no_answer() {
    let sim = instant();
    let mut client = Client::new(&sim);
    let pair = client.keypair([1; 32]);
    let write = client.seal_write(&pair, b"x");
    let refused = [
        with(&write, "read_cap", bytes(&pair.read_cap)),
        with(&write, "write_cap", Value::Null),
        with(&write, "envelope_hash", Value::Null),
    ];
    for fields in &refused {
        let id = client.start(fields);
        let reply = client.reply_to(&id);
        assert_eq!(reply.code(), 3);
        assert_eq!(reply.get("courier_identity_hash"), Some(&Value::Null));
    }
    sim.control("document off").unwrap();
    let id = client.start(&write);
    assert_eq!(client.reply_to(&id).code(), 4);
    sim.control("document on").unwrap();
    client.expect("new_pki_document_event");
    client.start(&with(&write, "message_ciphertext", bytes(&[1; 1999])));
    client.expect_silence();
    let cancel = client.cancel(&write);
    client.expect("start_resending_encrypted_message_reply");
    assert_eq!(client.reply_to(&cancel).code(), 0);
    assert_eq!(sim.stats().unwrap()["arq_entries"], 0);
}

#[test]
fn a_copy_to_a_courier_that_is_none_is_refused_and_an_unwritten_stream_gets_no_answer() {
    let sim = instant();
    let mut client = Client::new(&sim);
    let pair = client.keypair([2; 32]);
    let cap = ("write_cap", bytes(&pair.write_cap));
    let unknown = [
        cap.clone(),
        ("courier_identity_hash", bytes(&[7; 32])),
        ("courier_queue_id", bytes(b"courier")),
    ];
    let reply = client.call("start_resending_copy_command", &unknown);
    assert_eq!((reply.code(), reply.get("replica_error_code")), (4, None));
    assert_eq!(client.call("start_resending_copy_command", &[]).code(), 3);
    let id = client.ask("start_resending_copy_command", &[cap]);
    client.expect_silence();
    sim.control("advance 140").unwrap();
    let reply = client.reply_to(&id);
    assert_eq!((reply.code(), reply.integer("replica_error_code")), (26, 1));
    assert_eq!(reply.integer("failed_envelope_index"), 1);
}

#[test]
fn more_tombstones_than_fit_a_frame_get_no_answer_and_far_more_kill_the_daemon() {
    let sim = instant();
    let mut client = Client::new(&sim);
    let pair = client.keypair([3; 32]);
    let range = |count| {
        [
            ("dest_write_cap", bytes(&pair.write_cap)),
            ("dest_start_index", bytes(&pair.index)),
            ("max_count", Value::Integer(count)),
            ("is_start", Value::Bool(true)),
            ("is_last", Value::Bool(true)),
        ]
    };
    client.ask(
        "create_courier_envelopes_from_tombstone_range",
        &range(21_000),
    );
    client.expect_silence();
    client.ask(
        "create_courier_envelopes_from_tombstone_range",
        &range((1 << 32) - 1),
    );
    client.expect_hang_up();
}

/// Whether this frame makes a whole daemon of that era fall over: other connections too.
fn crashes(which: Era, frame: &[u8]) -> bool {
    let sim = era(which);
    let mut client = Client::greeted(&sim);
    let mut other = Client::greeted(&sim);
    client.send_raw(frame);
    let crashed = other.next(client::SILENCE) == client::Came::End;
    if crashed {
        client.expect_hang_up();
        Client::greeted(&sim);
    }
    crashed
}

#[test]
fn old_daemons_fall_over_as_a_whole() {
    let empty = [0, 0, 0, 1, 0xa0];
    let unknown = request("no_such_request", &[]);
    let counter = request("get_message_box_index_counter", &[]);
    let token = request(
        "session_token",
        &[("client_instance_token", bytes(&[1; 16]))],
    );
    let message = request("send_message", &[("with_surb", Value::Bool(false))]);
    for which in [Era::V0_0_73Rc1, Era::V0_0_72] {
        assert!(crashes(which, &empty));
        assert!(crashes(which, &unknown));
        assert!(crashes(which, &counter));
    }
    assert!(crashes(Era::V0_0_72, &token));
    assert!(crashes(Era::V0_0_72, &message));
    assert!(!crashes(Era::V0_0_73Rc1, &message));
    let keypair = client::Pair {
        write_cap: vec![0; 168],
        read_cap: [vec![2; 32], vec![0; 104]].concat(),
        index: vec![0; 104],
    };
    let no_point = request(
        "encrypt_read",
        &[
            ("read_cap", bytes(&keypair.read_cap)),
            ("message_box_index", bytes(&keypair.index)),
        ],
    );
    assert!(crashes(Era::V0_0_73Rc1, &no_point));
}

#[test]
fn old_daemons_have_one_queue_for_everything_and_it_stands_still_while_offline() {
    let sim = era(Era::V0_0_73Rc1);
    let mut first = Client::new(&sim);
    let mut second = Client::new(&sim);
    sim.control("hold").unwrap();
    let early = first.ask("new_keypair", &[("seed", bytes(&[1; 32]))]);
    wait_for(&sim, "one_queue", 1);
    let late = second.ask("new_keypair", &[("seed", bytes(&[2; 32]))]);
    wait_for(&sim, "one_queue", 2);
    second.expect_silence();
    assert_eq!(sim.control("step").unwrap(), "1 packets");
    assert_eq!(first.reply_to(&early).code(), 0);
    second.expect_silence();
    sim.control("offline").unwrap();
    sim.control("release").unwrap();
    second.expect("connection_status_event");
    second.expect_silence();
    sim.control("online").unwrap();
    assert_eq!(second.reply_to(&late).code(), 0);
}

#[test]
fn old_daemons_let_a_local_call_wait_for_the_poisson_process() {
    let mut config = SimConfig::new(Era::V0_0_73Rc1);
    config.network.lambda_p = 0.02;
    let sim = Sim::start(config).unwrap();
    let mut client = Client::new(&sim);
    let begin = std::time::Instant::now();
    for _ in 0..10 {
        client.call("new_keypair", &[("seed", bytes(&[1; 32]))]);
    }
    // Ten times 50 ms on average.
    assert!(begin.elapsed() > Duration::from_millis(100));
}

/// Damages frames of the recorded clients in every way that comes to mind.
#[test]
fn no_frame_of_a_client_brings_the_simulator_down() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../tests/golden/v0.0.99/copy_multi.jsonl"
    );
    let text = std::fs::read_to_string(path).unwrap();
    let frames: Vec<Vec<u8>> = text
        .lines()
        .filter(|line| line.contains("\"client\""))
        .filter_map(|line| line.split("\"cbor\"").nth(1)?.split('"').nth(1))
        .map(|hex| {
            let pairs = hex.as_bytes().chunks(2);
            pairs
                .map(|p| u8::from_str_radix(std::str::from_utf8(p).unwrap(), 16).unwrap())
                .collect()
        })
        .collect();
    assert!(frames.len() > 10);
    let sim = instant();
    let mut random = 1_u64;
    let mut next = |below: usize| {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(random >> 33).unwrap() % below
    };
    let mut client = Client::greeted(&sim);
    for _ in 0..3000 {
        let mut frame = frames[next(frames.len())].clone();
        for _ in 0..=next(3) {
            let at = next(frame.len());
            match next(3) {
                0 => frame[at] ^= 1 << next(8),
                1 => frame.truncate(at.max(1)),
                _ => frame.insert(at, u8::try_from(next(256)).unwrap()),
            }
        }
        if !client.try_send_frame(&frame) {
            client = Client::greeted(&sim);
        }
    }
    assert!(Client::new(&sim).is_alive());
}
