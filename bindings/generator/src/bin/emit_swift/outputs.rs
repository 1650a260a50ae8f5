//! What a function gives: where the library puts it, and what becomes of that.

use kpclient_bindings::{Api, Function, Parameter, Returns, Role};

use crate::types;

/// One output: its name, its type, the memory that receives it, and the value in that.
pub struct Output {
    pub name: String,
    pub r#type: String,
    pub local: String,
    pub room: String,
    pub value: String,
    pub documentation: String,
}

/// Objects whose calls are operations of a client.
pub const OWNED: &[&str] = &["kpc_reader", "kpc_store", "kpc_writer"];

/// `owner` is the client, of what starts operations.
pub fn output(api: &Api, parameter: &Parameter, owner: &str) -> Result<Output, String> {
    let name = parameter.name.strip_suffix("_out");
    let name = name.unwrap_or(&parameter.name);
    let local = local(parameter);
    let of = parameter.of.as_str();
    let class = types::class(of);
    let handle = "OpaquePointer?".to_owned();
    let (r#type, raw, value) = match parameter.role {
        Role::BytesOut => ("[UInt8]".to_owned(), handle, format!("takeBytes({local})")),
        Role::TextOut => ("String".to_owned(), handle, format!("takeText({local})")),
        Role::StructOut => (
            class.clone(),
            of.to_owned(),
            format!("{class}(at: {local})"),
        ),
        Role::HandleOut if OWNED.contains(&of) => {
            let value = format!("{class}({local}.pointee, {owner})");
            (class, handle, value)
        }
        Role::HandleOut => {
            let value = format!("{class}({local}.pointee)");
            (class, handle, value)
        }
        _ => scalar(api, parameter, &local)?,
    };
    Ok(Output {
        name: types::declared(name),
        r#type,
        room: format!("let {local} = memory.room({raw}.self)"),
        value,
        documentation: parameter.documentation.clone(),
        local,
    })
}

/// The variable with the address of an output; an input may have the name itself.
pub fn local(parameter: &Parameter) -> String {
    let name = parameter.name.strip_suffix("_out");
    format!("{}Out", types::camel(name.unwrap_or(&parameter.name)))
}

/// The type in Swift, the type in C, and the value.
fn scalar(
    api: &Api,
    parameter: &Parameter,
    local: &str,
) -> Result<(String, String, String), String> {
    let c = parameter.r#type.trim_end_matches('*').trim();
    if c == "kpc_status" {
        let value = format!("KpcError.Code(number: {local}.pointee)");
        return Ok(("KpcError.Code".to_owned(), c.to_owned(), value));
    }
    if let Some(name) = types::enumeration(api, parameter.values.as_deref(), c) {
        let value = format!("{name}(number: {local}.pointee)");
        return Ok((name, "Int32".to_owned(), value));
    }
    let number = types::number(c)?;
    let (raw, value) = match number {
        "Channel" => (c, format!("Channel(number: {local}.pointee)")),
        _ => (number, format!("{local}.pointee")),
    };
    Ok((number.to_owned(), raw.to_owned(), value))
}

/// The type and value of what a function returns itself, other than a status.
pub fn returned(api: &Api, function: &Function, call: &str) -> Result<(String, String), String> {
    let returns = &function.returns;
    let c = returns.r#type.as_str();
    let pair = |name: &str, value: String| Ok((name.to_owned(), value));
    match returns.role {
        Returns::Nothing => pair("Void", call.to_owned()),
        Returns::StaticText | Returns::Text => pair("String", format!("text({call})")),
        Returns::Handle => pair("KpcError?", format!("KpcError(taking: {call})")),
        Returns::Value => match types::enumeration(api, returns.values.as_deref(), c) {
            Some(name) => pair(&name, format!("{name}(number: {call})")),
            None => pair(types::number(c)?, call.to_owned()),
        },
        _ => Err(format!("{}: what does it return?", function.name)),
    }
}
