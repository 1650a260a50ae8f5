//! One method of a class.

use kpclient_bindings::comments::of_argument;
use kpclient_bindings::methods::Method;
use kpclient_bindings::{structs, Api, Form, Function, Parameter, Returns, Role};

use crate::docs::Docs;
use crate::outputs::{local, output, returned, Output};
use crate::types;

/// A method in C#.
pub struct Written {
    /// Its text, indented by eight columns.
    pub text: String,
    /// The class of what it gives, where that is several things.
    pub result: Option<String>,
}

/// None where another method does the same: functions that wait, and of which there is no other
/// form.
pub fn method(api: &Api, docs: &Docs, method: &Method<'_>) -> Result<Option<Written>, String> {
    let function = method.function;
    if function.form == Form::Single && function.waits {
        return Ok(None);
    }
    let owner = owner(function);
    let outputs = method.outputs();
    let outputs: Vec<Output> = outputs.iter().map(|p| output(api, p, &owner)).collect();
    let (r#type, result) = given(function, &outputs, docs);
    let text = match method.forms {
        Some(forms) => call(api, docs, method, &owner, &outputs, &r#type, forms),
        None => single(api, docs, method, &outputs, &r#type)?,
    };
    Ok(Some(Written { text, result }))
}

/// The client of what a function starts and makes.
fn owner(function: &Function) -> String {
    let client = function.parameters.iter().find(|p| p.of == "kpc_client");
    match client {
        Some(p) if p.role == Role::Itself => "this".to_owned(),
        Some(p) => types::camel(&p.name),
        None => "Owner".to_owned(),
    }
}

/// The type of what a method gives, and the class of that if it must be made.
fn given(function: &Function, outputs: &[Output], docs: &Docs) -> (String, Option<String>) {
    match outputs {
        [] => ("void".to_owned(), None),
        [one] => (one.r#type.clone(), None),
        _ => {
            let name = function.name.strip_prefix("kpc_");
            let name = format!("{}Result", types::pascal(name.unwrap_or(&function.name)));
            let text = result(&name, &docs.told(&function.name), outputs, docs);
            (name, Some(text))
        }
    }
}

fn result(name: &str, of: &str, outputs: &[Output], docs: &Docs) -> String {
    let (mut properties, mut sets, mut gives) = (String::new(), String::new(), String::new());
    let (mut takes, mut outs) = (Vec::new(), Vec::new());
    for output in outputs {
        let what = capital(&of_argument(&output.documentation));
        let (property, r#type, local) = (&output.name, &output.r#type, &output.local);
        properties += &docs.comment(&[what], &[], "        ");
        properties += &format!("        public {type} {property} {{ get; }}\n\n");
        takes.push(format!("{type} {local}"));
        outs.push(format!("out {type} {local}"));
        sets += &format!("            {property} = {local};\n");
        gives += &format!("            {local} = {property};\n");
    }
    format!(
        "\n    /// <summary>What {of} gives.</summary>\n    public sealed class {name}\n    {{\n\
         {properties}        internal {name}({})\n        {{\n{sets}        }}\n\n        \
         /// <summary>Takes it apart.</summary>\n        \
         public void Deconstruct({})\n        {{\n{gives}        }}\n    }}\n",
        takes.join(", "),
        outs.join(", ")
    )
}

pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map_or_else(String::new, |c| c.to_uppercase().chain(letters).collect())
}

fn value(outputs: &[Output], r#type: &str) -> Option<String> {
    match outputs {
        [] => None,
        [one] => Some(one.value.clone()),
        _ => {
            let values: Vec<&str> = outputs.iter().map(|o| o.value.as_str()).collect();
            Some(format!("new {type}({})", values.join(", ")))
        }
    }
}

fn comment(docs: &Docs, method: &Method<'_>) -> String {
    let tags = method.passed().into_iter().map(|p| {
        let name = types::camel(&p.name);
        let head = format!("param name=\"{}\"", name.trim_start_matches('@'));
        (head, of_argument(&p.documentation))
    });
    let mut tags: Vec<(String, String)> = tags.collect();
    if method.has_timeout() {
        let said = "how long it may take, in milliseconds; -1 for any time".to_owned();
        tags.push(("param name=\"timeoutMs\"".to_owned(), said));
    }
    if method.forms.is_some() {
        let said = "cancels the operation".to_owned();
        tags.push(("param name=\"cancellationToken\"".to_owned(), said));
    }
    docs.comment(&method.function.documentation, &tags, "        ")
}

/// The parameters as they are declared. Only those at the end may be left out.
fn declared(api: &Api, method: &Method<'_>) -> String {
    let passed = method.passed();
    let is_optional = |p: &&Parameter| p.role == Role::Flags || Method::is_optional(p);
    let last = passed.iter().rposition(|p| !is_optional(p));
    let mut all = Vec::new();
    for (i, p) in passed.iter().enumerate() {
        let default = match p.role {
            _ if last.is_some_and(|last| i <= last) => "",
            Role::Flags => " = 0",
            _ => " = null",
        };
        let name = types::camel(&p.name);
        all.push(format!("{} {name}{default}", input(api, p)));
    }
    if method.has_timeout() {
        all.push("int timeoutMs = -1".to_owned());
    }
    if method.forms.is_some() {
        all.push("CancellationToken cancellationToken = default(CancellationToken)".to_owned());
    }
    all.join(", ")
}

fn input(api: &Api, parameter: &Parameter) -> String {
    match parameter.r#type.as_str() {
        "kpc_status" => "Status".to_owned(),
        _ => types::input(api, parameter),
    }
}

/// A property tells; what makes an object that is to be disposed of is called.
fn is_property(method: &Method<'_>) -> bool {
    let makes = method.outputs().iter().any(|p| p.role == Role::HandleOut);
    method.is_property() && !makes
}

/// What is passed to a function of C.
fn arguments(api: &Api, method: &Method<'_>, function: &Function) -> String {
    let all = function.parameters.iter();
    let all = all.map(|p| argument(api, method, function, p));
    all.collect::<Vec<String>>().join(", ")
}

/// In C bytes without an address are none, and in C# null is a mistake where it is not the default.
fn needed(p: &Parameter, name: &str) -> String {
    match Method::is_optional(p) {
        true => name.to_owned(),
        false => format!("Scratch.Given({name}, \"{name}\")"),
    }
}

fn argument(api: &Api, method: &Method<'_>, function: &Function, p: &Parameter) -> String {
    let itself = method.itself().map(|p| p.name.as_str());
    let name = match Some(p.name.as_str()) == itself {
        true => "this".to_owned(),
        false => types::camel(&p.name),
    };
    match p.role {
        Role::Itself | Role::HandleIn => format!("memory.Of({name})"),
        Role::StructIn if structs::is_bytes(api, &p.of) => format!("memory.Bytes({name})"),
        Role::StructIn => format!("memory.Struct({name})"),
        Role::ArrayIn => format!("memory.Structs({name})"),
        Role::BytesIn => format!("memory.Bytes({})", needed(p, &name)),
        Role::TextIn if p.length.is_some() => format!("memory.Content({})", needed(p, &name)),
        Role::TextIn => format!("memory.Text({name})"),
        Role::Length => {
            let of = types::camel(p.length_of.as_deref().unwrap_or_default());
            format!("Scratch.Length({of})")
        }
        Role::Value if p.r#type == "bool" => format!("Scratch.Bit({name})"),
        Role::Value if p.r#type == "size_t" => format!("(ulong){name}"),
        Role::Value if p.r#type == "kpc_status" => format!("(int){name}"),
        Role::Value if types::enumeration(api, p.values.as_deref(), &p.r#type).is_some() => {
            format!("(int){name}")
        }
        Role::Flags => format!("(uint){name}"),
        Role::StructSize => {
            let mut parameters = function.parameters.iter();
            let filled = parameters.find(|p| p.role == Role::StructOut);
            filled.map_or(0, |p| structs::size(api, &p.of)).to_string()
        }
        Role::Completion => "done".to_owned(),
        Role::OperationOut => "op".to_owned(),
        Role::ErrorOut => "memory.Error".to_owned(),
        _ if p.role.is_output() => local(p),
        _ => name,
    }
}

fn single(
    api: &Api,
    docs: &Docs,
    method: &Method<'_>,
    outputs: &[Output],
    r#type: &str,
) -> Result<String, String> {
    let function = method.function;
    let passed = arguments(api, method, function);
    let called = format!("Raw.{}({passed})", function.name);
    let mut lines: Vec<String> = outputs.iter().map(|o| o.room.clone()).collect();
    let mut r#type = r#type.to_owned();
    let value = if function.returns.role == Returns::Status {
        lines.push(format!("memory.Check({called});"));
        value(outputs, &r#type)
    } else {
        let (own, value) = returned(api, function, &called)?;
        r#type = own;
        Some(value)
    };
    lines.extend(value.map(|value| match r#type.as_str() {
        "void" => format!("{value};"),
        _ => format!("return {value};"),
    }));
    let name = types::method(function);
    let text = comment(docs, method);
    if is_property(method) {
        let body = body(&lines, "            ");
        return Ok(format!(
            "{text}        public {type} {name}\n        {{\n            get\n{body}        }}\n"
        ));
    }
    let kind = if method.itself().is_none() {
        "static "
    } else {
        ""
    };
    let declared = declared(api, method);
    let body = body(&lines, "        ");
    Ok(format!(
        "{text}        public {kind}{type} {name}({declared})\n{body}"
    ))
}

fn body(lines: &[String], indent: &str) -> String {
    let inner = format!("\n{indent}        ");
    format!(
        "{indent}{{\n{indent}    using (var memory = new Scratch())\n{indent}    {{{inner}{}\n{indent}    }}\n{indent}}}\n",
        lines.join(&inner)
    )
}

fn call(
    api: &Api,
    docs: &Docs,
    method: &Method<'_>,
    owner: &str,
    outputs: &[Output],
    r#type: &str,
    (start, result): (&Function, &Function),
) -> String {
    let text = comment(docs, method);
    let declared = declared(api, method);
    let mut given: Vec<String> = method
        .passed()
        .iter()
        .map(|p| types::camel(&p.name))
        .collect();
    if method.has_timeout() {
        given.push("timeoutMs".to_owned());
    }
    given.push("cancellationToken".to_owned());
    let name = types::method(method.function);
    let is_void = r#type == "void";
    let task = if is_void {
        "Task".to_owned()
    } else {
        format!("Task<{type}>")
    };
    let give = if is_void { "" } else { "return " };
    let rooms = outputs
        .iter()
        .map(|o| format!("\n                    {}", o.room));
    let rooms: String = rooms.collect();
    let value = value(outputs, r#type).unwrap_or_else(|| "true".to_owned());
    let kind = if method.itself().is_none() {
        "static "
    } else {
        ""
    };
    format!(
        "{text}        public {kind}{task} {name}Async({declared})\n        {{\n            \
         return Operations.Start({owner}, cancellationToken,\n                \
         (memory, done, op) => Raw.{}({}),\n                (memory, result) =>\n                {{{rooms}\n                    \
         memory.Check(Raw.{}({}));\n                    return {value};\n                }});\n        }}\n\n        \
         /// <summary>As <c>{name}Async</c>, and waits for it.</summary>\n{}        \
         public {kind}{type} {name}({declared})\n        {{\n            \
         {give}{name}Async({}).GetAwaiter().GetResult();\n        }}\n",
        start.name,
        arguments(api, method, start),
        result.name,
        arguments(api, method, result),
        tags(&text),
        given.join(", "),
    )
}

/// What a comment says of arguments.
fn tags(comment: &str) -> String {
    let at = comment.find("        /// <param");
    at.map_or_else(String::new, |at| comment[at..].to_owned())
}
