//! One method: for a call an `async def` and its synchronous twin.

use std::fmt::Write as _;

use kpclient_bindings::comments::of_argument;
use kpclient_bindings::methods::Method;
use kpclient_bindings::naming;
use kpclient_bindings::{Api, Function, Parameter, Returns, Role};

use super::arguments::{given, returned, taken, Argument, Given};
use super::words::{argument, docstring, exception, look, Look};

/// A method while it is written.
pub struct Written<'a> {
    method: &'a Method<'a>,
    api: &'a Api,
    name: String,
    arguments: Vec<Argument>,
    outputs: Vec<Given>,
    /// The parameter that the object is passed as, and how.
    itself: Option<(&'a str, String)>,
    is_static: bool,
    is_function: bool,
}

/// A method of a class, or a plain function.
pub fn method<'a>(method: &'a Method<'a>, api: &'a Api) -> Result<Written<'a>, String> {
    let function = method.function;
    let of = function.of.as_deref();
    let laid = of.and_then(|of| api.structure(of));
    let is_bytes = laid.is_some_and(|laid| matches!(look(laid), Look::Bytes));
    let is_function = of.is_none() || is_bytes;
    let itself = method.itself().filter(|_| !is_function).map(|p| {
        let passed = match p.role {
            Role::Itself => "self._pointer".to_owned(),
            _ => format!("c_{}(self)", p.of),
        };
        (p.name.as_str(), passed)
    });
    let inputs = method.inputs().into_iter();
    let inputs = inputs.filter(|p| itself.as_ref().is_none_or(|(name, _)| *name != p.name));
    let arguments: Vec<Argument> = inputs.map(|p| taken(p, api)).collect::<Result<_, _>>()?;
    let client = client_of(method, itself.is_some());
    let outputs = method.outputs().into_iter();
    let outputs = outputs
        .map(|p| given(p, api, &client))
        .collect::<Result<_, _>>()?;
    let name = naming::method(&function.name, of);
    Ok(Written {
        method,
        api,
        name: argument(name),
        arguments,
        outputs,
        is_static: itself.is_none() && !is_function,
        itself,
        is_function,
    })
}

/// Whose client what a method makes belongs to.
fn client_of(method: &Method<'_>, has_itself: bool) -> String {
    let inputs = method.inputs();
    let passed = inputs
        .iter()
        .find(|p| p.role == Role::HandleIn && p.of == "kpc_client");
    match (passed, has_itself) {
        (Some(client), _) => argument(&client.name),
        (None, true) if method.itself().is_some_and(|p| p.role == Role::Itself) => {
            "self._client".to_owned()
        }
        _ => "None".to_owned(),
    }
}

