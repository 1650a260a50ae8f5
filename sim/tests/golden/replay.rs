//! One recorded conversation, played with the simulator and compared.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use kpclient::bacap::{keypair_by, BoxIndex, Derivation};
use kpclientd_sim::network::{Era, Scheme};
use kpclientd_sim::{Sim, SimConfig};
use serde_cbor::Value;

use crate::client::{self, field, Came, Client, Frame, PATIENCE};

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
    "display_name",
    "who_reply",
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

pub enum Line {
    FromClient(Value),
    FromDaemon(Vec<u8>),
    NewConnection,
}

pub fn golden(era: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../tests/golden")
        .join(era)
}

pub fn transcript(path: &Path) -> Vec<Line> {
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

/// Which derivation the daemon of a conversation had, as far as a keypair was made there from a given seed.
fn derivation(lines: &[Line]) -> Derivation {
    let seed = lines.iter().find_map(|line| match line {
        Line::FromClient(frame) => match field(field(frame, "new_keypair")?, "seed")? {
            Value::Bytes(seed) => <[u8; 32]>::try_from(&seed[..]).ok(),
            _ => None,
        },
        _ => None,
    });
    let made = lines.iter().find_map(|line| match line {
        Line::FromDaemon(cbor) => {
            Some(Frame::decode(cbor)).filter(|f| f.kind == "new_keypair_reply")
        }
        _ => None,
    });
    let since = keypair_by(Derivation::SinceHpqc101, &seed.unwrap_or_default());
    match made {
        Some(made) if made.bytes("write_cap") == since.write_cap.as_bytes() => {
            Derivation::SinceHpqc101
        }
        _ => Derivation::BeforeHpqc101,
    }
}

/// Which scheme the network of a conversation had, where the daemon told it.
fn scheme(lines: &[Line]) -> Option<Scheme> {
    let Some(Line::FromDaemon(cbor)) = lines.first() else {
        return None;
    };
    let status = Frame::decode(cbor);
    match field(status.get("pigeonhole_geometry")?, "NIKEName")? {
        Value::Text(name) if name == "x25519" => Some(Scheme::X25519),
        Value::Text(name) if name == "CTIDH1024-X25519" => Some(Scheme::Ctidh1024X25519),
        _ => None,
    }
}

/// Whether the daemon had nothing to say to this, before these. Documents come by themselves, and the reply to a voucher
/// that took long stands behind the client's next frame.
fn is_silence(asked: &Value, rest: &[Line]) -> bool {
    let query_id = field(asked, "voucher_induct").and_then(|body| field(body, "query_id"));
    let late = |line: &Line| match (line, query_id) {
        (Line::FromDaemon(cbor), Some(Value::Bytes(id))) => {
            Frame::decode(cbor).query_id().as_ref() == Some(id)
        }
        _ => false,
    };
    if rest.iter().any(late) {
        return false;
    }
    let mut rest = rest.iter().skip_while(|line| match line {
        Line::FromDaemon(cbor) => Frame::decode(cbor).kind == "new_pki_document_event",
        _ => false,
    });
    matches!(rest.next(), Some(Line::FromClient(_)))
}

/// The index that a capability carries, which a client takes out itself.
fn first_index(key: &str, cap: &[u8]) -> Option<Vec<u8>> {
    let at = cap.len().checked_sub(104)?;
    key.ends_with("_cap").then(|| cap[at..].to_vec())
}

/// Plays one conversation and compares.
pub struct Replay {
    pub sim: Sim,
    pub client: Client,
    era: Era,
    /// What the recorded daemon said, and what this one said instead.
    instead: BTreeMap<Vec<u8>, Vec<u8>>,
    channels: BTreeMap<i128, i128>,
    pub shaken: bool,
    /// What overtook a document.
    early: Option<Frame>,
    pub name: String,
}

impl Replay {
    pub fn new(era: Era, name: &str, lines: &[Line]) -> Replay {
        let mut config = SimConfig::new(era).hurried();
        config.late_close_chance = 0.0;
        config.network.derivation = derivation(lines);
        if era == Era::V0_0_73Rc1 {
            // That network had none.
            config.network.replicas = 0;
        }
        if let Some(scheme) = scheme(lines) {
            config.network = config.network.with_scheme(scheme);
        }
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

    pub fn run(&mut self, lines: &[Line]) {
        for (at, line) in lines.iter().enumerate() {
            match line {
                Line::FromClient(sent) => {
                    let frame = self.replaced(sent);
                    self.client.send_frame(&serde_cbor::to_vec(&frame).unwrap());
                    if is_silence(sent, &lines[at + 1..]) && self.shaken {
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

    pub fn compare_next(&mut self, cbor: &[u8]) {
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
                self.compare_same(key, recorded, ours, context);
                self.instead.insert(a.clone(), b.clone());
                if let (Some(a), Some(b)) = (first_index(key, a), first_index(key, b)) {
                    self.instead.insert(a, b);
                }
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
        let is_same = if derived {
            self.same_steps(recorded, ours)
        } else {
            self.replaced(recorded) == *ours
        };
        assert!(
            !(SAME.contains(&key) || derived) || is_same,
            "{key} in {context}"
        );
    }

    /// What is derived is the same, or one step behind what replaces the recorded value that the recorded one is a step behind.
    fn same_steps(&self, recorded: &Value, ours: &Value) -> bool {
        let next = |bytes: &[u8]| BoxIndex::from_bytes(bytes).map(|index| index.next());
        let (Value::Bytes(theirs), Value::Bytes(ours)) = (recorded, ours) else {
            return recorded == ours;
        };
        let is_before = |from: &Vec<u8>| next(from).is_ok_and(|to| to.as_bytes()[..] == theirs[..]);
        let before = self.instead.iter().find(|(from, _)| is_before(from));
        match before {
            Some((_, from)) => next(from).is_ok_and(|to| to.as_bytes()[..] == ours[..]),
            None => theirs == ours,
        }
    }

    /// A frame of the client with the values that this daemon gave.
    pub fn replaced(&self, value: &Value) -> Value {
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
    pub fn learn_services(&mut self, recorded: &[Line]) {
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
