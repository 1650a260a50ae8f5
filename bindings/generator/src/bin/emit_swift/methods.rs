//! One method of a class.

use kpclient_bindings::comments::of_argument;
use kpclient_bindings::methods::Method;
use kpclient_bindings::{structs, Api, Form, Function, Parameter, Returns, Role};

use crate::docs::Docs;
use crate::outputs::{local, output, returned, Output};
use crate::types;

/// A method in Swift, or None where what is written by hand or another method does the same.
pub fn method(api: &Api, docs: &Docs, method: &Method<'_>) -> Result<Option<String>, String> {
    let function = method.function;
    let is_by_hand = BY_HAND.contains(&function.name.as_str());
    if is_by_hand || function.form == Form::Single && function.waits {
        return Ok(None);
    }
    let one = One::new(api, docs, method)?;
    let text = match method.forms {
        Some((start, result)) => one.call(start, result)?,
        None => one.single()?,
    };
    Ok(Some(text))
}

/// Statuses tell of themselves.
pub const BY_HAND: &[&str] = &[
    "kpc_status_category",
    "kpc_status_is_expected_outcome",
    "kpc_status_name",
    "kpc_status_text",
];

struct One<'a> {
    api: &'a Api,
    docs: &'a Docs,
    method: &'a Method<'a>,
    function: &'a Function,
    outputs: Vec<Output>,
    /// The client of what it starts and makes.
    owner: String,
    indent: &'static str,
}

impl<'a> One<'a> {
    fn new(api: &'a Api, docs: &'a Docs, method: &'a Method<'a>) -> Result<Self, String> {
        let function = method.function;
        let client = function.parameters.iter().find(|p| p.of == "kpc_client");
        let owner = match client {
            Some(p) if p.role == Role::Itself => "self".to_owned(),
            Some(p) => types::camel(&p.name),
            None => "self.owner".to_owned(),
        };
        let outputs = method.outputs();
        let outputs = outputs.iter().map(|p| output(api, p, &owner));
        Ok(Self {
            api,
            docs,
            method,
            function,
            outputs: outputs.collect::<Result<_, _>>()?,
            owner,
            indent: if function.of.is_some() { "    " } else { "" },
        })
    }

