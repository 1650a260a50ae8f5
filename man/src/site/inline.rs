//! A line of a manual page as HTML: fonts, escapes, and names that lead to other pages.

use std::collections::BTreeMap;

/// What a letter is set in.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Font {
    #[default]
    Roman,
    Bold,
    Italic,
}

/// Where names lead to: from the page that is being written.
pub struct Targets<'a> {
    /// The page itself, which nothing on it leads to.
    pub own: &'a str,
    /// Each name with its address, relative to the pages of the reference.
    pub places: &'a BTreeMap<String, String>,
}

impl Targets<'_> {
    fn of(&self, name: &str) -> Option<&str> {
        let place = self.places.get(name)?.as_str();
        (place.split('#').next() != Some(self.own)).then_some(place)
    }
}

/// Letters with their fonts.
#[derive(Clone, Debug, Default)]
pub struct Letters {
    letters: Vec<(char, Font)>,
    font: Font,
}

impl Letters {
    /// The text of a line: `\fB`, `\-`, `\(aq` and the like are read.
    pub fn of(source: &str) -> Self {
        let mut text = Letters::default();
        text.add(source);
        text
    }

    /// The words of `.BR` and the like, whose fonts take turns.
    pub fn in_turns(fonts: &str, words: &str) -> Self {
        let mut text = Letters::default();
        let kinds = fonts.chars().map(|letter| match letter {
            'B' => Font::Bold,
            'I' => Font::Italic,
            _ => Font::Roman,
        });
        let alone = fonts.len() == 1;
        let words: Vec<String> = match alone {
            true => vec![words.trim_matches('"').to_owned()],
            false => arguments(words),
        };
        for (word, font) in words.iter().zip(kinds.cycle()) {
            text.font = font;
            text.add(word);
        }
        text.font = Font::Roman;
        text
    }

    /// Without fonts.
    pub fn plain(&self) -> String {
        self.letters.iter().map(|(letter, _)| letter).collect()
    }

    fn add(&mut self, source: &str) {
        let mut rest = source.chars();
        while let Some(letter) = rest.next() {
            match letter {
                '\\' => self.escape(&mut rest),
                _ => self.letters.push((letter, self.font)),
            }
        }
    }

    fn escape(&mut self, rest: &mut std::str::Chars<'_>) {
        let letter = match rest.next() {
            Some('f') => {
                self.font = match rest.next() {
                    Some('B') => Font::Bold,
                    Some('I') => Font::Italic,
                    _ => Font::Roman,
                };
                return;
            }
            Some('(') => special([rest.next(), rest.next()]),
            // The only string that pages define is the apostrophe.
            Some('*') => {
                rest.by_ref().take(3).for_each(drop);
                Some('\'')
            }
            Some('e') => Some('\\'),
            Some('&') | None => None,
            other => other,
        };
        self.letters
            .extend(letter.map(|letter| (letter, self.font)));
    }

    /// As HTML, with references. Bold and italic are shown as such in synopses, which are code already.
    pub fn html(&self, targets: &Targets<'_>, is_code: bool) -> String {
        let mut out = String::new();
        // Letters of one font, up to a reference or to the next font.
        let (mut run, mut run_font) = (String::new(), Font::Roman);
        let mut at = 0;
        while let Some((letter, font)) = self.letters.get(at) {
            let reference = self.reference(at, targets);
            if reference.is_some() || *font != run_font {
                out.push_str(&styled(&std::mem::take(&mut run), run_font, is_code));
                run_font = *font;
            }
            match reference {
                Some((name, place, next)) => {
                    let shown = styled(&name, Font::Bold, is_code);
                    out.push_str(&format!("<a href=\"{place}\">{shown}</a>"));
                    at = next;
                }
                None => {
                    run.push(*letter);
                    at += 1;
                }
            }
        }
        out + &styled(&run, run_font, is_code)
    }

    /// A name here that leads somewhere, with the end of what stands for it.
    fn reference(&self, at: usize, targets: &Targets<'_>) -> Option<(String, String, usize)> {
        let word = self.word_at(at);
        if word.is_empty() {
            return None;
        }
        let (_, font) = self.letters.get(at)?;
        let end = at + word.chars().count();
        let behind: String = self.slice(end, end + 3);
        let is_page = matches!(behind.as_str(), "(1)" | "(3)");
        // In bold also what is no page: kpclient is the name of a header, too.
        let is_name = *font == Font::Bold && (word.starts_with("kpc_") || word.starts_with("KPC_"));
        if !is_page && !is_name {
            return None;
        }
        let place = targets.of(&word)?;
        Some((word, place.to_owned(), if is_page { end + 3 } else { end }))
    }

