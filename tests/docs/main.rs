//! The documents, held against the header and the sources: docs/from-other-clients.md, the tables of
//! examples, and tests/feature_rows.txt, which says what proves each thing that the other clients can
//! do.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test without its files cannot go on"
)]

mod examples;
mod feature_rows;
mod from_other_clients;
mod limits;
mod mutations;
mod names;
mod rooms;
mod statuses;
mod versions;

use std::path::{Path, PathBuf};

/// The text of a file of this repository.
fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Fails with all of what is wrong at once.
fn nothing_in(what: &str, wrong: &[String]) {
    assert!(wrong.is_empty(), "{what}:\n  {}", wrong.join("\n  "));
}

/// Calls `each` with every file of a folder of this repository and of those below it, in order.
fn each_file(folder: &str, each: &mut impl FnMut(&Path)) {
    let entries = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        match path.is_dir() {
            true => each_file(path.to_str().unwrap(), each),
            false => each(&path),
        }
    }
}
