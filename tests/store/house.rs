//! A simulator, and people who have a client and a database each.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;

use kpclient::client::{Call, Client};
use kpclient::store::{Arrival, Direction, Message, Reader, Store, Writer};
use kpclient::{Result, Status};
use kpclientd_sim::network::Era;
use kpclientd_sim::{Sim, SimConfig};

use crate::world::{self, client, ended, forgetful, run, start, until};

/// A kind of messages.
pub const KIND: u8 = 1;

/// A simulated network, and a directory for databases.
pub struct House {
    pub sim: Sim,
    directory: PathBuf,
}

/// A person's client with the person's store.
pub struct Person {
    pub client: Arc<Client>,
    pub store: Arc<Store>,
}

impl House {
    pub fn new() -> House {
        House::with(forgetful(Era::Current))
    }

    /// With a daemon of this kind.
    pub fn with(config: SimConfig) -> House {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("kpc-store-{}-{number}", std::process::id());
        let directory = std::env::temp_dir().join(name);
        std::fs::create_dir(&directory).unwrap();
        House {
            sim: Sim::start(config).unwrap(),
            directory,
        }
    }

    /// Where a person's database is.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.join(format!("{name}.db"))
    }

    /// Something else in the directory.
    pub fn inside(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// A person comes, with the database from the last time.
    pub fn person(&self, name: &str) -> Person {
        Person::with(Arc::new(client(&self.sim)), &self.path(name))
    }

    /// A command of the simulator's control line.
    pub fn order(&self, line: &str) {
        self.sim
            .control(line)
            .unwrap_or_else(|e| panic!("{line}: {e}"));
    }
}

impl Drop for House {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

impl Person {
    pub fn with(client: Arc<Client>, path: &Path) -> Person {
        let store = world::done(Store::open(&client, Some(path)));
        Person { client, store }
    }

    pub fn wait<T: Send + Sync + 'static>(&self, call: Result<Call<T>>) -> Result<T> {
        run(call)
    }

    /// Begins something, and cancels it when `enough` holds.
    pub fn cut<T: Send + Sync + 'static>(
        &self,
        call: Result<Call<T>>,
        what: &str,
        enough: impl FnMut() -> bool,
    ) {
        let op = start(call);
        until(what, enough);
        self.client.cancel(op).unwrap();
        assert_eq!(ended(&self.client, op), Status::CANCELLED, "{what}");
    }

    /// Closes the store, and the file.
    pub fn leave(self) {
        self.wait(self.store.close()).unwrap();
    }

    /// A new channel.
    pub fn create(&self, name: &str) -> Arc<Writer> {
        self.wait(self.store.create_writer(name, None)).unwrap()
    }

    /// A channel of the last time.
    pub fn writer(&self, name: &str) -> Arc<Writer> {
        self.wait(self.store.writer(name)).unwrap()
    }

    /// Follows somebody's channel from its beginning.
    pub fn follow(&self, name: &str, writer: &Writer) -> Arc<Reader> {
        let import = self.store.import_reader(name, &writer.read_cap(), None);
        self.wait(import).unwrap()
    }

    pub fn reader(&self, name: &str) -> Arc<Reader> {
        self.wait(self.store.reader(name)).unwrap()
    }

    pub fn send(&self, writer: &Writer, message: &[u8]) -> u64 {
        self.wait(writer.send(KIND, message)).unwrap()
    }

    /// The next message, which is acknowledged.
    pub fn take(&self, reader: &Reader) -> Arc<Message> {
        let message = self.wait(reader.receive()).unwrap();
        self.wait(reader.acknowledge(message.number)).unwrap();
        message
    }

    /// The texts of the next messages, which are acknowledged.
    pub fn take_texts(&self, reader: &Reader, count: usize) -> Vec<String> {
        let text = |_| {
            let message = self.take(reader);
            assert_eq!(message.arrival, Arrival::Message(KIND));
            String::from_utf8(message.data.to_vec()).unwrap()
        };
        (0..count).map(text).collect()
    }

    pub fn names(&self, direction: Direction) -> Vec<String> {
        self.wait(self.store.channels(direction)).unwrap()
    }
}
