//! What becomes of each function.

use std::fmt::Write as _;

use kpclient_bindings::methods::{is_of_the_runtime, is_size_of_a_type};
use kpclient_bindings::{Api, Form, Function, MARK};

use crate::types;

/// Functions with something else in their place.
const REPLACED: &[(&str, &str)] = &[
    ("kpc_buffer_new", "`[UInt8]`"),
    ("kpc_buffer_ref", "`[UInt8]`"),
    ("kpc_event_result", "methods return what operations give"),
    ("kpc_event_sink_on_event", "`Client.events`, a stream"),
    ("kpc_op_wait", "methods wait for their operations"),
    ("kpc_queue_id_max_size", "`queueIDMaxSize`"),
    ("kpc_result_error", "methods throw errors"),
    ("kpc_result_free", "results are lent to the package"),
    ("kpc_result_op", "methods wait for their operations"),
    ("kpc_result_status", "methods throw errors"),
    ("kpc_result_user_data", "methods wait for their operations"),
    ("kpc_seed_size", "`seedSize`"),
    (
        "kpc_start_resending_encrypted_message_no_retry",
        "`StartFlags.noRetry`",
    ),
    (
        "kpc_start_resending_encrypted_message_return_box_exists",
        "`StartFlags.returnBoxExists`",
    ),
];

/// What replaces a function; None if it is called.
fn replaced(api: &Api, function: &Function) -> Option<String> {
    if let Some((_, instead)) = REPLACED.iter().find(|(name, _)| *name == function.name) {
        return Some((*instead).to_owned());
    }
    if function.form == Form::Waiting {
        return Some(String::new());
    }
    let of = function.of.as_deref().unwrap_or_default();
    let is_size = is_size_of_a_type(function) && api.structure(of).is_some();
    is_size.then(|| format!("`{}.size`", types::class(of)))
}

pub fn table(api: &Api) -> Result<String, String> {
    let (mut rows, mut count, mut waiting) = (String::new(), 0, 0);
    for function in &api.functions {
        match replaced(api, function) {
            Some(instead) if instead.is_empty() => waiting += 1,
            Some(instead) => {
                let _ = writeln!(rows, "| {} | {instead} |", function.name);
                count += 1;
            }
            None if function.waits
                && function.form == Form::Single
                && !is_of_the_runtime(function) =>
            {
                return Err(format!("{} has nothing in its place", function.name));
            }
            None => {}
        }
    }
    let all = api.functions.len();
    Ok(format!(
        "<!-- {MARK} -->\n# What of the C library is in the Swift package\n\n\
         {all} of {all} functions: {} are called by the package. A call in three forms is one method, which starts an\n\
         operation, so that the form that waits ({waiting} functions) is not needed. For {count} there is something of Swift's\n\
         in their place:\n\n| in C | in Swift |\n|---|---|\n{rows}",
        all - waiting - count
    ))
}
