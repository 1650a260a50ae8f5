//! After a lost connection: what is sent again, how, and what is told.

use std::time::{Duration, Instant};

use kpclient::bacap::Keypair;
use kpclient::client::{StartResult, Timeout};
use kpclient::Status;

use crate::common::drive::{
    barrier, connected, connected_with, drain, echo, name, next, start, start_read, start_within,
    start_write, A_WHILE,
};
use crate::common::frames::{bytes, fields, get, Era};
use crate::common::peer::{Greeting, Peer};

const START: &str = "start_resending_encrypted_message";
const CANCEL: &str = "cancel_resending_encrypted_message";

#[test]
fn a_lost_connection_is_made_again_and_told_once() {
    let peer = Peer::current();
    let (client, conn) = connected(&peer);
    let sink = client.open_sink(16).unwrap();
    assert_eq!(drain(&sink), ["online", "document"]);
    conn.cut();
    assert_eq!(name(&next(&sink)), "lost");
    assert!(!client.is_connected());
    let mut conn = peer.welcome();
    barrier(&client, &mut conn);
    assert_eq!(drain(&sink), ["online", "resumed"]);
    assert!(client.is_connected());
}

#[test]
fn another_daemon_process_is_told_as_a_restart() {
    let peer = Peer::current();
    let (client, conn) = connected(&peer);
    let sink = client.open_sink(16).unwrap();
    conn.cut();
    let greeting = Greeting {
        instance: Some([9; 16]),
        ..Greeting::default()
    };
    let mut conn = peer.accept().shake(&greeting);
    barrier(&client, &mut conn);
    assert_eq!(
        drain(&sink),
        ["online", "document", "lost", "online", "restarted"]
    );
}

#[test]
fn an_announced_end_is_graceful() {
    let peer = Peer::current();
    let (client, mut conn) = connected(&peer);
    let sink = client.open_sink(16).unwrap();
    conn.send_message("shutdown_event", &fields([]));
    conn.cut();
    let events: Vec<_> = (0..4).map(|_| name(&next(&sink))).collect();
    assert_eq!(events, ["online", "document", "shutdown", "left"]);
    drop(client);
}

#[test]
fn every_session_has_a_token_of_its_own() {
    let peer = Peer::current();
    let (_client, mut conn) = connected(&peer);
    let mut tokens = Vec::new();
    for _ in 0..4 {
        assert!(!tokens.contains(&conn.token));
        tokens.push(conn.token);
        conn.cut();
        conn = peer.welcome();
    }
}

#[test]
fn attempts_go_on_until_the_daemon_is_there() {
    let peer = Peer::current();
    let (client, conn) = connected(&peer);
    conn.cut();
    for _ in 0..5 {
        peer.accept().cut();
    }
    let mut garbage = peer.accept();
    garbage.send_raw(&[0xff; 100]);
    garbage.expect_end();
    let mut conn = peer.welcome();
    barrier(&client, &mut conn);
}

#[test]
fn a_frame_of_garbage_ends_the_connection_and_nothing_else() {
    let peer = Peer::current();
    let (client, mut conn) = connected(&peer);
    let call = start(&client, client.new_keypair_remote(&[1; 32]));
    conn.expect("new_keypair");
    for garbage in [&b"\0\0\0\x03abc"[..], &[0, 0, 0, 0], &[0xff; 8]] {
        conn.send_raw(garbage);
        conn.expect_end();
        conn = peer.welcome();
        let again = conn.expect("new_keypair");
        if garbage[0] == 0xff {
            conn.answer_keypair(&again);
        }
    }
    call.done::<Keypair>().unwrap();
}

#[test]
fn local_calls_are_sent_again_in_their_order() {
    let peer = Peer::current();
    let (client, mut conn) = connected(&peer);
    let calls: Vec<_> = (0..3)
        .map(|n| start(&client, client.new_keypair_remote(&[n; 32])))
        .collect();
    let first = conn.expect("new_keypair");
    conn.answer_keypair(&first);
    calls[0].done::<Keypair>().unwrap();
    conn.expect("new_keypair");
    conn.cut();
    let away = start(&client, client.get_pki_document(5));
    let mut conn = peer.welcome();
    for seed in [1, 2] {
        let asked = conn.expect("new_keypair");
        assert_eq!(get::<32>(&asked.fields, "seed"), [seed; 32]);
        conn.answer_keypair(&asked);
    }
    calls[1].done::<Keypair>().unwrap();
    calls[2].done::<Keypair>().unwrap();
    let asked = conn.expect("get_pki_document");
    conn.refuse(&asked, 10);
    assert_eq!(away.status(), Status::DAEMON_SERVICE_UNAVAILABLE);
}

#[test]
fn what_a_downgraded_daemon_does_not_know_is_not_sent_to_it() {
    let mut peer = Peer::current();
    let (client, conn) = connected(&peer);
    conn.cut();
    let call = start(&client, client.get_pki_document(5));
    peer.era = Era::Channels;
    let mut conn = peer.welcome();
    assert_eq!(call.status(), Status::UNSUPPORTED);
    let message = client.send_message(&[1; 16], &echo(), b"x").unwrap();
    message.block(Timeout::Forever).unwrap();
    conn.expect("send_message");
}

