//! The recorded conversations, replayed: what the real daemons said is what the simulator must say.
//!
//! The client's frames are sent as they were recorded, with the values that came from the daemon (envelopes, couriers) replaced
//! by the simulator's. Its frames are compared by kind, keys, nulls, types, lengths, error codes and order, by what is
//! deterministic also by value, and by what does not come: where the real daemon was silent or hung up, so must this one.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // helpers of tests

mod client;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use client::{field, wait_for, Came, Client, Frame, PATIENCE};
use kpclientd_sim::network::Era;
use kpclientd_sim::{Sim, SimConfig};
use serde_cbor::Value;

/// Long enough to notice a frame that should not come.
const QUIET: Duration = Duration::from_millis(80);
/// What both must have in common, to the byte.
const SAME: &[&str] = &[
    "query_id",
    "message_id",
    "resumed",
    "error_code",
    "err",
    "is_connected",
    "counter",
    "plaintext",
    "failed_envelope_index",
    "replica_error_code",
    "courier_queue_id",
];
/// These too, where they are derived from a seed that the client gave.
const DERIVED: &[&str] = &[
    "write_cap",
    "read_cap",
    "first_message_index",
    "next_message_box_index",
    "next_dest_index",
    "next_dest_indices",
];
/// Lengths of these depend on the network.
const ANY_LENGTH: &[&str] = &["payload", "authorities"];

enum Line {
    FromClient(Value),
    FromDaemon(Vec<u8>),
    NewConnection,
}

fn golden(era: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../tests/golden")
        .join(era)
}

fn transcript(path: &Path) -> Vec<Line> {
    let text = std::fs::read_to_string(path).unwrap();
    let lines = text
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    lines
        .filter_map(|line| {
            let cbor = line["cbor"].as_str().map(unhex);
            match (line["from"].as_str(), cbor) {
                (Some("client"), Some(cbor)) => {
                    Some(Line::FromClient(serde_cbor::from_slice(&cbor).unwrap()))
                }
                (Some("daemon"), Some(cbor)) => Some(Line::FromDaemon(cbor)),
                _ => line.get("note").map(|_| Line::NewConnection),
            }
        })
        .collect()
}

fn unhex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks(2);
    digits
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

/// Whether the daemon had nothing to say to what came before these. Documents come by themselves.
fn is_silence(rest: &[Line]) -> bool {
    let mut rest = rest.iter().skip_while(|line| match line {
        Line::FromDaemon(cbor) => Frame::decode(cbor).kind == "new_pki_document_event",
        _ => false,
    });
    matches!(rest.next(), Some(Line::FromClient(_)))
}

/// Plays one conversation and compares.
struct Replay {
    sim: Sim,
    client: Client,
    era: Era,
    /// What the recorded daemon said, and what this one said instead.
    instead: BTreeMap<Vec<u8>, Vec<u8>>,
    channels: BTreeMap<i128, i128>,
    shaken: bool,
    /// What overtook a document.
    early: Option<Frame>,
    name: String,
}

impl Replay {
    fn new(era: Era, name: &str) -> Replay {
        let mut config = SimConfig::new(era).hurried();
        config.late_close_chance = 0.0;
        let sim = Sim::start(config).unwrap();
        Replay {
            client: Client::raw(&sim),
            sim,
            era,
            instead: BTreeMap::new(),
            channels: BTreeMap::new(),
            shaken: false,
            early: None,
            name: name.to_owned(),
        }
    }

    fn run(&mut self, lines: &[Line]) {
        for (at, line) in lines.iter().enumerate() {
            match line {
                Line::FromClient(frame) => {
                    let frame = self.replaced(frame);
                    self.client.send_frame(&serde_cbor::to_vec(&frame).unwrap());
                    if is_silence(&lines[at + 1..]) && self.shaken {
                        assert_eq!(self.client.next(QUIET), Came::Nothing, "{}", self.name);
                    }
                    self.shaken = true;
                }
                Line::FromDaemon(cbor) => self.compare_next(cbor),
                Line::NewConnection => unreachable!("has a test of its own"),
            }
        }
        self.compare_end(lines);
    }

