//! One page: its head, its sections, its references.

use std::fmt::Write as _;

use crate::roff;

/// A page in the making.
pub struct Page {
    text: String,
}

/// Of which version and day a page tells.
#[derive(Clone, Debug)]
pub struct Edition {
    /// The version of the library.
    pub version: String,
    /// The day of its release; empty as long as there is none.
    pub date: String,
}

impl Page {
    /// Begins a page.
    pub fn new(name: &str, number: u8, edition: &Edition) -> Self {
        let Edition { version, date } = edition;
        Page {
            text: format!(
                ".\\\" Made by `make man` from include/kpclient.h and man/src; do not edit.\n\
                 .TH {} {number} \"{date}\" \"libkpclient {version}\" \"libkpclient\"\n\
                 .nh\n.ad l\n",
                roff::code(name)
            ),
        }
    }

    /// Begins a section.
    pub fn section(&mut self, title: &str) -> &mut Self {
        let _ = writeln!(self.text, ".SH {title}");
        self
    }

    /// Begins a part of a section.
    pub fn part(&mut self, title: &str) -> &mut Self {
        let _ = writeln!(self.text, ".SS {}", roff::code(title));
        self
    }

    /// Names what the page is about, for whatis(1).
    pub fn names(&mut self, names: &[&str], summary: &str) -> &mut Self {
        let names = names.join(", ");
        self.section("NAME");
        let _ = writeln!(self.text, "{names} \\- {}", roff::text(summary));
        self
    }

    /// A paragraph of text that is marked up already.
    pub fn paragraph(&mut self, roff: &str) -> &mut Self {
        // None directly below a heading, where there is room anyhow.
        if !self.ends_with_heading() {
            self.text.push_str(".PP\n");
        }
        self.lines(roff)
    }

    /// A tag with its text, both marked up already.
    pub fn tagged(&mut self, tag: &str, roff: &str) -> &mut Self {
        let _ = writeln!(self.text, ".TP\n{tag}");
        self.lines(roff)
    }

    /// Lines as they are.
    pub fn lines(&mut self, roff: &str) -> &mut Self {
        self.text.push_str(roff);
        if !roff.ends_with('\n') {
            self.text.push('\n');
        }
        self
    }

    /// References to other pages, in their order, without doubles.
    pub fn see_also(&mut self, mut pages: Vec<(u8, String)>) -> &mut Self {
        pages.sort();
        pages.dedup();
        self.section("SEE ALSO");
        let lines: Vec<_> = pages
            .iter()
            .map(|(number, name)| format!(".BR {} ({number})", roff::code(name)))
            .collect();
        self.lines(&lines.join(" ,\n"))
    }

    fn ends_with_heading(&self) -> bool {
        let last = self.text.lines().last().unwrap_or_default();
        last.starts_with(".SH") || last.starts_with(".SS")
    }

    /// The whole text.
    pub fn finish(self) -> String {
        self.text
    }
}
