//! A documentation comment of the header, taken apart.

/// A clause that is longer ends at its first comma.
const LONG: usize = 120;

/// What one comment says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Comment {
    /// Its text, a paragraph each.
    pub paragraphs: Vec<String>,
    /// Parameters in their order: name and text.
    pub parameters: Vec<(String, String)>,
    /// What is returned.
    pub returns: Option<String>,
    /// Who owns what comes out.
    pub ownership: Option<String>,
    /// On which threads it may be called.
    pub threads: Option<String>,
}

impl Comment {
    /// Takes apart what stands between `/**` and `*/`.
    pub fn parse(text: &str) -> Self {
        let mut comment = Comment::default();
        let mut open = false; // the next line goes on where the last one was
        for line in text.lines() {
            let line = line.trim();
            let line = line.strip_prefix('*').unwrap_or(line).trim();
            if line.is_empty() {
                open = false;
            } else if !comment.begin(line) {
                comment.go_on(line, open);
                open = true;
            } else {
                open = true;
            }
        }
        comment
    }

    /// Takes a line that begins a part of its own.
    fn begin(&mut self, line: &str) -> bool {
        if let Some(rest) = line.strip_prefix("@param ") {
            let (name, text) = rest.split_once(' ').unwrap_or((rest, ""));
            self.parameters
                .push((name.to_owned(), text.trim().to_owned()));
        } else if let Some(rest) = line.strip_prefix("@return ") {
            self.returns = Some(rest.trim().to_owned());
        } else if let Some(rest) = line.strip_prefix("Ownership: ") {
            self.ownership = Some(rest.to_owned());
        } else if let Some(rest) = line.strip_prefix("Threads: ") {
            self.threads = Some(rest.to_owned());
        } else {
            return false;
        }
        true
    }

    /// Takes a line that goes on with the part begun last, or begins a paragraph.
    fn go_on(&mut self, line: &str, open: bool) {
        let last_parameter = self.parameters.last_mut().map(|(_, text)| text);
        let part = self
            .threads
            .as_mut()
            .or(self.ownership.as_mut())
            .or(self.returns.as_mut())
            .or(last_parameter)
            .or(self.paragraphs.last_mut());
        match part {
            Some(part) if open => {
                part.push(' ');
                part.push_str(line);
            }
            _ => self.paragraphs.push(line.to_owned()),
        }
    }

    /// The first clause, for lists: no full stop, and no capital where it begins with a word.
    pub fn summary(&self) -> String {
        let text = self.paragraphs.first().map_or("", String::as_str);
        let sentence = text.split_once(". ").map_or(text, |(first, _)| first);
        let clause = sentence.split([':', ';']).next().unwrap_or(sentence);
        let clause = match clause.split_once(", ") {
            Some((begin, _)) if clause.len() > LONG => begin,
            _ => clause.trim_end_matches('.'),
        };
        let mut letters = clause.chars();
        match (letters.next(), letters.next()) {
            (Some(first), Some(second)) if !second.is_uppercase() => {
                let rest = clause.get(first.len_utf8()..).unwrap_or_default();
                format!("{}{rest}", first.to_lowercase())
            }
            _ => clause.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "
 * Takes the next: one, in order. Or none.
 *
 * More of it.
 *
 * @param sink   the sink; its
 *               second line
 * @param event  receives it
 * @return KPC_OK,
 *         KPC_ERR_BUSY
 *
 * Ownership: *event is the caller's.
 * Threads: any; of several
 * each gets one.
";

    #[test]
    fn every_part_is_found_and_lines_are_joined() {
        let comment = Comment::parse(TEXT);
        assert_eq!(
            comment.paragraphs,
            ["Takes the next: one, in order. Or none.", "More of it."]
        );
        let parameters: Vec<_> = comment
            .parameters
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str()))
            .collect();
        assert_eq!(
            parameters,
            [
                ("sink", "the sink; its second line"),
                ("event", "receives it")
            ]
        );
        assert_eq!(comment.returns.as_deref(), Some("KPC_OK, KPC_ERR_BUSY"));
        assert_eq!(
            comment.ownership.as_deref(),
            Some("*event is the caller's.")
        );
        assert_eq!(
            comment.threads.as_deref(),
            Some("any; of several each gets one.")
        );
    }

    #[test]
    fn a_summary_is_one_clause() {
        assert_eq!(Comment::parse(TEXT).summary(), "takes the next");
        let summary = |text: &str| Comment::parse(text).summary();
        assert_eq!(
            summary("KPC_ID_SIZE, for others."),
            "KPC_ID_SIZE, for others"
        );
        assert_eq!(summary("A TCP socket."), "a TCP socket");
        let long = format!("Says goodbye, {}.", "which takes long, ".repeat(7));
        assert_eq!(summary(&long), "says goodbye");
    }
}
