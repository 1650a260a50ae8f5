//! docs/from-other-clients.md names what exists, and leaves nothing out that the others have too.

use std::collections::BTreeSet;

use crate::names::{of_library, Header};
use crate::{nothing_in, read};

/// Functions without a counterpart in Go, Rust or Python, and why that is so.
const ONLY_IN_C: &[(&str, &[&str])] = &[
    (
        "objects are ended by the program",
        &["kpc_buffer_free", "kpc_config_free", "kpc_result_free"],
    ),
    (
        "bytes are slices there",
        &[
            "kpc_buffer_new",
            "kpc_buffer_data",
            "kpc_buffer_len",
            "kpc_buffer_ref",
            "kpc_hash_from_bytes",
            "kpc_id_from_bytes",
            "kpc_wipe",
        ],
    ),
    (
        "sizes, for languages that cannot read the header's constants",
        &[
            "kpc_write_cap_size",
            "kpc_read_cap_size",
            "kpc_box_index_size",
            "kpc_hash_size",
            "kpc_seed_size",
            "kpc_id_size",
            "kpc_queue_id_max_size",
        ],
    ),
    (
        "results of asynchronous calls are futures there",
        &[
            "kpc_result_op",
            "kpc_result_status",
            "kpc_result_error",
            "kpc_result_user_data",
        ],
    ),
    (
        "how a daemon makes keys from a seed is not told there, and only one way is known",
        &["kpc_client_key_derivation", "kpc_new_keypair_by_derivation"],
    ),
    ("to find leaks", &["kpc_debug_live_objects"]),
    (
        "the others keep channels in SQLite only",
        &["kpc_backing_check", "kpc_records_add"],
    ),
    (
        "how busy a client is, how well it fares and how long work will take is not told there",
        &["kpc_client_estimate", "kpc_client_stats"],
    ),
    (
        "the others do not notice that a daemon does nothing",
        &[
            "kpc_client_health",
            "kpc_config_set_silence_limit",
            "kpc_config_silence_limit",
            "kpc_event_health",
        ],
    ),
    (
        "the others encrypt on the one connection that they have",
        &[
            "kpc_config_encryption_connections",
            "kpc_config_set_encryption_connections",
        ],
    ),
    (
        "the others have one connection, opened when they connect",
        &["kpc_config_connect_all", "kpc_config_set_connect_all"],
    ),
    (
        "the others do not say by which clock they wait",
        &[
            "kpc_config_count_suspended",
            "kpc_config_set_count_suspended",
        ],
    ),
    (
        "how far a copy stream has got is not told there, nor can it be called off",
        &[
            "kpc_copy_builder_cancel",
            "kpc_copy_builder_is_finished",
            "kpc_copy_builder_progress",
            "kpc_event_boxes_needed",
            "kpc_event_boxes_written",
            "kpc_event_is_copying",
        ],
    ),
    (
        "what a persistent channel does by itself is not told there",
        &[
            "kpc_event_channel_name",
            "kpc_event_is_writer",
            "kpc_event_message_number",
            "kpc_reader_error",
            "kpc_reader_poll_now",
            "kpc_reader_state",
            "kpc_reader_waiting",
            "kpc_writer_error",
            "kpc_writer_state",
        ],
    ),
    (
        "messages there have one box",
        &[
            "kpc_writer_copy_needed",
            "kpc_writer_copy_written",
            "kpc_writer_set_copy_above",
        ],
    ),
    (
        "programs there keep the steps of a voucher themselves",
        &[
            "kpc_store_cancel_induction",
            "kpc_store_cancel_voucher",
            "kpc_store_induct_voucher",
            "kpc_store_list_inductions",
            "kpc_store_list_vouchers",
            "kpc_store_mint_voucher",
            "kpc_store_open_voucher",
            "kpc_voucher_text_parse",
            "kpc_voucher_to_text",
        ],
    ),
];

/// Statuses that the others have no words for.
const STATUSES_ONLY_IN_C: &[&str] = &[
    "KPC_ERR_ARG_VALUE",
    "KPC_ERR_ARG_CAP_CHOICE",
    "KPC_ERR_ARG_PAIR",
    "KPC_ERR_BUFFER_TOO_SMALL",
    "KPC_ERR_BAD_HANDLE",
    "KPC_ERR_BUSY",
    "KPC_ERR_WOULD_DEADLOCK",
    "KPC_ERR_NOT_CONNECTED",
    "KPC_ERR_ALREADY_CONNECTED",
    "KPC_ERR_FORKED",
    "KPC_ERR_NO_MEMORY",
];

