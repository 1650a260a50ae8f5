//! What arguments and outputs are in JavaScript, in TypeScript and for the addon.

use kpclient_bindings::{Function, Parameter, Returns, Role};

use crate::constants;
use crate::names::{camel, class};

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind<'a> {
    Handle(&'a str),
    Struct(&'a str),
    Structs(&'a str),
    Destinations,
    Bytes,
    /// A text with a length, or as an output.
    Text,
    /// A text that ends with a NUL.
    Terminated,
    Static,
    /// One of a group's values, by its name.
    Constant(&'a str),
    Flags(&'a str),
    Bool,
    U8,
    U32,
    I32,
    U64,
    I64,
    Size,
    Double,
    Error,
}

impl<'a> Kind<'a> {
    /// Of a parameter.
    pub fn of(parameter: &'a Parameter) -> Result<Self, String> {
        let of = parameter.of.as_str();
        Ok(match parameter.role {
            Role::Itself | Role::HandleIn | Role::HandleOut => Kind::Handle(of),
            Role::StructIn | Role::StructOut => Kind::Struct(of),
            Role::ArrayIn if of == "kpc_destination" => Kind::Destinations,
            Role::ArrayIn => Kind::Structs(of),
            Role::BytesIn | Role::BytesOut => Kind::Bytes,
            Role::TextIn if parameter.length.is_none() => Kind::Terminated,
            Role::TextIn | Role::TextOut => Kind::Text,
            Role::Flags => Kind::Flags(parameter.values.as_deref().ok_or("flags of no group")?),
            Role::Value | Role::ScalarOut => scalar(of, parameter.values.as_deref())?,
            other => return Err(format!("a value of the role {other:?}")),
        })
    }

    /// Of what a function returns, if that is no status.
    pub fn returned(function: &'a Function) -> Result<Option<Self>, String> {
        let returns = &function.returns;
        Ok(match returns.role {
            Returns::Nothing | Returns::Status => None,
            Returns::StaticText => Some(Kind::Static),
            Returns::Value => Some(scalar(&returns.r#type, returns.values.as_deref())?),
            Returns::Handle if returns.r#type == "kpc_error *" => Some(Kind::Error),
            other => return Err(format!("{}: returns {other:?}", function.name)),
        })
    }

    /// The expression that makes the addon's argument of a value.
    pub fn input(self, value: &str, name: &str) -> String {
        match self {
            Kind::Handle(of) => format!("handleOf({value}, '{of}', '{name}')"),
            Kind::Struct(of) => format!("bytesOf({value}, {}, '{name}')", class(of)),
            Kind::Structs(of) => format!("arg.structs({value}, {}, '{name}')", class(of)),
            Kind::Destinations => {
                format!("arg.destinations({value}, WriteCap, BoxIndex, '{name}')")
            }
            Kind::Constant(group) => {
                format!(
                    "arg.constant({value}, {}, '{name}')",
                    constants::table(group)
                )
            }
            Kind::Flags(group) => format!("arg.flags({value}, {})", constants::table(group)),
            _ => format!("arg.{}({value}, '{name}')", self.check()),
        }
    }

    fn check(self) -> &'static str {
        match self {
            Kind::Bytes => "bytes",
            Kind::Text => "text",
            Kind::Terminated => "terminated",
            Kind::Bool => "boolean",
            Kind::U8 => "uint8",
            Kind::U32 => "uint32",
            Kind::I32 => "int32",
            _ => "uint64",
        }
    }

    /// The expression that makes a value of what the addon gives; `owner` is the object it is of.
    pub fn output(self, value: &str, owner: &str) -> String {
        match self {
            Kind::Handle(of) => format!("made({}, {value}, {owner})", class(of)),
            Kind::Struct(of) => format!("structOf({}, {value})", class(of)),
            Kind::Constant(group) => format!("arg.named({value}, {})", constants::table(group)),
            Kind::Error => format!("errorOf({value})"),
            _ => value.to_owned(),
        }
    }

    /// Its type, as an argument.
    pub fn type_in(self) -> String {
        match self {
            Kind::Bytes => "Uint8Array".to_owned(),
            Kind::U64 => "number | bigint".to_owned(),
            Kind::Constant(group) => constants::type_name(group),
            _ => self.type_out(),
        }
    }

    /// Its type, as a result.
    pub fn type_out(self) -> String {
        match self {
            Kind::Handle(of) | Kind::Struct(of) => class(of),
            Kind::Structs(of) => format!("{}[]", class(of)),
            Kind::Destinations => "Destination[]".to_owned(),
            Kind::Bytes => "Buffer".to_owned(),
            Kind::Text | Kind::Terminated | Kind::Static => "string".to_owned(),
            Kind::Constant(group) => format!("{} | number", constants::type_name(group)),
            Kind::Flags(group) => constants::type_name(group),
            Kind::Bool => "boolean".to_owned(),
            Kind::U64 => "bigint".to_owned(),
            Kind::Error => "KpcError | null".to_owned(),
            _ => "number".to_owned(),
        }
    }

    /// Whether an output of it is an object that has to be freed.
    pub fn is_object(self) -> bool {
        matches!(self, Kind::Handle(_))
    }
}

fn scalar<'a>(of: &str, values: Option<&'a str>) -> Result<Kind<'a>, String> {
    Ok(match (of, values) {
        ("int32_t", Some(group)) => Kind::Constant(group),
        ("bool", _) => Kind::Bool,
        ("uint8_t", _) => Kind::U8,
        ("uint32_t", _) => Kind::U32,
        ("int32_t" | "int" | "kpc_status", _) => Kind::I32,
        ("uint64_t" | "kpc_channel", _) => Kind::U64,
        ("int64_t", _) => Kind::I64,
        ("size_t", _) => Kind::Size,
        ("double", _) => Kind::Double,
        _ => return Err(format!("a value of the type {of}")),
    })
}

/// The name of what a function returns, for comments.
pub fn member_of(function: &str) -> String {
    camel(function.trim_start_matches("kpc_event_"))
}
