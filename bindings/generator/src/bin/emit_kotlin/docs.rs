//! KDoc.

use std::collections::HashMap;

use kpclient_bindings::comments::{wrapped, Words};
use kpclient_bindings::methods::classes;
use kpclient_bindings::{Api, Form, GroupKind};

use crate::types;

const COLUMNS: usize = 110;

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
        for class in classes(api) {
            for method in &class.methods {
                let name = format!(
                    "{}.{}",
                    types::class(class.name),
                    types::method(method.function)
                );
                names.insert(method.function.name.clone(), name);
            }
        }
        for function in api
            .functions
            .iter()
            .filter(|f| f.name.starts_with("kpc_event_"))
        {
            if let Some(property) = function.name.strip_prefix("kpc_event_") {
                names
                    .entry(function.name.clone())
                    .or_insert(types::camel(property));
            }
        }
        for function in &api.functions {
            let call = function
                .call
                .as_ref()
                .filter(|_| function.form != Form::Waiting);
            if let Some(name) = call.and_then(|call| names.get(call)).cloned() {
                names.insert(function.name.clone(), name);
            }
        }
        for (name, told) in BY_HAND {
            names.insert((*name).to_owned(), (*told).to_owned());
        }
        for group in &api.constants {
            for constant in &group.constants {
                let short = crate::constants::short(group, &constant.name);
                let told = match group.name.as_str() {
                    "event" => format!("Event.{}", types::pascal(&short)),
                    "message_kind" | "timeout" => format!("Kpclient.{short}"),
                    _ if group.kind == GroupKind::Numbers => format!("Kpclient.{short}"),
                    name => format!("{}.{short}", types::pascal(name)),
                };
                names.insert(constant.name.clone(), told);
            }
        }
        Self { names }
    }

    /// A text in the words of Kotlin, in one paragraph.
    pub fn told(&self, text: &str) -> String {
        let name = |name: &str| self.names.get(name).cloned();
        let words = Words {
            null: "null",
            name: &name,
            constant: &name,
        };
        words.told(text).replace("*/", "* /")
    }

    /// A comment of paragraphs and of lines behind them.
    pub fn comment(&self, paragraphs: &[String], tags: &[String], indent: &str) -> String {
        let mut lines: Vec<String> = Vec::new();
        for (i, paragraph) in paragraphs.iter().enumerate() {
            if i > 0 {
                lines.push(String::new());
            }
            lines.extend(wrapped(&self.told(paragraph), COLUMNS - indent.len()));
        }
        if !tags.is_empty() && !lines.is_empty() {
            lines.push(String::new());
        }
        for tag in tags {
            lines.extend(wrapped(&self.told(tag), COLUMNS - indent.len()));
        }
        match lines.as_slice() {
            [] => String::new(),
            [line] => format!("{indent}/** {line} */\n"),
            _ => {
                let body = lines
                    .iter()
                    .map(|line| format!("{indent} * {line}").trim_end().to_owned() + "\n");
                format!("{indent}/**\n{}{indent} */\n", body.collect::<String>())
            }
        }
    }
}

/// What the runtime makes of functions that are no methods.
const BY_HAND: &[(&str, &str)] = &[
    ("kpc_client_close", "Client.closeAndWait"),
    ("kpc_client_free", "Client.close"),
    ("kpc_client_stats", "Client.stats"),
    ("kpc_config_set_log", "Config.setLog"),
    ("kpc_event_sink_open", "Client.openEvents"),
    ("kpc_op_cancel", "the cancellation of a coroutine or future"),
    ("kpc_reader_free", "Reader.close"),
    ("kpc_store_close", "Store.closeAndWait"),
    ("kpc_store_free", "Store.close"),
    ("kpc_writer_free", "Writer.close"),
];
