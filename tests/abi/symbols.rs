//! The functions of the header, of the list with their first versions, and of the C tests are the same.
//! (That the libraries export exactly these is checked where they are built: abi/symbols.sh.)

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// Text without comments, with one space where there was any white space.
fn code(source: &str) -> String {
    let mut text = String::new();
    let mut rest = source;
    while let Some((before, after)) = rest.split_once("/*") {
        text.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    text.push_str(rest);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Names of functions that are declared in the header.
fn declared() -> BTreeSet<String> {
    code(&read("include/kpclient.h"))
        .split(';')
        .filter(|item| item.contains("KPC_API") && !item.contains("typedef"))
        .filter_map(|item| item.split_once('(')?.0.split([' ', '*']).next_back())
        .filter(|name| name.starts_with("kpc_"))
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_list_of_symbols_is_that_of_the_header() {
    let listed: BTreeSet<String> = read("abi/symbols.txt")
        .lines()
        .filter_map(|line| line.split_once(' '))
        .map(|(name, _)| name.to_owned())
        .collect();
    assert!(!listed.is_empty());
    assert_eq!(listed, declared(), "run `make header`");
}

#[test]
fn every_function_is_called_by_a_test_in_c() {
    let mut called = String::new();
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/c")).unwrap() {
        called.push_str(&code(&fs::read_to_string(entry.unwrap().path()).unwrap()));
    }
    let missing: Vec<String> = declared()
        .into_iter()
        .filter(|name| !called.contains(&format!("{name}(")))
        .collect();
    assert!(missing.is_empty(), "not called in tests/c: {missing:?}");
}
