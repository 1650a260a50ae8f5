//! What the roles of a test write down, beyond the reach of whatever happens to their databases; and
//! whether that is what channels promise.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::Path;

/// The file of the writer's promises and the one of what the reader found.
pub const SENT: &str = "sent";
pub const RECEIVED: &str = "received";

/// A file that a role writes, line by line.
pub struct Notebook(File);

impl Notebook {
    pub fn open(path: &Path) -> Notebook {
        let mut file = OpenOptions::new();
        let mut file = file.append(true).create(true).open(path).unwrap();
        // The last process may have been killed within a line.
        file.write_all(b"\n").unwrap();
        Notebook(file)
    }

    pub fn write(&mut self, line: &str) {
        self.0.write_all(format!("{line} .\n").as_bytes()).unwrap();
    }
}

/// Calls something with the words of each whole line.
pub fn each_line(path: &Path, mut take: impl FnMut(&[&str])) {
    let text = fs::read_to_string(path).unwrap_or_default();
    for line in text.lines().filter_map(|line| line.strip_suffix(" .")) {
        take(&line.split(' ').collect::<Vec<_>>());
    }
}

/// What was promised and what came of it.
#[derive(Default)]
pub struct Notes {
    /// The tags of the messages for which `send` has completed, by number.
    sent: BTreeMap<u64, u64>,
    /// The tags of the messages that were received.
    received: BTreeMap<u64, u64>,
    /// The last message whose acknowledgement has completed.
    pub acknowledged: u64,
    pub faults: Vec<String>,
}

impl Notes {
    pub fn read(directory: &Path) -> Notes {
        let mut notes = Notes::default();
        each_line(&directory.join(RECEIVED), |words| match *words {
            ["got", number, tag, state] => notes.got(parse(number), parse(tag), state),
            ["done", number] => notes.acknowledged = notes.acknowledged.max(parse(number)),
            _ => panic!("{words:?}"),
        });
        each_line(&directory.join(SENT), |words| match *words {
            [number, tag] => notes.promised(parse(number), parse(tag)),
            _ => panic!("{words:?}"),
        });
        notes
    }

    /// The last message that was promised; 0 where none was.
    pub fn last_sent(&self) -> u64 {
        self.sent.last_key_value().map_or(0, |(number, _)| *number)
    }

    pub fn last_received(&self) -> u64 {
        let last = self.received.last_key_value();
        last.map_or(0, |(number, _)| *number)
    }

    /// The tags of what was received, in the order of the numbers.
    pub fn tags(&self) -> Vec<u64> {
        self.received.values().copied().collect()
    }

    /// A message may come again until it is acknowledged, and no other may come in between.
    fn got(&mut self, number: u64, tag: u64, state: &str) {
        let last = self.last_received();
        if state != "whole" {
            self.fault(format!("message {number} is {state}"));
        }
        if number <= self.acknowledged {
            self.fault(format!("acknowledged message {number} comes again"));
        } else if number != last && number != last + 1 {
            self.fault(format!("message {number} follows message {last}"));
        }
        if *self.received.entry(number).or_insert(tag) != tag {
            self.fault(format!("message {number} comes with another content"));
        }
    }

    fn promised(&mut self, number: u64, tag: u64) {
        if number <= self.last_sent() {
            self.fault(format!("message {number} is lost: another has its number"));
        }
        let received = self.received.get(&number);
        if received.is_some_and(|received| *received != tag) {
            self.fault(format!("message {number} is lost: another has come"));
        }
        self.sent.insert(number, tag);
    }

    pub fn must_be_sound(&self) {
        assert!(self.faults.is_empty(), "{}", self.faults.join("\n"));
    }

    fn fault(&mut self, fault: String) {
        self.faults.push(fault);
    }
}

fn parse(word: &str) -> u64 {
    word.parse().unwrap()
}
