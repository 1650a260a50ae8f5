//! A writer that does each of what writers can do besides sending: it steps over a box that somebody else has
//! written, deletes a box, and erases messages. And what its readers must find then, whatever happens to it.

use std::collections::hash_map::RandomState;
use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use kpclient::bacap;
use kpclient::client::StartFlags;
use kpclient::store::{Arrival, Message, Reader, Writer, WriterState};

use kpclientd_sim::Sim;

use super::steps::Course;
use crate::house::{Person, KIND};
use crate::notes::{each_line, Notebook};
use crate::roles::{tag_in, tagged, Role, SEED};

/// What the writer has promised: "sent NUMBER TAG" and "erased NUMBER".
const PROMISES: &str = "promises";
/// A file that tells the writer that the reader has [`LONG`]: it may be erased.
const READ: &str = "read";
const INTRUDER: &[u8] = b"I was here before";

/// The messages, in their order. The boxes of the second are partly taken, the third is a deletion, and the
/// fourth is to be erased as soon as it is stored.
const LONG: u64 = 2;
const DELETION: u64 = 3;
const SHORT_LIVED: u64 = 4;
const LAST: u64 = 5;

fn text(number: u64, tag: u64) -> Vec<u8> {
    let length = match number {
        LONG => 4000,
        SHORT_LIVED => 9000, // so that it is not stored before the order to erase it is on the disk
        _ => 20,
    };
    tagged(number, tag, length)
}

/// What was promised.
#[derive(Default)]
struct Promises {
    tags: BTreeMap<u64, u64>,
    /// All messages before this one are to be erased.
    erased: u64,
}

impl Promises {
    fn read(directory: &Path) -> Promises {
        let mut promises = Promises::default();
        each_line(&directory.join(PROMISES), |words| match *words {
            ["sent", number, tag] => {
                let tag = tag.parse().unwrap();
                let before = promises.tags.insert(number.parse().unwrap(), tag);
                assert_eq!(before, None, "message {number} is lost");
            }
            ["erased", number] => promises.erased = number.parse().unwrap(),
            _ => panic!("{words:?}"),
        });
        promises
    }
}

/// The writer. Whatever it was about before it died, it goes on from there.
pub fn housekeeper(role: &Role) -> ! {
    let alice = role.person("housekeeper.db");
    let writer = Role::channel(&alice);
    let notes = Notebook::open(&role.file(PROMISES));
    let mut keeper = Keeper {
        role,
        alice,
        writer,
        notes,
    };
    while keeper.writer.last_message() < LAST {
        keeper.send();
    }
    keeper.settle(LAST);
    role.rest()
}

struct Keeper<'a> {
    role: &'a Role,
    alice: Person,
    writer: Arc<Writer>,
    notes: Notebook,
}

impl Keeper<'_> {
    /// Sends the next message, when all before it is done.
    fn send(&mut self) {
        let last = self.writer.last_message();
        // It is stored and erased with nothing in between that would bring to the disk how far the messages are.
        if last == SHORT_LIVED {
            self.erase_before(LAST);
            self.alice.wait(self.writer.erased(LAST)).unwrap();
        }
        self.settle(last);
        if last == LONG {
            until(|| self.role.file(READ).exists());
            self.erase_before(DELETION);
        }
        let number = last + 1;
        let tag = RandomState::new().build_hasher().finish();
        let sent = match number {
            DELETION => self.writer.tombstone(1),
            _ => self.writer.send(KIND, &text(number, tag)),
        };
        assert_eq!(self.alice.wait(sent).unwrap(), number);
        self.notes.write(&format!("sent {number} {tag}"));
    }

    /// Promises that once: the library remembers it.
    fn erase_before(&mut self, number: u64) {
        if Promises::read(&self.role.file("")).erased < number {
            self.alice.wait(self.writer.erase_before(number)).unwrap();
            self.notes.write(&format!("erased {number}"));
        }
    }

    /// Waits until all is stored. There is one box to step over, and no other.
    fn settle(&self, last: u64) {
        until(|| {
            if let WriterState::Conflict(error) = self.writer.state() {
                assert_eq!(last, LONG, "{error}");
                self.alice.wait(self.writer.step_over()).unwrap();
            }
            self.writer.pending() == 0
        });
    }
}

