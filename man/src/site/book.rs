//! Which pages the site has, in which order, and the text of each.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::document::Document;
use super::inline::{escaped, Targets};
use super::page;
use crate::function::Group;
use crate::header::Header;

/// The parts of the site that come from documents, before the reference and behind it.
const BEFORE: &[(&str, &[&str])] = &[
    (
        "Guide",
        &[
            "docs/guide/install.md",
            "docs/guide/first-program.md",
            "docs/guide/messages.md",
            "docs/guide/boxes.md",
            "docs/guide/channels.md",
            "docs/guide/events.md",
            "docs/guide/restarts.md",
            "docs/guide/errors.md",
            "docs/guide/threads.md",
        ],
    ),
    (
        "What is promised",
        &[
            "docs/channels.md",
            "docs/files.md",
            "docs/reliability.md",
            "docs/performance.md",
            "docs/limits.md",
            "SECURITY.md",
            "ABI.md",
        ],
    ),
    (
        "Other languages",
        &[
            "docs/languages.md",
            "docs/from-other-clients.md",
            "bindings/README.md",
            "bindings/cpp/README.md",
            "bindings/python/README.md",
            "bindings/javascript/README.md",
            "bindings/go/README.md",
            "bindings/kotlin/README.md",
            "bindings/csharp/README.md",
            "bindings/swift/README.md",
            "bindings/rust/README.md",
        ],
    ),
];
const BEHIND: &[(&str, &[&str])] = &[(
    "The project",
    &[
        "docs/architecture.md",
        "docs/channel-format.md",
        "abi/README.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
    ],
)];

/// The files of the book: their paths below its sources, and their texts.
///
/// # Errors
/// A text that says what cannot be read, or what a manual page has that the site does not know.
pub fn files(root: &Path) -> Result<BTreeMap<String, String>, String> {
    let read = |path: &str| fs::read_to_string(root.join(path)).map_err(|e| format!("{path}: {e}"));
    let header = Header::parse(&read("include/kpclient.h")?)?;
    let manual = crate::pages(root)?;
    let mut book = Book {
        places: places(&header, &manual),
        documents: BTreeMap::new(),
        files: BTreeMap::new(),
        summary: "[libkpclient](index.md)\n".to_owned(),
    };
    let examples = examples(root)?;
    let named = BEFORE.iter().chain(BEHIND).flat_map(|(_, paths)| *paths);
    for path in named.chain(&["README.md", "sim/README.md", "examples-c/README.md"]) {
        book.documents
            .insert((*path).to_owned(), document_path(path));
    }
    for name in &examples {
        book.documents.insert(
            format!("examples-c/{name}.c"),
            format!("examples-c/{name}.md"),
        );
    }

    book.document("README.md", &read("README.md")?);
    for (part, paths) in BEFORE {
        book.part(part);
        for path in *paths {
            let title = book.document(path, &read(path)?);
            book.entry(0, &title, &document_path(path));
        }
    }
    book.examples(&examples, &read)?;
    book.programs(&manual, &read("sim/README.md")?)?;
    book.reference(&header, &manual)?;
    for (part, paths) in BEHIND {
        book.part(part);
        for path in *paths {
            let title = book.document(path, &read(path)?);
            book.entry(0, &title, &document_path(path));
        }
    }
    for path in book.pictures() {
        book.files.insert(path.clone(), read(&path)?);
    }
    book.files.insert("SUMMARY.md".to_owned(), book.summary);
    Ok(book.files)
}

struct Book {
    /// Where the names of the interface and the programs are explained, as seen from the reference.
    places: BTreeMap<String, String>,
    /// Files of the tree that are pages, with their pages.
    documents: BTreeMap<String, String>,
    files: BTreeMap<String, String>,
    summary: String,
}

impl Book {
    fn part(&mut self, title: &str) {
        let _ = writeln!(self.summary, "\n# {title}\n");
    }

    fn entry(&mut self, depth: usize, title: &str, path: &str) {
        let _ = writeln!(self.summary, "{}- [{title}]({path})", "  ".repeat(depth));
    }

    /// Takes a document of the tree as a page, and returns its title.
    fn document(&mut self, path: &str, text: &str) -> String {
        let document = Document {
            path,
            pages: &self.documents,
            places: &self.places,
        };
        self.files.insert(document_path(path), document.page(text));
        let title = text.lines().find_map(|line| line.strip_prefix("# "));
        title.unwrap_or(path).replace('`', "")
    }

