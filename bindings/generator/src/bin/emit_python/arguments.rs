//! How what a method takes is passed to the library, and how what the library gives becomes what
//! it returns.

use kpclient_bindings::methods::Method;
use kpclient_bindings::{Api, Parameter, Returned, Returns, Role};

use super::words::{argument, class, enumeration, look, Look};

/// An argument of a method.
pub struct Argument {
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: String,
    /// What it is where it is left out.
    pub default: Option<&'static str>,
    /// A line that makes what is passed, if one is needed.
    pub made: Option<String>,
    /// What is passed, by the names of the parameters that it is passed as.
    pub passed: Vec<(String, String)>,
}

/// The argument that stands for a parameter.
pub fn taken(parameter: &Parameter, api: &Api) -> Result<Argument, String> {
    let name = argument(&parameter.name);
    let is_optional = Method::is_optional(parameter);
    let of = parameter.of.as_str();
    let length = parameter.length.clone();
    let mut made = None;
    let mut passed = vec![(parameter.name.clone(), name.clone())];
    let put = |passed: &mut Vec<(String, String)>, value: String| {
        *passed = vec![(parameter.name.clone(), value)];
        if let Some(length) = &length {
            passed.push((length.clone(), format!("len(in_{name})")));
        }
    };
    let kind = match parameter.role {
        Role::Value => number(parameter, of),
        Role::Flags => "int".to_owned(),
        Role::HandleIn => {
            put(&mut passed, format!("pointer({name}, {})", class(of)));
            class(of)
        }
        Role::StructIn => {
            let passing = format!("c_{of}({name})");
            made = Some(match is_optional {
                true => format!("in_{name} = ffi.NULL if {name} is None else {passing}"),
                false => format!("in_{name} = {passing}"),
            });
            put(&mut passed, format!("in_{name}"));
            struct_type(of, api)
        }
        Role::ArrayIn => {
            made = Some(format!("in_{name} = array_of(\"{of}\", {name}, c_{of})"));
            put(&mut passed, format!("in_{name}"));
            format!("Sequence[{}]", struct_type(of, api))
        }
        Role::BytesIn => {
            made = Some(match is_optional {
                true => format!("in_{name} = ffi.NULL if {name} is None else c_bytes({name})"),
                false => format!("in_{name} = c_bytes({name})"),
            });
            put(&mut passed, format!("in_{name}"));
            if let (true, Some((_, length))) = (is_optional, passed.get_mut(1)) {
                *length = format!("0 if {name} is None else {length}");
            }
            "Union[bytes, bytearray, memoryview]".to_owned()
        }
        Role::TextIn => {
            // A text with a length needs no NUL, and may hold some.
            let passing = match (is_optional, &length) {
                (true, _) => "optional_text",
                (false, Some(_)) => "c_text",
                (false, None) => "string",
            };
            made = Some(format!("in_{name} = {passing}({name})"));
            put(&mut passed, format!("in_{name}"));
            "str".to_owned()
        }
        role => return Err(format!("Python cannot pass {name}: {role:?}")),
    };
    let default = match parameter.role {
        Role::Flags => Some("0"),
        _ => is_optional.then_some("None"),
    };
    Ok(Argument {
        name,
        kind: if is_optional {
            format!("Optional[{kind}]")
        } else {
            kind
        },
        default,
        made,
        passed,
    })
}

fn number(parameter: &Parameter, kind: &str) -> String {
    match (&parameter.values, kind) {
        (Some(group), _) => format!("Union[int, {}]", enumeration(group)),
        (None, "bool") => "bool".to_owned(),
        _ => "int".to_owned(),
    }
}

fn struct_type(of: &str, api: &Api) -> String {
    match api.structure(of).map(look) {
        Some(Look::Bytes) => "bytes".to_owned(),
        _ => class(of),
    }
}

/// Something that a method gives.
pub struct Given {
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: String,
    /// What the library writes it to.
    pub variable: String,
    /// The line that makes that.
    pub made: String,
    /// What is returned of it.
    pub value: String,
}

/// What an output becomes.
pub fn given(parameter: &Parameter, api: &Api, client: &str) -> Result<Given, String> {
    let (name, of) = (argument(&parameter.name), parameter.of.as_str());
    let variable = format!("out_{name}");
    let (new, kind, value) = match parameter.role {
        Role::HandleOut => (
            format!("{of} **"),
            class(of),
            format!("{}._given({variable}, {client})", class(of)),
        ),
        Role::StructOut => (
            format!("{of} *"),
            struct_type(of, api),
            format!("from_{of}({variable})"),
        ),
        Role::ScalarOut => {
            let (kind, value) = scalar(of, parameter.values.as_deref(), &format!("{variable}[0]"));
            (format!("{of} *"), kind, value)
        }
        Role::BytesOut if parameter.is_secret => (
            "kpc_buffer **".to_owned(),
            "SecretBytes".to_owned(),
            format!("SecretBytes(bytes_given({variable}))"),
        ),
        Role::BytesOut => (
            "kpc_buffer **".to_owned(),
            "bytes".to_owned(),
            format!("bytes_given({variable})"),
        ),
        Role::TextOut => (
            "kpc_buffer **".to_owned(),
            "str".to_owned(),
            format!("text_given({variable})"),
        ),
        role => return Err(format!("Python cannot take {name}: {role:?}")),
    };
    Ok(Given {
        made: format!("{variable} = ffi.new(\"{new}\")"),
        name,
        kind,
        variable,
        value,
    })
}

fn scalar(of: &str, values: Option<&str>, value: &str) -> (String, String) {
    match (values, of) {
        (Some(group), _) => {
            let name = enumeration(group);
            (name.clone(), format!("named({name}, {value})"))
        }
        (None, "kpc_status") => ("Status".to_owned(), format!("named(Status, {value})")),
        (None, "bool") => ("bool".to_owned(), format!("bool({value})")),
        (None, "double") => ("float".to_owned(), value.to_owned()),
        _ => ("int".to_owned(), value.to_owned()),
    }
}

/// The type of what a function returns without a status, and what becomes of it.
pub fn returned(returns: &Returned, call: &str) -> Result<(String, String), String> {
    Ok(match returns.role {
        Returns::Nothing => ("None".to_owned(), call.to_owned()),
        Returns::Value | Returns::Status => {
            scalar(&returns.r#type, returns.values.as_deref(), call)
        }
        Returns::StaticText => ("str".to_owned(), format!("ffi.string({call}).decode()")),
        Returns::Handle => (
            "Optional[KpcError]".to_owned(),
            format!("failure_given({call})"),
        ),
        role => return Err(format!("Python cannot return {role:?}: {call}")),
    })
}
