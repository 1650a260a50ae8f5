//! Structs: secrets as classes that wipe themselves, ids and hashes as bytes, all others as records.

use std::fmt::Write as _;

use kpclient_bindings::methods::classes;
use kpclient_bindings::{Api, Member, Struct};

use super::methods::method;
use super::words::{class, docstring, look, told, Look};

/// Only the runtime sees it.
const HIDDEN: &[&str] = &["kpc_completion"];

const HEAD: &str = "\"\"\"Values: they are copied, and nothing of them is freed.\"\"\"

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Optional, Sequence, Tuple, Union

from ._failure import check, no_error
from ._library import ffi, lib
from ._memory import (
    Secret, SecretBytes, array_of, bytes_given, c_bytes, c_text, fixed_bytes, kept, named,
    optional_text, string, text_given, value_of,
)
from .constants import *  # noqa: F401,F403
";

pub fn module(api: &Api) -> Result<String, String> {
    let mut text = HEAD.to_owned();
    let classes = classes(api);
    for laid in api.structs.iter().filter(|s| is_seen(s)) {
        match look(laid) {
            Look::Bytes => text.push_str(&plain(laid)),
            Look::Secret => text.push_str(&secret(laid, api)),
            Look::Record => text.push_str(&record(laid, api)),
        }
        let methods = classes.iter().filter(|class| class.name == laid.name);
        for method_of in methods.flat_map(|class| &class.methods) {
            // Bytes have no methods of ours; what makes them is bytes() itself.
            if !matches!(look(laid), Look::Bytes) {
                text.push_str(&method(method_of, api)?.text()?);
            }
        }
        text.push_str(&passing(laid));
    }
    Ok(text)
}

fn is_seen(laid: &Struct) -> bool {
    !HIDDEN.contains(&laid.name.as_str()) && !laid.members.iter().any(|m| m.r#type.contains("(*"))
}

/// What passes a struct to the library, and takes one from it.
fn passing(laid: &Struct) -> String {
    let (name, class) = (&laid.name, class(&laid.name));
    match look(laid) {
        Look::Bytes => String::new(),
        Look::Secret => format!(
            "\n\ndef c_{name}(value: {class}):\n    return value_of(value, {class})\n\
             \n\ndef from_{name}(value) -> {class}:\n    return {class}._given(value)\n"
        ),
        Look::Record => format!(
            "\n\ndef c_{name}(value: {class}):\n    if not isinstance(value, {class}):\n        \
             raise TypeError(f\"a {class} is needed, not a {{type(value).__name__}}\")\n    \
             made = ffi.new(\"{name} *\")\n    value._fill(made)\n    return made\n\
             \n\ndef from_{name}(value) -> {class}:\n    return {class}._given(value)\n"
        ),
    }
}

fn plain(laid: &Struct) -> String {
    let (name, size) = (&laid.name, laid.size);
    format!(
        "\n\ndef c_{name}(value: bytes):\n    return fixed_bytes(\"{name}\", value, {size})\n\
         \n\ndef from_{name}(value) -> bytes:\n    return bytes(ffi.buffer(value.bytes))\n"
    )
}

fn secret(laid: &Struct, api: &Api) -> String {
    let said = docstring(&laid.documentation, 4, api);
    format!(
        "\n\nclass {}(Secret):\n{said}\n    _type = \"{}\"\n    SIZE = {}\n",
        class(&laid.name),
        laid.name,
        laid.size
    )
}

/// The members that a program sees: no lengths, no room for later ones.
fn members(laid: &Struct) -> impl Iterator<Item = &Member> {
    let is_length = |name: &str| {
        let measured = name.strip_suffix("_len").unwrap_or_default();
        laid.members.iter().any(|m| m.name == measured)
    };
    let seen = laid.members.iter();
    seen.filter(move |m| m.name != "reserved" && !is_length(&m.name))
}

fn record(laid: &Struct, api: &Api) -> String {
    let mut text = format!(
        "\n\n@dataclass(frozen=True)\nclass {}:\n",
        class(&laid.name)
    );
    text.push_str(&docstring(&laid.documentation, 4, api));
    let (mut filled, mut taken) = (String::new(), String::new());
    for member in members(laid) {
        let (kind, fill, take) = passed(member, laid, api);
        let said = told(&member.documentation, api);
        let _ = write!(text, "\n    #: {said}\n    {}: {kind}\n", member.name);
        let _ = writeln!(filled, "        {fill}");
        let _ = writeln!(taken, "            {}={take},", member.name);
    }
    let _ = write!(
        text,
        "\n    def _fill(self, made) -> None:\n{filled}\
         \n    @classmethod\n    def _given(cls, value) -> {0}:\n        return cls(\n{taken}        )\n",
        class(&laid.name)
    );
    text
}

/// The type of a member, how it is put into a struct, and how it is read.
fn passed(member: &Member, laid: &Struct, api: &Api) -> (String, String, String) {
    let name = &member.name;
    let length = format!("{name}_len");
    let has_length = laid.members.iter().any(|m| m.name == length);
    let nested = api.structure(&member.r#type);
    match (member.r#type.as_str(), member.count, nested) {
        ("char", Some(_), _) => (
            "str".to_owned(),
            format!("made.{name} = string(self.{name})"),
            format!("ffi.string(value.{name}).decode()"),
        ),
        ("uint8_t", Some(_), _) if has_length => (
            "bytes".to_owned(),
            format!("made.{name}, made.{length} = self.{name}, len(self.{name})"),
            format!("bytes(ffi.buffer(value.{name}))[:value.{length}]"),
        ),
        (_, None, _) if member.r#type.ends_with('*') => (
            "bytes".to_owned(),
            format!("made.{name}, made.{length} = kept(made, self.{name})"),
            format!("bytes(ffi.buffer(value.{name}, value.{length}))"),
        ),
        (kind, Some(count), Some(_)) => (
            format!("Tuple[{}, ...]", class(kind)),
            format!("raise TypeError(\"{name}: only the library fills this in\")"),
            format!("tuple(from_{kind}(value.{name}[i]) for i in range({count}))"),
        ),
        (kind, None, Some(inner)) => {
            let seen = match look(inner) {
                Look::Bytes => "bytes".to_owned(),
                _ => class(kind),
            };
            (
                seen,
                format!("made.{name} = c_{kind}(self.{name})[0]"),
                format!("from_{kind}(value.{name})"),
            )
        }
        _ => (
            "int".to_owned(),
            format!("made.{name} = self.{name}"),
            format!("value.{name}"),
        ),
    }
}
