//! Python: bindings/python. A table of types and functions for cffi, and on top of them constants, exceptions,
//! values, objects with their methods, and events. What they stand on is written by hand, in
//! bindings/python/src/kpclient/_*.py.

mod arguments;
mod constants;
mod errors;
mod events;
mod methods;
mod objects;
mod raw;
mod types;
mod values;
mod words;

use std::process::ExitCode;

use kpclient_bindings::{run, Api, Files, MARK};

fn main() -> ExitCode {
    run("python", emit)
}

fn emit(api: &Api) -> Result<Files, String> {
    let modules = [
        ("_ffi", raw::module(api)?),
        ("constants", constants::module(api)),
        ("errors", errors::module(api)),
        ("values", values::module(api)?),
        ("objects", objects::module(api)?),
        ("functions", objects::functions(api)?),
        ("events", events::module(api)?),
    ];
    let file = |(name, text): (&str, String)| {
        let path = format!("bindings/python/src/kpclient/{name}.py");
        (path, format!("# {MARK}\n{text}"))
    };
    let mut files: Files = modules.map(file).into_iter().collect();
    let declarations = format!("# {MARK}\n{}", raw::declarations(api));
    files.insert(
        "bindings/python/tests/declarations.py".to_owned(),
        declarations,
    );
    Ok(files)
}
