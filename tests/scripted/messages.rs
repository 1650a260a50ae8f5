//! Plain messages: sent once, and their fate is told, not guessed.

use bytes::Bytes;
use kpclient::client::{Client, Destination, Event, Timeout};
use kpclient::{Error, Status};

use crate::common::drive::{
    barrier, connected, connected_with, drain, echo, name, next, next_that, start, start_within,
    A_WHILE,
};
use crate::common::frames::{get, int, Era};
use crate::common::peer::{Greeting, Peer};

fn send(client: &Client, surb: u8, payload: &[u8]) -> [u8; 16] {
    let work = client.send_message(&[surb; 16], &echo(), payload).unwrap();
    work.block(Timeout::Forever).unwrap()
}

#[test]
fn a_message_is_sent_and_its_reply_told() {
    let peer = Peer::current();
    let (client, _local) = connected(&peer);
    let sink = client.open_sink(16).unwrap();
    let id = send(&client, 5, b"ping");
    let mut lane = peer.welcome();
    let asked = lane.expect("send_message");
    assert_eq!(get::<16>(&asked.fields, "id"), id);
    assert_eq!(get::<16>(&asked.fields, "surbid"), [5; 16]);
    assert_eq!(get::<4>(&asked.fields, "payload"), *b"ping");
    assert!(asked.flag("with_surb"));
    lane.message_sent(&asked, 1_000_000_000);
    lane.message_reply(&asked, b"pong");
    lane.message_reply(&asked, b"pong"); // the second is nobody's
    let sent = next_that(&sink, |event| match event {
        Event::MessageSent(sent) => Some(sent),
        _ => None,
    });
    assert_eq!((sent.message_id, sent.surb_id), (Some(id), Some([5; 16])));
    assert_eq!(sent.reply_eta_ns, 1_000_000_000);
    let Event::MessageReply(reply) = next(&sink) else {
        panic!("no reply");
    };
    assert_eq!((reply.message_id, reply.surb_id), (Some(id), Some([5; 16])));
    assert_eq!(&reply.payload[..], b"pong");
    lane.send_status(&Greeting::offline()); // not the leading lane: nothing to tell
    assert!(sink.next(Timeout::After(A_WHILE)).unwrap().is_none());
}

#[test]
fn a_message_can_be_sent_without_waiting_and_inside_a_callback() {
    let peer = Peer::current();
    let (client, _local) = connected(&peer);
    let work = client.send_message(&[1; 16], &echo(), b"x").unwrap();
    work.block(Timeout::Poll).unwrap();
    let mut lane = peer.welcome();
    let asked = lane.expect("send_message");
    let sink = client.open_sink(16).unwrap();
    let sender = client.clone();
    let on_reply = move |event| {
        if let Event::MessageReply(_) = event {
            send(&sender, 2, b"and again");
        }
    };
    sink.on_event(Box::new(on_reply)).unwrap();
    lane.message_sent(&asked, 1_000_000);
    lane.message_reply(&asked, b"pong");
    let again = lane.expect("send_message");
    assert_eq!(get::<16>(&again.fields, "surbid"), [2; 16]);
    sink.close(); // it holds the client
}

#[test]
fn an_awaited_reply_goes_to_its_caller_alone() {
    let peer = Peer::current();
    let (client, _local) = connected(&peer);
    let sink = client.open_sink(16).unwrap();
    let exchange = start(&client, client.blocking_send_message(&echo(), b"ping"));
    let mut lane = peer.welcome();
    let asked = lane.expect("send_message");
    lane.message_sent(&asked, 1_000_000_000);
    lane.message_reply(&asked, b"pong");
    assert_eq!(exchange.done::<Bytes>().unwrap(), &b"pong"[..]);
    assert_eq!(drain(&sink), ["online", "document", "sent"]);
}

#[test]
fn a_reply_can_be_an_error() {
    let peer = Peer::current();
    let (client, _local) = connected(&peer);
    let exchange = start(&client, client.blocking_send_message(&echo(), b"ping"));
    let mut lane = peer.welcome();
    let asked = lane.expect("send_message");
    let mut event = asked.fields.clone();
    event.retain(|name, _| name == "surbid");
    event.insert("message_id".into(), asked.fields["id"].clone());
    event.insert("error_code".into(), int(5));
    lane.send_message("message_reply_event", &event);
    assert_eq!(exchange.status(), Status::DAEMON_MAX_RETRIES);
}

