//! XML documentation.

use std::collections::HashMap;
use std::fmt::Write as _;

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
        add_types(&mut names, api);
        add_functions(&mut names, api);
        for (name, told) in BY_HAND {
            names.insert((*name).to_owned(), (*told).to_owned());
        }
        add_constants(&mut names, api);
        Self { names }
    }

    /// A text in the words of C#, in one paragraph, as XML has it.
    pub fn told(&self, text: &str) -> String {
        let name = |name: &str| self.names.get(name).cloned();
        let words = Words {
            null: "null",
            name: &name,
            constant: &name,
        };
        let told = words.told(text);
        told.replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
    }

    /// A summary of paragraphs, and elements behind it: their heads, as `param name="x"`, and texts.
    pub fn comment(
        &self,
        paragraphs: &[String],
        tags: &[(String, String)],
        indent: &str,
    ) -> String {
        let columns = COLUMNS - indent.len();
        let mut lines: Vec<String> = Vec::new();
        for (i, paragraph) in paragraphs.iter().enumerate() {
            let told = wrapped(&self.told(paragraph), columns);
            match i {
                0 => lines.extend(told),
                _ => {
                    lines.push("<para>".to_owned());
                    lines.extend(told);
                    lines.push("</para>".to_owned());
                }
            }
        }
        let mut text = element("summary", &lines, indent);
        for (head, said) in tags {
            text += &element(head, &wrapped(&self.told(said), columns), indent);
        }
        text
    }
}

fn element(head: &str, lines: &[String], indent: &str) -> String {
    let name = head.split(' ').next().unwrap_or(head);
    match lines {
        [] => String::new(),
        [line] => format!("{indent}/// <{head}>{line}</{name}>\n"),
        _ => {
            let mut text = format!("{indent}/// <{head}>\n");
            for line in lines {
                let _ = writeln!(text, "{indent}/// {line}");
            }
            text + &format!("{indent}/// </{name}>\n")
        }
    }
}

fn add_types(names: &mut HashMap<String, String>, api: &Api) {
    let handles = api.handles.iter().map(|h| &h.name);
    for name in handles.chain(api.structs.iter().map(|s| &s.name)) {
        names.insert(name.clone(), types::class(name));
    }
}

fn add_functions(names: &mut HashMap<String, String>, api: &Api) {
    for class in classes(api) {
        for method in &class.methods {
            let end = if method.forms.is_some() { "Async" } else { "" };
            let (of, name) = (types::class(class.name), types::method(method.function));
            names.insert(method.function.name.clone(), format!("{of}.{name}{end}"));
        }
    }
    for function in &api.functions {
        if let Some(property) = function.name.strip_prefix("kpc_event_") {
            let told = types::pascal(property);
            names.entry(function.name.clone()).or_insert(told);
        }
        let call = function.call.as_ref();
        let call = call.filter(|_| function.form != Form::Waiting);
        if let Some(name) = call.and_then(|call| names.get(call)).cloned() {
            names.insert(function.name.clone(), name);
        }
    }
}

fn add_constants(names: &mut HashMap<String, String>, api: &Api) {
    for group in &api.constants {
        for constant in &group.constants {
            let short = crate::constants::short(group, &constant.name);
            let told = match group.name.as_str() {
                "event" => format!("{short}Event"),
                "message_kind" | "timeout" => format!("Kpc.{short}"),
                _ if group.kind == GroupKind::Numbers => format!("Kpc.{short}"),
                name => format!("{}.{short}", types::pascal(name)),
            };
            names.insert(constant.name.clone(), told);
        }
    }
}

/// What the runtime makes of functions that are no methods.
const BY_HAND: &[(&str, &str)] = &[
    ("kpc_client_close", "Client.CloseAsync"),
    ("kpc_client_free", "Client.Dispose"),
    ("kpc_client_new", "new Client"),
    ("kpc_config_set_log", "Config.SetLog"),
    ("kpc_error_failed_envelope", "KpcException.FailedEnvelope"),
    ("kpc_error_message", "KpcException.Message"),
    ("kpc_error_replica_code", "KpcException.ReplicaCode"),
    ("kpc_event_sink_open", "Client.OpenEvents"),
    ("kpc_op_cancel", "the cancellation of a token"),
    ("kpc_reader_free", "Reader.Dispose"),
    ("kpc_store_free", "Store.Dispose"),
    ("kpc_wipe", "Dispose"),
    ("kpc_writer_free", "Writer.Dispose"),
];
