//! The machines of writer and reader lose power, again and again: what was promised outlives it.
//! `KPC_POWER_ROUNDS` says how often (20 unless it is set).
//!
//! Each process runs with shim.c, which kills it before a file operation that the test has chosen, and
//! notes what was not synced; the test takes any part of that back. A disk that lies about syncs must
//! lose messages: otherwise the test would find nothing.

mod disk;
pub mod dividing;
pub mod gap_reader;
pub mod housekeeping;
mod others;
mod steps;

use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use self::disk::{Disk, Lost, Luck};
use crate::file_crash::RECEIVED;
use crate::notes::Notes;
use crate::roles::{finish, rounds, wait_for, Directory, Random, Victim, DONE};

/// A process on a machine of its own.
struct Machine {
    role: &'static str,
    directory: PathBuf,
    process: Victim,
    disk: Disk,
}

/// What a machine is started with.
#[derive(Clone, Copy, Default)]
struct Fate {
    /// The file operation before which the power is cut.
    cut_at: Option<u64>,
    /// Only those of the database itself are counted, not those of its log.
    cut_in_database: bool,
    /// Syncs do nothing.
    disk_lies: bool,
}

impl Machine {
    fn new(role: &'static str, directory: &Path, fate: Fate) -> Machine {
        let disk = Disk {
            database: directory.join(format!("{role}.db")),
            side: directory.join(format!("{role}.side")),
            files: (role == "receiver").then(|| directory.join(RECEIVED)),
        };
        std::fs::create_dir(&disk.side).unwrap();
        Machine {
            role,
            directory: directory.to_owned(),
            process: start(role, directory, &disk, fate),
            disk,
        }
    }

    /// Waits until it has done everything, or is dead; kills it. Returns whether it has.
    fn finish(&mut self) -> bool {
        let done = self.directory.join(DONE);
        wait_for("the end of all work", || {
            let goes_on = !done.exists() && !self.process.is_dead();
            goes_on.then(|| self.process.log())
        });
        self.process.kill();
        std::fs::remove_file(done).is_ok()
    }

    /// Removes everything but the shim.
    fn clear(self) {
        for entry in std::fs::read_dir(&self.directory).unwrap() {
            let path = entry.unwrap().path();
            let removed = match path.is_dir() {
                true => std::fs::remove_dir_all(path),
                false if path.ends_with("shim.so") => Ok(()),
                false => std::fs::remove_file(path),
            };
            removed.unwrap();
        }
    }

    fn start_again(&mut self, fate: Fate) {
        self.process = start(self.role, &self.directory, &self.disk, fate);
    }
}

fn start(role: &'static str, directory: &Path, disk: &Disk, fate: Fate) -> Victim {
    let mut environment: Vec<(&str, OsString)> = vec![
        ("LD_PRELOAD", directory.join("shim.so").into()),
        ("KPC_POWER_DATABASE", disk.database.clone().into()),
        ("KPC_POWER_SIDE", disk.side.clone().into()),
    ];
    if let Some(files) = &disk.files {
        environment.push(("KPC_POWER_FILES", files.clone().into()));
    }
    if let Some(operation) = fate.cut_at {
        environment.push(("KPC_POWER_CUT_AT", operation.to_string().into()));
    }
    if fate.cut_in_database {
        environment.push(("KPC_POWER_CUT_IN", "database".into()));
    }
    if fate.disk_lies {
        environment.push(("KPC_POWER_LIES", "yes".into()));
    }
    Victim::start(role, directory, &environment)
}

/// Compiles the shim into a new directory, if there is a C compiler.
fn prepare(name: &str) -> Option<Directory> {
    let compiler = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
    if Command::new(&compiler).arg("--version").output().is_err() {
        let line = format!("\nskipped power: there is no C compiler {compiler:?}\n");
        // Not by print!, which shows nothing where a test succeeds.
        std::io::stderr().write_all(line.as_bytes()).unwrap();
        return None;
    }
    let directory = Directory::new(name);
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let compiled = Command::new(compiler)
        .args(["-shared", "-fPIC", "-O1", "-std=gnu11", "-Wall", "-Wextra"])
        .arg("-Werror")
        .arg(root.join("tests/store/power/shim.c"))
        .arg("-o")
        .arg(directory.0.join("shim.so"))
        .args(["-ldl", "-lpthread"])
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&compiled.stderr);
    assert!(compiled.status.success(), "{errors}");
    Some(directory)
}

/// One of the next operations, as many as `ranges` say; now and then one while the log is copied into the
/// database.
fn some_fate(ranges: &[u64; 3], random: &mut Random) -> Fate {
    let cut_in_database = random.next(8) == 0;
    let range = match cut_in_database {
        true => 50,
        false => ranges[usize::try_from(random.next(3)).unwrap()],
    };
    Fate {
        cut_at: Some(1 + random.next(range)),
        cut_in_database,
        ..Fate::default()
    }
}

fn some_luck(random: &mut Random) -> Luck {
    match random.next(4) {
        0 => Luck::Nothing,
        1 => Luck::Everything,
        _ => Luck::Something,
    }
}

/// A daemon, and machines that lose power.
struct Outages {
    daemon: Victim,
    machines: Vec<Machine>,
    /// How many operations they may do before that.
    ranges: [u64; 3],
    random: Random,
    cuts: u64,
    /// Processes that died, while the machine went on.
    crashes: u64,
    lost: Lost,
    are_over: bool,
}

