//! Recorded requests as calls, and what came of them.

use std::collections::HashMap;
use std::sync::Arc;

use kpclient::bacap::{BoxIndex, Keypair, ReadCap, WriteCap};
use kpclient::client::{
    Client, Destination, Envelope, SignedDocument, StartFlags, StartKind, StartResult, Timeout,
};
use kpclient::{Error, Result, Status};
use serde_cbor::Value;

use crate::common::drive::{try_start, Op};
use crate::common::frames::{get, Fields};
use crate::golden::Lane;

/// Fields that the library draws at random, or that today's daemons ignore.
const EXEMPT: [&str; 4] = ["query_id", "id", "surbid", "reply_index"];

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

pub fn content(fields: &Fields, name: &str) -> Vec<u8> {
    match fields.get(name) {
        Some(Value::Bytes(bytes)) => bytes.clone(),
        None => Vec::new(),
        other => panic!("{name} is {other:?}"),
    }
}

pub fn number(fields: &Fields, name: &str) -> i128 {
    match fields.get(name) {
        Some(Value::Integer(number)) => *number,
        None => 0,
        other => panic!("{name} is {other:?}"),
    }
}

fn flag(fields: &Fields, name: &str) -> bool {
    fields.get(name) == Some(&Value::Bool(true))
}

/// What names a message or a request in the recording.
pub fn names(fields: &Fields) -> Vec<Vec<u8>> {
    ["query_id", "id", "message_id", "surbid"]
        .iter()
        .map(|name| content(fields, name))
        .filter(|value| !value.is_empty())
        .collect()
}

/// The library's call for a recorded request, and the lane on which it is to come.
pub fn call(
    c: &Arc<Client>,
    started: &mut HashMap<[u8; 32], Lane>,
    key: &str,
    f: &Fields,
) -> (Lane, Result<Op>) {
    let index = || BoxIndex::from_array(get(f, "message_box_index"));
    let go = Timeout::Forever;
    match key {
        "new_keypair" => {
            let seed: Result<[u8; 32]> = content(f, "seed")
                .try_into()
                .map_err(|_| Error::new(Status::ARG_SIZE, "no such argument"));
            let op = seed.and_then(|s| try_start(c, c.new_keypair_remote(&s), go));
            (Lane::Local, op)
        }
        "next_message_box_index" => (
            Lane::Local,
            try_start(c, c.next_message_box_index_remote(&index()), go),
        ),
        "get_message_box_index_counter" => (
            Lane::Local,
            try_start(c, c.message_box_index_counter_remote(&index()), go),
        ),
        "encrypt_write" => {
            let cap = WriteCap::from_array(get(f, "write_cap"));
            let work = c.encrypt_write(&cap, &index(), &content(f, "plaintext"));
            (Lane::Local, try_start(c, work, go))
        }
        "encrypt_read" => {
            let cap = ReadCap::from_array(get(f, "read_cap"));
            (
                Lane::Local,
                try_start(c, c.encrypt_read(&cap, &index()), go),
            )
        }
        "get_pki_document" => {
            let epoch = u64::try_from(number(f, "epoch")).unwrap();
            (Lane::Local, try_start(c, c.get_pki_document(epoch), go))
        }
        "start_resending_encrypted_message" => call_start(c, started, f),
        "cancel_resending_encrypted_message" => {
            let hash = get(f, "envelope_hash");
            let lane = started[&hash];
            (
                lane,
                try_start(c, c.cancel_resending_encrypted_message(&hash), go),
            )
        }
        "start_resending_copy_command" => {
            let cap = WriteCap::from_array(get(f, "write_cap"));
            started.insert(cap.hash(), Lane::Write);
            (
                Lane::Write,
                try_start(c, c.start_resending_copy_command(&cap, None), go),
            )
        }
        "cancel_resending_copy_command" => {
            let hash = get(f, "write_cap_hash");
            (
                Lane::Write,
                try_start(c, c.cancel_resending_copy_command(&hash), go),
            )
        }
        "send_message" => (Lane::Write, call_message(c, f)),
        other => {
            let missing = Error::new(Status::UNSUPPORTED, format!("no call for {other}"));
            (Lane::Local, Err(missing))
        }
    }
}

fn call_start(
    c: &Arc<Client>,
    started: &mut HashMap<[u8; 32], Lane>,
    f: &Fields,
) -> (Lane, Result<Op>) {
    let (lane, kind) = if f.contains_key("read_cap") {
        let index = BoxIndex::from_array(get(f, "message_box_index"));
        (
            Lane::Read,
            StartKind::Read(ReadCap::from_array(get(f, "read_cap")), index),
        )
    } else {
        (
            Lane::Write,
            StartKind::Write(WriteCap::from_array(get(f, "write_cap"))),
        )
    };
    let envelope = Envelope {
        ciphertext: content(f, "message_ciphertext").into(),
        descriptor: content(f, "envelope_descriptor").into(),
        hash: get(f, "envelope_hash"),
        next_index: BoxIndex::from_array([0; 104]),
    };
    let flags = StartFlags {
        no_retry: flag(f, "no_retry_on_box_id_not_found"),
        return_box_exists: flag(f, "no_idempotent_box_already_exists"),
        reply_index: None,
    };
    started.insert(envelope.hash, lane);
    let work = c.start_resending_encrypted_message(kind, envelope, flags);
    (lane, try_start(c, work, Timeout::Forever))
}

