//! The player: a program in C that makes the client's calls, driven line by line. Whatever
//! becomes of a test, its player is gone with it.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{channel, Receiver, RecvTimeoutError};
use std::sync::OnceLock;

use kpclient::config::Dial;

use crate::build::{Libraries, Linkage};
use crate::common::peer::Peer;
use crate::common::LIMIT;
use crate::text::{parse, Shown};

/// How the player makes its calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The functions that wait, each call on a thread.
    Blocking,
    /// The asynchronous ones, their results fetched by `kpc_op_wait`.
    Waiting,
    /// Completions and events told to functions.
    Callback,
    /// Completions among the events of a sink.
    Sink,
}

impl Form {
    pub const ALL: [Form; 4] = [Form::Blocking, Form::Waiting, Form::Callback, Form::Sink];

    fn name(self) -> &'static str {
        match self {
            Form::Blocking => "blocking",
            Form::Waiting => "waiting",
            Form::Callback => "callback",
            Form::Sink => "sink",
        }
    }
}

/// An event, or the end of a call.
#[derive(Debug)]
pub struct Told {
    pub status: String,
    pub fields: Shown,
}

/// A line that nobody has asked for yet.
#[derive(Debug)]
enum Line {
    /// The end of the call of this number.
    Done(u32, Told),
    /// An event of this name.
    Event(String, Told),
    /// The program has freed everything, but for so many objects.
    End(u32),
}

impl Line {
    fn parse(line: &str) -> Line {
        let mut words = line.split(' ');
        let mut word = || words.next().unwrap_or_default().to_owned();
        let (kind, name) = (word(), word());
        if kind == "end" {
            return Line::End(name.parse().unwrap());
        }
        let status = word();
        let told = Told {
            status,
            fields: parse(words),
        };
        match kind.as_str() {
            "done" => Line::Done(name.parse().unwrap(), told),
            "event" => Line::Event(name, told),
            _ => panic!("the player says: {line}"),
        }
    }
}

/// A running player.
pub struct Program {
    child: Child,
    input: ChildStdin,
    lines: Receiver<String>,
    waiting: VecDeque<Line>,
    calls: u32,
}

fn built() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let libraries = Libraries::find_or_build(root);
        let program = libraries.work.join("golden_player");
        let source = root.join("tests/golden_c/player.c");
        let compiled = libraries.compile(&source, Linkage::Shared, &[], &program);
        compiled.unwrap_or_else(|said| panic!("{said}"));
        program
    })
}

impl Program {
    /// Starts a player whose client is to reach `peer`.
    pub fn start(form: Form, peer: &Peer, toml: &str) -> Program {
        let Some(Dial::Unix { path }) = peer.config().dial else {
            panic!("no Unix socket");
        };
        let mut child = Command::new(built())
            .args([form.name(), &path, toml])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Program {
            child,
            input,
            lines,
            waiting: VecDeque::new(),
            calls: 0,
        }
    }

    /// Begins a call; gives its number.
    pub fn call(&mut self, kind: &str, arguments: &Shown) -> u32 {
        self.calls += 1;
        let mut line = format!("{} {kind}", self.calls);
        for (name, value) in arguments {
            line += &format!(" {name}={value}");
        }
        self.say(&line);
        self.calls
    }

    fn say(&mut self, line: &str) {
        writeln!(self.input, "{line}").expect("the player has ended");
    }

    /// The first line that `wanted` picks, in time; the others stay for later.
    fn find<T>(&mut self, what: &str, wanted: impl Fn(Line) -> Result<T, Line>) -> T {
        let mut passed = VecDeque::new();
        loop {
            let line = self.waiting.pop_front().unwrap_or_else(|| {
                let line = self.lines.recv_timeout(LIMIT);
                Line::parse(&line.unwrap_or_else(|_| panic!("the player does not tell {what}")))
            });
            match wanted(line) {
                Ok(found) => {
                    passed.append(&mut self.waiting);
                    self.waiting = passed;
                    return found;
                }
                Err(other) => passed.push_back(other),
            }
        }
    }

    /// How a call has ended.
    pub fn done(&mut self, number: u32) -> Told {
        self.find(&format!("how call {number} ended"), |line| match line {
            Line::Done(found, told) if found == number => Ok(told),
            other => Err(other),
        })
    }

    /// The next event and its name.
    pub fn event(&mut self) -> (String, Told) {
        self.find("an event", |line| match line {
            Line::Event(name, told) => Ok((name, told)),
            other => Err(other),
        })
    }

    /// Tells the player to close its client.
    pub fn close(&mut self) {
        self.say("close");
    }

    /// The player ends with nothing left over and nothing untold.
    pub fn expect_end(mut self) {
        let left = self.find("the end", |line| match line {
            Line::End(objects) => Ok(objects),
            other => Err(other),
        });
        assert_eq!(left, 0, "objects are left over");
        assert!(self.waiting.is_empty(), "untold: {:?}", self.waiting);
        // Its output ends with it.
        match self.lines.recv_timeout(LIMIT) {
            Err(RecvTimeoutError::Disconnected) => {}
            Err(RecvTimeoutError::Timeout) => panic!("the player does not end"),
            Ok(line) => panic!("behind the end: {line}"),
        }
        let status = self.child.wait().unwrap();
        assert!(status.success(), "{status}");
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