    fn compare_next(&mut self, cbor: &[u8]) {
        let recorded = Frame::decode(cbor);
        if self.shaken && recorded.kind == "new_pki_document_event" {
            // The epoch went on while that conversation was recorded.
            self.sim.control("epoch-advance").unwrap();
        }
        if self.shaken && recorded.kind == "connection_status_event" {
            let connected = recorded.get("is_connected") == Some(&Value::Bool(true));
            let word = if connected { "online" } else { "offline" };
            self.sim.control(word).unwrap();
        }
        if recorded.kind == "shutdown_event" {
            self.sim.control("shutdown").unwrap();
        }
        let frame = self.next_frame(&recorded.kind);
        self.compare(&recorded, &frame);
    }

    /// The next frame; documents come when they come, before or after a reply.
    fn next_frame(&mut self, wanted: &str) -> Frame {
        let is_document = wanted == "new_pki_document_event";
        if let Some(frame) = self.early.take_if(|_| !is_document) {
            return frame;
        }
        loop {
            match self.client.next(PATIENCE) {
                Came::Frame(frame) if is_document && frame.kind != wanted => {
                    assert!(self.early.is_none());
                    self.early = Some(frame);
                }
                Came::Frame(frame) => return frame,
                other => panic!("{}: {wanted} was due, not {other:?}", self.name),
            }
        }
    }

    /// Where the client had the last word the daemon hung up; after the daemon's own last word that is known of a shutdown only.
    fn compare_end(&mut self, lines: &[Line]) {
        let hung_up = match lines.last() {
            Some(Line::FromClient(_)) => true,
            Some(Line::FromDaemon(cbor)) => Frame::decode(cbor).kind == "shutdown_event",
            _ => false,
        };
        if hung_up {
            assert_eq!(self.client.next(PATIENCE), Came::End, "{}", self.name);
        }
    }

    fn compare(&mut self, recorded: &Frame, frame: &Frame) {
        let context = format!("{}: {:?} / {:?}", self.name, recorded, frame);
        assert_eq!(recorded.kind, frame.kind, "{context}");
        assert_eq!(recorded.keys, frame.keys, "{context}");
        self.compare_values("", &recorded.body, &frame.body, &context);
    }

    fn compare_values(&mut self, key: &str, recorded: &Value, ours: &Value, context: &str) {
        match (recorded, ours) {
            (Value::Map(a), Value::Map(b)) => {
                assert_eq!(
                    a.keys().collect::<Vec<_>>(),
                    b.keys().collect::<Vec<_>>(),
                    "{context}"
                );
                for (name, value) in a {
                    let name_text = client::text(name);
                    self.compare_values(&name_text, value, &b[name], context);
                }
            }
            (Value::Array(a), Value::Array(b)) => {
                assert_eq!(a.len(), b.len(), "{key} in {context}");
                for (a, b) in a.iter().zip(b) {
                    self.compare_values(key, a, b, context);
                }
            }
            (Value::Bytes(a), Value::Bytes(b)) => {
                if !ANY_LENGTH.contains(&key) {
                    assert_eq!(a.len(), b.len(), "{key} in {context}");
                }
                self.instead.insert(a.clone(), b.clone());
                self.compare_same(key, recorded, ours, context);
            }
            (Value::Integer(a), Value::Integer(b)) => {
                if key == "channel_id" {
                    self.channels.insert(*a, *b);
                }
                self.compare_same(key, recorded, ours, context);
            }
            (Value::Text(_), Value::Text(_)) | (Value::Bool(_), Value::Bool(_)) => {
                self.compare_same(key, recorded, ours, context);
            }
            (Value::Null, Value::Null) => {}
            _ => panic!("{key} in {context}"),
        }
    }

    fn compare_same(&self, key: &str, recorded: &Value, ours: &Value, context: &str) {
        let derived = self.era != Era::V0_0_72 && DERIVED.contains(&key);
        if SAME.contains(&key) || derived {
            assert_eq!(recorded, ours, "{key} in {context}");
        }
    }

    /// A frame of the client with the values that this daemon gave.
    fn replaced(&self, value: &Value) -> Value {
        match value {
            Value::Map(map) => Value::Map(
                map.iter()
                    .map(|(k, v)| (k.clone(), self.replaced_field(k, v)))
                    .collect(),
            ),
            Value::Array(list) => Value::Array(list.iter().map(|v| self.replaced(v)).collect()),
            Value::Bytes(b) => Value::Bytes(self.instead.get(b).unwrap_or(b).clone()),
            other => other.clone(),
        }
    }

