//! The recorded conversations with a real daemon v0.0.72, played again: the daemon's side
//! frame by frame by a scripted peer, the client's side by the library.
//!
//! Each recorded request is caused by a call, and what the library then sends must be the
//! recorded request, but for ids that are drawn at random.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use kpclient::bacap::{BoxIndex, ReadCap, WriteCap};
use kpclient::client::{
    ChannelId, ChannelQuery, ChannelReply, Client, Destination, Event, EventSink, NewChannel,
    Timeout,
};
use kpclient::Status;
use serde_cbor::Value;

use crate::common::drive::{client, name, start, Op};
use crate::common::frames::{get, message, transcript, Era, Fields, Recorded};
use crate::common::peer::{Asked, Conn, Peer};

/// Fields whose values the library draws at random, or is told under another name.
const RANDOM: [&str; 3] = ["query_id", "id", "surbid"];

/// What the library refuses itself or cannot express: the request and the reply to it.
const PASSED_OVER: [(&str, &str); 4] = [
    ("v0.0.72/errors.jsonl:6", "a channel id of nobody's"),
    ("v0.0.72/errors.jsonl:7", "its reply"),
    (
        "v0.0.72/errors.jsonl:14",
        "a write on a channel for reading",
    ),
    ("v0.0.72/errors.jsonl:15", "its reply"),
];

/// What a call is expected to give.
enum Running {
    Created(Op, u16),
    Opened(Op, u16),
    Prepared(Op),
    Sent(Op),
    Message(Op),
    Closed(Op),
}

struct Replay {
    client: Arc<Client>,
    events: Arc<EventSink>,
    conn: Conn,
    channels: HashMap<u16, ChannelId>,
    queries: HashMap<Bytes, ChannelQuery>,
    /// Recorded values, and what stands for them now.
    drawn: Vec<(Vec<u8>, Vec<u8>)>,
}

fn all_bytes(fields: &Fields, name: &str) -> Vec<u8> {
    match fields.get(name) {
        Some(Value::Bytes(bytes)) => bytes.clone(),
        None => Vec::new(),
        other => panic!("{name} is {other:?}"),
    }
}

fn channel_id(fields: &Fields) -> u16 {
    match fields.get("channel_id") {
        Some(Value::Integer(id)) => u16::try_from(*id).unwrap(),
        other => panic!("channel_id is {other:?}"),
    }
}

fn reply_index(fields: &Fields) -> Option<u8> {
    match fields.get("reply_index") {
        Some(Value::Integer(index)) => Some(u8::try_from(*index).unwrap()),
        _ => None,
    }
}

fn index(fields: &Fields, name: &str) -> Option<BoxIndex> {
    fields
        .contains_key(name)
        .then(|| BoxIndex::from_array(get(fields, name)))
}

fn destination(fields: &Fields) -> Destination {
    Destination {
        node: get(fields, "destination_id_hash"),
        queue: all_bytes(fields, "recipient_queue_id"),
    }
}

/// The channel in the recorded reply to a request, and its code.
fn told_channel(reply: &Recorded) -> u16 {
    channel_id(&message(&reply.cbor).unwrap().1)
}

impl Replay {
    fn begin(frames: &[Recorded], peer: &Peer) -> Replay {
        let mut config = peer.config();
        config.pigeonhole = None; // so that what is too long is refused by the daemon
        let client = client(config);
        let events = client.open_sink(64).unwrap();
        let connecting = start(&client, client.connect());
        let mut conn = peer.accept();
        for greeting in &frames[..2] {
            conn.send_cbor(&greeting.cbor);
        }
        connecting.done::<()>().unwrap();
        Replay {
            client,
            events,
            conn,
            channels: HashMap::new(),
            queries: HashMap::new(),
            drawn: Vec::new(),
        }
    }

    fn channel(&self, fields: &Fields) -> ChannelId {
        self.channels[&channel_id(fields)]
    }

    /// A query as the recorded resumption names it, which may be for another box than
    /// the one that it was prepared for.
    fn named_query(&self, fields: &Fields, index_name: &str) -> ChannelQuery {
        let hash: [u8; 32] = get(fields, "envelope_hash");
        let mut known = self.queries.values();
        let query = known.find(|query| query.envelope_hash == hash).unwrap();
        let current_index = index(fields, index_name).unwrap();
        ChannelQuery {
            next_index: current_index.next(),
            current_index,
            ..query.clone()
        }
    }

