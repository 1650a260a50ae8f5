//! The names in a text, and those that the header declares.

use std::collections::BTreeSet;

/// What the header declares.
pub struct Header {
    /// The exported functions.
    pub functions: BTreeSet<String>,
    /// The types that a program may name.
    pub types: BTreeSet<String>,
    /// The constants.
    pub constants: BTreeSet<String>,
}

impl Header {
    pub fn read() -> Self {
        let code = without_comments(&crate::read("include/kpclient.h"));
        let mut header = Header {
            functions: BTreeSet::new(),
            types: BTreeSet::new(),
            constants: BTreeSet::new(),
        };
        for line in code.lines() {
            if let Some(defined) = line.strip_prefix("#define ") {
                header.constants.extend(words(defined, "KPC_").take(1));
            }
        }
        let declarations: String = code
            .lines()
            .filter(|line| !line.starts_with('#'))
            .collect::<Vec<_>>()
            .join("\n");
        for statement in declarations.split(';') {
            match statement.find("KPC_API") {
                Some(at) => {
                    let head = statement[at..].split('(').next().unwrap_or_default();
                    header.functions.extend(words(head, "kpc_").last());
                }
                None => header.types.extend(words(statement, "kpc_")),
            }
        }
        assert!(header.functions.len() > 200, "the header is not understood");
        header
    }

    pub fn has(&self, name: &str) -> bool {
        [&self.functions, &self.types, &self.constants]
            .iter()
            .any(|names| names.contains(name))
    }
}

/// The words of a text that begin so, in their order.
pub fn words<'a>(text: &'a str, prefix: &'a str) -> impl Iterator<Item = String> + 'a {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .filter(move |word| word.starts_with(prefix))
        .map(str::to_owned)
}

/// The names of the library in a text.
pub fn of_library(text: &str) -> BTreeSet<String> {
    words(text, "kpc_").chain(words(text, "KPC_")).collect()
}

fn without_comments(text: &str) -> String {
    let mut rest = text;
    let mut code = String::new();
    while let Some(begin) = rest.find("/*") {
        code += &rest[..begin];
        let end = rest[begin..].find("*/").expect("comments end");
        rest = &rest[begin + end + 2..];
    }
    code + rest
}

#[test]
fn a_header_gives_its_names() {
    let header = Header::read();
    for name in [
        "kpc_client_new",
        "kpc_status_name",
        "kpc_encrypt_read_async",
    ] {
        assert!(header.functions.contains(name), "{name}");
    }
    for name in ["kpc_client", "kpc_write_cap", "kpc_op", "kpc_event_fn"] {
        assert!(header.types.contains(name), "{name}");
    }
    for name in ["KPC_OK", "KPC_ERR_TIMEOUT", "KPC_FOREVER"] {
        assert!(header.constants.contains(name), "{name}");
    }
    assert!(!header.has("kpc_never"));
}
