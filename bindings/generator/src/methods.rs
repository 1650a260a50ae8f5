//! The interface as languages with objects see it: classes with methods. A call in three forms is
//! one method; lengths, completions and errors are no arguments, and outputs are what it returns.

use kpclient_man::api::{Api, Form, Function, Parameter, Returns, Role};

/// Functions that the runtime of each language uses by hand: how things are loaded, taken, waited
/// for and freed is no method. Those that end in _free belong to them, too.
const OF_THE_RUNTIME: &[&str] = &[
    "kpc_buffer_data",
    "kpc_buffer_len",
    "kpc_buffer_new",
    "kpc_buffer_ref",
    "kpc_client_close",
    "kpc_client_new",
    "kpc_event_sink_open",
    "kpc_op_cancel",
    "kpc_op_wait",
    "kpc_wipe",
];

/// Types whose functions the runtime uses by hand. What an event carries is in its kind
/// (`Constant::properties`).
const TYPES_OF_THE_RUNTIME: &[&str] = &["kpc_error", "kpc_event", "kpc_event_sink", "kpc_result"];

/// One method.
pub struct Method<'a> {
    /// The function that waits, or the only one.
    pub function: &'a Function,
    /// Of a call, the function that starts an operation and the one that takes its outputs.
    pub forms: Option<(&'a Function, &'a Function)>,
}

/// A type with its methods.
pub struct Class<'a> {
    /// The name of its type in C; empty for plain functions.
    pub name: &'a str,
    /// Its methods, in the order of the header.
    pub methods: Vec<Method<'a>>,
}

/// Whether the runtime of each language does what this function does.
#[must_use]
pub fn is_of_the_runtime(function: &Function) -> bool {
    let name = function.call.as_deref().unwrap_or(&function.name);
    let of = function.of.as_deref().unwrap_or_default();
    OF_THE_RUNTIME.contains(&name)
        || TYPES_OF_THE_RUNTIME.contains(&of)
        || name.ends_with("_free")
        || is_size_of_a_type(function)
        || function.parameters.iter().any(is_called_back)
}

/// Whether it returns the size of a type, which each language knows.
#[must_use]
pub fn is_size_of_a_type(function: &Function) -> bool {
    function.name.ends_with("_size") && function.parameters.is_empty()
}

/// Whether a function of the program's is passed: no two languages do that in the same way.
fn is_called_back(parameter: &Parameter) -> bool {
    matches!(parameter.role, Role::Callback | Role::Drop)
}

/// Every class in the order of the header, plain functions at the end.
#[must_use]
pub fn classes(api: &Api) -> Vec<Class<'_>> {
    let handles = api.handles.iter().map(|handle| handle.name.as_str());
    let structs = api.structs.iter().map(|laid| laid.name.as_str());
    let names = structs.chain(handles).chain([""]);
    names.map(|name| class(name, api)).collect()
}

fn class<'a>(name: &'a str, api: &'a Api) -> Class<'a> {
    let functions = api.functions.iter().filter(|function| {
        let is_first = matches!(function.form, Form::Single | Form::Waiting);
        let of = function.of.as_deref().unwrap_or_default();
        is_first && of == name && !is_of_the_runtime(function)
    });
    let methods = functions.map(|function| Method {
        function,
        forms: forms(function, api),
    });
    Class {
        name,
        methods: methods.collect(),
    }
}

fn forms<'a>(function: &Function, api: &'a Api) -> Option<(&'a Function, &'a Function)> {
    let call = api.calls.iter().find(|call| call.name == function.name)?;
    Some((api.function(&call.r#async)?, api.function(&call.result)?))
}

impl<'a> Method<'a> {
    /// What is passed to it: neither the object itself, nor what follows from another argument, nor
    /// the time limit.
    #[must_use]
    pub fn inputs(&self) -> Vec<&'a Parameter> {
        let others = [
            Role::Itself,
            Role::Length,
            Role::StructSize,
            Role::Timeout,
            Role::ErrorOut,
        ];
        let parameters = self.function.parameters.iter();
        let inputs = parameters.filter(|p| !p.role.is_output() && !others.contains(&p.role));
        inputs.collect()
    }

    /// The same without the object itself, which is an input where it is a struct.
    #[must_use]
    pub fn passed(&self) -> Vec<&'a Parameter> {
        let itself = self.itself().map(|p| p.name.as_str());
        let mut inputs = self.inputs();
        inputs.retain(|p| Some(p.name.as_str()) != itself);
        inputs
    }

    /// What it gives.
    #[must_use]
    pub fn outputs(&self) -> Vec<&'a Parameter> {
        let parameters = self.function.parameters.iter();
        parameters.filter(|p| p.role.is_output()).collect()
    }

    /// The object that it is called on, if there is one.
    #[must_use]
    pub fn itself(&self) -> Option<&'a Parameter> {
        let of = self.function.of.as_deref();
        let mut parameters = self.function.parameters.iter();
        let itself = parameters.clone().find(|p| p.role == Role::Itself);
        // A struct is its own value.
        itself.or_else(|| parameters.find(|p| p.role == Role::StructIn && Some(&*p.of) == of))
    }

    /// Whether it takes a time limit.
    #[must_use]
    pub fn has_timeout(&self) -> bool {
        let mut parameters = self.function.parameters.iter();
        parameters.any(|p| p.role == Role::Timeout)
    }

    /// Whether it only tells of its object: a property, in languages that have them.
    #[must_use]
    pub fn is_property(&self) -> bool {
        let tells = self.function.returns.role != Returns::Nothing;
        let gives = match self.function.returns.role {
            Returns::Status => self.outputs().len() == 1,
            _ => self.outputs().is_empty(),
        };
        let name = self.function.name.as_str();
        let makes = name.contains("_to_") || name.ends_with("_new");
        let itself = self.itself().is_some();
        let extra = self
            .inputs()
            .iter()
            .any(|p| Some(p.name.as_str()) != self.own_name());
        itself && tells && gives && !extra && !makes && !self.function.waits && self.forms.is_none()
    }

    fn own_name(&self) -> Option<&'a str> {
        self.itself().map(|itself| itself.name.as_str())
    }

    /// Whether bytes may be left out, which then means something else than none.
    #[must_use]
    pub fn is_optional(parameter: &Parameter) -> bool {
        let is_empty = parameter.documentation.contains("may be NULL if ");
        let takes_bytes = matches!(parameter.role, Role::BytesIn | Role::TextIn);
        parameter.nullable == Some(true) && !(takes_bytes && is_empty)
    }
}
