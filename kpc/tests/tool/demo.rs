//! demo.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::common::{bare, finish, objects, Running};

/// The simulator that was built, or that is built now.
fn simulator() -> PathBuf {
    if let Some(path) = std::env::var_os("KPC_SIM") {
        return path.into();
    }
    let built = Command::new(env!("CARGO"))
        .args([
            "build",
            "--quiet",
            "-p",
            "kpclientd-sim",
            "--bin",
            "kpclientd-sim",
        ])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()
        .unwrap();
    assert!(built.success());
    PathBuf::from(env!("CARGO_BIN_EXE_kpc")).with_file_name("kpclientd-sim")
}

/// The simulator with a quicker network than the demo asks for: people watch a demo, nobody a test.
fn quick_simulator(directory: &Path) -> PathBuf {
    let path = directory.join("quick");
    let script = format!(
        "#!/bin/sh\nexec '{}' \"$@\" --lambda-p 0.2 --latency 10 --encrypt-cost 1\n",
        simulator().display()
    );
    std::fs::write(&path, script).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
    path
}

#[test]
fn the_demo_shows_everything_and_leaves_nothing() {
    let home = tempfile::tempdir().unwrap();
    let tools = tempfile::tempdir().unwrap();
    let simulator = quick_simulator(tools.path());
    let args = ["demo", "--simulator", simulator.to_str().unwrap(), "--json"];
    let done = finish(bare(home.path(), &args), "");
    assert_eq!(done.code, 0, "{done:?}");
    let all = objects(&done.out);
    let texts: Vec<&str> = all.iter().filter_map(|one| one["text"].as_str()).collect();
    assert_eq!(texts, ["good morning, Bob", "now nobody else reads this"]);
    assert!(all.iter().any(|one| one["event"] == "received"), "{done:?}");
    assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0);
}

/// A zombie of nobody's would stay; a process that runs would hold its port.
fn is_running(process: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    !stat.is_empty() && !stat.contains(") Z ")
}

#[test]
fn an_interrupted_demo_takes_its_simulator_with_it() {
    let home = tempfile::tempdir().unwrap();
    let simulator = simulator();
    let args = ["demo", "--simulator", simulator.to_str().unwrap()];
    let running = Running::start(bare(home.path(), &args));
    while !running.line().contains("kpc ping") {}
    let children = format!("/proc/{0}/task/{0}/children", running.id());
    let child = std::fs::read_to_string(children).unwrap();
    let child = child.trim().to_owned();
    assert!(!child.is_empty());
    running.signal(rustix::process::Signal::INT);
    assert_eq!(running.end().code, 130);
    assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0);
    // Its simulator ends with it, in its own time.
    let begun = Instant::now();
    while is_running(&child) {
        assert!(begun.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn what_is_no_simulator_is_told() {
    let home = tempfile::tempdir().unwrap();
    let done = finish(bare(home.path(), &["demo", "--simulator", "/bin/true"]), "");
    assert_eq!(done.code, 1, "{done:?}");
    let done = finish(bare(home.path(), &["demo", "--simulator", "/nowhere"]), "");
    assert_eq!(done.code, 5, "{done:?}");
}
