//! The signatures of the header keep its rules: what const means, and how objects come out.

use std::path::Path;

use crate::header_text::{Function, Parameter};

/// Objects that calls can change; all others are as they were made until they are freed.
const CHANGEABLE: [&str; 7] = [
    "kpc_client",
    "kpc_config",
    "kpc_copy_builder",
    "kpc_event_sink",
    "kpc_reader",
    "kpc_store",
    "kpc_writer",
];

/// What changes an object without waiting, setting or freeing anything.
const CHANGES: [&str; 11] = [
    "kpc_client_disconnect",
    "kpc_copy_builder_cancel",
    "kpc_event_sink_on_event",
    "kpc_event_sink_open",
    "kpc_op_cancel",
    "kpc_reader_poll_now",
    "kpc_reader_skip",
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
    let (functions, objects) = (
        crate::header_text::functions(&text),
        crate::header_text::objects(&text),
    );
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

/// Whether what one function hands out is an object of the caller's.
fn is_object(kind: &str, objects: &[String]) -> bool {
    let plain = kind.strip_suffix(" *");
    objects.iter().any(|object| plain == Some(object))
}

#[test]
fn objects_come_out_of_outputs_and_only_errors_are_returned() {
    let text = text();
    let (functions, objects) = (
        crate::header_text::functions(&text),
        crate::header_text::objects(&text),
    );
    let mut errors = 0;
    for function in functions.iter().filter(|f| is_object(&f.result, &objects)) {
        let Function { name, result, .. } = function;
        assert_eq!(result, "kpc_error *", "{name}");
        // Every meaning that NULL has.
        let returns = function.comment.returns.as_deref().unwrap();
        for meaning in ["NULL if ", "for what is no live kpc_", "without memory"] {
            assert!(returns.contains(meaning), "{name}: {meaning}");
        }
        errors += 1;
    }
    assert!(errors >= 3, "{errors}");
    for function in &functions {
        let hands_out = function.parameters.iter().any(|p| {
            let is_error = p.kind == "kpc_error **";
            p.kind.ends_with("**") && !is_error
        });
        let last = function.parameters.last().map(|p| p.kind.as_str());
        let has_details = function.result == "kpc_status" && last == Some("kpc_error **");
        assert!(!hands_out || has_details, "{}", function.name);
    }
}

#[test]
fn texts_come_out_as_buffers_in_the_same_words() {
    let text = text();
    let mut texts = 0;
    for function in crate::header_text::functions(&text) {
        for output in function
            .parameters
            .iter()
            .filter(|p| p.kind == "kpc_buffer **")
        {
            let is_text = output.told.contains("the text");
            let said = output
                .told
                .starts_with("receives the text, UTF-8 and followed by a NUL");
            assert_eq!(is_text, said, "{}: {}", function.name, output.told);
            texts += usize::from(is_text);
        }
        assert_ne!(function.result, "char *", "{}", function.name);
        let writes = |p: &Parameter| p.kind.starts_with("char *");
        assert!(!function.parameters.iter().any(writes), "{}", function.name);
    }
    assert_eq!(texts, texts_in_the_sources());
}

/// How many outputs the sources fill with a text.
fn texts_in_the_sources() -> usize {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src/ffi")];
    let mut count = 0;
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(folder)
            .unwrap()
            .map(|e| e.unwrap().path());
        let (below, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
        folders.extend(below);
        count += files.iter().map(|file| texts_in(file)).sum::<usize>();
    }
    count
}

fn texts_in(file: &Path) -> usize {
    let source = std::fs::read_to_string(file).unwrap();
    let functions = source.split("\npub unsafe extern \"C\" fn ").skip(1);
    let bodies = functions.map(|function| function.split("\n}\n").next().unwrap());
    // api/daemon/authorities.rs has one helper for all its texts, api/store/vouchers.rs two.
    let ways = ["Buffer::text", "text(authorities", "_as_text"];
    let is_text = |body: &&str| ways.iter().any(|way| body.contains(way));
    bodies.filter(is_text).count()
}

#[test]
fn every_pointer_is_marked_as_one_that_may_be_null_or_not() {
    let text = text();
    let (functions, objects) = (
        crate::header_text::functions(&text),
        crate::header_text::objects(&text),
    );
    let mut marks = [0, 0];
    for (function, parameter) in functions
        .iter()
        .flat_map(|f| f.parameters.iter().map(move |p| (f, p)))
    {
        let place = format!("{}: {} {}", function.name, parameter.kind, parameter.name);
        let is_pointer = parameter.kind.ends_with('*') || parameter.kind.ends_with("_fn");
        assert_eq!(parameter.nullable.is_some(), is_pointer, "{place}");
        let Some(nullable) = parameter.nullable else {
            continue;
        };
        marks[usize::from(nullable)] += 1;
        // The text tells what NULL means.
        assert_eq!(nullable, parameter.told.contains("NULL"), "{place}");
        if parameter.kind == "kpc_error **" || function.name.ends_with("_free") {
            assert!(nullable, "{place}");
        } else if is_object(parameter.kind.trim_start_matches("const "), &objects) {
            // No failure is what a kpc_error * holds after a success.
            let is_error = parameter.kind == "const kpc_error *";
            assert_eq!(nullable, is_error, "{place}");
        }
    }
    assert!(marks.iter().all(|count| *count > 300), "{marks:?}");
}

#[test]
fn what_changes_an_object_is_a_function() {
    let text = text();
    let functions = crate::header_text::functions(&text);
    for name in CHANGES {
        assert!(functions.iter().any(|f| f.name == name), "{name}");
    }
}
