//! What is known of the recorded messages: which the library does not send, where it differs on
//! purpose, and what a program is told of a reply.

use serde_cbor::Value;

use crate::common::frames::Fields;
use crate::program::{Form, Told};
use crate::replay::How;
use crate::text::{compare, hex, shown, Shown};

/// Recorded requests that the library refuses, with what, and why. The replies to them are
/// passed over with them.
pub const REFUSED: [(&str, &str, &str); 16] = [
    (
        "v0.0.72/errors.jsonl:6",
        "KPC_ERR_DAEMON_CHANNEL_NOT_FOUND",
        "there is no such channel, which the library knows itself",
    ),
    (
        "v0.0.72/errors.jsonl:14",
        "KPC_ERR_DAEMON_INVALID_CHANNEL",
        "a write on a channel for reading, which the library knows itself",
    ),
    (
        "v0.0.73-rc1/bad_length_cap.jsonl:6",
        "KPC_ERR_ARG_SIZE",
        "a capability of 16 bytes, at which the daemon hangs up",
    ),
    (
        "v0.0.73-rc1/echo.jsonl:11",
        "KPC_ERR_PAYLOAD_TOO_LARGE",
        "the size of a message is known",
    ),
    (
        "v0.0.73-rc1/encrypt.jsonl:14",
        "KPC_ERR_PAYLOAD_TOO_LARGE",
        "the size of a box is known",
    ),
    (
        "v0.0.73-rc1/keypair_and_index.jsonl:12",
        "KPC_ERR_UNSUPPORTED",
        "it made this daemon crash",
    ),
    (
        "v0.0.99/bad_length_cap.jsonl:6",
        "KPC_ERR_ARG_SIZE",
        "a capability of 16 bytes, at which the daemon hangs up",
    ),
    (
        "v0.0.99/echo.jsonl:11",
        "KPC_ERR_PAYLOAD_TOO_LARGE",
        "the size of a message is known",
    ),
    (
        "v0.0.99/encrypt.jsonl:14",
        "KPC_ERR_PAYLOAD_TOO_LARGE",
        "the size of a box is known",
    ),
    (
        "v0.0.99/encrypt_ctidh.jsonl:14",
        "KPC_ERR_PAYLOAD_TOO_LARGE",
        "the size of a box is known",
    ),
    (
        "v0.0.99/keypair_and_index.jsonl:14",
        "KPC_ERR_ARG_SIZE",
        "a seed of 5 bytes",
    ),
    (
        "v0.0.99/keypair_and_index_since_hpqc_101.jsonl:14",
        "KPC_ERR_ARG_SIZE",
        "a seed of 5 bytes",
    ),
    (
        "v0.0.99/offline_and_back.jsonl:7",
        OFFLINE,
        "the daemon would drop it without a word; it is sent when the daemon is back",
    ),
    (
        "v0.0.99/vouchers.jsonl:28",
        "KPC_ERR_ARG_EMPTY",
        "an empty reply, which no key opens",
    ),
    (
        "v0.0.99/vouchers.jsonl:30",
        "KPC_ERR_ARG_SIZE",
        "a voucher of 31 bytes",
    ),
    (
        "v0.0.99/vouchers.jsonl:35",
        "KPC_ERR_ARG_EMPTY",
        "a joiner without a name, with which the daemon would be content",
    ),
];

/// A message is refused only for now.
pub const OFFLINE: &str = "KPC_ERR_OFFLINE";

/// Fields in which the library's request differs from the recorded one on purpose.
const ON_PURPOSE: [(&str, &str, &str); 3] = [
    (
        "start_resending_encrypted_message",
        "no_retry_on_box_id_not_found",
        "a read that waits is polled with fresh envelopes: the daemon's endless retry may never be answered",
    ),
    (
        "start_resending_copy_command",
        "courier_identity_hash",
        "the courier is chosen before the first sending, for another knows nothing of it",
    ),
    (
        "start_resending_copy_command",
        "courier_queue_id",
        "as the hash",
    ),
];

