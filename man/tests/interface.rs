//! abi/interface.txt and docs/symbols-in-versions are what the header gives, and every kind of break is told from an addition.

#![allow(clippy::unwrap_used, reason = "a test without its files cannot go on")]

use std::fs;
use std::path::{Path, PathBuf};

use kpclient_man::interface::compare;
use kpclient_man::interface_list;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn committed() -> String {
    fs::read_to_string(root().join("abi/interface.txt")).unwrap()
}

/// The committed list with one change.
fn with(from: &str, to: &str) -> String {
    let list = committed();
    assert_eq!(list.matches(from).count(), 1, "{from}");
    list.replace(from, to)
}

fn breaks(from: &str, to: &str, named: &str) {
    let difference = compare(&committed(), &with(from, to));
    assert!(
        difference.breaks.iter().any(|line| line.starts_with(named)),
        "{from}: {difference:?}"
    );
}

fn adds(from: &str, to: &str, named: &str) {
    let difference = compare(&committed(), &with(from, to));
    assert!(difference.breaks.is_empty(), "{from}: {difference:?}");
    assert!(
        difference
            .additions
            .iter()
            .any(|line| line.starts_with(named)),
        "{difference:?}"
    );
}

#[test]
fn nothing_breaks_and_what_was_added_is_listed() {
    let made = interface_list(&root()).unwrap();
    let difference = compare(&committed(), &made);
    assert!(
        difference.breaks.is_empty(),
        "programs built before break: {:#?}",
        difference.breaks
    );
    assert!(
        made == committed(),
        "run `make header`: {:#?}",
        difference.additions
    );
    assert!(made.lines().count() > 800);
}

const HEALTH: &str = "function kpc_client_health: \
                      kpc_status (const kpc_client *, kpc_daemon_health *, size_t, kpc_error **?)\n";

#[test]
fn a_function_that_goes_or_changes_is_a_break() {
    let named = "function kpc_client_health";
    breaks(HEALTH, "", named);
    breaks(HEALTH, &HEALTH.replace("size_t", "uint32_t"), named);
    breaks(HEALTH, &HEALTH.replace("size_t, ", ""), named);
    breaks(
        HEALTH,
        &HEALTH.replace("size_t, ", "size_t, size_t, "),
        named,
    );
    breaks(HEALTH, &HEALTH.replace("kpc_status", "void"), named);
    breaks(
        HEALTH,
        &HEALTH.replace("const kpc_client", "kpc_client"),
        named,
    );
    breaks(HEALTH, &HEALTH.replace("**?", "**"), named);
    breaks(HEALTH, &HEALTH.replace(")\n", ") (store)\n"), named);
}

#[test]
fn a_function_that_is_new_or_takes_null_too_is_an_addition() {
    adds(
        HEALTH,
        &format!("{HEALTH}function kpc_new: void ()\n"),
        "function kpc_new",
    );
    adds(
        HEALTH,
        &HEALTH.replace("health *", "health *?"),
        "function kpc_client_health",
    );
}

#[test]
fn constants_types_and_names_stay() {
    breaks(
        "constant KPC_EVENT_HEALTH: 23\n",
        "constant KPC_EVENT_HEALTH: 24\n",
        "constant",
    );
    breaks("constant KPC_EVENT_HEALTH: 23\n", "", "constant");
    adds(
        "constant KPC_EVENT_HEALTH: 23\n",
        "constant KPC_EVENT_HEALTH: 23\nconstant KPC_NEW: 1\n",
        "constant KPC_NEW",
    );
    breaks(
        "type kpc_op: uint64_t",
        "type kpc_op: uint32_t",
        "type kpc_op",
    );
    breaks(
        "soname: libkpclient.so.0",
        "soname: libkpclient.so.1",
        "soname",
    );
    breaks(
        "symbol version: KPCLIENT_0",
        "symbol version: KPCLIENT_1",
        "symbol version",
    );
    breaks(
        "callback kpc_drop_fn: void (void *)",
        "callback kpc_drop_fn: int (void *)",
        "callback",
    );
    breaks("object kpc_config: ", "object kpc_other: ", "object");
}

const SERVICE: &str = "struct kpc_service: size 72 align 8\n";
const QUEUE: &str = "member kpc_service.queue: uint8_t[32] at 32 size 32\n";

#[test]
fn structs_of_one_size_stay_as_they_are() {
    breaks(
        SERVICE,
        "struct kpc_service: size 80 align 8\n",
        "struct kpc_service",
    );
    breaks(
        SERVICE,
        "struct kpc_service: size 72 align 16\n",
        "struct kpc_service",
    );
    breaks(QUEUE, "", "member kpc_service.queue");
    breaks(
        QUEUE,
        &QUEUE.replace("at 32", "at 40"),
        "member kpc_service.queue",
    );
    breaks(
        QUEUE,
        &QUEUE.replace("[32]", "[31]"),
        "member kpc_service.queue",
    );
    breaks(
        QUEUE,
        &QUEUE.replace("uint8_t", "int8_t"),
        "member kpc_service.queue",
    );
    let more = format!("{QUEUE}member kpc_service.more: uint64_t at 72 size 8\n");
    breaks(QUEUE, &more, "member kpc_service.more");
}

const GROWING: &str = "struct kpc_daemon_health: size 112 align 8, grows\n";
const RESERVED: &str = "member kpc_daemon_health.reserved: uint64_t[8] at 48 size 64\n";

#[test]
fn structs_with_their_size_grow_at_the_end_and_into_what_is_reserved() {
    let longer = GROWING.replace("112", "120");
    adds(GROWING, &longer, "struct kpc_daemon_health");
    breaks(
        GROWING,
        &GROWING.replace("112", "104"),
        "struct kpc_daemon_health",
    );
    breaks(
        GROWING,
        &longer.replace("align 8", "align 16"),
        "struct kpc_daemon_health",
    );
    let named = "member kpc_daemon_health.more";
    let member = |at: usize| format!("{named}: uint64_t at {at} size 8\n");
    let shorter = RESERVED.replace("[8] at 48 size 64", "[7] at 56 size 56");
    adds(RESERVED, &format!("{}{shorter}", member(48)), named);
    adds(RESERVED, &format!("{RESERVED}{}", member(112)), named);
    breaks(RESERVED, &format!("{RESERVED}{}", member(40)), named);
}

#[test]
fn docs_symbols_in_versions_has_every_name_of_the_header() {
    let list = fs::read_to_string(root().join("docs/symbols-in-versions")).unwrap();
    let made = kpclient_man::symbols_in_versions(&root()).unwrap();
    assert!(list == made, "run `make header`");
    for name in ["kpc_write_box", "kpc_client", "KPC_OK", "KPC_VERSION"] {
        let row = list.lines().find(|row| row.split(' ').next() == Some(name));
        assert!(row.unwrap().ends_with(" 0.1.0"), "{name}");
    }
}
