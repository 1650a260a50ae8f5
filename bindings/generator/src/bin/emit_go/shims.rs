//! Functions of C that take objects as numbers, so that Go has no pointers that are none.

use kpclient_bindings::{Function, Parameter, Returns, Role};

/// The function of C that stands for a function of the library.
pub(crate) fn name(function: &str) -> String {
    function.replacen("kpc_", "kpcgo_", 1)
}

/// The text of it.
pub(crate) fn shim(function: &Function) -> String {
    let parts: Vec<Part> = function.parameters.iter().map(part).collect();
    let taken: Vec<&str> = parts.iter().filter_map(|p| p.taken.as_deref()).collect();
    let passed: Vec<&str> = parts.iter().map(|p| p.passed.as_str()).collect();
    let call = format!("{}({})", function.name, passed.join(", "));
    let before: String = parts.iter().map(|p| p.before.as_str()).collect();
    let after: String = parts.iter().map(|p| p.after.as_str()).collect();
    let (returned, call) = match function.returns.role {
        Returns::Handle => ("uint64_t".to_owned(), format!("KPCGO_NUMBER({call})")),
        _ => (function.returns.r#type.trim().to_owned(), call),
    };
    let body = match (function.returns.role, after.is_empty()) {
        (Returns::Nothing, _) => format!("{before}    {call};\n{after}"),
        (_, true) => format!("{before}    return {call};\n"),
        _ => format!("{before}    {returned} returned = {call};\n{after}    return returned;\n"),
    };
    let list = match taken.is_empty() {
        true => "void".to_owned(),
        false => taken.join(", "),
    };
    let gap = if returned.ends_with('*') { "" } else { " " };
    let name = name(&function.name);
    format!("static inline {returned}{gap}{name}({list})\n{{\n{body}}}\n")
}

/// A parameter of such a function.
struct Part {
    taken: Option<String>,
    before: String,
    passed: String,
    after: String,
}

fn part(p: &Parameter) -> Part {
    let name = p.name.as_str();
    let plain = |taken: String| Part {
        taken: Some(taken),
        before: String::new(),
        passed: name.to_owned(),
        after: String::new(),
    };
    match p.role {
        Role::Itself | Role::HandleIn | Role::Result => Part {
            passed: format!("KPCGO_OBJECT({}, {name})", p.of),
            ..plain(format!("uint64_t {name}"))
        },
        Role::HandleOut | Role::BytesOut | Role::TextOut | Role::ErrorOut => Part {
            before: format!("    {} *{name}_object = NULL;\n", p.of),
            passed: format!("&{name}_object"),
            after: format!("    *{name} = KPCGO_NUMBER({name}_object);\n"),
            ..plain(format!("uint64_t *{name}"))
        },
        Role::Completion => Part {
            before: format!("    kpc_completion {name} = kpcgo_completion(ticket);\n"),
            passed: format!("&{name}"),
            ..plain("uint64_t ticket".to_owned())
        },
        Role::StructSize => Part {
            taken: None,
            passed: format!("sizeof(*{})", p.length_of.as_deref().unwrap_or_default()),
            ..plain(String::new())
        },
        Role::Callback => Part {
            passed: format!("ticket == 0 ? NULL : {}", callback(&p.of)),
            ..plain("uint64_t ticket".to_owned())
        },
        Role::UserData => Part {
            taken: None,
            passed: "(void *)(uintptr_t)ticket".to_owned(),
            ..plain(String::new())
        },
        Role::Drop => Part {
            taken: None,
            passed: "kpcgo_log_end".to_owned(),
            ..plain(String::new())
        },
        _ if p.r#type.ends_with('*') => plain(format!("{}{name}", p.r#type)),
        _ => plain(format!("{} {name}", p.r#type)),
    }
}

/// The one function that the library calls for a kind of callback.
fn callback(of: &str) -> &'static str {
    match of {
        "kpc_log_fn" => "kpcgo_log",
        _ => "NULL",
    }
}