    /// Makes the call that causes a recorded request.
    fn call(&self, key: &str, asked: &Fields, reply: &Recorded) -> Running {
        let client = &self.client;
        let write_cap = || WriteCap::from_array(get(asked, "write_cap"));
        let read_cap = || ReadCap::from_array(get(asked, "read_cap"));
        let opened = |op| Running::Opened(op, told_channel(reply));
        match key {
            "create_write_channel" => {
                let op = start(client, client.create_write_channel());
                Running::Created(op, told_channel(reply))
            }
            "create_read_channel" => opened(start(client, client.create_read_channel(&read_cap()))),
            "write_channel" => {
                let payload = all_bytes(asked, "payload");
                let work = client.write_channel(self.channel(asked), &payload);
                Running::Prepared(start(client, work))
            }
            "read_channel" => {
                let at = index(asked, "message_box_index");
                let channel = self.channel(asked);
                let work = client.read_channel(channel, at.as_ref(), reply_index(asked));
                Running::Prepared(start(client, work))
            }
            "resume_write_channel" => {
                let at = index(asked, "message_box_index");
                let work = client.resume_write_channel(&write_cap(), at.as_ref());
                opened(start(client, work))
            }
            "resume_read_channel" => {
                let (at, replica) = (index(asked, "next_message_index"), reply_index(asked));
                let work = client.resume_read_channel(&read_cap(), at.as_ref(), replica);
                opened(start(client, work))
            }
            "resume_write_channel_query" => {
                let query = self.named_query(asked, "message_box_index");
                let work = client.resume_write_channel_query(&write_cap(), &query);
                opened(start(client, work))
            }
            "resume_read_channel_query" => {
                let query = self.named_query(asked, "next_message_index");
                let work = client.resume_read_channel_query(&read_cap(), &query);
                opened(start(client, work))
            }
            _ => self.call_that_sends(key, asked),
        }
    }

    fn call_that_sends(&self, key: &str, asked: &Fields) -> Running {
        let client = &self.client;
        match key {
            "send_channel_query" => {
                let payload = Bytes::from(all_bytes(asked, "payload"));
                let work = client.send_channel_query_await_reply(
                    self.channel(asked),
                    &self.queries[&payload],
                    &destination(asked),
                    &get(asked, "message_id"),
                );
                Running::Sent(start(client, work))
            }
            "send_message" => {
                let payload = all_bytes(asked, "payload");
                let work = client.blocking_send_message(&destination(asked), &payload);
                Running::Message(start(client, work))
            }
            "send_arq_message" => {
                let (id, payload) = (get(asked, "id"), all_bytes(asked, "payload"));
                let to = destination(asked);
                let work = client.blocking_send_reliable_message(Some(&id), &to, &payload);
                Running::Message(start(client, work))
            }
            "close_channel" => {
                let work = client.close_channel(self.channel(asked));
                Running::Closed(start(client, work))
            }
            other => panic!("nothing causes {other}"),
        }
    }

    /// What the library sent is what was recorded.
    fn compare(&mut self, place: &str, recorded: (String, Fields), asked: Asked) {
        assert_eq!(asked.key, recorded.0, "{place}");
        let (mut wanted, mut sent) = (recorded.1, asked.fields);
        for name in RANDOM {
            if let (Some(was), Some(is)) = (wanted.remove(name), sent.remove(name)) {
                let (Value::Bytes(was), Value::Bytes(is)) = (was, is) else {
                    panic!("{place}: {name} is no id");
                };
                assert_eq!(was.len(), is.len(), "{place}: {name}");
                self.drawn.push((was, is));
            }
        }
        assert_eq!(sent, wanted, "{place}");
    }

    /// Sends a recorded frame, with the ids of today.
    fn answer(&mut self, recorded: &Recorded) {
        let mut cbor = recorded.cbor.clone();
        for (was, is) in &self.drawn {
            let found = cbor.windows(was.len()).position(|window| window == was);
            if let Some(at) = found {
                cbor[at..at + is.len()].copy_from_slice(is);
            }
        }
        self.conn.send_cbor(&cbor);
    }

