//! docs/limits.md and SECURITY.md name constants and tests that exist, where they say.

use std::fs;
use std::path::Path;

/// All text below a path of the tree.
fn text_below(path: &Path) -> String {
    if path.is_dir() {
        let entries = fs::read_dir(path)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        return entries.map(|path| text_below(&path)).collect();
    }
    fs::read_to_string(path).unwrap_or_default()
}

/// What stands between backquotes and is a name of the sources; `…_in_bytes` is the end of one.
fn names(row: &str) -> impl Iterator<Item = &str> {
    let quoted = row.split('`').skip(1).step_by(2);
    let is_name = |name: &&str| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    quoted
        .map(|name| name.trim_start_matches('…'))
        .filter(|name| !name.starts_with("KPC_") && !name.starts_with("kpc_"))
        .filter(is_name)
}

fn paths(row: &str) -> Vec<&str> {
    let words = row.split([' ', '|', ',', ';', '(', ')']);
    let words = words.map(|word| word.trim_matches(['.', ':', '`']));
    words
        .filter(|word| word.starts_with("src/") || word.starts_with("tests/"))
        .collect()
}

#[test]
fn each_bound_and_each_promise_names_what_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut seen = 0;
    for page in ["docs/limits.md", "SECURITY.md"] {
        for row in crate::read(page)
            .lines()
            .filter(|line| line.starts_with("| "))
        {
            let paths = paths(row);
            for path in &paths {
                assert!(root.join(path).exists(), "{page}: {path}");
            }
            let sources: String = paths
                .iter()
                .map(|path| text_below(&root.join(path)))
                .collect();
            for name in names(row).filter(|_| !paths.is_empty()) {
                assert!(sources.contains(name), "{page}: {name} is not in {paths:?}");
                seen += 1;
            }
        }
    }
    assert!(seen > 30, "{seen}");
}
