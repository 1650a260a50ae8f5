//! abi/api.json is what the header gives, describes all of it, and says the same as the reader of
//! the header that the tests in C have.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test without its files cannot go on"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use kpclient_man::api::{Api, Form, Role};

#[path = "../../tests/c_suite/header.rs"]
#[allow(dead_code, reason = "made for the programs in C")]
mod header;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

fn api() -> Api {
    kpclient_man::api(&root()).unwrap()
}

#[test]
fn the_committed_description_is_what_the_header_gives() {
    let made = api().to_json().unwrap();
    assert!(made == read("abi/api.json"), "run `make header`");
}

#[test]
fn every_exported_function_is_described() {
    let described: BTreeSet<String> = api().functions.into_iter().map(|f| f.name).collect();
    let symbols = read("abi/symbols.txt");
    let exported = symbols.lines().filter_map(|line| line.split_once(' '));
    let exported: BTreeSet<String> = exported.map(|(name, _)| name.to_owned()).collect();
    assert!(exported.len() > 400);
    assert_eq!(described, exported);
}

#[test]
fn types_names_and_null_are_those_of_the_header() {
    let api = api();
    let mut seen = 0;
    for expected in header::functions(&read("include/kpclient.h")) {
        let found = api.function(&expected.name).unwrap();
        assert_eq!(found.returns.r#type, expected.result, "{}", expected.name);
        let parameters = found.parameters.iter();
        let parameters = parameters.map(|p| (p.r#type.as_str(), p.name.as_str(), p.nullable));
        let wanted = expected.parameters.iter();
        let wanted = wanted.map(|p| (p.kind.as_str(), p.name.as_str(), p.nullable));
        assert!(parameters.eq(wanted), "{}", expected.name);
        seen += expected.parameters.len();
    }
    assert!(seen > 1_600, "{seen}");
}

#[test]
fn lengths_and_what_they_measure_name_each_other() {
    for function in api().functions {
        let find = |name: &str| function.parameters.iter().find(|p| p.name == name);
        for parameter in &function.parameters {
            let place = format!("{}: {}", function.name, parameter.name);
            if let Some(length) = &parameter.length {
                let length = find(length).unwrap();
                assert_eq!(length.role, Role::Length, "{place}");
                assert_eq!(length.length_of.as_ref(), Some(&parameter.name), "{place}");
            }
            if parameter.role == Role::Length {
                let measured = find(parameter.length_of.as_ref().unwrap()).unwrap();
                assert_eq!(measured.length.as_ref(), Some(&parameter.name), "{place}");
            }
        }
    }
}

#[test]
fn a_call_has_its_three_forms_and_one_object() {
    let api = api();
    assert!(api.calls.len() > 60);
    for call in &api.calls {
        let forms = [
            (&call.name, Form::Waiting),
            (&call.r#async, Form::Async),
            (&call.result, Form::Result),
        ];
        for (name, form) in forms {
            let function = api.function(name).unwrap();
            assert_eq!(function.form, form, "{name}");
            assert_eq!(function.call.as_ref(), Some(&call.name), "{name}");
            assert!(function.of.is_some(), "{name}");
        }
    }
    let of_calls = api.functions.iter().filter(|f| f.form != Form::Single);
    assert_eq!(of_calls.count(), 3 * api.calls.len());
}

#[test]
fn kinds_of_events_name_functions_that_there_are() {
    let api = api();
    let events = &api.group("event").unwrap().constants;
    let mut named = BTreeSet::new();
    for event in events {
        for property in event.properties.iter().flatten() {
            assert!(api.function(property).is_some(), "{property}");
            named.insert(property.clone());
        }
    }
    // Every function that returns what an event carries belongs to some kind.
    let of_all = ["kpc_event_kind", "kpc_event_describe", "kpc_event_free"];
    for function in api
        .functions
        .iter()
        .filter(|f| f.of.as_deref() == Some("kpc_event"))
    {
        let name = function.name.as_str();
        assert!(of_all.contains(&name) || named.contains(name), "{name}");
    }
}

#[test]
fn every_status_has_a_category_of_the_header() {
    let api = api();
    let categories = &api.group("category").unwrap().constants;
    let statuses = &api.group("status").unwrap().constants;
    assert!(statuses.len() > 90);
    for status in statuses {
        let category = status.category.as_ref().unwrap();
        assert!(categories.iter().any(|c| c.name == *category), "{category}");
    }
}
