//! Boxes: reads that wait, and cancels that are overtaken.

use std::sync::Arc;
use std::time::Duration;

use kpclient::client::{Client, ReadBox, StartFlags, StartResult, Timeout};
use kpclient::Status;
use serde_cbor::Value;

use crate::common::drive::{
    barrier, connected, connected_with, next_that, start, start_read, start_read_with, start_write,
    try_start, Op, A_WHILE,
};
use crate::common::frames::{fields, get, Era};
use crate::common::peer::{Conn, Encryptions, Greeting, Peer};
use crate::common::replies::{caps, document_with, slow_network, COURIER};

const START: &str = "start_resending_encrypted_message";
const CANCEL: &str = "cancel_resending_encrypted_message";

fn hash_of(asked: &crate::common::peer::Asked) -> u8 {
    get::<32>(&asked.fields, "envelope_hash")[0]
}

/// A daemon on a network so slow that one request at a time is right.
fn slow(peer: &Peer) -> Greeting {
    Greeting {
        document: Some(slow_network(peer.era)),
        ..Greeting::default()
    }
}

fn narrow(peer: &Peer) -> (Arc<Client>, Conn) {
    connected_with(peer, peer.config(), &slow(peer))
}

#[test]
fn a_read_gives_its_plaintext_and_courier() {
    let peer = Peer::current();
    let (client, _local) = connected(&peer);
    let read = start_read(&client, 1);
    let mut lane = peer.welcome();
    let asked = lane.expect(START);
    assert!(asked.flag("no_retry_on_box_id_not_found"));
    assert!(asked.fields.contains_key("message_box_index"));
    assert!(!asked.fields.contains_key("write_cap"));
    lane.answer_start(&asked, 0, Some(b"hello"));
    let found: StartResult = read.done().unwrap();
    assert_eq!(&found.plaintext[..], b"hello");
    assert_eq!(found.courier, Some(COURIER));
    assert_eq!(found.courier_queue.unwrap(), &b"courier"[..]);
}

#[test]
fn a_read_that_waits_asks_with_a_fresh_envelope_each_time() {
    let peer = Peer::current();
    let (client, _local) = connected(&peer);
    let read = start_read_with(&client, 1, false);
    let mut lane = peer.welcome();
    let mut encryptions = Encryptions::at(&peer);
    for hash in [1, 2, 3] {
        let asked = lane.expect(START);
        // The daemon's own endless retry may never be answered.
        assert!(asked.flag("no_retry_on_box_id_not_found"));
        assert_eq!(hash_of(&asked), hash);
        if hash == 3 {
            lane.answer_start(&asked, 0, Some(b"at last"));
        } else {
            // Not there yet, and grown too old: both want another envelope.
            lane.answer_start(&asked, if hash == 1 { 1 } else { 32 }, None);
            encryptions.answer("encrypt_read", hash + 1);
        }
    }
    assert_eq!(
        &read.done::<StartResult>().unwrap().plaintext[..],
        b"at last"
    );
}

/// Broken where each poll has a fresh envelope whatever that costs: five reads of a daemon that
/// needs seconds for each kept it from everything else.
#[test]
fn where_packets_are_cheaper_than_encrypting_an_envelope_is_polled_again() {
    let peer = Peer::current();
    let quick = Greeting {
        document: Some(document_with(
            peer.era,
            [("LambdaP", Value::Float(1000.0)), ("Mu", Value::Float(1.0))],
        )),
        ..Greeting::default()
    };
    let (client, _local) = connected_with(&peer, peer.config(), &quick);
    let (_, cap, index) = caps();
    let read = start(
        &client,
        client.read_box(&cap, &index, StartFlags::default()),
    );
    let mut lane = peer.accept().shake(&quick);
    let mut encryption = peer.accept().shake(&quick);
    let encrypt = encryption.expect("encrypt_read");
    std::thread::sleep(Duration::from_millis(5)); // what it costs
    encryption.answer_envelope(&encrypt, 1);
    for poll in 1..=3 {
        let asked = lane.expect(START);
        assert_eq!(hash_of(&asked), 1);
        assert!(asked.flag("no_retry_on_box_id_not_found"));
        // Not there yet, twice; then it has grown too old.
        lane.answer_start(&asked, if poll == 3 { 32 } else { 1 }, None);
    }
    let encrypt = encryption.expect("encrypt_read");
    encryption.answer_envelope(&encrypt, 2);
    let asked = lane.expect(START);
    assert_eq!(hash_of(&asked), 2);
    lane.answer_start(&asked, 0, Some(b"at last"));
    let found = read.done::<ReadBox>().unwrap();
    assert_eq!(&found.plaintext[..], b"at last");
}