    fn replaced_field(&self, key: &Value, value: &Value) -> Value {
        match (key, value) {
            (Value::Text(key), Value::Integer(n)) if key == "channel_id" => {
                Value::Integer(*self.channels.get(n).unwrap_or(n))
            }
            _ => self.replaced(value),
        }
    }

    /// Echo services by their place in the documents.
    fn learn_services(&mut self, recorded: &[Line]) {
        let document = |cbor: &[u8]| Frame::decode(cbor).bytes("payload");
        let Some(Line::FromDaemon(cbor)) = recorded.get(1) else {
            panic!()
        };
        let theirs = service_hashes(&document(cbor));
        let greeted = Client::greeted(&self.sim);
        let ours = service_hashes(&greeted.greeting[1].bytes("payload"));
        assert!(!ours.is_empty());
        for (at, hash) in theirs.into_iter().enumerate() {
            self.instead.insert(hash, ours[at % ours.len()].clone());
        }
    }
}

fn service_hashes(document: &[u8]) -> Vec<Vec<u8>> {
    let document: Value = serde_cbor::from_slice(document).unwrap();
    let Some(Value::Array(nodes)) = field(&document, "ServiceNodes") else {
        panic!()
    };
    let hash = |node: &Value| {
        let Value::Bytes(node) = node else { panic!() };
        let node: Value = serde_cbor::from_slice(node).unwrap();
        let Some(Value::Bytes(key)) = field(&node, "IdentityKey") else {
            panic!()
        };
        kpclient::bacap::blake2b_256(key).to_vec()
    };
    nodes.iter().map(hash).collect()
}

/// Plays every conversation of an era but those that need a test of their own.
fn replay_all(era: Era, directory: &str, apart: &[&str]) -> usize {
    let mut played = 0;
    let mut files: Vec<_> = std::fs::read_dir(golden(directory))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "jsonl"))
        .collect();
    files.sort();
    for path in files {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if apart.contains(&name.as_str()) {
            continue;
        }
        let lines = transcript(&path);
        let mut replay = Replay::new(era, &format!("{directory}/{name}"));
        replay.learn_services(&lines);
        replay.run(&lines);
        played += 1;
    }
    played
}

#[test]
fn todays_conversations_go_as_recorded() {
    let played = replay_all(Era::Current, "v0.0.99", &["resume_with_queued_replies"]);
    assert_eq!(played, 17);
}

#[test]
fn conversations_with_the_oldest_daemon_of_todays_protocol_go_as_recorded() {
    let played = replay_all(Era::V0_0_73Rc1, "v0.0.73-rc1", &[]);
    assert_eq!(played, 5);
}

#[test]
fn conversations_of_the_older_protocol_go_as_recorded() {
    // Which of two replicas answers a channel's read is left to chance there.
    let played = replay_all(Era::V0_0_72, "v0.0.72", &["channels", "resume"]);
    assert_eq!(played, 3);
}

#[test]
fn queued_replies_come_before_the_session_is_confirmed_as_recorded() {
    let lines = transcript(&golden("v0.0.99").join("resume_with_queued_replies.jsonl"));
    let mut replay = Replay::new(Era::Current, "resume_with_queued_replies");
    replay.learn_services(&lines);
    replay.sim.control("hold").unwrap();
    let mut sent = 0;
    for line in &lines {
        match line {
            Line::FromClient(frame) => {
                let frame = replay.replaced(frame);
                replay
                    .client
                    .send_frame(&serde_cbor::to_vec(&frame).unwrap());
                replay.shaken = field(&frame, "thin_close").is_none();
            }
            Line::FromDaemon(cbor) => {
                if Frame::decode(cbor).kind == "message_sent_event" {
                    sent += 1;
                    if sent == 3 {
                        // Time enough to go away.
                        replay.sim.control("latency 300").unwrap();
                    }
                    client::step(&replay.sim);
                }
                let before = std::mem::replace(&mut replay.shaken, false);
                replay.compare_next(cbor);
                replay.shaken = before;
            }
            Line::NewConnection => {
                replay.client = Client::greeted(&replay.sim);
                wait_for(&replay.sim, "kept_replies", 1);
                replay.client = Client::raw(&replay.sim);
            }
        }
    }
    assert_eq!(replay.client.next(PATIENCE), Came::End);
}

