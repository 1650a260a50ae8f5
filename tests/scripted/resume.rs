//! A session that is resumed after a lost connection, or could not be: what is cancelled, what
//! is started anew, and what becomes of the replies that waited for it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use kpclient::client::{Client, Level, Log, StartResult};
use kpclient::Status;

use crate::common::drive::{connected, drain, echo, name, next_that, start, start_write};
use crate::common::frames::{fields, get};
use crate::common::peer::{Conn, Greeting, Peer};
use crate::common::LIMIT;

const START: &str = "start_resending_encrypted_message";
const CANCEL: &str = "cancel_resending_encrypted_message";

/// A client whose write lane awaits the reply to a message, so that it resumes.
fn resuming(peer: &Peer) -> Resuming {
    let (client, local) = connected(peer);
    resuming_with(peer, client, local)
}

fn resuming_with(peer: &Peer, client: Arc<Client>, local: Conn) -> Resuming {
    let sink = client.open_sink(4).unwrap();
    let work = client.blocking_send_message(&echo(), b"ping");
    let message = start(&client, work);
    let mut lane = peer.welcome();
    let asked = lane.expect("send_message");
    lane.message_sent(&asked, 60_000_000_000);
    next_that(&sink, |event| (name(&event) == "sent").then_some(()));
    Resuming {
        client,
        local,
        lane,
        message,
        asked,
    }
}

struct Resuming {
    client: Arc<Client>,
    local: Conn,
    lane: Conn,
    message: crate::common::drive::Op,
    asked: crate::common::peer::Asked,
}

#[test]
fn a_resumed_session_cancels_first_and_then_starts_anew() {
    let peer = Peer::current();
    let mut r = resuming(&peer);
    let (one, two) = (start_write(&r.client, 1), start_write(&r.client, 2));
    let old = [r.lane.expect(START), r.lane.expect(START)];
    let token = r.lane.token;
    let cut_at = Instant::now();
    r.lane.cut();
    let mut lane = peer.accept();
    // Sooner, the daemon can give a connection that is open but mute.
    assert!(cut_at.elapsed() >= Duration::from_millis(250));
    lane = lane.shake(&Greeting::resumed());
    assert_eq!(lane.token, token);
    for hash in [1, 2] {
        let cancel = lane.expect(CANCEL);
        assert_eq!(get::<32>(&cancel.fields, "envelope_hash"), [hash; 32]);
        lane.answer(&cancel, fields([]));
    }
    let new = [lane.expect(START), lane.expect(START)];
    assert_ne!(old[0].query(), new[0].query());
    // The effect of the cancel is told to the old start, and means nothing.
    lane.answer_start(&old[0], 24, None);
    assert!(one.runs());
    lane.answer_start(&new[0], 0, None);
    one.done::<StartResult>().unwrap();
    // A late result on an old id counts; what still runs is then cancelled.
    lane.answer_start(&old[1], 0, None);
    two.done::<StartResult>().unwrap();
    let probe = lane.expect("new_keypair");
    lane.answer_keypair(&probe);
    let cancel = lane.expect(CANCEL);
    assert_eq!(get::<32>(&cancel.fields, "envelope_hash"), [2; 32]);
    lane.answer_start(&new[1], 24, None);
    lane.message_reply(&r.asked, b"pong");
    assert_eq!(&r.message.done::<bytes::Bytes>().unwrap()[..4], b"pong");
}

#[test]
fn a_resumption_that_was_cut_is_not_tried_again_at_once() {
    let peer = Peer::current();
    let r = resuming(&peer);
    let token = r.lane.token;
    r.lane.cut();
    for _ in 0..3 {
        let mut lane = peer.accept();
        lane.greet(&Greeting::default());
        lane.take_token();
        assert_eq!(lane.token, token);
        let cut_at = Instant::now();
        lane.cut();
        let lane = peer.accept();
        // The daemon may hold the connection before for the session's own till then.
        assert!(cut_at.elapsed() >= Duration::from_millis(250));
        lane.cut();
    }
    drop(r.local);
}

#[test]
fn a_reply_queued_while_away_counts_also_if_the_admission_never_comes() {
    let peer = Peer::current();
    let r = resuming(&peer);
    r.lane.cut();
    let mut lane = peer.accept();
    lane.greet(&Greeting::default());
    lane.take_token();
    lane.message_reply(&r.asked, b"pong");
    lane.cut();
    // The daemon does not say it again.
    assert_eq!(&r.message.done::<bytes::Bytes>().unwrap()[..4], b"pong");
    drop(r.local);
}

