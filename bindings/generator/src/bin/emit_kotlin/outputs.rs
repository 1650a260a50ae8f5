//! What a function gives: where the library puts it, and what becomes of that.

use kpclient_bindings::{structs, Api, Function, Parameter, Returns, Role};

use crate::types;

/// One output: its name, its type, the memory that receives it, and the value in that.
pub struct Output {
    pub name: String,
    pub r#type: String,
    pub room: String,
    pub value: String,
    pub documentation: String,
}

/// Objects whose calls are operations of a client.
const OWNED: &[&str] = &["kpc_reader", "kpc_store", "kpc_writer"];

/// `owner` is the client, of what starts operations.
pub fn output(api: &Api, parameter: &Parameter, owner: &str) -> Output {
    let local = types::camel(&parameter.name);
    let of = parameter.of.as_str();
    let class = types::class(of);
    let bytes = structs::is_bytes(api, of);
    let size = if parameter.role == Role::StructOut {
        structs::size(api, of)
    } else {
        8
    };
    let (r#type, value) = match parameter.role {
        Role::BytesOut => ("ByteArray".to_owned(), format!("memory.buffer({local})")),
        Role::TextOut => ("String".to_owned(), format!("memory.bufferText({local})")),
        Role::StructOut if bytes => (
            class.clone(),
            format!("{class}(memory.copy({local}, {size}))"),
        ),
        Role::StructOut => (class.clone(), format!("{class}.read(Pointer({local}))")),
        Role::HandleOut if OWNED.contains(&of) => (
            class.clone(),
            format!("{class}(memory.long({local}), {owner})"),
        ),
        Role::HandleOut => (class.clone(), format!("{class}(memory.long({local}))")),
        _ => scalar(api, parameter, &local),
    };
    Output {
        name: types::camel(
            parameter
                .name
                .strip_suffix("_out")
                .unwrap_or(&parameter.name),
        ),
        r#type,
        room: format!("val {local} = memory.room({size})"),
        value,
        documentation: parameter.documentation.clone(),
    }
}

fn scalar(api: &Api, parameter: &Parameter, local: &str) -> (String, String) {
    let c = parameter.r#type.as_str();
    let values = parameter.values.as_deref();
    if let Some(name) = types::enumeration(api, values, c) {
        return (name.clone(), format!("{name}.of(memory.int({local}))"));
    }
    match types::number(c) {
        "Int" if c.starts_with("kpc_status") => (
            "Status".to_owned(),
            format!("Status.of(memory.int({local}))"),
        ),
        "Int" => ("Int".to_owned(), format!("memory.int({local})")),
        other => (other.to_owned(), format!("memory.long({local})")),
    }
}

/// The type and value of what a function returns itself, other than a status.
pub fn returned(api: &Api, function: &Function, call: &str) -> Result<(String, String), String> {
    let returns = &function.returns;
    let c = returns.r#type.as_str();
    let pair = |name: &str, value: String| Ok((name.to_owned(), value));
    match returns.role {
        Returns::Nothing => pair("Unit", call.to_owned()),
        Returns::StaticText | Returns::Text => pair("String", format!("staticText({call})")),
        Returns::Handle => pair("KpcException?", format!("KpcException.of({call})")),
        Returns::Value => {
            if let Some(name) = types::enumeration(api, returns.values.as_deref(), c) {
                return pair(&name, format!("{name}.of({call})"));
            }
            match (types::number(c), c) {
                (name @ "Boolean", _) => pair(name, format!("bool({call})")),
                (name, "uint8_t") => pair(name, format!("{call}.toInt() and 0xff")),
                (name, "size_t") => pair(name, format!("{call}.toInt()")),
                (name, _) => pair(name, call.to_owned()),
            }
        }
        _ => Err(format!("{}: what does it return?", function.name)),
    }
}
