//! kpc_event_*: what an event says.

use std::sync::Arc;

use super::{channels, kpc_event};
use crate::client::{ChannelNews, Event};
use crate::ffi::api::buffer::{kpc_buffer, Buffer};
use crate::ffi::api::directory::kpc_pki_document;
use crate::ffi::api::operation::kpc_result;
use crate::ffi::api::statistics::health;
use crate::ffi::api::values::kpc_id;
use crate::ffi::boundary::error::{kpc_error, ErrorDetail};
use crate::ffi::boundary::handles;
use crate::ffi::boundary::outputs::{out, out_handle};
use crate::ffi::boundary::status::kpc_status;
use crate::ffi::boundary::{call, get};
use crate::wire::Id;
use crate::{Error, Result, Status};

/// No event: what kpc_event_kind returns for what is no live kpc_event.
pub const KPC_EVENT_NONE: i32 = 0;
/// The daemon's connection with the mixnet has changed: kpc_event_is_connected,
/// kpc_event_instance_token, kpc_event_err_cbor.
pub const KPC_EVENT_CONNECTION_STATUS: i32 = 1;
/// A new directory document: kpc_event_pki_document, kpc_event_payload (its CBOR).
pub const KPC_EVENT_PKI_DOCUMENT: i32 = 2;
/// A plain message was sent, or could not be: kpc_event_message_id, kpc_event_surb_id,
/// kpc_event_sent_at_unix, kpc_event_reply_eta_ns, kpc_event_error.
pub const KPC_EVENT_MESSAGE_SENT: i32 = 3;
/// A plain message was answered: kpc_event_message_id, kpc_event_surb_id, kpc_event_payload,
/// kpc_event_reply_index, kpc_event_error.
pub const KPC_EVENT_MESSAGE_REPLY: i32 = 4;
/// The connection with the daemon was lost, or closed by the program: kpc_event_is_graceful,
/// kpc_event_error (the reason).
pub const KPC_EVENT_DISCONNECTED: i32 = 5;
/// The daemon announced that it stops.
pub const KPC_EVENT_SHUTDOWN: i32 = 6;
/// The daemon reports nothing more of a message: kpc_event_message_id.
pub const KPC_EVENT_MESSAGE_ID_COLLECTED: i32 = 7;
/// Older protocol, a channel query was sent, or could not be: kpc_event_message_id,
/// kpc_event_sent_at_unix, kpc_event_reply_eta_ns, kpc_event_error.
pub const KPC_EVENT_CHANNEL_QUERY_SENT: i32 = 8;
/// Older protocol, a channel query was answered: kpc_event_message_id, kpc_event_payload,
/// kpc_event_reply_index, kpc_event_error.
pub const KPC_EVENT_CHANNEL_QUERY_REPLY: i32 = 9;
/// Reconnected to the same daemon process.
pub const KPC_EVENT_RESUMED: i32 = 10;
/// Reconnected to another daemon process.
pub const KPC_EVENT_RESTARTED: i32 = 11;
/// An operation completed: kpc_event_result.
pub const KPC_EVENT_OPERATION: i32 = 12;
/// The reader was too slow: kpc_event_lost_count events were dropped.
pub const KPC_EVENT_OVERFLOW: i32 = 13;
/// The client was closed; nothing follows.
pub const KPC_EVENT_CLOSED: i32 = 14;
/// Progress of a copy stream: kpc_event_stream, kpc_event_boxes_written, kpc_event_boxes_needed,
/// kpc_event_is_copying.
pub const KPC_EVENT_COPY_PROGRESS: i32 = 15;
/// The courier that performs a copy command is in no new directory document, so it may never
/// answer: kpc_event_stream, kpc_event_courier.
pub const KPC_EVENT_COURIER_VANISHED: i32 = 16;
/// Messages of a writer are on the mixnet, up to a number: kpc_event_channel_name,
/// kpc_event_message_number.
pub const KPC_EVENT_STORED: i32 = 17;
/// A reader has a new message: kpc_event_channel_name, kpc_event_message_number.
pub const KPC_EVENT_RECEIVED: i32 = 18;
/// A writer or reader has failed and tries again: kpc_event_channel_name, kpc_event_is_writer,
/// kpc_event_error.
pub const KPC_EVENT_CHANNEL_RETRYING: i32 = 19;
/// A writer found a box that holds something else: kpc_event_channel_name, kpc_event_error.
pub const KPC_EVENT_CHANNEL_CONFLICT: i32 = 20;
/// A reader cannot open the next box: kpc_event_channel_name, kpc_event_error.
pub const KPC_EVENT_CHANNEL_STUCK: i32 = 21;
/// More of a file is on the mixnet, or was received: kpc_event_channel_name, kpc_event_is_writer,
/// kpc_event_file_done, kpc_event_file_size.
pub const KPC_EVENT_FILE_PROGRESS: i32 = 22;