#[test]
fn a_reply_queued_while_away_counts_also_if_the_client_leaves_before_the_admission() {
    let peer = Peer::current();
    let (told, heard) = std::sync::mpsc::channel();
    let log = Log::new(
        Level::Trace,
        Arc::new(move |_, line| {
            if line.contains("received message_reply_event") {
                told.send(()).unwrap();
            }
        }),
    );
    let client = Arc::new(Client::new(peer.config(), log, || ()).unwrap());
    let connecting = start(&client, client.connect());
    let local = peer.welcome();
    connecting.done::<()>().unwrap();
    let r = resuming_with(&peer, client, local);
    r.lane.cut();
    let mut lane = peer.accept();
    lane.greet(&Greeting::default());
    lane.take_token();
    lane.message_reply(&r.asked, b"pong");
    heard.recv_timeout(LIMIT).unwrap();
    r.client.disconnect().unwrap();
    assert_eq!(&r.message.done::<bytes::Bytes>().unwrap()[..4], b"pong");
    drop((lane, r.local));
}

#[test]
fn a_reply_queued_while_away_comes_before_the_admission() {
    let peer = Peer::current();
    let r = resuming(&peer);
    r.lane.cut();
    let mut lane = peer.accept();
    lane.greet(&Greeting::default());
    lane.take_token();
    lane.message_reply(&r.asked, b"pong");
    lane.admit(true);
    assert_eq!(&r.message.done::<bytes::Bytes>().unwrap()[..4], b"pong");
    drop(r.local);
}

#[test]
fn a_resumed_session_that_is_mute_is_given_up() {
    let peer = Peer::current();
    let r = resuming(&peer);
    let sink = r.client.open_sink(16).unwrap();
    let token = r.lane.token;
    r.lane.cut();
    let mut mute = peer.welcome_back();
    assert_eq!(mute.token, token);
    mute.expect("new_keypair");
    mute.expect_end();
    let fresh = peer.welcome();
    assert_ne!(fresh.token, token);
    assert_eq!(r.message.status(), Status::CONNECTION_LOST);
    // From outside it was one client, reachable all the time.
    assert_eq!(drain(&sink), ["online", "document"]);
    drop((fresh, r.local));
}

#[test]
fn a_session_that_is_gone_takes_the_awaited_replies_with_it() {
    let peer = Peer::current();
    let r = resuming(&peer);
    let token = r.lane.token;
    r.lane.cut();
    let lane = peer.welcome();
    assert_eq!(lane.token, token, "it tries to resume");
    assert_eq!(r.message.status(), Status::CONNECTION_LOST);
    drop(r.local);
}

#[test]
fn a_lane_that_was_left_resumes_its_session_too() {
    let peer = Peer::current();
    let r = resuming(&peer);
    let token = r.lane.token;
    r.client.disconnect().unwrap();
    let connecting = start(&r.client, r.client.connect());
    let local = peer.welcome();
    assert_ne!(local.token, r.local.token);
    connecting.done::<()>().unwrap();
    let mut lane = peer.accept();
    lane.greet(&Greeting::default());
    lane.take_token();
    assert_eq!(lane.token, token);
    lane.message_reply(&r.asked, b"pong");
    lane.admit(true);
    r.message.done::<bytes::Bytes>().unwrap();
}

#[test]
fn an_operation_cancelled_while_the_daemon_is_away_ends_at_once() {
    let peer = Peer::current();
    let mut r = resuming(&peer);
    let write = start_write(&r.client, 1);
    let old = r.lane.expect(START);
    r.lane.cut();
    next_that(&r.client.open_sink(4).unwrap(), Some);
    write.cancel();
    assert_eq!(write.status(), Status::CANCELLED);
    // The daemon goes on with it in the session that is resumed, so it is told then.
    let mut lane = peer.welcome_back();
    let cancel = lane.expect(CANCEL);
    lane.answer(&cancel, fields([]));
    lane.answer_start(&old, 24, None);
    let probe = lane.expect("new_keypair");
    lane.answer_keypair(&probe);
    drop(r.local);
}
