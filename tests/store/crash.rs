//! Writer, reader and daemon are killed at random instants, again and again: each message is received
//! once, in order. `KPC_CRASH_ROUNDS` says how often (50 unless it is set).

use std::time::Duration;

use crate::roles::{finish, rounds, Directory, Random, Victim};

#[test]
fn whoever_is_killed_at_whatever_instant_each_message_arrives_once_in_order() {
    let rounds = rounds("KPC_CRASH_ROUNDS", 50);
    let mut random = Random::new();
    println!("{random:?}");
    let directory = Directory::new("crash");
    let start = |role| Victim::start(role, &directory.0, &[]);
    let roles = ["daemon", "writer", "reader"];
    let mut victims = roles.map(start);
    for _ in 0..rounds {
        let victim = usize::try_from(random.next(3)).unwrap();
        // Most kills hit a process that has come to work; some hit it as it starts.
        std::thread::sleep(Duration::from_millis(random.next(300)));
        victims[victim].kill();
        victims[victim] = start(roles[victim]);
    }
    let logs = || victims.each_ref().map(Victim::log).join("\n");
    let notes = finish(&directory.0, logs);
    println!("{rounds} kills, {} messages", notes.last_received());
}
