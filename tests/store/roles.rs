//! Processes that a test may kill: a writer, a reader and a daemon. Each is this test program, started
//! again in another role.

use std::collections::hash_map::RandomState;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher, Hasher};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use kpclient::bacap;
use kpclient::client::Client;
use kpclient::config::Dial;
use kpclient::store::{Arrival, Reader, Writer};
use kpclient::Status;
use kpclientd_sim::{Sim, SimConfig};

use crate::file_crash;
use crate::house::{Person, KIND};
use crate::notes::{Notebook, Notes, RECEIVED, SENT};
use crate::power::{dividing, gap_reader, housekeeping};
use crate::world::{forgetful, new_client, run, settings, Era, LIMIT};

const ROLE: &str = "KPC_ROLE";
const DIRECTORY: &str = "KPC_ROLE_DIRECTORY";
pub const SEED: [u8; 32] = [0x5e; 32];
/// A file that tells the writer to take no more messages.
pub const STOP: &str = "stop";
/// One that the writer makes when all it had to do is done.
pub const DONE: &str = "done";

/// Messages of more boxes go by copy stream.
const COPY_ABOVE: u32 = 4;

/// The message of a number, with a tag that no other process of the writer has: every seventh has several
/// boxes, and half of these so many that a courier writes them.
fn message(number: u64, tag: u64) -> Vec<u8> {
    let length = match number % 14 {
        0 => 9000,
        7 => 4000,
        _ => 20,
    };
    tagged(number, tag, length)
}

/// A message of so many bytes.
pub fn tagged(number: u64, tag: u64, length: usize) -> Vec<u8> {
    let mut message = vec![u8::try_from(number % 251).unwrap(); length];
    message[..8].copy_from_slice(&number.to_be_bytes());
    message[8..16].copy_from_slice(&tag.to_be_bytes());
    message
}

pub fn tag_in(message: &[u8]) -> u64 {
    message
        .get(8..16)
        .map_or(0, |tag| u64::from_be_bytes(tag.try_into().unwrap()))
}

/// What a process does, and where its files are.
pub struct Role {
    directory: PathBuf,
}

