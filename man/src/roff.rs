//! Text for troff: escapes, names in bold, sentences in lines of their own.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// What the words of a text stand for.
pub struct Words<'a> {
    /// Functions that have a page.
    pub functions: &'a BTreeSet<String>,
    /// Types, with their pages.
    pub types: &'a BTreeMap<&'a str, &'a str>,
    /// The functions that this page is about: they are not referred to.
    pub own: &'a [&'a str],
    /// The parameters that are spoken of.
    pub parameters: BTreeSet<&'a str>,
}

/// Escapes one character of running text.
fn escaped(letter: char) -> Option<&'static str> {
    Some(match letter {
        '\\' => "\\e",
        '^' => "\\(ha",
        '~' => "\\(ti",
        '`' => "\\(ga",
        '\u{2026}' => "...",
        _ => return None,
    })
}

/// Text as it is, for lines that are filled.
pub fn text(source: &str) -> String {
    text_between(' ', source, ' ')
}

/// The same for a part of a line, between two letters.
fn text_between(mut before: char, source: &str, after: char) -> String {
    let mut out = String::new();
    let mut letters = source.chars().peekable();
    while let Some(letter) = letters.next() {
        let next = letters.peek().copied().unwrap_or(after);
        // A sign, or the dash of an option, is no hyphen.
        let is_sign = letter == '-' && !before.is_alphanumeric() && !next.is_whitespace();
        match escaped(letter) {
            Some(escape) => out.push_str(escape),
            None if is_sign => out.push_str("\\-"),
            None => out.push(letter),
        }
        before = letter;
    }
    out
}

/// Text of which every hyphen and quote is meant as such: options, file names, code.
pub fn code(source: &str) -> String {
    let mut out = String::new();
    for letter in source.chars() {
        match (letter, escaped(letter)) {
            (_, Some(escape)) => out.push_str(escape),
            ('-', _) => out.push_str("\\-"),
            ('\'', _) => out.push_str("\\(aq"),
            ('"', _) => out.push_str("\\(dq"),
            _ => out.push(letter),
        }
    }
    out
}

/// A line that cannot be taken for a request.
pub fn guarded(line: &str) -> String {
    match line.starts_with(['.', '\'']) {
        true => format!("\\&{line}"),
        false => line.to_owned(),
    }
}

/// Lines of a block that is not filled.
pub fn verbatim(source: &str) -> String {
    let mut out = ".EX\n".to_owned();
    for line in source.lines() {
        out.push_str(&guarded(&code(line)));
        out.push('\n');
    }
    out.push_str(".EE\n.nh\n"); // which the end of such a block takes back
    out
}

/// In bold.
pub fn bold(word: &str) -> String {
    format!("\\fB{}\\fP", code(word))
}

/// In italics.
pub fn italic(word: &str) -> String {
    format!("\\fI{}\\fP", code(word))
}

/// Running text with its names marked, one sentence a line.
pub fn prose(source: &str, words: &Words<'_>) -> String {
    let mut out = String::new();
    for sentence in sentences(source) {
        let _ = writeln!(out, "{}", guarded(&marked(sentence, words)));
    }
    out
}

/// Splits behind full stops that end a sentence.
fn sentences(source: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = source;
    let mut from = 0;
    while let Some(at) = rest.get(from..).and_then(|tail| tail.find(". ")) {
        let (sentence, tail) = rest.split_at(from + at + 1);
        let tail = tail.trim_start();
        if tail.starts_with(|c: char| c.is_uppercase() || c == '*') || tail.starts_with("kpc_") {
            found.push(sentence);
            rest = tail;
            from = 0;
        } else {
            from += at + 1;
        }
    }
    found.push(rest);
    found
}

/// Marks the names in a text.
pub fn marked(source: &str, words: &Words<'_>) -> String {
    let mut out = String::new();
    let mut rest = source;
    let mut before = ' ';
    while let Some(at) = rest.find(is_letter) {
        let (mut gap, tail) = rest.split_at(at);
        let end = tail.find(|c| !is_letter(c)).unwrap_or(tail.len());
        let (word, mut tail) = tail.split_at(end);
        let marked = if gap.ends_with('`') && tail.starts_with('`') {
            gap = gap.trim_end_matches('`');
            tail = tail.trim_start_matches('`');
            italic(word)
        } else if gap.ends_with('*') && words.parameters.contains(word) {
            gap = gap.trim_end_matches('*');
            italic(&format!("*{word}"))
        } else {
            name(word, tail, words)
        };
        let first = word.chars().next().unwrap_or(' ');
        out.push_str(&text_between(before, gap, first));
        out.push_str(&marked);
        before = word.chars().next_back().unwrap_or(' ');
        rest = tail;
    }
    out.push_str(&text_between(before, rest, ' '));
    out
}

fn is_letter(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn name(word: &str, after: &str, words: &Words<'_>) -> String {
    if words.functions.contains(word) {
        let called = if after.starts_with('(') { "" } else { "()" };
        return match words.own.contains(&word) {
            true => format!("{}{called}", bold(word)),
            false => format!("{}(3)", bold(word)),
        };
    }
    let is_name = words.types.contains_key(word) || word.starts_with("kpc_");
    if is_name || word.starts_with("KPC_") {
        return bold(word);
    }
    if word.contains('_') && words.parameters.contains(word) {
        return italic(word);
    }
    text(word)
}

/// The names in a text that are functions with a page.
pub fn functions_in<'a>(source: &'a str, functions: &BTreeSet<String>) -> Vec<&'a str> {
    source
        .split(|c| !is_letter(c))
        .filter(|word| functions.contains(*word))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prose_of(source: &str) -> String {
        let functions = ["kpc_a", "kpc_b"].map(str::to_owned).into();
        let types = BTreeMap::from([("kpc_t", "kpclient_t")]);
        prose(
            source,
            &Words {
                functions: &functions,
                types: &types,
                own: &["kpc_a"],
                parameters: BTreeSet::from(["out", "out_len"]),
            },
        )
    }

    #[test]
    fn names_are_marked() {
        assert_eq!(
            prose_of("As kpc_a and kpc_b with a kpc_t, KPC_OK, *out, out, out_len, `x`."),
            "As \\fBkpc_a\\fP() and \\fBkpc_b\\fP(3) with a \\fBkpc_t\\fP, \\fBKPC_OK\\fP, \
             \\fI*out\\fP, out, \\fIout_len\\fP, \\fIx\\fP.\n"
        );
    }

    #[test]
    fn every_sentence_has_a_line_that_is_no_request() {
        assert_eq!(prose_of("One. Two v0.0.7. 3"), "One.\nTwo v0.0.7. 3\n");
        assert_eq!(prose_of(".toml files"), "\\&.toml files\n");
        assert_eq!(prose_of("'quoted'"), "\\&'quoted'\n");
    }

    #[test]
    fn hyphens_signs_and_backslashes_are_told_apart() {
        assert_eq!(
            prose_of("non-empty (-1) or -2"),
            "non-empty (\\-1) or \\-2\n"
        );
        assert_eq!(prose_of("a \\ b"), "a \\e b\n");
        assert_eq!(prose_of("1 - 2"), "1 - 2\n");
        assert_eq!(code("--unix 'x'"), "\\-\\-unix \\(aqx\\(aq");
    }
}
