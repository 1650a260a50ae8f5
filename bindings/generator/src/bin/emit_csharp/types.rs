//! How a type of C is called in C#.

pub use kpclient_bindings::naming::pascal_words as pascal;
use kpclient_bindings::{naming, Api, Function, GroupKind, Parameter, Role};

/// What the language keeps for itself, of what parameters might be called.
const RESERVED: &[&str] = &[
    "as", "base", "checked", "event", "fixed", "in", "is", "lock", "object", "out", "params",
    "ref", "string",
];

/// `WriteCap` of `kpc_write_cap`; plain functions are in one class.
pub fn class(name: &str) -> String {
    match name {
        "" => "Kpc".to_owned(),
        _ => pascal(naming::short(name)),
    }
}

/// The name of a parameter.
pub fn camel(name: &str) -> String {
    let (first, rest) = name.split_once('_').unwrap_or((name, ""));
    let name = first.to_lowercase() + &pascal(rest);
    match RESERVED.contains(&name.as_str()) {
        true => format!("@{name}"),
        false => name,
    }
}

/// A function as a method of its class.
pub fn method(function: &Function) -> String {
    let name = pascal(naming::method(&function.name, function.of.as_deref()));
    // A member is not called like its class.
    match name == class(function.of.as_deref().unwrap_or_default()) {
        true => format!("{name}Of"),
        false => name,
    }
}

/// The enumeration or the flags that a number of this group is a value of; None where a plain number
/// says more.
pub fn enumeration(api: &Api, values: Option<&str>, r#type: &str) -> Option<String> {
    let name = values?;
    let group = api.group(name)?;
    let is_one = match group.kind {
        GroupKind::Enumeration => group.constants.len() > 1 && r#type.contains("int32_t"),
        GroupKind::Flags => true,
        GroupKind::Numbers => false,
    };
    (is_one && !PLAIN.contains(&name)).then(|| pascal(name))
}

/// Groups that are no types of their own.
pub const PLAIN: &[&str] = &["event", "message_kind", "timeout"];

/// A number or bool of C, as programs see it.
pub fn number(r#type: &str) -> &'static str {
    match r#type.trim_end_matches('*').trim() {
        "bool" => "bool",
        "double" => "double",
        "uint8_t" => "byte",
        "int" | "int32_t" | "kpc_status" | "size_t" => "int",
        "uint32_t" => "uint",
        "int64_t" => "long",
        _ => "ulong",
    }
}

/// What is passed for a parameter.
pub fn input(api: &Api, parameter: &Parameter) -> String {
    match parameter.role {
        Role::ArrayIn => format!("IReadOnlyList<{}>", class(&parameter.of)),
        Role::BytesIn => "byte[]".to_owned(),
        Role::TextIn => "string".to_owned(),
        Role::HandleIn | Role::StructIn => class(&parameter.of),
        _ => enumeration(api, parameter.values.as_deref(), &parameter.r#type)
            .unwrap_or_else(|| number(&parameter.r#type).to_owned()),
    }
}
