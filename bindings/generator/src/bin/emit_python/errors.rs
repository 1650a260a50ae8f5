//! An exception for each status, below one for each family.

use std::fmt::Write as _;

use kpclient_bindings::{Api, Constant};

use super::words::{docstring, exception};

/// Exceptions of Python that some are, too.
const ALSO: &[(&str, &str)] = &[
    ("KPC_ERR_TIMEOUT", "TimeoutError"),
    ("KPC_ERR_CONNECT", "ConnectionError"),
    ("KPC_ERR_CONNECTION_LOST", "ConnectionError"),
    ("KPC_ERR_NO_MEMORY", "MemoryError"),
    ("KPC_ERR_CONFIG_IO", "OSError"),
];

pub fn module(api: &Api) -> String {
    let mut text =
        "\"\"\"Exceptions: one for each status, below one for each family of them.\"\"\"\n\n\
         from typing import Dict, Type\n\nfrom ._failure import KpcError\n\
         from .constants import Category, Status\n"
            .to_owned();
    let constants = |name: &str| api.group(name).map_or(&[][..], |g| g.constants.as_slice());
    let mut families = String::new();
    for category in constants("category")
        .iter()
        .filter(|c| c.name != "KPC_CATEGORY_OK")
    {
        let family = family(&category.name);
        let said = docstring(std::slice::from_ref(&category.documentation), 4, api);
        let _ = write!(text, "\n\nclass {family}(KpcError):\n{said}");
        let member = category.name.trim_start_matches("KPC_CATEGORY_");
        let _ = writeln!(families, "    Category.{member}: {family},");
    }
    let mut table = String::new();
    for status in constants("status").iter().filter(|c| c.name != "KPC_OK") {
        text.push_str(&class(status, api));
        let name = status.name.trim_start_matches("KPC_ERR_");
        let _ = writeln!(table, "    Status.{name}: {},", exception(&status.name));
    }
    let _ = write!(
        text,
        "\n\n#: The exception of each status.\nBY_STATUS: Dict[int, Type[KpcError]] = {{\n{table}}}\n\
         \n#: The exception of a status without a name, by its family.\n\
         BY_CATEGORY: Dict[int, Type[KpcError]] = {{\n{families}}}\n"
    );
    text
}

/// `ReplicaFailure` of `KPC_CATEGORY_REPLICA`.
fn family(category: &str) -> String {
    exception(category.trim_start_matches("KPC_CATEGORY_")) + "Failure"
}

fn class(status: &Constant, api: &Api) -> String {
    let name = exception(&status.name);
    let family = family(status.category.as_deref().unwrap_or_default());
    let also = ALSO.iter().find(|(known, _)| *known == status.name);
    let bases = also.map_or(family.clone(), |(_, also)| format!("{family}, {also}"));
    let said = docstring(std::slice::from_ref(&status.documentation), 4, api);
    format!("\n\nclass {name}({bases}):\n{said}")
}
