//! The committed header: clean for every C and C++ that we promise, and documented throughout.

#![allow(
    clippy::print_stdout, // what a compiler does not know is said
    clippy::unwrap_used, reason = "these are tests")]

use std::path::{Path, PathBuf};
use std::process::Command;

fn header() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("include/kpclient.h")
}

fn text() -> String {
    std::fs::read_to_string(header()).unwrap()
}

/// Compiles a text; what the compiler says, and whether it takes it. None: there is none.
fn compile(compiler: &str, standard: &str, language: &str, text: &str) -> Option<(bool, String)> {
    let name = format!("kpc-header-{}-{compiler}-{standard}", std::process::id());
    let source = std::env::temp_dir().join(name);
    std::fs::write(&source, text).unwrap();
    let output = Command::new(compiler)
        .args(["-Wall", "-Wextra", "-Werror", "-pedantic", "-fsyntax-only"])
        .args(["-Wconversion", "-Wshadow", "-Wundef", "-Wcast-qual"])
        .args([&format!("-std={standard}"), "-x", language])
        .arg(&source)
        .output();
    std::fs::remove_file(&source).unwrap();
    let output = output.ok()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Some((output.status.success(), said))
}

/// The header alone, twice over, in each standard that a compiler knows; nothing may be said.
fn clean(compilers: &[&str], standards: &[&str], language: &str) -> usize {
    let include = format!("#include \"{0}\"\n#include \"{0}\"\n", header().display());
    let mut tried = 0;
    for compiler in compilers {
        for standard in standards {
            let known = compile(compiler, standard, language, "extern int nothing;\n");
            if !known.is_some_and(|(knows, _)| knows) {
                println!("skipped: there is no {compiler} that knows {standard}");
                continue;
            }
            let outcome = compile(compiler, standard, language, &include);
            assert_eq!(
                outcome,
                Some((true, String::new())),
                "{compiler} {standard}"
            );
            tried += 1;
        }
    }
    tried
}

#[test]
fn it_is_clean_c() {
    let standards = ["c99", "c11", "c17", "c2x", "c23"];
    assert!(clean(&["cc", "gcc", "clang"], &standards, "c") >= 3);
}

#[test]
fn it_is_clean_cxx() {
    let standards = ["c++11", "c++14", "c++17", "c++20", "c++2b", "c++23"];
    clean(&["c++", "g++", "clang++"], &standards, "c++");
}

#[test]
fn its_version_is_that_of_the_library() {
    let version = concat!("#define KPC_VERSION \"", env!("CARGO_PKG_VERSION"), "\"");
    assert!(text().contains(version));
}

#[test]
fn its_numbers_are_one_operand() {
    let text = text();
    let number = kpclient_version_number();
    assert!(text.contains(&format!("#define KPC_VERSION_NUMBER {number}\n")));
    assert!(text.contains("#define KPC_FOREVER (-1)\n"));
    let bare = text
        .lines()
        .find(|line| line.starts_with("#define KPC_") && line.contains(" -"));
    assert_eq!(bare, None);
}

/// major * 65536 + minor * 256 + patch.
fn kpclient_version_number() -> u32 {
    env!("CARGO_PKG_VERSION")
        .split('.')
        .fold(0, |number, part| {
            number * 256 + part.parse::<u32>().unwrap()
        })
}

#[test]
fn it_is_narrow_plain_text() {
    for (number, line) in text().lines().enumerate() {
        assert!(line.is_ascii(), "line {}: {line}", number + 1);
        assert!(line.len() <= 100, "line {}: {line}", number + 1);
    }
}

/// A function with the comment before it.
struct Function {
    name: String,
    result: String,
    parameters: Vec<String>,
    comment: String,
}

fn functions() -> Vec<Function> {
    let text = text();
    let blocks = text.split("\nKPC_API").collect::<Vec<_>>();
    let comments = blocks.iter().map(|block| {
        let start = block.rfind("/**").unwrap_or(0);
        block[start..].to_owned()
    });
    let prototypes = blocks.iter().skip(1).map(|block| {
        let end = block.find(';').unwrap();
        block[..end]
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
    });
    comments
        .zip(prototypes)
        .map(|(comment, prototype)| {
            let prototype = prototype.replace("KPC_MUST_USE ", "");
            let (head, tail) = prototype.split_once('(').unwrap();
            let at = head.rfind([' ', '*']).unwrap() + 1;
            let parameters = tail.trim_end_matches(')').split(", ");
            Function {
                name: head[at..].to_owned(),
                result: head[..at].trim().to_owned(),
                parameters: parameters
                    .filter(|parameter| *parameter != "void")
                    .map(str::to_owned)
                    .collect(),
                comment,
            }
        })
        .collect()
}

#[test]
fn every_function_tells_parameters_result_threads_and_ownership() {
    let functions = functions();
    assert!(functions.len() > 50);
    for function in &functions {
        let Function { name, comment, .. } = function;
        assert!(comment.starts_with("/**"), "{name} has no comment");
        assert!(comment.contains("\n * Threads: "), "{name}: Threads");
        let returns = comment.contains("\n * @return ");
        assert_eq!(returns, function.result != "void", "{name}: @return");
        for parameter in &function.parameters {
            let at = parameter.rfind([' ', '*']).unwrap() + 1;
            let documented = format!("\n * @param {} ", &parameter[at..]);
            assert!(
                comment.contains(&documented),
                "{name}: @param {}",
                &parameter[at..]
            );
        }
        let hands_out = function.result.ends_with('*')
            || function
                .parameters
                .iter()
                .any(|p| p.contains("**") && !p.contains("kpc_error **"));
        assert!(
            !hands_out || comment.contains("\n * Ownership: "),
            "{name}: Ownership"
        );
        let status = function.result == "kpc_status" && !name.starts_with("kpc_error_");
        let names_errors = comment.contains("KPC_OK")
            || comment.contains("KPC_ERR_")
            || comment.contains("@return as kpc_");
        assert!(!status || names_errors, "{name}: errors by name");
    }
}

#[test]
fn every_status_is_a_constant() {
    let text = text();
    for status in kpclient::Status::all() {
        let code = match status.code() {
            0 => "0".to_owned(),
            code => format!("({code})"),
        };
        let line = format!("#define {} {code}\n", status.name());
        assert!(text.contains(&line), "{line}");
        assert!(status.text().ends_with('.') && status.text().is_ascii());
    }
}

#[test]
fn constants_that_stand_twice_in_the_sources_are_the_same() {
    let text = text();
    for (name, value) in [
        ("KPC_WRITE_CAP_SIZE", kpclient::bacap::WRITE_CAP_SIZE),
        ("KPC_READ_CAP_SIZE", kpclient::bacap::READ_CAP_SIZE),
        ("KPC_BOX_INDEX_SIZE", kpclient::bacap::BOX_INDEX_SIZE),
        ("KPC_SEED_SIZE", kpclient::bacap::SEED_SIZE),
        ("KPC_MAX_FRAME_SIZE", kpclient::wire::MAX_FRAME),
    ] {
        assert!(
            text.contains(&format!("#define {name} {value}\n")),
            "{name}"
        );
    }
}