/// What an answer to a channel query looks like.
type Shape = Vec<(String, i128, usize, bool)>;

fn shape_of(frames: &[Frame]) -> Shape {
    frames
        .iter()
        .map(|f| {
            let has_index = f.get("reply_index") != Some(&Value::Null);
            (
                f.kind.clone(),
                f.code(),
                f.bytes("payload").len(),
                has_index,
            )
        })
        .collect()
}

/// Which replica answers is chance there, so a query is sent until something comes of it, and whatever comes must look like
/// something that was recorded.
#[test]
fn channel_queries_are_answered_in_the_recorded_ways() {
    let lines_of = |name| transcript(&golden("v0.0.72").join(format!("{name}.jsonl")));
    let shapes: Vec<Shape> = ["channels", "resume"]
        .iter()
        .flat_map(|name| {
            answers(&lines_of(*name))
                .map(|f| shape_of(&f))
                .collect::<Vec<_>>()
        })
        .collect();
    for name in ["channels", "resume"] {
        let lines = lines_of(name);
        let mut replay = Replay::new(Era::V0_0_72, name);
        replay.learn_services(&lines);
        let mut last_query = Value::Null;
        let mut fullest = 0;
        for line in &lines {
            match line {
                Line::FromClient(frame) if is_query(frame) => {
                    last_query = replay.replaced(frame);
                    fullest = fullest.max(query(&mut replay, &last_query, &shapes));
                }
                Line::FromClient(frame) => {
                    if fullest < 2 && field(frame, "close_channel").is_some() && name == "channels"
                    {
                        fullest = until_opened(&mut replay, &last_query, &shapes);
                    }
                    if field(frame, "thin_close").is_some() && name == "resume" {
                        fullest = until_opened(&mut replay, &last_query, &shapes);
                    }
                    let frame = replay.replaced(frame);
                    replay
                        .client
                        .send_frame(&serde_cbor::to_vec(&frame).unwrap());
                }
                Line::FromDaemon(cbor) if !is_answer(&Frame::decode(cbor)) => {
                    replay.compare_next(cbor);
                }
                _ => {}
            }
        }
        assert_eq!(fullest, 2, "{name}: nothing was opened");
    }
}

fn is_query(frame: &Value) -> bool {
    field(frame, "send_channel_query").is_some()
}

fn is_answer(frame: &Frame) -> bool {
    [
        "channel_query_sent_event",
        "channel_query_reply_event",
        "message_reply_event",
    ]
    .contains(&frame.kind.as_str())
}

/// The recorded answers to queries, each as the frames after its sent event.
fn answers(lines: &[Line]) -> impl Iterator<Item = Vec<Frame>> + '_ {
    let mut frames = lines.iter().filter_map(|line| match line {
        Line::FromDaemon(cbor) => Some(Frame::decode(cbor)).filter(is_answer),
        _ => None,
    });
    std::iter::from_fn(move || {
        frames.next()?;
        let mut answer = vec![frames.next()?];
        while answer[answer.len() - 1].kind != "channel_query_reply_event" {
            answer.push(frames.next()?);
        }
        Some(answer)
    })
}

/// Sends a query and returns of how many frames its answer is.
fn query(replay: &mut Replay, frame: &Value, shapes: &[Shape]) -> usize {
    replay
        .client
        .send_frame(&serde_cbor::to_vec(frame).unwrap());
    let sent = replay.client.expect("channel_query_sent_event");
    assert_eq!(sent.code(), 0);
    let mut answer = Vec::new();
    loop {
        let Came::Frame(frame) = replay.client.next(PATIENCE) else {
            panic!()
        };
        let last = frame.kind == "channel_query_reply_event";
        answer.push(frame);
        if last {
            break;
        }
    }
    let shape = shape_of(&answer);
    assert!(
        shapes.contains(&shape),
        "{}: {shape:?} not in {shapes:?}",
        replay.name
    );
    answer.len()
}

fn until_opened(replay: &mut Replay, frame: &Value, shapes: &[Shape]) -> usize {
    (0..60)
        .map(|_| query(replay, frame, shapes))
        .find(|frames| *frames == 2)
        .unwrap_or(1)
}
