//! A naive client that knows nothing but frames: what a test sends is what the daemon gets.

#![allow(
    dead_code,
    unused_imports,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)] // helpers of tests

mod frame;

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use kpclientd_sim::{Sim, SimConfig};
use serde_cbor::Value;

pub use frame::{bytes, field, map, text, Frame};

/// Long enough for anything that is expected to come.
pub const PATIENCE: Duration = Duration::from_secs(120);
/// Long enough to believe that nothing comes.
pub const SILENCE: Duration = Duration::from_millis(300);

trait Stream: Read + Write + Send {
    fn set_patience(&self, patience: Duration) -> io::Result<()>;
}

impl Stream for UnixStream {
    fn set_patience(&self, patience: Duration) -> io::Result<()> {
        self.set_read_timeout(Some(patience))
    }
}

impl Stream for TcpStream {
    fn set_patience(&self, patience: Duration) -> io::Result<()> {
        self.set_read_timeout(Some(patience))
    }
}

/// What came, or did not.
#[derive(Debug, PartialEq)]
pub enum Came {
    Frame(Frame),
    Nothing,
    End,
}

/// One connection.
pub struct Client {
    stream: Box<dyn Stream>,
    buffer: Vec<u8>,
    next_query: u64,
    pub greeting: Vec<Frame>,
}

impl Client {
    pub fn raw(sim: &Sim) -> Client {
        Client::over(Box::new(UnixStream::connect(sim.unix_path()).unwrap()))
    }

    pub fn at(path: &std::path::Path) -> Client {
        Client::over(Box::new(UnixStream::connect(path).unwrap()))
    }

    pub fn read_raw(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.stream.set_patience(PATIENCE).unwrap();
        self.stream.read_exact(&mut bytes).unwrap();
        bytes
    }

    /// How many bytes come until the daemon hangs up.
    pub fn read_to_end(&mut self) -> usize {
        let mut rest = Vec::new();
        self.stream.set_patience(PATIENCE).unwrap();
        self.stream.read_to_end(&mut rest).unwrap()
    }

    pub fn raw_tcp(sim: &Sim) -> Client {
        Client::over(Box::new(TcpStream::connect(sim.tcp_address()).unwrap()))
    }

    fn over(stream: Box<dyn Stream>) -> Client {
        Client {
            stream,
            buffer: Vec::new(),
            next_query: 0,
            greeting: Vec::new(),
        }
    }

    /// Connects and takes the first two frames.
    pub fn greeted(sim: &Sim) -> Client {
        let mut client = Client::raw(sim);
        client.greet();
        client
    }

    pub fn greet(&mut self) {
        self.greeting = vec![
            self.expect("connection_status_event"),
            self.expect("new_pki_document_event"),
        ];
    }

    /// Connects with this token.
    pub fn with_token(sim: &Sim, token: [u8; 16]) -> (Client, bool) {
        let mut client = Client::greeted(sim);
        let resumed = client.shake(token);
        (client, resumed)
    }

    /// Connects with a token of its own.
    pub fn new(sim: &Sim) -> Client {
        let mut token = [0; 16];
        getrandom::fill(&mut token).unwrap();
        Client::with_token(sim, token).0
    }

    pub fn shake(&mut self, token: [u8; 16]) -> bool {
        self.send(
            "session_token",
            &map(&[("client_instance_token", bytes(&token))]),
        );
        let reply = self.expect("session_token_reply");
        reply.get("resumed") == Some(&Value::Bool(true))
    }