    fn manual_page(&mut self, name: &str, source: &str) -> Result<(), String> {
        let targets = Targets {
            own: &format!("{name}.html"),
            places: &self.places,
        };
        let text = page::markdown(source, &targets).map_err(|e| format!("{name}: {e}"))?;
        self.files.insert(format!("reference/{name}.md"), text);
        Ok(())
    }

    fn examples(
        &mut self,
        names: &[String],
        read: &impl Fn(&str) -> Result<String, String>,
    ) -> Result<(), String> {
        self.part("Examples");
        let title = self.document("examples-c/README.md", &read("examples-c/README.md")?);
        self.entry(0, &title, "examples-c/index.md");
        for name in names {
            let text = read(&format!("examples-c/{name}.c"))?;
            let path = format!("examples-c/{name}.md");
            self.entry(1, &name.replace('_', " "), &path);
            self.files
                .insert(path, format!("# {name}.c\n\n```c\n{text}```\n"));
        }
        Ok(())
    }

    /// The tool and the simulator.
    fn programs(&mut self, manual: &BTreeMap<String, String>, readme: &str) -> Result<(), String> {
        self.part("Programs");
        self.entry(0, "kpc, the tool", "reference/kpc.md");
        for (path, text) in manual {
            let name = path
                .strip_prefix("man1/")
                .and_then(|p| p.strip_suffix(".1"));
            let Some(name) = name else { continue };
            self.manual_page(name, text)?;
            if name.starts_with("kpc-") {
                self.entry(1, &name.replace('-', " "), &format!("reference/{name}.md"));
            }
        }
        self.document("sim/README.md", readme);
        self.entry(0, "The simulator", "sim/index.md");
        self.entry(1, "kpclientd-sim", "reference/kpclientd-sim.md");
        Ok(())
    }

    fn reference(
        &mut self,
        header: &Header,
        manual: &BTreeMap<String, String>,
    ) -> Result<(), String> {
        let page = |name: &str| {
            let text = manual.get(&format!("man3/{name}.3"));
            text.ok_or_else(|| format!("there is no page of {name}"))
        };
        self.part("Reference");
        self.manual_page("kpclient", page("kpclient")?)?;
        self.entry(0, "The contract", "reference/kpclient.md");
        for section in &header.sections {
            self.manual_page(&section.page, page(&section.page)?)?;
            let title = escaped(&section.title);
            self.entry(0, &title, &format!("reference/{}.md", section.page));
            for group in Group::of(section) {
                self.manual_page(group.name(), page(group.name())?)?;
                self.entry(1, group.name(), &format!("reference/{}.md", group.name()));
            }
        }
        Ok(())
    }

    /// The pictures that pages show.
    fn pictures(&self) -> Vec<String> {
        let mut found = Vec::new();
        for (path, text) in &self.files {
            for target in text.split("](").skip(1).filter_map(|r| r.split(')').next()) {
                if target.ends_with(".svg") {
                    found.push(super::document::joined(path, target));
                }
            }
        }
        found
    }
}

/// Where each name is explained.
fn places(header: &Header, manual: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let mut places = BTreeMap::new();
    for section in &header.sections {
        let page = format!("{}.html", section.page);
        for constant in &section.constants {
            let name = constant.name.as_str();
            places.insert(name.to_owned(), format!("{page}#{name}"));
        }
        for kind in &section.types {
            places.insert(kind.name.clone(), format!("{page}#type-{}", kind.name));
        }
        for group in Group::of(section) {
            for (at, name) in group.names().into_iter().enumerate() {
                let anchor = if at == 0 {
                    String::new()
                } else {
                    format!("#{name}")
                };
                places.insert(name.to_owned(), format!("{}.html{anchor}", group.name()));
            }
        }
        places.insert(section.page.clone(), page);
    }
    places.insert("kpclient".to_owned(), "kpclient.html".to_owned());
    for path in manual.keys() {
        let name = path
            .strip_prefix("man1/")
            .and_then(|p| p.strip_suffix(".1"));
        places.extend(name.map(|name| (name.to_owned(), format!("{name}.html"))));
    }
    places
}

/// The programs of examples-c, by their names.
fn examples(root: &Path) -> Result<Vec<String>, String> {
    let entries = fs::read_dir(root.join("examples-c")).map_err(|e| e.to_string())?;
    let mut names: Vec<String> = entries
        .filter_map(|entry| {
            let name = entry.ok()?.file_name().to_str()?.to_owned();
            name.strip_suffix(".c").map(str::to_owned)
        })
        .collect();
    names.sort();
    Ok(names)
}

/// The page of a document; mdBook's name for that of a folder is index.
fn document_path(path: &str) -> String {
    path.replace("README.md", "index.md")
}
