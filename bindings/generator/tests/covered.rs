//! Each package uses every function of abi/api.json, or its README (or its COVERAGE.md) names it as one that
//! something else replaces. The declarations of all functions that a package may have do not count.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test without its files cannot go on"
)]

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

struct Package {
    /// The folder below bindings/.
    language: &'static str,
    /// Folders or files of the root in which functions are used,
    sources: &'static [&'static str],
    /// but for files with this name, which only declare them.
    declarations: &'static str,
}

const PACKAGES: [Package; 7] = [
    package("cpp", &["include/kpclient.hpp"], ""),
    package("csharp", &["bindings/csharp/src"], "Raw.cs"),
    package("go", &["bindings/go"], ""),
    package(
        "javascript",
        &["bindings/javascript/src", "bindings/javascript/lib"],
        "",
    ),
    package("kotlin", &["bindings/kotlin/src/main"], "Raw.kt"),
    package("python", &["bindings/python/src/kpclient"], "_ffi.py"),
    package("swift", &["bindings/swift/Sources/Kpclient"], ""),
];

const fn package(
    language: &'static str,
    sources: &'static [&'static str],
    declarations: &'static str,
) -> Package {
    Package {
        language,
        sources,
        declarations,
    }
}

/// What sources of these languages are called.
const SUFFIXES: [&str; 9] = ["hpp", "cs", "go", "c", "h", "js", "kt", "py", "swift"];

#[test]
fn every_function_is_used_or_named_as_replaced() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let header = fs::read_to_string(root.join("include/kpclient.h")).unwrap();
    let api = kpclient_man::api(&root).unwrap();
    let api: Vec<String> = api.functions.into_iter().map(|f| f.name).collect();
    assert!(api.len() > 400);
    for package in PACKAGES {
        let used = used_by(&root, &package);
        let folder = root.join("bindings").join(package.language);
        let replaced = replaced_in(&folder);
        let missing: Vec<&String> = api
            .iter()
            .filter(|name| !used.contains(*name) && !used.contains(&format!("{name}_async")))
            .filter(|name| !replaced.iter().any(|pattern| matches(pattern, name)))
            .collect();
        let language = package.language;
        assert!(
            missing.is_empty(),
            "bindings/{language} does not use {missing:?}, nor does its README say why"
        );
        // What is said to be replaced is a name of the header, so that no old one stays.
        for pattern in replaced {
            assert!(
                api.iter().any(|name| matches(&pattern, name)) || header.contains(&pattern),
                "bindings/{language}: there is no {pattern}"
            );
        }
    }
}

/// The functions that a package calls: names in lines that are no comments.
fn used_by(root: &Path, package: &Package) -> HashSet<String> {
    let mut files = Vec::new();
    for source in package.sources {
        collect(&root.join(source), &mut files);
    }
    let mut used = HashSet::new();
    for file in files {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        if name == package.declarations || name.contains("_test.") {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        let code = text.lines().filter(|line| !is_comment(line));
        used.extend(code.flat_map(names).map(str::to_owned));
    }
    used
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) {
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            collect(&entry.unwrap().path(), files);
        }
    } else if path
        .extension()
        .is_some_and(|suffix| SUFFIXES.iter().any(|known| suffix == *known))
    {
        files.push(path.to_owned());
    }
}

fn is_comment(line: &str) -> bool {
    let line = line.trim_start();
    ["//", "*", "/*", "#"]
        .iter()
        .any(|sign| line.starts_with(sign))
}

/// The words of a line that begin with kpc_; one may end with the star of a pattern.
fn names(line: &str) -> impl Iterator<Item = &str> {
    let is_other = |c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '*');
    line.split(is_other).filter(|word| word.starts_with("kpc_"))
}

/// What the pages of a package name, in which `kpc_x_*` stands for all that begin so.
fn replaced_in(folder: &Path) -> HashSet<String> {
    let mut named = HashSet::new();
    let readme = fs::read_to_string(folder.join("README.md")).unwrap();
    let section = ["\n## What is covered", "\n[COVERAGE.md]"];
    let start = section.iter().find_map(|title| readme.find(title)).unwrap();
    named.extend(names(&readme[start..]).map(str::to_owned));
    if let Ok(coverage) = fs::read_to_string(folder.join("COVERAGE.md")) {
        named.extend(names(&coverage).map(str::to_owned));
    }
    named
}

fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((start, end)) => {
            name.len() >= start.len() + end.len() && name.starts_with(start) && name.ends_with(end)
        }
    }
}
