//! Functions and methods.

use kpclient_bindings::{Api, Form, Function, Returns, Role};

use crate::arguments::{Argument, Maker};
use crate::docs::Docs;
use crate::names;
use crate::shims;
use crate::types::{is_owned, Scalar};

/// The text of the method that a function is, or of the call that it is one form of.
pub(crate) fn method(api: &Api, docs: &Docs, function: &Function) -> Result<String, String> {
    let maker = maker(api, function);
    let method = Method::new(api, &maker, function)?;
    let (of, name) = names::function(api, function);
    let said = |a: &&Argument| {
        a.input.is_some() && Some(&a.documentation.name) != of.as_ref().map(|_| &maker.receiver)
    };
    let mut list: Vec<_> = method
        .arguments()
        .filter(said)
        .map(|a| a.documentation.clone())
        .collect();
    list.extend(
        method
            .arguments()
            .filter(|a| a.output.is_some())
            .map(|a| a.documentation.clone()),
    );
    let statuses: Vec<_> = function
        .statuses
        .iter()
        .filter(|s| *s != "KPC_ERR_WOULD_DEADLOCK")
        .cloned()
        .collect();
    let comment = docs.function(&name, &function.documentation, &list, &statuses);
    let head = format!("{} {{", method.head(of.as_deref(), &name, &maker.receiver));
    let mut lines = vec![head];
    lines.extend(method.body());
    lines.push("}".to_owned());
    Ok(format!("{comment}{}", indented(&lines)))
}

fn maker<'a>(api: &'a Api, function: &'a Function) -> Maker<'a> {
    let (of, _) = names::function(api, function);
    let receiver = of.as_deref().map_or_else(String::new, names::receiver);
    let itself = function.parameters.iter().find(|p| match p.role {
        Role::Itself => of.is_some(),
        Role::StructIn => Some(&p.of) == of.as_ref(),
        _ => false,
    });
    let owner = match of.as_deref() {
        Some("kpc_client") => Some(receiver.clone()),
        Some(of) if is_owned(api, of) => Some(format!("{receiver}.owner()")),
        _ => None,
    };
    Maker {
        api,
        function,
        itself: itself.map(|p| p.name.as_str()),
        receiver,
        owner,
    }
}

/// A method while it is written.
struct Method<'a> {
    function: &'a Function,
    /// Of the function, or of the one that starts the operation.
    start: Vec<Argument>,
    /// Of the function that takes the outputs out of the result.
    take: Option<Vec<Argument>>,
    /// What the function returns instead of a status, and how that is made.
    value: Option<(String, Scalar)>,
    client: String,
}

impl<'a> Method<'a> {
    fn new(api: &Api, maker: &Maker<'_>, function: &'a Function) -> Result<Self, String> {
        let find = |end: &str| {
            let name = format!("{}{end}", function.name);
            api.function(&name).ok_or(format!("there is no {name}"))
        };
        let (start, take) = match function.form {
            Form::Waiting => {
                let start = maker.arguments(find("_async")?)?;
                (start, Some(maker.arguments(find("_result")?)?))
            }
            _ => (maker.arguments(function)?, None),
        };
        let has_client = start.iter().find_map(|a| match &a.input {
            Some((name, kind)) if kind == "*Client" => Some(name.clone()),
            _ => None,
        });
        let returned = &function.returns;
        let value = matches!(returned.role, Returns::Value).then(|| {
            let of = returned.r#type.trim();
            let scalar = Scalar::new(api, of, returned.values.as_deref(), &function.name);
            (scalar.go.clone(), scalar)
        });
        Ok(Method {
            function,
            start,
            take,
            value,
            client: has_client.unwrap_or_else(|| format!("{}.owner()", maker.receiver)),
        })
    }

    fn arguments(&self) -> impl Iterator<Item = &Argument> {
        self.start.iter().chain(self.take.iter().flatten())
    }

    fn outputs(&self) -> Vec<(String, String)> {
        let mut outputs: Vec<_> = self.arguments().filter_map(|a| a.output.clone()).collect();
        match self.function.returns.role {
            Returns::Status => outputs.push(("err".to_owned(), "error".to_owned())),
            Returns::Handle => outputs.push(("err".to_owned(), "error".to_owned())),
            Returns::StaticText | Returns::Text => {
                outputs.push(("text".to_owned(), "string".to_owned()));
            }
            _ => {}
        }
        if let Some((go, _)) = &self.value {
            outputs.push(("value".to_owned(), go.clone()));
        }
        outputs
    }

    fn head(&self, of: Option<&str>, name: &str, receiver: &str) -> String {
        let mut inputs: Vec<String> = Vec::new();
        if self.take.is_some() {
            inputs.push("ctx context.Context".to_owned());
        }
        let declared = self.arguments().filter_map(|a| a.input.as_ref());
        let declared = declared.filter(|(name, _)| of.is_none() || name != receiver);
        let (last, others): (Vec<_>, Vec<_>) = declared.partition(|(_, k)| k.starts_with("..."));
        inputs.extend(
            others
                .into_iter()
                .chain(last)
                .map(|(n, k)| format!("{n} {k}")),
        );
        let outputs = self.outputs();
        let outputs = match outputs.as_slice() {
            [] => String::new(),
            [(_, kind)] if !self.leaves_early() => format!(" {kind}"),
            _ => {
                let outputs: Vec<_> = outputs.iter().map(|(n, k)| format!("{n} {k}")).collect();
                format!(" ({})", outputs.join(", "))
            }
        };
        let inputs = inputs.join(", ");
        match of {
            Some(of) => {
                let is_value = self.arguments().any(|a| {
                    a.input
                        .as_ref()
                        .is_some_and(|(n, k)| n == receiver && !k.starts_with('*'))
                });
                let star = if is_value { "" } else { "*" };
                let of = names::kind(of);
                format!("func ({receiver} {star}{of}) {name}({inputs}){outputs}")
            }
            None => format!("func {name}({inputs}){outputs}"),
        }
    }