fn call_message(c: &Arc<Client>, f: &Fields) -> Result<Op> {
    let to = Destination {
        node: get(f, "destination_id_hash"),
        queue: content(f, "recipient_queue_id"),
    };
    let payload = content(f, "payload");
    let work = if flag(f, "with_surb") {
        c.send_message(&get(f, "surbid"), &to, &payload)
    } else {
        c.send_message_without_reply(&to, &payload)
    };
    try_start(c, work, Timeout::Forever)
}

pub fn replace(bytes: &mut [u8], from: &[u8], to: &[u8]) {
    for at in 0..bytes.len().saturating_sub(from.len() - 1) {
        if bytes[at..].starts_with(from) {
            bytes[at..at + from.len()].copy_from_slice(to);
        }
    }
}

/// A request must be the recorded one. The daemon takes an absent flag for false.
pub fn compare(key: &str, recorded: &Fields, asked: &Fields) {
    let kept = |fields: &Fields| -> Fields {
        let on_purpose = |name: &str| {
            let is_it = |(k, n, _): &&(&str, &str, &str)| *k == key && *n == name;
            ON_PURPOSE.iter().any(|row| is_it(&row)) && !recorded.contains_key(name)
        };
        let is_kept = |name: &str, value: &Value| {
            !EXEMPT.contains(&name) && !on_purpose(name) && *value != Value::Bool(false)
        };
        let all = fields.iter().filter(|(name, value)| is_kept(name, value));
        all.map(|(n, v)| (n.clone(), v.clone())).collect()
    };
    assert_eq!(kept(asked), kept(recorded), "{key}");
}

/// What came out of a call must be what the daemon answered.
pub fn check(key: &str, reply: &Fields, op: &Op, cancelled: bool) {
    let code = u8::try_from(number(reply, "error_code")).unwrap();
    if cancelled {
        // Told to the caller already when the cancel was made.
        assert_eq!(op.status(), Status::START_RESENDING_CANCELLED);
    } else if code != 0 {
        let failure = op.failure();
        assert_eq!(failure.daemon_code(), Some(code), "{key}: {failure}");
        let position = reply.get("failed_envelope_index").map(|_| 1);
        assert_eq!(failure.failed_envelope(), position);
    } else {
        check_success(key, reply, op);
    }
}

fn check_success(key: &str, reply: &Fields, op: &Op) {
    match key {
        "new_keypair_reply" => {
            let pair: Keypair = op.done().unwrap();
            assert_eq!(&pair.write_cap.as_bytes()[..], content(reply, "write_cap"));
            assert_eq!(&pair.read_cap.as_bytes()[..], content(reply, "read_cap"));
            let first = pair.first_index.as_bytes();
            assert_eq!(&first[..], content(reply, "first_message_index"));
        }
        "next_message_box_index_reply" => {
            let index: BoxIndex = op.done().unwrap();
            assert_eq!(
                &index.as_bytes()[..],
                content(reply, "next_message_box_index")
            );
        }
        "get_message_box_index_counter_reply" => {
            let counter: u64 = op.done().unwrap();
            assert_eq!(i128::from(counter), number(reply, "counter"));
        }
        "encrypt_read_reply" | "encrypt_write_reply" => {
            let made: Envelope = op.done().unwrap();
            assert_eq!(made.ciphertext, content(reply, "message_ciphertext"));
            assert_eq!(made.descriptor, content(reply, "envelope_descriptor"));
            assert_eq!(&made.hash[..], content(reply, "envelope_hash"));
            let next = made.next_index.as_bytes();
            assert_eq!(&next[..], content(reply, "next_message_box_index"));
        }
        "start_resending_encrypted_message_reply" => {
            let found: StartResult = op.done().unwrap();
            assert_eq!(found.plaintext, content(reply, "plaintext"));
            let courier = found.courier.map(|hash| hash.to_vec()).unwrap_or_default();
            assert_eq!(courier, content(reply, "courier_identity_hash"));
            assert_eq!(
                found.courier_queue.unwrap_or_default(),
                content(reply, "courier_queue_id")
            );
        }
        "get_pki_document_reply" => {
            let document: SignedDocument = op.done().unwrap();
            assert_eq!(document.payload, content(reply, "payload"));
            assert_eq!(i128::from(document.epoch), number(reply, "epoch"));
        }
        _ => op.done::<()>().unwrap(),
    }
}
