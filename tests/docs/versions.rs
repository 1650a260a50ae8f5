//! The version stands in Cargo.toml, and whatever has to repeat it says the same.

use crate::{nothing_in, read};

/// Files that repeat the version: what stands before it there.
const REPEATED: &[(&str, &str)] = &[
    ("CHANGELOG.md", "\n## ["),
    ("README.md", "\nIt is version "),
    ("README.md", "\nEvery package is version "),
    ("kpc/Cargo.toml", "\nversion = \""),
    ("man/Cargo.toml", "\nversion = \""),
    ("sim/Cargo.toml", "\nversion = \""),
    ("bindings/generator/Cargo.toml", "\nversion = \""),
    ("bindings/python/pyproject.toml", "\nversion = \""),
    ("bindings/javascript/package.json", "\n  \"version\": \""),
    ("bindings/kotlin/pom.xml", "\n  <version>"),
    ("bindings/csharp/Kpclient.csproj", "\n    <Version>"),
    ("packaging/debian/changelog", "libkpclient ("),
    ("include/kpclient.h", "\n#define KPC_VERSION \""),
];

#[test]
fn the_version_is_that_of_cargo_toml_wherever_it_stands() {
    let version = env!("CARGO_PKG_VERSION");
    let mut wrong = Vec::new();
    for (file, before) in REPEATED {
        let text = read(file);
        let found = text.split_once(before).map(|(_, rest)| rest);
        let behind = found.and_then(|rest| rest.strip_prefix(version));
        if behind.is_none_or(|rest| rest.starts_with(|c: char| c == '.' || c.is_ascii_digit())) {
            let said = found.map_or("nothing", |rest| rest.lines().next().unwrap_or_default());
            wrong.push(format!("{file}: {said}, not {version}"));
        }
    }
    nothing_in("versions", &wrong);
}
