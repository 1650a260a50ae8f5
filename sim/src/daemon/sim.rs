//! A simulator inside a test, with its own thread and directory.

use std::io;
use std::path::PathBuf;
use std::sync::mpsc as answers;
use std::thread::JoinHandle;

use tokio::sync::mpsc;

use super::options::SimConfig;
use super::random::fresh_id;
use super::steering::hex;
use super::tasks::server::{run, Bound, Command};

/// A running simulator. Dropping it stops it and removes its directory.
pub struct Sim {
    commands: Option<mpsc::UnboundedSender<Command>>,
    thread: Option<JoinHandle<io::Result<()>>>,
    directory: PathBuf,
    bound: Bound,
}

impl Sim {
    /// Starts a simulator that listens on a Unix socket in a fresh directory and on a free port of the loopback, unless the
    /// configuration says where.
    ///
    /// # Errors
    /// When the directory, the thread or a socket cannot be created.
    pub fn start(mut config: SimConfig) -> io::Result<Sim> {
        let name = format!("kpclientd-sim-{}", hex(&fresh_id()));
        let directory = std::env::temp_dir().join(name);
        std::fs::create_dir(&directory)?;
        let socket = directory.join("daemon.sock").to_string_lossy().into_owned();
        config.unix.get_or_insert(socket);
        config.tcp.get_or_insert_with(|| "127.0.0.1:0".to_owned());
        let (commands, receiver) = mpsc::unbounded_channel();
        let (ready, bound) = answers::channel();
        let started = std::thread::Builder::new()
            .name("kpclientd-sim".to_owned())
            .spawn(move || {
                run(config, None, false, receiver, |bound| {
                    ready.send(bound.clone()).map_err(io::Error::other)
                })
            });
        let mut sim = Sim {
            commands: Some(commands),
            thread: None,
            directory,
            bound: Bound::default(),
        };
        let thread = started?;
        match bound.recv() {
            Ok(bound) => {
                sim.bound = bound;
                sim.thread = Some(thread);
                Ok(sim)
            }
            // It stopped before it was ready; its result says why.
            Err(_) => match thread.join() {
                Ok(Err(e)) => Err(e),
                _ => Err(io::Error::other("the simulator ended at once")),
            },
        }
    }

    /// Path of the Unix socket.
    #[must_use]
    pub fn unix_path(&self) -> &str {
        self.bound.unix.as_deref().unwrap_or_default()
    }

    /// Address of the TCP socket, with its port.
    #[must_use]
    pub fn tcp_address(&self) -> &str {
        self.bound.tcp.as_deref().unwrap_or_default()
    }

    /// URL of the WebSocket, with its port, where the configuration has one.
    #[must_use]
    pub fn ws_url(&self) -> &str {
        self.bound.ws.as_deref().unwrap_or_default()
    }

    /// The directory that belongs to this simulator.
    #[must_use]
    pub fn directory(&self) -> &std::path::Path {
        &self.directory
    }

    /// Executes a control command and waits for its answer.
    ///
    /// # Errors
    /// The text after "error" in the answer, or that the simulator has ended.
    pub fn control(&self, line: &str) -> Result<String, String> {
        let (answer, wait) = answers::channel();
        let command = Command {
            line: line.to_owned(),
            answer,
        };
        let commands = self.commands.as_ref().ok_or("the simulator has ended")?;
        commands
            .send(command)
            .map_err(|_| "the simulator has ended")?;
        wait.recv().map_err(|_| "the simulator has ended")?
    }

    /// The answer of `stats`, decoded.
    ///
    /// # Errors
    /// As [`Sim::control`].
    pub fn stats(&self) -> Result<serde_json::Value, String> {
        serde_json::from_str(&self.control("stats")?).map_err(|e| e.to_string())
    }

    /// The answer of `arq`, decoded: one object for each entry.
    ///
    /// # Errors
    /// As [`Sim::control`].
    pub fn arq(&self) -> Result<Vec<serde_json::Value>, String> {
        serde_json::from_str(&self.control("arq")?).map_err(|e| e.to_string())
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        self.commands = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}