#[test]
fn a_caller_who_gives_up_soon_has_a_fresh_envelope_for_the_last_poll() {
    let peer = Peer::current();
    let quick = Greeting {
        document: Some(document_with(
            peer.era,
            [("LambdaP", Value::Float(1000.0)), ("Mu", Value::Float(1.0))],
        )),
        ..Greeting::default()
    };
    let (client, _local) = connected_with(&peer, peer.config(), &quick);
    let (_, cap, index) = caps();
    let work = client.read_box(&cap, &index, StartFlags::default());
    let within = Timeout::After(Duration::from_secs(2));
    let _read = try_start(&client, work, within).unwrap();
    let mut lane = peer.accept().shake(&quick);
    let mut encryption = peer.accept().shake(&quick);
    let encrypt = encryption.expect("encrypt_read");
    std::thread::sleep(Duration::from_millis(5));
    encryption.answer_envelope(&encrypt, 1);
    // A second passes until it is asked again, and one more is left then.
    let asked = lane.expect(START);
    lane.answer_start(&asked, 1, None);
    encryption.expect("encrypt_read");
}

#[test]
fn a_read_that_waits_outlives_a_daemon_without_document() {
    let peer = Peer::current();
    let (client, _local) = connected(&peer);
    let read = start_read_with(&client, 1, false);
    let mut lane = peer.welcome();
    let asked = lane.expect(START);
    lane.answer_start(&asked, 1, None);
    let mut encryptions = Encryptions::at(&peer);
    let encrypt = encryptions.conn().expect("encrypt_read");
    encryptions.conn().refuse(&encrypt, 4); // no document
    encryptions.answer("encrypt_read", 2);
    let asked = lane.expect(START);
    lane.answer_start(&asked, 0, Some(b"there"));
    read.done::<StartResult>().unwrap();
}

#[test]
fn other_errors_end_a_read_that_waits() {
    let peer = Peer::current();
    let (client, _local) = connected(&peer);
    let codes = [
        (11, Status::TOMBSTONE),
        (22, Status::MKEM_DECRYPTION_FAILED),
        (24, Status::START_RESENDING_CANCELLED),
    ];
    let mut lane = None;
    for (code, status) in codes {
        let read = start_read_with(&client, code, false);
        let lane = lane.get_or_insert_with(|| peer.welcome());
        let asked = lane.expect(START);
        lane.answer_start(&asked, code, None);
        assert_eq!(read.status(), status);
    }
}

#[test]
fn a_cancelled_start_ends_at_once_and_its_cancel_is_repeated_until_it_has_effect() {
    let peer = Peer::current();
    let (client, _local) = narrow(&peer);
    let first = start_read(&client, 1);
    let second = start_read(&client, 2);
    let mut lane = peer.accept().shake(&slow(&peer));
    let asked = lane.expect(START);
    first.cancel();
    assert_eq!(first.status(), Status::CANCELLED);
    for _ in 0..3 {
        // It overtook its start: the daemon knows of nothing, and then runs it.
        let cancel = lane.expect(CANCEL);
        assert_eq!(hash_of(&cancel), 1);
        lane.answer(&cancel, fields([]));
    }
    assert!(second.runs());
    lane.answer_start(&asked, 24, None);
    // Only now the place is free.
    let asked = lane.expect(START);
    assert_eq!(hash_of(&asked), 2);
    lane.answer_start(&asked, 0, Some(b""));
    second.done::<StartResult>().unwrap();
}

#[test]
fn a_terminal_reply_frees_the_place_of_a_cancelled_start_as_well() {
    let peer = Peer::current();
    let (client, _local) = narrow(&peer);
    let first = start_read(&client, 1);
    let second = start_read(&client, 2);
    let mut lane = peer.accept().shake(&slow(&peer));
    let asked = lane.expect(START);
    first.cancel();
    lane.expect(CANCEL);
    lane.answer_start(&asked, 0, Some(b"too late"));
    let asked = lane.expect(START);
    assert_eq!(hash_of(&asked), 2);
    assert_eq!(first.status(), Status::CANCELLED);
    drop(second);
}

