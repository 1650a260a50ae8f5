//! docs/symbols-in-versions: since which version each name of the header is there, for programs that are
//! to build with several versions.
//!
//! The list is its own memory, as the header does not say when a constant or a type came: names are
//! added with the version of the header, and what an older version had is never forgotten.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::header::Header;

/// What stands before the names.
const HEAD: &str = "\
Every function, type and constant of kpclient.h: the version that introduced it, the version that
deprecated it, and the last version that has it. A name without the last two is there and is there to
stay. `make man` adds new names; the other columns are written by hand.

Name                                               Introduced  Deprecated  Last
";

/// A name's versions: introduced, deprecated, last.
type Versions = [String; 3];

/// The list as it should be, made of the one that there is.
///
/// # Errors
/// A name of an earlier version that is in the header no more, and has no last version.
pub fn list(older: &str, header: &Header, text: &str, symbols: &str) -> Result<String, String> {
    let version = &header.version.0;
    let mut known = parse(older);
    let since: BTreeMap<&str, &str> = symbols
        .lines()
        .filter_map(|line| line.split_once(' '))
        .map(|(name, rest)| (name, rest.split(' ').next().unwrap_or(rest)))
        .collect();
    let mut versions = BTreeMap::new();
    for name in names(header, text) {
        let mut row = known.remove(&name).unwrap_or_else(|| introduced(version));
        if let (Some(first), Some(column)) = (since.get(name.as_str()), row.first_mut()) {
            *column = (*first).to_owned();
        }
        versions.insert(name, row);
    }
    for (name, row) in known {
        match row {
            // It was in no version that was released.
            [introduced, ..] if introduced == *version => {}
            [_, _, ref last] if last.is_empty() => {
                return Err(format!(
                    "docs/symbols-in-versions: {name} is in the header no more: give its last version"
                ));
            }
            _ => {
                versions.insert(name, row);
            }
        }
    }
    Ok(written(&versions))
}

fn introduced(version: &str) -> Versions {
    [version.to_owned(), String::new(), String::new()]
}

/// Every name that programs may use, sorted or not.
fn names(header: &Header, text: &str) -> Vec<String> {
    let functions = header.functions().map(|(_, f)| f.name.clone());
    let types = header.types().into_keys().map(str::to_owned);
    let defined = text
        .lines()
        .filter_map(|line| line.strip_prefix("#define KPC_"))
        .filter_map(|rest| rest.split([' ', '(']).next())
        .map(|name| format!("KPC_{name}"));
    functions.chain(types).chain(defined).collect()
}

/// A column that is not known yet is a dash where a later one is known.
fn parse(list: &str) -> BTreeMap<String, Versions> {
    let rows = list
        .lines()
        .filter(|line| line.starts_with("kpc_") || line.starts_with("KPC_"));
    rows.filter_map(|row| {
        let mut columns = row.split_whitespace();
        let name = columns.next()?.to_owned();
        let mut next = || match columns.next() {
            None | Some("-") => String::new(),
            Some(version) => version.to_owned(),
        };
        Some((name, [next(), next(), next()]))
    })
    .collect()
}

fn written(versions: &BTreeMap<String, Versions>) -> String {
    let mut text = HEAD.to_owned();
    for (name, [introduced, deprecated, last]) in versions {
        let deprecated = match (deprecated.as_str(), last.as_str()) {
            ("", "") => "",
            ("", _) => "-",
            (version, _) => version,
        };
        let row = format!("{name:<50} {introduced:<11} {deprecated:<11} {last}");
        let _ = writeln!(text, "{}", row.trim_end());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(version: &str) -> Header {
        Header {
            version: (version.to_owned(), 0),
            contract: Vec::new(),
            sections: Vec::new(),
        }
    }

    const NAMES: &str = "#define KPC_NEW 1\n#define KPC_OLD(x) x\n#define OTHER\n";

    #[test]
    fn new_names_come_with_this_version_and_old_ones_keep_theirs() {
        let older = "KPC_OLD 0.1.0 0.2.0\n";
        let list = list(older, &header("0.3.0"), NAMES, "").unwrap();
        let rows: Vec<_> = list.lines().skip(5).map(squeezed).collect();
        assert_eq!(rows, ["KPC_NEW 0.3.0", "KPC_OLD 0.1.0 0.2.0"]);
    }

    #[test]
    fn a_function_is_as_old_as_its_symbol() {
        let symbols = "KPC_NEW 0.2.0 store\n";
        let list = list("", &header("0.3.0"), NAMES, symbols).unwrap();
        assert!(list.lines().map(squeezed).any(|row| row == "KPC_NEW 0.2.0"));
    }

    #[test]
    fn what_was_released_and_is_gone_needs_its_last_version() {
        let gone = "kpc_gone 0.1.0\n";
        let error = list(gone, &header("0.2.0"), NAMES, "").unwrap_err();
        assert!(error.contains("kpc_gone"), "{error}");
        let list_of = |older| list(older, &header("0.2.0"), NAMES, "").unwrap();
        let kept = list_of("kpc_gone 0.1.0 - 0.1.3\n");
        assert!(kept
            .lines()
            .map(squeezed)
            .any(|row| row == "kpc_gone 0.1.0 - 0.1.3"));
        assert_eq!(list_of(&kept), kept);
        // It came and went before a release.
        assert!(!list_of("kpc_gone 0.2.0\n").contains("kpc_gone"));
    }

    fn squeezed(row: &str) -> String {
        row.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}
