//! A simulator, and people with databases of their own who run the tool on it.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc;

use kpclientd_sim::{Sim, SimConfig};
use rustix::process::{kill_process, Pid, Signal};
use serde_json::Value;
use tempfile::TempDir;

/// A network, and a directory for what people keep.
pub struct World {
    pub sim: Sim,
    pub directory: TempDir,
}

/// A program that has ended.
#[derive(Debug)]
pub struct Done {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl World {
    pub fn new() -> Self {
        let sim = Sim::start(SimConfig::instant()).unwrap();
        let directory = tempfile::tempdir().unwrap();
        let config = format!("[Dial.Unix]\nAddress = {:?}\n", sim.unix_path());
        std::fs::write(directory.path().join("thinclient.toml"), config).unwrap();
        World { sim, directory }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub fn file(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.path(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// The tool in the hands of somebody, who waits for nothing longer than a minute.
    pub fn tool(&self, who: &str, args: &[&str]) -> Command {
        let mut command = bare(self.directory.path(), args);
        command
            .env("KPC_CONFIG", self.path("thinclient.toml"))
            .env("KPC_STORE", self.path(&format!("{who}.db")));
        if !args.contains(&"--timeout") {
            command.args(["--timeout", "60"]);
        }
        command
    }

    pub fn run(&self, who: &str, args: &[&str], input: &str) -> Done {
        finish(self.tool(who, args), input)
    }

    /// Runs the tool, which must succeed; returns what it printed.
    pub fn well(&self, who: &str, args: &[&str], input: &str) -> String {
        let done = self.run(who, args, input);
        assert_eq!(done.code, 0, "kpc {args:?}: {done:?}");
        done.out
    }

    /// The same, with `--json`: an object for each line.
    pub fn json(&self, who: &str, args: &[&str], input: &str) -> Vec<Value> {
        let mut all = args.to_vec();
        all.push("--json");
        objects(&self.well(who, &all, input))
    }

    /// Alice has a channel that Bob reads.
    pub fn with_channel(self, name: &str) -> Self {
        self.well("alice", &["channel", "new", name], "");
        let text = self.well("alice", &["channel", "export", name], "");
        self.well("bob", &["channel", "import", name], &text);
        self
    }
}

/// The tool, without anything of the environment that it looks at.
pub fn bare(home: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kpc"));
    command
        .args(args)
        .current_dir(home)
        .env("HOME", home)
        .env_remove("KPC_CONFIG")
        .env_remove("KPC_STORE")
        .env_remove("XDG_STATE_HOME")
        .env_remove("XDG_CONFIG_HOME")
        .env("TMPDIR", home);
    command
}

pub fn finish(mut command: Command, input: &str) -> Done {
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = piped.stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    // A program that does not read its input closes it.
    let writer = std::thread::spawn(move || drop(stdin.write_all(input.as_bytes())));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    Done {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

pub fn objects(lines: &str) -> Vec<Value> {
    let object = |line: &str| serde_json::from_str(line).unwrap_or_else(|e| panic!("{line}: {e}"));
    lines.lines().map(object).collect()
}

/// A program that runs: its lines come one by one.
pub struct Running {
    child: Child,
    pub stdin: Option<ChildStdin>,
    lines: mpsc::Receiver<String>,
    err: std::thread::JoinHandle<String>,
}

impl Running {
    pub fn start(mut command: Command) -> Self {
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = piped.stderr(Stdio::piped()).spawn().unwrap();
        let (sender, lines) = mpsc::channel();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in stdout.lines() {
                if sender.send(line.unwrap()).is_err() {
                    return;
                }
            }
        });
        let mut stderr = child.stderr.take().unwrap();
        let err = std::thread::spawn(move || {
            let mut text = String::new();
            stderr.read_to_string(&mut text).unwrap();
            text
        });
        Running {
            stdin: child.stdin.take(),
            child,
            lines,
            err,
        }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The next line; fails where the program ends without one, or has none for minutes.
    pub fn line(&self) -> String {
        let line = self.lines.recv_timeout(std::time::Duration::from_secs(180));
        line.expect("there is no line")
    }

    /// The next line, if there is one by now or soon.
    pub fn line_soon(&self) -> Option<String> {
        self.lines
            .recv_timeout(std::time::Duration::from_millis(20))
            .ok()
    }

    pub fn say(&mut self, line: &str) {
        let stdin = self.stdin.as_mut().unwrap();
        stdin.write_all(format!("{line}\n").as_bytes()).unwrap();
    }

    pub fn signal(&self, signal: Signal) {
        let id = Pid::from_raw(self.child.id().try_into().unwrap()).unwrap();
        kill_process(id, signal).unwrap();
    }

    /// Closes its input, and waits until it has ended.
    pub fn end(mut self) -> Done {
        drop(self.stdin.take());
        let code = self.child.wait().unwrap().code().unwrap_or(-1);
        let out = self.lines.iter().map(|line| line + "\n").collect();
        let err = self.err.join().unwrap();
        Done { code, out, err }
    }
}
