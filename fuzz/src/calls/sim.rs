//! A simulator for the inputs, in a directory of its own, where relative paths end up too.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use kpclientd_sim::daemon::server::Bound;
use kpclientd_sim::daemon::thinclient_toml;
use kpclientd_sim::network::Era;
use kpclientd_sim::{Sim, SimConfig};

/// So many inputs use one simulator: it forgets nothing.
const INPUTS: usize = 1000;

struct Running {
    sim: Sim,
    directory: PathBuf,
    toml: String,
    left: usize,
}

static RUNNING: Mutex<Option<Running>> = Mutex::new(None);

/// The thinclient.toml of a simulator that runs.
pub fn toml() -> String {
    let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    if running.as_ref().is_some_and(|running| running.left == 0) {
        *running = None;
    }
    let running = running.get_or_insert_with(Running::start);
    running.left -= 1;
    running.clean();
    running.toml.clone()
}

/// Ends the simulator, and leaves nothing behind.
pub fn stop() {
    *RUNNING.lock().unwrap_or_else(PoisonError::into_inner) = None;
}

impl Running {
    fn start() -> Running {
        let directory = fresh_directory();
        std::env::set_current_dir(&directory).unwrap();
        let config = SimConfig::new(Era::Current).hurried();
        let network = config.network.clone();
        let sim = Sim::start(config).unwrap();
        let bound = Bound {
            unix: Some(sim.unix_path().to_owned()),
            ..Bound::default()
        };
        let toml = thinclient_toml(&network, &bound);
        Running {
            sim,
            directory,
            toml,
            left: INPUTS,
        }
    }

    /// Removes what an input has left in the directory.
    fn clean(&self) {
        for entry in std::fs::read_dir(&self.directory).unwrap().flatten() {
            let _ = std::fs::remove_file(entry.path());
        }
        assert!(Path::new(self.sim.unix_path()).exists());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = std::env::set_current_dir(std::env::temp_dir());
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

fn fresh_directory() -> PathBuf {
    let name = format!("kpc-fuzz-{}", std::process::id());
    let path = std::env::temp_dir().join(name);
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir(&path).unwrap();
    path
}
