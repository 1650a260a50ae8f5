//! The binary interface as a list of short lines, abi/interface.txt: what a program that was built
//! before relies on. A line is a key and what holds of it; a key that is new is an addition, and one
//! that is gone, or of which something else holds, is a break.

mod stub;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::api::{Api, Function, Role, Struct};

pub use stub::stub;

/// What is not in the header: how the shared library is named, and its symbols.
#[derive(Clone, Copy, Debug)]
pub struct Naming<'a> {
    /// The name that programs ask the linker of the system for.
    pub soname: &'a str,
    /// The version that every symbol carries.
    pub version: &'a str,
}

/// How two lists differ.
#[derive(Debug, Default, Eq, PartialEq)]
pub struct Difference {
    /// What a program that was built before does not notice.
    pub additions: Vec<String>,
    /// What it does.
    pub breaks: Vec<String>,
}

/// The list of an interface.
#[must_use]
pub fn list(api: &Api, naming: Naming<'_>) -> String {
    let mut text = String::new();
    let mut line = |key: &str, value: &str| {
        let _ = writeln!(text, "{key}: {value}");
    };
    line("soname", naming.soname);
    line("symbol version", naming.version);
    for handle in &api.handles {
        let free = if handle.free.is_empty() {
            "nothing"
        } else {
            &handle.free
        };
        line(
            &format!("object {}", handle.name),
            &format!("freed by {free}"),
        );
    }
    for alias in &api.aliases {
        line(&format!("type {}", alias.name), &alias.r#type);
    }
    for callback in &api.callbacks {
        let types = callback
            .parameters
            .iter()
            .map(|(r#type, _)| r#type.as_str());
        let types = types.collect::<Vec<_>>().join(", ");
        line(
            &format!("callback {}", callback.name),
            &format!("{} ({types})", callback.returns),
        );
    }
    for laid in &api.structs {
        let name = &laid.name;
        let grows = if grows(api, laid) { ", grows" } else { "" };
        line(
            &format!("struct {name}"),
            &format!("size {} align {}{grows}", laid.size, laid.alignment),
        );
        for member in &laid.members {
            let count = member.count.map(|n| format!("[{n}]")).unwrap_or_default();
            let value = format!(
                "{}{count} at {} size {}",
                member.r#type, member.offset, member.size
            );
            line(&format!("member {name}.{}", member.name), &value);
        }
    }
    for constant in api.constants.iter().flat_map(|group| &group.constants) {
        line(
            &format!("constant {}", constant.name),
            &constant.value.to_string(),
        );
    }
    for function in &api.functions {
        line(&format!("function {}", function.name), &signature(function));
    }
    text
}

/// What a function takes and returns; a `?` marks a pointer that may be NULL.
fn signature(function: &Function) -> String {
    let parameter = |p: &crate::api::Parameter| {
        let mark = if p.nullable == Some(true) { "?" } else { "" };
        format!("{}{mark}", p.r#type)
    };
    let parameters: Vec<String> = function.parameters.iter().map(parameter).collect();
    let store = if function.is_of_store { " (store)" } else { "" };
    format!(
        "{} ({}){store}",
        function.returns.r#type,
        parameters.join(", ")
    )
}

/// Whether a struct goes with its size, so that later versions may add to its end.
fn grows(api: &Api, laid: &Struct) -> bool {
    let is_first = laid
        .members
        .first()
        .is_some_and(|m| m.name == "size" && m.r#type == "size_t");
    let sized = |function: &Function| {
        let pairs = function.parameters.windows(2);
        let mut pairs = pairs.filter(|pair| matches!(pair[1].role, Role::StructSize));
        pairs.any(|pair| pair[0].r#type.trim_end_matches([' ', '*']) == laid.name)
    };
    is_first || api.functions.iter().any(sized)
}

fn lines(list: &str) -> BTreeMap<&str, &str> {
    list.lines()
        .filter_map(|line| line.split_once(": "))
        .collect()
}

/// Compares an older list with a newer one.
#[must_use]
pub fn compare(older: &str, newer: &str) -> Difference {
    let (before, after) = (lines(older), lines(newer));
    let mut difference = Difference::default();
    for (key, was) in &before {
        match after.get(key) {
            Some(is) if is == was => {}
            // Its place is taken by members with names.
            _ if key.starts_with("member ") && key.ends_with(".reserved") => {}
            Some(is) if is_wider(key, was, is) => {
                difference.additions.push(format!("{key}: {was} -> {is}"));
            }
            Some(is) => difference.breaks.push(format!("{key}: {was} -> {is}")),
            None => difference.breaks.push(format!("{key}: {was} -> gone")),
        }
    }
    let is_new = |key: &&&str| !before.contains_key(**key);
    for key in after.keys().filter(is_new) {
        let of = key
            .strip_prefix("member ")
            .and_then(|name| name.split_once('.'));
        let is_inside = of.is_some_and(|(name, _)| is_squeezed(&before, name, after[key]));
        let list = if is_inside {
            &mut difference.breaks
        } else {
            &mut difference.additions
        };
        list.push(format!("{key}: {}", after[key]));
    }
    difference
}

/// A new member of a struct that was there before lies neither in what was reserved nor, of a
/// struct that grows, behind its end.
fn is_squeezed(before: &BTreeMap<&str, &str>, name: &str, member: &str) -> bool {
    let number_after = |text: &str, word: &str| -> Option<usize> {
        text.split_once(word)?
            .1
            .split([' ', ','])
            .next()?
            .parse()
            .ok()
    };
    let Some(laid) = before.get(format!("struct {name}").as_str()) else {
        return false; // the whole struct is new
    };
    let start = number_after(member, " at ").unwrap_or(0);
    let end = start + number_after(member, " size ").unwrap_or(0);
    let reserved = before.get(format!("member {name}.reserved").as_str());
    let is_reserved = reserved.is_some_and(|reserved| {
        let from = number_after(reserved, " at ").unwrap_or(usize::MAX);
        let size = number_after(reserved, " size ").unwrap_or(0);
        from <= start && end <= from.saturating_add(size)
    });
    let is_behind =
        laid.ends_with(", grows") && number_after(laid, "size ").is_some_and(|n| n <= start);
    !is_reserved && !is_behind
}

/// What held still holds for programs that were built before.
fn is_wider(key: &str, was: &str, is: &str) -> bool {
    if key.starts_with("function ") {
        // A parameter that must not be NULL may become one that may.
        let bare = |text: &str| text.replace('?', "");
        let marks = |text: &str| text.split(',').map(|p| p.contains('?')).collect::<Vec<_>>();
        let kept = marks(was)
            .into_iter()
            .zip(marks(is))
            .all(|(was, is)| is || !was);
        return bare(was) == bare(is) && kept;
    }
    // A struct that goes with its size may grow, at its end.
    let size = |text: &str| -> Option<usize> { text.split(' ').nth(1)?.parse().ok() };
    let rest = |text: &str| text.split_once(" align").map(|(_, rest)| rest.to_owned());
    key.starts_with("struct ")
        && was.ends_with(", grows")
        && rest(was) == rest(is)
        && size(was) < size(is)
}
