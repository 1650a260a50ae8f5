//! Connecting: the handshake with daemons of three eras, and with what is no daemon.

use std::sync::{Arc, Mutex, Weak};
use std::time::{Duration, Instant};

use kpclient::bacap::Keypair;
use kpclient::client::{Client, Level, Log, StartResult, Timeout};
use kpclient::config::Dial;
use kpclient::Status;
use serde_cbor::Value;

use crate::common::drive::{
    barrier, client, connected, connected_with, drain, start, start_read, start_within,
    start_write, try_start, A_WHILE,
};
use crate::common::frames::{bytes, fields, int, Era};
use crate::common::peer::{Conn, Greeting, Peer};

#[test]
fn shakes_hands_with_daemons_of_three_eras() {
    for era in Era::ALL {
        let peer = Peer::new(era);
        let (client, mut conn) = connected(&peer);
        assert!(client.is_attached(), "{era:?}");
        assert!(client.is_connected(), "{era:?}");
        assert!(client.pki_document().is_ok(), "{era:?}");
        let has_token = client.status().instance_token.is_some();
        assert_eq!(has_token, era != Era::Channels);
        let closing = std::thread::spawn(move || client.close());
        conn.expect_goodbye();
        drop(conn);
        closing.join().unwrap();
    }
}

#[test]
fn shakes_hands_over_tcp() {
    let peer = Peer::tcp(Era::Current);
    let (client, mut conn) = connected(&peer);
    barrier(&client, &mut conn);
}

#[test]
fn a_daemon_without_document_or_mixnet_is_no_error() {
    let peer = Peer::current();
    let greeting = Greeting {
        document: Some(Value::Null),
        ..Greeting::offline()
    };
    let (client, _conn) = connected_with(&peer, peer.config(), &greeting);
    assert!(client.is_attached());
    assert!(!client.is_connected());
    let missing = client.pki_document().map(drop).unwrap_err();
    assert_eq!(missing.status(), Status::NO_PKI_DOCUMENT);
}

#[test]
fn events_and_replies_between_token_and_admission_are_told() {
    let peer = Peer::current();
    let client = client(peer.config());
    let sink = client.open_sink(16).unwrap();
    let connecting = start(&client, client.connect());
    let mut conn = peer.accept();
    conn.greet(&Greeting::default());
    conn.take_token();
    conn.send_message("message_reply_event", &reply_of_somebody());
    conn.send_status(&Greeting::offline());
    conn.admit(false);
    connecting.done::<()>().unwrap();
    assert_eq!(drain(&sink), ["online", "document", "reply", "offline"]);
    assert!(!client.is_connected());
}

fn reply_of_somebody() -> crate::common::frames::Fields {
    fields([
        ("message_id", bytes(&[9; 16])),
        ("surbid", bytes(&[8; 16])),
        ("payload", bytes(b"kept for you")),
        ("error_code", int(0)),
    ])
}

#[test]
fn a_first_frame_that_is_held_back_is_awaited() {
    let peer = Peer::current();
    let client = client(peer.config());
    let connecting = start(&client, client.connect());
    let conn = peer.accept();
    let early = connecting.runs();
    let _conn = conn.shake(&Greeting::default());
    connecting.done::<()>().unwrap();
    assert!(early);
}

#[test]
fn nothing_is_sent_before_the_handshake_is_over() {
    let peer = Peer::current();
    let (client, conn) = connected(&peer);
    conn.cut();
    let mut conn = peer.accept();
    // Asked while the handshake goes on; it must come after the token.
    let asked = start(&client, client.new_keypair_remote(&[1; 32]));
    conn.greet(&Greeting::default());
    conn.take_token();
    let also_asked = start(&client, client.new_keypair_remote(&[2; 32]));
    conn.admit(false);
    for _ in 0..2 {
        let request = conn.expect("new_keypair");
        conn.answer_keypair(&request);
    }
    asked.done::<Keypair>().unwrap();
    also_asked.done::<Keypair>().unwrap();
}

#[test]
fn a_request_at_once_after_connect_is_answered() {
    let peer = Peer::current();
    for _ in 0..20 {
        let (client, mut conn) = connected(&peer);
        barrier(&client, &mut conn);
    }
}

#[test]
fn calls_fail_before_connect_and_after_close() {
    let peer = Peer::current();
    let client = client(peer.config());
    let status = |client: &std::sync::Arc<kpclient::client::Client>| {
        let tried = try_start(
            client,
            client.new_keypair_remote(&[1; 32]),
            Timeout::Forever,
        );
        tried.map(drop).unwrap_err().status()
    };
    assert_eq!(status(&client), Status::NOT_CONNECTED);
    assert_eq!(
        client.disconnect().unwrap_err().status(),
        Status::NOT_CONNECTED
    );
    client.close();
    client.close();
    assert_eq!(status(&client), Status::CLOSED);
    assert_eq!(client.disconnect().unwrap_err().status(), Status::CLOSED);
    assert_eq!(
        client.connect().map(drop).unwrap_err().status(),
        Status::CLOSED
    );
    assert_eq!(
        client.open_sink(1).map(drop).unwrap_err().status(),
        Status::CLOSED
    );
}