#[test]
fn a_start_in_line_is_cancelled_without_a_word_to_the_daemon() {
    let peer = Peer::current();
    let (client, mut local) = narrow(&peer);
    let reads: Vec<Op> = (1..=3).map(|hash| start_read(&client, hash)).collect();
    let mut lane = peer.accept().shake(&slow(&peer));
    let asked = lane.expect(START);
    reads[1].cancel();
    assert_eq!(reads[1].status(), Status::CANCELLED);
    barrier(&client, &mut local); // its task is gone
    lane.answer_start(&asked, 0, Some(b""));
    assert_eq!(hash_of(&lane.expect(START)), 3);
}

#[test]
fn an_envelope_that_is_started_again_waits_for_the_end_of_its_cancelled_self() {
    let peer = Peer::current();
    let (client, _local) = connected(&peer);
    let first = start_write(&client, 1);
    let mut lane = peer.welcome();
    let asked = lane.expect(START);
    first.cancel();
    lane.expect(CANCEL);
    let again = start_write(&client, 1);
    // A repeated cancel would end the new start as well, were it there already.
    lane.expect(CANCEL);
    lane.answer_start(&asked, 24, None);
    let asked = lane.expect(START);
    lane.answer_start(&asked, 0, None);
    again.done::<StartResult>().unwrap();
}

#[test]
fn the_cancel_by_hash_ends_what_is_in_flight() {
    let peer = Peer::current();
    let (client, mut local) = connected(&peer);
    let write = start_write(&client, 1);
    let mut lane = peer.welcome();
    lane.expect(START);
    let cancel = client.cancel_resending_encrypted_message(&[1; 32]);
    start(&client, cancel).done::<()>().unwrap();
    assert_eq!(write.status(), Status::START_RESENDING_CANCELLED);
    lane.expect(CANCEL);
    // Nothing of ours is in flight: an earlier session may have sent it, so the daemon is told.
    let cancel = start(&client, client.cancel_resending_encrypted_message(&[2; 32]));
    let asked = local.expect(CANCEL);
    local.answer(&asked, fields([]));
    cancel.done::<()>().unwrap();
}

#[test]
fn one_envelope_is_in_flight_once() {
    let peer = Peer::current();
    let (client, _local) = connected(&peer);
    let _write = start_write(&client, 1);
    let (cap, _, _) = caps();
    let kind = kpclient::client::StartKind::Write(cap);
    let again = client.start_resending_encrypted_message(
        kind,
        crate::common::drive::envelope(1),
        StartFlags::default(),
    );
    let busy = try_start(&client, again, Timeout::Forever).map(drop);
    assert_eq!(busy.unwrap_err().status(), Status::BUSY);
}

#[test]
fn bad_envelopes_are_refused_before_anything_is_sent() {
    let peer = Peer::current();
    let (client, mut local) = connected(&peer);
    let status = |change: &dyn Fn(&mut kpclient::client::Envelope)| {
        let mut envelope = crate::common::drive::envelope(1);
        change(&mut envelope);
        let kind = kpclient::client::StartKind::Write(caps().0);
        let flags = StartFlags::default();
        let refused = client.start_resending_encrypted_message(kind, envelope, flags);
        refused.map(drop).unwrap_err().status()
    };
    assert_eq!(
        status(&|e| e.ciphertext = bytes::Bytes::new()),
        Status::ARG_EMPTY
    );
    assert_eq!(
        status(&|e| e.descriptor = bytes::Bytes::new()),
        Status::ARG_EMPTY
    );
    assert_eq!(status(&|e| e.ciphertext.truncate(1999)), Status::ARG_SIZE);
    let (cap, _, index) = caps();
    let long = client.encrypt_write(&cap, &index, &[0; 1678]).map(drop);
    assert_eq!(long.unwrap_err().status(), Status::PAYLOAD_TOO_LARGE);
    barrier(&client, &mut local);
    assert!(peer.accept_within(A_WHILE).is_none());
}

#[test]
fn read_box_gives_content_and_next_index() {
    let peer = Peer::current();
    let (client, _local) = connected(&peer);
    let (_, cap, index) = caps();
    let read = start(
        &client,
        client.read_box(&cap, &index, StartFlags::default()),
    );
    let mut lane = peer.welcome();
    Encryptions::at(&peer).answer("encrypt_read", 1);
    let asked = lane.expect(START);
    lane.answer_start(&asked, 0, Some(b"content"));
    let found: ReadBox = read.done().unwrap();
    assert_eq!(&found.plaintext[..], b"content");
    assert!(found.next_index == index.next());
}

