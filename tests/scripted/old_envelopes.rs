//! Envelopes that a courier finds too old are made again, but not for ever.

use kpclient::bacap::BoxIndex;
use kpclient::client::StartFlags;
use kpclient::Status;

use crate::common::drive::{barrier, connected, start, Op};
use crate::common::frames::get;
use crate::common::peer::{Conn, Encryptions, Peer};
use crate::common::replies::caps;

const START: &str = "start_resending_encrypted_message";
/// The courier's word for an envelope of another epoch.
const INVALID_EPOCH: u8 = 32;

/// Plays a daemon whose courier finds every envelope too old, until a box has been given up.
fn give_up(lane: &mut Conn, encryptions: &mut Encryptions<'_>, encrypt: &str, op: &Op) {
    for envelope in 1..=3 {
        encryptions.answer(encrypt, envelope);
        let asked = lane.expect(START);
        assert_eq!(get::<32>(&asked.fields, "envelope_hash")[0], envelope);
        lane.answer_start(&asked, INVALID_EPOCH, None);
    }
    assert_eq!(op.status(), Status::COURIER_INVALID_EPOCH);
}

#[test]
fn an_envelope_that_grew_too_old_is_made_again() {
    let peer = Peer::current();
    let (client, _local) = connected(&peer);
    let (cap, _, index) = caps();
    let write = start(
        &client,
        client.write_box(&cap, &index, b"mine", StartFlags::default()),
    );
    let mut lane = peer.welcome();
    let mut encryptions = Encryptions::at(&peer);
    encryptions.answer("encrypt_write", 1);
    let asked = lane.expect(START);
    lane.answer_start(&asked, INVALID_EPOCH, None);
    encryptions.answer("encrypt_write", 2);
    let asked = lane.expect(START);
    assert_eq!(get::<32>(&asked.fields, "envelope_hash")[0], 2);
    lane.answer_start(&asked, 0, None);
    write.done::<BoxIndex>().unwrap();
}

#[test]
fn a_courier_that_finds_every_envelope_too_old_is_given_three() {
    let peer = Peer::current();
    let (client, mut local) = connected(&peer);
    let (write_cap, read_cap, index) = caps();
    // A read that waits is one of many anyway.
    let flags = StartFlags {
        no_retry: true,
        ..StartFlags::default()
    };
    let write = start(
        &client,
        client.write_box(&write_cap, &index, b"mine", StartFlags::default()),
    );
    let mut writes = peer.welcome();
    let mut encryptions = Encryptions::at(&peer);
    give_up(&mut writes, &mut encryptions, "encrypt_write", &write);
    barrier(&client, &mut local);
    let read = start(&client, client.read_box(&read_cap, &index, flags));
    let mut reads = peer.welcome();
    give_up(&mut reads, &mut encryptions, "encrypt_read", &read);
    barrier(&client, &mut local);
}
