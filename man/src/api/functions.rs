//! Functions, and the calls that come as three of them.

use std::collections::BTreeMap;

use serde::Serialize;

use super::constants::Group;
use super::roles::{group_named, pointed, Owner, Parameter, Reading, Role};
use super::Types;
use crate::header::{self, Header, Section};
use crate::outcomes;
use crate::three_forms;

/// A function.
#[derive(Debug, Serialize)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// The heading of its section.
    pub section: String,
    /// The first version that has it.
    pub since: String,
    /// Whether a library without the store (STORE=no) has it, too.
    pub is_of_store: bool,
    /// The type that it is a method of, or that it makes one of; nothing for a plain function.
    pub of: Option<String>,
    /// Which of the three forms of a call it is.
    pub form: Form,
    /// The name of the call that it is a form of.
    pub call: Option<String>,
    /// What it returns.
    pub returns: Returned,
    /// Its parameters in their order.
    pub parameters: Vec<Parameter>,
    /// The failures that its documentation names.
    pub statuses: Vec<String>,
    /// Whether it may wait; then not in a callback of the same client.
    pub waits: bool,
    /// Whether callbacks may call it.
    pub in_callbacks: bool,
    /// A paragraph each.
    pub documentation: Vec<String>,
    /// Who owns what comes out, in words.
    pub ownership: Option<String>,
    /// On which threads it may be called, in words.
    pub threads: Option<String>,
}

/// Which of the three forms of a call a function is.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// It is no form of a call: there is only this one.
    Single,
    /// It waits.
    Waiting,
    /// It starts an operation.
    Async,
    /// It takes the outputs out of the result.
    Result,
}

/// What a function returns.
#[derive(Debug, Serialize)]
pub struct Returned {
    /// As C declares it.
    pub r#type: String,
    /// What it is.
    pub role: Returns,
    /// Whether NULL may come.
    pub nullable: Option<bool>,
    /// Who owns it, where it is a pointer.
    pub owner: Option<Owner>,
    /// The group of constants that its values are of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub values: Option<String>,
    /// What is said of it, each status by its name.
    pub documentation: String,
}

/// What a returned value is.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Returns {
    /// Nothing.
    Nothing,
    /// How the call went.
    Status,
    /// A number or bool.
    Value,
    /// An object.
    Handle,
    /// A text that is always valid.
    StaticText,
    /// A text that belongs to the object.
    Text,
    /// Bytes that belong to the object.
    Bytes,
    /// What the program itself has passed.
    UserData,
}

/// A call that comes in three forms.
#[derive(Debug, Serialize)]
pub struct Call {
    /// Its name, that of the function that waits.
    pub name: String,
    /// The function that starts an operation.
    pub r#async: String,
    /// The function that takes the outputs out of the result.
    pub result: String,
    /// The parameters that are inputs, but for the object itself, lengths and the time limit.
    pub inputs: Vec<String>,
    /// The parameters that are outputs.
    pub outputs: Vec<String>,
}

/// Every function of the header.
pub(super) fn all(
    header: &Header,
    types: &Types,
    constants: &[Group],
    symbols: &str,
) -> Result<Vec<Function>, String> {
    let names: Vec<&str> = header.functions().map(|(_, f)| f.name.as_str()).collect();
    let read = |(section, function): (&Section, &header::Function)| {
        let since = symbols.lines().filter_map(|line| line.split_once(' '));
        let since = since.into_iter().find(|(name, _)| *name == function.name);
        let (_, since) = since.ok_or_else(|| format!("abi/symbols.txt: {}", function.name))?;
        let reader = Reader {
            section,
            function,
            types,
            constants,
            names: &names,
            since,
        };
        reader.function()
    };
    let mut functions: Vec<Function> = header.functions().map(read).collect::<Result<_, _>>()?;
    let of: BTreeMap<_, _> = functions
        .iter()
        .map(|f| (f.name.clone(), f.of.clone()))
        .collect();
    for function in &mut functions {
        // Also of kpc_x_result, whose only object is the result.
        if let Some(of) = function.call.as_ref().and_then(|call| of.get(call)) {
            function.of.clone_from(of);
        }
    }
    Ok(functions)
}

/// One function while it is read.
struct Reader<'a> {
    section: &'a Section,
    function: &'a header::Function,
    types: &'a Types,
    constants: &'a [Group],
    names: &'a [&'a str],
    since: &'a str,
}

