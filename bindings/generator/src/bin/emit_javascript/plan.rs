//! The methods as JavaScript has them: what is passed in which place, and what comes back.

use kpclient_bindings::methods::{is_size_of_a_type, Method};
use kpclient_bindings::{naming, Api, Form, Function, Parameter, Returns, Role};

use crate::names::{argument, camel};
use crate::values::Kind;

/// What lib/ does by hand: how objects are made, freed and closed, and events.
const BY_HAND: &[&str] = &[
    "kpc_client_close",
    "kpc_client_new",
    "kpc_config_new",
    "kpc_config_set_log",
    "kpc_event_sink_fd",
    "kpc_event_sink_next",
    "kpc_event_sink_on_event",
    "kpc_event_sink_open",
    "kpc_op_cancel",
    "kpc_op_wait",
    "kpc_wipe",
];

/// Types whose functions the addon calls itself.
const OF_THE_ADDON: &[&str] = &["kpc_buffer", "kpc_error", "kpc_event", "kpc_result"];

/// Methods whose name alone makes them look like properties.
const NO_PROPERTIES: &[&str] = &[
    "kpc_client_courier",
    "kpc_client_stats",
    "kpc_copy_builder_save",
];

/// Numbers that are options, with what stands for them.
const DEFAULTS: &[(&str, &str)] = &[("message_kind", "MESSAGE_KIND")];

/// How a method is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Property,
    Method,
    Static,
    Plain,
}

/// One argument.
pub struct Argument<'a> {
    pub name: String,
    pub kind: Kind<'a>,
    pub parameter: &'a Parameter,
    pub is_optional: bool,
    pub default: Option<&'static str>,
}

/// One output.
pub struct Output<'a> {
    pub name: String,
    pub kind: Kind<'a>,
    pub documentation: &'a str,
}

impl Output<'_> {
    /// Whether there may be none: a struct is all zero then.
    pub fn may_lack(&self) -> bool {
        matches!(self.kind, Kind::Struct(_)) && self.documentation.contains("zero if ")
    }

    /// The expression that makes it of what the addon gives.
    pub fn made(&self, value: &str, owner: &str) -> String {
        let made = self.kind.output(value, owner);
        match self.may_lack() {
            true => made.replacen("structOf", "structOrNull", 1),
            false => made,
        }
    }

    /// Its type.
    pub fn r#type(&self) -> String {
        let lacks = if self.may_lack() { " | null" } else { "" };
        self.kind.type_out() + lacks
    }
}

/// One method.
pub struct Plan<'a> {
    pub function: &'a Function,
    pub name: String,
    pub shape: Shape,
    pub is_operation: bool,
    pub itself: Option<&'a Parameter>,
    /// In the order of the addon's arguments, without the object itself.
    pub arguments: Vec<Argument<'a>>,
    pub outputs: Vec<Output<'a>>,
}

pub fn all(api: &Api) -> Result<Vec<Plan<'_>>, String> {
    let functions = api.functions.iter().filter(|f| is_method(f));
    functions.map(plan).collect()
}

fn is_method(function: &Function) -> bool {
    let name = function.name.as_str();
    let of = function.of.as_deref().unwrap_or_default();
    matches!(function.form, Form::Single | Form::Waiting)
        && !BY_HAND.contains(&name)
        && !OF_THE_ADDON.contains(&of)
        && !name.ends_with("_free")
        && !is_size_of_a_type(function)
        && !waits_only(function)
}

/// Whether it blocks and has no other form. Each does what another one does with an option.
pub fn waits_only(function: &Function) -> bool {
    function.form == Form::Single && has_role(function, Role::Timeout)
}

fn has_role(function: &Function, role: Role) -> bool {
    function.parameters.iter().any(|p| p.role == role)
}

/// The object that a function is a method of.
pub fn itself(function: &Function) -> Option<&Parameter> {
    let of = function.of.as_deref();
    let mut parameters = function.parameters.iter();
    let object = parameters.clone().find(|p| p.role == Role::Itself);
    object.or_else(|| parameters.find(|p| p.role == Role::StructIn && Some(&*p.of) == of))
}

