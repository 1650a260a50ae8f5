//! Makes the manual pages of libkpclient from include/kpclient.h, whose comments say everything:
//! one page for each call and each function, one for each section of the header, the overview
//! kpclient(3), kpclientd-sim(1) from the simulator's `--help`, and kpc(1) and those of its subcommands
//! from its command line.
//!
//! Makes abi/api.json of the same, the interface as data (`api`).
//!
//! The pages are committed in man/man3 and man/man1, so that nobody needs Rust to install them;
//! `make man` writes them, and a test holds them against what the header gives.

pub mod api;
#[path = "../../abi/comment.rs"]
mod comment;
mod function;
mod header;
pub mod interface;
mod outcomes;
mod page;
mod roff;
mod section;
pub mod site;
#[path = "../../abi/status_groups.rs"]
#[allow(dead_code, reason = "made for the build of the header, too")]
mod status_groups;
mod summary;
mod synopsis;
mod templates;
#[path = "../../abi/three_forms.rs"]
mod three_forms;
mod versions;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use kpclientd_sim::daemon::arguments::{parse, Asked};

use crate::api::Api;
use crate::function::Group;
use crate::header::{Constant, Header};
use crate::page::Edition;

/// What pages need to know of each other.
struct Manual<'a> {
    edition: Edition,
    functions: BTreeSet<String>,
    /// Of functions that have no page of their own, the page that tells of them.
    shared: BTreeMap<&'a str, &'a str>,
    types: BTreeMap<&'a str, &'a str>,
    statuses: BTreeMap<&'a str, &'a Constant>,
    /// The first version with each function.
    since: BTreeMap<&'a str, &'a str>,
}

impl Manual<'_> {
    fn page_of<'b>(&'b self, function: &'b str) -> &'b str {
        self.shared.get(function).copied().unwrap_or(function)
    }
}

/// All pages of the tree at `root`: their paths below man/, and their texts.
///
/// # Errors
/// A text that says what cannot be read, or is not as the build makes it.
pub fn pages(root: &Path) -> Result<BTreeMap<String, String>, String> {
    let read = |path: &str| fs::read_to_string(root.join(path)).map_err(|e| format!("{path}: {e}"));
    let header = Header::parse(&read("include/kpclient.h")?)?;
    let symbols = read("abi/symbols.txt")?;
    let groups: Vec<Group<'_>> = header.sections.iter().flat_map(Group::of).collect();
    let manual = Manual {
        edition: edition(&read("CHANGELOG.md")?),
        functions: header.functions().map(|(_, f)| f.name.clone()).collect(),
        shared: shared(&groups),
        types: header.types(),
        statuses: header.statuses(),
        since: symbols.lines().filter_map(|l| l.split_once(' ')).collect(),
    };

    let mut pages = BTreeMap::new();
    for group in &groups {
        put(&mut pages, group.name(), function::page(group, &manual))?;
    }
    for (name, page) in &manual.shared {
        put(&mut pages, name, format!(".so man3/{page}.3\n"))?;
    }
    for section in &header.sections {
        put(&mut pages, &section.page, section::page(section, &manual))?;
    }
    for (name, page) in &manual.types {
        put(&mut pages, name, format!(".so man3/{page}.3\n"))?;
    }
    let overview = templates::overview(
        &read("man/kpclient.3.in")?,
        &read("README.md")?,
        &header,
        &manual,
    )?;
    put(&mut pages, "kpclient", overview)?;
    let simulator = templates::simulator(&read("man/kpclientd-sim.1.in")?, &help()?, &manual)?;
    pages.insert("man1/kpclientd-sim.1".to_owned(), simulator);
    for (name, text) in
        kpc::cli::manual_pages(&manual.edition.version).map_err(|e| e.to_string())?
    {
        pages.insert(format!("man1/{name}"), text);
    }
    Ok(pages)
}

/// The interface of the tree at `root` as data.
///
/// # Errors
/// A text that says what cannot be read, or has no meaning yet.
pub fn api(root: &Path) -> Result<Api, String> {
    let read = |path: &str| fs::read_to_string(root.join(path)).map_err(|e| format!("{path}: {e}"));
    let header = Header::parse(&read("include/kpclient.h")?)?;
    Api::of(
        &header,
        &read("abi/symbols.txt")?,
        &read("src/status_table.rs")?,
    )
}

/// The list of the binary interface of the tree at `root`, as abi/interface.txt should be.
///
/// # Errors
/// A text that says what cannot be read.
pub fn interface_list(root: &Path) -> Result<String, String> {
    let read = |path: &str| fs::read_to_string(root.join(path)).map_err(|e| format!("{path}: {e}"));
    let (makefile, map) = (read("Makefile")?, read("abi/kpclient.map")?);
    let number = makefile.lines().find_map(|l| l.strip_prefix("ABI := "));
    let version = map.split_whitespace().next();
    let soname = format!(
        "libkpclient.so.{}",
        number.ok_or("Makefile: no ABI")?.trim()
    );
    let naming = interface::Naming {
        soname: &soname,
        version: version.ok_or("abi/kpclient.map: no version")?,
    };
    Ok(interface::list(&api(root)?, naming))
}

/// docs/symbols-in-versions of the tree at `root`, as it should be.
///
/// # Errors
/// A text that says what cannot be read, or which name lacks a version.
pub fn symbols_in_versions(root: &Path) -> Result<String, String> {
    let read = |path: &str| fs::read_to_string(root.join(path)).map_err(|e| format!("{path}: {e}"));
    let text = read("include/kpclient.h")?;
    versions::list(
        &fs::read_to_string(root.join("docs/symbols-in-versions")).unwrap_or_default(),
        &Header::parse(&text)?,
        &text,
        &read("abi/symbols.txt")?,
    )
}

fn put(pages: &mut BTreeMap<String, String>, name: &str, text: String) -> Result<(), String> {
    match pages.insert(format!("man3/{name}.3"), text) {
        None => Ok(()),
        Some(_) => Err(format!("two pages are called {name}")),
    }
}

/// Functions that stand on the page of another one.
fn shared<'a>(groups: &[Group<'a>]) -> BTreeMap<&'a str, &'a str> {
    groups
        .iter()
        .flat_map(|group| {
            group
                .names()
                .into_iter()
                .skip(1)
                .map(|name| (name, group.name()))
        })
        .collect()
}

/// The newest version of the changes, and its day.
fn edition(changes: &str) -> Edition {
    let heading = changes.lines().find_map(|line| line.strip_prefix("## ["));
    let (version, date) = heading
        .and_then(|h| h.split_once("] - "))
        .unwrap_or_default();
    let is_day = date.starts_with(|c: char| c.is_ascii_digit());
    Edition {
        version: version.to_owned(),
        date: if is_day { date } else { "" }.to_owned(),
    }
}

/// What the simulator says of itself.
fn help() -> Result<String, String> {
    match parse(["--help".to_owned()])? {
        Asked::Print(text) => Ok(text),
        Asked::Run(_) => Err("the simulator has no --help".to_owned()),
    }
}
