//! Events: a case for each kind, with what it carries.

use std::fmt::Write as _;

use kpclient_bindings::{Api, Constant, Function, Parameter, Returns, Role};

use crate::constants::short;
use crate::docs::Docs;
use crate::outputs::{output, returned};
use crate::types;

/// The runtime's own, and what is none.
const NOT_SHOWN: &[&str] = &["KPC_EVENT_NONE", "KPC_EVENT_OPERATION"];

pub fn events(api: &Api, docs: &Docs) -> Result<String, String> {
    let group = api.group("event").ok_or("no events")?;
    let shown = group.constants.iter();
    let shown = shown.filter(|c| !NOT_SHOWN.contains(&c.name.as_str()));
    let (mut cases, mut kinds, mut reads, mut describes) =
        (String::new(), String::new(), String::new(), String::new());
    for kind in shown {
        let short = short(group, &kind.name);
        let (case, name) = (
            types::declared(&short),
            kpclient_bindings::naming::pascal(&short),
        );
        let comment = docs.comment(std::slice::from_ref(&kind.documentation), &[], "    ");
        let _ = writeln!(cases, "{comment}    case {case}({name})");
        kinds += &payload(api, docs, kind, &name)?;
        let _ = writeln!(
            reads,
            "        case {}: self = .{case}(try {name}(event, memory))",
            kind.value
        );
        let _ = writeln!(describes, "        case .{case}(let it): it.description");
    }
    Ok(format!(
        "\n/// Something that happened to a client.\npublic enum Event: Sendable, CustomStringConvertible {{\n{cases}    \
         /// A kind that has no name in this version.\n    case unnamed(Unnamed)\n\n    \
         /// The event in a line, without secrets and payloads.\n    public var description: String {{\n        \
         switch self {{\n{describes}        case .unnamed(let it): it.description\n        }}\n    }}\n\n    \
         init(_ event: OpaquePointer, _ memory: Scratch) throws {{\n        switch kpc_event_kind(event) {{\n{reads}        \
         default: self = .unnamed(try Unnamed(event, memory))\n        }}\n    }}\n}}\n{kinds}\n\
         extension Event {{\n    /// What is known of an event without a name.\n    \
         public struct Unnamed: Sendable, CustomStringConvertible {{\n        public let description: String\n\n        \
         init(_ event: OpaquePointer, _ memory: Scratch) throws {{\n            description = try describe(event, memory)\n        \
         }}\n    }}\n}}\n"
    ))
}

/// The struct of what a kind of event carries.
fn payload(api: &Api, docs: &Docs, kind: &Constant, name: &str) -> Result<String, String> {
    let (mut fields, mut sets) = (String::new(), String::new());
    for function in functions(api, kind)? {
        let property = property(function);
        fields += &docs.comment(&function.documentation, &[], "        ");
        let (r#type, value) = read(api, function)?;
        let _ = writeln!(fields, "        public let {property}: {type}\n");
        let _ = writeln!(sets, "            {property} = {value}");
    }
    Ok(format!(
        "\nextension Event {{\n    /// What `{name}` tells.\n    public struct {name}: Sendable, CustomStringConvertible {{\n{fields}        \
         /// The event in a line, without secrets and payloads.\n        public let description: String\n\n        \
         init(_ event: OpaquePointer, _ memory: Scratch) throws {{\n{sets}            description = try describe(event, memory)\n        \
         }}\n    }}\n}}\n"
    ))
}

fn functions<'a>(api: &'a Api, kind: &Constant) -> Result<Vec<&'a Function>, String> {
    let names = kind.properties.iter().flatten();
    let find = |name: &String| api.function(name).ok_or(format!("no {name}"));
    names.map(find).collect()
}

fn property(function: &Function) -> String {
    let name = &function.name;
    types::declared(name.strip_prefix("kpc_event_").unwrap_or(name))
}

/// The type of a property and how it is read. What an event may lack is nil.
fn read(api: &Api, function: &Function) -> Result<(String, String), String> {
    let name = &function.name;
    if function.returns.role != Returns::Status {
        let (r#type, value) = returned(api, function, &format!("{name}(event)"))?;
        let values = function.returns.values.as_deref();
        return Ok(
            match types::enumeration(api, values, &function.returns.r#type) {
                Some(_) => (qualified(&r#type), qualified(&value)),
                None => (r#type, value),
            },
        );
    }
    let is_output = |p: &&Parameter| p.role.is_output();
    let out = function
        .parameters
        .iter()
        .find(is_output)
        .ok_or("no output")?;
    let output = output(api, out, "")?;
    let raw = match out.role {
        Role::StructOut => out.of.as_str(),
        _ => "OpaquePointer?",
    };
    let (r#type, value) = match out.role {
        Role::HandleOut | Role::StructOut => (qualified(&output.r#type), qualified(&output.value)),
        _ => (output.r#type.clone(), output.value.clone()),
    };
    let value = value.replace(&output.local, "$0");
    Ok((
        format!("{type}?"),
        format!("try memory.lent({raw}.self, {{ {name}(event, $0, $1) }}, {{ {value} }})"),
    ))
}

/// A type of the module: some kinds of events are called like the types of what they carry.
fn qualified(name: &str) -> String {
    format!("Kpclient.{name}")
}
