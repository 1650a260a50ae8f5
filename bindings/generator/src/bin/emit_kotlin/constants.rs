//! Enumerations, flags and numbers.

use std::fmt::Write as _;

use kpclient_bindings::{Api, Group, GroupKind};

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
    let of_types = api.constants.iter().filter(|group| is_type(group));
    of_types.map(|group| type_of(group, docs)).collect()
}

/// The numbers that have no type of their own, for the object of plain functions.
pub fn numbers(api: &Api, docs: &Docs) -> String {
    let mut text = String::new();
    let plain = |group: &&Group| !is_type(group) && group.name != "event";
    for group in api.constants.iter().filter(plain) {
        for constant in &group.constants {
            text += &docs.comment(std::slice::from_ref(&constant.documentation), &[], "    ");
            let name = short(group, &constant.name);
            let _ = writeln!(text, "    const val {name}: Int = {}\n", constant.value);
        }
    }
    text
}

fn is_type(group: &Group) -> bool {
    group.kind != GroupKind::Numbers && !types::PLAIN.contains(&group.name.as_str())
}

fn type_of(group: &Group, docs: &Docs) -> String {
    let name = types::pascal(&group.name);
    let mut text = String::new();
    for constant in &group.constants {
        text += &docs.comment(std::slice::from_ref(&constant.documentation), &[], "    ");
        let short = short(group, &constant.name);
        let _ = match group.kind {
            GroupKind::Flags => writeln!(text, "    const val {short}: Int = {}\n", constant.value),
            _ => writeln!(text, "    {short}({}),\n", constant.value),
        };
    }
    if group.kind == GroupKind::Flags {
        return format!(
            "\n/** Flags, joined by `or`. */\nobject {name} {{\n{}}}\n",
            text.trim_end_matches('\n').to_owned() + "\n"
        );
    }
    // Some groups have a value of this name themselves.
    let unknown = if text.contains("    UNKNOWN(") {
        "UNNAMED"
    } else {
        "UNKNOWN"
    };
    let value = if group.name == "status" {
        "code"
    } else {
        "value"
    };
    format!(
        "\n/** The library's {}. */\nenum class {name}(\n    /** The number in C. */\n    val {value}: Int,\n) {{\n\
         {text}    /** Has no name in this version. */\n    {unknown}(Int.MIN_VALUE);\n\n    \
         companion object {{\n        private val byNumber = values().associateBy {{ it.{value} }}\n\n        \
         /** The one with this number. */\n        @JvmStatic\n        \
         fun of({value}: Int): {name} = byNumber[{value}] ?: {unknown}\n    }}\n}}\n",
        match group.name.as_str() {
            "status" => "outcomes",
            "shared_text" => "kinds of shared texts",
            "log_level" => "levels of log lines",
            "arrival" => "kinds of arrivals",
            other => other,
        }
        .replace('_', " ")
    )
}
