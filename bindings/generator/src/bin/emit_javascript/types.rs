//! The types for TypeScript, with the comments of the header.

use kpclient_bindings::comments::{of_argument, wrapped};
use kpclient_bindings::Api;

use crate::names::{class, is_hidden, told};
use crate::plan::{Argument, Plan, Shape};
use crate::values::Kind;
use crate::{classes, constants, events, records};

const HEAD: &str = "import { BaseClient, BaseConfig, CallOptions, Events, Handle, KpcError, Record, Secret, Struct } from '../lib/runtime';

export { BaseClient, BaseConfig, CallOptions, Events, Handle, KpcError, Record, Secret, Struct };

/** A payload and the place where a copy command is to write it. */
export interface Destination {
  writeCap: WriteCap;
  startIndex: BoxIndex;
  payload: Uint8Array;
}

";

pub fn file(api: &Api, plans: &[Plan]) -> Result<String, String> {
    let mut text = format!(
        "{HEAD}{}\n{}",
        constants::typescript(api),
        events::typescript(api)?
    );
    for laid in api.structs.iter().filter(|laid| !is_hidden(&laid.name)) {
        let name = class(&laid.name);
        text += &format!("\n{}", comment(api, "", &laid.documentation, &[]));
        text += &format!("export class {name} extends {} {{\n", records::base(laid));
        // Makes the type one of its own, though another has the same members.
        text += "  private constructor();\n";
        text += &format!("  private readonly is{name}: true;\n");
        text += &records::typescript(api, laid)?;
        text += &members(api, &laid.name, plans);
        text += "}\n";
    }
    for handle in api.handles.iter().filter(|handle| !is_hidden(&handle.name)) {
        let name = class(&handle.name);
        text += &format!("\n{}", comment(api, "", &handle.documentation, &[]));
        text += &format!(
            "export class {name} extends {} {{\n",
            classes::base(&handle.name)
        );
        text += &format!("  private readonly is{name}: true;\n");
        text += &members(api, &handle.name, plans);
        if let Some(at) = classes::of(&handle.name, plans).find(|plan| plan.name == "at") {
            text += &format!("  [Symbol.iterator](): IterableIterator<{}>;\n", result(at));
        }
        text += "}\n";
    }
    for plan in plans.iter().filter(|plan| plan.is_plain()) {
        text += &format!(
            "\n{}export function {}",
            documentation(api, "", plan),
            signature(plan)
        );
    }
    Ok(text)
}

fn members(api: &Api, name: &str, plans: &[Plan]) -> String {
    let mut text = String::new();
    for plan in classes::of(name, plans) {
        let kind = match plan.shape {
            Shape::Property => "get ",
            Shape::Static => "static ",
            _ => "",
        };
        text += &documentation(api, "  ", plan);
        text += &format!("  {kind}{}", signature(plan));
    }
    text
}

fn signature(plan: &Plan) -> String {
    let placed = plan.placed().map(|argument| typed(argument));
    let mut arguments: Vec<String> = placed.collect();
    if plan.has_options() {
        arguments.push(format!("options?: {}", options(plan)));
    }
    let result = result(plan);
    let result = match plan.is_operation {
        true => format!("Promise<{result}>"),
        false => result,
    };
    format!("{}({}): {result};\n", plan.name, arguments.join(", "))
}

fn typed(argument: &Argument) -> String {
    let kind = argument.kind.type_in();
    match argument.is_optional || argument.default.is_some() {
        true => format!("{}?: {kind} | null", argument.name),
        false => format!("{}: {kind}", argument.name),
    }
}

fn options(plan: &Plan) -> String {
    let mut all = Vec::new();
    if plan.is_operation {
        all.push("CallOptions".to_owned());
    }
    let mut named = Vec::new();
    for argument in plan.options() {
        match argument.kind {
            Kind::Flags(_) => all.push(argument.kind.type_in()),
            _ => named.push(typed(argument)),
        }
    }
    if !named.is_empty() {
        all.push(format!("{{ {} }}", named.join("; ")));
    }
    all.join(" & ")
}

fn result(plan: &Plan) -> String {
    match plan.outputs.as_slice() {
        [] => "void".to_owned(),
        [only] => only.r#type(),
        several => {
            let all = several
                .iter()
                .map(|o| format!("{}: {}", o.name, o.r#type()));
            format!("{{ {} }}", all.collect::<Vec<_>>().join("; "))
        }
    }
}

fn documentation(api: &Api, indent: &str, plan: &Plan) -> String {
    let mut tags = Vec::new();
    for argument in plan.placed() {
        tags.push(format!("@param {} {}", argument.name, passed(argument)));
    }
    for argument in plan.options().filter(|a| !matches!(a.kind, Kind::Flags(_))) {
        tags.push(format!(
            "@param options.{} {}",
            argument.name,
            passed(argument)
        ));
    }
    match plan.outputs.as_slice() {
        [only] if plan.shape != Shape::Property => {
            tags.push(format!("@returns {}", of_argument(only.documentation)))
        }
        [_] | [] => {}
        several => {
            for output in several {
                tags.push(format!(
                    "@returns `{}`: {}",
                    output.name,
                    of_argument(output.documentation)
                ));
            }
        }
    }
    let statuses = plan.function.statuses.iter();
    let arguments = ["KPC_ERR_ARG_NULL", "KPC_ERR_WOULD_DEADLOCK"];
    let statuses = statuses.filter(|name| !arguments.contains(&name.as_str()));
    let statuses: Vec<&str> = statuses.map(String::as_str).collect();
    if plan.can_fail() && !statuses.is_empty() {
        tags.push(format!("@throws {{KpcError}} {}", statuses.join(", ")));
    }
    comment(api, indent, &plan.function.documentation, &tags)
}

/// What is said of an argument. A struct is made of its bytes, never in place.
fn passed(argument: &Argument) -> String {
    let text = of_argument(&argument.parameter.documentation);
    match text.split_once("; may be ") {
        Some((said, place)) if place.contains("->") => said.to_owned(),
        _ => text,
    }
}

fn comment(api: &Api, indent: &str, paragraphs: &[String], tags: &[String]) -> String {
    let mut text = format!("{indent}/**\n");
    for (at, paragraph) in paragraphs.iter().enumerate() {
        if at > 0 {
            text += &format!("{indent} *\n");
        }
        for line in wrapped(&told(api, paragraph), 100 - indent.len()) {
            text += &format!("{indent} * {line}\n");
        }
    }
    for tag in tags {
        for (at, line) in wrapped(&told(api, tag), 96 - indent.len())
            .iter()
            .enumerate()
        {
            let more = if at > 0 { "  " } else { "" };
            text += &format!("{indent} * {more}{line}\n");
        }
    }
    text + &format!("{indent} */\n")
}
