//! Enumerations, flags and numbers.

use std::fmt::Write as _;

use kpclient_bindings::{Api, Group, GroupKind};

use crate::docs::Docs;
use crate::types;

/// The name of a constant within its group: `BoxIdNotFound`.
pub fn short(group: &Group, name: &str) -> String {
    let rest = name
        .strip_prefix(&group.prefix)
        .or(name.strip_prefix("KPC_"));
    let rest = rest.unwrap_or(name);
    types::pascal(rest.strip_prefix("ERR_").unwrap_or(rest))
}

pub fn groups(api: &Api, docs: &Docs) -> String {
    let of_types = api.constants.iter().filter(|group| is_type(group));
    let texts: Vec<String> = of_types.map(|group| type_of(group, docs)).collect();
    texts.join("\n")
}

/// The numbers that have no type of their own, for the class of plain functions.
pub fn numbers(api: &Api, docs: &Docs) -> Vec<String> {
    let plain = |group: &&Group| !is_type(group) && group.name != "event";
    let mut texts = Vec::new();
    for group in api.constants.iter().filter(plain) {
        for constant in &group.constants {
            let comment = docs.comment(
                std::slice::from_ref(&constant.documentation),
                &[],
                "        ",
            );
            let name = short(group, &constant.name);
            let r#type = match group.name.as_str() {
                "message_kind" => "byte",
                _ => "int",
            };
            texts.push(format!(
                "{comment}        public const {type} {name} = {};\n",
                constant.value
            ));
        }
    }
    texts
}

fn is_type(group: &Group) -> bool {
    group.kind != GroupKind::Numbers && !types::PLAIN.contains(&group.name.as_str())
}

fn type_of(group: &Group, docs: &Docs) -> String {
    let name = types::pascal(&group.name);
    let mut members = Vec::new();
    for constant in &group.constants {
        let comment = docs.comment(
            std::slice::from_ref(&constant.documentation),
            &[],
            "        ",
        );
        let short = short(group, &constant.name);
        members.push(format!("{comment}        {short} = {},\n", constant.value));
    }
    let mut text = String::new();
    let _ = match group.kind {
        GroupKind::Flags => writeln!(
            text,
            "    /// <summary>Flags, joined by |.</summary>\n    [Flags]\n    public enum {name} : uint"
        ),
        _ => writeln!(
            text,
            "    /// <summary>The library's {}. Later versions may add values.</summary>\n    public enum {name}",
            match group.name.as_str() {
                "status" => "outcomes",
                "shared_text" => "kinds of shared texts",
                "log_level" => "levels of log lines",
                "arrival" => "kinds of arrivals",
                other => other,
            }
            .replace('_', " ")
        ),
    };
    if group.kind == GroupKind::Flags {
        let none = "        /// <summary>None of them.</summary>\n        None = 0,\n";
        members.insert(0, none.to_owned());
    }
    text + "    {\n" + &members.join("\n") + "    }\n"
}
