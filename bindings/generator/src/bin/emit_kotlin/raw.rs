//! The functions of C, as JNA's direct mapping wants them. Pointers, handles and lengths are
//! numbers of 64 bits.

use kpclient_bindings::{Api, Form, Function};

use crate::types;

pub fn functions(api: &Api) -> Result<String, String> {
    let all = |is_of_store: bool| {
        let functions = api.functions.iter();
        let is_used = |f: &&Function| f.form != Form::Waiting || f.name == "kpc_client_close";
        let mine = functions
            .filter(|f| f.is_of_store == is_of_store)
            .filter(is_used);
        mine.map(declared).collect::<Result<String, String>>()
    };
    let object = |name: &str, comment: &str, functions: &str| {
        format!(
            "\n/** {comment} */\ninternal object {name} {{\n    init {{\n        \
             com.sun.jna.Native.register({name}::class.java, Library.native)\n    }}\n\n{functions}}}\n"
        )
    };
    let store = "Those that a library without the store does not have.";
    Ok(object("Raw", "The functions of the library.", &all(false)?)
        + &object("RawStore", store, &all(true)?))
}

fn declared(function: &Function) -> Result<String, String> {
    let mut parameters = Vec::new();
    for p in &function.parameters {
        let name = types::camel(&p.name);
        parameters.push(format!("{name}: {}", raw(&p.r#type)?));
    }
    let returns = match function.returns.r#type.as_str() {
        "void" => String::new(),
        name => format!(": {}", raw(name)?),
    };
    let name = &function.name;
    Ok(format!(
        "    @JvmStatic external fun {name}({}){returns}\n",
        parameters.join(", ")
    ))
}

fn raw(r#type: &str) -> Result<&'static str, String> {
    Ok(match r#type {
        "bool" | "uint8_t" => "Byte",
        "double" => "Double",
        "int" | "int32_t" | "kpc_status" | "uint32_t" => "Int",
        "int64_t" | "kpc_channel" | "kpc_op" | "size_t" | "uint64_t" => "Long",
        _ if r#type.ends_with('*') || r#type.ends_with("_fn") => "Long",
        _ => return Err(format!("what is {type} in Kotlin?")),
    })
}
