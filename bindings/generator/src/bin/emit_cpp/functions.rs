//! One function of C in C++: its declaration, and its definition in terms of the C function.

use kpclient_bindings::{Api, Form, Function, Parameter, Returned, Returns, Role};

use super::layout::{comment, list};
use super::names::{camel, outputs, place, scalar, values_of, Place};
use super::values::{input, measure, output, unit, Input, Output};
use super::words::Dictionary;

/// A function of C that becomes a method or a function.
pub(super) struct Method<'a> {
    api: &'a Api,
    function: &'a Function,
    words: &'a Dictionary,
    pub(super) place: Place,
    inputs: Vec<Input>,
    outputs: Vec<Output>,
}

/// How a method is called: it waits, or it starts an operation.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Manner {
    Waits,
    Starts,
}

impl<'a> Method<'a> {
    pub(super) fn of(
        api: &'a Api,
        function: &'a Function,
        words: &'a Dictionary,
    ) -> Result<Self, String> {
        let place = place(api, function);
        let others = function.parameters.iter().enumerate();
        let others = others.filter(|(at, _)| Some(*at) != place.itself);
        let mut inputs = Vec::new();
        for (_, parameter) in others {
            let made = input(api, parameter).map_err(|e| format!("{}: {e}", function.name))?;
            inputs.extend(made);
        }
        // Only the last ones can be left out.
        let needed = inputs.iter().rposition(|i| i.default.is_none());
        for input in inputs.iter_mut().take(needed.unwrap_or(0)) {
            input.default = None;
        }
        let mut method = Method {
            api,
            function,
            words,
            place,
            inputs,
            outputs: Vec::new(),
        };
        method.outputs = method.outputs_for(method.client().as_deref());
        Ok(method)
    }

    fn outputs_for(&self, client: Option<&str>) -> Vec<Output> {
        let parameters = self.function.parameters.iter();
        parameters
            .filter_map(|p| output(self.api, p, client))
            .collect()
    }

    /// The client that the call is made with.
    fn client(&self) -> Option<String> {
        let passed = |p: &Parameter| p.of == "kpc_client";
        let at = self.function.parameters.iter().position(passed);
        match (at, self.place.itself) {
            (Some(at), itself) if Some(at) == itself => Some("raw()".to_owned()),
            (Some(at), _) => Some(format!("{}.raw()", self.function.parameters.get(at)?.name)),
            (None, Some(at)) => {
                let of = &self.function.parameters.get(at)?.of;
                let is_object = self.api.handle(of).is_some();
                is_object.then(|| "client()".to_owned())
            }
            (None, None) => None,
        }
    }

