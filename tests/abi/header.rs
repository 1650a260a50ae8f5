//! The committed header: clean for every C and C++ that we promise, and documented throughout.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::header_text::{status_groups, Function};

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("include/kpclient.h")
}

fn text() -> String {
    std::fs::read_to_string(path()).unwrap()
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
    let include = format!("#include \"{0}\"\n#include \"{0}\"\n", path().display());
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

#[test]
fn every_function_tells_parameters_result_threads_and_ownership() {
    let functions = crate::header_text::functions(&text());
    assert!(functions.len() > 300);
    for function in &functions {
        let Function { name, comment, .. } = function;
        assert!(!comment.paragraphs.is_empty(), "{name} has no comment");
        let threads = comment.threads.as_deref().unwrap_or_default();
        assert!(threads.starts_with("any"), "{name}: {threads}");
        let returns = comment.returns.as_deref();
        assert_eq!(
            returns.is_some(),
            function.result != "void",
            "{name}: @return"
        );
        for parameter in &function.parameters {
            assert!(
                !parameter.told.is_empty(),
                "{name}: @param {}",
                parameter.name
            );
        }
        assert_eq!(
            comment.parameters.len(),
            function.parameters.len(),
            "{name}"
        );
        let is_object = |kind: &str| kind.contains("**") && kind != "kpc_error **";
        let hands_out = function.result.ends_with('*')
            || function.parameters.iter().any(|p| is_object(&p.kind));
        assert!(
            !hands_out || comment.ownership.is_some(),
            "{name}: Ownership"
        );
        let status = function.result == "kpc_status" && !name.starts_with("kpc_error_");
        let names_errors = returns.is_some_and(|returns| {
            returns.contains("KPC_OK")
                || returns.contains("KPC_ERR_")
                || returns.starts_with("as kpc_")
        });
        assert!(!status || names_errors, "{name}: errors by name");
    }
}

/// The names of statuses in a text.
fn statuses(text: &str) -> BTreeSet<&str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .filter(|word| word.starts_with("KPC_ERR_") && !word.ends_with('_'))
        .collect()
}

#[test]
fn every_status_and_every_group_that_is_named_exists() {
    let text = text();
    let mut known: Vec<&str> = kpclient::Status::all()
        .map(|status| status.name())
        .collect();
    known.push("KPC_ERR_UNKNOWN"); // the name of a number that is no status
    let unknown: Vec<_> = statuses(&text)
        .into_iter()
        .filter(|name| !known.contains(name))
        .collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    let mut used = BTreeSet::new();
    for Function {
        name,
        comment,
        returns,
        ..
    } in crate::header_text::functions(&text)
    {
        assert_eq!(status_groups::unknown(&returns), None, "{name}");
        let listed = comment.returns.unwrap_or_default();
        let listed = status_groups::items(&listed);
        assert!(
            !listed.iter().any(|item| item.starts_with("any ")),
            "{name}: {listed:?}"
        );
        let failures: Vec<_> = listed
            .iter()
            .filter_map(|item| statuses(item).pop_first())
            .collect();
        let once: BTreeSet<_> = failures.iter().collect();
        let exist = failures.iter().all(|failure| known.contains(failure));
        assert!(exist, "{name}: {failures:?}");
        assert_eq!(once.len(), failures.len(), "{name}: {listed:?}");
        used.extend(
            returns
                .match_indices("any ")
                .map(|(at, _)| returns[at + 4..].to_owned()),
        );
    }
    for (group, members) in status_groups::GROUPS {
        assert!(text.contains(&format!("\"any {group}\" is ")), "{group}");
        let in_a_group = status_groups::GROUPS
            .iter()
            .any(|(_, others)| others.contains(&format!("any {group}").as_str()));
        let is_used = in_a_group || used.iter().any(|text| text.starts_with(group));
        assert!(is_used && members.len() > 1, "{group}");
    }
}

#[test]
fn what_is_said_of_a_call_holds_for_its_three_forms() {
    let functions = crate::header_text::functions(&text());
    let of = |name: &str| functions.iter().find(|f| f.name == name).unwrap();
    let call = of("kpc_read_box");
    let (start, take) = (of("kpc_read_box_async"), of("kpc_read_box_result"));
    let told =
        |function: &Function, name: &str| function.comment.parameter(name).map(str::to_owned);
    assert_eq!(told(start, "read_cap"), told(call, "read_cap"));
    assert_eq!(told(take, "plaintext"), told(call, "plaintext"));
    assert!(told(call, "next").unwrap().contains("keeps its value"));
    assert!(told(take, "next")
        .unwrap()
        .ends_with("zero on failure, so not the variable that holds index"));
    assert!(told(start, "done")
        .unwrap()
        .contains("NULL keeps it for kpc_op_wait"));
    assert_eq!(
        told(start, "timeout_ms").unwrap(),
        "after how long the operation ends with KPC_ERR_TIMEOUT"
    );
    assert_eq!(take.comment.ownership, call.comment.ownership);
    assert_eq!(start.comment.ownership, None);

    let returns = |function: &Function| {
        let returns = function.comment.returns.clone().unwrap();
        statuses(&returns)
            .into_iter()
            .map(str::to_owned)
            .collect::<BTreeSet<_>>()
    };
    let (waiting, starting) = (returns(call), returns(start));
    let only =
        |a: &BTreeSet<String>, b: &BTreeSet<String>| a.difference(b).cloned().collect::<Vec<_>>();
    assert_eq!(
        only(&waiting, &starting),
        ["KPC_ERR_TIMEOUT", "KPC_ERR_WOULD_DEADLOCK"]
    );
    assert_eq!(only(&starting, &waiting), ["KPC_ERR_NO_MEMORY"]);
    assert!(waiting.contains("KPC_ERR_STORAGE_FULL") && waiting.contains("KPC_ERR_FORKED"));

    let threads = |function: &Function| function.comment.threads.clone().unwrap();
    assert!(threads(call).starts_with("any; waits, "));
    assert_eq!(threads(start), "any, callbacks included.");
    assert_eq!(threads(take), "any.");

    // What one of the forms says of its own is added.
    let close = of("kpc_client_close_async");
    assert!(returns(close).contains("KPC_ERR_CLOSED"));
    assert!(told(close, "timeout_ms")
        .unwrap()
        .ends_with("closing goes on"));
    assert!(threads(close).contains("finalizers"));
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
        #[cfg(feature = "store")]
        ("KPC_MAX_MESSAGE_SIZE", kpclient::store::MAX_MESSAGE),
        #[cfg(feature = "store")]
        (
            "KPC_MAX_BACKING_VALUE_SIZE",
            kpclient::store::MAX_MESSAGE + 4096,
        ),
        #[cfg(feature = "store")]
        ("KPC_MESSAGE_KIND", kpclient::store::KIND_MESSAGE.into()),
        #[cfg(feature = "store")]
        (
            "KPC_FIRST_MESSAGE_KIND_OF_PROGRAMS",
            kpclient::store::FIRST_KIND_OF_APPLICATIONS.into(),
        ),
    ] {
        assert!(
            text.contains(&format!("#define {name} {value}\n")),
            "{name}"
        );
    }
}
