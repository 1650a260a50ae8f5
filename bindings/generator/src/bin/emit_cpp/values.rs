//! How the parameters of a function in C are made of those in C++, and what it returns of its
//! outputs.

use kpclient_bindings::{Api, Function, Parameter, Role};

use super::names::{camel, remembers_client, scalar, values_of};

/// A parameter in C++.
pub(super) struct Input {
    /// Type and name.
    pub(super) declared: String,
    /// What stands for it where it is left out.
    pub(super) default: Option<&'static str>,
    /// A line before the call.
    pub(super) before: Option<String>,
    /// What is passed in C.
    pub(super) passed: String,
}

/// A parameter of a function in C that is an input; nothing for one that C++ does not have.
pub(super) fn input(api: &Api, p: &Parameter) -> Result<Option<Input>, String> {
    let name = p.name.as_str();
    let nullable = p.nullable == Some(true);
    let class = camel(&p.of);
    let plain = |declared: String, passed: String| Input {
        declared,
        default: None,
        before: None,
        passed,
    };
    Ok(Some(match p.role {
        Role::Value => match (values_of(api, &p.r#type, p.values.as_deref()), span(p)) {
            (Some(values), _) => plain(
                format!("{values} {name}"),
                format!("static_cast<{}>({name})", scalar(&p.r#type)),
            ),
            (None, Some((unit, short))) => plain(
                format!("std::chrono::{unit} {short}"),
                format!("detail::ms({short})"),
            ),
            (None, None) => plain(format!("{} {name}", scalar(&p.r#type)), name.to_owned()),
        },
        Role::Flags => Input {
            default: Some("Flags::None"),
            ..plain(
                format!("Flags {name}"),
                format!("static_cast<std::uint32_t>({name})"),
            )
        },
        Role::Timeout => Input {
            default: Some("forever"),
            ..plain("Timeout timeout".to_owned(), "timeout.ms()".to_owned())
        },
        Role::HandleIn if nullable => Input {
            default: Some("nullptr"),
            ..plain(
                format!("const {class} *{name}"),
                format!("({name} ? {name}->raw() : nullptr)"),
            )
        },
        Role::Itself | Role::HandleIn | Role::StructIn if !nullable => {
            let mark = if p.r#type.starts_with("const ") {
                "const "
            } else {
                ""
            };
            let address = if p.role == Role::StructIn { "&" } else { "" };
            plain(
                format!("{mark}{class} &{name}"),
                format!("{address}{name}.raw()"),
            )
        }
        Role::StructIn => Input {
            default: Some("std::nullopt"),
            ..plain(
                format!("const std::optional<{class}> &{name}"),
                format!("detail::pointer({name})"),
            )
        },
        Role::ArrayIn => Input {
            before: Some(format!("const detail::Row<::{}> {name}_row({name});", p.of)),
            ..plain(
                format!("const std::vector<{class}> &{name}"),
                format!("{name}_row.data()"),
            )
        },
        Role::BytesIn if nullable => Input {
            // A seed that is left out is a random one; a payload is not left out.
            default: (name == "seed").then_some("{}"),
            ..plain(format!("BytesView {name}"), format!("{name}.data()"))
        },
        Role::BytesIn => plain(format!("BytesView {name}"), format!("detail::data({name})")),
        Role::TextIn if p.length.is_some() => plain(
            format!("std::string_view {name}"),
            format!("detail::data({name})"),
        ),
        Role::TextIn => {
            let (kind, default) = match nullable {
                true => ("std::optional<std::string_view>", Some("std::nullopt")),
                false => ("std::string_view", None),
            };
            Input {
                declared: format!("{kind} {name}"),
                default,
                before: Some(format!("const detail::Text {name}_text({name});")),
                passed: format!("{name}_text.get()"),
            }
        }
        Role::Length | Role::StructSize | Role::Completion | Role::OperationOut => return Ok(None),
        Role::ErrorOut | Role::Result => return Ok(None),
        role if role.is_output() => return Ok(None),
        role => return Err(format!("C++ has no {role:?} ({name})")),
    }))
}

/// A number of milliseconds or nanoseconds: its unit, and its name without that.
fn span(p: &Parameter) -> Option<(&'static str, String)> {
    unit(&p.name).map(|(unit, short)| (unit, short.to_owned()))
}

/// The unit that a name ends with, and the name without it.
pub(super) fn unit(name: &str) -> Option<(&'static str, &str)> {
    let ends = [("_ms", "milliseconds"), ("_ns", "nanoseconds")];
    if name == "ns" {
        return Some(("nanoseconds", "time"));
    }
    let mut found = ends.iter();
    found.find_map(|(end, unit)| Some((*unit, name.strip_suffix(end)?)))
}

/// An output in C++.
pub(super) struct Output {
    /// What it is called, as one of several.
    pub(super) name: String,
    /// Its type.
    pub(super) kind: String,
    /// What is declared before the call.
    pub(super) local: String,
    /// What is passed in C.
    pub(super) passed: String,
    /// What is returned of it.
    pub(super) value: String,
}

/// What a function returns through a parameter. `client` is the client of what it returns.
pub(super) fn output(api: &Api, p: &Parameter, client: Option<&str>) -> Option<Output> {
    let name = p.name.as_str();
    let class = camel(&p.of);
    let made = |kind: &str, local: String, passed: String, value: String| Output {
        name: name.to_owned(),
        kind: kind.to_owned(),
        local,
        passed,
        value,
    };
    let moved = format!("std::move({name})");
    let buffer = || (format!("Buffer {name};"), format!("{name}.out()"));
    Some(match p.role {
        Role::HandleOut => {
            let client = client.filter(|_| remembers_client(api, &p.of));
            let passed = format!("{name}.out({})", client.unwrap_or_default());
            made(&class, format!("{class} {name}(nullptr);"), passed, moved)
        }
        Role::StructOut => made(
            &class,
            format!("{class} {name};"),
            format!("&{name}.raw()"),
            name.to_owned(),
        ),
        Role::TextOut if !p.is_secret => {
            let (local, passed) = buffer();
            made("std::string", local, passed, format!("{name}.to_string()"))
        }
        Role::BytesOut | Role::TextOut => {
            let (local, passed) = buffer();
            made("Buffer", local, passed, moved)
        }
        Role::ScalarOut => {
            let raw = scalar(&p.of);
            let initial = if raw == "bool" { "false" } else { "0" };
            let local = format!("{raw} {name} = {initial};");
            let passed = format!("&{name}");
            if let Some(values) = values_of(api, &p.of, p.values.as_deref()) {
                return Some(made(
                    &values,
                    local,
                    passed,
                    format!("static_cast<{values}>({name})"),
                ));
            }
            match unit(name) {
                Some((unit, short)) => Output {
                    name: short.to_owned(),
                    ..made(
                        &format!("std::chrono::{unit}"),
                        local,
                        passed,
                        format!("std::chrono::{unit}({name})"),
                    )
                },
                None => made(&raw, local, passed, name.to_owned()),
            }
        }
        _ => return None,
    })
}

/// What stands for a length or size.
pub(super) fn measure(function: &Function, p: &Parameter) -> Result<String, String> {
    let of = p.length_of.as_deref().unwrap_or_default();
    let measured = function.parameters.iter().find(|other| other.name == of);
    let measured = measured.ok_or_else(|| format!("{}: {} of what?", function.name, p.name))?;
    Ok(match measured.role {
        Role::ArrayIn => format!("{of}_row.size()"),
        Role::StructOut => format!("sizeof({of}.raw())"),
        _ => format!("{of}.size()"),
    })
}
