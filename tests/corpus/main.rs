//! The fuzz targets with the inputs that are kept of them, on stable Rust: those that were found to go far, and
//! those that once failed. fuzz/README.md says how they are found.
#![allow(unsafe_code, reason = "one target calls the functions of the header")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

#[path = "../../fuzz/src/lib.rs"]
mod targets;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;
use std::time::Duration;

use targets::calls::list::CALLS;
use targets::{Target, TARGETS};

/// No input takes so long, on a machine however busy, unless it hangs.
const LIMIT: Duration = Duration::from_secs(120);

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

/// The names of what is in a directory.
fn names(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Runs all inputs of a target. The simulator and what is alive are the process's own, so only one test does it.
fn replay(name: &str, run: Target) -> usize {
    let directory = fuzz().join("corpus").join(name);
    let inputs = names(&directory);
    for input in &inputs {
        let data = std::fs::read(directory.join(input)).unwrap();
        let (sender, over) = channel();
        let thread = std::thread::spawn(move || {
            run(&data);
            let _ = sender.send(());
        });
        match over.recv_timeout(LIMIT) {
            Ok(()) => thread.join().unwrap(),
            Err(why) => panic!("fuzz/corpus/{name}/{input}: {why}"),
        }
    }
    inputs.len()
}

#[test]
fn no_kept_input_fails() {
    for (name, run) in TARGETS {
        let count = replay(name, run);
        assert!(count > 0, "{name} has no inputs");
        println!("{name}: {count} inputs");
    }
    targets::calls::stop();
}

#[test]
fn each_target_has_its_file_and_its_corpus() {
    let targets: Vec<_> = TARGETS.map(|(name, _)| name.to_owned()).into();
    let files: Vec<_> = targets.iter().map(|name| format!("{name}.rs")).collect();
    assert_eq!(names(&fuzz().join("fuzz_targets")), files);
    assert_eq!(names(&fuzz().join("corpus")), targets);
    let manifest = std::fs::read_to_string(fuzz().join("Cargo.toml")).unwrap();
    for name in &targets {
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
    }
}

#[test]
fn every_function_of_the_header_can_be_called() {
    let symbols = Path::new(env!("CARGO_MANIFEST_DIR")).join("abi/symbols.txt");
    let symbols = std::fs::read_to_string(symbols).unwrap();
    let expected: BTreeSet<_> = symbols
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    let called: BTreeSet<_> = CALLS.iter().map(|(name, _)| *name).collect();
    let missing: Vec<_> = expected.symmetric_difference(&called).collect();
    assert!(
        missing.is_empty(),
        "fuzz/src/calls/list.rs names each function of abi/symbols.txt, by the number of its arguments: {missing:?}"
    );
}