#[test]
fn starts_that_a_downgraded_daemon_does_not_know_fail() {
    let mut peer = Peer::current();
    let (client, _local) = connected(&peer);
    let read = start_read(&client, 1);
    let mut lane = peer.welcome();
    lane.expect(START);
    lane.cut();
    peer.era = Era::Channels;
    let _lane = peer.welcome();
    assert_eq!(read.status(), Status::UNSUPPORTED);
}

#[test]
fn starts_are_sent_again_under_a_fresh_token_with_a_new_query_id() {
    let peer = Peer::current();
    let (client, _local) = connected(&peer);
    let write = start_write(&client, 1);
    let mut lane = peer.welcome();
    let first = lane.expect(START);
    let token = lane.token;
    lane.cut();
    let mut lane = peer.welcome();
    assert_ne!(lane.token, token);
    let again = lane.expect(START);
    assert_ne!(again.query(), first.query());
    let mut same = again.fields.clone();
    same.insert("query_id".into(), bytes(&first.query()));
    assert_eq!(same, first.fields);
    // The first sending belongs to a session that is gone.
    lane.answer_start(&first, 2, None);
    assert!(write.runs());
    lane.answer_start(&again, 0, None);
    write.done::<StartResult>().unwrap();
}

#[test]
fn starts_keep_their_order_over_a_cut() {
    let peer = Peer::current();
    let (client, _local) = connected(&peer);
    let ops: Vec<_> = (1..=6).map(|hash| start_write(&client, hash)).collect();
    let mut lane = peer.welcome();
    lane.expect(START);
    lane.cut();
    let mut lane = peer.welcome();
    for (hash, op) in (1..).zip(&ops) {
        let asked = lane.expect(START);
        assert_eq!(get::<32>(&asked.fields, "envelope_hash"), [hash; 32]);
        lane.answer_start(&asked, 0, None);
        op.done::<StartResult>().unwrap();
    }
}

#[test]
fn what_is_cancelled_while_away_is_not_sent_under_a_fresh_token() {
    let peer = Peer::current();
    let (client, _local) = connected(&peer);
    let write = start_write(&client, 1);
    let mut lane = peer.welcome();
    lane.expect(START);
    lane.cut();
    write.cancel();
    assert_eq!(write.status(), Status::CANCELLED);
    let other = start_write(&client, 2);
    let mut lane = peer.welcome();
    let asked = lane.expect(START);
    assert_eq!(get::<32>(&asked.fields, "envelope_hash"), [2; 32]);
    lane.answer_start(&asked, 0, None);
    other.done::<StartResult>().unwrap();
}

/// Broken by leaving the cancels' time limits in force without a connection: the lane's
/// task then looks after them without end and never shakes hands.
#[test]
fn a_cancel_that_falls_due_while_the_daemon_is_away_does_not_keep_the_lane_from_coming_back() {
    let peer = Peer::current();
    let (client, mut local) = connected(&peer);
    let write = start_write(&client, 1);
    let mut lane = peer.welcome();
    lane.expect(START);
    write.cancel();
    lane.expect(CANCEL);
    lane.cut();
    let lane = peer.accept();
    // Longer than a cancel waits for its effect.
    let limit = Timeout::After(Duration::from_millis(1500));
    let patience = start_within(&client, client.new_keypair_remote(&[1; 32]), limit);
    local.expect("new_keypair");
    assert_eq!(patience.status(), Status::TIMEOUT);
    let other = start_write(&client, 2);
    let mut lane = lane.shake(&Greeting::default());
    let asked = lane.expect(START);
    assert_eq!(get::<32>(&asked.fields, "envelope_hash"), [2; 32]);
    lane.answer_start(&asked, 0, None);
    other.done::<StartResult>().unwrap();
}

#[test]
fn disconnect_keeps_what_waits_until_the_next_connect() {
    let peer = Peer::current();
    let (client, mut conn) = connected(&peer);
    let sink = client.open_sink(16).unwrap();
    let call = start(&client, client.new_keypair_remote(&[1; 32]));
    conn.expect("new_keypair");
    client.disconnect().unwrap();
    client.disconnect().unwrap();
    conn.expect_end(); // without a goodbye
    assert!(!client.is_attached());
    let later = start(&client, client.new_keypair_remote(&[2; 32]));
    assert!(peer.accept_within(A_WHILE).is_none());
    assert!(call.runs() && later.runs());
    let connecting = start(&client, client.connect());
    // Calls go on waiting while it connects again.
    let third = start(&client, client.new_keypair_remote(&[3; 32]));
    let mut conn = peer.welcome();
    connecting.done::<()>().unwrap();
    for op in [call, later, third] {
        let asked = conn.expect("new_keypair");
        conn.answer_keypair(&asked);
        op.done::<Keypair>().unwrap();
    }
    assert_eq!(
        drain(&sink),
        ["online", "document", "left", "online", "resumed"]
    );
}

#[test]
fn a_long_absence_is_waited_out_with_back_off() {
    let peer = Peer::current();
    let mut config = peer.config();
    config.reconnect_min = Duration::from_millis(20);
    config.reconnect_max = Duration::from_secs(60);
    let (_client, conn) = connected_with(&peer, config, &Greeting::default());
    let begun = Instant::now();
    conn.cut();
    for _ in 0..5 {
        peer.accept().cut();
    }
    // 20 + 40 + 80 + 160 + 320 ms, each shortened by a quarter at most.
    assert!(begun.elapsed() >= Duration::from_millis(620 * 3 / 4));
}
