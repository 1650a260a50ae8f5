//! The classes and functions of JavaScript.

use kpclient_bindings::{Api, Handle, Struct};

use crate::names::{class, is_hidden};
use crate::plan::{Plan, Shape};
use crate::{constants, events, methods, records};

const HEAD: &str = "'use strict';

const call = require('../lib/native');
const { errorOf } = require('../lib/errors');
const { Handle, handleOf, clientOf, made } = require('../lib/objects');
const { Struct, Secret, Record, describe, bytesOf, structOf, structOrNull } = require('../lib/structs');
const { eventOf } = require('../lib/events');
const { BaseClient, BaseConfig } = require('../lib/bases');
const arg = require('../lib/arguments');
";

pub fn file(api: &Api, plans: &[Plan], exported: &[String]) -> Result<String, String> {
    let mut text = format!("{HEAD}\n{}", constants::javascript(api));
    for laid in api.structs.iter().filter(|laid| !is_hidden(&laid.name)) {
        text += &structure(laid, plans)?;
    }
    for handle in api.handles.iter().filter(|handle| !is_hidden(&handle.name)) {
        text += &object(handle, plans)?;
    }
    for plan in plans.iter().filter(|plan| plan.is_plain()) {
        text += &format!("\n{}", methods::javascript(plan)?);
    }
    text += &format!("\n{}", events::javascript(api)?);
    let names: String = exported.iter().map(|name| format!("  {name},\n")).collect();
    text += &format!("\nconst exported = {{\n  Handle,\n  Struct,\n{names}}};\n");
    Ok(text + "\nmodule.exports = { exported, readEvent, LOG_LEVEL, Config };\n")
}

fn structure(laid: &Struct, plans: &[Plan]) -> Result<String, String> {
    let name = class(&laid.name);
    let mut text = format!("\nclass {name} extends {} {{\n", records::base(laid));
    text += &records::javascript(laid)?;
    text += &members(&laid.name, plans)?;
    text += "}\n";
    if records::is_record(laid) {
        text += &format!("describe({name});\n");
    }
    Ok(text)
}

/// The class that an object's class is made from.
pub fn base(name: &str) -> &'static str {
    match name {
        "kpc_client" => "BaseClient",
        "kpc_config" => "BaseConfig",
        _ => "Handle",
    }
}

fn object(handle: &Handle, plans: &[Plan]) -> Result<String, String> {
    let name = class(&handle.name);
    let mut text = format!("\nclass {name} extends {} {{\n", base(&handle.name));
    text += &format!("  static TYPE = '{}';\n", handle.name);
    text += &members(&handle.name, plans)?;
    if is_list(&handle.name, plans) {
        text += "\n  *[Symbol.iterator]() {\n    for (let at = 0; at < this.count; at += 1) yield this.at(at);\n  }\n";
    }
    Ok(text + "}\n")
}

/// The methods of a type.
pub fn of<'p, 'a>(name: &'p str, plans: &'p [Plan<'a>]) -> impl Iterator<Item = &'p Plan<'a>> {
    plans
        .iter()
        .filter(move |plan| plan.function.of.as_deref() == Some(name))
}

/// Whether a program may iterate over it.
pub fn is_list(name: &str, plans: &[Plan]) -> bool {
    let has = |name: &str, member: &str| of(name, plans).any(|plan| plan.name == member);
    has(name, "count") && has(name, "at")
}

fn members(name: &str, plans: &[Plan]) -> Result<String, String> {
    let mut text = String::new();
    for plan in of(name, plans).filter(|plan| plan.shape != Shape::Plain) {
        text += &format!("\n{}", methods::javascript(plan)?);
    }
    Ok(text)
}
