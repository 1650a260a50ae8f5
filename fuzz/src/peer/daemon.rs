//! The daemon of an input: it greets, answers, lies, sends garbage and hangs up, as the bytes say.

use std::io::{ErrorKind, Read, Write};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener, UnixStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use super::super::input::Input;

/// How long an action waits for the client, at most.
const PATIENCE: Duration = Duration::from_millis(5);

/// What a daemon of today said when a client came: status and document, and then that the session is new.
const RECORDED: &str = include_str!("../../../tests/golden/v0.0.99/handshake.jsonl");

pub struct Daemon {
    name: String,
    listener: UnixListener,
}

fn recorded() -> &'static [Vec<u8>] {
    static FRAMES: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    FRAMES.get_or_init(|| {
        let lines = RECORDED.lines();
        let frames = lines.filter_map(|line| {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            (line["from"] == "daemon").then(|| framed(&hex(line["cbor"].as_str().unwrap())))
        });
        frames.collect()
    })
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len() / 2)
        .map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap())
        .collect()
}

fn framed(cbor: &[u8]) -> Vec<u8> {
    let mut frame = u32::try_from(cbor.len()).unwrap().to_be_bytes().to_vec();
    frame.extend_from_slice(cbor);
    frame
}

impl Daemon {
    /// Listens on an abstract socket, which leaves nothing behind.
    pub fn new() -> Daemon {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("kpc-fuzz-peer-{}-{number}", std::process::id());
        let address = SocketAddr::from_abstract_name(name.as_bytes()).unwrap();
        let listener = UnixListener::bind_addr(&address).unwrap();
        listener.set_nonblocking(true).unwrap();
        Daemon { name, listener }
    }

    pub fn path(&self) -> String {
        format!("@{}", self.name)
    }

    /// Does what the input says, and gives back how many requests were answered.
    pub fn play(&self, mut input: Input<'_>) -> usize {
        let mut answered = 0;
        while !input.is_empty() {
            let Some(stream) = self.accept() else {
                input.byte();
                continue;
            };
            answered += Connection::of(stream).play(&mut input);
        }
        answered
    }

    fn accept(&self) -> Option<UnixStream> {
        let until = Instant::now() + PATIENCE;
        loop {
            match self.listener.accept() {
                Ok((stream, _)) => return Some(stream),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    if Instant::now() > until {
                        return None;
                    }
                    std::thread::sleep(Duration::from_micros(50));
                }
                Err(error) => panic!("{error}"),
            }
        }
    }
}

struct Connection {
    stream: UnixStream,
    /// The last request: its kind and query id.
    request: Option<(Vec<u8>, [u8; 16])>,
}

impl Connection {
    fn of(stream: UnixStream) -> Self {
        stream.set_nonblocking(false).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        Connection {
            stream,
            request: None,
        }
    }

    /// Plays until it hangs up.
    fn play(&mut self, input: &mut Input<'_>) -> usize {
        let mut answered = 0;
        while !input.is_empty() {
            let action = input.byte();
            match action & 15 {
                // A handshake as it should be.
                0..=3 => {
                    let [status, document, session, ..] = recorded() else {
                        return answered;
                    };
                    self.send(status);
                    self.send(document);
                    self.read();
                    self.send(session);
                }
                // One of its parts.
                4 => self.send(&recorded()[usize::from(action >> 4) % recorded().len()].clone()),
                // An answer to the next request, or to the last one again.
                5..=9 => {
                    if action & 0x80 == 0 {
                        self.read();
                    }
                    let count = usize::from(input.byte());
                    answered += usize::from(self.answer(action >> 4 & 7, input.bytes(count)));
                }
                10 | 11 => {
                    let count = usize::from(input.byte());
                    self.send(&framed(input.bytes(count)));
                }
                12 => {
                    let count = usize::from(input.byte());
                    self.send(input.bytes(count));
                }
                13 => self.read(),
                // A frame that ends in the middle.
                14 => {
                    let frame = &recorded()[usize::from(action >> 4) % recorded().len()];
                    self.send(&frame[..frame.len() * usize::from(input.byte()) / 256]);
                    return answered;
                }
                _ => return answered,
            }
        }
        answered
    }

    fn send(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes);
    }

    /// Reads a request.
    fn read(&mut self) {
        let mut length = [0; 4];
        if self.stream.read_exact(&mut length).is_err() {
            return;
        }
        let mut cbor = vec![0; u32::from_be_bytes(length) as usize];
        if self.stream.read_exact(&mut cbor).is_err() {
            return;
        }
        self.request = request(&cbor);
    }

    /// Answers a request with an error code and the encodings of further fields.
    fn answer(&mut self, code: u8, fields: &[u8]) -> bool {
        let Some((kind, query)) = &self.request else {
            return false;
        };
        let mut reply = vec![0xa1, 0x78, u8::try_from(kind.len() + 6).unwrap_or(0)];
        reply.extend_from_slice(kind);
        reply.extend_from_slice(b"_reply");
        let more = fields.first().map_or(0, |count| count % 8);
        reply.push(0xa2 + more);
        reply.extend_from_slice(b"\x68query_id\x50");
        reply.extend_from_slice(query);
        reply.extend_from_slice(b"\x6aerror_code");
        reply.push(code);
        reply.extend_from_slice(fields.get(1..).unwrap_or_default());
        self.send(&framed(&reply));
        true
    }
}

/// The kind of a request, which is the one key of its map, and its query id.
fn request(cbor: &[u8]) -> Option<(Vec<u8>, [u8; 16])> {
    let rest = cbor.strip_prefix(&[0xa1])?;
    let (kind, rest) = match rest {
        [head @ 0x60..=0x77, rest @ ..] => rest.split_at_checked(usize::from(head - 0x60))?,
        [0x78, length, rest @ ..] => rest.split_at_checked(usize::from(*length))?,
        _ => return None,
    };
    let name = b"\x68query_id\x50";
    let at = rest.windows(name.len()).position(|window| window == name)?;
    let query = rest.get(at + name.len()..)?.first_chunk()?;
    Some((kind.to_vec(), *query))
}
