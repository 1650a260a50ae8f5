//! A reader of a channel of which the network has lost boxes.

use std::path::{Path, PathBuf};

use kpclient::store::Arrival;
use kpclientd_sim::Sim;

use super::housekeeping::until;
use super::steps::Course;
use crate::house::KIND;
use crate::notes::{Notebook, Notes, RECEIVED};
use crate::roles::{tag_in, tagged, Role};

/// What is delivered, by number: a message of so many bytes, or so many boxes that are missing.
const ALL: [Delivered; 7] = [
    Delivered::Text(20),
    Delivered::Missing(1),
    Delivered::Text(20),
    // Of three boxes, one of which is lost.
    Delivered::Missing(1),
    Delivered::Text(4000),
    Delivered::Missing(2),
    Delivered::Text(20),
];
/// Boxes that prove that those before are lost.
const BEHIND: u64 = 33;

#[derive(Clone, Copy)]
enum Delivered {
    Text(usize),
    Missing(u32),
}

/// What the reader writes down beside the number.
const MISSING: u64 = 1000;

/// The reader: notes what it receives, acknowledges it, and notes that.
pub fn gap_reader(role: &Role) -> ! {
    let bob = role.person("gap-reader.db");
    let reader = Role::followed(&bob);
    let mut notes = Notebook::open(&role.file(RECEIVED));
    loop {
        until(|| {
            reader.poll_now();
            reader.waiting() > 0
        });
        let found = bob.wait(reader.receive()).unwrap();
        let number = found.number;
        if number > ALL.len() as u64 {
            role.rest();
        }
        let (what, is_whole) = match found.arrival {
            Arrival::Missing(boxes) => (MISSING + u64::from(boxes), true),
            Arrival::Message(KIND) => {
                let tag = tag_in(&found.data);
                (tag, found.data == tagged(tag, tag, found.data.len()))
            }
            other => panic!("message {number} is {other:?}"),
        };
        let state = if is_whole { "whole" } else { "damaged" };
        notes.write(&format!("got {number} {what} {state}"));
        bob.wait(reader.acknowledge(number)).unwrap();
        notes.write(&format!("done {number}"));
    }
}

/// The channel, which is written before the reader comes.
pub struct Gaps {
    _sim: Sim,
    directory: PathBuf,
}

impl Course for Gaps {
    const ROLE: &'static str = "gap-reader";

    fn begin(directory: &Path, _trial: u64) -> Self {
        let role = Role::at(directory);
        let sim = Sim::start(role.network()).unwrap();
        let alice = role.person("writer.db");
        let writer = Role::channel(&alice);
        let send = |number: u64, length| {
            let sent = alice.send(&writer, &tagged(number, number, length));
            alice.wait(writer.stored(sent)).unwrap();
        };
        // Boxes are lost by the order in which they came.
        let mut boxes = 0;
        for (number, delivered) in (1..).zip(ALL) {
            match delivered {
                Delivered::Text(length) => {
                    send(number, length);
                    boxes += if length > 1000 { 3 } else { 1 };
                }
                Delivered::Missing(lost) => {
                    let length = if number == 4 { 4000 } else { 20 };
                    for _ in 0..lost {
                        send(number, length);
                    }
                    sim.control(&format!("lose {} {lost}", boxes + 1)).unwrap();
                    boxes += if number == 4 { 3 } else { lost };
                }
            }
        }
        for number in 0..BEHIND {
            send(100 + number, 20);
        }
        Gaps {
            _sim: sim,
            directory: directory.to_owned(),
        }
    }

    fn look(&mut self) -> bool {
        let notes = Notes::read(&self.directory);
        notes.must_be_sound();
        notes.last_received() == ALL.len() as u64
    }

    /// Each message, and each gap, was delivered once in its place.
    fn check(self) {
        let notes = Notes::read(&self.directory);
        let wanted = (1..).zip(ALL).map(|(number, delivered)| match delivered {
            Delivered::Text(_) => number,
            Delivered::Missing(boxes) => MISSING + u64::from(boxes),
        });
        assert_eq!(notes.tags(), wanted.collect::<Vec<_>>());
    }
}