impl Written<'_> {
    /// The type of several outputs, which has a name.
    pub fn result_class(&self) -> Option<String> {
        (self.outputs.len() > 1).then(|| {
            let of = self.method.function.of.as_deref();
            let name = naming::method(&self.method.function.name, of);
            let of = of
                .filter(|of| *of != "kpc_client")
                .map_or("", naming::short);
            format!("{}{}Result", naming::pascal(of), naming::pascal(name))
        })
    }

    /// The definition of that type.
    pub fn result_definition(&self) -> Option<String> {
        let name = self.result_class()?;
        let mut text = format!(
            "\n\nclass {name}(NamedTuple):\n    \"\"\"What `{}` returns.\"\"\"\n\n",
            self.name
        );
        for output in &self.outputs {
            let _ = writeln!(text, "    {}: {}", field(&output.name), output.kind);
        }
        Some(text)
    }

    /// The method, in all its forms.
    pub fn text(&self) -> Result<String, String> {
        match self.method.forms {
            Some((start, take)) => self.call(start, take),
            // What waits without being a coroutine is named like a twin of one.
            None if self.method.function.waits => self.whole(&format!("{}_sync", self.name)),
            None => self.whole(&self.name),
        }
    }

    /// The type of what it returns.
    pub fn given_kind(&self) -> String {
        self.kind()
    }

    fn margin(&self) -> &'static str {
        if self.is_function {
            ""
        } else {
            "    "
        }
    }

    fn kind(&self) -> String {
        match (self.result_class(), self.outputs.as_slice()) {
            (Some(name), _) => name,
            (None, [output]) => output.kind.clone(),
            _ => "None".to_owned(),
        }
    }

    /// What stands between the parentheses: what must be given first, the rest by name.
    fn signature(&self) -> String {
        let mut parts: Vec<String> = Vec::new();
        match (self.is_function, self.is_static) {
            (true, _) => {}
            (_, true) => parts.push("cls".to_owned()),
            _ => parts.push("self".to_owned()),
        }
        let needed = self.arguments.iter().filter(|a| a.default.is_none());
        parts.extend(needed.map(|a| format!("{}: {}", a.name, a.kind)));
        let left_out = self.arguments.iter().filter_map(|a| Some((a, a.default?)));
        let left_out = left_out.map(|(a, default)| format!("{}: {} = {default}", a.name, a.kind));
        let mut named: Vec<String> = left_out.collect();
        // What is the only one needs no name.
        if self.arguments.len() == 1 {
            parts.append(&mut named);
        }
        if self.method.has_timeout() {
            named.push("timeout: Optional[float] = None".to_owned());
        }
        if !named.is_empty() {
            parts.push("*".to_owned());
            parts.extend(named);
        }
        parts.join(", ")
    }

    fn define(&self, head: &str, name: &str, kind: &str) -> String {
        let gap = if self.is_function { "\n\n" } else { "\n" };
        let margin = self.margin();
        let decorator = match () {
            () if self.is_static => format!("{margin}@classmethod\n"),
            () if self.method.is_property() && !self.is_function => format!("{margin}@property\n"),
            () => String::new(),
        };
        format!(
            "{gap}{decorator}{margin}{head}def {name}({}) -> {kind}:\n",
            self.signature()
        )
    }

    /// The arguments of a call of C, in their order.
    fn passed(&self, function: &Function, own: &[(&str, &str)]) -> String {
        let value = |p: &Parameter| -> String {
            if let Some((_, value)) = own.iter().find(|(name, _)| *name == p.name) {
                return (*value).to_owned();
            }
            if let Some((_, value)) = self.itself.as_ref().filter(|(name, _)| *name == p.name) {
                return value.clone();
            }
            let taken = self.arguments.iter().flat_map(|a| &a.passed);
            if let Some((_, value)) = taken.into_iter().find(|(name, _)| *name == p.name) {
                return value.clone();
            }
            match p.role {
                Role::ErrorOut => "error".to_owned(),
                Role::Timeout => "milliseconds(timeout)".to_owned(),
                Role::StructSize => {
                    let of = p.length_of.as_deref().unwrap_or_default();
                    format!("ffi.sizeof(out_{of}[0])")
                }
                _ => format!("out_{}", argument(&p.name)),
            }
        };
        function
            .parameters
            .iter()
            .map(value)
            .collect::<Vec<_>>()
            .join(", ")
    }

    fn made(&self, margin: &str) -> String {
        let lines = self.arguments.iter().filter_map(|a| a.made.as_ref());
        lines.map(|line| format!("{margin}{line}\n")).collect()
    }

    fn outputs_made(&self, margin: &str) -> String {
        let lines = self.outputs.iter();
        lines
            .map(|output| format!("{margin}{}\n", output.made))
            .collect()
    }

    /// What is returned of the outputs.
    fn value(&self) -> Option<String> {
        let values: Vec<&str> = self.outputs.iter().map(|o| o.value.as_str()).collect();
        match (self.result_class(), values.as_slice()) {
            (Some(name), values) => Some(format!("{name}({})", values.join(", "))),
            (None, [value]) => Some((*value).to_owned()),
            _ => None,
        }
    }

    /// The call itself and what is returned of it.
    fn called(
        &self,
        function: &Function,
        own: &[(&str, &str)],
        margin: &str,
    ) -> Result<String, String> {
        let call = format!("lib.{}({})", function.name, self.passed(function, own));
        let mut text = String::new();
        if function.returns.role == Returns::Status
            && function.parameters.iter().any(|p| p.role == Role::ErrorOut)
        {
            text.push_str(&self.outputs_made(margin));
            let _ = writeln!(text, "{margin}error = no_error()");
            let _ = writeln!(text, "{margin}check({call}, error)");
            if let Some(value) = self.value() {
                let _ = writeln!(text, "{margin}return {value}");
            }
            return Ok(text);
        }
        let (_, value) = returned(&function.returns, &call)?;
        let _ = writeln!(text, "{margin}return {value}");
        Ok(text)
    }

    /// A method with one form, in which all is done.
    fn whole(&self, name: &str) -> Result<String, String> {
        let function = self.method.function;
        let kind = match function.returns.role {
            Returns::Status => self.kind(),
            _ => returned(&function.returns, "")?.0,
        };
        let margin = format!("{}    ", self.margin());
        let mut text = self.define("", name, &kind);
        text.push_str(&docstring(&self.documentation(), margin.len(), self.api));
        text.push_str(&self.made(&margin));
        text.push_str(&self.called(function, &[], &margin)?);
        Ok(text)
    }

    /// A call: what starts it and takes its outputs, and two methods that wait for it.
    fn call(&self, start: &Function, take: &Function) -> Result<String, String> {
        let mut names: Vec<&str> = self.arguments.iter().map(|a| a.name.as_str()).collect();
        if self.method.has_timeout() {
            names.push("timeout");
        }
        let (name, names) = (&self.name, names.join(", "));
        let passed = if names.is_empty() {
            String::new()
        } else {
            format!(", {names}")
        };
        let mut text = format!("\n    def _{name}(self{passed}) -> Call:\n");
        text.push_str(&self.made("        "));
        let own = [("done", "done"), ("op", "op")];
        let call = format!("lib.{}({})", start.name, self.passed(start, &own));
        let _ = write!(
            text,
            "\n        def _start(done, op, error):\n            return {call}\n\n        def _take(result):\n"
        );
        text.push_str(&self.called(take, &[("result", "result")], "            ")?);
        let client = client_of(self.method, self.itself.is_some());
        let _ = writeln!(text, "\n        return Call({client}, _start, _take)");

        text.push_str(&self.define("async ", name, &self.kind()));
        text.push_str(&docstring(&self.documentation(), 8, self.api));
        let _ = writeln!(text, "        return await run(self._{name}({names}))");
        text.push_str(&self.define("", &format!("{name}_sync"), &self.kind()));
        let said = format!("As `{name}`, but blocks.");
        text.push_str(&docstring(&[said], 8, self.api));
        let _ = writeln!(text, "        return wait(self._{name}({names}))");
        Ok(text)
    }

    fn documentation(&self) -> Vec<String> {
        let function = self.method.function;
        let mut said = function.documentation.clone();
        let told = |name: &str| {
            let parameters = function.parameters.iter();
            parameters
                .into_iter()
                .find(|p| argument(&p.name) == name)
                .map_or("", |p| &p.documentation)
        };
        for argument in &self.arguments {
            said.push(format!(
                "* :param {}: {}",
                argument.name,
                of_argument(told(&argument.name))
            ));
        }
        if self.method.has_timeout() {
            said.push(
                "* :param timeout: how many seconds it may take; None for any number".to_owned(),
            );
        }
        match self.outputs.as_slice() {
            [] if function.returns.role != Returns::Status
                && function.returns.role != Returns::Nothing =>
            {
                said.push(format!("* :return: {}", function.returns.documentation));
            }
            [] => {}
            [output] => said.push(format!("* :return: {}", of_argument(told(&output.name)))),
            outputs => {
                let parts = outputs
                    .iter()
                    .map(|o| format!("`{}`: {}", field(&o.name), of_argument(told(&o.name))));
                said.push(format!(
                    "* :return: {}",
                    parts.collect::<Vec<_>>().join(". ")
                ));
            }
        }
        let statuses = function
            .statuses
            .iter()
            .filter(|s| *s != "KPC_ERR_ARG_NULL");
        let raised: Vec<String> = statuses.map(|s| exception(s)).collect();
        if function.returns.role == Returns::Status && !raised.is_empty() {
            said.push(format!("* :raises KpcError: {}", raised.join(", ")));
        }
        said
    }
}

/// The name of a part of what is returned; tuples have methods of their own.
fn field(name: &str) -> String {
    naming::unreserved(name, &["count", "index"])
}
