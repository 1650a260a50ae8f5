//! The Swift package: bindings/swift. A call of three forms is an `async throws` method, a getter a
//! property, a kind of event a case. The functions of C come from the header itself, as a C module.

mod classes;
mod constants;
mod coverage;
mod docs;
mod events;
mod methods;
mod outputs;
mod structs;
mod types;

use std::process::ExitCode;

use kpclient_bindings::{methods::classes, run, Api, Files, MARK};

use crate::docs::Docs;

fn main() -> ExitCode {
    run("swift", files)
}

/// Types whose classes are written by hand, or that are no classes.
const NO_CLASSES: &[&str] = &[
    "kpc_buffer",
    "kpc_completion",
    "kpc_error",
    "kpc_event",
    "kpc_event_sink",
    "kpc_result",
];

fn files(api: &Api) -> Result<Files, String> {
    let docs = Docs::new(api);
    let mut files = Files::new();
    let mut add = |name: &str, text: &str| {
        let path = format!("bindings/swift/Sources/Kpclient/Generated/{name}.swift");
        let import = match text.contains("kpc_") {
            true => "import CKpclient\n",
            false => "",
        };
        files.insert(path, format!("// {MARK}\n\n{import}{text}"));
    };
    add("Constants", &constants::groups(api, &docs));
    add("Event", &events::events(api, &docs)?);
    let mut structs = String::new();
    for class in classes(api) {
        if NO_CLASSES.contains(&class.name) {
            continue;
        }
        if api.structure(class.name).is_some() {
            structs += &structs::structure(api, &docs, &class)?;
        } else if class.name.is_empty() {
            add("Functions", &classes::functions(api, &docs, &class)?);
        } else {
            add(
                &types::class(class.name),
                &classes::class(api, &docs, &class)?,
            );
        }
    }
    add("Structs", &structs);
    files.insert(
        "bindings/swift/COVERAGE.md".to_owned(),
        coverage::table(api)?,
    );
    Ok(files)
}
