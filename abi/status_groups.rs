//! Groups of statuses that many functions return. A `@return` names one by "any" and its name, the
//! head of the header says what it stands for, and the manual pages list it in full. A module of
//! build.rs, man/src and the tests.

/// Each group's name with its statuses; a group may stand in another one below it.
pub const GROUPS: &[(&str, &[&str])] = &[
    (
        "handle error",
        &["KPC_ERR_ARG_NULL", "KPC_ERR_BAD_HANDLE", "KPC_ERR_FORKED"],
    ),
    (
        "argument error",
        &[
            "KPC_ERR_ARG_NULL",
            "KPC_ERR_ARG_VALUE",
            "KPC_ERR_BAD_HANDLE",
            "KPC_ERR_FORKED",
        ],
    ),
    (
        "call error",
        &[
            "any argument error",
            "KPC_ERR_NOT_CONNECTED",
            "KPC_ERR_CLOSED",
            "KPC_ERR_TIMEOUT",
            "KPC_ERR_WOULD_DEADLOCK",
        ],
    ),
    (
        "store error",
        &[
            "any argument error",
            "KPC_ERR_CLOSED",
            "KPC_ERR_TIMEOUT",
            "KPC_ERR_WOULD_DEADLOCK",
            "KPC_ERR_DB",
        ],
    ),
    (
        "daemon error",
        &["KPC_ERR_DAEMON_INVALID_REQUEST", "KPC_ERR_DAEMON_INTERNAL"],
    ),
    (
        "box outcome",
        &[
            "KPC_ERR_MKEM_DECRYPTION_FAILED",
            "KPC_ERR_BACAP_DECRYPTION_FAILED",
            "KPC_ERR_INVALID_TOMBSTONE_SIGNATURE",
            "KPC_ERR_STORAGE_FULL",
            "KPC_ERR_INVALID_BOX_ID",
            "KPC_ERR_INVALID_SIGNATURE",
            "KPC_ERR_DATABASE_FAILURE",
            "KPC_ERR_INVALID_PAYLOAD",
            "KPC_ERR_REPLICA_INTERNAL",
            "KPC_ERR_INVALID_EPOCH",
            "KPC_ERR_REPLICATION_FAILED",
            "KPC_ERR_COURIER_INVALID_ENVELOPE",
            "KPC_ERR_COURIER_CACHE_CORRUPTION",
            "KPC_ERR_COURIER_PROPAGATION",
            "KPC_ERR_COURIER_INVALID_EPOCH",
        ],
    ),
    (
        "resending outcome",
        &[
            "any box outcome",
            "any daemon error",
            "KPC_ERR_START_RESENDING_CANCELLED",
        ],
    ),
];

/// A text behind `@return` with the statuses of each group in the group's place, save those that
/// the text names itself, with a note.
pub fn expanded(returns: &str) -> String {
    let mut text = returns.to_owned();
    // What stands in another group stands above it.
    for (name, members) in GROUPS.iter().rev() {
        let group = format!("any {name}");
        if !text.contains(&group) {
            continue;
        }
        let others: Vec<&str> = words(&text).collect();
        let added = members.iter().filter(|member| !others.contains(member));
        let added = added.copied().collect::<Vec<_>>().join(", ");
        text = text.replace(&group, &added);
    }
    text
}

/// What stands between commas and semicolons outside parentheses.
pub fn items(returns: &str) -> Vec<&str> {
    let mut depth = 0_usize;
    let mut items = Vec::new();
    let mut from = 0;
    for (at, letter) in returns.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' | ';' if depth == 0 => {
                items.extend(returns.get(from..at));
                from = at + 1;
            }
            _ => {}
        }
    }
    items.extend(returns.get(from..));
    items.into_iter().map(str::trim).collect()
}

/// The names in a text.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
}

/// A group that a text behind `@return` names and that does not exist.
pub fn unknown(returns: &str) -> Option<&str> {
    items(returns).into_iter().find(|item| {
        let name = item.strip_prefix("any ");
        name.is_some_and(|name| !GROUPS.iter().any(|(known, _)| *known == name))
    })
}
