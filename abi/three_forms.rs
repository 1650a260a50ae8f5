//! The three forms of a call on the daemon: kpc_x waits, kpc_x_async starts an operation, and
//! kpc_x_result takes out what it ended with. Only kpc_x has a comment, which stands before all
//! three; what is to be said of the other two follows from it. A module of build.rs, man/src and
//! the tests.

use super::comment::Comment;
use super::status_groups::{expanded, items};

/// What is said of the parameters that only the other two forms have, or read differently.
const OWN: &[(&str, &str)] = &[
    (
        "timeout_ms",
        "after how long the operation ends with KPC_ERR_TIMEOUT",
    ),
    (
        "done",
        "where the completion goes; NULL keeps it for kpc_op_wait",
    ),
    ("op", "receives the operation; may be NULL"),
    ("result", "the result of the operation"),
];

/// What only a call that waits ends with.
const OF_WAITING: &[&str] = &["KPC_ERR_TIMEOUT", "KPC_ERR_WOULD_DEADLOCK"];

const OF_A_RESULT: &str = "KPC_OK, or how the operation failed; KPC_ERR_ARG_NULL, \
     KPC_ERR_BAD_HANDLE, KPC_ERR_ARG_VALUE (the result of another kind of call)";

/// What the head of the header says of threads holds where a comment says nothing of them.
const THREADS_OF_WAITING: &str = "any; waits, so not in a callback of the same client.";

/// The call that a function of this name is a form of, if there is one.
pub fn call_of(name: &str) -> Option<&str> {
    let ends = ["_async", "_result"];
    ends.iter().find_map(|end| name.strip_suffix(end))
}

/// All that is to be said of a function: its own comment, and what follows from that of the call
/// whose form it is. Every status stands there by its name.
pub fn in_full(
    name: &str,
    parameters: &[&str],
    call: Option<(&str, &Comment)>,
    own: Comment,
) -> Comment {
    let mut comment = match call {
        Some(call) => derived(name, parameters, call, own),
        None => own,
    };
    comment.returns = comment.returns.as_deref().map(expanded);
    let returns = comment.returns.as_deref().unwrap_or_default();
    let waits = returns.contains("KPC_ERR_WOULD_DEADLOCK");
    comment.threads.get_or_insert_with(|| {
        let threads = if waits { THREADS_OF_WAITING } else { "any." };
        threads.to_owned()
    });
    comment
}

/// What follows from the comment of `call`, and what its own adds.
fn derived(name: &str, parameters: &[&str], call: (&str, &Comment), own: Comment) -> Comment {
    let mut comment = match name.ends_with("_async") {
        true => starting(parameters, call),
        false => taking_out(parameters, call),
    };
    comment.paragraphs.extend(own.paragraphs);
    for (name, text) in own.parameters {
        comment.parameters.retain(|(known, _)| *known != name);
        comment.parameters.push((name, text));
    }
    let place = |name: &str| parameters.iter().position(|known| *known == name);
    comment.parameters.sort_by_key(|(name, _)| place(name));
    if let (Some(returns), Some(added)) = (&mut comment.returns, own.returns) {
        returns.push_str(", ");
        returns.push_str(&added);
    }
    comment.threads = own.threads.or(comment.threads);
    comment
}

fn starting(parameters: &[&str], (call, of_call): (&str, &Comment)) -> Comment {
    let returns = expanded(of_call.returns.as_deref().unwrap_or_default());
    let mut statuses = items(&returns);
    statuses.retain(|item| !OF_WAITING.iter().any(|status| item.starts_with(status)));
    if !statuses.iter().any(|item| item.starts_with(NO_MEMORY)) {
        statuses.push(NO_MEMORY);
    }
    Comment {
        paragraphs: vec![format!(
            "As {call}, without waiting; its completion is for {call}_result."
        )],
        parameters: documented(parameters, |name| {
            let told = of_call.parameter(name)?;
            Some(told.to_owned())
        }),
        returns: Some(statuses.join(", ")),
        ownership: None,
        threads: Some("any, callbacks included.".to_owned()),
    }
}

const NO_MEMORY: &str = "KPC_ERR_NO_MEMORY";

fn taking_out(parameters: &[&str], (call, of_call): (&str, &Comment)) -> Comment {
    Comment {
        paragraphs: vec![format!(
            "Takes the outputs out of the result of an operation that {call}_async started."
        )],
        parameters: documented(parameters, |name| Some(alone(of_call.parameter(name)?))),
        returns: Some(OF_A_RESULT.to_owned()),
        ownership: of_call.ownership.clone(),
        threads: None,
    }
}

fn documented(parameters: &[&str], told: impl Fn(&str) -> Option<String>) -> Vec<(String, String)> {
    let text = |name: &str| match OWN.iter().find(|(known, _)| *known == name) {
        Some((_, text)) => Some((*text).to_owned()),
        None => told(name),
    };
    let all = parameters.iter();
    all.filter_map(|name| Some(((*name).to_owned(), text(name)?)))
        .collect()
}

/// What is said of an output that kpc_x may write over an input: kpc_x_result has no inputs, so
/// nothing there keeps its value.
fn alone(told: &str) -> String {
    let shared = [
        ", or the same variable as ",
        "; may be the same variable as ",
    ]
    .iter()
    .find_map(|words| told.split_once(words));
    match shared.and_then(|(output, rest)| Some((output, rest.split_once(", which then ")?.0))) {
        Some((output, input)) => {
            format!("{output}; zero on failure, so not the variable that holds {input}")
        }
        None => told.to_owned(),
    }
}
