//! The two pages that are written by hand, and what of them is filled in.

use std::fmt::Write as _;

use crate::header::Header;
use crate::page::Page;
use crate::roff::{self, Words};
use crate::Manual;

/// The overview: man/kpclient.3.in with the contract, the sections and the program of the README.
pub fn overview(
    template: &str,
    readme: &str,
    header: &Header,
    manual: &Manual<'_>,
) -> Result<String, String> {
    let mut page = Page::new("kpclient", 3, &manual.edition);
    page.lines(template);
    let text = page.finish();
    Ok(text
        .replace("@EXAMPLE@\n", &roff::verbatim(&example(readme)?))
        .replace("@CONTRACT@\n", &contract(header, manual))
        .replace("@SECTIONS@\n", &sections(header)))
}

/// The program behind `<!-- hello.c -->` in the README.
fn example(readme: &str) -> Result<String, String> {
    let block = readme.split("<!-- hello.c -->\n```c\n").nth(1);
    let block = block.and_then(|rest| rest.split("```").next());
    block
        .map(str::to_owned)
        .ok_or_else(|| "README.md has no hello.c".to_owned())
}

fn contract(header: &Header, manual: &Manual<'_>) -> String {
    let words = Words {
        functions: &manual.functions,
        types: &manual.types,
        own: &[],
        parameters: ["timeout_ms", "user_data"].into(),
    };
    let mut text = String::new();
    for (title, paragraph) in &header.contract {
        let _ = write!(
            text,
            ".SS {}\n{}",
            roff::code(title),
            roff::prose(paragraph, &words)
        );
    }
    text
}

fn sections(header: &Header) -> String {
    let mut text = String::new();
    for section in &header.sections {
        let (page, title) = (roff::code(&section.page), roff::text(&section.title));
        let _ = write!(text, ".TP\n.BR {page} (3)\n{title}\n");
    }
    text
}

/// The simulator's page: man/kpclientd-sim.1.in with the options and commands of its `--help`.
pub fn simulator(template: &str, help: &str, manual: &Manual<'_>) -> Result<String, String> {
    let (options, rest) = help
        .split_once("Usage: kpclientd-sim [OPTIONS]\n\n")
        .and_then(|(_, rest)| rest.split_once("\n\n"))
        .ok_or("--help has no options")?;
    let (_, commands) = rest
        .split_once("Commands, one per line")
        .and_then(|(_, rest)| rest.split_once("\n\n"))
        .ok_or("--help has no commands")?;
    let mut page = Page::new("kpclientd-sim", 1, &manual.edition);
    page.lines(template);
    let text = page.finish();
    Ok(text
        .replace("@OPTIONS@\n", &entries(options)?)
        .replace("@COMMANDS@\n", &entries(commands)?))
}

/// A list of two columns, with two blanks at least between them; lines without a first one go on
/// with the second.
fn entries(list: &str) -> Result<String, String> {
    let mut found: Vec<(String, String)> = Vec::new();
    let edge = list.lines().filter_map(indent).min().unwrap_or(0);
    for line in list.lines() {
        let begins = indent(line) == Some(edge);
        match (begins, line.trim().split_once("  "), found.last_mut()) {
            (true, Some((term, text)), _) => found.push((term.to_owned(), text.trim().to_owned())),
            (true, None, _) => found.push((line.trim().to_owned(), String::new())),
            (false, _, Some((_, text))) => {
                text.push(' ');
                text.push_str(line.trim());
            }
            (false, _, None) => return Err(format!("what does this belong to: {line}")),
        }
    }
    let mut text = String::new();
    for (term, what) in found {
        let what = roff::guarded(&roff::text(&what).replace("\\(ga", ""));
        let _ = write!(text, ".TP\n{}\n{what}\n", term_text(&term));
    }
    Ok(text)
}

fn indent(line: &str) -> Option<usize> {
    (!line.trim().is_empty()).then(|| line.len() - line.trim_start().len())
}

/// Options and commands in bold, what is put in for words of capitals in italics.
fn term_text(term: &str) -> String {
    let word = |word: &str| {
        let name = word.trim_matches(['[', ']', ',']);
        let is_name = name.chars().any(char::is_alphabetic);
        if !is_name {
            return roff::text(word);
        }
        let (before, after) = word.split_once(name).unwrap_or((word, ""));
        let marked = match name.chars().all(|c| c.is_uppercase() || c == '_') {
            true => roff::italic(name),
            false => roff::bold(name),
        };
        format!("{before}{marked}{after}")
    };
    term.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_two_columns() {
        let text = entries("  --unix PATH  listen\n               here\n  --instant    at once\n");
        assert_eq!(
            text.unwrap(),
            ".TP\n\\fB\\-\\-unix\\fP \\fIPATH\\fP\nlisten here\n\
             .TP\n\\fB\\-\\-instant\\fP\nat once\n"
        );
    }
}
