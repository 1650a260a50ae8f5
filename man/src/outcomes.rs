//! The statuses that a comment names, most of them behind `@return`.

use crate::comment::Comment;
use crate::status_groups::items;

/// One status of a list.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome<'a> {
    /// Its name.
    pub name: &'a str,
    /// When it comes, where that is said.
    pub note: Option<&'a str>,
}

/// The failures that a comment names: behind `@return`, then in what is said of parameters.
pub fn of(comment: &Comment) -> Vec<Outcome<'_>> {
    let returns = comment.returns.as_deref().unwrap_or_default();
    let mut outcomes = parse(returns).unwrap_or_else(|| named_in(returns));
    let elsewhere = comment.parameters.iter().map(|(_, text)| text.as_str());
    for outcome in elsewhere.flat_map(named_in) {
        if !outcomes.iter().any(|known| known.name == outcome.name) {
            outcomes.push(outcome);
        }
    }
    outcomes
}

/// The failures of a list such as `KPC_OK, KPC_ERR_BUSY (it has one), KPC_ERR_CLOSED`; None where
/// more is said than a list.
pub fn parse(returns: &str) -> Option<Vec<Outcome<'_>>> {
    let mut items = items(returns).into_iter();
    if items.next()? != "KPC_OK" {
        return None;
    }
    items.map(outcome).collect()
}

/// The failures that a text names, with what is said of them where that is clear.
pub fn named_in(returns: &str) -> Vec<Outcome<'_>> {
    let mut found: Vec<Outcome<'_>> = items(returns).into_iter().filter_map(outcome).collect();
    for name in returns.split(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
        let is_new = !found.iter().any(|outcome| outcome.name == name);
        // A name that ends in a blank stands for a family of them.
        if name.starts_with("KPC_ERR_") && is_new && !name.ends_with('_') {
            found.push(Outcome { name, note: None });
        }
    }
    found
}

fn outcome(item: &str) -> Option<Outcome<'_>> {
    let (name, note) = match item.split_once(" (") {
        Some((name, note)) => (name, Some(note.strip_suffix(')')?)),
        None => (item, None),
    };
    let is_name = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let is_error = name.starts_with("KPC_ERR_") && name.chars().all(is_name);
    is_error.then_some(Outcome { name, note })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_taken_apart() {
        let plain = |name| Outcome { name, note: None };
        assert_eq!(
            parse("KPC_OK, KPC_ERR_BUSY (one, or more), KPC_ERR_CLOSED"),
            Some(vec![
                Outcome {
                    name: "KPC_ERR_BUSY",
                    note: Some("one, or more")
                },
                plain("KPC_ERR_CLOSED")
            ])
        );
        assert_eq!(parse("KPC_OK"), Some(Vec::new()));
    }

    #[test]
    fn more_than_a_list_is_left_as_it_is() {
        let text = "KPC_OK, or how it failed; KPC_ERR_BUSY (why), KPC_ERR_CLOSED when it is";
        assert_eq!(parse(text), None);
        let named: Vec<_> = named_in(text).iter().map(|o| o.name).collect();
        assert_eq!(named, ["KPC_ERR_BUSY", "KPC_ERR_CLOSED"]);
        assert_eq!(parse("true or false"), None);
        assert!(named_in("a KPC_ERR_ value").is_empty());
    }
}
