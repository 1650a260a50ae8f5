//! What things are called in Go.

use std::collections::BTreeMap;

use kpclient_bindings::{Api, Function, GroupKind, Returns, Role};

use crate::types::without_unit;

/// Words that Go writes in capitals throughout.
const CAPITALS: &[&str] = &[
    "bacap", "cbor", "db", "hpqc", "id", "io", "json", "kem", "mkem", "nike", "pem", "pki", "sprp",
    "surb", "tcp", "url", "utf8", "ws",
];

/// Words that mean something else in Go.
const TAKEN: &[&str] = &[
    "error", "failure", "func", "go", "len", "limit", "map", "new", "op", "package", "range",
    "result", "select", "status", "ticket", "type", "var",
];

/// Functions whose name says of what they are in another way.
const OTHERWISE: &[(&str, &str)] = &[
    ("kpc_client_new", "NewClient"),
    ("kpc_config_load_file", "LoadFile"),
    ("kpc_config_load_text", "LoadText"),
    ("kpc_config_new", "NewConfig"),
    ("kpc_copy_builder_new", "NewCopyBuilder"),
    ("kpc_copy_builder_restore", "RestoreCopyBuilder"),
    ("kpc_shared_text_parse", "ParseSharedText"),
    ("kpc_store_open", "OpenStore"),
];

/// Functions that are methods of nothing, though an object is passed to them.
const PLAIN: &[&str] = &["kpc_client_new"];

/// `box_index` as `BoxIndex`.
pub(crate) fn camel(text: &str) -> String {
    text.split('_').map(capital).collect()
}

fn capital(word: &str) -> String {
    let word = word.to_lowercase();
    if CAPITALS.contains(&word.as_str()) {
        return word.to_uppercase();
    }
    let mut letters = word.chars();
    let first = letters.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// `box_index` as `boxIndex`.
pub(crate) fn variable(text: &str) -> String {
    let (first, rest) = text.split_once('_').unwrap_or((text, ""));
    let name = format!("{}{}", first.to_lowercase(), camel(rest));
    match TAKEN.contains(&name.as_str()) {
        true => format!("{name}Value"),
        false => name,
    }
}

/// The type of an object, struct or alias.
pub(crate) fn kind(c_name: &str) -> String {
    camel(c_name.trim_start_matches("kpc_"))
}

/// What a method calls the object that it is of.
pub(crate) fn receiver(of: &str) -> String {
    kind(of)
        .chars()
        .take(1)
        .map(|c| c.to_ascii_lowercase())
        .collect()
}

/// The type of a group of constants; nothing where Go has a plain number.
pub(crate) fn group(api: &Api, name: &str) -> Option<String> {
    let group = api.group(name)?;
    let plain = name == "timeout" || group.kind == GroupKind::Numbers;
    let go = match name {
        "event" => "EventKind".to_owned(),
        "status" => "Status".to_owned(),
        _ if group.kind == GroupKind::Flags => "Flags".to_owned(),
        _ => camel(name),
    };
    let clashes = group.constants.iter().any(|c| constant(&c.name) == go);
    (!plain && !clashes).then_some(go)
}

/// A constant.
pub(crate) fn constant(c_name: &str) -> String {
    camel(c_name.trim_start_matches("KPC_"))
}

/// The object or struct that a function is a method of, and what it is called.
pub(crate) fn function(api: &Api, function: &Function) -> (Option<String>, String) {
    let of = of(api, function);
    let otherwise = OTHERWISE.iter().find(|(name, _)| *name == function.name);
    if let Some((_, name)) = otherwise {
        return (of, (*name).to_owned());
    }
    if function.returns.role == Returns::Handle {
        return (of, "Err".to_owned());
    }
    let plain = function.name.trim_start_matches("kpc_");
    let own = of
        .as_deref()
        .map(|of| format!("{}_", of.trim_start_matches("kpc_")));
    let own = own.and_then(|own| plain.strip_prefix(own.as_str()));
    (of, camel(without_unit(own.unwrap_or(plain))))
}

fn of(api: &Api, function: &Function) -> Option<String> {
    if PLAIN.contains(&function.name.as_str()) {
        return None;
    }
    let of = function.of.clone()?;
    let is_object = function.parameters.iter().any(|p| p.role == Role::Itself);
    let first = function.parameters.first();
    let is_struct = api.structure(&of).is_some()
        && first.is_some_and(|p| p.role == Role::StructIn && p.of == of);
    (is_object || is_struct).then_some(of)
}

/// Every name of C, and how documentation names it in Go.
pub(crate) fn dictionary(api: &Api) -> BTreeMap<String, String> {
    let mut words = BTreeMap::new();
    for f in &api.functions {
        let (of, name) = function(api, f);
        let name = match of {
            Some(of) => format!("[{}.{name}]", kind(&of)),
            None => format!("[{name}]"),
        };
        words.insert(f.name.clone(), name);
    }
    let handles = api.handles.iter().map(|h| &h.name);
    let structs = api.structs.iter().map(|s| &s.name);
    for name in handles.chain(structs) {
        words.insert(name.clone(), format!("[{}]", kind(name)));
    }
    for group in &api.constants {
        for c in &group.constants {
            words.insert(c.name.clone(), format!("[{}]", constant(&c.name)));
        }
    }
    for (c, go) in SAID {
        words.insert((*c).to_owned(), (*go).to_owned());
    }
    words
}

/// What has no counterpart of its own name.
const SAID: &[(&str, &str)] = &[
    ("kpc_buffer", "slice of bytes"),
    ("kpc_error", "[Error]"),
    ("kpc_error_message", "[Error.Error]"),
    ("kpc_event_sink_next", "[EventSink.Next]"),
    ("kpc_event_sink_open", "[Client.OpenEvents]"),
    ("kpc_op_cancel", "the end of the context"),
    ("kpc_wipe", "[Wipe]"),
    ("KPC_FOREVER", "a context without a deadline"),
    ("KPC_OK", "success"),
];
