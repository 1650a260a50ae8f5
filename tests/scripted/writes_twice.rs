//! Writes that meet a box which exists already: their own, or another's.

use std::sync::Arc;

use kpclient::bacap::BoxIndex;
use kpclient::client::{Client, StartFlags};
use kpclient::Status;

use crate::common::drive::{barrier, connected, start, Op};
use crate::common::frames::Era;
use crate::common::peer::{Asked, Conn, Encryptions, Peer};
use crate::common::replies::caps;

const START: &str = "start_resending_encrypted_message";

/// Starts `write_box` with return-box-exists and plays up to its second sending.
fn write_sent_twice(peer: &Peer) -> (Arc<Client>, Encryptions<'_>, Conn, Op) {
    let (client, _local) = connected(peer);
    let (cap, _, index) = caps();
    let flags = StartFlags {
        return_box_exists: true,
        ..StartFlags::default()
    };
    let write = start(&client, client.write_box(&cap, &index, b"mine", flags));
    let mut lane = peer.welcome();
    let mut encryptions = Encryptions::at(peer);
    encryptions.answer("encrypt_write", 1);
    let asked = lane.expect(START);
    assert!(asked.flag("no_idempotent_box_already_exists"));
    lane.cut();
    (client, encryptions, peer.welcome(), write)
}

#[test]
fn a_write_that_meets_itself_after_a_cut_is_read_back_and_succeeds() {
    let peer = Peer::current();
    let (_client, mut encryptions, mut lane, write) = write_sent_twice(&peer);
    let asked = lane.expect(START);
    lane.answer_start(&asked, 10, None);
    let mut reads = peer.welcome();
    encryptions.answer("encrypt_read", 2);
    let asked = reads.expect(START);
    assert!(asked.flag("no_retry_on_box_id_not_found"));
    // Its replica may be behind the others.
    reads.answer_start(&asked, 1, None);
    encryptions.answer("encrypt_read", 3);
    let asked = reads.expect(START);
    reads.answer_start(&asked, 0, Some(b"mine"));
    let next: BoxIndex = write.done().unwrap();
    assert!(next == caps().2.next());
}

#[test]
fn a_write_that_meets_another_after_a_cut_fails() {
    let peer = Peer::current();
    let (_client, mut encryptions, mut lane, write) = write_sent_twice(&peer);
    let asked = lane.expect(START);
    lane.answer_start(&asked, 10, None);
    let mut reads = peer.welcome();
    encryptions.answer("encrypt_read", 2);
    let asked = reads.expect(START);
    reads.answer_start(&asked, 0, Some(b"somebody else's"));
    assert_eq!(write.status(), Status::BOX_ALREADY_EXISTS);
}

/// Broken by taking a box that could not be read for another's.
#[test]
fn a_write_that_may_have_met_itself_says_so_where_the_box_cannot_be_read() {
    let peer = Peer::current();
    let (_client, mut encryptions, mut lane, write) = write_sent_twice(&peer);
    let asked = lane.expect(START);
    lane.answer_start(&asked, 10, None);
    let mut reads = peer.welcome();
    encryptions.answer("encrypt_read", 2);
    let asked = reads.expect(START);
    reads.answer_start(&asked, 7, None);
    let error = write.failure();
    assert_eq!(error.status(), Status::BOX_ALREADY_EXISTS);
    assert!(error.message().contains("its own first sending"), "{error}");
    assert_eq!(
        (error.daemon_code(), error.replica_code()),
        (Some(10), Some(10))
    );
}

/// Plays one write of v0.0.73-rc1, with return-box-exists, up to its code 10 and the read that
/// looks after it.
fn write_of_rc1(peer: &Peer) -> (Arc<Client>, Conn, Op, Asked) {
    let (client, mut conn) = connected(peer);
    let (cap, _, index) = caps();
    let flags = StartFlags {
        return_box_exists: true,
        ..StartFlags::default()
    };
    let write = start(&client, client.write_box(&cap, &index, b"mine", flags));
    let encrypt = conn.expect("encrypt_write");
    conn.answer_envelope(&encrypt, 1);
    let asked = conn.expect(START);
    conn.answer_start(&asked, 10, None);
    let encrypt = conn.expect("encrypt_read");
    conn.answer_envelope(&encrypt, 2);
    let read = conn.expect(START);
    (client, conn, write, read)
}

#[test]
fn before_v0_0_74_a_write_that_was_sent_once_is_read_back_too() {
    let peer = Peer::new(Era::FirstSessions);
    let (_client, mut conn, write, read) = write_of_rc1(&peer);
    conn.answer_start(&read, 0, Some(b"mine"));
    let next: BoxIndex = write.done().unwrap();
    assert!(next == caps().2.next());
    let peer = Peer::new(Era::FirstSessions);
    let (_client, mut conn, write, read) = write_of_rc1(&peer);
    conn.answer_start(&read, 0, Some(b"another's"));
    assert_eq!(write.status(), Status::BOX_ALREADY_EXISTS);
}

#[test]
fn before_v0_0_74_a_write_whose_box_cannot_be_read_says_that_it_may_have_met_itself() {
    let peer = Peer::new(Era::FirstSessions);
    let (_client, mut conn, write, read) = write_of_rc1(&peer);
    conn.answer_start(&read, 7, None);
    let error = write.failure();
    assert_eq!(error.status(), Status::BOX_ALREADY_EXISTS);
    assert!(error.message().contains("nothing but itself"), "{error}");
}

#[test]
fn a_write_that_was_sent_once_does_not_look_twice() {
    let peer = Peer::current();
    let (client, mut local) = connected(&peer);
    let (cap, _, index) = caps();
    let write = start(
        &client,
        client.write_box(&cap, &index, b"mine", StartFlags::default()),
    );
    let mut lane = peer.welcome();
    Encryptions::at(&peer).answer("encrypt_write", 1);
    let asked = lane.expect(START);
    lane.answer_start(&asked, 10, None);
    assert_eq!(write.status(), Status::BOX_ALREADY_EXISTS);
    barrier(&client, &mut local);
}