/// Whoever waits for it in vain is stopped by the test.
pub fn until(mut is_so: impl FnMut() -> bool) {
    while !is_so() {
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Writes the second box that the long message is to have.
fn intrude(bob: &Person) {
    let pair = bacap::keypair(&SEED);
    let taken = pair.first_index.next().next();
    let flags = StartFlags::default();
    let write = bob
        .client
        .write_box(&pair.write_cap, &taken, INTRUDER, flags);
    bob.wait(write).unwrap();
}

/// A reader that follows the channel while it is written.
pub struct Housekeeping {
    _sim: Sim,
    directory: PathBuf,
    bob: Person,
    reader: Arc<Reader>,
    found: Vec<Arc<Message>>,
}

impl Course for Housekeeping {
    const ROLE: &'static str = "housekeeper";

    fn begin(directory: &Path, _trial: u64) -> Self {
        let role = Role::at(directory);
        let sim = Sim::start(role.network()).unwrap();
        let bob = role.person("reader.db");
        intrude(&bob);
        Housekeeping {
            _sim: sim,
            directory: directory.to_owned(),
            reader: Role::followed(&bob),
            bob,
            found: Vec::new(),
        }
    }

    fn look(&mut self) -> bool {
        self.reader.poll_now();
        while self.reader.waiting() > 0 {
            self.found.push(self.bob.take(&self.reader));
            if self.has(LONG) {
                std::fs::write(self.directory.join(READ), "").unwrap();
            }
        }
        self.has(LAST)
    }

    /// Whether each message came once, whole and in order; and what somebody finds who comes later.
    fn check(self) {
        let promises = Promises::read(&self.directory);
        let mut all: Vec<Found> = self.found.iter().map(|f| promises.judge(f)).collect();
        let mut rest = all.split_off(5);
        let wanted = [
            Found::Message(1),
            Found::Broken,
            Found::Intruder,
            Found::Message(LONG),
            Found::Tombstone,
        ];
        assert_eq!(all, wanted);
        // It depends on who was quicker how much of the next one there was.
        rest.retain(|found| !matches!(found, Found::Tombstone | Found::Broken));
        let wanted = [Found::Message(SHORT_LIVED), Found::Message(LAST)];
        assert_eq!(rest, wanted[2 - rest.len()..]);
        self.check_late(&promises);
    }
}

impl Housekeeping {
    fn has(&self, number: u64) -> bool {
        let is_it = |found: &Arc<Message>| number_of(found) == Some(number);
        self.found.last().is_some_and(is_it)
    }

    /// All is erased but the intruder's box and the last message, and nothing is missing or left over.
    fn check_late(&self, promises: &Promises) {
        let cap = self.reader.read_cap();
        let late = self.bob.store.import_reader("late", cap, None);
        let late = self.bob.wait(late).unwrap();
        let mut all = Vec::new();
        while all.last() != Some(&Found::Message(LAST)) {
            late.poll_now();
            all.push(promises.judge(&self.bob.take(&late)));
        }
        // The long message has three boxes, the fourth one six. The third box of the long one may have been written
        // where it was first, or not.
        let tombstones = all.len() - 2;
        assert!((12..=13).contains(&tombstones), "{all:?}");
        let mut wanted = vec![Found::Tombstone; all.len()];
        wanted[2] = Found::Intruder;
        wanted[all.len() - 1] = Found::Message(LAST);
        assert_eq!(all, wanted);
    }
}

/// What has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    Message(u64),
    Tombstone,
    Broken,
    Intruder,
    Other,
}

impl Promises {
    fn judge(&self, found: &Message) -> Found {
        match found.arrival {
            Arrival::Tombstone => Found::Tombstone,
            Arrival::Broken => Found::Broken,
            Arrival::Foreign if found.data == INTRUDER => Found::Intruder,
            Arrival::Message(KIND) => {
                let number = number_of(found).unwrap();
                let tag = tag_in(&found.data);
                assert!(found.data == text(number, tag), "message {number}");
                let promised = self.tags.get(&number);
                assert!(promised.is_none_or(|promised| *promised == tag));
                Found::Message(number)
            }
            _ => Found::Other,
        }
    }
}

fn number_of(found: &Message) -> Option<u64> {
    let number = found.data.get(..8)?.try_into().ok()?;
    (found.arrival == Arrival::Message(KIND)).then_some(u64::from_be_bytes(number))
}