impl Outages {
    fn start(directory: &Path, roles: &[&'static str], ranges: &[u64; 3]) -> Outages {
        let mut random = Random::new();
        let machine = |role: &&'static str| {
            let fate = some_fate(ranges, &mut random);
            Machine::new(role, directory, fate)
        };
        let machines = roles.iter().map(machine).collect();
        Outages {
            daemon: Victim::start("daemon", directory, &[]),
            machines,
            ranges: *ranges,
            random,
            cuts: 0,
            crashes: 0,
            lost: Lost::default(),
            are_over: false,
        }
    }

    /// Starts again whoever is dead. Returns the logs.
    fn look_after(&mut self) -> String {
        for machine in &mut self.machines {
            if !machine.process.is_dead() {
                continue;
            }
            // After a mere crash of the process nothing is lost, and nothing more is synced.
            if self.random.next(4) == 0 {
                self.crashes += 1;
            } else {
                let luck = some_luck(&mut self.random);
                self.lost += machine.disk.lose_power(luck, &mut self.random);
                self.cuts += 1;
            }
            machine.start_again(match self.are_over {
                true => Fate::default(),
                false => some_fate(&self.ranges, &mut self.random),
            });
        }
        let logs = self.machines.iter().map(|machine| machine.process.log());
        let logs: Vec<_> = std::iter::once(self.daemon.log()).chain(logs).collect();
        logs.join("\n")
    }
}

#[test]
fn whenever_the_power_is_lost_each_message_arrives_once_in_order() {
    let Some(directory) = prepare("power") else {
        return;
    };
    let rounds = rounds("KPC_POWER_ROUNDS", 20);
    let mut outages = Outages::start(&directory.0, &["writer", "reader"], &[30, 200, 2000]);
    println!("{:?}", outages.random);
    let mut received = 0;
    while outages.cuts < rounds {
        let before = (outages.cuts, received);
        wait_for("a loss of power, or a message", || {
            let logs = outages.look_after();
            let notes = Notes::read(&directory.0);
            notes.must_be_sound();
            received = notes.last_received();
            (before == (outages.cuts, received)).then_some(logs)
        });
    }
    outages.are_over = true;
    let notes = finish(&directory.0, || outages.look_after());
    let (cuts, crashes, lost) = (outages.cuts, outages.crashes, outages.lost);
    let messages = notes.last_received();
    println!("{cuts} losses of power, {crashes} crashes, {messages} messages, {lost:?}");
    assert!(lost.sectors > 0, "the test has taken nothing back");
}

#[test]
fn a_disk_that_lies_loses_what_was_promised() {
    let Some(directory) = prepare("lies") else {
        return;
    };
    let directory = &directory.0;
    let mut random = Random::new();
    let daemon = Victim::start("daemon", directory, &[]);
    let lies = Fate {
        disk_lies: true,
        ..Fate::default()
    };
    let mut machines = ["writer", "reader"].map(|role| Machine::new(role, directory, lies));
    let logs = |machines: &[Machine; 2]| {
        let [writer, reader] = machines.each_ref().map(|machine| machine.process.log());
        [daemon.log(), writer, reader].join("\n")
    };
    wait_for("ten messages", || {
        let notes = Notes::read(directory);
        (notes.acknowledged < 10).then(|| logs(&machines))
    });
    Notes::read(directory).must_be_sound();
    for (at, loss) in [(1, "comes again"), (0, "is lost")] {
        machines[at].process.kill();
        let lost = machines[at].disk.lose_power(Luck::Nothing, &mut random);
        println!("{}: {lost:?}", machines[at].role);
        machines[at].start_again(Fate::default());
        wait_for(loss, || {
            let notes = Notes::read(directory);
            let is_found = notes.faults.iter().any(|fault| fault.contains(loss));
            (!is_found).then(|| logs(&machines))
        });
    }
}

/// Every operation from the creation of a database on. The process may also die while the machine goes on,
/// which loses power later.
#[test]
fn whichever_operation_of_a_new_database_is_the_last_all_that_was_promised_is_there() {
    let Some(directory) = prepare("new") else {
        return;
    };
    let mut random = Random::new();
    println!("{random:?}");
    for luck in [None, Some(Luck::Nothing), Some(Luck::Something)] {
        let all = (1..).take_while(|operation| {
            println!("operation {operation}, {luck:?}");
            die_at(*operation, luck, &directory.0, &mut random)
        });
        assert!(all.count() > 10, "the shim has not seen them");
    }
}

/// Starts with no database. Returns false if the process had done everything before that operation.
fn die_at(operation: u64, luck: Option<Luck>, directory: &Path, random: &mut Random) -> bool {
    let fate = Fate {
        cut_at: Some(operation),
        ..Fate::default()
    };
    let mut machine = Machine::new("offline", directory, fate);
    let is_done = machine.finish();
    if let Some(luck) = luck {
        machine.disk.lose_power(luck, random);
    }
    for _ in 0..2 {
        machine.start_again(Fate::default());
        assert!(machine.finish(), "{}", machine.process.log());
        machine.disk.lose_power(Luck::Nothing, random);
    }
    Notes::read(directory).must_be_sound();
    machine.clear();
    !is_done
}
