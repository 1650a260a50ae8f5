//! tests/feature_rows.txt: 149 things that a program can do with one of the other clients, each
//! with its names in C and with the test that shows that it works.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;

use crate::names::{of_library, Header};
use crate::{nothing_in, read};

const FILE: &str = "tests/feature_rows.txt";
const ROWS: u32 = 149;

/// One line: `number | what | names in C | test`.
struct Row {
    number: u32,
    what: String,
    in_c: String,
    test: String,
}

fn rows() -> Vec<Row> {
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
        let is_c = file.ends_with(".c");
        let called = format!("{}{function}(", if is_c { " " } else { "fn " });
        // In C a definition begins at the margin and is no declaration; in Rust tests may be
        // made by a macro from their name.
        line.contains(&called) && (!is_c || !line.starts_with(' ') && !line.ends_with(';'))
            || !is_c && line.trim() == format!("{function},")
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

#[test]
fn every_test_that_is_named_exists() {
    let mut wrong = Vec::new();
    for row in rows().iter().filter(|row| row.test != "-") {
        for test in row.test.split_whitespace() {
            if let Some(fault) = fault_of_test(test) {
                wrong.push(format!("{} {}: {fault}", row.number, row.what));
            }
        }
    }
    nothing_in(FILE, &wrong);
}

/// Says how far it is: on the terminal, not into what is kept of tests that succeed.
#[test]
fn the_rows_are_counted() {
    let (covered, open): (Vec<Row>, Vec<Row>) = rows().into_iter().partition(|row| row.test != "-");
    let mut tests: BTreeMap<String, u32> = BTreeMap::new();
    for row in &covered {
        for test in row.test.split_whitespace() {
            *tests.entry(test.to_owned()).or_default() += 1;
        }
    }
    let mut said = format!(
        "\nfeatures: {} of {ROWS} rows are covered, by {} tests\n",
        covered.len(),
        tests.len()
    );
    for row in open {
        said += &format!("  not covered: {} {}\n", row.number, row.what);
    }
    std::io::stderr().write_all(said.as_bytes()).unwrap();
}
