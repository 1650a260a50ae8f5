//! tests/feature_rows.txt: 177 things that a program can do with one of the other clients, each
//! with its names in C and with the tests in C that show that it works.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;

use crate::names::{of_library, words, Header};
use crate::{nothing_in, read};

const FILE: &str = "tests/feature_rows.txt";
pub const ROWS: u32 = 177;

/// One line: `number | what | names in C | tests`.
pub struct Row {
    pub number: u32,
    what: String,
    in_c: String,
    pub test: String,
}

pub fn rows() -> Vec<Row> {
    let text = read(FILE);
    let lines = text
        .lines()
        .filter(|l| !l.is_empty() && !l.starts_with('#'));
    lines
        .map(|line| {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            let [number, what, in_c, test] = cells[..] else {
                panic!("{FILE}: not four cells: {line}");
            };
            Row {
                number: number.parse().unwrap_or_else(|_| panic!("{FILE}: {line}")),
                what: what.to_owned(),
                in_c: in_c.to_owned(),
                test: test.to_owned(),
            }
        })
        .collect()
}

/// What is wrong with the test that a row names, as `file` or `file::function`.
fn fault_of_test(test: &str) -> Option<String> {
    let (file, function) = test.split_once("::").unwrap_or((test, ""));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let Ok(text) = std::fs::read_to_string(path) else {
        return Some(format!("there is no {file}"));
    };
    if file.starts_with("examples-c/") {
        let name = file
            .trim_start_matches("examples-c/")
            .trim_end_matches(".c");
        let runner = read("tests/examples/main.rs");
        let is_run = runner.lines().any(|l| l.trim() == format!("{name},"));
        return (!is_run).then(|| format!("{file} is not run by tests/examples"));
    }
    let defines = |line: &str| {
        if file.ends_with(".c") {
            // A definition begins at the margin and is no declaration.
            let called = [format!(" {function}("), format!("*{function}(")];
            return called.iter().any(|called| line.contains(called))
                && !line.starts_with(' ')
                && !line.ends_with(';');
        }
        // Tests may be made by a macro from their name.
        line.contains(&format!("fn {function}(")) || line.trim() == format!("{function},")
    };
    (!function.is_empty() && !text.lines().any(defines))
        .then(|| format!("{file} has no {function}"))
}

#[test]
fn each_row_is_there_once_in_order() {
    let numbers: Vec<u32> = rows().iter().map(|row| row.number).collect();
    assert_eq!(numbers, (1..=ROWS).collect::<Vec<u32>>());
}

#[test]
fn every_name_in_c_exists() {
    let header = Header::read();
    let mut wrong = Vec::new();
    for row in rows() {
        let names = of_library(&row.in_c);
        // What has no name of its own says so in brackets.
        if names.is_empty() && !row.in_c.starts_with('(') {
            wrong.push(format!("{} {}: no name in C", row.number, row.what));
        }
        for name in names.iter().filter(|name| !header.has(name)) {
            wrong.push(format!(
                "{} {}: no {name} in the header",
                row.number, row.what
            ));
        }
    }
    nothing_in(FILE, &wrong);
}

impl Row {
    /// The functions in C programs that show it: file and name.
    fn functions_in_c(&self) -> Vec<(&str, &str)> {
        let tests = self.test.split_whitespace();
        tests
            .filter(|test| test.starts_with("tests/c/"))
            .filter_map(|test| test.split_once("::"))
            .collect()
    }
}

#[test]
fn every_row_is_shown_by_a_test_in_c_that_is_named_after_its_function() {
    let mut wrong = Vec::new();
    for row in rows() {
        let names = of_library(&row.in_c);
        let tests = row.functions_in_c();
        let is_after = |test: &str| {
            names.iter().any(|name| {
                let name = name.to_lowercase();
                name.strip_prefix("kpc_") == Some(test)
            })
        };
        // What has no name of its own has nothing that a test could be named after.
        let named = names.is_empty() || row.in_c.starts_with('(');
        if !tests.iter().any(|(_, test)| named || is_after(test)) {
            wrong.push(format!("{} {}", row.number, row.what));
        }
    }
    nothing_in("no test in C, or none of that name", &wrong);
}

#[test]
fn the_tests_in_c_have_to_do_with_all_names_of_their_row() {
    let mut wrong = Vec::new();
    for row in rows() {
        let files = row.functions_in_c();
        let texts: Vec<String> = files.iter().map(|(file, _)| read(file)).collect();
        for name in of_library(&row.in_c) {
            let is_word = |text: &String| words(text, &name).any(|word| word == name);
            if !texts.iter().any(is_word) {
                wrong.push(format!("{} {}: {name}", row.number, row.what));
            }
        }
    }
    nothing_in("not in the row's programs in C", &wrong);
}

#[test]
fn every_test_that_is_named_exists() {
    let mut wrong = Vec::new();
    for row in rows() {
        for test in row.test.split_whitespace() {
            if let Some(fault) = fault_of_test(test) {
                wrong.push(format!("{} {}: {fault}", row.number, row.what));
            }
        }
    }
    nothing_in(FILE, &wrong);
}

/// Says how far it is: on the terminal, not into what is kept of tests that succeed. `make check`
/// repeats the line at its end.
#[test]
fn the_rows_are_counted() {
    let rows = rows();
    let in_c = rows.iter().flat_map(Row::functions_in_c);
    let tests: BTreeSet<(&str, &str)> = in_c.collect();
    let covered = rows.iter().filter(|row| !row.functions_in_c().is_empty());
    let said = format!(
        "\nfeatures: {} of {ROWS} rows are covered, by {} tests in C\n",
        covered.count(),
        tests.len()
    );
    std::io::stderr().write_all(said.as_bytes()).unwrap();
}
