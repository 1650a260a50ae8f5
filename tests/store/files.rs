//! Files on channels: whole, or not at all.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kpclient::store::{Arrival, Reader, Writer, KIND_FILE};
use kpclient::{Result, Status};

use crate::house::{House, Person};

/// Alice, who sends, and Bob with a directory for what he receives.
struct Mail {
    house: House,
    alice: Person,
    bob: Person,
    writer: Arc<Writer>,
    reader: Arc<Reader>,
}

impl Mail {
    fn new() -> Mail {
        let house = House::new();
        let (alice, bob) = (house.person("alice"), house.person("bob"));
        let writer = alice.create("files");
        let reader = bob.follow("files", &writer);
        fs::create_dir(house.inside("in")).unwrap();
        Mail {
            house,
            alice,
            bob,
            writer,
            reader,
        }
    }

    fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.house.inside(name);
        fs::write(&path, content).unwrap();
        path
    }

    fn send(&self, path: &Path) -> Result<()> {
        self.alice.wait(self.writer.send_file(path))
    }

    /// The head and the first piece are sent, and no more.
    fn send_half(&self, path: &Path) {
        self.house.order("hold");
        let taken = || self.writer.last_message() == 2;
        self.alice
            .cut(self.writer.send_file(path), "a piece was taken", taken);
        self.house.order("release");
        self.alice.wait(self.writer.stored(2)).unwrap();
    }

    /// What was sent of the file is received.
    fn receive_half(&self) {
        let directory = self.house.inside("in");
        let sent = || self.writer.file_progress().unwrap().done;
        let received = || self.reader.file_progress().map_or(0, |file| file.done);
        let call = self.reader.receive_file(&directory, None);
        let is_received = || received() > 0 && received() == sent();
        self.bob.cut(call, "a piece was received", is_received);
    }

    fn receive(&self, name: Option<&str>) -> Result<String> {
        self.receive_in("in", name)
    }

    fn receive_in(&self, directory: &str, name: Option<&str>) -> Result<String> {
        let directory = self.house.inside(directory);
        self.bob.wait(self.reader.receive_file(&directory, name))
    }

    /// What lies in Bob's directory, sorted.
    fn names(&self) -> Vec<String> {
        let all = fs::read_dir(self.house.inside("in")).unwrap();
        let mut names: Vec<String> = all
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

pub fn content(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at * 7 % 251) as u8).collect()
}

#[test]
fn files_of_every_size_arrive_as_they_were_and_ordinary_messages_beside_them() {
    let mail = Mail::new();
    for (number, size) in [0, 1, 1500, 65_536, 300_000].into_iter().enumerate() {
        let name = format!("file {number}");
        let path = mail.file(&name, &content(size));
        mail.send(&path).unwrap();
        assert!(mail.writer.file_path().is_err(), "nothing is left to send");
        mail.alice.send(&mail.writer, b"a word");
        let received = mail.receive(None).unwrap();
        assert_eq!(
            received,
            mail.house.inside("in").join(&name).to_str().unwrap()
        );
        assert!(fs::read(received).unwrap() == content(size), "{size}");
        let no_file = mail.receive(None).err().unwrap();
        assert_eq!(no_file.status(), Status::NO_FILE);
        assert_eq!(mail.bob.take_texts(&mail.reader, 1), ["a word"]);
    }
    assert_eq!(mail.names().len(), 5, "no temporary file is left");
}

#[test]
fn neither_side_keeps_the_file_in_its_database() {
    let mail = Mail::new();
    let path = mail.file("large", &content(1_000_000));
    mail.send(&path).unwrap();
    mail.receive(None).unwrap();
    let kept = mail.bob.wait(mail.reader.messages(0, 100)).unwrap();
    assert!(kept.is_empty());
    let house = mail.house;
    mail.alice.leave();
    mail.bob.leave();
    let needle = &content(1_000_000)[500_000..500_032];
    for name in ["alice", "bob"] {
        let database = fs::read(house.path(name)).unwrap();
        let found = database.windows(32).filter(|window| *window == needle);
        assert_eq!(found.count(), 0, "{name}");
    }
}

#[test]
fn a_file_that_changes_on_its_way_is_reported_on_both_sides() {
    let mail = Mail::new();
    let path = mail.file("notes", &content(500_000));
    mail.send_half(&path);
    assert_eq!(mail.writer.file_path().unwrap(), path);
    fs::write(&path, content(500_001)).unwrap();
    let error = mail.send(&path).err().unwrap();
    assert_eq!(error.status(), Status::FILE_CHANGED);
    let error = mail.receive(None).err().unwrap();
    assert_eq!(error.status(), Status::FILE_BROKEN, "{error}");
    assert!(mail.names().is_empty());
    // What it is now is another file.
    mail.send(&path).unwrap();
    let received = mail.receive(None).unwrap();
    assert!(fs::read(received).unwrap() == content(500_001));
}

