//! The page of a function, or of the three functions of one call.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::header::{Function, Section};
use crate::outcomes::{self, Outcome};
use crate::page::Page;
use crate::roff::{self, Words};
use crate::synopsis::prototypes;
use crate::Manual;

/// Types that nearly every function takes.
const EVERYWHERE: &[&str] = &[
    "kpc_client",
    "kpc_completion",
    "kpc_error",
    "kpc_op",
    "kpc_result",
];

/// Functions that share a page; the first one gives it its name.
pub struct Group<'a> {
    /// The section of the header.
    pub section: &'a Section,
    /// The functions.
    pub functions: Vec<&'a Function>,
}

impl<'a> Group<'a> {
    /// The groups of a section, in its order.
    pub fn of(section: &'a Section) -> Vec<Self> {
        let mut groups: Vec<Group<'a>> = Vec::new();
        for function in &section.functions {
            let base = ["_async", "_result"]
                .iter()
                .find_map(|end| function.name.strip_suffix(end));
            let group = base.and_then(|base| groups.iter_mut().find(|g| g.name() == base));
            match group {
                Some(group) => group.functions.push(function),
                None => groups.push(Group {
                    section,
                    functions: vec![function],
                }),
            }
        }
        groups
    }

    /// The name of the page.
    pub fn name(&self) -> &'a str {
        self.functions.first().map_or("", |f| f.name.as_str())
    }

    /// The names of all functions.
    pub fn names(&self) -> Vec<&'a str> {
        self.functions.iter().map(|f| f.name.as_str()).collect()
    }

    /// What it does, in a clause.
    pub fn summary(&self) -> String {
        let first = self.functions.first();
        first.map_or_else(String::new, |f| f.comment.summary())
    }

    /// Each function with its words: what its own parameters are called.
    fn each<'b>(
        &'b self,
        manual: &'b Manual<'b>,
        own: &'b [&'b str],
    ) -> Vec<(&'b Function, Words<'b>)> {
        let words = |function: &'b Function| Words {
            functions: &manual.functions,
            types: &manual.types,
            own,
            parameters: function
                .comment
                .parameters
                .iter()
                .map(|(n, _)| n.as_str())
                .collect(),
        };
        self.functions.iter().map(|f| (*f, words(f))).collect()
    }
}

/// The page of a group.
pub fn page(group: &Group<'_>, manual: &Manual<'_>) -> String {
    let names = group.names();
    let each = group.each(manual, &names);
    let mut page = Page::new(group.name(), 3, &manual.edition);
    page.names(&names, &group.summary());
    page.section("SYNOPSIS");
    page.lines(&prototypes(group.functions.iter().copied()));
    describe(&mut page, &each);
    give(&mut page, &each, manual);
    tell(&mut page, "OWNERSHIP", &each, |f| {
        f.comment.ownership.as_deref()
    });
    tell(&mut page, "THREADS", &each, |f| {
        f.comment.threads.as_deref()
    });
    page.section("HISTORY");
    page.lines(&history(group, manual));
    page.see_also(related(group, manual));
    page.finish()
}