/// What the numbers mean that were recorded, by the message that carries them.
const MEANINGS: [(&str, u8, &str); 15] = [
    (
        "channel_query_reply_event",
        9,
        "KPC_ERR_DAEMON_INVALID_PAYLOAD",
    ),
    ("encrypt_read_reply", 4, "KPC_ERR_DAEMON_INTERNAL"),
    ("encrypt_write_reply", 4, "KPC_ERR_DAEMON_INTERNAL"),
    (
        "get_pki_document_reply",
        10,
        "KPC_ERR_DAEMON_SERVICE_UNAVAILABLE",
    ),
    (
        "start_resending_copy_command_reply",
        CANCELLED,
        "KPC_ERR_START_RESENDING_CANCELLED",
    ),
    (
        "start_resending_copy_command_reply",
        26,
        "KPC_ERR_COPY_FAILED",
    ),
    (
        "start_resending_encrypted_message_reply",
        1,
        "KPC_ERR_BOX_ID_NOT_FOUND",
    ),
    (
        "start_resending_encrypted_message_reply",
        10,
        "KPC_ERR_BOX_ALREADY_EXISTS",
    ),
    (
        "start_resending_encrypted_message_reply",
        11,
        "KPC_ERR_TOMBSTONE",
    ),
    (
        "start_resending_encrypted_message_reply",
        CANCELLED,
        "KPC_ERR_START_RESENDING_CANCELLED",
    ),
    ("voucher_induct_reply", 3, "KPC_ERR_DAEMON_INVALID_REQUEST"),
    ("voucher_induct_reply", 28, "KPC_ERR_VOUCHER_HASH_MISMATCH"),
    (
        "voucher_induct_reply",
        29,
        "KPC_ERR_VOUCHER_SIGNATURE_INVALID",
    ),
    ("voucher_open_reply", 30, "KPC_ERR_VOUCHER_SEAL_OPEN_FAILED"),
    ("write_channel_reply", 4, "KPC_ERR_DAEMON_INTERNAL"),
];

/// A start was cancelled; the library has told so before the daemon did.
const CANCELLED: u8 = 24;

/// The kinds of connections that the library keeps with a daemon of today.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lane {
    Local,
    Write,
    Read,
    Encryption,
}

pub fn content(fields: &Fields, name: &str) -> Vec<u8> {
    match fields.get(name) {
        Some(Value::Bytes(bytes)) => bytes.clone(),
        None => Vec::new(),
        other => panic!("{name} is {other:?}"),
    }
}

fn number(fields: &Fields, name: &str) -> i128 {
    match fields.get(name) {
        Some(Value::Integer(number)) => *number,
        None => 0,
        other => panic!("{name} is {other:?}"),
    }
}

/// What names a message or a request in the recording.
pub fn names(fields: &Fields) -> Vec<Vec<u8>> {
    ["query_id", "id", "message_id", "surbid"]
        .iter()
        .map(|name| content(fields, name))
        .filter(|value| !value.is_empty())
        .collect()
}

/// Whether there are calls of both kinds for it: that wait for the reply, and of which events
/// tell it.
pub fn is_message(key: &str) -> bool {
    matches!(
        key,
        "send_message" | "send_arq_message" | "send_channel_query"
    )
}

/// The name under which the library makes a recorded request. It repeats reliable messages
/// itself: that daemon would go on with them for a quarter of an hour.
pub fn sent_as(key: &str) -> &str {
    match key {
        "send_arq_message" => "send_message",
        other => other,
    }
}

/// Whether the player's call ends with the reply; else events tell that. A message without a
/// SURB has none, and where several that block go in a row, their order would be nobody's.
pub fn is_awaited(key: &str, fields: &Fields, how: &How<'_>, in_a_row: bool) -> bool {
    let has_reply = key != "send_message" || fields.get("with_surb") == Some(&Value::Bool(true));
    let has_order = how.form != Form::Blocking || !in_a_row;
    !is_message(key) || (how.awaits && has_reply && has_order)
}

/// Fields that the library draws at random in a request.
pub fn drawn(key: &str, awaited: bool) -> &'static [&'static str] {
    match key {
        "send_message" if awaited => &["id", "surbid"],
        "send_message" => &["id"],
        "send_arq_message" => &["surbid"],
        "send_channel_query" => &[],
        _ => &["query_id"],
    }
}

