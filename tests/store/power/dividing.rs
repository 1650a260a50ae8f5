//! A writer of long messages, on a network whose boxes become smaller meanwhile.

use std::collections::hash_map::RandomState;
use std::collections::BTreeMap;
use std::fs;
use std::hash::{BuildHasher, Hasher};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kpclient::store::{Arrival, Reader};
use kpclientd_sim::Sim;

use super::steps::Course;
use crate::house::{Person, KIND};
use crate::notes::{each_line, Notebook, SENT};
use crate::roles::{tag_in, tagged, Role};
use crate::world::count;

/// Messages in all.
const LAST: u64 = 3;
/// A file with the number of boxes above which messages go by copy stream.
const LIMIT: &str = "limit";
const SMALLER: u32 = 700;

/// Of four boxes of today's size, or of one.
fn text(number: u64, tag: u64) -> Vec<u8> {
    let length = if number % 2 == 0 { 5500 } else { 20 };
    tagged(number, tag, length)
}

/// The writer: takes all messages at once, and waits until they are stored.
pub fn divider(role: &Role) -> ! {
    let alice = role.person("divider.db");
    let writer = Role::channel(&alice);
    let limit = fs::read_to_string(role.file(LIMIT)).unwrap();
    writer.set_copy_above(limit.parse().unwrap());
    let mut notes = Notebook::open(&role.file(SENT));
    while writer.last_message() < LAST {
        let number = writer.last_message() + 1;
        let tag = RandomState::new().build_hasher().finish();
        let sent = alice.wait(writer.send(KIND, &text(number, tag)));
        assert_eq!(sent.unwrap(), number);
        notes.write(&format!("{number} {tag}"));
    }
    alice.wait(writer.stored(LAST)).unwrap();
    role.rest()
}

/// A network that lets packets go one by one until its boxes become smaller, and who reads then.
pub struct Dividing {
    sim: Sim,
    directory: PathBuf,
    /// That is when so many boxes are there; those of copy streams count, too.
    boxes: u64,
    /// A box between others may be missing then: the network refuses one.
    refuses: bool,
    reader: Option<(Person, Arc<Reader>)>,
    /// Numbers and tags.
    found: Vec<(u64, u64)>,
}

impl Course for Dividing {
    const ROLE: &'static str = "divider";

    fn begin(directory: &Path, trial: u64) -> Self {
        let role = Role::at(directory);
        let sim = Sim::start(role.network()).unwrap();
        sim.control("hold").unwrap();
        // Every other one by copy stream.
        let limit = 3 * (trial / 2 % 2);
        fs::write(role.file(LIMIT), limit.to_string()).unwrap();
        Dividing {
            sim,
            directory: directory.to_owned(),
            boxes: 1 + trial / 4 % 5,
            refuses: trial % 5 < 2,
            reader: None,
            found: Vec::new(),
        }
    }

    fn look(&mut self) -> bool {
        let Some((bob, reader)) = &self.reader else {
            self.step();
            return false;
        };
        reader.poll_now();
        while reader.waiting() > 0 {
            let message = bob.take(reader);
            match message.arrival {
                Arrival::Message(KIND) => {
                    let number = u64::from_be_bytes(message.data[..8].try_into().unwrap());
                    let tag = tag_in(&message.data);
                    assert!(message.data == text(number, tag), "message {number}");
                    self.found.push((number, tag));
                }
                // What was left where boxes behind a missing one were there.
                Arrival::Tombstone | Arrival::Broken => {}
                other => panic!("{other:?}"),
            }
        }
        self.found.last().is_some_and(|(number, _)| *number == LAST)
    }

    /// Each message has come once, in order, and is the one that was promised.
    fn check(self) {
        let numbers: Vec<u64> = self.found.iter().map(|(number, _)| *number).collect();
        assert_eq!(numbers, (1..=LAST).collect::<Vec<_>>());
        let found: BTreeMap<u64, u64> = self.found.into_iter().collect();
        each_line(&self.directory.join(SENT), |words| {
            let [number, tag] = [0, 1].map(|at: usize| words[at].parse::<u64>().unwrap());
            assert_eq!(found[&number], tag, "message {number} is lost");
        });
    }
}

impl Dividing {
    /// Lets one packet go, or makes the boxes smaller.
    fn step(&mut self) {
        if count(&self.sim, "boxes") < self.boxes {
            if std::mem::take(&mut self.refuses) {
                self.sim.control("fault replica-write 6").unwrap();
            }
            self.sim.control("step 1").unwrap();
            return;
        }
        self.sim.control(&format!("box-size {SMALLER}")).unwrap();
        self.sim.control("release").unwrap();
        let bob = Role::at(&self.directory).person("reader.db");
        let reader = Role::followed(&bob);
        self.reader = Some((bob, reader));
    }
}
