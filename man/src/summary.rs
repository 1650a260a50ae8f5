//! What a comment says, in a clause.

use crate::comment::Comment;

/// A clause that is longer ends at its first comma.
const LONG: usize = 120;

impl Comment {
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

    #[test]
    fn a_summary_is_one_clause() {
        let summary = |text: &str| Comment::parse(text).summary();
        assert_eq!(
            summary("Takes the next: one, in order. Or none."),
            "takes the next"
        );
        assert_eq!(
            summary("KPC_ID_SIZE, for others."),
            "KPC_ID_SIZE, for others"
        );
        assert_eq!(summary("A TCP socket."), "a TCP socket");
        let long = format!("Says goodbye, {}.", "which takes long, ".repeat(7));
        assert_eq!(summary(&long), "says goodbye");
    }

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
}
