//! The functions of C, as P/Invoke wants them. Pointers and handles are an `IntPtr`.

use std::fmt::Write as _;

use kpclient_bindings::{Api, Form, Function};

use crate::types;

pub fn functions(api: &Api) -> Result<String, String> {
    let mut text = String::new();
    let is_used = |f: &&Function| f.form != Form::Waiting || f.name == "kpc_client_close";
    for function in api.functions.iter().filter(is_used) {
        let _ = writeln!(text, "\n        {}", declared(function)?);
    }
    let text = text.trim_start_matches('\n');
    Ok(format!(
        "    /// <summary>The functions of the library; each is looked up at its first call.</summary>\n    \
         internal static class Raw\n    {{\n        private const string Native = \"libkpclient.so.0\";\n\n{text}    }}\n"
    ))
}

fn declared(function: &Function) -> Result<String, String> {
    let mut parameters = Vec::new();
    for p in &function.parameters {
        let name = types::camel(&p.name);
        parameters.push(format!("{} {name}", raw(&p.r#type)?));
    }
    let returns = match function.returns.r#type.as_str() {
        "void" => "void",
        name => raw(name)?,
    };
    Ok(format!(
        "[DllImport(Native)]\n        internal static extern {returns} {}({});",
        function.name,
        parameters.join(", ")
    ))
}

fn raw(r#type: &str) -> Result<&'static str, String> {
    Ok(match r#type {
        "bool" | "uint8_t" => "byte",
        "double" => "double",
        "int" | "int32_t" | "kpc_status" => "int",
        "uint32_t" => "uint",
        "int64_t" => "long",
        "kpc_channel" | "kpc_op" | "size_t" | "uint64_t" => "ulong",
        _ if r#type.ends_with('*') || r#type.ends_with("_fn") => "IntPtr",
        _ => return Err(format!("what is {type} in C#?")),
    })
}
