//! The text of one method.

use kpclient_bindings::{Form, Function, Role};

use crate::plan::{inputs, Argument, Plan, Shape};
use crate::values::Kind;

/// A method of a class, or a function.
pub fn javascript(plan: &Plan) -> Result<String, String> {
    let indent = if plan.is_plain() { "" } else { "  " };
    let mut lines = Vec::new();
    if plan.has_options() {
        lines.push("options = call.checkOptions(options);".to_owned());
    }
    lines.extend(body(plan)?);
    let lines: String = lines
        .iter()
        .map(|line| format!("{indent}  {line}\n"))
        .collect();
    Ok(format!("{indent}{} {{\n{lines}{indent}}}\n", head(plan)))
}

fn head(plan: &Plan) -> String {
    let mut names: Vec<&str> = plan
        .placed()
        .map(|argument| argument.name.as_str())
        .collect();
    if plan.has_options() {
        names.push("options");
    }
    let list = names.join(", ");
    let name = &plan.name;
    let asynchronous = if plan.is_operation { "async " } else { "" };
    match plan.shape {
        Shape::Property => format!("get {name}()"),
        Shape::Method => format!("{asynchronous}{name}({list})"),
        Shape::Static => format!("static {asynchronous}{name}({list})"),
        Shape::Plain => format!("{asynchronous}function {name}({list})"),
    }
}

/// The expression of an argument of the addon.
fn input(plan: &Plan, argument: &Argument) -> String {
    let is_option = plan.options().any(|option| std::ptr::eq(option, argument));
    let mut value = argument.name.clone();
    let mut name = value.clone();
    if let Kind::Flags(_) = argument.kind {
        return argument.kind.input("options", "options");
    }
    if is_option {
        name = format!("options.{value}");
        value.clone_from(&name);
    }
    if let Some(default) = argument.default {
        value = format!("{value} ?? {default}");
    }
    match argument.is_optional {
        true => format!(
            "arg.optional({value}, (value) => {})",
            argument.kind.input("value", &name)
        ),
        false => argument.kind.input(&value, &name),
    }
}

fn list(plan: &Plan) -> Result<String, String> {
    let mut all = Vec::new();
    for parameter in inputs(plan.function) {
        let argument = plan
            .arguments
            .iter()
            .find(|a| std::ptr::eq(a.parameter, parameter));
        all.push(match argument {
            Some(argument) => input(plan, argument),
            None => Kind::of(parameter)?.input("this", "this"),
        });
    }
    match all.join(", ") {
        short if short.len() < 80 => Ok(format!("[{short}]")),
        _ => Ok(format!("[\n      {},\n    ]", all.join(",\n      "))),
    }
}

/// Objects that have to live until the operation is over.
fn kept(plan: &Plan) -> String {
    let objects = plan
        .arguments
        .iter()
        .filter(|a| matches!(a.kind, Kind::Handle(_)));
    let objects = objects.map(|argument| argument.name.as_str());
    let all: Vec<&str> = ["this"].into_iter().chain(objects).collect();
    format!("[{}]", all.join(", "))
}

/// The handle of the client that does it.
fn client(function: &Function) -> String {
    let is_client =
        |role| move |p: &&kpclient_bindings::Parameter| p.role == role && p.of == "kpc_client";
    let other = function.parameters.iter().find(is_client(Role::HandleIn));
    match other {
        Some(_) => "handleOf(client, 'kpc_client', 'client')".to_owned(),
        None => "clientOf(this)".to_owned(),
    }
}

fn body(plan: &Plan) -> Result<Vec<String>, String> {
    let name = &plan.function.name;
    let inputs = list(plan)?;
    let asked = match plan.function.form {
        Form::Waiting => {
            let (client, kept) = (client(plan.function), kept(plan));
            format!("await call.start('{name}', {client}, {inputs}, options, {kept})")
        }
        _ => format!("call.run('{name}', {inputs})"),
    };
    let owner = match plan.itself {
        Some(_) => "this",
        None => "null",
    };
    Ok(match plan.outputs.as_slice() {
        [] => vec![format!("{asked};")],
        [only] => vec![
            format!("const [value] = {asked};"),
            format!("return {};", only.made("value", owner)),
        ],
        several => {
            // An output may be called as an argument is.
            let given: Vec<String> = several
                .iter()
                .enumerate()
                .map(|(at, output)| {
                    format!(
                        "{}: {}",
                        output.name,
                        output.made(&format!("values[{at}]"), owner)
                    )
                })
                .collect();
            vec![
                format!("const values = {asked};"),
                format!("return {{ {} }};", given.join(", ")),
            ]
        }
    })
}