    /// What the call gave is what the recorded answers say.
    fn check(&mut self, running: Running, replies: &[Recorded], place: &str) {
        let last = |key: &str| {
            let mut told = replies.iter().filter_map(|frame| message(&frame.cbor));
            told.rfind(|(k, _)| k == key).map(|(_, fields)| fields)
        };
        match running {
            Running::Created(op, number) => {
                let made: NewChannel = op.done().unwrap();
                let told = last("create_write_channel_reply").unwrap();
                assert_eq!(made.write_cap.as_bytes(), &get(&told, "write_cap"));
                assert_eq!(made.read_cap.as_bytes(), &get(&told, "read_cap"));
                self.channels.insert(number, made.id);
            }
            Running::Opened(op, number) => {
                self.channels.insert(number, op.done().unwrap());
            }
            Running::Prepared(op) => self.check_query(&op, replies, place),
            Running::Sent(op) => check_reply(&op, &last("channel_query_reply_event").unwrap()),
            Running::Message(op) => {
                let told = last("message_reply_event").unwrap();
                assert_eq!(op.done::<Bytes>().unwrap(), all_bytes(&told, "payload"));
            }
            Running::Closed(op) => op.done().unwrap(),
        }
    }

    fn check_query(&mut self, op: &Op, replies: &[Recorded], place: &str) {
        let (_, told) = message(&replies[0].cbor).unwrap();
        if told["error_code"] != Value::Integer(0) {
            assert_eq!(op.status(), Status::DAEMON_INTERNAL, "{place}");
            return;
        }
        let query: ChannelQuery = op.done().unwrap();
        assert_eq!(query.payload, all_bytes(&told, "send_message_payload"));
        assert_eq!(query.descriptor, all_bytes(&told, "envelope_descriptor"));
        assert_eq!(query.envelope_hash, get(&told, "envelope_hash"));
        let current = get(&told, "current_message_index");
        assert_eq!(query.current_index.as_bytes(), &current);
        assert_eq!(
            query.next_index.as_bytes(),
            &get(&told, "next_message_index")
        );
        self.queries.insert(query.payload.clone(), query);
    }
}

fn check_reply(op: &Op, told: &Fields) {
    match told["error_code"] {
        Value::Integer(0) => {
            let reply: ChannelReply = op.done().unwrap();
            assert_eq!(reply.payload, all_bytes(told, "payload"));
            assert_eq!(reply.reply_index, reply_index(told));
        }
        Value::Integer(9) => assert_eq!(op.status(), Status::DAEMON_INVALID_PAYLOAD),
        ref other => panic!("code {other:?}"),
    }
}

/// Plays a transcript to its end. Gives the names of all events after the connection.
fn replay(title: &str) -> Vec<&'static str> {
    let mut frames = transcript(Era::Channels, title);
    frames.retain(|frame| !PASSED_OVER.iter().any(|(place, _)| *place == frame.place));
    let peer = Peer::new(Era::Channels);
    let mut replay = Replay::begin(&frames, &peer);
    let mut rest = &frames[2..];
    while let Some((request, following)) = rest.split_first() {
        assert!(request.from_client, "{}", request.place);
        let (key, fields) = message(&request.cbor).unwrap();
        if key == "thin_close" {
            let closing = Arc::clone(&replay.client);
            let closed = std::thread::spawn(move || closing.close());
            replay.conn.expect_goodbye();
            closed.join().unwrap();
            break;
        }
        let next = following.iter().position(|frame| frame.from_client);
        let (replies, later) = following.split_at(next.unwrap_or(following.len()));
        let running = replay.call(&key, &fields, replies.first().unwrap_or(request));
        let asked = replay.conn.read().expect("a request");
        replay.compare(&request.place, (key, fields), asked);
        for reply in replies {
            replay.answer(reply);
        }
        replay.check(running, replies, &request.place);
        rest = later;
    }
    let mut told = Vec::new();
    while let Ok(Some(event)) = replay.events.next(Timeout::Poll) {
        if !matches!(event, Event::ConnectionStatus(_) | Event::Document(_)) {
            told.push(name(&event));
        }
    }
    told
}

#[test]
fn handshake() {
    assert_eq!(replay("handshake"), ["closed"]);
}

#[test]
fn channels() {
    // Replies belong to the calls that wait for them; a read's message reply is no message's.
    let sent = "query sent";
    assert_eq!(replay("channels"), [sent, sent, sent, "closed"]);
}

#[test]
fn resume() {
    let told = replay("resume");
    let (last, queries) = told.split_last().unwrap();
    assert_eq!(*last, "closed");
    assert!(
        queries.iter().all(|name| *name == "query sent"),
        "{queries:?}"
    );
}

#[test]
fn errors() {
    assert_eq!(replay("errors"), ["closed"]);
}

#[test]
fn echo_and_arq() {
    assert_eq!(replay("echo_and_arq"), ["sent", "sent", "closed"]);
}
