//! One owner for each channel, in one process and in several.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use super::files::helper;
use super::*;

fn status(claimed: Result<()>) -> Option<Status> {
    claimed.err().map(|error| error.status())
}

#[test]
fn two_stores_of_one_process_cannot_have_one_channel() {
    let (_dir, path) = new_place("owners-two");
    let mut one = open(&path).unwrap();
    let mut other = open(&path).unwrap();
    one.claim(1).unwrap();
    assert_eq!(status(one.claim(1)), Some(Status::BUSY));
    assert_eq!(status(other.claim(1)), Some(Status::BUSY));
    other.claim(2).unwrap();
    assert_eq!(status(one.claim(2)), Some(Status::BUSY));
    // What one does not have it cannot give up.
    other.release(1);
    assert_eq!(status(other.claim(1)), Some(Status::BUSY));
    one.release(1);
    other.claim(1).unwrap();
    drop(other);
    one.claim(1).unwrap();
    one.claim(2).unwrap();
}

#[test]
fn in_memory_each_store_has_its_own_channels() {
    let mut one = Sqlite::open(None).unwrap();
    let mut other = Sqlite::open(None).unwrap();
    one.claim(1).unwrap();
    other.claim(1).unwrap();
    one.release(1);
}

#[test]
fn a_channel_without_a_byte_is_refused() {
    let (_dir, path) = new_place("owners-huge");
    assert_eq!(
        status(open(&path).unwrap().claim(u64::MAX)),
        Some(Status::DB)
    );
}

/// The other process of the next test: claims a channel, and lives until it is killed.
#[test]
fn helper_that_claims() {
    let Some(path) = std::env::var_os("KPC_TEST_CLAIM").map(PathBuf::from) else {
        return;
    };
    let mut sqlite = open(&path).unwrap();
    println!("\nclaimed: {:?}", status(sqlite.claim(1)));
    let _ = std::io::stdin().lock().read_line(&mut String::new());
}

/// Starts the other process; says what its claim gave.
fn another_process(path: &Path) -> (Child, String) {
    let program = std::env::current_exe().unwrap();
    let mut child = helper("owners::helper_that_claims", &program)
        .env("KPC_TEST_CLAIM", path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let claimed = lines.find_map(|line| Some(line.unwrap().strip_prefix("claimed: ")?.to_owned()));
    (child, claimed.unwrap())
}

#[test]
fn another_process_excludes_this_one_until_it_dies() {
    let (_dir, path) = new_place("owners-process");
    let mut sqlite = open(&path).unwrap();
    let (mut child, claimed) = another_process(&path);
    assert_eq!(claimed, "None");
    let error = sqlite.claim(1).unwrap_err();
    assert_eq!(error.status(), Status::BUSY);
    assert!(error.message().contains("another store"), "{error}");
    child.kill().unwrap();
    child.wait().unwrap();
    sqlite.claim(1).unwrap();
    let (mut child, claimed) = another_process(&path);
    assert_eq!(claimed, format!("Some({:?})", Status::BUSY));
    child.kill().unwrap();
    child.wait().unwrap();
}
