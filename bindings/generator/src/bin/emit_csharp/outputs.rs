//! What a function gives: where the library puts it, and what becomes of that.

use kpclient_bindings::{structs, Api, Function, Parameter, Returns, Role};

use crate::types;

/// One output: its name as a property, its type, the memory that receives it, and the value in that.
pub struct Output {
    pub name: String,
    pub local: String,
    pub r#type: String,
    /// Whether a variable of the type can be null.
    pub is_reference: bool,
    pub room: String,
    pub value: String,
    pub documentation: String,
}

/// Objects whose calls are operations of a client.
pub const OWNED: &[&str] = &["kpc_reader", "kpc_store", "kpc_writer"];

/// `owner` is the client, of what starts operations.
pub fn output(api: &Api, parameter: &Parameter, owner: &str) -> Output {
    let name = parameter.name.strip_suffix("_out");
    let name = name.unwrap_or(&parameter.name);
    let local = local(parameter);
    let of = parameter.of.as_str();
    let class = types::class(of);
    let is_struct = parameter.role == Role::StructOut;
    let size = if is_struct { structs::size(api, of) } else { 8 };
    let made = |value: String| (class.clone(), value);
    let (r#type, value) = match parameter.role {
        Role::BytesOut => ("byte[]".to_owned(), format!("memory.Buffer({local})")),
        Role::TextOut => ("string".to_owned(), format!("memory.BufferText({local})")),
        Role::StructOut if structs::is_bytes(api, of) => {
            made(format!("new {class}(Scratch.Copy({local}, {size}))"))
        }
        Role::StructOut => made(format!("{class}.Read({local})")),
        Role::HandleOut if OWNED.contains(&of) => {
            made(format!("new {class}(Scratch.Pointer({local}), {owner})"))
        }
        Role::HandleOut => made(format!("new {class}(Scratch.Pointer({local}))")),
        _ => scalar(api, parameter, &local),
    };
    Output {
        name: types::pascal(name),
        r#type,
        is_reference: parameter.role != Role::ScalarOut,
        room: format!("var {local} = memory.Room({size});"),
        value,
        documentation: parameter.documentation.clone(),
        local,
    }
}

/// The variable with the address of an output; an input may have the name itself.
pub fn local(parameter: &Parameter) -> String {
    let name = parameter.name.strip_suffix("_out");
    let name = types::camel(name.unwrap_or(&parameter.name));
    format!("{}Out", name.trim_start_matches('@'))
}

fn scalar(api: &Api, parameter: &Parameter, local: &str) -> (String, String) {
    let c = parameter.r#type.as_str();
    if c.starts_with("kpc_status") {
        return ("Status".to_owned(), format!("(Status)Scratch.Int({local})"));
    }
    if let Some(name) = types::enumeration(api, parameter.values.as_deref(), c) {
        let value = format!("({name})Scratch.Int({local})");
        return (name, value);
    }
    let name = types::number(c);
    let value = match (name, c.starts_with("size_t")) {
        ("int", false) => format!("Scratch.Int({local})"),
        ("uint", _) => format!("(uint)Scratch.Int({local})"),
        ("long", _) => format!("Scratch.Long({local})"),
        _ => format!("({name})Scratch.Long({local})"),
    };
    (name.to_owned(), value)
}

/// The type and value of what a function returns itself, other than a status.
pub fn returned(api: &Api, function: &Function, call: &str) -> Result<(String, String), String> {
    let returns = &function.returns;
    let c = returns.r#type.as_str();
    let pair = |name: &str, value: String| Ok((name.to_owned(), value));
    match returns.role {
        Returns::Nothing => pair("void", call.to_owned()),
        Returns::StaticText | Returns::Text => {
            pair("string", format!("Scratch.StaticText({call})"))
        }
        Returns::Handle => pair("KpcException", format!("KpcException.Of({call})")),
        Returns::Value => {
            if let Some(name) = types::enumeration(api, returns.values.as_deref(), c) {
                return pair(&name, format!("({name}){call}"));
            }
            match (types::number(c), c) {
                ("bool", _) => pair("bool", format!("Scratch.Bool({call})")),
                (_, "size_t") => pair("int", format!("(int){call}")),
                (name, _) => pair(name, call.to_owned()),
            }
        }
        _ => Err(format!("{}: what does it return?", function.name)),
    }
}