    /// Whether it may return before the call, and so names what it returns.
    fn leaves_early(&self) -> bool {
        self.arguments()
            .any(|a| a.before.iter().any(|line| line == "BAD"))
    }

    fn body(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let has_status = self.function.returns.role == Returns::Status;
        let before: Vec<_> = self.arguments().flat_map(|a| a.before.clone()).collect();
        if before.iter().any(|line| line.contains("&pins")) {
            lines.push("var pins runtime.Pinner".to_owned());
            lines.push("defer pins.Unpin()".to_owned());
        }
        for line in before {
            match line.as_str() {
                "BAD" if has_status => lines.extend(["err = bad".to_owned(), "return".to_owned()]),
                "BAD" => lines.push("return".to_owned()),
                _ => lines.push(line),
            }
        }
        match &self.take {
            Some(take) => self.operation(&mut lines, take),
            None => self.plain(&mut lines),
        }
        lines
    }

    fn operation(&self, lines: &mut Vec<String>, take: &[Argument]) {
        let name = &self.function.name;
        let is_alone = self.outputs().len() == 1 && !self.leaves_early();
        let define = if is_alone { ":=" } else { "=" };
        lines.push("starts := func(limit C.int32_t, ticket C.uint64_t, op *C.kpc_op, failure *C.uint64_t) C.kpc_status {".to_owned());
        lines.push(format!(
            "return {}",
            call(&format!("{name}_async"), &self.start, "failure")
        ));
        lines.push("}".to_owned());
        lines.push(
            "takes := func(result C.uint64_t, failure *C.uint64_t) C.kpc_status {".to_owned(),
        );
        lines.push(format!(
            "return {}",
            call(&format!("{name}_result"), take, "failure")
        ));
        lines.push("}".to_owned());
        lines.push(format!(
            "err {define} run(ctx, {}, starts, takes)",
            self.client
        ));
        self.keep_alive(lines);
        self.finish(lines);
    }

    fn plain(&self, lines: &mut Vec<String>) {
        let call = call(&self.function.name, &self.start, "&failure");
        let is_named = self.leaves_early();
        match self.function.returns.role {
            Returns::Status => {
                lines.push("var failure C.uint64_t".to_owned());
                lines.push(format!("status := {call}"));
                self.keep_alive(lines);
                let is_alone = self.outputs().len() == 1 && !is_named;
                if is_alone {
                    lines.push("return check(status, failure)".to_owned());
                    return;
                }
                lines.push("err = check(status, failure)".to_owned());
                self.finish(lines);
            }
            Returns::Nothing => {
                lines.push(call);
                self.keep_alive(lines);
            }
            Returns::Handle => {
                lines.push(format!("failure := {call}"));
                self.keep_alive(lines);
                lines.push("return errorOf(failure)".to_owned());
            }
            Returns::StaticText | Returns::Text => {
                let define = if is_named { "=" } else { ":=" };
                lines.push(format!("text {define} C.GoString({call})"));
                self.keep_alive(lines);
                lines.push("return text".to_owned());
            }
            _ => {
                if let Some((_, scalar)) = &self.value {
                    lines.push(format!("returned := {call}"));
                    self.keep_alive(lines);
                    lines.push(format!("return {}", scalar.to_go("returned")));
                }
            }
        }
    }

    fn keep_alive(&self, lines: &mut Vec<String>) {
        for alive in self.arguments().filter_map(|a| a.alive.as_ref()) {
            lines.push(format!("runtime.KeepAlive({alive})"));
        }
    }

    /// After a call that returns a status and more.
    fn finish(&self, lines: &mut Vec<String>) {
        let after: Vec<_> = self.arguments().flat_map(|a| a.after.clone()).collect();
        if !after.is_empty() {
            lines.push("if err == nil {".to_owned());
            lines.extend(after);
            lines.push("}".to_owned());
        }
        let names: Vec<_> = self.outputs().into_iter().map(|(name, _)| name).collect();
        lines.push(format!("return {}", names.join(", ")));
    }
}

fn call(function: &str, arguments: &[Argument], failure: &str) -> String {
    let passed = arguments.iter().filter_map(|a| a.passed.as_deref());
    let passed: Vec<_> = passed
        .map(|p| if p == "failure" { failure } else { p })
        .collect();
    format!("C.{}({})", shims::name(function), passed.join(", "))
}

/// Lines with as many tabs as there are open braces.
pub(crate) fn indented(lines: &[String]) -> String {
    let mut depth: usize = 0;
    let mut text = String::new();
    for line in lines {
        if line.starts_with(['}', ')']) {
            depth = depth.saturating_sub(1);
        }
        if !line.is_empty() {
            let is_case = line.starts_with("case ") || line == "default:";
            text.push_str(&"\t".repeat(depth - usize::from(is_case)));
            text.push_str(line);
        }
        text.push('\n');
        if line.ends_with(['{', '(']) {
            depth += 1;
        }
    }
    text
}
