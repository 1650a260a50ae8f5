//! Names as JavaScript has them. Unlike elsewhere, acronyms are words: `messageId`.

use kpclient_bindings::comments::Words;
use kpclient_bindings::{naming, Api, GroupKind};

use crate::plan;

/// `writeCap` of `write_cap` or `WRITE_CAP`.
pub fn camel(name: &str) -> String {
    let name = name.to_lowercase();
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |all, word| all + &capital(word))
}

/// `WriteCap` of `write_cap`.
pub fn pascal(name: &str) -> String {
    name.to_lowercase().split('_').map(capital).collect()
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// The class of a type.
pub fn class(name: &str) -> String {
    pascal(naming::short(name))
}

/// A parameter's name: `epoch_out` receives an `epoch`.
pub fn argument(name: &str) -> String {
    let name = name.strip_suffix("_out").unwrap_or(name);
    naming::unreserved(&camel(name), &["from", "package", "static", "with"])
}

/// Types that programs see no objects of.
const HIDDEN: &[&str] = &[
    "kpc_buffer",
    "kpc_completion",
    "kpc_destination",
    "kpc_error",
    "kpc_event",
    "kpc_event_sink",
    "kpc_result",
];

pub fn is_hidden(name: &str) -> bool {
    HIDDEN.contains(&name)
}

/// Every class that is made here.
pub fn classes(api: &Api) -> impl Iterator<Item = String> + '_ {
    let structs = api.structs.iter().map(|laid| &laid.name);
    let all = structs.chain(api.handles.iter().map(|handle| &handle.name));
    all.filter(|name| !is_hidden(name)).map(|name| class(name))
}

/// What a function of C is called here, in comments.
fn function(api: &Api, name: &str) -> Option<String> {
    let known = |name: &str| api.handle(name).is_some() || api.structure(name).is_some();
    if known(name) {
        return Some(class(name));
    }
    let name = name
        .strip_suffix("_async")
        .or_else(|| name.strip_suffix("_result"))
        .unwrap_or(name);
    let found = api.function(name)?;
    match name {
        "kpc_config_new" => return Some("new Config".to_owned()),
        "kpc_client_new" => return Some("new Client".to_owned()),
        "kpc_event_sink_open" => return Some("Client#events".to_owned()),
        "kpc_event_sink_next" => return Some("Events#next".to_owned()),
        "kpc_wipe" => return Some("Secret#wipe".to_owned()),
        "kpc_op_cancel" => return Some("an AbortSignal".to_owned()),
        _ => {}
    }
    let member = camel(naming::method(name, found.of.as_deref()));
    Some(match found.of.as_deref() {
        Some("kpc_event") => format!("event.{member}"),
        Some("kpc_event_sink") => format!("Events#{member}"),
        Some("kpc_error") => format!("error.{member}"),
        Some("kpc_client") if name == "kpc_client_close" => "Client#close".to_owned(),
        Some(of) if plan::itself(found).is_some() => format!("{}#{member}", class(of)),
        Some(of) => format!("{}.{member}", class(of)),
        None => member,
    })
}

fn constant(api: &Api, name: &str) -> Option<String> {
    let groups = api.constants.iter();
    let group = groups
        .into_iter()
        .find(|group| group.constants.iter().any(|c| c.name == name))?;
    let short = name.strip_prefix(&group.prefix).unwrap_or(name);
    let short = short.strip_prefix("ERR_").unwrap_or(short);
    Some(match group.kind {
        GroupKind::Flags => camel(short),
        _ => short.strip_prefix("KPC_").unwrap_or(short).to_owned(),
    })
}

/// A comment with the names of JavaScript.
pub fn told(api: &Api, text: &str) -> String {
    let words = Words {
        null: "null",
        name: &|name| function(api, name),
        constant: &|name| constant(api, name),
    };
    words.told(text).replace("*/", "* /")
}
