//! The table of statuses against the sources: what nothing produces says so.

use std::fs;

use kpclient::Status;

/// All sources of the library but the table itself and its users that name every status.
fn sources() -> String {
    let mut text = String::new();
    crate::each_file("src", &mut |path| {
        if !path.ends_with("src/status_table.rs") && !path.ends_with("src/ffi/tests.rs") {
            text.push_str(&fs::read_to_string(path).unwrap());
        }
    });
    text
}

/// Codes of the daemon, of replicas, couriers and copies become statuses by their number.
fn comes_from_the_wire(status: Status) -> bool {
    (-4999..=-1000).contains(&status.code())
}

#[test]
fn a_status_that_nothing_produces_is_called_reserved() {
    let text = sources();
    let wrong: Vec<String> = Status::all()
        .filter(|status| !comes_from_the_wire(*status) && *status != Status::OK)
        .filter(|status| {
            let name = format!("Status::{}", &status.name()["KPC_ERR_".len()..]);
            let is_produced = text.match_indices(&name).any(|(at, _)| {
                let next = text[at + name.len()..].chars().next();
                !next.is_some_and(|c| c.is_ascii_uppercase() || c == '_')
            });
            is_produced == status.text().starts_with("Reserved for ")
        })
        .map(|status| status.name().to_owned())
        .collect();
    crate::nothing_in("reserved, but produced, or the reverse", &wrong);
}
