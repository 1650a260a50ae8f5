//! Voucher requests that the daemon refuses, answers all the same, or does not answer.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // helpers of tests

mod client;

use client::{bytes, instant, Client};
use serde_cbor::Value;

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

#[test]
fn inducting_nothing_is_a_mismatch_and_minting_for_a_short_capability_a_refusal() {
    let sim = instant();
    let mut client = Client::new(&sim);
    let refused = client.call("voucher_induct", &[("voucher", bytes(&[7; 32]))]);
    assert_eq!(refused.code(), 28);
    assert_eq!(refused.get("display_name"), Some(&text("")));
    assert_eq!(refused.get("salt"), Some(&Value::Null));
    for length in [0, 5, 167, 169] {
        let cap = bytes(&vec![1; length]);
        let fields = [("message_write_cap", cap), ("display_name", text("Ada"))];
        assert_eq!(client.call("voucher_mint", &fields).code(), 3, "{length}");
    }
    assert!(
        client.is_alive(),
        "unlike other requests it does not hang up"
    );
}

#[test]
fn a_secret_key_of_fewer_than_32_bytes_gets_no_answer_and_the_connection_stays() {
    let sim = instant();
    let mut client = Client::new(&sim);
    let pair = client.keypair([1; 32]);
    let mut open = |key: Option<Value>| {
        let mut fields = vec![
            ("sealed_reply", bytes(b"x")),
            ("message_write_cap", bytes(&pair.write_cap)),
        ];
        fields.extend(key.map(|key| ("voucher_secret_key", key)));
        client.ask("voucher_open", &fields)
    };
    open(None);
    open(Some(bytes(&[1; 31])));
    let refused = open(Some(bytes(&[1; 32])));
    assert_eq!(client.reply_to(&refused).code(), 3);
    assert!(client.is_alive());
    let replies = &sim.stats().unwrap()["replies"];
    assert_eq!(replies["voucher_open_reply"], 1);
}

#[test]
fn what_no_box_holds_is_minted_and_inducted_and_only_then_refused() {
    let sim = instant();
    let mut client = Client::new(&sim);
    let pair = client.keypair([1; 32]);
    let long = client.call(
        "voucher_mint",
        &[
            ("message_write_cap", bytes(&pair.write_cap)),
            ("display_name", text(&"x".repeat(2000))),
        ],
    );
    assert_eq!(long.code(), 0);
    let payload = long.bytes("voucher_payload");
    assert!(payload.len() > 2400);
    let inducted = client.call(
        "voucher_induct",
        &[
            ("voucher", bytes(&long.bytes("voucher"))),
            ("voucher_payload", bytes(&payload)),
            ("who_reply", bytes(&[5; 1600])),
        ],
    );
    assert_eq!(inducted.code(), 0);
    for plaintext in [payload, inducted.bytes("sealed_reply")] {
        let cap = long.bytes("voucher_write_cap");
        let refused = client.call(
            "encrypt_write",
            &[
                ("plaintext", bytes(&plaintext)),
                ("write_cap", bytes(&cap)),
                ("message_box_index", bytes(&cap[64..])),
            ],
        );
        assert_eq!(refused.code(), 3);
    }
}