/// A request must be the recorded one but for what is exempt. The daemon takes an absent flag
/// for false.
pub fn compare_requests(place: &str, key: &str, exempt: &[&str], recorded: &Fields, now: &Fields) {
    let kept = |fields: &Fields| -> Fields {
        let on_purpose = |name: &str| {
            let is_it = |(k, n, _): &&(&str, &str, &str)| *k == key && *n == name;
            ON_PURPOSE.iter().any(|row| is_it(&row)) && !recorded.contains_key(name)
        };
        let is_kept = |name: &str, value: &Value| {
            !exempt.contains(&name) && !on_purpose(name) && *value != Value::Bool(false)
        };
        let all = fields.iter().filter(|(name, value)| is_kept(name, value));
        all.map(|(n, v)| (n.clone(), v.clone())).collect()
    };
    let (recorded, now) = (kept(recorded), kept(now));
    compare(place, &shown(&now), &shown(&recorded));
    assert!(now == recorded, "{place}: a value is of another type");
}

/// What a program is to be told of a message.
pub struct Outcome {
    status: &'static str,
    fields: Shown,
    /// Words with which the error's text ends.
    says: Option<String>,
}

impl Outcome {
    /// All that is in the daemon's message, by the same names.
    pub fn of(key: &str, message: &Fields) -> Outcome {
        let code = u8::try_from(number(message, "error_code")).unwrap();
        let mut outcome = Outcome {
            status: "KPC_OK",
            fields: shown(message),
            says: None,
        };
        // The first two join frames, the third is the library's to know: it gives out handles.
        for name in ["query_id", "error_code", "channel_id"] {
            outcome.fields.remove(name);
        }
        if let Some(Value::Text(err)) = message.get("err") {
            outcome.fail("KPC_ERR_MESSAGE_SEND_FAILED", -1, -1, 0);
            outcome.says = Some(err.clone());
            outcome.fields.remove("err");
            outcome.fields.insert("sent_at".into(), "0".into());
        }
        if code != 0 {
            outcome.refuse(key, message, code);
        }
        outcome
    }

    /// Of a failed request no more is told than the failure, of an event whose it is besides.
    fn refuse(&mut self, key: &str, message: &Fields, code: u8) {
        let meaning = MEANINGS.iter().find(|(k, c, _)| *k == key && *c == code);
        let (_, _, status) = meaning.unwrap_or_else(|| panic!("{key} has an unknown {code}"));
        if key.ends_with("_reply") {
            self.fields.clear();
        }
        self.fields.remove("reply_index");
        let is_replica = key == "start_resending_encrypted_message_reply" && code < 12;
        let replica = if is_replica { i32::from(code) } else { -1 };
        let daemon = if code == CANCELLED {
            -1
        } else {
            i32::from(code)
        };
        let envelope = number(message, "failed_envelope_index");
        self.fail(status, daemon, replica, envelope);
    }

    fn fail(&mut self, status: &'static str, daemon: i32, replica: i32, envelope: i128) {
        self.status = status;
        let mut insert = |name: &str, value: String| self.fields.insert(name.into(), value);
        insert("daemon_code", daemon.to_string());
        insert("replica_code", replica.to_string());
        insert("failed_envelope", envelope.to_string());
    }

    pub fn is_failure(&self) -> bool {
        self.status != "KPC_OK"
    }

    /// What a call that waits for a message's reply gives of it: the end without the ids.
    pub fn of_awaited(mut self) -> Outcome {
        for name in ["message_id", "surbid", "sent_at", "reply_eta"] {
            self.fields.remove(name);
        }
        if self.is_failure() {
            self.fields.remove("payload");
        }
        self
    }

    /// What a call that encrypts and sends gives: no courier, but the next index.
    pub fn become_box(&mut self, next_index: &[u8]) {
        self.fields.remove("courier_identity_hash");
        self.fields.remove("courier_queue_id");
        if !self.is_failure() {
            let name = "next_message_box_index".to_owned();
            self.fields.insert(name, hex(next_index));
        }
    }

    /// With the ids of today.
    pub fn renamed(mut self, drawn: &[(Vec<u8>, Vec<u8>)]) -> Outcome {
        for value in self.fields.values_mut() {
            if let Some((_, now)) = drawn.iter().find(|(recorded, _)| hex(recorded) == *value) {
                *value = hex(now);
            }
        }
        self
    }

    /// It is what came.
    pub fn compare(&self, place: &str, mut told: Told) {
        let message = told.fields.remove("message").unwrap_or_default();
        assert_eq!(told.status, self.status, "{place}: {:?}", told.fields);
        compare(place, &told.fields, &self.fields);
        if let Some(err) = &self.says {
            let says = hex(format!(": {err}").as_bytes());
            assert!(message.ends_with(&says), "{place}: other words than {err}");
        }
    }
}
