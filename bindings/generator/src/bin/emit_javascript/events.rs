//! Events: plain objects, of one type for each kind.

use kpclient_bindings::{Api, Constant, Function};

use crate::names::told;
use crate::plan;
use crate::values::{member_of, Kind};

/// Never seen by programs.
const UNSEEN: &[&str] = &["KPC_EVENT_NONE", "KPC_EVENT_OPERATION"];

fn kinds(api: &Api) -> impl Iterator<Item = &Constant> {
    let group = api
        .group("event")
        .into_iter()
        .flat_map(|group| &group.constants);
    group.filter(|kind| !UNSEEN.contains(&kind.name.as_str()))
}

fn short(kind: &Constant) -> &str {
    kind.name.trim_start_matches("KPC_EVENT_")
}

fn properties<'a>(api: &'a Api, kind: &'a Constant) -> impl Iterator<Item = &'a Function> {
    let names = kind.properties.iter().flatten();
    names.filter_map(|name| api.function(name))
}

/// What a property is. Its function returns it, or has one output.
fn value(function: &Function) -> Result<Kind<'_>, String> {
    if let Some(kind) = Kind::returned(function)? {
        return Ok(kind);
    }
    let output = plan::outputs(function).next();
    Kind::of(output.ok_or_else(|| format!("{} gives nothing", function.name))?)
}

/// Whether an event of the kind may lack it.
fn may_lack(function: &Function) -> Result<bool, String> {
    Ok(Kind::returned(function)?.is_none())
}

pub fn javascript(api: &Api) -> Result<String, String> {
    let mut readers = String::new();
    let mut known = Vec::new();
    let mut table = String::new();
    for kind in kinds(api) {
        let mut names = Vec::new();
        for function in properties(api, kind) {
            let name = member_of(&function.name);
            if !known.contains(&name) {
                let read = format!("call.run('{}', [event])[0]", function.name);
                let read = value(function)?.output(&read, "null");
                readers += &format!("  {name}: (event) => {read},\n");
                known.push(name.clone());
            }
            names.push(format!("'{name}'"));
        }
        table += &format!(
            "  {}: ['{}', [{}]],\n",
            kind.value,
            short(kind),
            names.join(", ")
        );
    }
    Ok(format!(
        "const EVENT_PROPERTIES = {{\n{readers}}};\nconst EVENT_KINDS = {{\n{table}}};\n\
         const readEvent = (event) => eventOf(event, EVENT_KINDS, EVENT_PROPERTIES);\n"
    ))
}

pub fn typescript(api: &Api) -> Result<String, String> {
    let mut text = String::from(
        "/** What a client reports; `kind` tells which of these it is. */\nexport type Event =\n",
    );
    for kind in kinds(api) {
        text += &format!("  /** {} */\n", told(api, &kind.documentation));
        text += &format!(
            "  | {{ readonly kind: '{}'; readonly description: string",
            short(kind)
        );
        for function in properties(api, kind) {
            let name = member_of(&function.name);
            let lacks = if may_lack(function)? { " | null" } else { "" };
            text += &format!("; readonly {name}: {}{lacks}", value(function)?.type_out());
        }
        text += " }\n";
    }
    Ok(text + "  /** A kind that a later version of the library has added. */\n  | { readonly kind: number; readonly description: string };\n")
}
