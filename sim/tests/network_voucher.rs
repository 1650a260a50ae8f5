//! A contact voucher, the whole way over the boxes of its stream.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // helpers of tests

mod common;

use common::{World, NOW};
use kpclient::bacap::{keypair, Keypair, ReadCap, WriteCap};

/// A channel from the wire's capabilities.
fn channel(write: &[u8; 168], read: &[u8; 136]) -> Keypair {
    let write_cap = WriteCap::from_bytes(write).unwrap();
    Keypair {
        read_cap: ReadCap::from_bytes(read).unwrap(),
        first_index: write_cap.first_index(),
        write_cap,
    }
}

#[test]
fn the_inductor_reads_what_the_joiner_writes_with_the_mutated_capability() {
    let mut world = World::new();
    let joiner = keypair(&[8; 32]);

    let network = &mut world.network;
    let minted = network.voucher_mint(joiner.write_cap.as_bytes(), "Joe");
    let minted = minted.unwrap();
    world.pair = channel(&minted.voucher_write_cap, &minted.voucher_read_cap);
    let (payload_box, reply_box) = (world.first(), world.first().next());
    assert_eq!(world.write(NOW, &payload_box, &minted.voucher_payload), 0);

    let stream = world.network.voucher_derive_stream(&minted.voucher);
    let stream = stream.unwrap();
    world.pair = channel(&stream.voucher_write_cap, &stream.voucher_read_cap);
    let payload = world.read(NOW, &payload_box).unwrap();
    let network = &mut world.network;
    let inducted = network.voucher_induct(&minted.voucher, &payload, b"who is who");
    let inducted = inducted.unwrap();
    assert_eq!(inducted.display_name, "Joe");
    assert_eq!(world.write(NOW, &reply_box, &inducted.sealed_reply), 0);

    let sealed_reply = world.read(NOW, &reply_box).unwrap();
    let opened = world.network.voucher_open(
        &minted.voucher_secret_key,
        &sealed_reply,
        joiner.write_cap.as_bytes(),
    );
    let opened = opened.unwrap();
    assert_eq!(opened.who_reply, b"who is who");

    world.pair = channel(
        &opened.mutated_message_write_cap,
        &inducted.mutated_message_read_cap,
    );
    let first = world.first();
    assert_eq!(world.write(NOW, &first, b"hello group"), 0);
    assert_eq!(world.read(NOW, &first).unwrap(), b"hello group");

    world.pair = joiner;
    let first = world.first();
    assert_eq!(world.read(NOW, &first), Err(1), "not under the old index");
}
