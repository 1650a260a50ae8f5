//! What each parameter is for.

use serde::Serialize;

use super::constants::{Group, GroupKind};
use super::Types;
use crate::header;

/// A parameter of a function.
#[derive(Debug, Serialize)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// As C declares it, without name and marks.
    pub r#type: String,
    /// What it is for.
    pub role: Role,
    /// The type of the object, struct or value that it passes or receives.
    pub of: String,
    /// Whether NULL may stand there; nothing where it is no pointer.
    pub nullable: Option<bool>,
    /// Who owns what it passes or receives, after the call.
    pub owner: Option<Owner>,
    /// The parameter with its length, of bytes, arrays and texts with one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length: Option<String>,
    /// Of a length or size, the parameter that it is the length of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length_of: Option<String>,
    /// The group of constants that its values are of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub values: Option<String>,
    /// Whether it is a secret, copies of which are to be wiped.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_secret: bool,
    /// What is said of it.
    pub documentation: String,
}

/// What a parameter is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The object that the function is about.
    #[serde(rename = "self")]
    Itself,
    /// The result of an operation, in the third form of a call.
    Result,
    /// Another object.
    HandleIn,
    /// A number or bool.
    Value,
    /// Flags.
    Flags,
    /// A time limit in milliseconds.
    Timeout,
    /// An operation, by its number.
    Operation,
    /// A struct.
    StructIn,
    /// Structs in a row.
    ArrayIn,
    /// Bytes.
    BytesIn,
    /// UTF-8: with a NUL at its end, or with a length.
    TextIn,
    /// The length of another parameter.
    Length,
    /// The size of the struct that is to be filled in.
    StructSize,
    /// Receives an object.
    HandleOut,
    /// Receives a struct.
    StructOut,
    /// Receives a number or bool.
    ScalarOut,
    /// Receives bytes, as a kpc_buffer.
    BytesOut,
    /// Receives a text, as a kpc_buffer.
    TextOut,
    /// Receives the number of the operation that was started.
    OperationOut,
    /// Receives the error.
    ErrorOut,
    /// Where the completion goes.
    Completion,
    /// A function that the library calls.
    Callback,
    /// What is passed to that function.
    UserData,
    /// Called after the last use of the user data.
    Drop,
    /// Memory of the program that is written over.
    Memory,
}

/// Who owns what a parameter passes or receives, after the call.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// The caller, as before; the library reads it during the call.
    Borrowed,
    /// The library.
    Taken,
    /// The caller, who did not before.
    Given,
}

impl Role {
    /// Whether it receives something that the function is called for.
    #[must_use]
    pub fn is_output(self) -> bool {
        use Role::{BytesOut, HandleOut, ScalarOut, StructOut, TextOut};
        matches!(self, BytesOut | HandleOut | ScalarOut | StructOut | TextOut)
    }

    fn owner(self, frees: bool) -> Option<Owner> {
        use Role::{
            ArrayIn, BytesIn, BytesOut, Callback, Completion, Drop, ErrorOut, HandleIn, HandleOut,
            Itself, Memory, Result, StructIn, TextIn, TextOut, UserData,
        };
        match self {
            Itself if frees => Some(Owner::Taken),
            Callback | Completion | Drop | UserData => Some(Owner::Taken),
            ArrayIn | BytesIn | HandleIn | Itself | Memory | Result | StructIn | TextIn => {
                Some(Owner::Borrowed)
            }
            BytesOut | ErrorOut | HandleOut | TextOut => Some(Owner::Given),
            _ => None,
        }
    }
}

/// The numbers and bools of the interface.
const SCALARS: &[&str] = &[
    "bool", "double", "int", "int32_t", "int64_t", "size_t", "uint32_t", "uint64_t", "uint8_t",
];

/// A function while its parameters are read.
pub(super) struct Reading<'a> {
    pub(super) function: &'a header::Function,
    pub(super) types: &'a Types,
    pub(super) constants: &'a [Group],
    /// The parameter that is the object itself.
    pub(super) itself: Option<&'a str>,
}

