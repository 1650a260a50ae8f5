//! The chat of examples-c: both sides are killed again and again, and each line arrives once, in its
//! order.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use super::{built, network};

/// How often each side is killed, and how many lines it says in between.
const LIVES: usize = 3;
const LINES: usize = 4;
/// Longer than any line takes.
const LIMIT: Duration = Duration::from_secs(120);

/// One side of the chat.
struct Side<'a> {
    dir: &'a Path,
    name: &'static str,
    other: &'static str,
    /// What the other side gave.
    text: String,
    lives: usize,
    running: Option<(Child, ChildStdin)>,
}

impl<'a> Side<'a> {
    fn new(dir: &'a Path, name: &'static str, other: &'static str) -> Self {
        Side {
            dir,
            name,
            other,
            text: String::new(),
            lives: 0,
            running: None,
        }
    }

    fn program(&self) -> Command {
        let mut program = Command::new(built().examples.join("chat"));
        let database = format!("{}.db", self.name);
        program
            .current_dir(self.dir)
            .args(["thinclient.toml", &database, self.other]);
        program
    }

    fn invite(&self) -> String {
        let output = self.program().arg("invite").output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(text.lines().count(), 1);
        text.trim().to_owned()
    }

    fn screen(&self) -> PathBuf {
        self.dir.join(format!("{}-{}", self.name, self.lives))
    }

    fn start(&mut self) {
        self.lives += 1;
        let mut program = self
            .program()
            .args(["join", &self.text])
            .stdin(Stdio::piped())
            .stdout(File::create(self.screen()).unwrap())
            .spawn()
            .unwrap();
        let keyboard = program.stdin.take().unwrap();
        self.running = Some((program, keyboard));
    }

    /// Types a line, and waits until it is durable.
    fn say(&mut self, line: &str) {
        let (_, keyboard) = self.running.as_mut().unwrap();
        writeln!(keyboard, "{line}").unwrap();
        self.await_line(|shown| shown.starts_with("me ") && shown.ends_with(line));
    }

    fn await_line(&self, is_it: impl Fn(&str) -> bool) {
        let until = Instant::now() + LIMIT;
        while !self.shown(self.lives).iter().any(|line| is_it(line)) {
            assert!(
                Instant::now() < until,
                "not shown: {:?}",
                self.shown(self.lives)
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// What was on the screen in one of its lives. A line that is not whole was not printed yet.
    fn shown(&self, life: usize) -> Vec<String> {
        let screen = self.dir.join(format!("{}-{life}", self.name));
        let text = std::fs::read_to_string(screen).unwrap();
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        whole.lines().map(str::to_owned).collect()
    }

    fn kill(&mut self) {
        let (mut program, _) = self.running.take().unwrap();
        program.kill().unwrap();
        program.wait().unwrap();
    }

    /// What arrived, over all lives. The last line of one may come again at the beginning of the next.
    fn heard(&self) -> Vec<String> {
        let mut heard: Vec<String> = Vec::new();
        for life in 1..=self.lives {
            let mut lines = self.shown(life);
            lines.retain(|line| line.starts_with(self.other));
            if life > 1 && lines.first() == heard.last() && !lines.is_empty() {
                lines.remove(0);
            }
            heard.extend(lines);
        }
        heard
    }

    /// What was said, as it is durable.
    fn said(&self) -> Vec<String> {
        let all = (1..=self.lives).flat_map(|life| self.shown(life));
        all.filter_map(|line| line.strip_prefix("me ").map(str::to_owned))
            .collect()
    }
}

/// The other side is heard as this: its name, then what it said.
fn as_heard(side: &Side<'_>) -> Vec<String> {
    let said = side.said();
    said.iter()
        .map(|line| format!("{} {line}", side.name))
        .collect()
}

#[test]
fn both_sides_of_the_chat_are_killed_and_each_line_arrives_once() {
    let dir = built().work.join("chat-killed");
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir).unwrap();
    let address = format!("@chat-killed-{}", std::process::id());
    let network = network().unwrap_or_else(|| "--instant".to_owned());
    let mut simulator = Command::new(&built().simulator)
        .current_dir(&dir)
        .args(network.split_whitespace())
        .args(["--unix", &address, "--config-out", "thinclient.toml"])
        .args(["--control", "stdin"])
        .stdin(Stdio::piped())
        .stdout(File::create(dir.join("daemon.txt")).unwrap())
        .spawn()
        .unwrap();
    let until = Instant::now() + LIMIT;
    let is_ready =
        || std::fs::read_to_string(dir.join("daemon.txt")).is_ok_and(|t| t.contains("ready"));
    while !is_ready() {
        assert!(Instant::now() < until, "the simulator does not start");
        std::thread::sleep(Duration::from_millis(10));
    }

    let mut alice = Side::new(&dir, "alice", "bob");
    let mut bob = Side::new(&dir, "bob", "alice");
    (alice.text, bob.text) = (bob.invite(), alice.invite());
    alice.start();
    bob.start();
    for life in 1..=LIVES {
        for line in 1..=LINES {
            alice.say(&format!("alice in life {life}, line {line}"));
            bob.say(&format!("bob in life {life}, line {line}"));
        }
        // Not always at the same moment: the other has heard none of it, some, or all.
        alice.kill();
        alice.start();
        bob.say("still here?");
        bob.kill();
        bob.start();
        alice.say("yes, I am");
    }
    // The last lines are there when all before them are.
    alice.say("the end of alice");
    bob.say("the end of bob");
    alice.await_line(|line| line.ends_with("the end of bob"));
    bob.await_line(|line| line.ends_with("the end of alice"));
    alice.kill();
    bob.kill();
    assert_eq!(bob.heard(), as_heard(&alice));
    assert_eq!(alice.heard(), as_heard(&bob));
    assert_eq!(alice.said().len(), LIVES * (LINES + 1) + 1);
    drop(simulator.stdin.take());
    simulator.wait().unwrap();
    std::fs::remove_dir_all(&dir).unwrap();
}
