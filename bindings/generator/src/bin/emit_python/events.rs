//! Events: a class for each kind, with what it carries.

use std::fmt::Write as _;

use kpclient_bindings::naming::pascal;
use kpclient_bindings::{Api, Constant, Function, Returns, Role};

use super::arguments::{given, returned};
use super::words::{docstring, member};

/// Kinds that no program sees: the runtime takes completions, and nothing is no event.
const HIDDEN: &[&str] = &["KPC_EVENT_NONE", "KPC_EVENT_OPERATION"];

const HEAD: &str = "\"\"\"Events: a class for each kind.\"\"\"

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, Optional, Type

from ._events import Event, UnknownEvent, gotten
from ._failure import KpcError, failure_given
from ._library import ffi, lib
from ._memory import bytes_given, text_given
from .constants import EventKind
from .objects import PKIDocument
from .values import from_kpc_hash, from_kpc_id
";

pub fn module(api: &Api) -> Result<String, String> {
    let mut text = HEAD.to_owned();
    let mut table = String::new();
    let events = api.group("event").ok_or("there are no events")?;
    let seen = |event: &&Constant| !HIDDEN.contains(&event.name.as_str());
    for event in events.constants.iter().filter(seen) {
        let name = pascal(member(&event.name, &events.prefix)) + "Event";
        text.push_str(&class(event, &name, api)?);
        let kind = member(&event.name, &events.prefix);
        let _ = writeln!(table, "    EventKind.{kind}: {name},");
    }
    let _ = write!(
        text,
        "\n\n#: The class of each kind.\nBY_KIND: Dict[int, Type[Event]] = {{\n{table}}}\n\
         \n\ndef event_given(event, client) -> Event:\n    \
         \"\"\"What stands for an event of the library, which it frees.\"\"\"\n    \
         kind = lib.kpc_event_kind(event)\n    try:\n        \
         return BY_KIND.get(kind, UnknownEvent)._given(event, kind, client)\n    finally:\n        \
         lib.kpc_event_free(event)\n"
    );
    Ok(text)
}

fn class(event: &Constant, name: &str, api: &Api) -> Result<String, String> {
    let mut text = format!("\n\n@dataclass(frozen=True)\nclass {name}(Event):\n");
    text.push_str(&docstring(
        std::slice::from_ref(&event.documentation),
        4,
        api,
    ));
    let mut taken = String::new();
    for property in event.properties.iter().flatten() {
        let function = api
            .function(property)
            .ok_or_else(|| format!("there is no {property}"))?;
        let name = property.trim_start_matches("kpc_event_");
        let (kind, value) = carried(function, api)?;
        let said = function.documentation.first().map_or("", String::as_str);
        let said = super::words::told(said, api);
        let _ = write!(text, "\n    #: {said}\n    {name}: {kind}\n");
        let _ = writeln!(taken, "            {name}={value},");
    }
    let _ = write!(
        text,
        "\n    @classmethod\n    def _given(cls, event, kind, client) -> {name}:\n        return cls(\n            \
         kind=kind,\n            text=cls._text(event),\n{taken}        )\n"
    );
    Ok(text)
}

/// The type of what an event carries, and how it is read.
fn carried(function: &Function, api: &Api) -> Result<(String, String), String> {
    if function.returns.role != Returns::Status {
        return returned(&function.returns, &format!("lib.{}(event)", function.name));
    }
    let output = function.parameters.iter().find(|p| p.role.is_output());
    let output = output.ok_or_else(|| format!("{} gives nothing", function.name))?;
    let given = given(output, api, "client")?;
    let stars = if matches!(output.role, Role::StructOut) {
        "*"
    } else {
        "**"
    };
    let value = format!(
        "gotten(lib.{}, event, \"{} {stars}\", lambda {}: {})",
        function.name, output.of, given.variable, given.value
    );
    Ok((format!("Optional[{}]", given.kind), value))
}