/// The description: of the first function whole, of the others what differs.
fn describe(page: &mut Page, each: &[(&Function, Words<'_>)]) {
    page.section("DESCRIPTION");
    let mut told: BTreeSet<&(String, String)> = BTreeSet::new();
    for (at, (function, words)) in each.iter().enumerate() {
        if at > 0 {
            page.part(&format!("{}()", function.name));
        }
        for paragraph in &function.comment.paragraphs {
            page.paragraph(&roff::prose(paragraph, words));
        }
        let parameters = &function.comment.parameters;
        for (name, text) in parameters.iter().filter(|p| !told.contains(p)) {
            let text = roff::prose(&sentence(text), words);
            page.tagged(&roff::italic(name), &text);
        }
        let known: Vec<_> = parameters
            .iter()
            .filter(|p| told.contains(p))
            .map(|(name, _)| roff::italic(name))
            .collect();
        if !known.is_empty() {
            let (verb, list) = (if known.len() == 1 { "is" } else { "are" }, listed(&known));
            page.paragraph(&format!("{list} {verb} as above.\n"));
        }
        told.extend(parameters);
    }
}

/// What is returned, and which errors there are.
fn give(page: &mut Page, each: &[(&Function, Words<'_>)], manual: &Manual<'_>) {
    let returning: Vec<_> = each
        .iter()
        .filter_map(|(f, words)| Some((*f, words, f.comment.returns.as_deref()?)))
        .collect();
    if returning.is_empty() {
        return;
    }
    page.section("RETURN VALUE");
    for (function, words, returns) in &returning {
        let text = match outcomes::parse(returns) {
            Some(list) if list.is_empty() => "\\fBKPC_OK\\fP.\n".to_owned(),
            Some(_) => "\\fBKPC_OK\\fP, or one of the statuses under\n.BR ERRORS .\n".to_owned(),
            None => roff::prose(&sentence(returns), words),
        };
        match returning.len() {
            1 => page.paragraph(&text),
            _ => page.tagged(&called(&function.name), &text),
        };
    }
    let errors = Errors::of(each);
    if let (false, Some((_, words))) = (errors.order.is_empty(), each.first()) {
        page.section("ERRORS");
        for name in &errors.order {
            page.tagged(&roff::bold(name), &errors.describe(name, words, manual));
        }
    }
}

/// The errors of one call.
struct Errors<'a> {
    /// As they are named first.
    order: Vec<&'a str>,
    /// The functions that give each, with what is said of it.
    by: BTreeMap<&'a str, Vec<(&'a str, Outcome<'a>)>>,
    /// How many functions there are that could give them.
    functions: usize,
}

impl<'a> Errors<'a> {
    /// Of all functions but the one that takes results out: what that gives of its own is said
    /// with its value.
    fn of(each: &[(&'a Function, Words<'_>)]) -> Self {
        let mut errors = Errors {
            order: Vec::new(),
            by: BTreeMap::new(),
            functions: 0,
        };
        for (at, (function, _)) in each.iter().enumerate() {
            if at > 0 && function.name.ends_with("_result") {
                continue;
            }
            errors.functions += 1;
            for outcome in outcomes::of(&function.comment) {
                if !errors.order.contains(&outcome.name) {
                    errors.order.push(outcome.name);
                }
                let by = errors.by.entry(outcome.name).or_default();
                by.push((function.name.as_str(), outcome));
            }
        }
        errors
    }

    /// What an error means anywhere, what it means here, and of which function it is where not
    /// of all.
    fn describe(&self, name: &str, words: &Words<'_>, manual: &Manual<'_>) -> String {
        let mut text = String::new();
        if let Some(status) = manual.statuses.get(name) {
            for paragraph in &status.comment.paragraphs {
                text.push_str(&roff::prose(paragraph, words));
            }
        }
        let by = self.by.get(name).map_or(&[][..], Vec::as_slice);
        let notes: BTreeSet<_> = by.iter().filter_map(|(_, outcome)| outcome.note).collect();
        for note in notes {
            let _ = writeln!(text, "Here: {}.", roff::marked(note, words));
        }
        if by.len() < self.functions {
            let functions: Vec<_> = by.iter().map(|(function, _)| called(function)).collect();
            let _ = writeln!(text, "Only {}.", listed(&functions));
        }
        text
    }
}

/// A function in running text.
fn called(name: &str) -> String {
    format!("{}()", roff::bold(name))
}

/// A section that says the same of each function, or something else of some.
fn tell<'b>(
    page: &mut Page,
    title: &str,
    each: &'b [(&'b Function, Words<'b>)],
    part: impl Fn(&'b Function) -> Option<&'b str>,
) {
    let mut said: Vec<(&str, &Words<'_>, Vec<String>)> = Vec::new();
    for (function, words) in each {
        let Some(text) = part(function) else {
            continue;
        };
        let name = called(&function.name);
        match said.iter_mut().find(|(known, ..)| *known == text) {
            Some((.., names)) => names.push(name),
            None => said.push((text, words, vec![name])),
        }
    }
    if said.is_empty() {
        return;
    }
    page.section(title);
    for (text, words, names) in &said {
        let text = roff::prose(&sentence(text), words);
        match names.len() == each.len() {
            true => page.paragraph(&text),
            false => page.tagged(&names.join(", "), &text),
        };
    }
}

fn history(group: &Group<'_>, manual: &Manual<'_>) -> String {
    let mut text = String::new();
    let since: BTreeSet<_> = group
        .names()
        .iter()
        .filter_map(|n| manual.since.get(*n))
        .collect();
    for entry in &since {
        let (version, is_of_store) = match entry.strip_suffix(" store") {
            Some(version) => (version, true),
            None => (**entry, false),
        };
        let _ = match since.len() {
            1 if is_of_store => writeln!(
                text,
                "Since libkpclient {version}; not in a library that was built with STORE=no."
            ),
            1 => writeln!(text, "Since libkpclient {version}."),
            _ => {
                let mut names = group.names();
                names.retain(|name| manual.since.get(*name) == Some(entry));
                let names: Vec<_> = names.iter().map(|n| called(n)).collect();
                writeln!(text, "Since libkpclient {version}: {}.", listed(&names))
            }
        };
    }
    text
}

/// What else to read: functions that are spoken of, types that are taken and given, the section.
fn related(group: &Group<'_>, manual: &Manual<'_>) -> Vec<(u8, String)> {
    let mut pages = BTreeSet::from(["kpclient".to_owned(), group.section.page.clone()]);
    for function in &group.functions {
        let comment = &function.comment;
        let parts = comment.paragraphs.iter();
        let parts = parts.chain(comment.parameters.iter().map(|(_, text)| text));
        let parts = parts.chain(&comment.returns).chain(&comment.ownership);
        for text in parts {
            let named = roff::functions_in(text, &manual.functions).into_iter();
            pages.extend(named.map(|name| manual.page_of(name).to_owned()));
        }
        for word in function.parameters.iter().flat_map(|p| p.split([' ', '*'])) {
            if let (Some(page), false) = (manual.types.get(word), EVERYWHERE.contains(&word)) {
                pages.insert((*page).to_owned());
            }
        }
    }
    pages.remove(group.name());
    pages.into_iter().map(|name| (3, name)).collect()
}

/// "a", "a and b", "a, b and c".
fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// A note as a sentence: with a capital, if it begins with a word, and a full stop.
fn sentence(note: &str) -> String {
    let first = note
        .split([' ', ',', '.', ':', ';'])
        .next()
        .unwrap_or_default();
    let is_word = first.chars().all(|c| c.is_ascii_lowercase()) && !first.is_empty();
    let mut letters = note.chars();
    let mut text = match (is_word, letters.next()) {
        (true, Some(first)) => first.to_uppercase().chain(letters).collect(),
        _ => note.to_owned(),
    };
    if !text.ends_with('.') {
        text.push('.');
    }
    text
}
