//! The committed pages are what the header gives, leave nothing of it out and lead nowhere wrong.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test without its pages cannot go on"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use kpclientd_sim::daemon::arguments::{parse, Asked};

#[path = "../../tests/c_suite/header.rs"]
#[allow(dead_code, reason = "made for the programs in C")]
mod header;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// The pages as they lie there, by their paths below man/.
fn committed() -> BTreeMap<String, String> {
    let mut pages = BTreeMap::new();
    for directory in ["man1", "man3"] {
        for entry in fs::read_dir(root().join("man").join(directory)).unwrap() {
            let entry = entry.unwrap();
            let name = format!("{directory}/{}", entry.file_name().to_str().unwrap());
            pages.insert(name, fs::read_to_string(entry.path()).unwrap());
        }
    }
    pages
}

/// The page that a name leads to.
fn page_of(name: &str, pages: &BTreeMap<String, String>) -> String {
    let page = pages.get(&format!("man3/{name}.3"));
    let page = page.unwrap_or_else(|| panic!("{name} has no page"));
    match page.strip_prefix(".so ") {
        Some(other) => pages[other.trim()].clone(),
        None => page.clone(),
    }
}

fn functions() -> Vec<String> {
    let symbols = read("abi/symbols.txt");
    let names = symbols.lines().filter_map(|line| line.split_once(' '));
    names.map(|(name, _)| name.to_owned()).collect()
}

/// A page without its marks, as it is read.
fn plain(page: &str) -> String {
    let lines = page.lines().filter(|line| !line.starts_with(".\\\""));
    let text = lines.collect::<Vec<_>>().join("\n");
    ["\\fB", "\\fI", "\\fP", "\\&"]
        .iter()
        .fold(text, |text, mark| text.replace(mark, ""))
        .replace("\\-", "-")
}

fn words(text: &str) -> BTreeSet<String> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

#[test]
fn the_committed_pages_are_what_the_header_gives() {
    let made = kpclient_man::pages(&root()).unwrap();
    let there = committed();
    for (name, text) in &made {
        assert!(there.get(name) == Some(text), "man/{name}: run `make man`");
    }
    let names: Vec<_> = there
        .keys()
        .filter(|name| !made.contains_key(*name))
        .collect();
    assert!(
        names.is_empty(),
        "run `make man`; no longer made: {names:?}"
    );
}

#[test]
fn every_function_has_a_page_that_names_it() {
    let pages = committed();
    let functions = functions();
    assert!(functions.len() > 300);
    for function in functions {
        let page = plain(&page_of(&function, &pages));
        let (names, _) = page
            .split_once(".SH NAME\n")
            .and_then(|(_, rest)| rest.split_once(" - "))
            .unwrap_or_else(|| panic!("{function}: no NAME"));
        assert!(names.split(", ").any(|name| name == function), "{function}");
        assert!(
            page.contains(&format!("{function}(")),
            "{function}: no prototype"
        );
        assert!(page.contains("\n.SH THREADS\n"), "{function}: no threads");
    }
}

#[test]
fn no_word_of_a_functions_comment_is_left_out() {
    let pages = committed();
    let mut seen = 0;
    for function in header::functions(&read("include/kpclient.h")) {
        let page = words(&plain(&page_of(&function.name, &pages)));
        let comment = function.comment;
        let mut told = comment.paragraphs;
        for (name, text) in comment.parameters {
            told.extend([name, text]);
        }
        let parts = [comment.returns, comment.ownership, comment.threads];
        told.extend(parts.into_iter().flatten());
        let told = words(&told.join(" "));
        let missing: Vec<_> = told.difference(&page).cloned().collect();
        assert!(missing.is_empty(), "{}: {missing:?}", function.name);
        seen += 1;
    }
    assert_eq!(seen, functions().len());
}

#[test]
fn every_constant_and_type_is_described() {
    let pages = committed();
    let all: String = pages.values().map(|page| plain(page)).collect();
    let header = read("include/kpclient.h");
    let (_, body) = header.split_once("/* ---- Objects").unwrap();
    for line in body.lines() {
        if let Some(define) = line.strip_prefix("#define ") {
            assert!(all.contains(&format!("\n.TP\n{define}\n")), "{define}");
        }
        if let Some(name) = line.strip_prefix("typedef struct ") {
            let name = name.split([' ', ';']).next().unwrap();
            let page = plain(&page_of(name, &pages));
            assert!(page.contains(&format!("\n.SH TYPE {name}\n")), "{name}");
        }
    }
}

#[test]
fn references_lead_to_pages() {
    let pages = committed();
    let exists = |name: &str, number: &str| {
        let path = format!("man{number}/{name}.{number}");
        assert!(pages.contains_key(&path), "there is no {name}({number})");
    };
    let mut seen = 0;
    for page in pages.values() {
        if let Some(other) = page.strip_prefix(".so ") {
            assert!(pages.contains_key(other.trim()), "{page}");
        }
        let text = plain(page).replace(" (", "(");
        for (number, end) in [("1", "(1)"), ("3", "(3)")] {
            for before in text.split(end).collect::<Vec<_>>().iter().rev().skip(1) {
                let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
                let start = before.rfind(|c| !is_name(c)).map_or(0, |at| at + 1);
                exists(&before[start..], number);
                seen += 1;
            }
        }
    }
    assert!(seen > 1000, "{seen}");
}

#[test]
fn the_simulators_page_has_every_word_of_its_help() {
    let Asked::Print(help) = parse(["--help".to_owned()]).unwrap() else {
        panic!("no help");
    };
    let page = plain(&committed()["man1/kpclientd-sim.1"]);
    let (_, list) = help.split_once("[OPTIONS]\n").unwrap();
    let missing: Vec<_> = words(list).difference(&words(&page)).cloned().collect();
    assert!(missing.is_empty(), "{missing:?}");
    let tags = |text: &str, start: &str| {
        let lines = text.lines().filter_map(|line| line.strip_prefix(start));
        let names = lines.map(|line| line.split([' ', ',']).next().unwrap().to_owned());
        names.collect::<Vec<_>>()
    };
    let options = tags(list, "  --");
    assert!(options.len() > 10);
    assert_eq!(tags(&page.replace("\n--", "\n  --"), "  --"), options);
}
