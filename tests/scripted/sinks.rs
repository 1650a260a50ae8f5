//! The three ways to drink events, bounded, with losses told.

use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kpclient::client::{Client, Delivery, Event, EventSink, Timeout};
use kpclient::Status;
use serde_cbor::Value;
use tokio::io::unix::AsyncFd;
use tokio::io::Interest;

use crate::common::drive::{
    barrier, connected, drain, echo, name, next, next_that, start, start_within, A_WHILE,
};
use crate::common::frames::{bytes, fields, int};
use crate::common::peer::{Conn, Greeting, Peer};
use crate::common::LIMIT;

/// Lets `count` notices come.
fn notices(client: &Arc<Client>, conn: &mut Conn, count: u8) {
    for n in 0..count {
        conn.send_message(
            "message_id_garbage_collected",
            &fields([("message_id", bytes(&[n; 16]))]),
        );
    }
    barrier(client, conn);
}

/// An operation that ends at once, with its completion on `sink`.
fn complete(client: &Arc<Client>, sink: &Arc<EventSink>) -> u64 {
    let work = client.flush().unwrap();
    let prepared = work.prepare(Delivery::Sink(Arc::clone(sink))).unwrap();
    let id = prepared.id();
    prepared.launch(work, Timeout::Forever);
    id
}

#[test]
fn a_new_sink_begins_with_what_is_known() {
    let peer = Peer::current();
    let unconnected = crate::common::drive::client(peer.config());
    let early = unconnected.open_sink(4).unwrap();
    assert!(early.next(Timeout::Poll).unwrap().is_none());
    let (client, conn) = connected(&peer);
    assert_eq!(drain(&client.open_sink(4).unwrap()), ["online", "document"]);
    let sink = client.open_sink(4).unwrap();
    conn.cut();
    next_that(&sink, |event| (name(&event) == "lost").then_some(()));
    assert_eq!(
        drain(&client.open_sink(4).unwrap()),
        ["offline", "document"]
    );
}

#[test]
fn a_slow_reader_loses_the_oldest_notices_and_is_told_how_many() {
    let peer = Peer::current();
    let (client, mut conn) = connected(&peer);
    let sink = client.open_sink(4).unwrap();
    notices(&client, &mut conn, 10);
    // Status, document and ten more for four places.
    assert!(matches!(next(&sink), Event::Lost(8)));
    for n in 6..10 {
        assert!(matches!(next(&sink), Event::MessageIdCollected(id) if id == [n; 16]));
    }
    assert!(sink.next(Timeout::Poll).unwrap().is_none());
    notices(&client, &mut conn, 1);
    assert_eq!(drain(&sink), ["collected"]);
}

#[test]
fn completions_and_replies_are_never_dropped() {
    let peer = Peer::current();
    let (client, mut conn) = connected(&peer);
    let sink = client.open_sink(1).unwrap();
    let ids: Vec<_> = (0..100).map(|_| complete(&client, &sink)).collect();
    let mut lane = None;
    for n in 0..20 {
        let work = client.send_message(&[n; 16], &echo(), b"x").unwrap();
        work.block(Timeout::Forever).unwrap();
        let lane = lane.get_or_insert_with(|| peer.welcome());
        let asked = lane.expect("send_message");
        lane.message_sent(&asked, 1_000_000_000_000);
        lane.message_reply(&asked, &[n]);
    }
    notices(&client, &mut conn, 50);
    let mut completed = Vec::new();
    let mut replies = Vec::new();
    while replies.len() < 20 {
        match next(&sink) {
            Event::Operation(done) => completed.push(done.op),
            Event::MessageReply(reply) => replies.push(reply.payload[0]),
            _ => {}
        }
    }
    assert_eq!(completed, ids);
    assert_eq!(replies, (0..20).collect::<Vec<u8>>());
}

/// Broken by keeping every reply for a reader who may never come.
#[test]
fn what_the_daemon_tells_of_messages_that_nobody_sent_is_bounded() {
    let peer = Peer::current();
    let (client, mut conn) = connected(&peer);
    let sink = client.open_sink(4).unwrap();
    for n in 0..50 {
        for (key, text) in [
            ("message_reply_event", "payload"),
            ("message_sent_event", "err"),
        ] {
            let told = match text {
                "err" => Value::Text("no".into()),
                _ => bytes(&[n]),
            };
            let id = ("message_id", bytes(&[n; 16]));
            conn.send_message(key, &fields([id, (text, told), ("error_code", int(0))]));
        }
    }
    barrier(&client, &mut conn);
    // Status, document and a hundred more for four places.
    assert_eq!(
        drain(&sink),
        ["dropped", "reply", "not sent", "reply", "not sent"]
    );
}

