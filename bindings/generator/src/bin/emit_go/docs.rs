//! Comments of C as those of Go.

use std::collections::BTreeMap;

use kpclient_bindings::comments::{self, Words};

use crate::arguments::Said;

/// Where lines end.
const WIDTH: usize = 97;

/// Turns texts of the header into comments.
pub(crate) struct Docs {
    words: BTreeMap<String, String>,
}

impl Docs {
    pub(crate) fn new(words: BTreeMap<String, String>) -> Self {
        Docs { words }
    }

    /// A text with the names of Go.
    fn told(&self, text: &str, null: &str) -> String {
        let name = |word: &str| self.words.get(word).cloned();
        let words = Words {
            null,
            name: &name,
            constant: &name,
        };
        words.told(text)
    }

    /// The comment of a function: what it is, its parameters, and what it fails with.
    pub(crate) fn function(
        &self,
        name: &str,
        paragraphs: &[String],
        list: &[Said],
        statuses: &[String],
    ) -> String {
        let mut text = self.paragraphs(&opened(name, paragraphs));
        if !list.is_empty() {
            text.push_str("//\n");
        }
        for Said {
            name,
            text: said,
            null,
        } in list
        {
            let said = format!("{name}: {}", self.told(said, null));
            text.push_str(&wrapped(&said, "//   - ", "//     "));
        }
        if !statuses.is_empty() {
            let errors: Vec<_> = statuses.iter().map(|s| self.told(s, "nil")).collect();
            text.push_str("//\n");
            text.push_str(&wrapped(
                &format!("Fails with {}.", errors.join(", ")),
                "// ",
                "// ",
            ));
        }
        text
    }

    /// The comment of a type.
    pub(crate) fn of_type(&self, name: &str, paragraphs: &[String]) -> String {
        let mut paragraphs = paragraphs.to_vec();
        if let Some(first) = paragraphs.first_mut() {
            *first = match first.split(' ').next() {
                Some("A" | "An" | "The" | "What" | "How") => format!("{name} is {}", lower(first)),
                _ => format!("{name}: {first}"),
            };
        }
        self.paragraphs(&paragraphs)
    }

    /// The comment of a constant, field or whatever is named before it.
    pub(crate) fn named(&self, name: &str, text: &str) -> String {
        self.paragraphs(&[format!("{name}: {text}")])
    }

    fn paragraphs(&self, paragraphs: &[String]) -> String {
        let wrap = |text: &String| wrapped(&self.told(text, "nil"), "// ", "// ");
        let paragraphs: Vec<_> = paragraphs.iter().map(wrap).collect();
        paragraphs.join("//\n")
    }
}

/// Go's comments begin with the name.
fn opened(name: &str, paragraphs: &[String]) -> Vec<String> {
    let mut paragraphs = paragraphs.to_vec();
    if let Some(first) = paragraphs.first_mut() {
        let (word, rest) = first.split_once(' ').unwrap_or((first, ""));
        *first = match word {
            "True" if rest.starts_with("if ") => {
                format!("{name} reports whether {}", rest.trim_start_matches("if "))
            }
            "Whether" => format!("{name} reports {}", lower(first)),
            _ if word.ends_with('s') && word.chars().all(char::is_alphabetic) && word != "This" => {
                format!("{name} {}", lower(first))
            }
            _ if word.starts_with(|c: char| c.is_ascii_uppercase()) && !word.contains('_') => {
                format!("{name} returns {}", lower(first))
            }
            _ => format!("{name} returns {first}"),
        };
    }
    paragraphs
}

fn lower(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_ascii_lowercase());
    let is_name = text
        .split(' ')
        .next()
        .is_some_and(|w| w.len() > 1 && w == w.to_uppercase());
    match is_name {
        true => text.to_owned(),
        false => first.into_iter().chain(letters).collect(),
    }
}

/// Lines of comments, of which the first begins otherwise.
fn wrapped(text: &str, first: &str, next: &str) -> String {
    let lines = comments::wrapped(text, WIDTH - first.len());
    let begin = |at: usize| if at == 0 { first } else { next };
    let line = |(at, line): (usize, &String)| format!("{}{line}\n", begin(at));
    lines.iter().enumerate().map(line).collect()
}
