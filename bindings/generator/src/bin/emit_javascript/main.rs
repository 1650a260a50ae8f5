//! JavaScript: bindings/javascript. The addon's table of functions, in C; the classes and their
//! methods; their types for TypeScript. What they stand on is written by hand, in
//! bindings/javascript/src and bindings/javascript/lib.

mod classes;
mod constants;
mod events;
mod methods;
mod names;
mod plan;
mod records;
mod table;
mod types;
mod values;

use std::process::ExitCode;

use kpclient_bindings::{run, Api, Files, MARK};

use plan::Plan;

fn main() -> ExitCode {
    run("javascript", emit)
}

fn emit(api: &Api) -> Result<Files, String> {
    let plans = plan::all(api)?;
    let exported = exported(api, &plans);
    let files = [
        (
            "src/generated/table.c",
            format!("/* {MARK} */\n{}", table::file(api)?),
        ),
        (
            "src/generated/calls.h",
            format!("/* {MARK} */\n{}", table::calls(api)?),
        ),
        (
            "generated/methods.js",
            format!("// {MARK}\n{}", classes::file(api, &plans, &exported)?),
        ),
        (
            "generated/index.mjs",
            format!("// {MARK}\n{}", module(&exported)),
        ),
        (
            "generated/index.d.ts",
            format!("// {MARK}\n{}", types::file(api, &plans)?),
        ),
    ];
    let file = |(name, text): (&str, String)| (format!("bindings/javascript/{name}"), text);
    Ok(files.map(file).into_iter().collect())
}

/// What programs see: classes, functions, numbers.
fn exported(api: &Api, plans: &[Plan]) -> Vec<String> {
    let classes = names::classes(api);
    let functions = plans.iter().filter(|plan| plan.is_plain());
    let functions = functions.map(|plan| plan.name.clone());
    classes
        .chain(functions)
        .chain(constants::exported(api))
        .collect()
}

/// The names for `import { ... }`.
fn module(exported: &[String]) -> String {
    let mut text = String::from(
        "import kpclient from '../index.js';\n\nexport default kpclient;\nexport const {\n",
    );
    for name in ["KpcError", "Events", "Handle", "Struct"]
        .into_iter()
        .chain(exported.iter().map(String::as_str))
    {
        text += &format!("  {name},\n");
    }
    text + "} = kpclient;\n"
}
