//! Python's names for what C has, and documentation in its words.

use kpclient_bindings::comments::{wrapped, Words};
use kpclient_bindings::naming::{method, pascal, short, unreserved};
use kpclient_bindings::{Api, Struct};

const KEYWORDS: &[&str] = &[
    "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif",
    "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda",
    "nonlocal", "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
];

/// Lines of the documentation have so many columns, besides their indentation.
const COLUMNS: usize = 90;

/// The name of a class.
pub fn class(kind: &str) -> String {
    pascal(short(kind))
}

/// The name of an argument.
pub fn argument(name: &str) -> String {
    if name == "bytes" {
        return "data".to_owned();
    }
    unreserved(name, KEYWORDS)
}

/// The name of the enumeration of a group.
pub fn enumeration(group: &str) -> String {
    match group {
        "event" => "EventKind".to_owned(),
        _ => pascal(group),
    }
}

/// The name of a constant in its enumeration.
pub fn member<'a>(constant: &'a str, prefix: &str) -> &'a str {
    let name = constant.strip_prefix(prefix).unwrap_or(constant);
    name.strip_prefix("ERR_").unwrap_or(name)
}

/// The exception of a status.
pub fn exception(status: &str) -> String {
    pascal(status.strip_prefix("KPC_ERR_").unwrap_or(status))
}

/// How a struct looks in Python.
pub enum Look {
    /// Bytes of fixed size, which are no secret.
    Bytes,
    /// A class of its own around secret bytes.
    Secret,
    /// A class with a member for each of its own.
    Record,
}

/// How a struct looks in Python.
pub fn look(laid: &Struct) -> Look {
    let is_bytes = laid.members.len() == 1 && laid.members.iter().all(|m| m.name == "bytes");
    match (is_bytes, laid.is_secret) {
        (true, true) => Look::Secret,
        (true, false) => Look::Bytes,
        (false, _) => Look::Record,
    }
}

/// A text in Python's words.
pub fn told(text: &str, api: &Api) -> String {
    let name = |name: &str| function_or_type(name, api);
    let constant = |name: &str| constant(name, api);
    let words = Words {
        null: "None",
        name: &name,
        constant: &constant,
    };
    words
        .told(text)
        .replace('\\', "\\\\")
        .replace("\"\"\"", "'''")
}

fn function_or_type(name: &str, api: &Api) -> Option<String> {
    if let Some(function) = api.function(name) {
        let name = function.call.as_deref().unwrap_or(name);
        return Some(method(name, function.of.as_deref()).to_owned());
    }
    let laid = api.structure(name).map(|laid| match look(laid) {
        Look::Bytes => "bytes".to_owned(),
        _ => class(name),
    });
    laid.or_else(|| api.handle(name).map(|_| class(name)))
}

fn constant(name: &str, api: &Api) -> Option<String> {
    if name == "KPC_FOREVER" {
        return Some("None".to_owned());
    }
    if name == "KPC_NO_WAIT" {
        return Some("0".to_owned());
    }
    if name.starts_with("KPC_ERR_") {
        return Some(exception(name)).filter(|name| !name.is_empty());
    }
    let of = |group: &&kpclient_bindings::Group| group.constants.iter().any(|c| c.name == name);
    let group = api.constants.iter().find(of)?;
    let member = member(name, &group.prefix);
    Some(match group.kind {
        kpclient_bindings::GroupKind::Numbers => member.to_owned(),
        _ => format!("{}.{member}", enumeration(&group.name)),
    })
}

/// A docstring of paragraphs, indented.
pub fn docstring(paragraphs: &[String], indent: usize, api: &Api) -> String {
    let margin = " ".repeat(indent);
    let mut lines: Vec<String> = Vec::new();
    for paragraph in paragraphs {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        let hangs = paragraph.starts_with("* ");
        let text = told(paragraph.trim_start_matches("* "), api);
        for (at, line) in wrapped(&text, COLUMNS).iter().enumerate() {
            let hanging = if hangs && at > 0 { "    " } else { "" };
            lines.push(format!("{margin}{hanging}{line}"));
        }
        // Entries of a list stand close.
        if hangs && lines.iter().rev().nth(1).is_some() {
            close_up(&mut lines);
        }
    }
    let text = lines.join("\n");
    let text = text.trim_start();
    // A quotation mark at the end would be part of the end.
    let blank = if text.ends_with('"') { " " } else { "" };
    match lines.len() {
        1 => format!("{margin}\"\"\"{text}{blank}\"\"\"\n"),
        _ => format!("{margin}\"\"\"{text}\n{margin}\"\"\"\n"),
    }
}

/// Takes the empty line before the last entry away where an entry stands before it.
fn close_up(lines: &mut Vec<String>) {
    let is_entry =
        |line: &String| line.trim_start().starts_with(':') || line.starts_with("            ");
    let last = lines
        .iter()
        .rposition(|line| line.trim_start().starts_with(':'));
    let Some(last) = last else { return };
    let before = last.checked_sub(1).and_then(|at| lines.get(at));
    let entry = last.checked_sub(2).and_then(|at| lines.get(at));
    if before.is_some_and(String::is_empty) && entry.is_some_and(is_entry) {
        lines.remove(last - 1);
    }
}
