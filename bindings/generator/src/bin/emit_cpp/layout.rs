//! Lines of C++: lists that are broken where they get too long, comments, headings.

use kpclient_bindings::comments::wrapped;

/// Characters of a line.
const WIDTH: usize = 100;

/// `begin`, the parts with commas, `end`; in several lines where one is too short.
pub(super) fn list(indent: usize, begin: &str, parts: &[String], end: &str) -> String {
    let pad = " ".repeat(indent);
    let whole = format!("{pad}{begin}{}{end}\n", parts.join(", "));
    if whole.trim_end().chars().count() <= WIDTH {
        return whole;
    }
    let listed = format!("{}{end}", parts.join(", "));
    // What is no word of its own must not be broken: only the commas are.
    let words: Vec<&str> = listed.split(", ").collect();
    let mut text = format!("{pad}{begin}\n");
    let deeper = " ".repeat(indent + 8);
    let mut line = String::new();
    for (at, word) in words.iter().enumerate() {
        let comma = if at + 1 == words.len() { "" } else { "," };
        let blank = if line.is_empty() { "" } else { " " };
        let more = format!("{blank}{word}{comma}");
        if !line.is_empty() && deeper.len() + line.len() + more.len() > WIDTH {
            text += &format!("{deeper}{line}\n");
            line = format!("{word}{comma}");
        } else {
            line += &more;
        }
    }
    format!("{text}{deeper}{line}\n")
}

/// A comment of one paragraph.
pub(super) fn comment(indent: usize, text: &str) -> String {
    let pad = " ".repeat(indent);
    let lines = wrapped(text, WIDTH - indent - "/// ".len());
    let lines = lines.iter().map(|line| format!("{pad}/// {line}\n"));
    lines.collect()
}

/// The heading of a part of the file.
pub(super) fn heading(text: &str) -> String {
    format!("\n{:-<99}\n\n", format!("// ---- {text} "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_lists_stay_in_a_line() {
        let parts = ["int a".to_owned(), "int b".to_owned()];
        assert_eq!(list(2, "f(", &parts, ");"), "  f(int a, int b);\n");
    }

    #[test]
    fn long_lists_are_broken_at_commas() {
        let parts = vec!["x".repeat(50), "y".repeat(45)];
        let broken = list(0, "f(", &parts, ");");
        let expected = format!(
            "f(\n        {},\n        {});\n",
            "x".repeat(50),
            "y".repeat(45)
        );
        assert_eq!(broken, expected);
    }

    #[test]
    fn headings_are_as_wide_as_lines_may_be() {
        assert_eq!(heading("Classes").trim().len(), 99);
    }
}
