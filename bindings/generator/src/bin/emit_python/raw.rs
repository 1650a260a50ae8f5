//! The declarations of the header, for cffi twice: as the table that `_cffi_backend` reads, so that nobody
//! parses C while a program starts, and as C for the test that compares the table with what cffi
//! makes of it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use kpclient_bindings::{Api, Struct};

use super::types::{Types, FUNCTION_OF_LIBRARY, SAME_AS};

/// Structs whose members cffi lays out itself, and those of which nobody knows the members.
const COMPLETE: u32 = 2;
const OPAQUE: u32 = 16;

/// The module `_ffi`, in the form in which cffi writes modules for libraries that are opened at run time.
pub fn module(api: &Api) -> Result<String, String> {
    let mut types = Types::new(api);
    let mut functions = BTreeMap::new();
    for function in &api.functions {
        let parameters = function
            .parameters
            .iter()
            .map(|p| declared(&p.r#type, &p.name));
        let parameters: Vec<_> = parameters.collect();
        let index = types.function(&function.returns.r#type, &parameters)?;
        functions.insert(function.name.as_str(), index);
    }
    let mut structs = BTreeMap::new();
    for handle in &api.handles {
        structs.insert(handle.name.as_str(), (OPAQUE, Vec::new()));
    }
    for laid in &api.structs {
        let mut members = Vec::new();
        for member in &laid.members {
            let index = types.member(&member.r#type, member.count)?;
            members.push(format!("{}{}'", operation(index, SAME_AS), member.name));
        }
        structs.insert(laid.name.as_str(), (COMPLETE, members));
    }
    let mut names = BTreeMap::new();
    let aliases = api.aliases.iter().map(|alias| alias.name.as_str());
    let callbacks = api.callbacks.iter().map(|callback| callback.name.as_str());
    for name in structs.keys().copied().chain(aliases).chain(callbacks) {
        names.insert(name, types.named(name)?);
    }

    let mut text = "\"\"\"What the library exports, as cffi's backend reads it.\"\"\"\n\nimport _cffi_backend\n\n\
        ffi = _cffi_backend.FFI(\n    \"kpclient._ffi\",\n    _version=0x2601,\n"
        .to_owned();
    let _ = write!(
        text,
        "    _types=(\n{}    ),\n    _globals=(\n",
        types.text()
    );
    for (name, index) in functions {
        let _ = writeln!(
            text,
            "        {}{name}', 0,",
            operation(index, FUNCTION_OF_LIBRARY)
        );
    }
    text.push_str("    ),\n    _struct_unions=(\n");
    for (name, (flags, members)) in structs {
        let (index, flags) = (number(names[name]), number(flags));
        let _ = writeln!(
            text,
            "        (b'{index}{flags}{name}', {}),",
            members.join(", ")
        );
    }
    text.push_str("    ),\n    _typenames=(\n");
    for (name, index) in names {
        let _ = writeln!(text, "        b'{}{name}',", number(index));
    }
    text.push_str("    ),\n)\n");
    Ok(text.replace("', ),", "',),"))
}

/// Four bytes of a Python literal.
pub fn number(value: u32) -> String {
    let bytes = value.to_be_bytes();
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "\\x{byte:02x}");
        text
    })
}

/// The beginning of a literal: an operation of the table.
fn operation(index: u32, operation: u32) -> String {
    format!("b'{}", number(index << 8 | operation))
}

/// The same in C.
pub fn declarations(api: &Api) -> String {
    let mut text =
        "\"\"\"What the library exports, in C.\"\"\"\n\nDECLARATIONS = \"\"\"\n".to_owned();
    for alias in &api.aliases {
        let _ = writeln!(text, "typedef {} {};", alias.r#type, alias.name);
    }
    for handle in &api.handles {
        let _ = writeln!(text, "typedef struct {0} {0};", handle.name);
    }
    for callback in &api.callbacks {
        let parameters: Vec<_> = callback
            .parameters
            .iter()
            .map(|(kind, name)| declared(kind, name))
            .collect();
        let _ = writeln!(
            text,
            "typedef {} (*{})({});",
            callback.returns,
            callback.name,
            parameters.join(", ")
        );
    }
    for laid in &api.structs {
        text.push_str(&structure(laid));
    }
    for function in &api.functions {
        let parameters = function
            .parameters
            .iter()
            .map(|p| declared(&p.r#type, &p.name));
        let parameters = parameters.collect::<Vec<_>>().join(", ");
        let parameters = if parameters.is_empty() {
            "void"
        } else {
            &parameters
        };
        let result = declared(&function.returns.r#type, &function.name);
        let _ = writeln!(text, "{result}({parameters});");
    }
    text.push_str("\"\"\"\n");
    text
}

fn structure(laid: &Struct) -> String {
    let mut text = format!("typedef struct {} {{\n", laid.name);
    for member in &laid.members {
        let count = member
            .count
            .map_or_else(String::new, |count| format!("[{count}]"));
        let _ = writeln!(
            text,
            "    {}{count};",
            declared(&member.r#type, &member.name)
        );
    }
    let _ = writeln!(text, "}} {};", laid.name);
    text
}

/// A parameter, member or function in C.
pub fn declared(kind: &str, name: &str) -> String {
    match kind.ends_with('*') {
        true => format!("{kind}{name}"),
        false => format!("{kind} {name}"),
    }
}