impl Reader<'_> {
    fn function(&self) -> Result<Function, String> {
        let function = self.function;
        let (form, call) = self.form();
        let (of, itself) = self.object();
        let reading = Reading {
            function,
            types: self.types,
            constants: self.constants,
            itself: itself.as_deref(),
        };
        let statuses = outcomes::of(&function.comment);
        let statuses: Vec<_> = statuses.iter().map(|o| o.name.to_owned()).collect();
        let waits = statuses.iter().any(|name| name == "KPC_ERR_WOULD_DEADLOCK");
        let threads = function.comment.threads.clone();
        let told = threads.as_deref().unwrap_or_default();
        Ok(Function {
            name: function.name.clone(),
            section: self.section.title.clone(),
            since: self.since.trim_end_matches(" store").to_owned(),
            is_of_store: self.since.ends_with(" store"),
            of,
            form,
            call: call.map(str::to_owned),
            returns: self.returned()?,
            parameters: reading.parameters()?,
            statuses,
            waits,
            in_callbacks: !waits || told.contains("callbacks included"),
            documentation: function.comment.paragraphs.clone(),
            ownership: function.comment.ownership.clone(),
            threads,
        })
    }

    fn form(&self) -> (Form, Option<&str>) {
        let name = self.function.name.as_str();
        let call = three_forms::call_of(name).filter(|call| self.names.contains(call));
        match call {
            Some(call) if name.ends_with("_async") => (Form::Async, Some(call)),
            Some(call) if self.names.contains(&format!("{call}_async").as_str()) => {
                (Form::Result, Some(call))
            }
            _ if self.names.contains(&format!("{name}_async").as_str()) => {
                (Form::Waiting, Some(name))
            }
            _ => (Form::Single, None),
        }
    }

    /// The type that a function is a method of, and the parameter that is the object: the one that
    /// its name begins with, if one is passed; else the object that is passed first. Where none is,
    /// the type that its name begins with.
    fn object(&self) -> (Option<String>, Option<String>) {
        let passed = self.function.parameters.iter().map(|p| {
            let (kind, name) = header::Function::split_parameter(p);
            (kind.trim(), name)
        });
        let is = |names: &[String], of: &str| names.iter().any(|known| known == of);
        let passed: Vec<(&str, &str, bool)> = passed
            .filter(|(kind, _)| kind.matches('*').count() == 1)
            .map(|(kind, name)| (pointed(kind), name, kind.starts_with("const ")))
            .filter(|(of, ..)| is(&self.types.handles, of) || is(&self.types.structs, of))
            .collect();
        let begins = |of: &str| self.function.name.starts_with(&format!("{of}_"));
        let handles = passed.iter().filter(|(of, ..)| is(&self.types.handles, of));
        let named = passed
            .iter()
            .filter(|(of, _, is_const)| begins(of) && (*is_const || is(&self.types.handles, of)))
            .max_by_key(|(of, ..)| of.len());
        if let Some((of, name, _)) = named.or(handles.clone().next()) {
            return (Some((*of).to_owned()), Some((*name).to_owned()));
        }
        let mut types = self.types.handles.iter().chain(&self.types.structs);
        (types.find(|of| begins(of)).cloned(), None)
    }

    fn returned(&self) -> Result<Returned, String> {
        let kind = self.function.result.trim();
        let comment = &self.function.comment;
        let told = comment.returns.as_deref().unwrap_or_default();
        let owned = comment.ownership.as_deref().unwrap_or_default();
        let is_alias = self.types.aliases.iter().any(|alias| alias == kind);
        let role = match (kind, kind.matches('*').count()) {
            ("void", _) => Returns::Nothing,
            ("kpc_status", _) => Returns::Status,
            ("const char *", _) if owned.starts_with("static") => Returns::StaticText,
            ("const char *", _) if owned.contains("belongs to") => Returns::Text,
            ("const uint8_t *", _) if owned.contains("belong to") => Returns::Bytes,
            ("void *", _) => Returns::UserData,
            (_, 1) if self.types.handles.iter().any(|h| h == pointed(kind)) => Returns::Handle,
            ("bool" | "double" | "int", 0) => Returns::Value,
            (_, 0) if is_alias || kind.ends_with("_t") => Returns::Value,
            _ => return Err(format!("what does {} return?", self.function.name)),
        };
        Ok(Returned {
            r#type: kind.to_owned(),
            role,
            nullable: kind
                .ends_with('*')
                .then(|| told.contains("NULL") && !told.contains("never NULL")),
            owner: match role {
                Returns::Handle => Some(Owner::Given),
                Returns::Bytes | Returns::StaticText | Returns::Text => Some(Owner::Borrowed),
                _ => None,
            },
            values: self.values_of(told).filter(|_| role == Returns::Value),
            documentation: told.to_owned(),
        })
    }
}

impl Reader<'_> {
    /// The group that a text behind `@return` begins with.
    fn values_of(&self, told: &str) -> Option<String> {
        let first = told.trim_start_matches("a ").split([' ', ';']).next();
        group_named(first.unwrap_or_default(), self.constants)
    }
}

/// The calls that come in three forms.
pub(super) fn calls(functions: &[Function]) -> Result<Vec<Call>, String> {
    let waiting = functions.iter().filter(|f| f.form == Form::Waiting);
    waiting.map(|f| call(f, functions)).collect()
}

fn call(function: &Function, functions: &[Function]) -> Result<Call, String> {
    let find = |end: &str| {
        let name = format!("{}{end}", function.name);
        let form = functions.iter().find(|f| f.name == name);
        form.ok_or(format!("there is no {name}"))
    };
    let (starting, taking) = (find("_async")?, find("_result")?);
    let outputs = |function: &Function| -> Vec<String> {
        let outputs = function.parameters.iter().filter(|p| p.role.is_output());
        outputs.map(|p| p.name.clone()).collect()
    };
    let not_inputs = [
        Role::Completion,
        Role::ErrorOut,
        Role::Itself,
        Role::Length,
        Role::OperationOut,
        Role::Timeout,
    ];
    let inputs = |function: &Function| -> Vec<String> {
        let inputs = function.parameters.iter();
        let inputs = inputs.filter(|p| !p.role.is_output() && !not_inputs.contains(&p.role));
        inputs.map(|p| p.name.clone()).collect()
    };
    if outputs(function) != outputs(taking) || inputs(function) != inputs(starting) {
        return Err(format!("the forms of {} differ", function.name));
    }
    Ok(Call {
        name: function.name.clone(),
        r#async: starting.name.clone(),
        result: taking.name.clone(),
        inputs: inputs(function),
        outputs: outputs(function),
    })
}
