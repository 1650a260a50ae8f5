//! Error codes into errors. The same number means different things by the kind of the
//! reply, by whether a courier was asked, and by the daemon's version.

use crate::error::{Error, Origin, Result};
use crate::status::{Status, DAEMON_BLOCK, REPLICA_BLOCK};

use super::channel::{ChannelQueryReply, ChannelQuerySent};
use super::event::MessageReply;
use super::features::Features;
use super::kind::MessageKind;
use super::reply::{CopyReply, Reply, ReplyBody};

const INVALID_REQUEST: u8 = 3;
const INTERNAL_ERROR: u8 = 4;
const CANCELLED: u8 = 24;
const COPY_FAILED: u8 = 26;
const TOO_LARGE: u8 = 27;

/// Returns the meaning of a reply's code; `Ok` for success.
///
/// # Errors
/// The status that belongs to the code, with the raw numbers as details. A code without
/// a name keeps its number: −1000 − n.
pub fn check(reply: &Reply, features: &Features) -> Result<()> {
    let code = reply.error_code;
    let key = reply.kind.key();
    if code == 0 {
        return Ok(());
    }
    Err(match (reply.kind, &reply.body) {
        (MessageKind::StartResending, ReplyBody::StartResending(body)) => {
            resending(code, body.courier.is_some(), features)
        }
        (MessageKind::StartCopy, ReplyBody::StartCopy(body)) => copy(code, body, features),
        _ => daemon(key, code, features),
    })
}

/// Returns the meaning of the code of a plain message's reply.
///
/// # Errors
/// As [`check`].
pub fn check_message_reply(reply: &MessageReply, features: &Features) -> Result<()> {
    check_event(MessageKind::MessageReply, reply.error_code, features)
}

/// Returns the meaning of the code of an older protocol's query event.
///
/// # Errors
/// As [`check`].
pub fn check_query_sent(sent: &ChannelQuerySent, features: &Features) -> Result<()> {
    check_event(MessageKind::ChannelQuerySent, sent.error_code, features)
}

/// Returns the meaning of the code of an older protocol's query reply.
///
/// # Errors
/// As [`check`].
pub fn check_query_reply(reply: &ChannelQueryReply, features: &Features) -> Result<()> {
    check_event(MessageKind::ChannelQueryReply, reply.error_code, features)
}

fn check_event(kind: MessageKind, code: u8, features: &Features) -> Result<()> {
    match code {
        0 => Ok(()),
        code => Err(daemon(kind.key(), code, features)),
    }
}

/// The status of a replica's code, as in a failed copy command.
pub fn replica_status(code: u8) -> Status {
    match code {
        0 => Status::OK,
        code => Status::from_code(REPLICA_BLOCK - i32::from(code)),
    }
}

fn daemon_status(code: u8) -> Status {
    Status::from_code(DAEMON_BLOCK - i32::from(code))
}

fn error(key: &str, code: u8, status: Status, origin: Origin) -> Error {
    let text = status.text();
    Error::new(status, format!("{key} has code {code}: {text}"))
        .with_daemon_code(code)
        .with_origin(origin)
}

/// The daemon's own numbers, which most replies use.
fn daemon(key: &str, code: u8, features: &Features) -> Error {
    match code {
        TOO_LARGE => error(key, code, Status::PAYLOAD_TOO_LARGE, Origin::Daemon),
        12 | 13 if features.is_legacy() => courier(key, code),
        code => error(key, code, daemon_status(code), Origin::Daemon),
    }
}

fn courier(key: &str, code: u8) -> Error {
    let status = match code {
        12 => Status::COURIER_CACHE_CORRUPTION,
        13 => Status::COURIER_PROPAGATION,
        31 => Status::COURIER_INVALID_ENVELOPE,
        _ => Status::COURIER_INVALID_EPOCH,
    };
    error(key, code, status, Origin::Courier)
}

/// `start_resending_encrypted_message_reply`: replica, courier and daemon share the numbers.
fn resending(code: u8, courier_asked: bool, features: &Features) -> Error {
    let key = MessageKind::StartResending.key();
    // The daemon noticed, but it is the replica whose answer is no good.
    let verification = |status| error(key, code, status, Origin::Replica);
    match code {
        // Refused before anything was sent: no courier was chosen yet.
        INVALID_REQUEST | INTERNAL_ERROR if !courier_asked => {
            error(key, code, daemon_status(code), Origin::Daemon)
        }
        1..=11 => replica(code, features),
        12 | 13 | 31 | 32 => courier(key, code),
        22 => verification(Status::MKEM_DECRYPTION_FAILED),
        23 => verification(Status::BACAP_DECRYPTION_FAILED),
        25 => verification(Status::INVALID_TOMBSTONE_SIGNATURE),
        CANCELLED => error(key, code, Status::START_RESENDING_CANCELLED, Origin::Daemon),
        code => daemon(key, code, features),
    }
}

/// A replica's verdict, with what else the number can mean.
fn replica(code: u8, features: &Features) -> Error {
    let key = MessageKind::StartResending.key();
    let status = replica_status(code);
    let mut doubts = String::new();
    if code == INTERNAL_ERROR {
        doubts.push_str(" Or the daemon could not read the answer.");
    }
    // Daemons before v0.0.87 pass the courier's own 1 to 4 on bare. What is sure to be that
    // old does not know the directory authorities, which came with v0.0.81.
    if code <= 4 && !features.has(MessageKind::GetDirectoryAuthorities) {
        doubts.push_str(" Or, from a daemon this old, the courier's error of the same number.");
    }
    let text = status.text();
    Error::new(status, format!("{key} has code {code}: {text}{doubts}"))
        .with_daemon_code(code)
        .with_replica_code(code)
        .with_origin(Origin::Replica)
}

fn copy(code: u8, body: &CopyReply, features: &Features) -> Error {
    let key = MessageKind::StartCopy.key();
    match code {
        CANCELLED => error(key, code, Status::START_RESENDING_CANCELLED, Origin::Daemon),
        COPY_FAILED => copy_failed(body),
        code => daemon(key, code, features),
    }
}

fn copy_failed(body: &CopyReply) -> Error {
    let position = match body.failed_envelope {
        Some(position) => format!("at envelope {position}"),
        None => "at an unknown envelope".into(),
    };
    let replica_code = body.replica_error_code.filter(|code| *code != 0);
    let (origin, reason) = match replica_code {
        Some(code) => (
            Origin::Replica,
            format!(
                "the replica answered {code}: {}",
                replica_status(code).text()
            ),
        ),
        None => (Origin::Courier, "the courier could not perform it".into()),
    };
    let key = MessageKind::StartCopy.key();
    let mut made = Error::new(
        Status::COPY_FAILED,
        format!("{key} has code {COPY_FAILED}: stopped {position}, {reason}"),
    )
    .with_daemon_code(COPY_FAILED)
    .with_origin(origin);
    if let Some(code) = body.replica_error_code {
        made = made.with_replica_code(code);
    }
    if let Some(position) = body.failed_envelope {
        made = made.with_failed_envelope(position);
    }
    made
}