#[test]
fn what_is_bound_for_the_mixnet_is_held_back_while_the_daemon_is_offline() {
    let peer = Peer::current();
    let (client, mut local) = connected_with(&peer, peer.config(), &Greeting::offline());
    let write = start_write(&client, 1);
    let mut lane = peer.accept().shake(&Greeting::offline());
    // Local calls go on.
    barrier(&client, &mut local);
    let cancelled = start_write(&client, 2);
    cancelled.cancel();
    assert_eq!(cancelled.status(), Status::CANCELLED);
    lane.send_status(&Greeting::default());
    let asked = lane.expect(START);
    assert_eq!(hash_of(&asked), 1);
    lane.send_status(&Greeting::offline());
    lane.answer_start(&asked, 0, None);
    write.done::<StartResult>().unwrap();
}

#[test]
fn writes_do_not_stand_behind_reads_on_the_one_lane_of_an_old_daemon() {
    let peer = Peer::new(Era::FirstSessions);
    let (client, mut lane) = narrow(&peer);
    let _reads: Vec<Op> = (1..=20).map(|hash| start_read(&client, hash)).collect();
    let asked = lane.expect(START);
    assert!(asked.fields.contains_key("read_cap"));
    let write = start_write(&client, 100);
    lane.answer_start(&asked, 1, None);
    // It comes after few of the reads, though not always as the next: those that the
    // window let go before it was in line go first.
    let before = (0..20).take_while(|_| {
        let asked = lane.expect(START);
        lane.answer_start(&asked, 0, None);
        asked.fields.contains_key("read_cap")
    });
    let before = before.count();
    assert!(before <= 5, "{before} reads went before the write");
    write.done::<StartResult>().unwrap();
}

#[test]
fn copy_commands_go_to_one_courier_and_do_not_fill_the_window() {
    let peer = Peer::current();
    let (client, _local) = narrow(&peer);
    let courier = client.couriers().unwrap()[0].clone();
    let copies: Vec<Op> = (1..=3)
        .map(|seed| {
            let cap = kpclient::bacap::keypair(&[seed; 32]).write_cap;
            start(&client, client.start_resending_copy_command(&cap, None))
        })
        .collect();
    let mut lane = peer.accept().shake(&slow(&peer));
    let mut asked: Vec<_> = (0..3)
        .map(|_| lane.expect("start_resending_copy_command"))
        .collect();
    let write = start_write(&client, 1);
    let start_asked = lane.expect(START);
    lane.answer_start(&start_asked, 0, None);
    write.done::<StartResult>().unwrap();
    // After a cut the same courier is asked again: another knows nothing of it.
    lane.cut();
    let mut lane = peer.accept().shake(&slow(&peer));
    for before in &mut asked {
        let again = lane.expect("start_resending_copy_command");
        assert_eq!(
            again.fields["courier_identity_hash"],
            before.fields["courier_identity_hash"]
        );
        assert_eq!(
            again.fields["courier_queue_id"],
            before.fields["courier_queue_id"]
        );
        *before = again;
    }
    assert!(client.has_identity(&courier.node).unwrap());
    lane.answer(&asked[0], fields([]));
    copies[0].done::<()>().unwrap();
    let failed = fields([
        ("error_code", Value::Integer(26)),
        ("replica_error_code", Value::Integer(1)),
        ("failed_envelope_index", Value::Integer(7)),
    ]);
    lane.answer(&asked[1], failed);
    let failure = copies[1].failure();
    assert_eq!(failure.status(), Status::COPY_FAILED);
    assert_eq!(failure.failed_envelope(), Some(7));
    let hash = kpclient::bacap::keypair(&[3; 32]).write_cap.hash();
    start(&client, client.cancel_resending_copy_command(&hash))
        .done::<()>()
        .unwrap();
    assert_eq!(copies[2].status(), Status::START_RESENDING_CANCELLED);
    let cancel = lane.expect("cancel_resending_copy_command");
    assert_eq!(get::<32>(&cancel.fields, "write_cap_hash"), hash);
}

#[test]
fn a_courier_that_is_not_there_is_refused() {
    let peer = Peer::current();
    let (client, _local) = connected(&peer);
    let cap = caps().0;
    let nobody = Some(crate::common::drive::echo());
    let refused = client.start_resending_copy_command(&cap, nobody).map(drop);
    assert_eq!(refused.unwrap_err().status(), Status::SERVICE_NOT_FOUND);
    next_that(&client.open_sink(1).unwrap(), Some);
}