impl Role {
    /// What a process in a directory is, for the test itself.
    pub fn at(directory: &Path) -> Role {
        let directory = directory.to_owned();
        Role { directory }
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// A client that does not look for the daemon.
    fn client(&self) -> Arc<Client> {
        let path = self.file("socket").to_str().unwrap().to_owned();
        Arc::new(new_client(settings(Dial::Unix { path })))
    }

    pub fn person(&self, name: &str) -> Person {
        let client = self.client();
        while let Err(error) = run(client.connect()) {
            // The daemon is dead just now.
            let known = [Status::CONNECT, Status::CONNECTION_LOST, Status::HANDSHAKE];
            assert!(known.contains(&error.status()), "{error}");
            std::thread::sleep(Duration::from_millis(10));
        }
        Person::with(client, &self.file(name))
    }

    /// A daemon for the people of this directory.
    pub fn network(&self) -> SimConfig {
        SimConfig {
            unix: Some(self.file("socket").to_str().unwrap().to_owned()),
            ..forgetful(Era::Current)
        }
    }

    /// A daemon whose network takes so long for a packet.
    fn daemon(&self, latency: Duration) {
        let mut config = self.network();
        config.latency = Some(latency);
        config.boxes = Some(self.file("boxes"));
        let _sim = Sim::start(config).unwrap();
        loop {
            std::thread::park();
        }
    }

    /// The channel of the last process, or a new one.
    pub fn channel(alice: &Person) -> Arc<Writer> {
        let create = alice.wait(alice.store.create_writer("channel", Some(&SEED)));
        match create {
            Ok(writer) => writer,
            Err(error) => {
                assert_eq!(error.status(), Status::CHANNEL_EXISTS);
                alice.writer("channel")
            }
        }
    }

    fn writer(&self) {
        let alice = self.person("writer.db");
        let writer = Self::channel(&alice);
        writer.set_copy_above(COPY_ABOVE);
        let tag = RandomState::new().build_hasher().finish();
        let mut promised = Notebook::open(&self.file(SENT));
        while !self.file(STOP).exists() {
            Self::send(&alice, &writer, tag, &mut promised);
            while writer.pending() > 20 && !self.file(STOP).exists() {
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        let last = writer.last_message();
        alice.wait(writer.stored(last)).unwrap();
        self.rest();
    }

    /// Sends three messages where there is no daemon.
    fn offline(&self) {
        let client = self.client();
        let alice = Person::with(client, &self.file("offline.db"));
        let writer = Self::channel(&alice);
        let tag = RandomState::new().build_hasher().finish();
        let mut promised = Notebook::open(&self.file(SENT));
        for _ in 0..3 {
            Self::send(&alice, &writer, tag, &mut promised);
        }
        self.rest();
    }

    fn send(alice: &Person, writer: &Writer, tag: u64, promised: &mut Notebook) {
        let number = writer.last_message() + 1;
        let sent = alice.wait(writer.send(KIND, &message(number, tag)));
        assert_eq!(sent.unwrap(), number);
        promised.write(&format!("{number} {tag}"));
    }

    /// All is done. Whoever ends by itself has failed.
    pub fn rest(&self) -> ! {
        File::create(self.file(DONE)).unwrap();
        loop {
            std::thread::park();
        }
    }

    /// The other end of the channel.
    pub fn followed(bob: &Person) -> Arc<Reader> {
        let cap = bacap::keypair(&SEED).read_cap;
        let import = bob.wait(bob.store.import_reader("channel", &cap, None));
        match import {
            Ok(reader) => reader,
            Err(error) => {
                assert_eq!(error.status(), Status::CHANNEL_EXISTS);
                bob.reader("channel")
            }
        }
    }

    /// Notes each message that it receives, acknowledges it, and notes that.
    fn reader(&self) {
        let bob = self.person("reader.db");
        let reader = Self::followed(&bob);
        let mut received = Notebook::open(&self.file(RECEIVED));
        loop {
            let found = bob.wait(reader.receive()).unwrap();
            assert_eq!(found.arrival, Arrival::Message(KIND), "{}", found.number);
            let (number, tag) = (found.number, tag_in(&found.data));
            let state = match found.data == message(number, tag) {
                true => "whole",
                false => "damaged",
            };
            received.write(&format!("got {number} {tag} {state}"));
            bob.wait(reader.acknowledge(number)).unwrap();
            received.write(&format!("done {number}"));
        }
    }
}

/// By itself it does nothing: other tests start this program again, for this test alone, in a role.
#[test]
fn role() {
    let Some(directory) = std::env::var_os(DIRECTORY) else {
        return;
    };
    let role = Role::at(Path::new(&directory));
    match std::env::var(ROLE).unwrap().as_str() {
        "daemon" => role.daemon(Duration::ZERO),
        "distant-daemon" => role.daemon(Duration::from_millis(40)),
        "writer" => role.writer(),
        "offline" => role.offline(),
        "joiner" => role.joiner(),
        "inductor" => role.inductor(),
        "housekeeper" => housekeeping::housekeeper(&role),
        "divider" => dividing::divider(&role),
        "gap-reader" => gap_reader::gap_reader(&role),
        "sender" => file_crash::sender(&role),
        "receiver" => file_crash::receiver(&role),
        _ => role.reader(),
    }
}

/// A process that is started again whenever it is killed.
pub struct Victim {
    role: &'static str,
    directory: PathBuf,
    process: Child,
}

impl Victim {
    /// Starts a role, with more in its environment.
    pub fn start(role: &'static str, directory: &Path, more: &[(&str, OsString)]) -> Victim {
        let log = OpenOptions::new()
            .append(true)
            .create(true)
            .open(directory.join(format!("{role}.log")))
            .unwrap();
        let process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "roles::role", "--nocapture"])
            .env(ROLE, role)
            .env(DIRECTORY, directory)
            // Who is killed removes nothing of its own: it goes with the directory.
            .env("TMPDIR", directory)
            .envs(more.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        Victim {
            role,
            directory: directory.to_owned(),
            process,
        }
    }

    pub fn kill(&mut self) {
        let _ = self.process.kill();
        let ended = self.process.wait().unwrap();
        self.was_killed(ended);
    }

    /// Whether somebody has killed it.
    pub fn is_dead(&mut self) -> bool {
        let ended = self.process.try_wait().unwrap();
        ended.is_some_and(|ended| self.was_killed(ended))
    }

    fn was_killed(&self, ended: ExitStatus) -> bool {
        let (role, log) = (self.role, self.log());
        assert_eq!(ended.signal(), Some(9), "{role} has ended by itself: {log}");
        true
    }

    pub fn log(&self) -> String {
        let log = self.directory.join(format!("{}.log", self.role));
        fs::read_to_string(log).unwrap_or_default()
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A generator that the test prints as it begins.
#[derive(Debug)]
pub struct Random(u64);

impl Random {
    pub fn new() -> Random {
        Random(RandomState::new().build_hasher().finish())
    }

    pub fn next(&mut self, below: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) % below
    }
}

/// A directory that goes with the test.
pub struct Directory(pub PathBuf);

impl Directory {
    pub fn new(name: &str) -> Directory {
        let name = format!("kpc-{name}-{}", std::process::id());
        // Databases are named without symbolic links.
        let temporary = std::env::temp_dir().canonicalize().unwrap();
        let directory = temporary.join(name);
        fs::create_dir(&directory).unwrap();
        Directory(directory)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// How often something is done: what a variable says, or so many times.
pub fn rounds(variable: &str, unless_set: u64) -> u64 {
    std::env::var(variable).map_or(unless_set, |rounds| rounds.parse().unwrap())
}

/// Tells the writer to stop, and waits until the reader has everything. `look_after` is called again
/// and again in the meantime, and returns the logs. All that was promised must have come then.
pub fn finish(directory: &Path, mut look_after: impl FnMut() -> String) -> Notes {
    File::create(directory.join(STOP)).unwrap();
    wait_for("the writer's end", || {
        let logs = look_after();
        (!directory.join(DONE).exists()).then_some(logs)
    });
    // The reader may be far behind.
    let mut notes = Notes::read(directory);
    while notes.acknowledged < notes.last_sent() {
        let before = notes.acknowledged;
        wait_for(&format!("a message after {before}"), || {
            let logs = look_after();
            notes = Notes::read(directory);
            notes.must_be_sound();
            (notes.acknowledged == before).then_some(logs)
        });
    }
    notes
}

/// Waits until `still` returns no logs any more.
pub fn wait_for(what: &str, mut still: impl FnMut() -> Option<String>) {
    let until = Instant::now() + LIMIT;
    while let Some(logs) = still() {
        assert!(Instant::now() < until, "never: {what}\n{logs}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
