//! How a type of C is called in Swift.

use kpclient_bindings::{naming, Api, Function, GroupKind, Parameter, Role};

/// What the language keeps for itself, of what parameters and constants might be called.
const RESERVED: &[&str] = &[
    "as", "default", "in", "init", "internal", "is", "operator", "repeat", "self", "where",
];

/// Groups that are no types of their own.
pub const PLAIN: &[&str] = &["event", "message_kind", "timeout"];

/// `WriteCap` of `kpc_write_cap`, `PKIDocument` of `kpc_pki_document`.
pub fn class(name: &str) -> String {
    naming::pascal(naming::short(name))
}

/// `boxIDNotFound` of `BOX_ID_NOT_FOUND`.
pub fn camel(name: &str) -> String {
    naming::camel(name)
}

/// The same where it is declared.
pub fn declared(name: &str) -> String {
    let name = camel(name);
    match RESERVED.contains(&name.as_str()) {
        true => format!("`{name}`"),
        false => name,
    }
}

/// A function as a method of its class. `close` is written by hand for clients, and waits for
/// stores as it does for them.
pub fn method(function: &Function) -> String {
    declared(naming::method(&function.name, function.of.as_deref()))
}

/// The type of the values of a group.
pub fn group(name: &str) -> String {
    match name {
        "status" => "KpcError.Code".to_owned(),
        name => naming::pascal(name),
    }
}

/// The enumeration or the flags that a number of this group is a value of; None where a plain number
/// says more.
pub fn enumeration(api: &Api, values: Option<&str>, r#type: &str) -> Option<String> {
    let name = values?;
    let is_one = match api.group(name)?.kind {
        GroupKind::Enumeration => r#type.contains("int32_t"),
        GroupKind::Flags => true,
        GroupKind::Numbers => false,
    };
    (is_one && !PLAIN.contains(&name)).then(|| group(name))
}

/// A number or bool of C, as the importer calls it. Sizes are `Int` there.
pub fn number(r#type: &str) -> Result<&'static str, String> {
    Ok(match r#type.trim_end_matches('*').trim() {
        "bool" => "Bool",
        "double" => "Double",
        "int" | "int32_t" => "Int32",
        "int64_t" => "Int64",
        "kpc_channel" => "Channel",
        "size_t" => "Int",
        "uint8_t" => "UInt8",
        "uint32_t" => "UInt32",
        "uint64_t" => "UInt64",
        other => return Err(format!("what is {other} in Swift?")),
    })
}

/// What is passed for a parameter.
pub fn input(api: &Api, parameter: &Parameter, is_optional: bool) -> Result<String, String> {
    let name = match parameter.role {
        Role::ArrayIn => format!("[{}]", class(&parameter.of)),
        Role::BytesIn => "[UInt8]".to_owned(),
        Role::TextIn => "String".to_owned(),
        Role::HandleIn | Role::StructIn => class(&parameter.of),
        _ => match enumeration(api, parameter.values.as_deref(), &parameter.r#type) {
            Some(name) => name,
            None => number(&parameter.r#type)?.to_owned(),
        },
    };
    Ok(name + if is_optional { "?" } else { "" })
}