/// What the addon is passed, in the order of the function's parameters.
pub fn inputs(function: &Function) -> impl Iterator<Item = &Parameter> {
    use Role::{ArrayIn, BytesIn, Flags, HandleIn, Itself, StructIn, TextIn, Value};
    let inputs = [
        ArrayIn, BytesIn, Flags, HandleIn, Itself, StructIn, TextIn, Value,
    ];
    function
        .parameters
        .iter()
        .filter(move |p| inputs.contains(&p.role))
}

/// What the addon gives.
pub fn outputs(function: &Function) -> impl Iterator<Item = &Parameter> {
    function.parameters.iter().filter(|p| p.role.is_output())
}

fn plan(function: &Function) -> Result<Plan<'_>, String> {
    let itself = itself(function);
    let is_itself = |p: &Parameter| itself.is_some_and(|itself| std::ptr::eq(itself, p));
    let arguments = inputs(function).filter(|p| !is_itself(p)).map(|parameter| {
        let values = parameter.values.as_deref().unwrap_or_default();
        let default = DEFAULTS.iter().find(|(group, _)| *group == values);
        Ok(Argument {
            name: argument(&parameter.name),
            kind: Kind::of(parameter)?,
            parameter,
            is_optional: Method::is_optional(parameter),
            default: default.map(|(_, value)| *value),
        })
    });
    let arguments = arguments.collect::<Result<Vec<_>, String>>()?;
    let outputs = given(function)?;
    let mut plan = Plan {
        name: camel(naming::method(&function.name, function.of.as_deref())),
        shape: Shape::Method,
        is_operation: function.form == Form::Waiting,
        itself,
        arguments,
        outputs,
        function,
    };
    plan.shape = plan.shape();
    Ok(plan)
}

fn given(function: &Function) -> Result<Vec<Output<'_>>, String> {
    if let Some(kind) = Kind::returned(function)? {
        let documentation = function.returns.documentation.as_str();
        let name = String::new();
        return Ok(vec![Output {
            name,
            kind,
            documentation,
        }]);
    }
    let outputs = outputs(function).map(|parameter| {
        Ok(Output {
            name: argument(&parameter.name),
            kind: Kind::of(parameter)?,
            documentation: &parameter.documentation,
        })
    });
    outputs.collect()
}

impl<'a> Plan<'a> {
    fn shape(&self) -> Shape {
        let Some(itself) = self.itself else {
            return match self.function.of {
                Some(_) => Shape::Static,
                None => Shape::Plain,
            };
        };
        let only_tells = itself.r#type.starts_with("const ")
            && self.arguments.is_empty()
            && !self.is_operation
            && !self.function.name.contains("_to_")
            && !NO_PROPERTIES.contains(&self.function.name.as_str());
        let is_property = match self.outputs.as_slice() {
            [output] => only_tells && !output.kind.is_object(),
            _ => false,
        };
        match is_property {
            true => Shape::Property,
            false => Shape::Method,
        }
    }

    pub fn is_plain(&self) -> bool {
        self.shape == Shape::Plain
    }

    /// Whether its status may be a failure.
    pub fn can_fail(&self) -> bool {
        self.function.returns.role == Returns::Status
    }

    /// The arguments with a place of their own. An argument that may be left out has one if it is
    /// the only one.
    pub fn placed(&self) -> impl Iterator<Item = &Argument<'a>> {
        self.arguments
            .iter()
            .filter(|argument| !self.is_option(argument))
    }

    /// The arguments among the options.
    pub fn options(&self) -> impl Iterator<Item = &Argument<'a>> {
        self.arguments
            .iter()
            .filter(|argument| self.is_option(argument))
    }

    /// Whether it takes options at all.
    pub fn has_options(&self) -> bool {
        self.is_operation || self.options().next().is_some()
    }

    fn is_option(&self, argument: &Argument) -> bool {
        if matches!(argument.kind, Kind::Flags(_)) || argument.default.is_some() {
            return true;
        }
        let is_flag = |a: &&Argument| matches!(a.kind, Kind::Flags(_));
        argument.is_optional && self.arguments.iter().filter(|a| !is_flag(a)).count() > 1
    }
}
