//! The classes of objects, and the object of plain functions.

use kpclient_bindings::methods::Class;
use kpclient_bindings::Api;

use crate::constants;
use crate::docs::Docs;
use crate::methods::method;
use crate::types;

/// Classes with a part that is written by hand.
const BASES: &[(&str, &str)] = &[
    ("kpc_client", "ClientRuntime"),
    ("kpc_config", "ConfigRuntime"),
];

/// Objects that know the client whose operations they start.
const OWNED: &[&str] = &["kpc_reader", "kpc_store", "kpc_writer"];

/// Lists: what one is an item of is found at a position.
fn list(members: &str) -> Option<String> {
    let at = members.split("fun at(position: Int): ").nth(1)?;
    let item = at.split(" =").next()?;
    let counts = members.contains("val count: Int");
    counts.then(|| {
        format!(
            "\n    /** All of it. */\n    fun toList(): List<{item}> = List(count) {{ at(it) }}\n"
        )
    })
}

pub fn class(api: &Api, docs: &Docs, class: &Class<'_>) -> Result<String, String> {
    let (mut members, mut statics, mut results) = (Vec::new(), Vec::new(), String::new());
    for one in &class.methods {
        if let Some(written) = method(api, docs, one)? {
            results += &written.result.unwrap_or_default();
            let place = if written.is_static {
                &mut statics
            } else {
                &mut members
            };
            place.push(written.text);
        }
    }
    if class.name.is_empty() {
        let numbers = constants::numbers(api, docs);
        let what = "Functions that need no object, and the numbers of the interface.";
        return Ok(format!(
            "\n/** {what} */\nobject Kpclient {{\n{numbers}{}}}\n{results}",
            statics.join("\n")
        ));
    }
    let handle = api.handle(class.name).ok_or("a class is no handle")?;
    let name = types::class(class.name);
    let comment = docs.comment(&handle.documentation, &[], "");
    let base = BASES
        .iter()
        .find(|(of, _)| *of == class.name)
        .map(|(_, base)| *base);
    let free = api
        .function(&handle.free)
        .map(types::raw)
        .unwrap_or_default();
    let free = free.replace('.', "::");
    let head = match base {
        Some(base) => format!("class {name} internal constructor(handle: Long) : {base}(handle)"),
        None if OWNED.contains(&class.name) => format!(
            "class {name} internal constructor(handle: Long, owner: Handle) : Handle(handle, {free}, owner)"
        ),
        None => format!("class {name} internal constructor(handle: Long) : Handle(handle, {free})"),
    };
    if class.name == "kpc_client" {
        let what = "A client of this configuration, which it copies; not connected yet.";
        members.insert(
            0,
            format!(
                "    /** {what} */\n    constructor(config: Config) : this(newClient(config))\n"
            ),
        );
    }
    let mut members = members.join("\n");
    members += &list(&members).unwrap_or_default();
    if !statics.is_empty() {
        members += &companion(&statics);
    }
    Ok(format!("\n{comment}{head} {{\n{members}}}\n{results}"))
}

/// Functions without an object, in the place that belongs to the class.
pub fn companion(statics: &[String]) -> String {
    let mut text = "\n    /** Makes such objects. */\n    companion object {\n".to_owned();
    for line in statics.join("\n").lines() {
        text += format!("    {line}").trim_end();
        text.push('\n');
    }
    text + "    }\n"
}
