//! The C# package: bindings/csharp. A call of three forms is a method that returns a task and one that
//! waits, a getter a property, a kind of event a class.

mod classes;
mod constants;
mod docs;
mod events;
mod methods;
mod outputs;
mod raw;
mod structs;
mod types;

use std::process::ExitCode;

use kpclient_bindings::methods::classes;
use kpclient_bindings::{run, Api, Files, MARK};

use crate::docs::Docs;

fn main() -> ExitCode {
    run("csharp", files)
}

/// Types whose classes are written by hand, or that are no classes.
const NO_CLASSES: &[&str] = &[
    "kpc_buffer",
    "kpc_error",
    "kpc_event",
    "kpc_event_sink",
    "kpc_result",
];

fn files(api: &Api) -> Result<Files, String> {
    let docs = Docs::new(api);
    let mut files = Files::new();
    let mut add = |name: &str, text: &str| {
        let path = format!("bindings/csharp/src/generated/{name}.cs");
        files.insert(path, file(text));
    };
    add("Raw", &raw::functions(api)?);
    add("Constants", &constants::groups(api, &docs));
    add("Event", &events::events(api, &docs)?);
    let mut structs = Vec::new();
    for class in classes(api) {
        if NO_CLASSES.contains(&class.name) {
            continue;
        }
        if api.structure(class.name).is_some() {
            structs.extend(structs::structure(api, &docs, &class)?);
            continue;
        }
        add(
            &types::class(class.name),
            &classes::class(api, &docs, &class)?,
        );
    }
    add("Structs", &structs.join("\n"));
    Ok(files)
}

/// A file with what it needs of others.
fn file(text: &str) -> String {
    let mut uses = String::new();
    let needs = [
        ("System", ["IntPtr", "[Flags]"]),
        ("System.Collections.Generic", ["List<", "IReadOnlyList<"]),
        ("System.Runtime.InteropServices", ["[DllImport", "Marshal."]),
        (
            "System.Threading",
            ["CancellationToken", "CancellationToken"],
        ),
        (
            "System.Threading.Tasks",
            ["public Task", "public static Task"],
        ),
    ];
    for (name, words) in needs {
        if words.iter().any(|word| text.contains(word)) {
            uses += &format!("using {name};\n");
        }
    }
    let gap = if uses.is_empty() { "" } else { "\n" };
    format!("// {MARK}\n\n{uses}{gap}namespace Kpclient\n{{\n{text}}}\n")
}
