//! The signatures of the header keep its rules: what const means, and how objects come out.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::path::Path;

#[path = "c_suite/header.rs"]
#[allow(dead_code, reason = "made for the programs in C")]
mod header;

use header::{Function, Parameter};

/// Objects that calls can change; all others are as they were made until they are freed.
const CHANGEABLE: [&str; 4] = [
    "kpc_client",
    "kpc_config",
    "kpc_copy_builder",
    "kpc_event_sink",
];

/// What changes an object without waiting, setting or freeing anything.
const CHANGES: [&str; 9] = [
    "kpc_client_disconnect",
    "kpc_copy_builder_cancel",
    "kpc_event_sink_on_event",
    "kpc_event_sink_open",
    "kpc_op_cancel",
    "kpc_send_channel_query",
    "kpc_send_message",
    "kpc_send_message_without_reply",
    "kpc_send_reliable_message",
];

fn text() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("include/kpclient.h");
    std::fs::read_to_string(path).unwrap()
}

/// Each function with each object that it takes, by type.
fn objects_taken<'a>(
    functions: &'a [Function],
    objects: &'a [String],
) -> impl Iterator<Item = (&'a Function, &'a Parameter, &'a str)> {
    functions.iter().flat_map(move |function| {
        function.parameters.iter().filter_map(move |parameter| {
            let plain = parameter.kind.trim_start_matches("const ");
            let plain = plain.strip_suffix(" *")?;
            let object = objects.iter().find(|object| *object == plain)?;
            Some((function, parameter, object.as_str()))
        })
    })
}

/// Whether a function does more with an object of this type than look at it.
fn changes(function: &Function, object: &str) -> bool {
    let waits = function.parameters.iter().any(|p| p.name == "timeout_ms");
    let sets = function.name.starts_with(&format!("{object}_set_"));
    let frees = function.name == format!("{object}_free");
    let named = CHANGES.contains(&function.name.as_str());
    frees || CHANGEABLE.contains(&object) && (waits || sets || named)
}

#[test]
fn const_means_that_a_call_only_looks() {
    let text = text();
    let (functions, objects) = (header::functions(&text), header::objects(&text));
    let taken: Vec<_> = objects_taken(&functions, &objects).collect();
    assert!(taken.len() > 200, "{}", taken.len());
    for (function, parameter, object) in taken {
        let is_const = parameter.kind.starts_with("const ");
        assert_ne!(
            is_const,
            changes(function, object),
            "{}: {} {}",
            function.name,
            parameter.kind,
            parameter.name
        );
    }
}

#[test]
fn what_changes_an_object_is_a_function() {
    let text = text();
    let functions = header::functions(&text);
    for name in CHANGES {
        assert!(functions.iter().any(|f| f.name == name), "{name}");
    }
}
