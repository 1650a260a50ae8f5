//! Python: bindings/python. Raw declarations for cffi, and on top of them constants, exceptions,
//! values, objects with their methods, and events. What they stand on is written by hand, in
//! bindings/python/src/kpclient/_*.py.

mod arguments;
mod constants;
mod errors;
mod events;
mod methods;
mod objects;
mod raw;
mod values;
mod words;

use std::process::ExitCode;

use kpclient_bindings::{run, Api, Files, MARK};

fn main() -> ExitCode {
    run("python", emit)
}

fn emit(api: &Api) -> Result<Files, String> {
    let modules = [
        ("_cdef", raw::module(api)),
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
    Ok(modules.map(file).into_iter().collect())
}
