//! Names in C++, and which type a function belongs to.

use kpclient_bindings::{Api, Form, Function, Group, GroupKind, Parameter, Role};

/// Types of objects that are written by hand (bindings/cpp/parts), or that futures stand for.
const HANDLES_BY_HAND: &[&str] = &["kpc_buffer", "kpc_error", "kpc_result"];
/// Structs that are written by hand, or that no program in C++ needs.
const STRUCTS_BY_HAND: &[&str] = &["kpc_completion", "kpc_destination", "kpc_service"];
/// Functions that are written by hand.
const FUNCTIONS_BY_HAND: &[&str] = &[
    "kpc_config_set_log",
    "kpc_event_sink_next",
    "kpc_event_sink_on_event",
];
/// Functions that futures make needless.
const REPLACED: &[&str] = &["kpc_event_result", "kpc_op_cancel", "kpc_op_wait"];
/// Groups of constants that are no enumeration: a program has its own, or a type stands for them.
const OPEN_GROUPS: &[&str] = &["message_kind", "timeout"];
/// Calls with the same outputs share a struct of this name.
const OUTPUTS: &[(&str, &str)] = &[
    ("kpc_new_keypair", "Keypair"),
    ("kpc_start_resending_encrypted_message", "Outcome"),
];

/// `kpc_box_index`, `box_index` and `BOX_INDEX` as `BoxIndex`.
pub(super) fn camel(name: &str) -> String {
    let words = name.trim_start_matches("kpc_").split('_');
    let word = |word: &str| {
        let mut letters = word.chars();
        let first = letters.next().map(|c| c.to_ascii_uppercase());
        let rest = letters.map(|c| c.to_ascii_lowercase());
        first.into_iter().chain(rest).collect::<String>()
    };
    words.map(word).collect()
}

/// The name of an enumeration.
pub(super) fn enumeration(group: &str) -> String {
    match group {
        "event" => "EventKind".to_owned(),
        _ => camel(group),
    }
}

/// The name of a constant in its enumeration: `BoxIdNotFound` of `KPC_ERR_BOX_ID_NOT_FOUND`.
pub(super) fn constant(group: &Group, name: &str) -> String {
    let short = name.trim_start_matches(&group.prefix);
    camel(&short.trim_start_matches("ERR_").to_lowercase())
}

/// The enumerations, each of which becomes one type.
pub(super) fn enumerations(api: &Api) -> impl Iterator<Item = &Group> {
    let groups = api.constants.iter();
    groups.filter(|g| g.kind == GroupKind::Enumeration && !OPEN_GROUPS.contains(&&*g.name))
}

/// The enumeration whose values a parameter or a returned value has.
pub(super) fn values_of(api: &Api, kind: &str, values: Option<&str>) -> Option<String> {
    if kind == "kpc_status" {
        return Some("Status".to_owned());
    }
    let group = enumerations(api).find(|group| Some(group.name.as_str()) == values);
    group.map(|group| enumeration(&group.name))
}

/// A number or bool in C++.
pub(super) fn scalar(kind: &str) -> String {
    match kind {
        "bool" | "double" | "int" => kind.to_owned(),
        _ if kind.starts_with("kpc_") => format!("::{kind}"),
        _ => format!("std::{kind}"),
    }
}

/// The types of objects that become classes.
pub(super) fn handles(api: &Api) -> impl Iterator<Item = &str> {
    let names = api.handles.iter().map(|handle| handle.name.as_str());
    names.filter(|name| !HANDLES_BY_HAND.contains(name))
}

/// Whether a struct becomes a class.
pub(super) fn is_generated_struct(name: &str) -> bool {
    !STRUCTS_BY_HAND.contains(&name)
}

/// Whether a function becomes a method or a function in C++.
pub(super) fn is_generated(function: &Function) -> bool {
    let name = function.name.as_str();
    let is_of = |kind: &&str| name.starts_with(&format!("{kind}_"));
    let needs_hand = |p: &Parameter| matches!(p.role, Role::Callback | Role::Memory);
    matches!(function.form, Form::Single | Form::Waiting)
        && !name.ends_with("_free")
        && !HANDLES_BY_HAND.iter().any(is_of)
        && !FUNCTIONS_BY_HAND.contains(&name)
        && !REPLACED.contains(&name)
        && !function.parameters.iter().any(needs_hand)
}

/// Where a function stands in C++.
pub(super) struct Place {
    /// The type that it is a member of.
    pub(super) class: Option<String>,
    /// The parameter that is the object.
    pub(super) itself: Option<usize>,
    /// Its name there; nothing for a constructor.
    pub(super) name: Option<String>,
}

/// The type that a function's name begins with, if there is one, as a method where such an object is
/// passed; else a method of the object that it is about; else a function.
pub(super) fn place(api: &Api, function: &Function) -> Place {
    let structs = api.structs.iter().map(|s| s.name.as_str());
    let types = handles(api).chain(structs);
    let begins = |kind: &&str| function.name.starts_with(&format!("{kind}_"));
    let class = types.filter(begins).max_by_key(|kind| kind.len());
    let passes = |p: &Parameter, kind: &str| {
        p.of == kind && matches!(p.role, Role::Itself | Role::HandleIn | Role::StructIn)
    };
    let short = |begin: &str| {
        let name = function.name.trim_start_matches(begin);
        Some(name.trim_start_matches('_').to_owned()).filter(|name| name != "new")
    };
    if let Some(class) = class {
        return Place {
            class: Some(class.to_owned()),
            itself: function.parameters.iter().position(|p| passes(p, class)),
            name: short(class),
        };
    }
    let itself = function.parameters.iter();
    let itself = itself.clone().position(|p| p.role == Role::Itself);
    let passed = itself.and_then(|at| function.parameters.get(at));
    Place {
        class: passed.map(|p| p.of.clone()),
        itself,
        name: short("kpc_"),
    }
}

/// The struct of a call's outputs, where there are several.
pub(super) fn outputs(function: &str) -> String {
    let shared = OUTPUTS
        .iter()
        .find(|(begin, _)| function.starts_with(begin));
    match shared {
        Some((_, name)) => (*name).to_owned(),
        None => format!("{}Result", camel(function)),
    }
}

/// Whether operations of such an object are cancelled with a client that the object must remember.
pub(super) fn remembers_client(api: &Api, kind: &str) -> bool {
    let calls = api.functions.iter().filter(|f| f.form == Form::Async);
    let of_it = calls.filter(|f| place(api, f).class.as_deref() == Some(kind));
    kind != "kpc_client"
        && of_it
            .filter(|f| !f.parameters.iter().any(|p| p.of == "kpc_client"))
            .count()
            > 0
}
