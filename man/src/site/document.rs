//! A document of the tree as a page of the site: links to what is no page become text, and names of
//! the interface lead to the reference.

use std::collections::BTreeMap;

/// A document.
pub struct Document<'a> {
    /// Where it is in the tree.
    pub path: &'a str,
    /// The files of the tree that are pages, with their pages.
    pub pages: &'a BTreeMap<String, String>,
    /// Where names are explained, as seen from the reference.
    pub places: &'a BTreeMap<String, String>,
}

impl Document<'_> {
    /// The text of the page.
    pub fn page(&self, text: &str) -> String {
        let mut out = String::new();
        let mut prose = String::new();
        let mut in_code = false;
        for line in text.split_inclusive('\n') {
            let is_fence = line.trim_start().starts_with("```");
            if !is_fence && !in_code && !line.starts_with('#') {
                prose.push_str(line);
                continue;
            }
            out.push_str(&self.prose(&prose, true));
            prose.clear();
            match is_fence || in_code {
                true => out.push_str(line),
                false => out.push_str(&self.prose(line, false)),
            }
            in_code ^= is_fence;
        }
        out.push_str(&self.prose(&prose, true));
        out
    }

    /// Text outside of blocks of code.
    fn prose(&self, text: &str, with_names: bool) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['`', '[']) {
            let (before, tail) = rest.split_at(at);
            out.push_str(before);
            let taken = match tail.starts_with('`') {
                true => self.code(tail, with_names, &mut out),
                false => self.link(tail, out.ends_with('!'), &mut out),
            };
            rest = tail.get(taken..).unwrap_or_default();
        }
        out.push_str(rest);
        out
    }

    /// Code in a line, which leads to the reference if it is a name; returns its length.
    fn code(&self, tail: &str, with_names: bool, out: &mut String) -> usize {
        let inner = tail.get(1..).and_then(|inner| inner.split('`').next());
        let Some(inner) = inner.filter(|inner| !inner.is_empty()) else {
            out.push('`');
            return 1;
        };
        match self.places.get(inner.trim_end_matches("()")) {
            Some(place) if with_names => {
                let place = self.relative(&format!("reference/{place}"));
                out.push_str(&format!("[`{inner}`]({place})"));
            }
            _ => out.push_str(&format!("`{inner}`")),
        }
        inner.len() + 2
    }

    /// A link; returns its length, or 1 where none begins.
    fn link(&self, tail: &str, is_picture: bool, out: &mut String) -> usize {
        let Some((label, target)) = split_link(tail) else {
            out.push('[');
            return 1;
        };
        let text = self.prose(label, false);
        match self.resolved(target) {
            Some(target) => out.push_str(&format!("[{text}]({target})")),
            None if is_picture => out.push_str(&format!("[{text}]({target})")),
            None => out.push_str(&text),
        }
        label.len() + target.len() + 4
    }

    /// Where a link leads on the site, if it leads anywhere.
    fn resolved(&self, target: &str) -> Option<String> {
        if target.contains("://") || target.starts_with(['#', '<']) || target.starts_with("mailto:")
        {
            return Some(target.to_owned());
        }
        let (file, anchor) = match target.split_once('#') {
            Some((file, anchor)) => (file, format!("#{anchor}")),
            None => (target, String::new()),
        };
        let file = joined(self.path, file);
        let page = self.pages.get(&file);
        let page = page.or_else(|| self.pages.get(&format!("{file}/README.md")))?;
        Some(self.relative(page) + &anchor)
    }

    /// The way from this page to another one.
    fn relative(&self, page: &str) -> String {
        "../".repeat(self.path.matches('/').count()) + page
    }
}

/// The label and the target of the link that begins here.
fn split_link(tail: &str) -> Option<(&str, &str)> {
    let mut depth = 0_usize;
    let end = tail.char_indices().find_map(|(at, letter)| {
        match letter {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        (letter == ']' && depth == 0).then_some(at)
    })?;
    let label = tail.get(1..end)?;
    let target = tail.get(end + 1..)?.strip_prefix('(')?.split(')').next()?;
    (!target.contains('\n')).then_some((label, target))
}

/// What a relative path in a file means, from the top of the tree.
pub fn joined(file: &str, relative: &str) -> String {
    let mut parts: Vec<&str> = file.split('/').collect();
    parts.pop();
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            name => parts.push(name),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(text: &str) -> String {
        let own = |(from, to): (&str, &str)| (from.to_owned(), to.to_owned());
        let pages = [("sim/README.md", "sim/index.md"), ("ABI.md", "ABI.md")].map(own);
        let places = [("kpc_a", "kpc_a.html"), ("KPC_B", "kpclient_b.html#KPC_B")].map(own);
        Document {
            path: "docs/one.md",
            pages: &pages.into(),
            places: &places.into(),
        }
        .page(text)
    }

    #[test]
    fn links_lead_to_pages_or_are_text() {
        assert_eq!(
            page("[a `b`](../ABI.md#c), [s](../sim), [no `f`](../src/lib.rs), [x](https://x), [#](#y)\n"),
            "[a `b`](../ABI.md#c), [s](../sim/index.md), no `f`, [x](https://x), [#](#y)\n"
        );
        assert_eq!(
            page("![rooms](pictures/a.svg) [0] a[1]"),
            "![rooms](pictures/a.svg) [0] a[1]"
        );
    }

    #[test]
    fn names_lead_to_the_reference_but_not_in_headings_links_and_blocks() {
        assert_eq!(
            page("`kpc_a()` and `KPC_B`, `x`\n"),
            "[`kpc_a()`](../reference/kpc_a.html) and [`KPC_B`](../reference/kpclient_b.html#KPC_B), `x`\n"
        );
        for same in [
            "# `kpc_a`\n",
            "[`kpc_a`](https://x)\n",
            "```c\n`kpc_a` [a](b)\n```\n",
        ] {
            assert_eq!(page(same), same);
        }
    }
}
