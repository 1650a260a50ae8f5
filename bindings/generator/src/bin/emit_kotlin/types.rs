//! How a type of C is called in Kotlin.

pub use kpclient_bindings::naming::pascal_words as pascal;
use kpclient_bindings::{naming, Api, Function, GroupKind, Parameter, Role};

/// What the language keeps for itself, of what parameters might be called.
const RESERVED: &[&str] = &["as", "fun", "in", "is", "object", "val", "var", "when"];

/// `WriteCap` of `kpc_write_cap`, `BoxIdNotFound` of `BOX_ID_NOT_FOUND`; plain functions are in one
/// object.
pub fn class(name: &str) -> String {
    match name {
        "" => "Kpclient".to_owned(),
        _ => pascal(naming::short(name)),
    }
}

pub fn camel(name: &str) -> String {
    let (first, rest) = name.split_once('_').unwrap_or((name, ""));
    naming::unreserved(&(first.to_lowercase() + &pascal(rest)), RESERVED)
}

/// A function as a method of its class.
pub fn method(function: &Function) -> String {
    camel(naming::method(&function.name, function.of.as_deref()))
}

/// The object of JNA in which a function is. One that the library may lack must be looked up only
/// when it is needed.
pub fn raw(function: &Function) -> String {
    let object = if function.is_of_store {
        "RawStore"
    } else {
        "Raw"
    };
    format!("{object}.{}", function.name)
}

/// The enumeration that a number of this group is a value of; None where a plain number says more.
pub fn enumeration(api: &Api, values: Option<&str>, r#type: &str) -> Option<String> {
    let name = values?;
    let group = api.group(name)?;
    let is_one = group.kind == GroupKind::Enumeration && group.constants.len() > 1;
    let is_int = r#type.contains("int32_t");
    (is_one && is_int && !PLAIN.contains(&name)).then(|| pascal(name))
}

/// Groups that are no types of their own.
pub const PLAIN: &[&str] = &["event", "message_kind", "timeout"];

/// A number or bool of C, as programs see it.
pub fn number(r#type: &str) -> &'static str {
    match r#type.trim_end_matches('*').trim() {
        "bool" => "Boolean",
        "double" => "Double",
        "int" | "int32_t" | "kpc_status" | "size_t" | "uint32_t" | "uint8_t" => "Int",
        _ => "Long",
    }
}

/// What is passed for a parameter.
pub fn input(api: &Api, parameter: &Parameter, is_optional: bool) -> String {
    let name = match parameter.role {
        Role::ArrayIn => format!("List<{}>", class(&parameter.of)),
        Role::BytesIn => "ByteArray".to_owned(),
        Role::TextIn => "String".to_owned(),
        Role::HandleIn | Role::StructIn => class(&parameter.of),
        _ => enumeration(api, parameter.values.as_deref(), &parameter.r#type)
            .unwrap_or_else(|| number(&parameter.r#type).to_owned()),
    };
    name + if is_optional { "?" } else { "" }
}