/// The verdict on the daemon became KPC_HEALTH_SILENT, KPC_HEALTH_NOT_DRAINING or
/// KPC_HEALTH_WEDGED, or is so no longer: kpc_event_health. Other changes of the verdict have
/// events of their own.
pub const KPC_EVENT_HEALTH: i32 = 23;

/// What happened.
///
/// @param event  the event
/// @return KPC_EVENT_...; KPC_EVENT_NONE for what is no live kpc_event. Later versions add
///         kinds: leave unknown ones alone
#[no_mangle]
pub extern "C" fn kpc_event_kind(event: *const kpc_event) -> i32 {
    get(KPC_EVENT_NONE, || {
        Ok(match &*handles::get(event)? {
            Event::ConnectionStatus(_) => KPC_EVENT_CONNECTION_STATUS,
            Event::Document(_) => KPC_EVENT_PKI_DOCUMENT,
            Event::MessageSent(_) => KPC_EVENT_MESSAGE_SENT,
            Event::MessageReply(_) => KPC_EVENT_MESSAGE_REPLY,
            Event::Disconnected { .. } => KPC_EVENT_DISCONNECTED,
            Event::Shutdown => KPC_EVENT_SHUTDOWN,
            Event::MessageIdCollected(_) => KPC_EVENT_MESSAGE_ID_COLLECTED,
            Event::ChannelQuerySent(_) => KPC_EVENT_CHANNEL_QUERY_SENT,
            Event::ChannelQueryReply(_) => KPC_EVENT_CHANNEL_QUERY_REPLY,
            Event::Resumed => KPC_EVENT_RESUMED,
            Event::Restarted => KPC_EVENT_RESTARTED,
            Event::Operation(_) => KPC_EVENT_OPERATION,
            Event::Lost(_) => KPC_EVENT_OVERFLOW,
            Event::Closed => KPC_EVENT_CLOSED,
            Event::CopyProgress(_) => KPC_EVENT_COPY_PROGRESS,
            Event::CourierVanished(_) => KPC_EVENT_COURIER_VANISHED,
            Event::Health(_) => KPC_EVENT_HEALTH,
            Event::Channel(event) => match &event.news {
                ChannelNews::Stored(_) => KPC_EVENT_STORED,
                ChannelNews::Received(_) => KPC_EVENT_RECEIVED,
                ChannelNews::Retrying(_) => KPC_EVENT_CHANNEL_RETRYING,
                ChannelNews::Conflict(_) => KPC_EVENT_CHANNEL_CONFLICT,
                ChannelNews::Stuck(_) => KPC_EVENT_CHANNEL_STUCK,
                ChannelNews::File(_) => KPC_EVENT_FILE_PROGRESS,
            },
        })
    })
}

fn none(what: &str) -> Error {
    Error::new(Status::ARG_VALUE, format!("this event has no {what}"))
}

/// Whether the daemon is on the mixnet, for KPC_EVENT_CONNECTION_STATUS.
///
/// @param event  the event
/// @return true or false; false for any other event
#[no_mangle]
pub extern "C" fn kpc_event_is_connected(event: *const kpc_event) -> bool {
    get(false, || {
        Ok(matches!(&*handles::get(event)?, Event::ConnectionStatus(s) if s.is_connected))
    })
}

/// Whether the daemon was left on purpose or said that it stops, for KPC_EVENT_DISCONNECTED.
///
/// @param event  the event
/// @return true or false; false for any other event
#[no_mangle]
pub extern "C" fn kpc_event_is_graceful(event: *const kpc_event) -> bool {
    get(false, || {
        Ok(matches!(
            &*handles::get(event)?,
            Event::Disconnected { graceful: true, .. }
        ))
    })
}