#[test]
fn sent_notices_are_bounded_too_unless_they_tell_of_a_failure() {
    let peer = Peer::current();
    let (client, _conn) = connected(&peer);
    let sink = client.open_sink(2).unwrap();
    let mut lane = None;
    for n in 0..10 {
        let work = client.send_message(&[n; 16], &echo(), b"x").unwrap();
        work.block(Timeout::Forever).unwrap();
        let lane = lane.get_or_insert_with(|| peer.welcome());
        let asked = lane.expect("send_message");
        if n < 5 {
            lane.message_failed(&asked, "no");
        } else {
            lane.message_sent(&asked, 1);
        }
    }
    let wait = start(&client, client.flush());
    wait.done::<()>().unwrap();
    let told = drain(&sink);
    assert_eq!(told.iter().filter(|n| **n == "not sent").count(), 5);
    assert_eq!(told.iter().filter(|n| **n == "sent").count(), 2);
    assert_eq!(told[0], "dropped");
}

/// Whether the sink's descriptor is readable, as a program's event loop sees it.
#[allow(deprecated)] // the descriptor belongs to the sink, which lives longer
fn readable(sink: &EventSink) -> bool {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let watched = AsyncFd::with_interest(sink.fd().unwrap(), Interest::READABLE).unwrap();
        tokio::time::timeout(Duration::from_millis(20), watched.readable())
            .await
            .is_ok()
    })
}

#[test]
fn the_descriptor_is_readable_exactly_while_there_is_something() {
    let peer = Peer::current();
    let (client, mut conn) = connected(&peer);
    let sink = client.open_sink(3).unwrap();
    assert!(readable(&sink));
    assert_eq!(sink.fd().unwrap(), sink.fd().unwrap());
    drain(&sink);
    assert!(!readable(&sink));
    notices(&client, &mut conn, 10);
    let mut count = 0;
    while readable(&sink) {
        assert!(sink.next(Timeout::Poll).unwrap().is_some());
        count += 1;
    }
    assert_eq!(count, 4); // three, and the tale of the others
    assert!(sink.next(Timeout::Poll).unwrap().is_none());
    complete(&client, &sink);
    assert!(readable(&sink));
    drain(&sink);
    client.close();
    assert!(readable(&sink));
    assert_eq!(name(&next(&sink)), "closed");
    // What `next` says from now on it says without waiting.
    assert!(readable(&sink));
    assert_eq!(
        sink.next(Timeout::Forever).unwrap_err().status(),
        Status::CLOSED
    );
    sink.close();
    assert!(readable(&sink));
}

#[test]
fn a_closed_sink_wakes_its_reader_and_takes_nothing_more() {
    let peer = Peer::current();
    let (client, mut conn) = connected(&peer);
    let sink = client.open_sink(4).unwrap();
    drain(&sink);
    assert!(!readable(&sink));
    let reader = {
        let sink = Arc::clone(&sink);
        std::thread::spawn(move || sink.next(Timeout::Forever).map(drop))
    };
    sink.close();
    assert_eq!(reader.join().unwrap().unwrap_err().status(), Status::CLOSED);
    assert!(!sink.is_open());
    assert!(readable(&sink));
    notices(&client, &mut conn, 3);
    assert_eq!(
        sink.next(Timeout::Poll).unwrap_err().status(),
        Status::CLOSED
    );
    let late = sink.on_event(Box::new(drop)).unwrap_err();
    assert_eq!(late.status(), Status::CLOSED);
}

#[test]
fn a_callback_gets_what_waits_and_what_comes_in_order() {
    let peer = Peer::current();
    let (client, mut conn) = connected(&peer);
    let sink = client.open_sink(500).unwrap();
    notices(&client, &mut conn, 100);
    let (sender, told) = channel();
    sink.on_event(Box::new(move |event| sender.send(name(&event)).unwrap()))
        .unwrap();
    assert_eq!(sink.next(Timeout::Poll).unwrap_err().status(), Status::BUSY);
    assert_eq!(
        sink.on_event(Box::new(drop)).unwrap_err().status(),
        Status::BUSY
    );
    notices(&client, &mut conn, 100);
    let all: Vec<_> = (0..202)
        .map(|_| told.recv_timeout(LIMIT).unwrap())
        .collect();
    assert_eq!(all[..2], ["online", "document"]);
    assert!(all[2..].iter().all(|n| *n == "collected"));
    client.close();
    assert_eq!(told.recv_timeout(LIMIT).unwrap(), "closed");
    // Nothing follows, so the callback is gone.
    assert!(told.recv_timeout(LIMIT).is_err());
}

