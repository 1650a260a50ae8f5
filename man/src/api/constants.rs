//! Constants, in groups.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::header::{self, Header};

/// Constants that stand for values of one thing.
#[derive(Debug, Serialize)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// What its values are to each other.
    pub kind: GroupKind,
    /// What its constants begin with, which other languages leave out; may be empty.
    pub prefix: String,
    /// Its constants, in the order of the header.
    pub constants: Vec<Constant>,
}

/// What the values of a group are to each other.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupKind {
    /// One of them; later versions may add some.
    Enumeration,
    /// Any number of them together.
    Flags,
    /// Numbers of their own: sizes, limits.
    Numbers,
}

/// A constant.
#[derive(Debug, Serialize)]
pub struct Constant {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: i64,
    /// Of a status, the constant of its family.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Of a kind of event, the functions that return what it carries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub properties: Option<Vec<String>>,
    /// What is said of it.
    pub documentation: String,
}

use GroupKind::{Enumeration, Flags, Numbers};

/// Groups with what their constants begin with. A line that ends in no `_` is a constant by itself,
/// and comes before all others.
const GROUPS: &[(&str, GroupKind, &str)] = &[
    ("status", Enumeration, "KPC_ERR_"),
    ("status", Enumeration, "KPC_OK"),
    ("category", Enumeration, "KPC_CATEGORY_"),
    ("origin", Enumeration, "KPC_ORIGIN_"),
    ("reply", Enumeration, "KPC_REPLY_"),
    ("derivation", Enumeration, "KPC_DERIVATION_"),
    ("log_level", Enumeration, "KPC_LOG_"),
    ("transport", Enumeration, "KPC_TRANSPORT_"),
    ("lane", Enumeration, "KPC_LANE_"),
    ("health", Enumeration, "KPC_HEALTH_"),
    ("event", Enumeration, "KPC_EVENT_"),
    ("writer_state", Enumeration, "KPC_WRITER_"),
    ("reader_state", Enumeration, "KPC_READER_"),
    ("arrival", Enumeration, "KPC_ARRIVAL_"),
    ("shared_text", Enumeration, "KPC_SHARED_"),
    ("durability", Enumeration, "KPC_DURABILITY_"),
    ("message_kind", Enumeration, "KPC_MESSAGE_KIND"),
    ("message_kind", Enumeration, "KPC_MESSAGE_KIND_FILE"),
    ("write_flags", Flags, "KPC_WRITE_"),
    ("start_flags", Flags, "KPC_START_"),
    ("timeout", Enumeration, "KPC_FOREVER"),
    ("timeout", Enumeration, "KPC_NO_WAIT"),
    ("limit", Numbers, "KPC_MAX_"),
    ("limit", Numbers, "KPC_LANES"),
    ("limit", Numbers, "KPC_FIRST_MESSAGE_KIND_OF_PROGRAMS"),
    ("size", Numbers, "KPC_BOX_LENGTH_PREFIX"),
    ("size", Numbers, "KPC_WRITE_CAP_SIZE"),
    ("size", Numbers, "KPC_READ_CAP_SIZE"),
    ("size", Numbers, "KPC_BOX_INDEX_SIZE"),
    ("size", Numbers, "KPC_HASH_SIZE"),
    ("size", Numbers, "KPC_SEED_SIZE"),
    ("size", Numbers, "KPC_ID_SIZE"),
    ("size", Numbers, "KPC_MESSAGE_ID_SIZE"),
    ("size", Numbers, "KPC_SURB_ID_SIZE"),
    ("size", Numbers, "KPC_QUERY_ID_SIZE"),
    ("size", Numbers, "KPC_QUEUE_ID_MAX_SIZE"),
    ("size", Numbers, "KPC_SCHEME_NAME_SIZE"),
];

/// Every constant of the header, in its group.
pub(super) fn groups(header: &Header, statuses: &str) -> Result<Vec<Group>, String> {
    let categories = categories(statuses);
    let mut groups: Vec<Group> = Vec::new();
    for found in header.sections.iter().flat_map(|s| &s.constants) {
        let (name, kind, prefix) = group_of(&found.name).ok_or_else(|| {
            format!(
                "{} belongs to no group; man/src/api/constants.rs",
                found.name
            )
        })?;
        let constant = constant(found, name, &categories)?;
        match groups.iter_mut().find(|group| group.name == name) {
            Some(group) => group.constants.push(constant),
            None => groups.push(Group {
                name: name.to_owned(),
                kind,
                prefix: if name == "status" { "KPC_" } else { prefix }.to_owned(),
                constants: vec![constant],
            }),
        }
    }
    Ok(groups)
}

fn group_of(constant: &str) -> Option<(&'static str, GroupKind, &'static str)> {
    let whole = GROUPS.iter().find(|(.., begin)| *begin == constant);
    if let Some((name, kind, _)) = whole {
        return Some((name, *kind, "KPC_"));
    }
    let begins = |begin: &str| begin.ends_with('_') && constant.starts_with(begin);
    let (name, kind, begin) = GROUPS.iter().find(|(.., begin)| begins(begin))?;
    let prefix = if *kind == Numbers { "KPC_" } else { begin };
    Some((name, *kind, prefix))
}

fn constant(
    found: &header::Constant,
    group: &str,
    categories: &BTreeMap<String, String>,
) -> Result<Constant, String> {
    let text = found.value.trim_matches(['(', ')']);
    let value = text
        .parse()
        .map_err(|_| format!("{} is no number: {text}", found.name))?;
    let documentation = found.comment.paragraphs.join(" ");
    let of_status = (group == "status").then(|| {
        let category = categories.get(&found.name);
        category
            .cloned()
            .ok_or(format!("{} has no category", found.name))
    });
    Ok(Constant {
        name: found.name.clone(),
        value,
        category: of_status.transpose()?,
        properties: (group == "event").then(|| properties(&found.name, &documentation)),
        documentation,
    })
}

/// The functions that the comment of a kind of event names.
fn properties(event: &str, documentation: &str) -> Vec<String> {
    if event == "KPC_EVENT_NONE" {
        return Vec::new();
    }
    let words = documentation.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let named = words.filter(|word| word.starts_with("kpc_event_"));
    named.map(str::to_owned).collect()
}

/// The category of each status, from the table of statuses.
fn categories(table: &str) -> BTreeMap<String, String> {
    let row = |line: &str| {
        let mut fields = line.trim().splitn(4, ", ");
        let (_, name, category) = (fields.next()?, fields.next()?, fields.next()?);
        let name = match name {
            "OK" => "KPC_OK".to_owned(),
            _ => format!("KPC_ERR_{name}"),
        };
        Some((name, format!("KPC_CATEGORY_{}", category.to_uppercase())))
    };
    table.lines().filter_map(row).collect()
}