    pub fn send_raw(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    pub fn send_frame(&mut self, cbor: &[u8]) {
        let mut frame = u32::try_from(cbor.len()).unwrap().to_be_bytes().to_vec();
        frame.extend_from_slice(cbor);
        self.send_raw(&frame);
    }

    /// False when the connection is closed.
    pub fn try_send_frame(&mut self, cbor: &[u8]) -> bool {
        let mut frame = u32::try_from(cbor.len()).unwrap().to_be_bytes().to_vec();
        frame.extend_from_slice(cbor);
        self.stream.write_all(&frame).is_ok() && self.next(Duration::from_millis(1)) != Came::End
    }

    pub fn send(&mut self, key: &str, body: &Value) {
        let frame = map(&[(key, body.clone())]);
        self.send_frame(&serde_cbor::to_vec(&frame).unwrap());
    }

    /// Sends a request with a fresh query id, which it returns.
    pub fn ask(&mut self, key: &str, fields: &[(&str, Value)]) -> Vec<u8> {
        self.next_query += 1;
        let id = self.next_query.to_be_bytes().repeat(2);
        self.ask_as(&id, key, fields);
        id
    }

    pub fn ask_as(&mut self, id: &[u8], key: &str, fields: &[(&str, Value)]) {
        let mut all = fields.to_vec();
        all.push(("query_id", bytes(id)));
        self.send(key, &map(&all));
    }

    /// Asks and returns the reply to it, whatever comes before.
    pub fn call(&mut self, key: &str, fields: &[(&str, Value)]) -> Frame {
        let id = self.ask(key, fields);
        self.reply_to(&id)
    }

    pub fn reply_to(&mut self, id: &[u8]) -> Frame {
        loop {
            match self.next(PATIENCE) {
                Came::Frame(frame) if frame.query_id().as_deref() == Some(id) => return frame,
                Came::Frame(_) => {}
                other => panic!("no reply but {other:?}"),
            }
        }
    }

    /// The next frame of this kind; events of other kinds are let pass.
    pub fn expect(&mut self, kind: &str) -> Frame {
        loop {
            match self.next(PATIENCE) {
                Came::Frame(frame) if frame.kind == kind => return frame,
                Came::Frame(_) => {}
                other => panic!("no {kind} but {other:?}"),
            }
        }
    }

    pub fn next(&mut self, patience: Duration) -> Came {
        let until = Instant::now() + patience;
        loop {
            if let Some((head, rest)) = self.buffer.split_first_chunk::<4>() {
                let length = u32::from_be_bytes(*head) as usize;
                if rest.len() >= length {
                    let frame = Frame::decode(&rest[..length]);
                    self.buffer.drain(..4 + length);
                    return Came::Frame(frame);
                }
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Came::Nothing;
            }
            self.stream.set_patience(left).unwrap();
            let mut chunk = [0; 16384];
            match self.stream.read(&mut chunk) {
                Ok(0) => return Came::End,
                Ok(n) => self.buffer.extend_from_slice(&chunk[..n]),
                Err(e)
                    if matches!(
                        e.kind(),
                        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
                    ) =>
                {
                    return Came::Nothing;
                }
                Err(_) => return Came::End,
            }
        }
    }

    /// Nothing comes for a while, and the connection stays open.
    pub fn expect_silence(&mut self) {
        assert_eq!(self.next(SILENCE), Came::Nothing);
    }

    pub fn expect_hang_up(&mut self) {
        assert_eq!(self.next(PATIENCE), Came::End);
    }

    /// Whether a local request is answered.
    pub fn is_alive(&mut self) -> bool {
        let id = self.ask("get_pki_document", &[("epoch", Value::Integer(7))]);
        let until = Instant::now() + SILENCE;
        while let Came::Frame(frame) = self.next(until.saturating_duration_since(Instant::now())) {
            if frame.query_id().as_deref() == Some(&id[..]) {
                return true;
            }
        }
        false
    }

    pub fn keypair(&mut self, seed: [u8; 32]) -> Pair {
        let reply = self.call("new_keypair", &[("seed", bytes(&seed))]);
        Pair {
            write_cap: reply.bytes("write_cap"),
            read_cap: reply.bytes("read_cap"),
            index: reply.bytes("first_message_index"),
        }
    }

    pub fn seal_write(&mut self, pair: &Pair, plaintext: &[u8]) -> Vec<(&'static str, Value)> {
        let reply = self.call(
            "encrypt_write",
            &[
                ("plaintext", bytes(plaintext)),
                ("write_cap", bytes(&pair.write_cap)),
                ("message_box_index", bytes(&pair.index)),
            ],
        );
        start_fields(&reply, "write_cap", &pair.write_cap, None)
    }

    pub fn seal_read(&mut self, pair: &Pair) -> Vec<(&'static str, Value)> {
        let reply = self.call(
            "encrypt_read",
            &[
                ("read_cap", bytes(&pair.read_cap)),
                ("message_box_index", bytes(&pair.index)),
            ],
        );
        start_fields(&reply, "read_cap", &pair.read_cap, Some(&pair.index))
    }

    pub fn start(&mut self, fields: &[(&'static str, Value)]) -> Vec<u8> {
        self.ask("start_resending_encrypted_message", fields)
    }

    pub fn cancel(&mut self, fields: &[(&'static str, Value)]) -> Vec<u8> {
        let hash = fields
            .iter()
            .find(|(k, _)| *k == "envelope_hash")
            .unwrap()
            .1
            .clone();
        self.ask(
            "cancel_resending_encrypted_message",
            &[("envelope_hash", hash)],
        )
    }

    pub fn message(&mut self, echo: &[u8], id: u8, payload: &[u8]) {
        self.message_to(echo, b"+echo", id, payload);
    }

    pub fn message_to(&mut self, node: &[u8], queue: &[u8], id: u8, payload: &[u8]) {
        self.send(
            "send_message",
            &map(&[
                ("id", bytes(&[id; 16])),
                ("with_surb", Value::Bool(true)),
                ("surbid", bytes(&[id ^ 0xff; 16])),
                ("destination_id_hash", bytes(node)),
                ("recipient_queue_id", bytes(queue)),
                ("payload", bytes(payload)),
            ]),
        );
    }

    /// The identity hash of the first service node.
    pub fn service_node(&self) -> Vec<u8> {
        let document: Value = serde_cbor::from_slice(&self.greeting[1].bytes("payload")).unwrap();
        let Some(Value::Array(nodes)) = field(&document, "ServiceNodes") else {
            panic!()
        };
        let Value::Bytes(node) = &nodes[0] else {
            panic!()
        };
        let node: Value = serde_cbor::from_slice(node).unwrap();
        let Some(Value::Bytes(key)) = field(&node, "IdentityKey") else {
            panic!()
        };
        kpclient::bacap::blake2b_256(key).to_vec()
    }
}

#[derive(Clone)]
pub struct Pair {
    pub write_cap: Vec<u8>,
    pub read_cap: Vec<u8>,
    pub index: Vec<u8>,
}

fn start_fields(
    reply: &Frame,
    cap_key: &'static str,
    cap: &[u8],
    index: Option<&[u8]>,
) -> Vec<(&'static str, Value)> {
    assert_eq!(reply.code(), 0);
    let mut fields = vec![
        (cap_key, bytes(cap)),
        (
            "envelope_descriptor",
            bytes(&reply.bytes("envelope_descriptor")),
        ),
        (
            "message_ciphertext",
            bytes(&reply.bytes("message_ciphertext")),
        ),
        ("envelope_hash", bytes(&reply.bytes("envelope_hash"))),
    ];
    if let Some(index) = index {
        fields.push(("message_box_index", bytes(index)));
    }
    fields
}

pub fn with(
    fields: &[(&'static str, Value)],
    key: &'static str,
    value: Value,
) -> Vec<(&'static str, Value)> {
    let mut all: Vec<_> = fields.iter().filter(|(k, _)| *k != key).cloned().collect();
    all.push((key, value));
    all
}

/// In a hurry, and with nothing left to chance.
pub fn exact() -> SimConfig {
    let mut config = SimConfig::instant();
    config.late_close_chance = 0.0;
    config
}

pub fn instant() -> Sim {
    Sim::start(exact()).unwrap()
}

/// Nothing leaves until it is stepped or released.
pub fn held(config: SimConfig) -> Sim {
    let sim = Sim::start(config).unwrap();
    sim.control("hold").unwrap();
    sim
}

/// Lets one packet go, once there is one, and waits until what it brings back was dealt with.
pub fn step(sim: &Sim) {
    let until = Instant::now() + PATIENCE;
    while sim.control("step").unwrap() != "1 packets" {
        assert!(Instant::now() < until, "nothing to send");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Waits until a number of the statistics is what it should be.
pub fn wait_for(sim: &Sim, what: &str, wanted: u64) {
    let until = Instant::now() + PATIENCE;
    while sim.stats().unwrap()[what] != wanted {
        assert!(
            Instant::now() < until,
            "{what} is {}",
            sim.stats().unwrap()[what]
        );
        std::thread::sleep(Duration::from_millis(2));
    }
}