#[test]
fn connecting_twice_is_refused() {
    let peer = Peer::current();
    let client = client(peer.config());
    let connecting = start(&client, client.connect());
    let again = client.connect().map(drop).unwrap_err();
    assert_eq!(again.status(), Status::ALREADY_CONNECTED);
    let _conn = peer.welcome();
    connecting.done::<()>().unwrap();
    let again = client.connect().map(drop).unwrap_err();
    assert_eq!(again.status(), Status::ALREADY_CONNECTED);
}

#[test]
fn a_socket_that_is_not_there_is_told_with_its_errno() {
    let peer = Peer::current();
    let mut config = peer.config();
    config.dial = Some(Dial::Unix {
        path: "/nonexistent/kpclientd.sock".into(),
    });
    let client = client(config);
    for _ in 0..2 {
        let failure = start(&client, client.connect()).failure();
        assert_eq!(failure.status(), Status::CONNECT);
        assert_eq!(failure.errno(), Some(2));
    }
}

/// How connecting ends where the peer does `play`.
fn refused(play: impl FnOnce(&mut Conn)) -> Status {
    let peer = Peer::current();
    let client = client(peer.config());
    let connecting = start(&client, client.connect());
    let mut conn = peer.accept();
    play(&mut conn);
    let status = connecting.status();
    assert!(!client.is_attached());
    // The failure leaves the client as it was: it can try again.
    let connecting = start(&client, client.connect());
    let _conn = peer.welcome();
    connecting.done::<()>().unwrap();
    status
}

#[test]
fn a_peer_that_is_no_daemon_is_recognised() {
    let raw = |bytes: &'static [u8]| refused(move |conn| conn.send_raw(bytes));
    assert_eq!(raw(b"HTTP/1.1 400 Bad Request\r\n\r\n"), Status::HANDSHAKE);
    assert_eq!(raw(&[0, 0, 0, 0]), Status::HANDSHAKE);
    assert_eq!(raw(&[0xff; 64]), Status::HANDSHAKE);
    assert_eq!(raw(b"\0\0\0\x05hello"), Status::HANDSHAKE);
    assert_eq!(raw(&[0, 0, 0, 1, 0xa0]), Status::HANDSHAKE);
    let [_, (key, document)] = Era::Current.greeting();
    let document_first = refused(move |conn| conn.send_message(key, document));
    assert_eq!(document_first, Status::HANDSHAKE);
    let [(key, status), _] = Era::Current.greeting();
    let status_twice = refused(move |conn| {
        conn.send_message(key, status);
        conn.send_message(key, status);
    });
    assert_eq!(status_twice, Status::HANDSHAKE);
}

#[test]
fn a_peer_that_talks_without_end_is_not_listened_to_for_ever() {
    let status = refused(|conn| {
        conn.greet(&Greeting::default());
        conn.take_token();
        for _ in 0..5000 {
            conn.send_cbor(&[0xa0]);
        }
    });
    assert_eq!(status, Status::HANDSHAKE);
}

#[test]
fn a_peer_that_closes_at_once_has_lost_the_connection() {
    let peer = Peer::current();
    let client = client(peer.config());
    let connecting = start(&client, client.connect());
    peer.accept().cut();
    assert_eq!(connecting.status(), Status::CONNECTION_LOST);
}

#[test]
fn a_peer_that_closes_at_any_byte_of_the_handshake_never_confuses() {
    let [(status_key, status), (document_key, document)] = Era::Current.greeting();
    let mut document = document.clone();
    document.insert("payload".into(), Value::Null);
    let frame = |key: &str, fields| {
        let cbor = Era::Current.frame(key, fields);
        let mut frame = u32::try_from(cbor.len()).unwrap().to_be_bytes().to_vec();
        frame.extend(cbor);
        frame
    };
    let mut whole = frame(status_key, status);
    whole.extend(frame(document_key, &document));
    let admission = frame(
        "session_token_reply",
        &fields([("app_id", bytes(&[7; 16])), ("resumed", Value::Bool(false))]),
    );
    let peer = Peer::current();
    let client = client(peer.config());
    let connect_to = |play: &dyn Fn(&mut Conn)| {
        let connecting = start(&client, client.connect());
        let mut conn = peer.accept();
        play(&mut conn);
        conn.cut();
        assert_eq!(connecting.status(), Status::CONNECTION_LOST);
    };
    for length in 0..whole.len() {
        connect_to(&|conn| conn.send_raw(&whole[..length]));
    }
    for length in 0..admission.len() {
        connect_to(&|conn| {
            conn.send_raw(&whole);
            conn.take_token();
            conn.send_raw(&admission[..length]);
        });
    }
}

