//! Comments, in the markup that Xcode and DocC read.

use std::collections::HashMap;

use kpclient_bindings::comments::{wrapped, Words};
use kpclient_bindings::methods::classes;
use kpclient_bindings::{Api, Form, Group};

use crate::types;

const COLUMNS: usize = 106;

/// What the comments of the header are told in.
pub struct Docs {
    names: HashMap<String, String>,
}

impl Docs {
    pub fn new(api: &Api) -> Self {
        let mut names = HashMap::new();
        let types = api.handles.iter().map(|h| &h.name);
        for name in types.chain(api.structs.iter().map(|s| &s.name)) {
            names.insert(name.clone(), types::class(name));
        }
        methods(api, &mut names);
        for (name, told) in BY_HAND {
            names.insert((*name).to_owned(), (*told).to_owned());
        }
        names.insert("KPC_EVENT_CHANNEL_".to_owned(), "Event.channel".to_owned());
        for group in &api.constants {
            // "a KPC_LOG_ value"
            if group.prefix.len() > "KPC_".len() {
                names.insert(group.prefix.clone(), types::group(&group.name));
            }
            for constant in &group.constants {
                names.insert(constant.name.clone(), constant_in(group, &constant.name));
            }
        }
        Self { names }
    }

    /// A text in the words of Swift, in one paragraph.
    pub fn told(&self, text: &str) -> String {
        let name = |name: &str| self.names.get(name).cloned();
        let words = Words {
            null: "nil",
            name: &name,
            constant: &name,
        };
        let of_c = ": wipe copies of it with kpc_wipe.";
        words.told(&text.replace(of_c, ", wiped with its last copy."))
    }

    /// A comment of paragraphs and of tags behind them, each with a depth.
    pub fn comment(&self, paragraphs: &[String], tags: &[(usize, String)], indent: &str) -> String {
        let columns = COLUMNS - indent.len();
        let mut lines: Vec<String> = Vec::new();
        for (i, paragraph) in paragraphs.iter().enumerate() {
            if i > 0 {
                lines.push(String::new());
            }
            lines.extend(wrapped(&self.told(paragraph), columns));
        }
        if !tags.is_empty() && !lines.is_empty() {
            lines.push(String::new());
        }
        for (depth, tag) in tags {
            let before = " ".repeat(*depth);
            for (i, line) in wrapped(&self.told(tag), columns - 4).iter().enumerate() {
                let mark = if i == 0 { "- " } else { "  " };
                lines.push(format!("{before}{mark}{line}"));
            }
        }
        let told = lines
            .iter()
            .map(|line| format!("{indent}/// {line}").trim_end().to_owned() + "\n");
        told.collect()
    }
}

fn methods(api: &Api, names: &mut HashMap<String, String>) {
    for class in classes(api) {
        for method in &class.methods {
            let name = types::method(method.function);
            let told = match class.name {
                "" => name,
                of => format!("{}.{name}", types::class(of)),
            };
            names.insert(method.function.name.clone(), told);
        }
    }
    for function in &api.functions {
        if let Some(property) = function.name.strip_prefix("kpc_event_") {
            let told = types::camel(property);
            names.entry(function.name.clone()).or_insert(told);
        }
    }
    for function in api.functions.iter().filter(|f| f.form != Form::Waiting) {
        let call = function.call.as_ref();
        if let Some(name) = call.and_then(|call| names.get(call)).cloned() {
            names.insert(function.name.clone(), name);
        }
    }
}

fn constant_in(group: &Group, name: &str) -> String {
    let short = types::camel(&crate::constants::short(group, name));
    match group.name.as_str() {
        "event" => format!("Event.{short}"),
        "timeout" if short == "forever" => "nil".to_owned(),
        "timeout" => "zero".to_owned(),
        "limit" | "message_kind" | "size" => short,
        "status" => format!("KpcError.{short}"),
        group => format!("{}.{short}", types::group(group)),
    }
}

/// What the runtime makes of functions that are no methods.
const BY_HAND: &[(&str, &str)] = &[
    ("kpc_client_close", "Client.close"),
    ("kpc_client_free", "Client.free"),
    ("kpc_client_new", "Client.init"),
    ("kpc_config_set_log", "Config.setLog"),
    ("kpc_error_failed_envelope", "KpcError.failedEnvelope"),
    ("kpc_error_replica_code", "KpcError.replicaCode"),
    ("kpc_event_sink_next", "Events.next"),
    ("kpc_event_sink_open", "Client.openEvents"),
    ("kpc_op_cancel", "the cancellation of a task"),
    ("kpc_op_wait", "whoever waits for them"),
    ("kpc_reader_free", "Reader.free"),
    ("kpc_store_free", "Store.free"),
    ("kpc_voucher_", "Voucher."),
    ("kpc_writer_free", "Writer.free"),
];