    fn is_const(&self) -> bool {
        let itself = self
            .place
            .itself
            .and_then(|at| self.function.parameters.get(at));
        itself.is_some_and(|p| p.r#type.starts_with("const "))
    }

    fn name(&self) -> String {
        self.place.name.clone().unwrap_or_else(|| self.class())
    }

    fn class(&self) -> String {
        self.place.class.as_deref().map(camel).unwrap_or_default()
    }

    fn is_constructor(&self) -> bool {
        self.place.name.is_none()
    }

    fn is_static(&self) -> bool {
        self.place.class.is_some() && self.place.itself.is_none() && !self.is_constructor()
    }

    /// What it returns, without the future around it.
    fn value(&self) -> String {
        match (self.function.returns.role, self.outputs.as_slice()) {
            (Returns::Status, []) => "void".to_owned(),
            (Returns::Status, [one]) => one.kind.clone(),
            (Returns::Status, _) => outputs(&self.function.name),
            _ => self.returned().0,
        }
    }

    /// The type of what is not a status, and how it is made of what C returns.
    fn returned(&self) -> (String, String, String) {
        let Returned { role, values, .. } = &self.function.returns;
        let kind = &self.function.returns.r#type;
        let made = |kind: &str, begin: &str| (kind.to_owned(), format!("{begin}("), ")".to_owned());
        let plain = |kind: &str| (kind.to_owned(), String::new(), String::new());
        match role {
            Returns::Nothing => plain("void"),
            Returns::Handle => made("std::optional<Error>", "detail::kept_error"),
            Returns::StaticText => plain("std::string_view"),
            _ => match values_of(self.api, kind, values.as_deref()) {
                Some(values) => made(&values, &format!("static_cast<{values}>")),
                None => match unit(&self.function.name) {
                    Some((unit, _)) => {
                        let kind = format!("std::chrono::{unit}");
                        made(&kind, &kind)
                    }
                    None => plain(&scalar(kind)),
                },
            },
        }
    }

    /// The struct of several outputs: its name and its text.
    pub(super) fn result_struct(&self) -> Option<(String, String)> {
        if self.outputs.len() < 2 {
            return None;
        }
        let name = outputs(&self.function.name);
        let call = self.words.told(&self.function.name);
        let about = match name.ends_with("Result") {
            true => format!("What {call} returns."),
            false => format!("What {call} and others return."),
        };
        let mut text = format!("{}struct {name} {{\n", comment(0, &about));
        for output in &self.outputs {
            text += &format!("    {} {}{{}};\n", output.kind, output.name);
        }
        Some((name, text + "};\n"))
    }

    /// Whether it also comes as one that starts an operation.
    fn starts(&self) -> bool {
        self.function.form == Form::Waiting
    }

    /// The declarations.
    pub(super) fn declaration(&self, indent: usize) -> String {
        let mut text = comment(indent, &self.documentation());
        text += &self.head(indent, Manner::Waits, true);
        if self.starts() {
            text += &comment(
                indent,
                &format!("The same as an operation: see {}.", self.name()),
            );
            text += &self.head(indent, Manner::Starts, true);
        }
        text
    }

    fn documentation(&self) -> String {
        let first = self
            .function
            .documentation
            .first()
            .cloned()
            .unwrap_or_default();
        let told = match self.function.returns.role {
            Returns::Status | Returns::Nothing => "",
            _ => &self.function.returns.documentation,
        };
        let told = of_objects(told);
        let text = match told.as_str() {
            "" => first,
            _ => format!("{first} Returns {told}."),
        };
        format!("{} {}(3).", self.words.told(&text), self.function.name)
    }

    /// Everything before the body.
    fn head(&self, indent: usize, manner: Manner, is_declared: bool) -> String {
        let parameters = self.inputs.iter().map(|input| match input.default {
            Some(default) if is_declared => format!("{} = {default}", input.declared),
            _ => input.declared.clone(),
        });
        let parameters: Vec<String> = parameters.collect();
        let class = self.class();
        let scope = match (is_declared, self.place.class.is_some()) {
            (false, true) => format!("{class}::"),
            _ => String::new(),
        };
        let mut begin = match is_declared && self.place.class.is_some() {
            true => String::new(),
            false => "inline ".to_owned(),
        };
        if is_declared && self.is_constructor() && parameters.len() == 1 {
            begin += "explicit ";
        }
        if is_declared && self.place.class.is_none() {
            begin.clear();
        }
        if is_declared && self.is_static() {
            begin += "static ";
        }
        let (value, end) = match manner {
            Manner::Waits => (self.value(), ""),
            Manner::Starts => (format!("Operation<{}>", self.value()), "_async"),
        };
        if !self.is_constructor() {
            begin += &format!("{value} ");
        }
        let mark = if self.is_const() { " const" } else { "" };
        let close = if is_declared { ";" } else { " {" };
        let begin = format!("{begin}{scope}{}{end}(", self.name());
        list(indent, &begin, &parameters, &format!("){mark}{close}"))
    }

    /// The definitions.
    pub(super) fn definition(&self) -> Result<String, String> {
        let mut text = self.head(0, Manner::Waits, false) + &self.waiting()? + "}\n\n";
        if self.starts() {
            let take = self.take()?;
            text =
                take + &text + &self.head(0, Manner::Starts, false) + &self.starting()? + "}\n\n";
        }
        Ok(text)
    }

    fn before(&self) -> String {
        let lines = self.inputs.iter().filter_map(|input| input.before.as_ref());
        lines.map(|line| format!("    {line}\n")).collect()
    }

    fn waiting(&self) -> Result<String, String> {
        let arguments = self.arguments(self.function, &self.outputs)?;
        if self.function.returns.role != Returns::Status {
            let (_, begin, end) = self.returned();
            let begin = format!("return {begin}::{}(", self.function.name);
            return Ok(self.before() + &list(4, &begin, &arguments, &format!("){end};")));
        }
        if self.is_constructor() {
            let text = format!("{}    detail::Check checked;\n", self.before());
            let begin = format!("checked(::{}(", self.function.name);
            let out = self
                .outputs
                .first()
                .map(|o| o.passed.clone())
                .unwrap_or_default();
            let own = out.split_once('.').map_or("", |(_, own)| own);
            let arguments: Vec<String> = arguments
                .into_iter()
                .map(|a| if a == out { own.to_owned() } else { a })
                .collect();
            return Ok(text + &list(4, &begin, &arguments, "));"));
        }
        Ok(self.before() + &self.checked(&self.function.name, &arguments, &self.outputs))
    }

    /// A call that throws its error, and returns its outputs.
    fn checked(&self, name: &str, arguments: &[String], outputs: &[Output]) -> String {
        let mut text = String::new();
        for output in outputs {
            text += &format!("    {}\n", output.local);
        }
        text += "    detail::Check checked;\n";
        text += &list(4, &format!("checked(::{name}("), arguments, "));");
        match outputs {
            [] => text,
            [one] => {
                let value = one.value.trim_start_matches("std::move(");
                let is_moved = value != one.value;
                let value = if is_moved {
                    value.trim_end_matches(')')
                } else {
                    value
                };
                text + &format!("    return {value};\n")
            }
            _ => {
                let values: Vec<String> = outputs.iter().map(|o| o.value.clone()).collect();
                text + &list(4, "return {", &values, "};")
            }
        }
    }

    /// What takes the outputs out of the result, on the library's thread.
    fn take(&self) -> Result<String, String> {
        let function = self.form("_result")?;
        let outputs = self.outputs_for(Some("client"));
        let arguments = self.arguments(function, &outputs)?;
        let uses = outputs.iter().any(|o| o.passed.contains("client"));
        let parameters = vec![
            "const ::kpc_result *result".to_owned(),
            format!("::kpc_client *{}", if uses { "client" } else { "" }),
        ];
        let name = self.function.name.trim_start_matches("kpc_");
        let begin = format!("inline {} take_{name}(", self.value());
        Ok("namespace detail {\n".to_owned()
            + &list(0, &begin, &parameters, ") {")
            + &self.checked(&function.name, &arguments, &outputs)
            + "}\n} // namespace detail\n\n")
    }

    fn starting(&self) -> Result<String, String> {
        let function = self.form("_async")?;
        let arguments = self.arguments(function, &[])?;
        let name = self.function.name.trim_start_matches("kpc_");
        let client = self.client().unwrap_or_else(|| "nullptr".to_owned());
        let value = self.value();
        let begin = format!("detail::Start<{value}> starting(&detail::take_{name}, {client});");
        let call = format!("return starting(::{}(", function.name);
        Ok(format!("{}    {begin}\n", self.before()) + &list(4, &call, &arguments, "));"))
    }

    fn form(&self, end: &str) -> Result<&'a Function, String> {
        let name = format!("{}{end}", self.function.name);
        self.api
            .function(&name)
            .ok_or(format!("there is no {name}"))
    }

