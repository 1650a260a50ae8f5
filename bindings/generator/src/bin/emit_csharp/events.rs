//! Events: a class for each kind, with what it carries.

use std::collections::BTreeSet;

use kpclient_bindings::{Api, Constant, Function, Returns};

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
        let name = format!("{}Event", short(group, &kind.name));
        used.extend(kind.properties.iter().flatten().map(String::as_str));
        classes += &class(api, docs, kind, &name)?;
        cases += &format!(
            "                case {}: return new {name}(memory, of, text);\n",
            kind.value
        );
    }
    let mut readers = String::new();
    for name in used {
        let function = api.function(name).ok_or("an event has no such property")?;
        readers += &reader(api, function)?;
    }
    Ok(format!(
        "{classes}    internal static class EventReader\n    {{\n        \
         internal static Event Read(Scratch memory, IntPtr of)\n        {{\n            \
         var text = Describe(memory, of);\n            var kind = Raw.kpc_event_kind(of);\n            \
         switch (kind)\n            {{\n{cases}                \
         default: return new UnknownEvent(kind, text);\n            }}\n        }}\n{DESCRIBE}{readers}    }}\n"
    ))
}

const DESCRIBE: &str = "
        private static string Describe(Scratch memory, IntPtr of)
        {
            var textOut = memory.Room(8);
            memory.Check(Raw.kpc_event_describe(of, textOut, memory.Error));
            return memory.BufferText(textOut);
        }
";

fn class(api: &Api, docs: &Docs, kind: &Constant, name: &str) -> Result<String, String> {
    let (mut fields, mut values) = (String::new(), String::new());
    for function in functions(api, kind)? {
        let property = property(function);
        fields += &docs.comment(&function.documentation, &[], "        ");
        fields += &format!(
            "        public {} {property} {{ get; }}\n\n",
            type_of(api, function)?
        );
        values += &format!("            {property} = EventReader.{property}(memory, of);\n");
    }
    let comment = docs.comment(std::slice::from_ref(&kind.documentation), &[], "    ");
    Ok(format!(
        "{comment}    public sealed class {name} : Event\n    {{\n{fields}        \
         internal {name}(Scratch memory, IntPtr of, string text)\n            : base(text)\n        {{\n{values}        }}\n    }}\n\n"
    ))
}

fn functions<'a>(api: &'a Api, kind: &Constant) -> Result<Vec<&'a Function>, String> {
    let names = kind.properties.iter().flatten();
    let find = |name: &String| api.function(name).ok_or(format!("no {name}"));
    names.map(find).collect()
}

fn property(function: &Function) -> String {
    let name = function.name.strip_prefix("kpc_event_");
    types::pascal(name.unwrap_or(&function.name))
}

/// What an event may lack is null.
fn type_of(api: &Api, function: &Function) -> Result<String, String> {
    if function.returns.role != Returns::Status {
        return Ok(returned(api, function, "")?.0);
    }
    let mut parameters = function.parameters.iter();
    let out = parameters.find(|p| p.role.is_output()).ok_or("no output")?;
    let output = output(api, out, "");
    let mark = if output.is_reference { "" } else { "?" };
    Ok(output.r#type + mark)
}

fn reader(api: &Api, function: &Function) -> Result<String, String> {
    let (name, r#type) = (property(function), type_of(api, function)?);
    let raw = format!("Raw.{}", function.name);
    let head =
        format!("\n        internal static {type} {name}(Scratch memory, IntPtr of)\n        {{\n");
    if function.returns.role != Returns::Status {
        let value = returned(api, function, &format!("{raw}(of)"))?.1;
        return Ok(format!("{head}            return {value};\n        }}\n"));
    }
    let mut parameters = function.parameters.iter();
    let out = parameters.find(|p| p.role.is_output()).ok_or("no output")?;
    let output = output(api, out, "");
    Ok(format!(
        "{head}            {}\n            \
         return memory.Has({raw}(of, {}, memory.Error)) ? {} : ({type})null;\n        }}\n",
        output.room, output.local, output.value
    ))
}
