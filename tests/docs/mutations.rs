//! tests/mutations.txt: for each row of tests/feature_rows.txt a small change of the sources under
//! which one of its tests in C fails. tests/mutants.sh makes them; here they are only held against
//! the sources, so that none goes out of date.

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
                text: text.replace("\\n", "\n"),
                instead: instead.replace("\\n", "\n"),
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
fn each_change_can_be_made_in_the_sources_as_they_are() {
    let mut wrong = Vec::new();
    for change in mutations() {
        let Mutation { row, file, .. } = &change;
        if !file.starts_with("src/") && !file.starts_with("sim/src/") {
            wrong.push(format!("{row}: {file} is no source"));
            continue;
        }
        let count = read(file).matches(change.text.as_str()).count();
        if count != 1 {
            wrong.push(format!("{row}: {count} times in {file}: {}", change.text));
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