    /// What is passed in C.
    fn arguments(&self, function: &Function, outputs: &[Output]) -> Result<Vec<String>, String> {
        let own = self
            .place
            .itself
            .and_then(|at| self.function.parameters.get(at));
        let mut outputs = outputs.iter();
        let mut passed = Vec::new();
        for p in &function.parameters {
            passed.push(match p.role {
                _ if own.is_some_and(|own| own.name == p.name) => match self.api.handle(&p.of) {
                    Some(_) => "raw()".to_owned(),
                    None => "&raw()".to_owned(),
                },
                Role::Length | Role::StructSize => measure(function, p)?,
                Role::ErrorOut if function.form == Form::Async => "starting.error()".to_owned(),
                Role::ErrorOut => "checked.error()".to_owned(),
                Role::Completion => "starting.done()".to_owned(),
                Role::OperationOut => "starting.op()".to_owned(),
                Role::Result => "result".to_owned(),
                role if role.is_output() => {
                    let output = outputs
                        .next()
                        .ok_or_else(|| format!("{}: {}", function.name, p.name))?;
                    output.passed.clone()
                }
                _ => {
                    let input = input(self.api, p)?;
                    input.map(|input| input.passed).unwrap_or_default()
                }
            });
        }
        Ok(passed)
    }
}

/// What is returned of an object; of none there is an error in C++.
fn of_objects(told: &str) -> String {
    let clauses = told
        .split("; ")
        .filter_map(|clause| match clause.split_once("for what is no") {
            Some((before, _)) => before
                .strip_suffix(", and ")
                .or(before.strip_suffix(" and ")),
            None => Some(clause),
        });
    clauses.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::of_objects;

    #[test]
    fn nothing_is_said_of_no_object() {
        assert_eq!(
            of_objects("true or false; false for what is no live kpc_x"),
            "true or false"
        );
        assert_eq!(
            of_objects("0 before, and for what is no live kpc_x"),
            "0 before"
        );
        assert_eq!(of_objects("a number"), "a number");
    }
}
