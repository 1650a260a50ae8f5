//! A manual page as a page of the site: Markdown for the headings, which the site's index and search
//! know, and HTML for the rest, as Markdown has no lists of definitions.
//!
//! It reads what the programs of man/src and clap_mangen write, and no other roff.

use std::fmt::Write as _;

use super::inline::{escaped, Letters, Targets};

/// The page of the site for a manual page.
///
/// # Errors
/// The name of a request that is not known here.
pub fn markdown(source: &str, targets: &Targets<'_>) -> Result<String, String> {
    let mut page = Page {
        out: String::new(),
        text: Vec::new(),
        list: List::None,
        depth: 0,
        tag_follows: false,
        in_name: false,
        address: None,
        targets,
    };
    let mut lines = source.lines();
    while let Some(line) = lines.next() {
        match line.strip_prefix('.') {
            Some(request) => {
                let (name, rest) = request.split_once(' ').unwrap_or((request, ""));
                match name {
                    "nf" | "EX" => {
                        let block: Vec<_> = lines
                            .by_ref()
                            .take_while(|line| !matches!(*line, ".fi" | ".EE"))
                            .collect();
                        page.preformatted(&block, name == "EX");
                    }
                    _ => page.request(name, rest)?,
                }
            }
            None => page.line(Letters::of(line)),
        }
    }
    page.close_list();
    Ok(page.out)
}

/// The list that is open.
#[derive(PartialEq)]
enum List {
    None,
    Definitions,
    Items,
}

struct Page<'a> {
    out: String,
    /// The lines of the paragraph that is being read, as HTML.
    text: Vec<String>,
    list: List,
    /// How often text was moved to the right.
    depth: usize,
    /// The next line is the term of a definition.
    tag_follows: bool,
    /// The next line has the page's names and summary.
    in_name: bool,
    /// Where the next line leads.
    address: Option<String>,
    targets: &'a Targets<'a>,
}

impl Page<'_> {
    fn request(&mut self, name: &str, rest: &str) -> Result<(), String> {
        match name {
            "TH" => {
                let name = Letters::of(rest.split(' ').next().unwrap_or_default()).plain();
                let _ = writeln!(self.out, "# {name}\n");
            }
            "SH" | "SS" => self.heading(name, rest),
            "PP" | "RE" | "RS" | "sp" => self.paragraph(name),
            "TP" => {
                self.open(List::Definitions);
                self.tag_follows = true;
            }
            "IP" => {
                self.open(List::Items);
                self.out.push_str("<li>");
            }
            "B" | "I" | "BR" | "RB" | "RI" | "IR" => self.line(Letters::in_turns(name, rest)),
            "UR" => self.address = Some(rest.to_owned()),
            "UE" => self.address = None,
            // Comments, and what only formatters for terminals and paper ask for.
            "\\\"" | "nh" | "ad" | "ie" | "el" => {}
            _ => return Err(format!("the site does not know the request .{name}")),
        }
        Ok(())
    }

    fn heading(&mut self, kind: &str, title: &str) {
        self.close_list();
        self.depth = 0;
        let title = Letters::of(title.trim_matches('"')).plain();
        self.in_name = title == "NAME";
        if !self.in_name {
            let marks = if kind == "SH" { "##" } else { "###" };
            let _ = writeln!(self.out, "\n{marks} {}\n", heading(&title));
        }
    }

    fn paragraph(&mut self, kind: &str) {
        self.flush();
        match kind {
            "RS" => self.depth += 1,
            "RE" => {
                self.depth = self.depth.saturating_sub(1);
                self.close_items();
            }
            "PP" if self.depth == 0 => self.close_list(),
            _ => {}
        }
    }

    fn line(&mut self, letters: Letters) {
        if std::mem::take(&mut self.in_name) {
            let plain = letters.plain();
            let summary = plain.split_once(" - ").map_or("", |(_, summary)| summary);
            let _ = writeln!(
                self.out,
                "<p class=\"summary\">{}</p>",
                escaped(&sentence(summary))
            );
        } else if std::mem::take(&mut self.tag_follows) {
            let plain = letters.plain();
            let name = plain.split(' ').next().unwrap_or_default();
            let anchor = match name.starts_with("KPC_") || name.starts_with("--") {
                true => format!(" id=\"{name}\""),
                false => String::new(),
            };
            let html = letters.html(self.targets, false);
            let _ = writeln!(self.out, "<dt{anchor}>{html}</dt>");
            self.out.push_str("<dd>\n");
        } else {
            let html = letters.html(self.targets, false);
            self.text.push(match &self.address {
                Some(address) => format!("<a href=\"{}\">{html}</a>", escaped(address)),
                None => html,
            });
        }
    }

    /// Code, or prototypes with the names of parameters marked.
    fn preformatted(&mut self, lines: &[&str], is_program: bool) {
        self.flush();
        let mut code = String::new();
        for line in lines {
            let letters = match line.split_once(' ') {
                _ if *line == ".PP" => Letters::default(),
                Some((".B", text)) => Letters::in_turns("B", text),
                _ => Letters::of(line),
            };
            let html = letters.html(self.targets, true);
            // An empty line would end a block of HTML.
            code.push_str(if html.is_empty() {
                "<span></span>"
            } else {
                &html
            });
            code.push('\n');
        }
        let class = match is_program {
            true => "language-c",
            false => "nohighlight prototype",
        };
        let _ = writeln!(
            self.out,
            "<pre><code class=\"{class}\">{}</code></pre>",
            code.trim_end()
        );
    }

    /// Goes on with a list, or begins it.
    fn open(&mut self, list: List) {
        self.flush();
        if self.list == list {
            self.out.push_str(if list == List::Definitions {
                "</dd>\n"
            } else {
                "</li>\n"
            });
            return;
        }
        // Items stand in a definition, and go on with it.
        if list == List::Definitions {
            self.close_list();
            self.out.push_str("\n<dl>\n");
        } else {
            self.out.push_str("<ul>\n");
        }
        self.list = list;
    }

    fn close_items(&mut self) {
        self.flush();
        if self.list == List::Items {
            self.out.push_str("</li>\n</ul>\n");
            self.list = List::Definitions;
        }
    }

    fn close_list(&mut self) {
        self.close_items();
        if self.list == List::Definitions {
            self.out.push_str("</dd>\n</dl>\n");
            self.list = List::None;
        }
    }

    fn flush(&mut self) {
        let text = self.text.join(" ");
        self.text.clear();
        if !text.trim().is_empty() {
            let _ = writeln!(self.out, "<p>{}</p>", text.trim());
        }
    }
}

/// A heading in letters of both kinds; names as code.
fn heading(title: &str) -> String {
    let words = title.split(' ').map(|word| {
        let is_loud = word.chars().all(|c| c.is_ascii_uppercase()) && title.len() > 3;
        match word.contains('_') {
            true => format!("`{word}`"),
            false if is_loud => word.to_lowercase(),
            false => word.to_owned(),
        }
    });
    capital(&words.collect::<Vec<_>>().join(" "))
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

fn sentence(summary: &str) -> String {
    let first = summary.split(' ').next().unwrap_or_default();
    let text = match first.contains('_') {
        true => summary.to_owned(),
        false => capital(summary),
    };
    match text.ends_with('.') {
        true => text,
        false => text + ".",
    }
}