/// Of the file transfer, which is not on the page, and of checks that the others do not make.
const STATUSES_OF_OTHER_PARTS: &[&str] = &["KPC_ERR_INVALID_CAPABILITY", "KPC_ERR_FILE_"];

/// What the page has between bars: a heading for each column, then rows.
struct Page {
    text: String,
    header: Header,
}

impl Page {
    fn read() -> Self {
        Page {
            text: read("docs/from-other-clients.md"),
            header: Header::read(),
        }
    }

    /// The cells of each row, without the headings and the lines below them.
    fn rows(&self) -> impl Iterator<Item = Vec<&str>> {
        self.text
            .lines()
            .filter(|line| line.starts_with('|') && !line.starts_with("|---"))
            .filter(|line| !line.starts_with("| Go | Rust |"))
            .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
    }

    /// Whether a name on the page is one, or the beginning of several, as in `KPC_ERR_CONFIG_…`.
    fn is_known(&self, name: &str) -> bool {
        self.header.has(name)
            || name.ends_with('_') && self.header.constants.iter().any(|c| c.starts_with(name))
    }

    fn names(&self) -> BTreeSet<String> {
        of_library(&self.text)
    }
}

/// The call that a function is a form of.
fn base(function: &str) -> &str {
    function
        .strip_suffix("_async")
        .or_else(|| function.strip_suffix("_result"))
        .unwrap_or(function)
}

fn only_in_c() -> BTreeSet<String> {
    let functions = ONLY_IN_C.iter().flat_map(|(_, functions)| *functions);
    functions.map(|function| (*function).to_owned()).collect()
}

#[test]
fn every_name_of_the_page_is_in_the_header() {
    let page = Page::read();
    let mut wrong: Vec<String> = page.names().into_iter().collect();
    wrong.retain(|name| !page.is_known(name));
    nothing_in("not in the header", &wrong);
}

#[test]
fn every_row_has_five_cells_and_a_name_in_c() {
    let page = Page::read();
    let mut wrong = Vec::new();
    for cells in page.rows() {
        let in_c = cells
            .get(3)
            .map(|cell| of_library(cell))
            .unwrap_or_default();
        if cells.len() != 5 || !in_c.iter().any(|name| page.is_known(name)) {
            wrong.push(cells.join(" | "));
        }
    }
    nothing_in("rows", &wrong);
    assert!(page.rows().count() > 150, "the page is not understood");
}

#[test]
fn every_function_with_a_counterpart_is_on_the_page() {
    let page = Page::read();
    let names = page.names();
    let only_in_c = only_in_c();
    let mut wrong: Vec<String> = page.header.functions.iter().cloned().collect();
    wrong.retain(|function| {
        // kpc_event_result is a function of its own, not the third form of a kpc_event.
        let is_named = |name: &str| names.contains(name) || only_in_c.contains(name);
        let twin = page.header.functions.contains(base(function)) && is_named(base(function));
        !twin && !is_named(function)
    });
    nothing_in("neither on the page nor without a counterpart", &wrong);
}

#[test]
fn what_is_only_in_c_exists_and_is_not_on_the_page() {
    let page = Page::read();
    let names = page.names();
    let mut wrong: Vec<String> = only_in_c().into_iter().collect();
    wrong.extend(STATUSES_ONLY_IN_C.iter().map(|&status| status.to_owned()));
    wrong.retain(|name| !page.header.has(name) || names.contains(name));
    nothing_in("only in C", &wrong);
}

#[test]
fn every_status_with_a_counterpart_is_on_the_page() {
    let page = Page::read();
    let names = page.names();
    let mut wrong: Vec<String> = page.header.constants.iter().cloned().collect();
    wrong.retain(|status| {
        let elsewhere = STATUSES_OF_OTHER_PARTS
            .iter()
            .any(|part| status.starts_with(part));
        status.starts_with("KPC_ERR_")
            && !elsewhere
            && !names.contains(status)
            && !STATUSES_ONLY_IN_C.contains(&status.as_str())
    });
    nothing_in("not on the page", &wrong);
}