    /// What it gives: nothing, one thing, or several with their names.
    fn gives(&self) -> String {
        match self.outputs.as_slice() {
            [] => "Void".to_owned(),
            [one] => one.r#type.clone(),
            all => {
                let all = all.iter().map(|o| format!("{}: {}", o.name, o.r#type));
                format!("({})", all.collect::<Vec<_>>().join(", "))
            }
        }
    }

    fn value(&self) -> Option<String> {
        match self.outputs.as_slice() {
            [] => None,
            [one] => Some(one.value.clone()),
            all => {
                let all: Vec<&str> = all.iter().map(|o| o.value.as_str()).collect();
                Some(format!("({})", all.join(", ")))
            }
        }
    }

    fn comment(&self) -> String {
        let mut tags = Vec::new();
        let passed = self.method.passed();
        if !passed.is_empty() {
            tags.push((0, "Parameters:".to_owned()));
        }
        for p in passed {
            let (name, said) = (types::camel(&p.name), of_argument(&p.documentation));
            tags.push((2, format!("{name}: {said}")));
        }
        match self.outputs.as_slice() {
            [] => {}
            [one] => tags.push((0, format!("Returns: {}", of_argument(&one.documentation)))),
            all => {
                tags.push((0, "Returns:".to_owned()));
                let said = |o: &Output| format!("{}: {}", o.name, of_argument(&o.documentation));
                tags.extend(all.iter().map(|o| (2, said(o))));
            }
        }
        self.docs
            .comment(&self.function.documentation, &tags, self.indent)
    }

    /// The parameters as they are declared. The first one needs no label where the method's name or
    /// its type says what it is.
    fn declared(&self) -> Result<String, String> {
        let passed = self.method.passed();
        let mut all = Vec::new();
        for (i, p) in passed.iter().enumerate() {
            let is_optional = Method::is_optional(p);
            let default = match p.role {
                Role::Flags => " = []",
                _ if is_optional => " = nil",
                _ => "",
            };
            let says = p.role != Role::Value || passed.len() == 1;
            let is_set = types::method(self.function).starts_with("set");
            let label = if i == 0 && says && (!is_optional || is_set) {
                "_ "
            } else {
                ""
            };
            let r#type = types::input(self.api, p, is_optional)?;
            let name = types::camel(&p.name);
            all.push(format!("{label}{name}: {type}{default}"));
        }
        if self.method.has_timeout() {
            all.push("timeout: Duration? = nil".to_owned());
        }
        Ok(all.join(", "))
    }

    /// What is passed to a function of C.
    fn arguments(&self, function: &Function) -> Result<String, String> {
        let itself = self.method.itself().map(|p| p.name.as_str());
        let all = function.parameters.iter().map(|p| {
            let name = match Some(p.name.as_str()) == itself {
                true => "self".to_owned(),
                false => types::camel(&p.name),
            };
            self.argument(function, p, name)
        });
        Ok(all.collect::<Result<Vec<String>, String>>()?.join(", "))
    }

    fn argument(&self, function: &Function, p: &Parameter, name: String) -> Result<String, String> {
        let is_of_group = types::enumeration(self.api, p.values.as_deref(), &p.r#type).is_some();
        Ok(match p.role {
            Role::Itself | Role::HandleIn | Role::StructIn | Role::ArrayIn => {
                format!("memory.of({name})")
            }
            Role::BytesIn => copied(p, "bytes", &name),
            Role::TextIn if p.length.is_some() => copied(p, "content", &name),
            Role::TextIn => copied(p, "text", &name),
            Role::Length => length(function, p),
            Role::Timeout => "milliseconds(timeout)".to_owned(),
            Role::Flags => format!("{name}.rawValue"),
            Role::Value if p.r#type == "kpc_channel" => format!("{name}.number"),
            Role::Value if is_of_group => format!("{name}.rawValue"),
            Role::Value => name,
            Role::StructSize => {
                let mut all = function.parameters.iter();
                let filled = all.find(|p| p.role == Role::StructOut).ok_or("no struct")?;
                format!("MemoryLayout<{}>.size", filled.of)
            }
            Role::Result => "result".to_owned(),
            Role::Completion => "done".to_owned(),
            Role::OperationOut => "op".to_owned(),
            Role::ErrorOut => "memory.error".to_owned(),
            role if role.is_output() => local(p),
            role => return Err(format!("{}: what is a {role:?} in Swift?", function.name)),
        })
    }

    /// Whether an argument may be such that it cannot be passed.
    fn may_refuse(&self) -> bool {
        let refuses = |p: &&Parameter| match p.role {
            Role::ArrayIn => true,
            Role::StructIn => !structs::is_bytes(self.api, &p.of),
            Role::TextIn => p.length.is_none(),
            _ => false,
        };
        self.method.inputs().iter().any(refuses)
    }

    /// What is declared, with its body.
    fn written(&self, head: &str, body: &[String]) -> String {
        let (indent, comment) = (self.indent, self.comment());
        let body: String = body
            .iter()
            .map(|line| format!("{indent}    {line}\n"))
            .collect();
        format!("{comment}{indent}public {head} {{\n{body}{indent}}}\n")
    }

    fn single(&self) -> Result<String, String> {
        let function = self.function;
        let called = format!("{}({})", function.name, self.arguments(function)?);
        let is_checked = function.returns.role == Returns::Status;
        let throws = is_checked || self.may_refuse();
        let mut gives = self.gives();
        let mut lines: Vec<String> = self.outputs.iter().map(|o| o.room.clone()).collect();
        if is_checked {
            lines.push(format!("try memory.check({called})"));
            lines.extend(self.value().map(|value| format!("return {value}")));
        } else {
            let (own, value) = returned(self.api, function, &called)?;
            gives = own;
            lines.push(format!(
                "return {}{value}",
                if throws { "try " } else { "" }
            ));
        }
        if self.is_initializer(&gives) {
            return self.initializer(&gives, lines);
        }
        let before = if throws { "try " } else { "" };
        let body = enclosed(&format!("{before}call {{ memory in"), &lines);
        let name = types::method(function);
        if is_property(self.method) {
            let body = match throws {
                true => enclosed("get throws {", &body),
                false => body,
            };
            return Ok(self.written(&format!("var {name}: {gives}"), &body));
        }
        let is_static = function.of.is_some() && self.method.itself().is_none();
        let kind = if is_static { "static func" } else { "func" };
        let throws = if throws { " throws" } else { "" };
        let head = format!(
            "{kind} {name}({}){throws}{}",
            self.declared()?,
            ends(&gives)
        );
        Ok(self.written(&head, &body))
    }

    /// Whether it makes an object of its own type, and its name says no more.
    fn is_initializer(&self, gives: &str) -> bool {
        let of = self.function.of.as_deref().unwrap_or_default();
        let name = types::method(self.function);
        let is_plain = ["new", "fromBytes"].contains(&name.as_str());
        is_plain && self.method.itself().is_none() && gives == types::class(of)
    }

    fn initializer(&self, own: &str, mut lines: Vec<String>) -> Result<String, String> {
        let out = &self.outputs.first().ok_or("nothing is made")?.local;
        let of = self.function.of.as_deref().unwrap_or_default();
        let (kind, made, label) = match self.api.handle(of) {
            Some(_) => ("convenience init", format!("{out}.pointee"), ""),
            None => ("init", format!("{own}.copied({out})"), "memory: "),
        };
        lines.pop();
        lines.push(format!("return {made}"));
        let mut body = enclosed("let made = try call { memory in", &lines);
        body.push(format!("self.init({label}made)"));
        let head = format!("{kind}({}) throws", self.declared()?);
        Ok(self.written(&head, &body))
    }

    fn call(&self, start: &Function, result: &Function) -> Result<String, String> {
        let before = if self.may_refuse() { "try " } else { "" };
        let mut lines: Vec<String> = self.outputs.iter().map(|o| o.room.clone()).collect();
        let arguments = self.arguments(result)?;
        lines.push(format!("try memory.check({}({arguments}))", result.name));
        lines.extend(self.value().map(|value| format!("return {value}")));
        let mut body = vec![
            format!("try await perform({}) {{ memory, done, op in", self.owner),
            format!("    {before}{}({})", start.name, self.arguments(start)?),
        ];
        body.extend(enclosed("} take: { memory, result in", &lines));
        let name = types::method(self.function);
        let ends = ends(&self.gives());
        let head = format!("func {name}({}) async throws{ends}", self.declared()?);
        Ok(self.written(&head, &body))
    }
}

/// Bytes or a text, where C finds them.
fn copied(p: &Parameter, how: &str, name: &str) -> String {
    match Method::is_optional(p) {
        true => format!("{name}.map(memory.{how})"),
        false => format!("memory.{how}({name})"),
    }
}

/// Lines in braces.
fn enclosed(head: &str, lines: &[String]) -> Vec<String> {
    let inner = lines.iter().map(|line| format!("    {line}"));
    let all = std::iter::once(head.to_owned()).chain(inner);
    all.chain(std::iter::once("}".to_owned())).collect()
}

fn ends(gives: &str) -> String {
    match gives {
        "Void" => String::new(),
        name => format!(" -> {name}"),
    }
}

fn length(function: &Function, p: &Parameter) -> String {
    let of = p.length_of.as_deref().unwrap_or_default();
    let counted = function.parameters.iter().find(|p| p.name == of);
    let name = types::camel(of);
    let what = match counted.map(|p| p.role) {
        Some(Role::TextIn) => ".utf8.count",
        _ => ".count",
    };
    match counted.is_some_and(Method::is_optional) {
        true => format!("{name}?{what} ?? 0"),
        false => format!("{name}{what}"),
    }
}

/// A property tells; what makes an object is called.
fn is_property(method: &Method<'_>) -> bool {
    let makes = method.outputs().iter().any(|p| p.role == Role::HandleOut);
    method.is_property() && !makes
}
