//! The Kotlin and Java package: bindings/kotlin. A call of three forms is a suspending function and
//! one that returns a future, a getter a property, a kind of event a class.

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

use kpclient_bindings::{methods::classes, run, Api, Files, MARK};

use crate::docs::Docs;

fn main() -> ExitCode {
    run("kotlin", files)
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
    let mut add = |name: &str, imports: &str, text: &str| {
        let path = format!("bindings/kotlin/src/main/kotlin/kpclient/generated/{name}.kt");
        files.insert(
            path,
            format!("// {MARK}\n\npackage kpclient\n{imports}{text}"),
        );
    };
    add("Raw", "", &raw::functions(api)?);
    add("Constants", "", &constants::groups(api, &docs));
    let pointer = "\nimport com.sun.jna.Pointer\n";
    add("Event", "", &events::events(api, &docs)?);
    let mut structs = String::new();
    for class in classes(api) {
        if NO_CLASSES.contains(&class.name) {
            continue;
        }
        if api.structure(class.name).is_some() {
            structs += &structs::structure(api, &docs, &class)?;
            continue;
        }
        let text = classes::class(api, &docs, &class)?;
        let mut imports = String::new();
        if text.contains("Pointer(") {
            imports += "import com.sun.jna.Pointer\n";
        }
        if text.contains(".await()") {
            imports += "import kotlinx.coroutines.future.await\n";
        }
        if text.contains("CompletableFuture") {
            imports += "import java.util.concurrent.CompletableFuture\n";
        }
        let gap = if imports.is_empty() { "" } else { "\n" };
        add(&types::class(class.name), &format!("{gap}{imports}"), &text);
    }
    add("Structs", pointer, &structs);
    Ok(files)
}
