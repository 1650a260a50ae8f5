//! Structs: capabilities and the like are bytes, others have fields.

use kpclient_bindings::{Api, Member, Struct};

use crate::names::{camel, class, told};

/// Whether it has more than its bytes.
pub fn is_record(laid: &Struct) -> bool {
    !matches!(laid.members.as_slice(), [bytes] if bytes.name == "bytes")
}

/// The class that its class is made from.
pub fn base(laid: &Struct) -> &'static str {
    match (is_record(laid), laid.is_secret) {
        (true, _) => "Record",
        (false, true) => "Secret",
        (false, false) => "Struct",
    }
}

/// What is no field: the length of another one, and what is kept for later versions.
fn is_field(laid: &Struct, member: &Member) -> bool {
    let of = member.name.strip_suffix("_len");
    member.name != "reserved" && !of.is_some_and(|of| laid.members.iter().any(|m| m.name == of))
}

/// A field as lib/structs.js describes it, and its TypeScript type.
fn field(laid: &Struct, member: &Member) -> Result<(String, String), String> {
    let start = format!("'{}', {}", camel(&member.name), member.offset);
    let of = class(&member.r#type);
    Ok(match (member.r#type.as_str(), member.count) {
        ("size_t", None) => (format!("[{start}, 'size']"), "number".to_owned()),
        ("uint64_t", None) => (format!("[{start}, 'u64']"), "bigint".to_owned()),
        ("char", Some(count)) => (format!("[{start}, 'text', {count}]"), "string".to_owned()),
        ("uint8_t", Some(count)) => {
            let length = format!("{}_len", member.name);
            let length = laid.members.iter().find(|m| m.name == length);
            let length = length.ok_or_else(|| format!("{}: no length", member.name))?;
            (
                format!("[{start}, 'bytes', {count}, {}]", length.offset),
                "Buffer".to_owned(),
            )
        }
        (name, Some(count)) if name.starts_with("kpc_") => (
            format!("[{start}, 'array', {of}, {count}]"),
            format!("{of}[]"),
        ),
        (name, None) if name.starts_with("kpc_") => (format!("[{start}, 'struct', {of}]"), of),
        (other, _) => return Err(format!("{}: a field of the type {other}", laid.name)),
    })
}

fn fields(laid: &Struct) -> impl Iterator<Item = &Member> {
    laid.members.iter().filter(|member| is_field(laid, member))
}

/// The static members of its class.
pub fn javascript(laid: &Struct) -> Result<String, String> {
    let mut text = format!("  static SIZE = {};\n", laid.size);
    if laid.is_secret {
        text += "  static SECRET = true;\n";
    }
    if is_record(laid) {
        text += "  static LAYOUT = [\n";
        for member in fields(laid) {
            text += &format!("    {},\n", field(laid, member)?.0);
        }
        text += "  ];\n";
    }
    Ok(text)
}

/// Its members for TypeScript.
pub fn typescript(api: &Api, laid: &Struct) -> Result<String, String> {
    let mut text = "  static readonly SIZE: number;\n".to_owned();
    if !is_record(laid) {
        return Ok(text);
    }
    let mut given = Vec::new();
    for member in fields(laid) {
        let (name, kind) = (camel(&member.name), field(laid, member)?.1);
        text += &format!("  /** {} */\n", told(api, &member.documentation));
        text += &format!("  readonly {name}: {kind};\n");
        given.push(format!("{name}: {}", kind.replace("Buffer", "Uint8Array")));
    }
    text += &format!(
        "  /** Makes one of its fields. */\n  static from(fields: {{ {} }}): {};\n",
        given.join("; "),
        class(&laid.name)
    );
    Ok(text)
}
