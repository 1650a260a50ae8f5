//! What was found beside what must be there, in words.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::store::backing::Record;

/// What must be there.
pub(super) type Records = BTreeMap<Vec<u8>, Vec<u8>>;

/// What was asked for.
pub(super) enum Asked<'a> {
    /// The record of one key.
    One,
    /// Those of a range.
    Range {
        from: &'a [u8],
        to: &'a [u8],
        limit: usize,
    },
}

/// What is wrong with what was found, if anything is.
pub(super) fn difference(
    asked: &Asked<'_>,
    expected: &[(&Vec<u8>, &Vec<u8>)],
    found: &[Record],
) -> Option<String> {
    if let Asked::Range { from, to, limit } = asked {
        let outside = |(key, _): &&Record| key.as_slice() < *from || key.as_slice() >= *to;
        if let Some((key, _)) = found.iter().find(outside) {
            return Some(format!("{} is outside of the range", shown(key)));
        }
        if let Some(pair) = found.windows(2).find(|pair| pair[0].0 >= pair[1].0) {
            let (before, after) = (shown(&pair[0].0), shown(&pair[1].0));
            return Some(format!(
                "{before} comes before {after}, which is not the order of their bytes"
            ));
        }
        if found.len() > *limit {
            return Some(format!(
                "{} records, where the limit is {limit}",
                found.len()
            ));
        }
    }
    let has = |key: &[u8]| found.iter().find(|(other, _)| other.as_slice() == key);
    for (key, value) in expected {
        match has(key) {
            None => return Some(format!("{} is missing", shown(key))),
            Some((_, other)) if value.as_slice() != other.as_ref() => {
                let (found, wanted) = (other.len(), value.len());
                return Some(format!(
                    "{} has another value, of {found} bytes, where {wanted} were put",
                    shown(key)
                ));
            }
            Some(_) => {}
        }
    }
    let unknown = |(key, _): &&Record| !expected.iter().any(|(other, _)| *other == key);
    let (key, _) = found.iter().find(unknown)?;
    Some(format!("{} is there, and must not be", shown(key)))
}

/// A key in words. Those of a check are no secrets.
fn shown(key: &[u8]) -> String {
    let mut text = "the record ".to_owned();
    for byte in key.iter().take(8) {
        // Writing into a text cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    if key.len() > 8 {
        text.push_str("...");
    }
    text
}
