//! Events: a class for each kind, with what it carries.

use std::collections::BTreeSet;

use kpclient_bindings::{Api, Constant, Function, Returns, Role};

use crate::constants::short;
use crate::docs::Docs;
use crate::outputs::{output, returned};
use crate::types;

pub fn events(api: &Api, docs: &Docs) -> Result<String, String> {
    let group = api.group("event").ok_or("no events")?;
    // The runtime's own, and what is none.
    let shown = group
        .constants
        .iter()
        .filter(|c| !["KPC_EVENT_NONE", "KPC_EVENT_OPERATION"].contains(&c.name.as_str()));
    let (mut classes, mut cases, mut used) = (String::new(), String::new(), BTreeSet::new());
    for kind in shown {
        let name = types::pascal(&short(group, &kind.name));
        let properties = kind.properties.as_deref().unwrap_or_default();
        used.extend(properties.iter().map(String::as_str));
        let properties = functions(api, kind)?;
        let comment = docs.comment(std::slice::from_ref(&kind.documentation), &[], "    ");
        let mut fields = "        text: String,\n".to_owned();
        let mut values = vec!["text".to_owned()];
        for function in properties {
            let property = property(function);
            fields += &docs.comment(&function.documentation, &[], "        ");
            fields += &format!("        val {property}: {},\n", type_of(api, function)?);
            values.push(format!("memory.{property}(event)"));
        }
        classes += &format!(
            "\n{comment}    class {name} internal constructor(\n{fields}    ) : Event(text)\n"
        );
        cases += &format!(
            "        {} -> Event.{name}({})\n",
            kind.value,
            values.join(", ")
        );
    }
    let mut readers = String::new();
    for name in used {
        readers += &reader(
            api,
            api.function(name).ok_or("an event has no such property")?,
        )?;
    }
    Ok(format!(
        "\n/** Something that happened to a client. */\nsealed class Event(private val text: String) {{\n    \
         /** The event in a line, without secrets and payloads. */\n    override fun toString(): String = text\n{classes}\n    \
         /** A kind that has no name in this version. */\n    \
         class Unknown internal constructor(\n        text: String,\n        /** Its number in C. */\n        val kind: Int,\n    ) : Event(text)\n}}\n\
         \ninternal fun readEvent(memory: Scratch, event: Long): Event {{\n    val text = memory.describe(event)\n    \
         return when (val kind = Raw.kpc_event_kind(event)) {{\n{cases}        else -> Event.Unknown(text, kind)\n    }}\n}}\n\
         {DESCRIBE}{readers}"
    ))
}

const DESCRIBE: &str = "
private fun Scratch.describe(event: Long): String {
    val memory = this
    val text = memory.room(8)
    memory.check(Raw.kpc_event_describe(event, text, memory.error))
    return memory.bufferText(text)
}
";

fn functions<'a>(api: &'a Api, kind: &Constant) -> Result<Vec<&'a Function>, String> {
    let names = kind.properties.iter().flatten();
    let find = |name: &String| api.function(name).ok_or(format!("no {name}"));
    names.map(find).collect()
}

fn property(function: &Function) -> String {
    types::camel(
        function
            .name
            .strip_prefix("kpc_event_")
            .unwrap_or(&function.name),
    )
}

/// What an event may lack is null. Some kinds of events are called like the types of what they carry.
fn type_of(api: &Api, function: &Function) -> Result<String, String> {
    let returns = &function.returns;
    if returns.role != Returns::Status {
        let name = returned(api, function, "")?.0;
        let is_named =
            types::enumeration(api, returns.values.as_deref(), &returns.r#type).is_some();
        return Ok(match is_named {
            true => format!("kpclient.{name}"),
            false => name,
        });
    }
    let out = function
        .parameters
        .iter()
        .find(|p| p.role.is_output())
        .ok_or("no output")?;
    let name = output(api, out, "").r#type + "?";
    Ok(if out.role == Role::HandleOut {
        format!("kpclient.{name}")
    } else {
        name
    })
}

fn reader(api: &Api, function: &Function) -> Result<String, String> {
    let (name, r#type, raw) = (
        property(function),
        type_of(api, function)?,
        types::raw(function),
    );
    let head = format!("\nprivate fun Scratch.{name}(event: Long): {type}");
    if function.returns.role != Returns::Status {
        let value = returned(api, function, &format!("{raw}(event)"))?.1;
        return Ok(format!("{head} = {value}\n"));
    }
    let out = function
        .parameters
        .iter()
        .find(|p| p.role.is_output())
        .ok_or("no output")?;
    let output = output(api, out, "");
    let local = types::camel(&out.name);
    Ok(format!(
        "{head} {{\n    val memory = this\n    {}\n    \
         return if (memory.has({raw}(event, {local}, memory.error))) {} else null\n}}\n",
        output.room, output.value
    ))
}