#[test]
fn an_unfinished_file_goes_before_others_until_it_is_given_up() {
    let mail = Mail::new();
    let path = mail.file("one", &content(500_000));
    let other = mail.file("two", b"two");
    mail.send_half(&path);
    let error = mail.send(&other).err().unwrap();
    assert_eq!(error.status(), Status::FILE_UNFINISHED);
    mail.alice.wait(mail.writer.abandon_file()).unwrap();
    let error = mail.alice.wait(mail.writer.abandon_file()).err().unwrap();
    assert_eq!(error.status(), Status::NO_FILE);
    mail.send(&other).unwrap();
    let error = mail.receive(None).err().unwrap();
    assert_eq!(error.status(), Status::FILE_BROKEN);
    assert_eq!(fs::read(mail.receive(None).unwrap()).unwrap(), b"two");
}

#[test]
fn what_was_taken_from_a_file_that_is_gone_since_is_sent() {
    let mail = Mail::new();
    let path = mail.file("one", b"one piece");
    mail.house.order("hold");
    let whole = || mail.writer.last_message() == 2;
    mail.alice
        .cut(mail.writer.send_file(&path), "both messages", whole);
    mail.house.order("release");
    fs::remove_file(&path).unwrap();
    mail.send(&path).unwrap();
    assert_eq!(mail.writer.last_message(), 2);
    assert_eq!(fs::read(mail.receive(None).unwrap()).unwrap(), b"one piece");
    let error = mail.send(&path).err().unwrap();
    assert_eq!(error.status(), Status::IO);
}

#[test]
fn nothing_is_overwritten_and_nothing_lost_where_a_name_is_taken() {
    let mail = Mail::new();
    let path = mail.file("name", b"new");
    fs::write(mail.house.inside("in/name"), b"old").unwrap();
    mail.send(&path).unwrap();
    for _ in 0..2 {
        let error = mail.receive(None).err().unwrap();
        assert_eq!(error.status(), Status::FILE_EXISTS);
        assert_eq!(mail.reader.file_name().unwrap(), "name");
        assert_eq!(mail.reader.file_progress().unwrap().size, 3);
    }
    let received = mail.receive(Some("other")).unwrap();
    assert_eq!(fs::read(received).unwrap(), b"new");
    assert_eq!(fs::read(mail.house.inside("in/name")).unwrap(), b"old");
    assert_eq!(mail.names(), ["name", "other"]);
}

#[test]
fn a_name_that_is_taken_in_the_meantime_stays_and_another_directory_does() {
    let mail = Mail::new();
    let path = mail.file("name", &content(300_000));
    mail.send_half(&path);
    mail.receive_half();
    assert_eq!(mail.reader.file_name().unwrap(), "name");
    fs::write(mail.house.inside("in/name"), b"old").unwrap();
    mail.send(&path).unwrap();
    let error = mail.receive(None).err().unwrap();
    assert_eq!(error.status(), Status::FILE_EXISTS);
    fs::create_dir(mail.house.inside("there")).unwrap();
    let received = mail.receive_in("there", None).unwrap();
    assert!(fs::read(received).unwrap() == content(300_000));
    assert_eq!(mail.names(), ["name"], "the temporary file is gone, too");
    assert_eq!(fs::read(mail.house.inside("in/name")).unwrap(), b"old");
}

#[test]
fn a_file_that_another_program_spoilt_gets_no_name() {
    let mail = Mail::new();
    let path = mail.file("name", &content(300_000));
    mail.send_half(&path);
    mail.receive_half();
    let [temporary] = &mail.names()[..] else {
        panic!("{:?}", mail.names());
    };
    let temporary = mail.house.inside("in").join(temporary);
    let mode = fs::metadata(&temporary).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let mut spoilt = fs::read(&temporary).unwrap();
    spoilt[0] ^= 1;
    fs::write(&temporary, spoilt).unwrap();
    mail.send(&path).unwrap();
    let error = mail.receive(None).err().unwrap();
    assert_eq!(error.status(), Status::FILE_BROKEN);
    assert!(mail.names().is_empty());
}

#[test]
fn a_program_that_does_not_want_a_file_passes_over_it() {
    let mail = Mail::new();
    let path = mail.file("name", &content(200_000));
    mail.send(&path).unwrap();
    mail.alice.send(&mail.writer, b"behind");
    // The head alone: what comes of the rest is nobody's.
    let head = mail.bob.take(&mail.reader);
    assert_eq!(head.arrival, Arrival::Message(KIND_FILE));
    let error = mail.receive(None).err().unwrap();
    assert_eq!(error.status(), Status::NO_FILE);
    assert_eq!(mail.bob.take_texts(&mail.reader, 1), ["behind"]);
    assert!(mail.names().is_empty());
}

#[test]
fn a_piece_that_the_program_takes_away_breaks_the_file() {
    let mail = Mail::new();
    let path = mail.file("name", &content(300_000));
    mail.send_half(&path);
    mail.receive_half();
    mail.send(&path).unwrap();
    mail.bob.take(&mail.reader);
    let error = mail.receive(None).err().unwrap();
    assert_eq!(error.status(), Status::FILE_BROKEN);
    assert!(mail.names().is_empty());
}
