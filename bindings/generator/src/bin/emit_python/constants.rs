//! Enumerations, flags and numbers.

use std::fmt::Write as _;

use kpclient_bindings::{Api, Group, GroupKind};

use super::words::{docstring, enumeration, member, told};

pub fn module(api: &Api) -> String {
    let mut text = "\"\"\"Numbers with names.\"\"\"\n\nimport enum\n".to_owned();
    for group in &api.constants {
        match (group.name.as_str(), group.kind) {
            // Time limits are seconds or None.
            ("timeout", _) => {}
            (_, GroupKind::Numbers) => text.push_str(&numbers(group, api)),
            (_, GroupKind::Flags) => text.push_str(&class(group, "IntFlag", api)),
            (_, GroupKind::Enumeration) => text.push_str(&class(group, "IntEnum", api)),
        }
    }
    text
}

fn numbers(group: &Group, api: &Api) -> String {
    let mut text = "\n".to_owned();
    for constant in &group.constants {
        let name = member(&constant.name, &group.prefix);
        let said = told(&constant.documentation, api);
        let _ = writeln!(text, "#: {said}\n{name} = {}", constant.value);
    }
    text
}

fn class(group: &Group, base: &str, api: &Api) -> String {
    let mut text = format!("\n\nclass {}(enum.{base}):\n", enumeration(&group.name));
    let title = group.name.replace('_', " ");
    let what = format!("What a {title} is.");
    text.push_str(&docstring(&[what], 4, api));
    for constant in &group.constants {
        let name = member(&constant.name, &group.prefix);
        let said = told(&constant.documentation, api);
        let _ = writeln!(text, "\n    #: {said}\n    {name} = {}", constant.value);
    }
    text
}
