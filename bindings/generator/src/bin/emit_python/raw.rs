//! The declarations of the header, as cffi reads them.

use std::fmt::Write as _;

use kpclient_bindings::{Api, Struct};

pub fn module(api: &Api) -> String {
    let mut text = "\"\"\"What the library exports, for cffi.\"\"\"\n\nCDEF = \"\"\"\n".to_owned();
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
        let _ = match member.r#type.contains("(*") {
            true => writeln!(
                text,
                "    {};",
                member
                    .r#type
                    .replacen("(*", &format!("(*{}", member.name), 1)
            ),
            false => writeln!(
                text,
                "    {}{count};",
                declared(&member.r#type, &member.name)
            ),
        };
    }
    let _ = writeln!(text, "}} {};", laid.name);
    text
}

fn declared(kind: &str, name: &str) -> String {
    match kind.ends_with('*') {
        true => format!("{kind}{name}"),
        false => format!("{kind} {name}"),
    }
}
