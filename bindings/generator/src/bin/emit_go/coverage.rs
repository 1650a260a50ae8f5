//! What becomes of each function.

use kpclient_bindings::{Api, Form, Function, Role, MARK};

use crate::types::{shape, Shape};

/// What becomes of a function in Go.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Use {
    /// It is a method or function, or a form of one.
    Generated,
    /// What is written by hand calls it, or the types of events do.
    ByHand,
    /// There is something else in its place.
    Replaced(&'static str),
    /// It is not there, and nothing in its place.
    Missing(&'static str),
}

/// Functions that what is written by hand calls, or the beginnings of their names.
const BY_HAND: &[&str] = &[
    "kpc_buffer_data",
    "kpc_buffer_free",
    "kpc_buffer_len",
    "kpc_config_set_log",
    "kpc_error_",
    "kpc_event_",
    "kpc_op_cancel",
    "kpc_status_category",
    "kpc_status_is_expected_outcome",
    "kpc_status_name",
    "kpc_status_text",
    "kpc_wipe",
];

/// Functions with something else in their place.
const REPLACED: &[(&str, &str)] = &[
    ("kpc_buffer_new", "a slice of bytes"),
    ("kpc_buffer_ref", "a slice of bytes"),
    (
        "kpc_event_result",
        "methods return what operations complete with",
    ),
    ("kpc_event_sink_on_event", "`EventSink.All`, a range loop"),
    ("kpc_op_wait", "methods wait for their operations"),
    ("kpc_result_error", "methods return errors"),
    ("kpc_result_free", "methods take results"),
    ("kpc_result_op", "methods wait for their operations"),
    ("kpc_result_status", "methods return errors"),
    ("kpc_result_user_data", "methods wait for their operations"),
    (
        "kpc_start_resending_encrypted_message_no_retry",
        "`StartNoRetry`",
    ),
    (
        "kpc_start_resending_encrypted_message_return_box_exists",
        "`StartReturnBoxExists`",
    ),
    ("kpc_write_cap_size", "`WriteCapSize`"),
    ("kpc_read_cap_size", "`ReadCapSize`"),
    ("kpc_box_index_size", "`BoxIndexSize`"),
    ("kpc_hash_size", "`HashSize`"),
    ("kpc_seed_size", "`SeedSize`"),
    ("kpc_id_size", "`IDSize`"),
    ("kpc_queue_id_max_size", "`QueueIDMaxSize`"),
];

/// What becomes of a function.
pub(crate) fn of(api: &Api, function: &Function) -> Use {
    let name = function.name.as_str();
    if let Some((_, instead)) = REPLACED.iter().find(|(replaced, _)| *replaced == name) {
        return Use::Replaced(instead);
    }
    if BY_HAND
        .iter()
        .any(|known| *known == name || known.ends_with('_') && name.starts_with(known))
    {
        return Use::ByHand;
    }
    if function
        .parameters
        .iter()
        .any(|p| needs_functions(api, p.role, &p.of))
    {
        return Use::Missing("it takes functions of C, which run on threads of the library");
    }
    Use::Generated
}

fn needs_functions(api: &Api, role: Role, of: &str) -> bool {
    let has_functions = || {
        api.structure(of)
            .is_some_and(|s| shape(s) == Shape::Functions)
    };
    matches!(role, Role::Callback | Role::Drop) || role != Role::Completion && has_functions()
}

/// Whether a function has a counterpart in C that takes numbers.
pub(crate) fn has_shim(api: &Api, function: &Function) -> bool {
    let is_called = match of(api, function) {
        Use::Generated => true,
        Use::ByHand => !matches!(
            function.name.as_str(),
            "kpc_wipe" | "kpc_buffer_data" | "kpc_buffer_free"
        ),
        Use::Replaced(_) | Use::Missing(_) => false,
    };
    is_called && function.form != Form::Waiting
}

/// The page that says it.
pub(crate) fn page(api: &Api) -> String {
    let all = api.functions.len();
    let missing: Vec<_> = rows(api, |used| match used {
        Use::Missing(why) => Some(why),
        _ => None,
    });
    let replaced: Vec<_> = rows(api, |used| match used {
        Use::Replaced(by) => Some(by),
        _ => None,
    });
    let used = all - missing.len();
    let mut text = format!(
        "<!-- {} -->\n\
         # What of the C library is in the Go package\n\n\
         {used} of {all} functions: {} of them as they are, three forms of a call as one method; for {} there is something\n\
         of Go's in their place.\n\n| in C | in Go |\n|---|---|\n",
        MARK,
        used - replaced.len(),
        replaced.len(),
    );
    text.extend(
        replaced
            .iter()
            .map(|(name, by)| format!("| {name} | {by} |\n")),
    );
    if !missing.is_empty() {
        text.push_str("\nNot there:\n\n| in C | why |\n|---|---|\n");
        text.extend(
            missing
                .iter()
                .map(|(name, why)| format!("| {name} | {why} |\n")),
        );
    }
    text
}

fn rows(api: &Api, pick: impl Fn(Use) -> Option<&'static str>) -> Vec<(&str, &'static str)> {
    let row = |f| pick(of(api, f)).map(|said| (f.name.as_str(), said));
    api.functions.iter().filter_map(row).collect()
}
