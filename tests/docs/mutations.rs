//! tests/mutations.txt: for each row of tests/feature_rows.txt a small change of the sources under
//! which one of its tests in C fails. Checked here: each row has one change, in a file that exists.
//! tests/mutants.sh finds the texts and makes the changes: a line that moves fails nothing here.

use std::path::Path;

use crate::feature_rows::{rows, ROWS};
use crate::{nothing_in, read};

const FILE: &str = "tests/mutations.txt";

/// One line: `row | file | text | instead | test`.
struct Mutation {
    row: u32,
    file: String,
    text: String,
    instead: String,
    test: String,
}

fn mutations() -> Vec<Mutation> {
    let file = read(FILE);
    let lines = file
        .lines()
        .filter(|l| !l.is_empty() && !l.starts_with('#'));
    lines
        .map(|line| {
            let cells: Vec<&str> = line.split(" | ").collect();
            let [row, file, text, instead, test] = cells[..] else {
                panic!("{FILE}: not five cells: {line}");
            };
            Mutation {
                row: row.parse().unwrap_or_else(|_| panic!("{FILE}: {line}")),
                file: file.to_owned(),
                text: text.to_owned(),
                instead: instead.to_owned(),
                test: test.to_owned(),
            }
        })
        .collect()
}

#[test]
fn each_row_has_one_change_that_its_test_notices() {
    let changed: Vec<u32> = mutations().iter().map(|mutation| mutation.row).collect();
    assert_eq!(changed, (1..=ROWS).collect::<Vec<u32>>());
}

#[test]
fn each_change_is_one_of_a_source_that_exists() {
    let mut wrong = Vec::new();
    for change in mutations() {
        let Mutation { row, file, .. } = &change;
        let source = file.starts_with("src/") || file.starts_with("sim/src/");
        if !source || !Path::new(env!("CARGO_MANIFEST_DIR")).join(file).is_file() {
            wrong.push(format!("{row}: {file} is no source"));
        }
        if change.text == change.instead {
            wrong.push(format!("{row}: changes nothing"));
        }
    }
    nothing_in(FILE, &wrong);
}

#[test]
fn the_test_that_fails_is_one_of_its_row() {
    let (rows, mut wrong) = (rows(), Vec::new());
    for Mutation { row, test, .. } in mutations() {
        let of_row = rows.iter().find(|candidate| candidate.number == row);
        if !of_row.is_some_and(|of_row| of_row.test.split_whitespace().any(|t| t == test)) {
            wrong.push(format!("{row}: {test}"));
        }
    }
    nothing_in(FILE, &wrong);
}
