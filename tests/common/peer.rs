//! The scripted daemon: a listening socket in a directory of its own, and its connections.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::{channel, Receiver};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use kpclient::config::{Config, Dial, TcpNetwork};
use serde_cbor::Value;

use super::frames::{bytes, fields, get, message, Era, Fields};
use super::LIMIT;

/// Where the scripted daemon listens. A thread of its own accepts.
pub struct Peer {
    pub era: Era,
    dial: Dial,
    arrived: Mutex<Receiver<Stream>>,
    ending: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    directory: Option<PathBuf>,
}

pub enum Stream {
    Unix(UnixStream),
    Tcp(TcpStream),
}

/// A directory that is removed with its peer.
fn fresh_directory() -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = format!("kpc-peer-{}-{number}", std::process::id());
    let path = std::env::temp_dir().join(name);
    std::fs::create_dir(&path).unwrap();
    path
}

impl Peer {
    /// On a Unix socket.
    pub fn new(era: Era) -> Self {
        let directory = fresh_directory();
        let path = directory.join("d").to_str().unwrap().to_owned();
        let listener = UnixListener::bind(&path).unwrap();
        let accept = move || listener.accept().map(|(stream, _)| Stream::Unix(stream));
        Peer::run(era, Dial::Unix { path }, Some(directory), accept)
    }

    /// A daemon of today.
    pub fn current() -> Self {
        Peer::new(Era::Current)
    }

    /// On a TCP socket of this machine.
    pub fn tcp(era: Era) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let network = TcpNetwork::Tcp;
        let accept = move || listener.accept().map(|(stream, _)| Stream::Tcp(stream));
        Peer::run(era, Dial::Tcp { address, network }, None, accept)
    }

    fn run(
        era: Era,
        dial: Dial,
        directory: Option<PathBuf>,
        accept: impl Fn() -> std::io::Result<Stream> + Send + 'static,
    ) -> Self {
        let (sender, arrived) = channel();
        let ending = Arc::new(AtomicBool::new(false));
        let ended = Arc::clone(&ending);
        let thread = std::thread::spawn(move || {
            while let Ok(stream) = accept() {
                if ended.load(Ordering::Acquire) || sender.send(stream).is_err() {
                    return;
                }
            }
        });
        Peer {
            era,
            dial,
            arrived: Mutex::new(arrived),
            ending,
            thread: Some(thread),
            directory,
        }
    }

    /// How a client reaches it, reconnecting quickly.
    pub fn config(&self) -> Config {
        let mut config = Config::from_toml(&self.era.toml()).unwrap();
        config.dial = Some(self.dial.clone());
        config.reconnect_min = Duration::from_millis(10);
        config.reconnect_max = Duration::from_millis(50);
        config.verify_derivation = false;
        config
    }

    /// The next connection.
    pub fn accept(&self) -> Conn {
        let conn = self.accept_within(LIMIT);
        conn.expect("the client does not connect")
    }

    /// The next connection, if there is one in time.
    pub fn accept_within(&self, limit: Duration) -> Option<Conn> {
        let stream = self.arrived.lock().unwrap().recv_timeout(limit).ok()?;
        Some(Conn::new(self.era, stream))
    }

    /// The next connection, with its handshake done; a session of its own.
    pub fn welcome(&self) -> Conn {
        self.accept().shake(&Greeting::default())
    }

    /// The next connection, on which the client finds its session again.
    pub fn welcome_back(&self) -> Conn {
        self.accept().shake(&Greeting::resumed())
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.ending.store(true, Ordering::Release);
        // Wakes the thread, which then sees that it is to end.
        let woken = match &self.dial {
            Dial::Unix { path } => UnixStream::connect(path).is_ok(),
            Dial::Tcp { address, .. } => TcpStream::connect(address).is_ok(),
            Dial::Ws { .. } => unreachable!("it listens on no WebSocket"),
        };
        if let (true, Some(thread)) = (woken, self.thread.take()) {
            let _ = thread.join();
        }
        if let Some(directory) = &self.directory {
            let _ = std::fs::remove_dir_all(directory);
        }
    }
}

/// The connection for encryptions, which the client opens when it needs it.
pub struct Encryptions<'a> {
    peer: &'a Peer,
    conn: Option<Conn>,
}

impl<'a> Encryptions<'a> {
    /// On this peer; not opened yet.
    pub fn at(peer: &'a Peer) -> Self {
        Encryptions { peer, conn: None }
    }

    /// The connection. Where there is none, the next one is taken for it.
    pub fn conn(&mut self) -> &mut Conn {
        self.conn.get_or_insert_with(|| self.peer.welcome())
    }

    /// Answers the next encryption with the envelope of this hash.
    pub fn answer(&mut self, kind: &str, hash: u8) {
        let asked = self.conn().expect(kind);
        self.conn().answer_envelope(&asked, hash);
    }
}

/// What the peer says in a handshake.
#[derive(Clone)]
pub struct Greeting {
    pub is_connected: bool,
    pub resumed: bool,
    /// Another daemon process, by its token.
    pub instance: Option<[u8; 16]>,
    /// Another document, or none.
    pub document: Option<Value>,
}

impl Default for Greeting {
    fn default() -> Self {
        Greeting {
            is_connected: true,
            resumed: false,
            instance: None,
            document: None,
        }
    }
}

impl Greeting {
    pub fn resumed() -> Self {
        Greeting {
            resumed: true,
            ..Greeting::default()
        }
    }

    pub fn offline() -> Self {
        Greeting {
            is_connected: false,
            ..Greeting::default()
        }
    }
}

/// One connection of a client.
pub struct Conn {
    pub era: Era,
    /// The session token that the client gave.
    pub token: [u8; 16],
    stream: Stream,
}

