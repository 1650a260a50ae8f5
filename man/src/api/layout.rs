//! How structs lie in memory on machines of 64 bits.

use serde::Serialize;

use super::constants::Group;
use crate::header::Type;

/// A struct that programs see.
#[derive(Debug, Serialize)]
pub struct Struct {
    /// Its name.
    pub name: String,
    /// Bytes of it.
    pub size: usize,
    /// What its address is a multiple of.
    pub alignment: usize,
    /// Whether copies of it are to be wiped.
    pub is_secret: bool,
    /// A paragraph each.
    pub documentation: Vec<String>,
    /// Its members in their order.
    pub members: Vec<Member>,
}

/// A member of a struct.
#[derive(Debug, Serialize)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// Its type; of an array, that of an element.
    pub r#type: String,
    /// How many there are of it, where it is an array.
    pub count: Option<usize>,
    /// Where it begins.
    pub offset: usize,
    /// Bytes of it.
    pub size: usize,
    /// What is said of it.
    pub documentation: String,
}

/// Every struct; a struct that is a member of another one comes before it.
pub(super) fn structs(types: &[&Type], constants: &[Group]) -> Result<Vec<Struct>, String> {
    let mut known: Vec<Struct> = Vec::new();
    for kind in types {
        let laid = structure(kind, &known, constants)?;
        known.push(laid);
    }
    Ok(known)
}

fn structure(kind: &Type, known: &[Struct], constants: &[Group]) -> Result<Struct, String> {
    let body = kind
        .declaration
        .split_once('{')
        .map_or("", |(_, body)| body);
    let body = body.rsplit_once('}').map_or("", |(body, _)| body);
    let mut laid = Struct {
        name: kind.name.clone(),
        size: 0,
        alignment: 1,
        is_secret: kind
            .comment
            .paragraphs
            .join(" ")
            .to_lowercase()
            .contains("secret"),
        documentation: kind.comment.paragraphs.clone(),
        members: Vec::new(),
    };
    for declared in body.split(';').map(str::trim).filter(|m| !m.is_empty()) {
        let said = kind.members.iter().find(|(name, _)| name == declared);
        let documentation = said.map_or_else(String::new, |(_, c)| c.paragraphs.join(" "));
        let (r#type, name, count) = taken_apart(declared, constants)?;
        let (size, alignment) = size_of(&r#type, known)
            .ok_or_else(|| format!("how large is {type} of {}", kind.name))?;
        let offset = laid.size.next_multiple_of(alignment);
        let size = size * count.unwrap_or(1);
        laid.size = offset + size;
        laid.alignment = laid.alignment.max(alignment);
        laid.is_secret |= known.iter().any(|s| s.name == r#type && s.is_secret);
        laid.members.push(Member {
            name,
            r#type,
            count,
            offset,
            size,
            documentation,
        });
    }
    laid.size = laid.size.next_multiple_of(laid.alignment);
    Ok(laid)
}

/// Type, name and number of elements.
fn taken_apart(
    declared: &str,
    constants: &[Group],
) -> Result<(String, String, Option<usize>), String> {
    let words: Vec<_> = declared.split_whitespace().collect();
    let declared = words.join(" ");
    if let Some((_, rest)) = declared.split_once("(*") {
        let name = rest.split(')').next().unwrap_or_default();
        return Ok((declared.replacen(name, "", 1), name.to_owned(), None));
    }
    let (plain, count) = match declared.split_once('[') {
        Some((plain, count)) => (plain, Some(number(count.trim_end_matches(']'), constants)?)),
        None => (declared.as_str(), None),
    };
    let at = plain.rfind([' ', '*']).map_or(0, |at| at + 1);
    let (kind, name) = plain.split_at(at);
    Ok((kind.trim().to_owned(), name.to_owned(), count))
}

fn number(text: &str, constants: &[Group]) -> Result<usize, String> {
    let named = constants.iter().flat_map(|group| &group.constants);
    let named = named.into_iter().find(|constant| constant.name == text);
    match named {
        Some(constant) => usize::try_from(constant.value).map_err(|e| e.to_string()),
        None => text.parse().map_err(|_| format!("no number: {text}")),
    }
}

fn size_of(kind: &str, known: &[Struct]) -> Option<(usize, usize)> {
    let plain = match kind {
        "bool" | "char" | "uint8_t" => 1,
        "uint16_t" => 2,
        "int" | "int32_t" | "uint32_t" | "kpc_status" => 4,
        "int64_t" | "uint64_t" | "size_t" | "double" | "kpc_op" | "kpc_channel" => 8,
        _ if kind.ends_with('*') || kind.contains("(*") || kind.ends_with("_fn") => 8,
        _ => {
            let laid = known.iter().find(|s| s.name == kind)?;
            return Some((laid.size, laid.alignment));
        }
    };
    Some((plain, plain))
}
