//! A daemon with a network behind it, as a process of its own. Its boxes outlive it.

use std::error::Error;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread;
use std::time::Duration;

/// kpclientd-sim, in a directory that goes with it.
pub struct Simulator {
    program: PathBuf,
    directory: PathBuf,
    process: Child,
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Simulator {
    pub fn start(program: &str) -> Result<Simulator, Box<dyn Error>> {
        let name = format!("kpclient-story-{}", std::process::id());
        let directory = std::env::temp_dir().join(name);
        fs::create_dir(&directory)?;
        let started = run(Path::new(program), &directory);
        let (process, commands, answers) = started.inspect_err(|_| {
            let _ = fs::remove_dir_all(&directory);
        })?;
        Ok(Simulator {
            program: program.into(),
            directory,
            process,
            commands,
            answers,
        })
    }

    /// A file of its directory.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// The configuration of its clients.
    pub fn config(&self) -> String {
        self.path("thinclient.toml").to_string_lossy().into_owned()
    }

    /// Gives it a command, and returns its answer.
    pub fn say(&mut self, command: &str) -> Result<String, Box<dyn Error>> {
        writeln!(self.commands, "{command}")?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        match answer.starts_with("ok") {
            true => Ok(answer),
            false => Err(format!("{command}: {answer}").into()),
        }
    }

    /// Waits until its numbers show this.
    pub fn until(&mut self, shown: &str) -> Result<(), Box<dyn Error>> {
        while !self.say("stats")?.contains(shown) {
            thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    /// Kills it as a crash would, and starts another one in its place.
    pub fn kill_and_start(&mut self) -> Result<(), Box<dyn Error>> {
        self.process.kill()?;
        self.process.wait()?;
        fs::remove_file(self.path("socket"))?;
        (self.process, self.commands, self.answers) = run(&self.program, &self.directory)?;
        Ok(())
    }

    /// Ends it.
    pub fn end(mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.directory);
    }
}

type Process = (Child, ChildStdin, BufReader<ChildStdout>);

fn run(program: &Path, directory: &Path) -> Result<Process, Box<dyn Error>> {
    let mut process = Command::new(program)
        .args(["--instant", "--patient-couriers", "--control", "stdin"])
        .arg("--unix")
        .arg(directory.join("socket"))
        .arg("--boxes")
        .arg(directory.join("boxes"))
        .arg("--config-out")
        .arg(directory.join("thinclient.toml"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let (Some(commands), Some(answers)) = (process.stdin.take(), process.stdout.take()) else {
        return Err("the simulator has no pipes".into());
    };
    let mut answers = BufReader::new(answers);
    let mut line = String::new();
    answers.read_line(&mut line)?;
    match line.starts_with("ready:") {
        true => Ok((process, commands, answers)),
        false => Err(format!("the simulator does not start: {line}").into()),
    }
}
