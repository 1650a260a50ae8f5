//! Joiner, inductor and daemon are killed at random instants, again and again, until both have their channels:
//! what they have is the same voucher's, and nobody met a box that holds something else. `KPC_VOUCHER_ROUNDS` says how
//! many vouchers (8 unless it is set).

use std::fs;
use std::path::Path;
use std::time::Duration;

use kpclient::client::Call;
use kpclient::store::{Reader, Writer};
use kpclient::{Result, Status};

use crate::house::Person;
use crate::roles::{rounds, wait_for, Directory, Random, Role, Victim};

const VOUCHER: &str = "voucher";
const JOINED: &str = "joined";
const INDUCTED: &str = "inducted";
/// How often somebody is killed while one voucher is used.
const KILLS: usize = 8;

/// Makes a call until it succeeds: the daemon may die in the middle of it.
fn persist<T: Send + Sync + 'static>(
    person: &Person,
    call: impl Fn(&Person) -> Result<Call<T>>,
) -> T {
    loop {
        match person.wait(call(person)) {
            Ok(done) => return done,
            Err(error) => {
                let passing = [
                    Status::CONNECTION_LOST,
                    Status::NOT_CONNECTED,
                    Status::DAEMON_INTERNAL,
                    Status::NO_PKI_DOCUMENT,
                    // The last process is dead, and its file is not unlocked yet.
                    Status::BUSY,
                ];
                assert!(passing.contains(&error.status()), "{error}");
                std::thread::sleep(Duration::from_millis(5));
            }
        }
    }
}

/// Writes a file that is there wholly or not at all. One that is there already must be the same.
fn note(path: &Path, text: &str) {
    if let Ok(before) = fs::read_to_string(path) {
        assert_eq!(before, text, "{}", path.display());
        return;
    }
    let fresh = path.with_extension("fresh");
    fs::write(&fresh, text).unwrap();
    fs::rename(fresh, path).unwrap();
}

/// Sends what is said once, however often its process was killed.
fn say(person: &Person, writer: &Writer, text: &str) {
    if writer.last_message() == 0 {
        person.send(writer, text.as_bytes());
    }
    person.wait(writer.stored(1)).unwrap();
}

fn hear(person: &Person, reader: &Reader) -> String {
    let message = person.wait(reader.receive()).unwrap();
    assert_eq!(message.number, 1);
    String::from_utf8(message.data.to_vec()).unwrap()
}

impl Role {
    /// The joiner, who may have joined already.
    pub fn joiner(&self) -> ! {
        let jo = self.person("joiner.db");
        let names = jo.names(kpclient::store::Direction::Write);
        if names.is_empty() {
            let voucher = persist(&jo, |jo| jo.store.mint_voucher("talk", "Jo"));
            note(&self.file(VOUCHER), std::str::from_utf8(&voucher).unwrap());
        }
        let (writer, told) = persist(&jo, |jo| jo.store.open_voucher("talk"));
        say(&jo, &writer, "hello");
        note(&self.file(JOINED), std::str::from_utf8(&told).unwrap());
        self.rest()
    }

    /// The inductor, who replies with something else each time.
    pub fn inductor(&self) -> ! {
        let ida = self.person("inductor.db");
        let path = self.file(VOUCHER);
        wait_for("a voucher", || (!path.exists()).then(String::new));
        let voucher = fs::read_to_string(path).unwrap();
        let reply = format!("from process {}", std::process::id());
        let (reader, display_name) = persist(&ida, |ida| {
            let reply = reply.as_bytes();
            ida.store.induct_voucher("jo", Some(&voucher), reply)
        });
        let heard = hear(&ida, &reader);
        note(&self.file(INDUCTED), &format!("{display_name}: {heard}"));
        self.rest()
    }
}

#[test]
fn whoever_is_killed_at_whatever_instant_both_have_their_channels() {
    let mut random = Random::new();
    println!("{random:?}");
    for _ in 0..rounds("KPC_VOUCHER_ROUNDS", 8) {
        let directory = Directory::new("voucher-crash");
        let start = |role| Victim::start(role, &directory.0, &[]);
        let roles = ["distant-daemon", "joiner", "inductor"];
        let mut victims = roles.map(start);
        for _ in 0..KILLS {
            let victim = usize::try_from(random.next(3)).unwrap();
            std::thread::sleep(Duration::from_millis(random.next(250)));
            victims[victim].kill();
            victims[victim] = start(roles[victim]);
        }
        wait_for("both channels", || {
            let logs = victims.each_mut().map(|victim| {
                assert!(!victim.is_dead());
                victim.log()
            });
            (!have_channels(&directory.0)).then(|| logs.join("\n"))
        });
        check(&directory.0);
    }
}

/// Whether both have got from the voucher to what they say and hear.
pub fn have_channels(directory: &Path) -> bool {
    [JOINED, INDUCTED]
        .iter()
        .all(|name| directory.join(name).exists())
}

/// And whether it is what the other one has said.
pub fn check(directory: &Path) {
    let read = |name| fs::read_to_string(directory.join(name)).unwrap();
    assert_eq!(read(INDUCTED), "Jo: hello");
    let told = read(JOINED);
    assert!(told.starts_with("from process "), "{told}");
}