impl Reading<'_> {
    /// Every parameter.
    pub(super) fn parameters(&self) -> Result<Vec<Parameter>, String> {
        let marks = &self.function.nullable;
        let parameters = self.function.parameters.iter().zip(marks);
        parameters
            .map(|(p, mark)| self.parameter(p, *mark))
            .collect()
    }

    fn parameter(&self, declared: &str, nullable: Option<bool>) -> Result<Parameter, String> {
        let (kind, name) = header::Function::split_parameter(declared);
        let kind = kind.trim();
        let comment = &self.function.comment;
        let told = comment.parameter(name).unwrap_or_default();
        let role = self.role(kind, name, told).ok_or_else(|| {
            let function = &self.function.name;
            format!("what is {declared} of {function} for? man/src/api/roles.rs")
        })?;
        let frees = self.function.name.ends_with("_free");
        let length_of = match role {
            Role::Length | Role::StructSize => self.measured(name).map(str::to_owned),
            _ => None,
        };
        Ok(Parameter {
            name: name.to_owned(),
            r#type: kind.to_owned(),
            role,
            of: pointed(kind).to_owned(),
            nullable,
            owner: role.owner(frees),
            length: self.length_of(role, name),
            length_of,
            values: group_named(told, self.constants),
            is_secret: told.contains("secret"),
            documentation: told.to_owned(),
        })
    }

    fn role(&self, kind: &str, name: &str, told: &str) -> Option<Role> {
        let of = pointed(kind);
        let is_in = |names: &[String]| names.iter().any(|known| known == of);
        let stars = kind.matches('*').count();
        let is_const = kind.starts_with("const ");
        Some(match (stars, of) {
            (2, "kpc_error") => Role::ErrorOut,
            (2, "kpc_buffer") if told.starts_with("receives the text") => Role::TextOut,
            (2, "kpc_buffer") if self.is_about("kpc_buffer") => Role::HandleOut,
            (2, "kpc_buffer") => Role::BytesOut,
            (2, _) if is_in(&self.types.handles) => Role::HandleOut,
            (1, "kpc_completion") => Role::Completion,
            (1, "kpc_op") => Role::OperationOut,
            (1, "kpc_result") if self.function.name.ends_with("_result") => Role::Result,
            (1, _) if is_in(&self.types.handles) => match self.itself == Some(name) {
                true => Role::Itself,
                false => Role::HandleIn,
            },
            (1, "char") if is_const => Role::TextIn,
            (1, "uint8_t") if is_const => self.length(name).map(|_| Role::BytesIn)?,
            (1, "void") if name == "user_data" => Role::UserData,
            (1, "void") => self.length(name).map(|_| Role::Memory)?,
            (1, _) if is_in(&self.types.structs) && is_const => match self.length(name) {
                Some(_) => Role::ArrayIn,
                None => Role::StructIn,
            },
            (1, _) if is_in(&self.types.structs) => Role::StructOut,
            (1, _) if !is_const && self.is_scalar(of) => Role::ScalarOut,
            (0, "kpc_drop_fn") => Role::Drop,
            (0, "kpc_op") => Role::Operation,
            (0, _) if is_in(&self.types.callbacks) => Role::Callback,
            (0, "size_t") if name == "size" => self.measured(name).map(|_| Role::StructSize)?,
            (0, "size_t") if self.measured(name).is_some() => Role::Length,
            (0, "int32_t") if name == "timeout_ms" => Role::Timeout,
            (0, "uint32_t") if name == "flags" => Role::Flags,
            (0, _) if self.is_scalar(of) => Role::Value,
            _ => return None,
        })
    }

    fn is_about(&self, object: &str) -> bool {
        self.function.name.starts_with(&format!("{object}_"))
    }

    fn is_scalar(&self, kind: &str) -> bool {
        SCALARS.contains(&kind) || self.types.aliases.iter().any(|alias| alias == kind)
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        let parameters = self.function.parameters.iter();
        parameters.map(|p| header::Function::split_parameter(p).1)
    }

    /// The parameter with the length of this one: x_len of x, or len where there is one thing only.
    fn length(&self, name: &str) -> Option<&str> {
        let own = format!("{name}_len");
        let mut names = self.names();
        names.find(|n| *n == own).or_else(|| {
            let mut names = self.names().skip_while(|n| *n != name).skip(1);
            names.next().filter(|n| matches!(*n, "len" | "n"))
        })
    }

    fn length_of(&self, role: Role, name: &str) -> Option<String> {
        match role {
            Role::ArrayIn | Role::BytesIn | Role::Memory | Role::TextIn => {
                self.length(name).map(str::to_owned)
            }
            _ => None,
        }
    }

    /// The parameter that this one is the length or size of.
    fn measured(&self, name: &str) -> Option<&str> {
        if name == "size" {
            let before: Vec<_> = self.names().take_while(|n| *n != name).collect();
            return before.last().copied();
        }
        self.names().find(|n| self.length(n) == Some(name))
    }
}

/// The type that a type points to, at the end of all pointers.
pub(super) fn pointed(kind: &str) -> &str {
    kind.trim_start_matches("const ")
        .trim_end_matches(['*', ' '])
}

/// The group whose constants, or what they begin with, a text names.
pub(super) fn group_named(text: &str, constants: &[Group]) -> Option<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let groups: Vec<_> = constants
        .iter()
        .filter(|group| group.kind != GroupKind::Numbers && group.name != "status")
        .collect();
    for word in words.filter(|word| word.starts_with("KPC_")) {
        let is_of = |group: &&&Group| {
            group.prefix == word || group.constants.iter().any(|constant| constant.name == word)
        };
        if let Some(group) = groups.iter().find(is_of) {
            return Some(group.name.clone());
        }
    }
    None
}