    /// The name that begins here; none in the middle of one.
    fn word_at(&self, at: usize) -> String {
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        let before = at
            .checked_sub(1)
            .and_then(|before| self.letters.get(before));
        if before.is_some_and(|(letter, _)| is_part(*letter)) {
            return String::new();
        }
        let letters = self.letters.iter().skip(at).map(|(letter, _)| *letter);
        letters.take_while(|letter| is_part(*letter)).collect()
    }

    fn slice(&self, from: usize, to: usize) -> String {
        let letters = self.letters.iter().skip(from).take(to.saturating_sub(from));
        letters.map(|(letter, _)| letter).collect()
    }
}

fn special(name: [Option<char>; 2]) -> Option<char> {
    Some(match name {
        [Some('a'), Some('q')] => '\'',
        [Some('d'), Some('q')] => '"',
        [Some('g'), Some('a')] => '`',
        [Some('h'), Some('a')] => '^',
        [Some('t'), Some('i')] => '~',
        [Some('b'), Some('u')] => '\u{2022}',
        _ => return None,
    })
}

/// The arguments of a request: words, of which those with blanks stand in quotation marks.
fn arguments(line: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = line.trim_start();
    while !rest.is_empty() {
        let (word, tail) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => rest.split_once(' ').unwrap_or((rest, "")),
        };
        found.push(word.to_owned());
        rest = tail.trim_start();
    }
    found
}

fn styled(text: &str, font: Font, is_code: bool) -> String {
    let text = escaped(text);
    match (font, is_code) {
        (Font::Roman, _) => text,
        _ if text.is_empty() => text,
        // The commas of a list of references are bold, too.
        (Font::Bold, false) if text.contains(char::is_alphanumeric) || text.len() > 1 => {
            format!("<code>{text}</code>")
        }
        (Font::Bold, _) => text,
        (Font::Italic, _) => format!("<var>{text}</var>"),
    }
}

/// Text that HTML does not read.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn html(source: &Letters) -> String {
        let places = [
            ("kpc_a", "kpc_a.html"),
            ("kpc_b", "kpc_b.html"),
            ("kpc-x", "kpc-x.html"),
            ("kpclient", "kpclient.html"),
        ];
        let places = places.map(|(name, place)| (name.to_owned(), place.to_owned()));
        let targets = Targets {
            own: "kpc_b.html",
            places: &places.into(),
        };
        source.html(&targets, false)
    }

    #[test]
    fn names_lead_to_pages_but_not_to_their_own() {
        assert_eq!(
            html(&Letters::of("as \\fBkpc_a\\fP(3) and \\fBkpc_b\\fP() <do>, kpc\\-x(1).")),
            "as <a href=\"kpc_a.html\"><code>kpc_a</code></a> and <code>kpc_b</code>() &lt;do&gt;, \
             <a href=\"kpc-x.html\"><code>kpc-x</code></a>."
        );
        assert_eq!(html(&Letters::of("no kpc_a here")), "no kpc_a here");
        // Within a run of bold letters, but not what is the name of a header.
        assert_eq!(
            html(&Letters::of("\\fB<kpclient.h> kpc_a *\\fP")),
            "<code>&lt;kpclient.h&gt; </code><a href=\"kpc_a.html\"><code>kpc_a</code></a><code> *</code>"
        );
    }

    #[test]
    fn fonts_take_turns() {
        assert_eq!(
            html(&Letters::in_turns("BR", "kpc_a (3) ,")),
            "<a href=\"kpc_a.html\"><code>kpc_a</code></a>,"
        );
        assert_eq!(html(&Letters::in_turns("I", "a b")), "<var>a b</var>");
    }

    #[test]
    fn escapes_are_letters() {
        assert_eq!(
            html(&Letters::of("\\&.it\\*(Aqs \\(dq\\-1\\(dq \\e")),
            ".it's \"-1\" \\"
        );
    }
}
