//! Files, whose sender, receiver and daemon are killed at random instants: each arrives once, as it is.
//! `KPC_CRASH_ROUNDS` says how often (30 unless it is set).

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::notes::{each_line, Notebook};
use crate::roles::{rounds, wait_for, Directory, Random, Role, Victim, DONE, STOP};

/// What the sender writes down.
const SENDINGS: &str = "sendings";
/// Where the receiver's files are.
pub const RECEIVED: &str = "received";
/// The receiver has all.
pub const ALL: &str = "all";

/// A file of many pieces, one of one, an empty one, and one of several boxes.
fn content(number: u64) -> Vec<u8> {
    let sizes = [150_000, 100, 0, 9000];
    let size: u64 = sizes[usize::try_from(number % 4).unwrap()];
    (0..size)
        .map(|at| u8::try_from((at * 7 + number * 13) % 251).unwrap())
        .collect()
}

/// How far the sender is.
#[derive(Default)]
struct Sendings {
    sent: u64,
    /// The last message before the file that was begun.
    begun: Option<u64>,
}

impl Sendings {
    fn read(path: &Path) -> Sendings {
        let mut sendings = Sendings::default();
        each_line(path, |words| match *words {
            ["begin", last] => sendings.begun = Some(last.parse().unwrap()),
            ["sent", number] => {
                sendings.sent = number.parse().unwrap();
                sendings.begun = None;
            }
            _ => panic!("{words:?}"),
        });
        sendings
    }
}

/// Sends one file after the other, until it is told to stop.
pub fn sender(role: &Role) -> ! {
    let alice = role.person("sender.db");
    let writer = Role::channel(&alice);
    let mut sendings = Sendings::read(&role.file(SENDINGS));
    let mut notes = Notebook::open(&role.file(SENDINGS));
    while sendings.begun.is_some() || !role.file(STOP).exists() {
        let number = sendings.sent + 1;
        let path = role.file(&format!("{number}"));
        // The last process may have been killed before it could write down that this one is sent.
        let last = writer.last_message();
        let is_sent = sendings.begun.is_some_and(|begun| begun < last);
        if !is_sent || writer.file_path().is_ok() {
            if sendings.begun.is_none() {
                let new = role.file("new");
                fs::write(&new, content(number)).unwrap();
                fs::rename(&new, &path).unwrap();
                notes.write(&format!("begin {last}"));
            }
            alice.wait(writer.send_file(&path)).unwrap();
        }
        notes.write(&format!("sent {number}"));
        fs::remove_file(path).unwrap();
        sendings = Sendings {
            sent: number,
            begun: None,
        };
    }
    fs::write(role.file("count"), sendings.sent.to_string()).unwrap();
    role.rest()
}

/// Receives files, until it has all.
pub fn receiver(role: &Role) -> ! {
    let bob = role.person("receiver.db");
    let reader = Role::followed(&bob);
    let directory = role.file(RECEIVED);
    let has_all = || {
        let count = fs::read_to_string(role.file("count")).ok()?;
        let count: u64 = count.parse().ok()?;
        Some((1..=count).all(|number| directory.join(format!("{number}")).exists()))
    };
    while has_all() != Some(true) || reader.file_progress().is_some() {
        if !role.file(DONE).exists() && reader.waiting() == 0 {
            std::thread::sleep(Duration::from_millis(5));
            continue;
        }
        bob.wait(reader.receive_file(&directory, None)).unwrap();
    }
    fs::write(role.file(ALL), "").unwrap();
    loop {
        std::thread::park();
    }
}

#[test]
fn whoever_is_killed_at_whatever_instant_each_file_arrives_once_as_it_is() {
    let rounds = rounds("KPC_CRASH_ROUNDS", 30);
    let mut random = Random::new();
    println!("{random:?}");
    let directory = Directory::new("file-crash");
    fs::create_dir(directory.0.join(RECEIVED)).unwrap();
    let start = |role| Victim::start(role, &directory.0, &[]);
    let roles = ["daemon", "sender", "receiver"];
    let mut victims = roles.map(start);
    for _ in 0..rounds {
        let victim = usize::try_from(random.next(3)).unwrap();
        // Most kills hit a process that has come to work; some hit it as it starts.
        std::thread::sleep(Duration::from_millis(random.next(300)));
        victims[victim].kill();
        victims[victim] = start(roles[victim]);
    }
    fs::write(directory.0.join(STOP), "").unwrap();
    for end in [DONE, ALL] {
        wait_for(end, || {
            for victim in &mut victims {
                assert!(!victim.is_dead());
            }
            let logs = || victims.each_ref().map(Victim::log).join("\n");
            (!directory.0.join(end).exists()).then(logs)
        });
    }
    println!("{rounds} kills, {} files", check(&directory.0));
}

/// Looks at all files that were received. Returns how many there are.
pub fn check(directory: &Path) -> u64 {
    let received = directory.join(RECEIVED);
    let count = fs::read_to_string(directory.join("count")).unwrap();
    let count: u64 = count.parse().unwrap();
    for number in 1..=count {
        let file = fs::read(received.join(number.to_string())).unwrap();
        assert!(file == content(number), "file {number} is damaged");
    }
    let names = fs::read_dir(received).unwrap().count();
    assert_eq!(names as u64, count, "something is left over");
    count
}
