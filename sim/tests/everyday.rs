//! What works as everybody expects.

mod client;

use client::{bytes, instant, with, Client};
use kpclientd_sim::network::Era;
use kpclientd_sim::Sim;
use serde_cbor::Value;

#[test]
fn a_box_is_written_and_read_back() {
    let sim = instant();
    let mut client = Client::new(&sim);
    let pair = client.keypair([7; 32]);
    let write = client.seal_write(&pair, b"attack at dawn");
    let id = client.start(&write);
    let reply = client.reply_to(&id);
    assert_eq!(
        (reply.code(), reply.get("plaintext")),
        (0, Some(&Value::Null))
    );
    assert_eq!(reply.bytes("courier_queue_id"), b"courier");
    let read = client.seal_read(&pair);
    let id = client.start(&read);
    assert_eq!(client.reply_to(&id).bytes("plaintext"), b"attack at dawn");
    assert_eq!(sim.stats().unwrap()["arq_entries"], 0);
    assert_eq!(
        sim.stats().unwrap()["packets"],
        3,
        "one for a write, two for a read"
    );
}

#[test]
fn a_missing_box_is_told_when_asked_and_a_rewrite_is_refused_when_asked() {
    let sim = instant();
    let mut client = Client::new(&sim);
    let pair = client.keypair([8; 32]);
    let read = client.seal_read(&pair);
    let id = client.start(&with(
        &read,
        "no_retry_on_box_id_not_found",
        Value::Bool(true),
    ));
    assert_eq!(client.reply_to(&id).code(), 1);
    let write = client.seal_write(&pair, b"one");
    let id = client.start(&write);
    assert_eq!(client.reply_to(&id).code(), 0);
    let other = client.seal_write(&pair, b"two");
    let id = client.start(&with(
        &other,
        "no_idempotent_box_already_exists",
        Value::Bool(true),
    ));
    assert_eq!(client.reply_to(&id).code(), 10);
}

#[test]
fn an_echo_comes_back_padded_also_from_the_service_under_its_other_name() {
    let sim = instant();
    let mut client = Client::new(&sim);
    let node = client.service_node();
    for (id, queue) in [(1, &b"+echo"[..]), (2, b"+testdest")] {
        client.message_to(&node, queue, id, b"ping");
        let sent = client.expect("message_sent_event");
        assert_eq!(sent.bytes("message_id"), [id; 16]);
        assert!(sent.get("err").is_none());
        let reply = client.expect("message_reply_event");
        let payload = reply.bytes("payload");
        assert_eq!((payload.len(), &payload[..5]), (2574, &b"ping\0"[..]));
    }
}

#[test]
fn everything_works_over_tcp_too() {
    let sim = instant();
    let mut client = Client::raw_tcp(&sim);
    client.greet();
    assert!(!client.shake([9; 16]));
    let reply = client.call("new_keypair", &[("seed", bytes(&[1; 31]))]);
    assert_eq!(reply.code(), 3);
}

/// The oldest daemon of today's protocol, on a network that carries its writes out once.
#[test]
fn boxes_work_with_the_oldest_daemon_of_todays_protocol_as_they_did_then() {
    let mut config = kpclientd_sim::SimConfig::new(Era::V0_0_73Rc1).hurried();
    config.late_close_chance = 0.0;
    config.network.double_writes = 0.0;
    config.encrypt_cost = Some(std::time::Duration::from_millis(1));
    let sim = Sim::start(config).unwrap();
    let mut client = Client::new(&sim);
    let pair = client.keypair([8; 32]);
    let strict = |fields: &[(&'static str, Value)]| {
        with(
            fields,
            "no_idempotent_box_already_exists",
            Value::Bool(true),
        )
    };
    let missing = client.seal_read(&pair);
    let missing = with(&missing, "no_retry_on_box_id_not_found", Value::Bool(true));
    let start = |client: &mut Client, fields: &[(&'static str, Value)]| {
        let id = client.start(fields);
        client.reply_to(&id)
    };
    assert_eq!(start(&mut client, &missing).code(), 1);
    let write = client.seal_write(&pair, b"one");
    assert_eq!(start(&mut client, &strict(&write)).code(), 0);
    let again = client.seal_write(&pair, b"one");
    assert_eq!(
        start(&mut client, &strict(&again)).code(),
        10,
        "identical too"
    );
    let read = client.seal_read(&pair);
    assert_eq!(start(&mut client, &read).bytes("plaintext"), b"one");
    let tombstone = client.seal_write(&pair, b"");
    assert_eq!(start(&mut client, &tombstone).code(), 0);
    let read = client.seal_read(&pair);
    assert_eq!(start(&mut client, &read).code(), 11);
    assert_eq!(sim.stats().unwrap()["encryptions"], 6);
}

#[test]
fn there_a_first_write_may_be_told_that_its_own_content_exists() {
    let mut config = kpclientd_sim::SimConfig::new(Era::V0_0_73Rc1).hurried();
    config.network.double_writes = 1.0;
    let sim = Sim::start(config).unwrap();
    let mut client = Client::new(&sim);
    let pair = client.keypair([9; 32]);
    let write = client.seal_write(&pair, b"mine");
    let strict = with(
        &write,
        "no_idempotent_box_already_exists",
        Value::Bool(true),
    );
    let id = client.start(&strict);
    assert_eq!(client.reply_to(&id).code(), 10);
    let read = client.seal_read(&pair);
    let id = client.start(&read);
    assert_eq!(client.reply_to(&id).bytes("plaintext"), b"mine");
}
