//! The rows of a store's database, and what a file's first message says of its name.

use kpclient::store::fuzzed::{file_name, rewritten, ROWS};
use kpclient::Status;

use super::input::Input;
use super::seeded_fault;

pub fn run(data: &[u8]) {
    let mut input = Input::of(data);
    let kind = input.byte() % (ROWS + 1);
    let row = input.rest();
    if kind == ROWS {
        return named(row);
    }
    match rewritten(kind, row) {
        Ok(written) => {
            // What was written is read again, and as the same.
            let again = rewritten(kind, &written).unwrap();
            assert_eq!(again[..], written[..]);
            seeded_fault([kind == 10, row.len() > 100, row.get(99) == Some(&0xfe)]);
        }
        Err(error) => assert_eq!(error.status(), Status::DB),
    }
}

/// Whoever sends a file does not choose the directory.
fn named(message: &[u8]) {
    let Some(name) = file_name(message) else {
        return;
    };
    assert!(!name.is_empty() && name != "." && name != "..");
    assert!(!name.contains(['/', '\\', '\0']));
}