#[test]
fn one_busy_sink_does_not_keep_the_thread_from_others() {
    let peer = Peer::current();
    let (client, mut conn) = connected(&peer);
    let busy = client.open_sink(1000).unwrap();
    let quiet = client.open_sink(1).unwrap();
    drain(&quiet);
    for _ in 0..4 {
        notices(&client, &mut conn, 200);
    }
    drain(&quiet);
    let order = Arc::new(Mutex::new(Vec::new()));
    let (hold, held) = channel::<()>();
    let (entered, enters) = channel();
    let seen = Arc::clone(&order);
    let mut first = true;
    let on_busy = move |_| {
        if std::mem::take(&mut first) {
            entered.send(()).unwrap();
            held.recv().unwrap();
        }
        seen.lock().unwrap().push("busy");
    };
    busy.on_event(Box::new(on_busy)).unwrap();
    enters.recv_timeout(LIMIT).unwrap();
    let (sender, told) = channel();
    let seen = Arc::clone(&order);
    let on_quiet = move |_| {
        seen.lock().unwrap().push("quiet");
        sender.send(()).unwrap();
    };
    quiet.on_event(Box::new(on_quiet)).unwrap();
    complete(&client, &quiet);
    hold.send(()).unwrap();
    told.recv_timeout(LIMIT).unwrap();
    let order = order.lock().unwrap();
    let at = order.iter().position(|n| *n == "quiet").unwrap();
    assert!(at < 200, "after {at} events of the other");
}

#[test]
fn a_sink_can_be_closed_inside_its_callback() {
    let peer = Peer::current();
    let (client, mut conn) = connected(&peer);
    let sink = client.open_sink(100).unwrap();
    let (sender, told) = channel();
    let itself = Arc::clone(&sink);
    let callback = move |event| {
        itself.close();
        sender.send(name(&event)).unwrap();
    };
    sink.on_event(Box::new(callback)).unwrap();
    assert_eq!(told.recv_timeout(LIMIT).unwrap(), "online");
    notices(&client, &mut conn, 10);
    assert!(
        told.recv_timeout(LIMIT).is_err(),
        "called again, or never dropped"
    );
}

#[test]
fn a_callback_that_panics_closes_its_sink_and_nothing_else() {
    let peer = Peer::current();
    let (client, mut conn) = connected(&peer);
    let sink = client.open_sink(100).unwrap();
    sink.on_event(Box::new(|_| {
        std::panic::resume_unwind(Box::new("in the test"))
    }))
    .unwrap();
    let other = client.open_sink(100).unwrap();
    let (sender, told) = channel();
    other
        .on_event(Box::new(move |event| sender.send(name(&event)).unwrap()))
        .unwrap();
    assert_eq!(told.recv_timeout(LIMIT).unwrap(), "online");
    assert!(!sink.is_open());
    notices(&client, &mut conn, 1);
}

#[test]
fn waiting_inside_a_callback_is_refused() {
    let peer = Peer::current();
    let (client, mut conn) = connected(&peer);
    let sink = client.open_sink(100).unwrap();
    let (sender, told) = channel();
    let (inside, pending) = (
        Arc::clone(&client),
        start(&client, client.new_keypair_remote(&[1; 32])),
    );
    // Only a client whose frames have all left has nothing to flush.
    let asked = conn.expect("new_keypair");
    client.flush().unwrap().block(Timeout::Forever).unwrap();
    let id = pending.id;
    let mut first = true;
    let callback = move |_| {
        if !std::mem::take(&mut first) {
            return;
        }
        let block = |timeout| {
            let work = inside.new_keypair_remote(&[2; 32]).unwrap();
            work.block(timeout).map(drop).unwrap_err().status()
        };
        let other = inside.open_sink(1).unwrap();
        drain(&other);
        let flush = inside.flush().unwrap().block(Timeout::Forever);
        sender
            .send([
                block(Timeout::Forever),
                block(Timeout::Poll),
                inside.wait(id, Timeout::Forever).unwrap_err().status(),
                inside.wait(id, Timeout::Poll).unwrap_err().status(),
                other.next(Timeout::Forever).unwrap_err().status(),
                other
                    .next(Timeout::Poll)
                    .map_or(Status::INTERNAL, |_| Status::OK),
                flush.map_or(Status::INTERNAL, |()| Status::OK),
            ])
            .unwrap();
    };
    sink.on_event(Box::new(callback)).unwrap();
    let got = told.recv_timeout(LIMIT).unwrap();
    assert_eq!(
        got,
        [
            Status::WOULD_DEADLOCK,
            Status::TIMEOUT,
            Status::WOULD_DEADLOCK,
            Status::TIMEOUT,
            Status::WOULD_DEADLOCK,
            Status::OK,
            Status::OK,
        ]
    );
    conn.answer_keypair(&asked);
    pending.done::<kpclient::bacap::Keypair>().unwrap();
    sink.close();
}

#[test]
fn waiting_for_an_event_ends_in_time() {
    let peer = Peer::current();
    let (client, mut conn) = connected(&peer);
    let sink = client.open_sink(4).unwrap();
    drain(&sink);
    assert!(sink
        .next(Timeout::After(Duration::from_millis(5)))
        .unwrap()
        .is_none());
    let reader = {
        let sink = Arc::clone(&sink);
        std::thread::spawn(move || sink.next(Timeout::After(LIMIT)).unwrap().is_some())
    };
    conn.send_status(&Greeting::offline());
    assert!(reader.join().unwrap());
    let timed = start_within(&client, client.flush(), Timeout::After(A_WHILE));
    timed.done::<()>().unwrap();
}
