//! The sources of the site: every page is in the index, every link leads somewhere, nothing of the
//! interface is left out.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test without its pages cannot go on"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn files() -> BTreeMap<String, String> {
    kpclient_man::site::files(&root()).unwrap()
}

/// A page without its code, in which nothing is a link.
fn prose(text: &str) -> String {
    let parts = text.split("```").step_by(2);
    let prose: String = parts.collect();
    prose.split('`').step_by(2).collect()
}

/// Where links of Markdown and HTML lead.
fn links(text: &str) -> Vec<String> {
    let prose = prose(text);
    let mut found = Vec::new();
    for (begin, end) in [("](", ')'), ("href=\"", '"')] {
        let rests = prose.split(begin).skip(1);
        found.extend(rests.filter_map(|rest| rest.split(end).next().map(str::to_owned)));
    }
    found
}

/// What can be led to within a page: headings, by mdBook's rule, and what has an id.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut in_code = false;
    for line in text.lines() {
        in_code ^= line.starts_with("```");
        if in_code {
            continue;
        }
        if line.starts_with('#') {
            let title = line.trim_start_matches('#').trim().to_lowercase();
            let slug = title.chars().filter_map(|c| match c {
                c if c.is_alphanumeric() || c == '_' || c == '-' => Some(c),
                c if c.is_whitespace() => Some('-'),
                _ => None,
            });
            found.insert(slug.collect());
        }
        let ids = line.split(" id=\"").skip(1);
        found.extend(ids.filter_map(|rest| rest.split('"').next().map(str::to_owned)));
    }
    found
}

/// The file that a link in a page means.
fn target(page: &str, link: &str) -> String {
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        match part {
            ".." => assert!(
                parts.pop().is_some(),
                "{page}: {link} leads out of the site"
            ),
            part => parts.push(part),
        }
    }
    parts.join("/").replace(".html", ".md")
}

#[test]
fn every_link_leads_to_a_page_and_a_place_on_it() {
    let files = files();
    let anchors: BTreeMap<_, _> = files.iter().map(|(p, text)| (p, anchors(text))).collect();
    let mut wrong = Vec::new();
    let mut seen = 0;
    for (page, text) in &files {
        for link in links(text).iter().filter(|link| !link.contains("://")) {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let file = match file {
                "" => page.clone(),
                file => target(page, file),
            };
            let is_there = anchors
                .get(&file)
                .is_some_and(|known| anchor.is_empty() || known.contains(anchor));
            if !is_there {
                wrong.push(format!("{page}: {link}"));
            }
            seen += 1;
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(seen > 3000, "{seen}");
}

#[test]
fn every_page_is_in_the_index_and_only_once() {
    let files = files();
    let index = links(&files["SUMMARY.md"]);
    let once: BTreeSet<_> = index.iter().map(String::as_str).collect();
    assert_eq!(once.len(), index.len());
    let pages = files
        .keys()
        .filter(|path| path.ends_with(".md") && *path != "SUMMARY.md");
    let pages: BTreeSet<_> = pages.map(String::as_str).collect();
    assert_eq!(once, pages);
}

#[test]
fn every_function_has_a_page_that_says_as_much_as_the_manual() {
    let files = files();
    let symbols = fs::read_to_string(root().join("abi/symbols.txt")).unwrap();
    let mut seen = 0;
    for name in symbols.lines().filter_map(|line| line.split(' ').next()) {
        let manual = fs::read_to_string(root().join(format!("man/man3/{name}.3"))).unwrap();
        let page = match manual.strip_prefix(".so man3/") {
            Some(other) => other.trim().trim_end_matches(".3"),
            None => name,
        };
        let text = &files[&format!("reference/{page}.md")];
        assert!(text.contains(&format!("{name}(")), "{name}: no prototype");
        if page == name {
            let words = |text: &str| {
                let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
                words.map(str::to_lowercase).collect::<BTreeSet<_>>()
            };
            let marks = ["\\fB", "\\fI", "\\fP", "\\&"];
            let manual = marks
                .iter()
                .fold(manual.clone(), |text, mark| text.replace(mark, ""));
            let letters = ["\\(ga", "\\(aq", "\\(dq", "\\(ha", "\\(ti", "\\e"];
            let manual = letters
                .iter()
                .fold(manual, |text, mark| text.replace(mark, " "));
            let manual = manual.replace("\\-", "-");
            let lines = manual.lines().filter(|line| !line.starts_with('.'));
            // The numbers of sections are not on the site.
            let manual = lines
                .collect::<Vec<_>>()
                .join(" ")
                .replace("(3)", "")
                .replace("(1)", "");
            let manual = words(&manual);
            let missing: Vec<_> = manual.difference(&words(text)).cloned().collect();
            assert!(missing.is_empty(), "{name}: {missing:?}");
            seen += 1;
        }
    }
    assert!(seen > 200, "{seen}");
}

#[test]
fn no_page_has_roff_left_in_it() {
    for (page, text) in files()
        .iter()
        .filter(|(page, _)| page.starts_with("reference/"))
    {
        for mark in ["\\f", "\\(", "\n.", "\\-", "\\*"] {
            assert!(!text.contains(mark), "{page}: {mark}");
        }
    }
}
