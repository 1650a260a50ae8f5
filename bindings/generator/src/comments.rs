//! Documentation, told in the words of another language.

/// How a language calls what the comments of the header name.
pub struct Words<'a> {
    /// What stands for NULL.
    pub null: &'a str,
    /// What a function or type of C is called; None leaves the name as it is.
    pub name: &'a dyn Fn(&str) -> Option<String>,
    /// What a constant of C is called; None leaves the name as it is.
    pub constant: &'a dyn Fn(&str) -> Option<String>,
}

impl Words<'_> {
    /// A text with the names of the language in the place of those of C.
    #[must_use]
    pub fn told(&self, text: &str) -> String {
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let mut told = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(is_word) {
            let (before, from) = rest.split_at(at);
            let (word, after) = from.split_at(from.find(|c| !is_word(c)).unwrap_or(from.len()));
            told.push_str(before);
            match self.word(word) {
                Some(name) => told.push_str(&name),
                None => told.push_str(word),
            }
            rest = after;
        }
        told.push_str(rest);
        told
    }

    fn word(&self, word: &str) -> Option<String> {
        match word {
            "NULL" => Some(self.null.to_owned()),
            _ if word.starts_with("kpc_") => (self.name)(word),
            _ if word.starts_with("KPC_") => (self.constant)(word),
            _ => None,
        }
    }
}

/// What C alone has to be told of arguments and outputs, to the end of the text.
const OF_C: &[&str] = &[
    "; may be NULL",
    "; may be the same variable as ",
    ", or the same variable as ",
    "; zero on failure, so not the variable ",
    ", UTF-8 and followed by a NUL",
];

/// What is said of an argument or output, without what only C has to be told.
#[must_use]
pub fn of_argument(told: &str) -> String {
    let told = told.strip_prefix("receives ").unwrap_or(told);
    let end = OF_C.iter().filter_map(|words| told.find(words)).min();
    let (said, cut) = told.split_at(end.unwrap_or(told.len()));
    // What stands behind a note on the text goes on.
    let rest = cut
        .strip_prefix(", UTF-8 and followed by a NUL")
        .unwrap_or("");
    format!("{said}{}", of_rest(rest))
}

fn of_rest(rest: &str) -> &str {
    let end = OF_C.iter().filter_map(|words| rest.find(words)).min();
    rest.split_at(end.unwrap_or(rest.len())).0
}

/// A text in lines of at most so many columns.
#[must_use]
pub fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= columns => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_language() {
        let name = |name: &str| (name == "kpc_read_box").then(|| "readBox".to_owned());
        let constant = |name: &str| name.strip_prefix("KPC_ERR_").map(str::to_owned);
        let words = Words {
            null: "nil",
            name: &name,
            constant: &constant,
        };
        assert_eq!(
            words.told("kpc_read_box, kpc_x: NULL, KPC_ERR_TIMEOUT (NULLs)."),
            "readBox, kpc_x: nil, TIMEOUT (NULLs)."
        );
    }

    #[test]
    fn what_only_c_is_told_is_left_out() {
        assert_eq!(
            of_argument("receives the key; secret; may be NULL"),
            "the key; secret"
        );
        assert_eq!(
            of_argument(
                "receives the text, UTF-8 and followed by a NUL; as secret as the capability"
            ),
            "the text; as secret as the capability"
        );
        assert_eq!(of_argument("which box"), "which box");
    }

    #[test]
    fn lines_are_filled() {
        assert_eq!(wrapped("one two  three", 7), ["one two", "three"]);
        assert!(wrapped(" ", 7).is_empty());
    }
}