#[test]
fn what_the_daemon_could_not_send_is_told_with_its_words() {
    let peer = Peer::current();
    let (client, _local) = connected(&peer);
    let sink = client.open_sink(16).unwrap();
    let exchange = start(&client, client.blocking_send_message(&echo(), b"ping"));
    let mut lane = peer.welcome();
    let asked = lane.expect("send_message");
    lane.message_failed(&asked, "no such service");
    let failure = exchange.failure();
    assert_eq!(failure.status(), Status::MESSAGE_SEND_FAILED);
    assert!(failure.message().contains("no such service"));
    send(&client, 2, b"once more");
    let asked = lane.expect("send_message");
    lane.message_failed(&asked, "no such service");
    let told = next_that(&sink, |event| match event {
        Event::MessageSent(sent) if sent.surb_id == Some([2; 16]) => sent.error,
        _ => None,
    });
    assert_eq!(told.status(), Status::MESSAGE_SEND_FAILED);
}

#[test]
fn bad_messages_are_refused_before_anything_is_sent() {
    let peer = Peer::current();
    let (client, _local) = connected(&peer);
    let status = |to: &Destination, payload: &[u8]| {
        let refused = client.send_message(&[1; 16], to, payload).map(drop);
        refused.map_err(|e: Error| e.status()).unwrap_err()
    };
    assert_eq!(status(&echo(), &[0; 2001]), Status::PAYLOAD_TOO_LARGE);
    for length in [0, 33] {
        let queue = vec![b'q'; length];
        assert_eq!(
            status(&Destination { queue, ..echo() }, b""),
            Status::ARG_SIZE
        );
    }
    assert!(client.send_message(&[1; 16], &echo(), &[0; 2000]).is_ok());
    assert!(peer.accept_within(A_WHILE).is_none());
}

#[test]
fn a_daemon_that_is_offline_gets_no_message() {
    let peer = Peer::current();
    let (client, mut conn) = connected_with(&peer, peer.config(), &Greeting::offline());
    let sink = client.open_sink(4).unwrap();
    let refused = client.send_message(&[1; 16], &echo(), b"x").map(drop);
    assert_eq!(refused.unwrap_err().status(), Status::OFFLINE);
    conn.send_status(&Greeting::default());
    next_that(&sink, |event| (name(&event) == "online").then_some(()));
    send(&client, 1, b"x");
    let mut lane = peer.welcome();
    lane.expect("send_message");
}

#[test]
fn messages_wait_for_a_lane_that_is_offline() {
    let peer = Peer::current();
    let (client, _local) = connected(&peer);
    send(&client, 1, b"one");
    send(&client, 2, b"two");
    let mut lane = peer.accept().shake(&Greeting::offline());
    lane.send_status(&Greeting::default());
    for payload in [b"one", b"two"] {
        let asked = lane.expect("send_message");
        assert_eq!(&get::<3>(&asked.fields, "payload"), payload);
        lane.message_sent(&asked, 1);
    }
}

#[test]
fn a_cut_before_the_sent_event_ends_a_message_at_once() {
    let peer = Peer::current();
    let (client, _local) = connected(&peer);
    let sink = client.open_sink(16).unwrap();
    let exchange = start(&client, client.blocking_send_message(&echo(), b"one"));
    let mut lane = peer.welcome();
    lane.expect("send_message");
    let id = send(&client, 2, b"two");
    lane.expect("send_message");
    lane.cut();
    let failure = exchange.failure();
    assert_eq!(failure.status(), Status::CONNECTION_LOST);
    let told = next_that(&sink, |event| match event {
        Event::MessageSent(sent) => Some(sent),
        _ => None,
    });
    assert_eq!((told.message_id, told.surb_id), (Some(id), Some([2; 16])));
    assert_eq!(told.error.unwrap().status(), Status::CONNECTION_LOST);
    // It is never sent twice.
    let mut lane = peer.welcome();
    send(&client, 3, b"three");
    let asked = lane.expect("send_message");
    assert_eq!(get::<16>(&asked.fields, "surbid"), [3; 16]);
}

