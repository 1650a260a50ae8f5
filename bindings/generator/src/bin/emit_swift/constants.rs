//! Enumerations, flags and numbers.

use std::fmt::Write as _;

use kpclient_bindings::{Api, Constant, Group, GroupKind};

use crate::docs::Docs;
use crate::types;

/// The name of a constant within its group.
pub fn short(group: &Group, name: &str) -> String {
    let rest = name
        .strip_prefix(&group.prefix)
        .or(name.strip_prefix("KPC_"));
    let rest = rest.unwrap_or(name);
    rest.strip_prefix("ERR_").unwrap_or(rest).to_owned()
}

pub fn groups(api: &Api, docs: &Docs) -> String {
    let mut text = String::new();
    for group in api.constants.iter().filter(|group| group.name != "event") {
        text += &match (is_type(group), group.kind) {
            (false, _) => numbers(group, docs),
            (true, GroupKind::Flags) => flags(group, docs),
            (true, _) => enumeration(group, docs),
        };
    }
    text
}

fn is_type(group: &Group) -> bool {
    group.kind != GroupKind::Numbers && !types::PLAIN.contains(&group.name.as_str())
}

/// Time limits are durations, and nil stands for none.
fn numbers(group: &Group, docs: &Docs) -> String {
    if group.name == "timeout" {
        return String::new();
    }
    let number = |constant: &Constant| {
        let name = types::declared(&short(group, &constant.name));
        let r#type = if group.name == "message_kind" {
            "UInt8"
        } else {
            "Int"
        };
        format!(
            "\n{}public let {name}: {type} = {}\n",
            docs.comment(std::slice::from_ref(&constant.documentation), &[], ""),
            constant.value
        )
    };
    group.constants.iter().map(number).collect()
}

fn flags(group: &Group, docs: &Docs) -> String {
    let name = types::group(&group.name);
    let mut text = format!(
        "\n/// Flags.\npublic struct {name}: OptionSet, Sendable {{\n    public let rawValue: UInt32\n\n    \
         public init(rawValue: UInt32) {{ self.rawValue = rawValue }}\n"
    );
    for constant in &group.constants {
        let _ = write!(
            text,
            "\n{}    public static let {} = {name}(rawValue: {})\n",
            docs.comment(std::slice::from_ref(&constant.documentation), &[], "    "),
            types::declared(&short(group, &constant.name)),
            constant.value
        );
    }
    text + "}\n"
}

fn enumeration(group: &Group, docs: &Docs) -> String {
    let is_of_errors = group.name == "status";
    let (of, indent) = match is_of_errors {
        true => ("\nextension KpcError {\n", "    "),
        false => ("\n", ""),
    };
    let name = match is_of_errors {
        true => "Code".to_owned(),
        false => types::group(&group.name),
    };
    let mut text = format!(
        "{of}{indent}/// {}\n{indent}public enum {name}: Int32, Sendable, CaseIterable {{\n",
        told(&group.name)
    );
    let inner = format!("{indent}    ");
    for constant in &group.constants {
        let _ = writeln!(
            text,
            "{}{inner}case {} = {}",
            docs.comment(std::slice::from_ref(&constant.documentation), &[], &inner),
            types::declared(&short(group, &constant.name)),
            constant.value
        );
    }
    let _ = write!(
        text,
        "{inner}/// Has no name in this version.\n{inner}case unnamed = -2147483648\n\n\
         {inner}init(number: Int32) {{ self = {name}(rawValue: number) ?? .unnamed }}\n{indent}}}\n"
    );
    match is_of_errors {
        true => text + &codes(group) + "}\n",
        false => text,
    }
}

/// The table of errors for catch clauses: a case of an enumeration is no pattern for an error.
fn codes(group: &Group) -> String {
    let code = |constant: &Constant| {
        let short = types::declared(&short(group, &constant.name));
        format!("    public static var {short}: Code {{ .{short} }}\n")
    };
    let failures = group.constants.iter().filter(|c| c.value != 0);
    format!("\n{}", failures.map(code).collect::<String>())
}

fn told(group: &str) -> String {
    match group {
        "arrival" => "What a reader has found.",
        "category" => "What kind of failure an error is.",
        "derivation" => "How a daemon derives the capabilities of a seed.",
        "durability" => "When something must be on the disk.",
        "lane" => "What a connection with the daemon is for.",
        "log_level" => "How much a log says.",
        "origin" => "Who reported a failure.",
        "reader_state" => "What a reader does.",
        "reply" => "The kind of a reply that holds a code.",
        "shared_text" => "What a shared text holds.",
        "status" => "How a call failed.",
        "transport" => "How the daemon is reached.",
        "writer_state" => "What a writer does.",
        other => return format!("Values of {}.", other.replace('_', " ")),
    }
    .to_owned()
}
