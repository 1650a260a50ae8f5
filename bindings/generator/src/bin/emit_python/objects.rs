//! Objects, a class each, and plain functions.

use std::fmt::Write as _;

use kpclient_bindings::methods::{classes, Class};
use kpclient_bindings::{Api, Handle};

use super::methods::method;
use super::words::{class, docstring};

const IMPORTS: &str = "
from __future__ import annotations

from typing import Iterator, NamedTuple, Optional, Sequence, Union

from ._failure import KpcError, check, failure_given, no_error
from ._library import ffi, lib
from ._memory import (
    SecretBytes, array_of, bytes_given, c_bytes, c_text, named, optional_text, string,
    text_given,
)
";

/// Classes that stand on one written by hand.
const BY_HAND: &[&str] = &["kpc_client", "kpc_config"];

pub fn module(api: &Api) -> Result<String, String> {
    let mut text = format!(
        "\"\"\"Objects: each is freed when nothing refers to it any more, or by `free`.\"\"\"\n{IMPORTS}\
         from ._client import ClientBase\nfrom ._config import ConfigBase\n\
         from ._objects import Object, milliseconds, pointer\nfrom ._running import Call, run, wait\n\
         from .constants import *  # noqa: F401,F403\nfrom .values import *  # noqa: F401,F403\n\
         from .values import (\n{}\n)\n",
        passing(api)
    );
    let classes = classes(api);
    let objects = classes
        .iter()
        .filter_map(|class| Some((class, api.handle(class.name)?)));
    let mut results = String::new();
    let mut bodies = String::new();
    for (members, handle) in objects {
        if members.methods.is_empty() {
            continue;
        }
        bodies.push_str(&object(members, handle, api, &mut results)?);
    }
    text.push_str(&results);
    text.push_str(&bodies);
    Ok(text)
}

/// Names that begin as if they were private are imported one by one.
fn passing(api: &Api) -> String {
    let names = api.structs.iter().filter(|s| s.name != "kpc_completion");
    let names = names.filter(|s| !s.members.iter().any(|m| m.r#type.contains("(*")));
    let names = names.map(|s| format!("    c_{0}, from_{0},", s.name));
    names.collect::<Vec<_>>().join("\n")
}

fn object(
    members: &Class<'_>,
    handle: &Handle,
    api: &Api,
    results: &mut String,
) -> Result<String, String> {
    let name = class(&handle.name);
    let base = match BY_HAND.contains(&handle.name.as_str()) {
        true => format!("{name}Base"),
        false => "Object".to_owned(),
    };
    let mut text = format!("\n\nclass {name}({base}):\n");
    text.push_str(&docstring(&handle.documentation, 4, api));
    let _ = write!(text, "\n    _free = \"{}\"\n", handle.free);
    if let Some(sequence) = sequence(members, api)? {
        text.push_str(&sequence);
    }
    for member in &members.methods {
        let written = method(member, api)?;
        results.push_str(&written.result_definition().unwrap_or_default());
        text.push_str(&written.text()?);
    }
    Ok(text)
}

/// What has a count and things by position is a sequence of them.
fn sequence(members: &Class<'_>, api: &Api) -> Result<Option<String>, String> {
    let find = |end: &str| {
        let name = format!("{}{end}", members.name);
        members.methods.iter().find(|m| m.function.name == name)
    };
    let (Some(_), Some(at)) = (find("_count"), find("_at")) else {
        return Ok(None);
    };
    let written = method(at, api)?;
    let kind = written.given_kind();
    Ok(Some(format!(
        "\n    def __len__(self) -> int:\n        return self.count\n\
         \n    def __getitem__(self, position: int) -> {kind}:\n        \
         return self.at(self._position(position))\n\
         \n    def __iter__(self) -> Iterator[{kind}]:\n        \
         return (self.at(position) for position in range(self.count))\n"
    )))
}

/// The module of plain functions.
pub fn functions(api: &Api) -> Result<String, String> {
    let mut text = format!(
        "\"\"\"What needs no object.\"\"\"\n{IMPORTS}from .constants import *  # noqa: F401,F403\n\
         from .values import *  # noqa: F401,F403\nfrom .values import (\n{}\n)\n",
        passing(api)
    );
    let (mut results, mut bodies) = (String::new(), String::new());
    for class in classes(api).iter().filter(|class| class.name.is_empty()) {
        for member in &class.methods {
            let written = method(member, api)?;
            results.push_str(&written.result_definition().unwrap_or_default());
            bodies.push_str(&written.text()?);
        }
    }
    text.push_str(&results);
    text.push_str(&bodies);
    Ok(text)
}