#[test]
fn leaving_ends_a_message_without_sent_event_too() {
    let peer = Peer::current();
    let (client, _local) = connected(&peer);
    let exchange = start(&client, client.blocking_send_message(&echo(), b"one"));
    let mut lane = peer.welcome();
    lane.expect("send_message");
    client.disconnect().unwrap();
    assert_eq!(exchange.status(), Status::CONNECTION_LOST);
}

#[test]
fn a_sent_message_waits_over_a_cut_and_its_lost_reply_is_told() {
    let peer = Peer::current();
    let (client, _local) = connected(&peer);
    let sink = client.open_sink(16).unwrap();
    let id = send(&client, 1, b"one");
    let mut lane = peer.welcome();
    let asked = lane.expect("send_message");
    lane.message_sent(&asked, 60_000_000_000);
    next_that(&sink, |event| (name(&event) == "sent").then_some(()));
    lane.cut();
    let _lane = peer.welcome(); // not resumed
    let told = next_that(&sink, |event| match event {
        Event::MessageReply(reply) => Some(reply),
        other => panic!("{}", name(&other)),
    });
    assert_eq!(told.message_id, Some(id));
    assert_eq!(told.error.unwrap().status(), Status::CONNECTION_LOST);
}

#[test]
fn a_reply_that_comes_after_its_caller_gave_up_is_an_event() {
    let peer = Peer::current();
    let (client, _local) = connected(&peer);
    let sink = client.open_sink(16).unwrap();
    let limit = Timeout::After(A_WHILE);
    let exchange = start_within(
        &client,
        client.blocking_send_message(&echo(), b"one"),
        limit,
    );
    let mut lane = peer.welcome();
    let asked = lane.expect("send_message");
    lane.message_sent(&asked, 1_000_000_000);
    assert_eq!(exchange.status(), Status::TIMEOUT);
    lane.message_reply(&asked, b"late");
    let reply = next_that(&sink, |event| match event {
        Event::MessageReply(reply) => Some(reply),
        _ => None,
    });
    assert_eq!(&reply.payload[..], b"late");
}

#[test]
fn a_message_in_line_can_be_cancelled() {
    let peer = Peer::current();
    let (client, _local) = connected(&peer);
    let exchange = start(&client, client.blocking_send_message(&echo(), b"one"));
    let lane = peer.accept();
    exchange.cancel();
    assert_eq!(exchange.status(), Status::CANCELLED);
    // What the task has left is gone once a later task has run.
    let other = start(&client, client.blocking_send_message(&echo(), b"two"));
    let mut lane = lane.shake(&Greeting::default());
    let asked = lane.expect("send_message");
    assert_eq!(&get::<3>(&asked.fields, "payload"), b"two");
    lane.message_sent(&asked, 1);
    lane.message_reply(&asked, b"");
    other.done::<Bytes>().unwrap();
}

#[test]
fn the_oldest_daemons_always_get_a_surb_id() {
    let peer = Peer::new(Era::Channels);
    let (client, mut conn) = connected(&peer);
    let work = client.send_message_without_reply(&echo(), b"x").unwrap();
    work.block(Timeout::Forever).unwrap();
    let asked = conn.expect("send_message");
    assert!(!asked.flag("with_surb"));
    assert_ne!(get::<16>(&asked.fields, "surbid"), [0; 16]);
    let peer = Peer::current();
    let (client, _local) = connected(&peer);
    let work = client.send_message_without_reply(&echo(), b"x").unwrap();
    work.block(Timeout::Forever).unwrap();
    let asked = peer.welcome().expect("send_message");
    assert!(!asked.flag("with_surb"));
    assert!(!asked.fields.contains_key("surbid"));
}

/// Broken by sending what is in line to whatever daemon comes: those up to v0.0.72 die of
/// a message without the id of a reply block.
#[test]
fn a_message_in_line_is_not_sent_to_a_daemon_of_another_generation() {
    let mut peer = Peer::current();
    let (client, _local) = connected(&peer);
    let sink = client.open_sink(16).unwrap();
    let work = client.send_message_without_reply(&echo(), b"x").unwrap();
    work.block(Timeout::Forever).unwrap();
    peer.era = Era::Channels;
    let mut lane = peer.welcome();
    let error = next_that(&sink, |event| match event {
        Event::MessageSent(sent) => sent.error,
        _ => None,
    });
    assert_eq!(error.status(), Status::CONNECTION_LOST);
    let closing = std::thread::spawn(move || client.close());
    lane.expect_goodbye();
    drop(lane);
    closing.join().unwrap();
}