/// The token that names the daemon process, for KPC_EVENT_CONNECTION_STATUS.
///
/// @param event  the event
/// @param token  receives the token
/// @param error  receives details of a failure; may be NULL
/// @return KPC_OK, any handle error, KPC_ERR_ARG_VALUE (the event has none)
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_event_instance_token(
    event: *const kpc_event,
    token: *mut kpc_id,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out(token, "token"), move || {
            id(event, "token of a daemon process", |event| match event {
                Event::ConnectionStatus(status) => status.instance_token,
                _ => None,
            })
        })
    }
}

/// What the daemon itself sent as `err` with KPC_EVENT_CONNECTION_STATUS: one item of CBOR, of
/// whatever shape. Today's daemons send none.
///
/// @param event  the event
/// @param cbor   receives the bytes
/// @param error  receives details of a failure; may be NULL
/// @return KPC_OK, any handle error, KPC_ERR_ARG_VALUE (the event has none)
///
/// Ownership: *cbor is the caller's, kpc_buffer_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_event_err_cbor(
    event: *const kpc_event,
    cbor: *mut *mut kpc_buffer,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_handle(cbor, "cbor"), move || {
            match &*handles::get(event)? {
                Event::ConnectionStatus(status) => status.err.clone(),
                _ => None,
            }
            .map(Buffer::new)
            .ok_or_else(|| none("err"))
        })
    }
}

fn id(
    event: *const kpc_event,
    what: &str,
    pick: impl FnOnce(&Event) -> Option<Id>,
) -> Result<kpc_id> {
    pick(&*handles::get(event)?)
        .map(|bytes| kpc_id { bytes })
        .ok_or_else(|| none(what))
}

/// The id of the message that an event is about.
///
/// @param event  the event
/// @param id     receives the id
/// @param error  receives details of a failure; may be NULL
/// @return KPC_OK, any handle error, KPC_ERR_ARG_VALUE (the event has none)
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_event_message_id(
    event: *const kpc_event,
    id: *mut kpc_id,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out(id, "id"), move || {
            self::id(event, "message id", |event| match event {
                Event::MessageSent(sent) => sent.message_id,
                Event::MessageReply(reply) => reply.message_id,
                Event::MessageIdCollected(id) => Some(*id),
                Event::ChannelQuerySent(sent) => sent.message_id,
                Event::ChannelQueryReply(reply) => reply.message_id,
                _ => None,
            })
        })
    }
}

/// The id of the reply block that an event is about, for KPC_EVENT_MESSAGE_SENT and
/// KPC_EVENT_MESSAGE_REPLY.
///
/// @param event  the event
/// @param id     receives the id
/// @param error  receives details of a failure; may be NULL
/// @return KPC_OK, any handle error, KPC_ERR_ARG_VALUE (the event has none)
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_event_surb_id(
    event: *const kpc_event,
    id: *mut kpc_id,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out(id, "id"), move || {
            self::id(event, "id of a reply block", |event| match event {
                Event::MessageSent(sent) => sent.surb_id,
                Event::MessageReply(reply) => reply.surb_id,
                _ => None,
            })
        })
    }
}

/// When a message was sent.
///
/// @param event  the event
/// @return Unix seconds; 0 if it was not sent, or for an event of another kind
#[no_mangle]
pub extern "C" fn kpc_event_sent_at_unix(event: *const kpc_event) -> i64 {
    get(0, || {
        Ok(match &*handles::get(event)? {
            Event::MessageSent(sent) if sent.error.is_none() => sent.sent_at,
            Event::ChannelQuerySent(sent) if sent.error.is_none() => sent.sent_at,
            _ => 0,
        })
    })
}

/// How long the round trip of a message is expected to take, counted from its sending.
///
/// @param event  the event
/// @return nanoseconds; 0 if it was not sent, or for an event of another kind
#[no_mangle]
pub extern "C" fn kpc_event_reply_eta_ns(event: *const kpc_event) -> i64 {
    get(0, || {
        Ok(match &*handles::get(event)? {
            Event::MessageSent(sent) if sent.error.is_none() => sent.reply_eta_ns,
            Event::ChannelQuerySent(sent) if sent.error.is_none() => sent.reply_eta_ns,
            _ => 0,
        })
    })
}

