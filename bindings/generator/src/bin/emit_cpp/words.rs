//! The comments of the header in the words of C++.

use std::collections::BTreeMap;

use kpclient_bindings::comments::Words;
use kpclient_bindings::{Api, GroupKind};

use super::names::{camel, constant, enumeration, enumerations, handles, is_generated, place};

/// Functions that are written by hand, and what they are called.
const BY_HAND: &[(&str, &str)] = &[
    ("kpc_config_set_log", "Config::set_log"),
    ("kpc_event_sink_next", "EventSink::next"),
    ("kpc_event_sink_on_event", "EventSink::on_event"),
    ("kpc_op_cancel", "Operation::cancel"),
    ("kpc_buffer", "Buffer"),
    ("kpc_error", "Error"),
    ("kpc_service", "Service"),
    ("kpc_destination", "Destination"),
];

/// What C calls by a name, and C++ by another one.
pub(super) struct Dictionary(BTreeMap<String, String>);

impl Dictionary {
    pub(super) fn of(api: &Api) -> Self {
        let mut names = BTreeMap::new();
        for (in_c, name) in BY_HAND {
            names.insert((*in_c).to_owned(), (*name).to_owned());
        }
        let structs = api.structs.iter().map(|s| s.name.as_str());
        for name in handles(api).chain(structs) {
            names.entry(name.to_owned()).or_insert_with(|| camel(name));
        }
        for function in api.functions.iter().filter(|f| is_generated(f)) {
            let place = place(api, function);
            let class = place.class.as_deref().map(camel);
            let name = match (class, place.name) {
                (Some(class), Some(name)) => format!("{class}::{name}"),
                (Some(class), None) => format!("{class}::{class}"),
                (None, name) => name.unwrap_or_default(),
            };
            names.insert(function.name.clone(), name);
        }
        for group in enumerations(api) {
            for value in &group.constants {
                let name = constant(group, &value.name);
                let name = format!("{}::{name}", enumeration(&group.name));
                names.insert(value.name.clone(), name);
            }
        }
        for group in api.constants.iter().filter(|g| g.kind == GroupKind::Flags) {
            for value in &group.constants {
                let name = format!("Flags::{}", constant(group, &value.name));
                names.insert(value.name.clone(), name);
            }
        }
        names.insert("KPC_FOREVER".to_owned(), "forever".to_owned());
        Dictionary(names)
    }

    /// A text in the words of C++.
    pub(super) fn told(&self, text: &str) -> String {
        let name = |name: &str| self.0.get(name).cloned();
        let words = Words {
            null: "nothing",
            name: &name,
            constant: &name,
        };
        words.told(text)
    }
}