/// What the client asked for.
#[derive(Debug)]
pub struct Asked {
    pub key: String,
    pub fields: Fields,
}

impl Asked {
    /// The request's query id.
    pub fn query(&self) -> [u8; 16] {
        get(&self.fields, "query_id")
    }

    /// A flag; absent means false.
    pub fn flag(&self, name: &str) -> bool {
        self.fields.get(name) == Some(&Value::Bool(true))
    }
}

impl Conn {
    fn new(era: Era, stream: Stream) -> Self {
        match &stream {
            Stream::Unix(s) => s.set_read_timeout(Some(LIMIT)).unwrap(),
            Stream::Tcp(s) => {
                s.set_read_timeout(Some(LIMIT)).unwrap();
                s.set_nodelay(true).unwrap();
            }
        }
        Conn {
            era,
            token: [0; 16],
            stream,
        }
    }

    /// A connection that was accepted elsewhere.
    pub fn over(stream: UnixStream) -> Self {
        Conn::new(Era::Current, Stream::Unix(stream))
    }

    /// Plays the whole handshake.
    pub fn shake(mut self, greeting: &Greeting) -> Self {
        self.greet(greeting);
        self.take_token();
        self.admit(greeting.resumed);
        self
    }

    /// Status and document.
    pub fn greet(&mut self, greeting: &Greeting) {
        let [status, document] = self.era.greeting();
        self.send_message(&status.0, &status_of(self.era, greeting));
        let mut fields = document.1.clone();
        if let Some(payload) = &greeting.document {
            fields.insert("payload".into(), payload.clone());
        }
        self.send_message(&document.0, &fields);
    }

    /// Reads the session token, where the era has one.
    pub fn take_token(&mut self) {
        if self.era != Era::Channels {
            let asked = self.expect("session_token");
            self.token = get(&asked.fields, "client_instance_token");
        }
    }

    /// The same; false where the client hung up instead.
    pub fn try_take_token(&mut self) -> bool {
        let asked = (self.era != Era::Channels).then(|| self.read());
        match asked {
            None => true,
            Some(Some(asked)) => {
                self.token = get(&asked.fields, "client_instance_token");
                true
            }
            Some(None) => false,
        }
    }

    /// Answers the session token.
    pub fn admit(&mut self, resumed: bool) {
        if self.era != Era::Channels {
            self.send_message(
                "session_token_reply",
                &fields([
                    ("app_id", bytes(&[7; 16])),
                    ("resumed", Value::Bool(resumed)),
                ]),
            );
        }
    }

    /// Tells that the daemon is on the mixnet, or not.
    pub fn send_status(&mut self, greeting: &Greeting) {
        let fields = status_of(self.era, greeting);
        self.send_message("connection_status_event", &fields);
    }

    /// Sends a message in a frame of the era.
    pub fn send_message(&mut self, key: &str, fields: &Fields) {
        let frame = self.era.frame(key, fields);
        self.send_cbor(&frame);
    }

    /// Sends a frame. A client that has gone does not matter.
    pub fn send_cbor(&mut self, cbor: &[u8]) {
        let mut frame = u32::try_from(cbor.len()).unwrap().to_be_bytes().to_vec();
        frame.extend_from_slice(cbor);
        self.send_raw(&frame);
    }

    /// Sends bytes as they are.
    pub fn send_raw(&mut self, bytes: &[u8]) {
        let _ = self.try_send_raw(bytes);
    }

    /// The same; false where the client hung up.
    pub fn try_send_raw(&mut self, bytes: &[u8]) -> bool {
        let sent = match &mut self.stream {
            Stream::Unix(s) => s.write_all(bytes),
            Stream::Tcp(s) => s.write_all(bytes),
        };
        sent.is_ok()
    }

    fn read_exact(&mut self, bytes: &mut [u8]) -> std::io::Result<()> {
        match &mut self.stream {
            Stream::Unix(s) => s.read_exact(bytes),
            Stream::Tcp(s) => s.read_exact(bytes),
        }
    }

    /// The next request; none at the end of the stream.
    pub fn read(&mut self) -> Option<Asked> {
        let mut length = [0; 4];
        match self.read_exact(&mut length) {
            Ok(()) => {}
            Err(e) if e.kind() == std::io::ErrorKind::WouldBlock => {
                panic!("the client asks nothing")
            }
            Err(_) => return None,
        }
        let mut cbor = vec![0; u32::from_be_bytes(length) as usize];
        self.read_exact(&mut cbor).ok()?;
        let (key, fields) = message(&cbor).expect("a request of nothing");
        Some(Asked { key, fields })
    }

    /// The next request, which is of this kind.
    pub fn expect(&mut self, key: &str) -> Asked {
        let asked = self.read();
        let asked = asked.unwrap_or_else(|| panic!("the client hung up instead of {key}"));
        assert_eq!(asked.key, key);
        asked
    }

    /// The client says no more.
    pub fn expect_end(&mut self) {
        if let Some(asked) = self.read() {
            panic!("{} instead of the end", asked.key);
        }
    }

    /// The client says goodbye and no more.
    pub fn expect_goodbye(&mut self) {
        self.expect("thin_close");
        self.expect_end();
    }

    /// Ends the connection without a word.
    pub fn cut(self) {
        let _ = match &self.stream {
            Stream::Unix(s) => s.shutdown(Shutdown::Both),
            Stream::Tcp(s) => s.shutdown(Shutdown::Both),
        };
    }
}

fn status_of(era: Era, greeting: &Greeting) -> Fields {
    let mut fields = era.greeting()[0].1.clone();
    fields.insert("is_connected".into(), Value::Bool(greeting.is_connected));
    if let Some(instance) = &greeting.instance {
        fields.insert("instance_token".into(), bytes(instance));
    }
    fields
}