/// What a reply carries, or the CBOR of a document. The network pads replies to plain
/// messages with zeros.
///
/// @param event    the event
/// @param payload  receives the bytes, possibly none
/// @param error    receives details of a failure; may be NULL
/// @return KPC_OK, any handle error, KPC_ERR_ARG_VALUE (the event has none)
///
/// Ownership: *payload is the caller's, kpc_buffer_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_event_payload(
    event: *const kpc_event,
    payload: *mut *mut kpc_buffer,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_handle(payload, "payload"), move || {
            let bytes = match &*handles::get(event)? {
                Event::MessageReply(reply) => reply.payload.clone(),
                Event::ChannelQueryReply(reply) => reply.payload.clone(),
                Event::Document(document) => document.cbor().clone(),
                _ => return Err(none("payload")),
            };
            Ok(Buffer::new(bytes))
        })
    }
}

/// Which of the two replicas of a box answered (daemons up to v0.0.72).
///
/// @param event  the event
/// @return 0 or 1; -1 if the event does not say
#[no_mangle]
pub extern "C" fn kpc_event_reply_index(event: *const kpc_event) -> i32 {
    get(-1, || {
        Ok(match &*handles::get(event)? {
            Event::MessageReply(reply) => reply.reply_index.map_or(-1, i32::from),
            Event::ChannelQueryReply(reply) => reply.reply_index.map_or(-1, i32::from),
            _ => -1,
        })
    })
}

/// What went wrong, for the events that can report a failure.
///
/// @param event  the event
/// @return the error; NULL if nothing went wrong, for what is no live kpc_event, or without
///         memory
///
/// Ownership: the error is the caller's, kpc_error_free.
#[no_mangle]
#[must_use]
pub extern "C" fn kpc_event_error(event: *const kpc_event) -> *mut kpc_error {
    get(std::ptr::null_mut(), || {
        let event = handles::get(event)?;
        let error = match &*event {
            Event::MessageSent(sent) => sent.error.as_ref(),
            Event::MessageReply(reply) => reply.error.as_ref(),
            Event::ChannelQuerySent(sent) => sent.error.as_ref(),
            Event::ChannelQueryReply(reply) => reply.error.as_ref(),
            Event::Disconnected { reason, .. } => reason.as_ref(),
            Event::Channel(event) => channels::trouble(event),
            _ => None,
        };
        match error {
            Some(error) => handles::insert(ErrorDetail::new(error.clone())),
            None => Ok(std::ptr::null_mut()),
        }
    })
}

/// The document of KPC_EVENT_PKI_DOCUMENT.
///
/// @param event     the event
/// @param document  receives the document
/// @param error     receives details of a failure; may be NULL
/// @return KPC_OK, any handle error, KPC_ERR_ARG_VALUE (the event has none)
///
/// Ownership: *document is the caller's, kpc_pki_document_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_event_pki_document(
    event: *const kpc_event,
    document: *mut *mut kpc_pki_document,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(
            error,
            out_handle(document, "document"),
            move || match &*handles::get(event)? {
                Event::Document(document) => Ok(Arc::clone(document)),
                _ => Err(none("document")),
            },
        )
    }
}

/// The result of KPC_EVENT_OPERATION, for the _result function of the call that started it.
///
/// @param event   the event
/// @param result  receives the result
/// @param error   receives details of a failure; may be NULL
/// @return KPC_OK, any handle error, KPC_ERR_ARG_VALUE (the event has none)
///
/// Ownership: *result is the caller's, kpc_result_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_event_result(
    event: *const kpc_event,
    result: *mut *mut kpc_result,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(
            error,
            out_handle(result, "result"),
            move || match &*handles::get(event)? {
                Event::Operation(completed) => Ok(Arc::clone(completed)),
                _ => Err(none("result")),
            },
        )
    }
}

/// How many events were dropped, for KPC_EVENT_OVERFLOW.
///
/// @param event  the event
/// @return the number; 0 for any other event
#[no_mangle]
pub extern "C" fn kpc_event_lost_count(event: *const kpc_event) -> u64 {
    get(0, || {
        Ok(match &*handles::get(event)? {
            Event::Lost(count) => *count,
            _ => 0,
        })
    })
}

/// How the daemon is, for KPC_EVENT_HEALTH.
///
/// @param event  the event
/// @return a KPC_HEALTH_ value; KPC_HEALTH_NONE for any other event
#[no_mangle]
pub extern "C" fn kpc_event_health(event: *const kpc_event) -> i32 {
    get(health::KPC_HEALTH_NONE, || {
        Ok(match &*handles::get(event)? {
            Event::Health(verdict) => health::number(*verdict),
            _ => health::KPC_HEALTH_NONE,
        })
    })
}