#[test]
fn a_reliable_message_goes_to_daemons_of_every_generation() {
    let mut peer = Peer::new(Era::Channels);
    let (client, mut conn) = connected(&peer);
    let message = start(
        &client,
        client.blocking_send_reliable_message(None, &echo(), b"x"),
    );
    conn.expect("send_message");
    peer.era = Era::Current;
    conn.cut();
    let mut conn = peer.welcome();
    let mut lane = peer.welcome();
    let asked = lane.expect("send_message");
    lane.message_sent(&asked, 1_000_000_000);
    lane.message_reply(&asked, b"there");
    assert_eq!(&message.done::<Bytes>().unwrap()[..], b"there");
    barrier(&client, &mut conn);
}

#[test]
fn flush_waits_for_messages_and_writes_but_not_for_reads() {
    let peer = Peer::current();
    let (client, _local) = connected(&peer);
    let flushed = |client: &Client| client.flush().unwrap().block(Timeout::Poll).is_ok();
    assert!(flushed(&client));
    let _read = crate::common::drive::start_read_with(&client, 9, false);
    let mut reads = peer.welcome();
    reads.expect("start_resending_encrypted_message");
    start(&client, client.flush()).done::<()>().unwrap();
    send(&client, 1, b"x");
    assert!(!flushed(&client));
    let flush = start(&client, client.flush());
    let mut lane = peer.welcome();
    let asked = lane.expect("send_message");
    assert!(flush.runs());
    lane.message_sent(&asked, 60_000_000_000);
    flush.done::<()>().unwrap();
    let write = crate::common::drive::start_write(&client, 1);
    let flush = start(&client, client.flush());
    let asked = lane.expect("start_resending_encrypted_message");
    assert!(flush.runs());
    lane.answer_start(&asked, 0, None);
    flush.done::<()>().unwrap();
    write.done::<kpclient::client::StartResult>().unwrap();
}

#[test]
fn flush_reckons_when_a_message_without_reply_has_left() {
    let peer = Peer::current();
    let (client, _local) = connected(&peer);
    let work = client.send_message_without_reply(&echo(), b"x").unwrap();
    work.block(Timeout::Forever).unwrap();
    let flush = start(&client, client.flush());
    let mut lane = peer.welcome();
    lane.expect("send_message");
    assert!(flush.runs());
    // A later one of which the daemon tells that it was sent shows that this has left.
    send(&client, 2, b"y");
    let asked = lane.expect("send_message");
    lane.message_sent(&asked, 60_000_000_000);
    flush.done::<()>().unwrap();
}

#[test]
fn flush_knows_of_writes_that_are_not_in_line_yet() {
    let peer = Peer::current();
    let (client, _local) = connected(&peer);
    let (cap, _, index) = crate::common::replies::caps();
    let write = client.write_box(&cap, &index, b"x", Default::default());
    let write = start(&client, write);
    // The daemon has not even made its envelope.
    let flush = start(&client, client.flush());
    let mut lane = peer.welcome();
    let mut encryption = peer.welcome();
    let asked = encryption.expect("encrypt_write");
    assert!(flush.runs());
    encryption.answer_envelope(&asked, 1);
    let asked = lane.expect("start_resending_encrypted_message");
    assert!(flush.runs());
    lane.answer_start(&asked, 0, None);
    write.done::<kpclient::bacap::BoxIndex>().unwrap();
    flush.done::<()>().unwrap();
}

#[test]
fn messages_leave_in_the_order_of_the_calls_whatever_their_form() {
    let peer = Peer::current();
    let (client, _local) = connected(&peer);
    let mut awaited = Vec::new();
    for n in 0..20_u8 {
        if n % 2 == 0 {
            let work = client.blocking_send_message(&echo(), &[n]);
            awaited.push(start(&client, work));
        } else {
            send(&client, n, &[n]);
        }
    }
    let mut lane = peer.welcome();
    for n in 0..20 {
        let asked = lane.expect("send_message");
        assert_eq!(get::<1>(&asked.fields, "payload"), [n]);
        lane.message_sent(&asked, 60_000_000_000);
    }
}