#[test]
fn connecting_ends_in_time_and_can_be_tried_again() {
    let peer = Peer::current();
    let client = client(peer.config());
    let limit = Timeout::After(Duration::from_millis(50));
    let connecting = start_within(&client, client.connect(), limit);
    let _silent = peer.accept();
    assert_eq!(connecting.status(), Status::TIMEOUT);
    let begun = Instant::now();
    let blocking = client.connect().unwrap().block(limit).unwrap_err();
    assert_eq!(blocking.status(), Status::TIMEOUT);
    assert!(begun.elapsed() < Duration::from_secs(10));
    drop(peer.accept());
    let connecting = start(&client, client.connect());
    let _conn = peer.welcome();
    connecting.done::<()>().unwrap();
}

#[test]
fn connecting_can_be_cancelled_left_and_closed() {
    let peer = Peer::current();
    let client = client(peer.config());
    let connecting = start(&client, client.connect());
    let mut silent = peer.accept();
    connecting.cancel();
    assert_eq!(connecting.status(), Status::CANCELLED);
    silent.expect_end();
    let connecting = start(&client, client.connect());
    let mut silent = peer.accept();
    client.disconnect().unwrap();
    assert_eq!(connecting.status(), Status::CANCELLED);
    silent.expect_end();
    // It was never connected, so calls fail as before.
    let early = client.new_keypair_remote(&[1; 32]).map(drop).unwrap_err();
    assert_eq!(early.status(), Status::NOT_CONNECTED);
    let connecting = start(&client, client.connect());
    let mut silent = peer.accept();
    client.close();
    assert_eq!(connecting.status(), Status::CLOSED);
    silent.expect_end();
}

#[test]
fn work_that_is_never_begun_does_not_hold_the_client() {
    let peer = Peer::current();
    let client = client(peer.config());
    drop(client.connect().unwrap());
    let connecting = start(&client, client.connect());
    let _conn = peer.welcome();
    connecting.done::<()>().unwrap();
}

#[test]
fn lanes_are_opened_when_they_are_needed() {
    let peer = Peer::current();
    let (client, mut conn) = connected(&peer);
    barrier(&client, &mut conn);
    assert!(peer.accept_within(A_WHILE).is_none());
    let read = start_read(&client, 1);
    let mut lane = peer.welcome();
    assert_ne!(lane.token, conn.token);
    let asked = lane.expect("start_resending_encrypted_message");
    lane.answer_start(&asked, 1, None);
    assert_eq!(read.status(), Status::BOX_ID_NOT_FOUND);
}

#[test]
fn an_old_daemon_gets_one_lane() {
    let peer = Peer::new(Era::FirstSessions);
    let (client, mut conn) = connected(&peer);
    let read = start_read(&client, 1);
    let asked = conn.expect("start_resending_encrypted_message");
    conn.answer_start(&asked, 1, None);
    assert_eq!(read.status(), Status::BOX_ID_NOT_FOUND);
    assert!(peer.accept_within(A_WHILE).is_none());
}

/// Broken where the lanes that work waits for are opened by the operation that connects: at
/// that very moment it can be over.
#[test]
fn a_connect_that_is_cancelled_as_it_succeeds_leaves_no_work_behind() {
    let peer = Peer::current();
    let target = Arc::new(Mutex::new(None::<(Weak<Client>, u64)>));
    let armed = Arc::clone(&target);
    let log = Log::new(
        Level::Info,
        Arc::new(move |_, line| {
            let target = line
                .starts_with("Local lane: connected")
                .then(|| armed.lock().unwrap().take());
            if let Some((client, op)) = target.flatten() {
                client.upgrade().unwrap().cancel(op).unwrap();
            }
        }),
    );
    let client = Arc::new(Client::new(peer.config(), log, || ()).unwrap());
    let connecting = start(&client, client.connect());
    let local = peer.welcome();
    connecting.done::<()>().unwrap();
    let write = start_write(&client, 1);
    let mut lane = peer.welcome();
    lane.expect("start_resending_encrypted_message");
    client.disconnect().unwrap();
    let connecting = start(&client, client.connect());
    *target.lock().unwrap() = Some((Arc::downgrade(&client), connecting.id));
    let local = (local, peer.welcome());
    assert_eq!(connecting.status(), Status::CANCELLED);
    let mut lane = peer.welcome();
    let asked = lane.expect("start_resending_encrypted_message");
    lane.answer_start(&asked, 0, None);
    write.done::<StartResult>().unwrap();
    drop(local);
}
