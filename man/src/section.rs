//! The page of a section of the header: its constants and types, and a list of its functions.

use std::collections::BTreeSet;

use crate::function::Group;
use crate::header::{Section, Type};
use crate::page::Page;
use crate::roff::{self, Words};
use crate::Manual;

/// The page of a section.
pub fn page(section: &Section, manual: &Manual<'_>) -> String {
    let words = Words {
        functions: &manual.functions,
        types: &manual.types,
        own: &[],
        parameters: BTreeSet::new(),
    };
    let mut page = Page::new(&section.page, 3, &manual.edition);
    let names: Vec<_> = [section.page.as_str()]
        .into_iter()
        .chain(section.types.iter().map(|t| t.name.as_str()))
        .collect();
    page.names(&names, &lowercase(&section.title));
    page.section("SYNOPSIS")
        .lines(".nf\n.B #include <kpclient.h>\n.fi\n");
    page.section("DESCRIPTION");
    page.paragraph("What holds for every function is said in\n.BR kpclient (3).\n");
    describe_functions(&mut page, section, &words);
    for kind in &section.types {
        describe_type(&mut page, kind, &words);
    }
    describe_constants(&mut page, section, &words);
    page.see_also(related(section, manual));
    page.finish()
}

fn describe_functions(page: &mut Page, section: &Section, words: &Words<'_>) {
    let groups = Group::of(section);
    if groups.is_empty() {
        return;
    }
    page.section("FUNCTIONS");
    for group in groups {
        let names: Vec<_> = group
            .names()
            .iter()
            .map(|name| format!("{}(3)", roff::bold(name)))
            .collect();
        let mut text = roff::marked(&group.summary(), words);
        text.push('\n');
        page.tagged(&names.join(", "), &text);
    }
}

fn describe_type(page: &mut Page, kind: &Type, words: &Words<'_>) {
    page.section(&format!("TYPE {}", roff::code(&kind.name)));
    page.lines(&roff::verbatim(&kind.declaration));
    for paragraph in &kind.comment.paragraphs {
        page.paragraph(&roff::prose(paragraph, words));
    }
    for (member, comment) in &kind.members {
        let name = member.split([' ', '*']).next_back().unwrap_or(member);
        let name = name.split('[').next().unwrap_or(name);
        page.tagged(
            &roff::italic(name),
            &roff::prose(&comment.paragraphs.join(" "), words),
        );
    }
}

fn describe_constants(page: &mut Page, section: &Section, words: &Words<'_>) {
    if section.constants.is_empty() {
        return;
    }
    page.section("CONSTANTS");
    for constant in &section.constants {
        let tag = format!(
            "{} {}",
            roff::bold(&constant.name),
            roff::code(&constant.value)
        );
        page.tagged(
            &tag,
            &roff::prose(&constant.comment.paragraphs.join(" "), words),
        );
    }
}

/// The functions that texts of this page speak of, and of the section before and behind it.
fn related(section: &Section, manual: &Manual<'_>) -> Vec<(u8, String)> {
    let mut pages = BTreeSet::from(["kpclient"]);
    let types = section.types.iter().flat_map(|t| {
        let members = t.members.iter().map(|(_, comment)| comment);
        members.chain([&t.comment])
    });
    for comment in types.chain(section.constants.iter().map(|c| &c.comment)) {
        for text in &comment.paragraphs {
            let named = roff::functions_in(text, &manual.functions).into_iter();
            pages.extend(named.map(|name| manual.page_of(name)));
        }
    }
    pages.into_iter().map(|name| (3, name.to_owned())).collect()
}

/// A heading as a clause.
fn lowercase(title: &str) -> String {
    let mut letters = title.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_lowercase().chain(letters).collect()
    })
}
