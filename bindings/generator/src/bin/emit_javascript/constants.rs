//! Constants: values of a group are known by their names, flags are booleans among the options.

use kpclient_bindings::{Api, Group, GroupKind};

use crate::names::{camel, pascal, told};

/// Groups whose values are no arguments and no results.
const UNUSED: &[&str] = &["durability", "event", "lane", "timeout"];

/// The JavaScript table of a group.
pub fn table(group: &str) -> String {
    group.to_uppercase()
}

/// The TypeScript type of a group's values.
pub fn type_name(group: &str) -> String {
    pascal(group)
}

fn is_table(group: &Group) -> bool {
    group.kind != GroupKind::Numbers && !UNUSED.contains(&group.name.as_str()) && !is_number(group)
}

/// Whether its constants are numbers for programs.
fn is_number(group: &Group) -> bool {
    group.kind == GroupKind::Numbers || group.name == "message_kind"
}

fn short<'a>(group: &Group, name: &'a str) -> &'a str {
    let short = name.strip_prefix(&group.prefix).unwrap_or(name);
    match group.name.as_str() {
        "status" => short.strip_prefix("ERR_").unwrap_or(short),
        _ => short,
    }
}

fn key(group: &Group, name: &str) -> String {
    match group.kind {
        GroupKind::Flags => camel(short(group, name)),
        _ => short(group, name).to_owned(),
    }
}

/// The names of all numbers, and of the table of statuses.
pub fn exported(api: &Api) -> impl Iterator<Item = String> + '_ {
    let groups = api.constants.iter().filter(|group| is_number(group));
    let numbers = groups.flat_map(|g| g.constants.iter().map(|c| key(g, &c.name)));
    ["Status".to_owned()].into_iter().chain(numbers)
}

pub fn javascript(api: &Api) -> String {
    let mut text = String::new();
    for group in &api.constants {
        let keys = group
            .constants
            .iter()
            .map(|c| (key(group, &c.name), c.value));
        if is_table(group) {
            text += &format!("const {} = Object.freeze({{\n", table(&group.name));
            keys.for_each(|(key, value)| text += &format!("  {key}: {value},\n"));
            text += "});\n";
        } else if is_number(group) {
            keys.for_each(|(key, value)| text += &format!("const {key} = {value};\n"));
        }
    }
    text + "const Status = STATUS;\n"
}

pub fn typescript(api: &Api) -> String {
    let mut text = String::new();
    for group in &api.constants {
        let kind = group.kind;
        let name = type_name(&group.name);
        let comment = |text: &str| format!("/** {} */", told(api, text));
        let members = group.constants.iter().map(|c| (key(group, &c.name), c));
        if is_number(group) {
            members.for_each(|(key, c)| {
                text += &format!(
                    "{}\nexport const {key}: {};\n",
                    comment(&c.documentation),
                    c.value
                );
            });
        } else if group.name == "status" {
            text += "/** The number of each status; `code` of an error is its name. */\nexport const Status: {\n";
            members.for_each(|(key, c)| {
                text += &format!(
                    "  {}\n  readonly {key}: {};\n",
                    comment(&c.documentation),
                    c.value
                );
            });
            text += "};\nexport type ErrorCode = keyof typeof Status;\n";
        } else if kind == GroupKind::Flags {
            text += &format!("export interface {name} {{\n");
            members.for_each(|(key, c)| {
                text += &format!("  {}\n  {key}?: boolean;\n", comment(&c.documentation));
            });
            text += "}\n";
        } else if is_table(group) {
            text += &format!("export type {name} =\n");
            members.for_each(|(key, c)| {
                text += &format!("  {}\n  | '{key}'\n", comment(&c.documentation));
            });
            text = text.trim_end().to_owned() + ";\n";
        }
    }
    text
}
