//! A thinclient.toml for clients of a simulator.

use std::fmt::Write;

use serde::Serialize;

use super::tasks::server::Bound;
use crate::network::{Era, Network, NetworkConfig};

/// The text of the file, in the form that clients of this era read.
#[must_use]
pub fn thinclient_toml(config: &NetworkConfig, bound: &Bound) -> String {
    let (section, _, address) = dialled(bound);
    let address = quoted(address);
    if config.era != Era::Current {
        return flat_thinclient_toml(config, bound);
    }
    format!("[Dial]\n  [Dial.{section}]\n    Address = {address}\n")
}

/// The text of the flat file with geometries that clients up to 0.0.12 read, whatever the daemon's era.
#[must_use]
pub fn flat_thinclient_toml(config: &NetworkConfig, bound: &Bound) -> String {
    let (_, network, address) = dialled(bound);
    let address = quoted(address);
    let network_of_era = Network::new(config.clone());
    let mut text = format!("Network = \"{network}\"\nAddress = {address}\n");
    put_table(&mut text, "SphinxGeometry", &network_of_era.sphinx());
    put_table(
        &mut text,
        "PigeonholeGeometry",
        &network_of_era.pigeonhole(),
    );
    text
}

/// The names of the transport in the two forms, and its address.
fn dialled(bound: &Bound) -> (&'static str, &'static str, &str) {
    match (&bound.unix, &bound.tcp, &bound.ws) {
        (Some(path), ..) => ("Unix", "unix", path.as_str()),
        (None, None, Some(url)) => ("Ws", "ws", url.as_str()),
        (None, address, _) => ("Tcp", "tcp", address.as_deref().unwrap_or_default()),
    }
}

fn put_table<T: Serialize>(text: &mut String, name: &str, geometry: &T) {
    let _ = writeln!(text, "\n[{name}]");
    let Ok(serde_json::Value::Object(fields)) = serde_json::to_value(geometry) else {
        return;
    };
    for (key, value) in fields {
        let _ = match value {
            serde_json::Value::String(value) => writeln!(text, "  {key} = {}", quoted(&value)),
            other => writeln!(text, "  {key} = {other}"),
        };
    }
}

/// A basic string of TOML.
fn quoted(value: &str) -> String {
    let mut text = String::from("\"");
    for c in value.chars() {
        match c {
            '"' | '\\' => text.extend(['\\', c]),
            c if c.is_control() => {
                let _ = write!(text, "\\u{:04X}", u32::from(c));
            }
            c => text.push(c),
        }
    }
    text.push('"');
    text
}
