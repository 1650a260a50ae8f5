//! kpc_send_channel_query, kpc_send_channel_query_await_reply: prepared queries sent to a courier.

use std::sync::Arc;

use super::kpc_channel;
use super::query;
use super::query::kpc_channel_query;
use crate::client::{Call, ChannelReply, Client};
use crate::ffi::api::buffer::{kpc_buffer, Buffer};
use crate::ffi::api::client::kpc_client;
use crate::ffi::api::ids;
use crate::ffi::api::operation::{
    asynchronous, immediate, kpc_completion, kpc_op, kpc_result, result_form, waiting_form, Done,
};
use crate::ffi::api::values::{kpc_id, kpc_service};
use crate::ffi::boundary::arguments;
use crate::ffi::boundary::call;
use crate::ffi::boundary::error::kpc_error;
use crate::ffi::boundary::outputs::{out, out_handle};
use crate::ffi::boundary::status::kpc_status;
use crate::Result;

/// Sends a prepared query. Returns once the query is queued. KPC_EVENT_CHANNEL_QUERY_SENT, with
/// kpc_event_error if it could not be sent, and then KPC_EVENT_CHANNEL_QUERY_REPLY report the
/// outcome, both with message_id. The query is sent again after a lost connection, and when no
/// reply came in time. A query may be sent any number of times, one after the other.
///
/// A reply without payload and error is success: the write is done, or the box is not there
/// yet.
///
/// @param client      the client
/// @param channel     the channel
/// @param query       the query; it is not used up
/// @param courier     a courier of the current document, of kpc_client_get_service with
///                    "courier". Daemons of today choose the courier themselves
/// @param message_id  names the query in its events; of kpc_new_message_id
/// @param error       receives details of a failure; may be NULL
/// @return KPC_OK, any argument error, KPC_ERR_NOT_CONNECTED, KPC_ERR_CLOSED,
///         KPC_ERR_DAEMON_CHANNEL_NOT_FOUND (no such channel is open),
///         KPC_ERR_DAEMON_INVALID_CHANNEL (the query goes the other way than the channel),
///         KPC_ERR_ARG_SIZE (a payload or queue id of impossible length),
///         KPC_ERR_SERVICE_NOT_FOUND (no such courier in the current document), KPC_ERR_OFFLINE
///         (the daemon is not on the mixnet), KPC_ERR_NO_PKI_DOCUMENT, KPC_ERR_BUSY (this query
///         or message id, or another write for the same box, is on its way),
///         KPC_ERR_BOX_ALREADY_EXISTS (another query of the channel has written the box:
///         prepare the write again)
///
/// Threads: any, callbacks included.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_send_channel_query(
    client: *mut kpc_client,
    channel: kpc_channel,
    query: *const kpc_channel_query,
    courier: *const kpc_service,
    message_id: *const kpc_id,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, (), move || {
            let () = immediate(client, |client| {
                client.send_channel_query(
                    channel,
                    &*query::get(query)?,
                    &arguments::value(courier, "courier")?.destination()?,
                    &arguments::value(message_id, "message_id")?.bytes,
                )
            })?;
            Ok(())
        })
    }
}

/// # Safety
/// Each pointer is NULL or points to what the header asks for, which nobody changes meanwhile.
unsafe fn send_channel_query_await_reply(
    client: &Client,
    channel: kpc_channel,
    query: *const kpc_channel_query,
    courier: *const kpc_service,
    message_id: *const kpc_id,
) -> Result<Call<ChannelReply>> {
    let query = query::get(query)?;
    // SAFETY: NULL or valid by the caller's word; nothing borrowed is kept beyond this call.
    let (courier, message_id) = unsafe {
        (
            arguments::value(courier, "courier")?.destination()?,
            ids::id_or_new(message_id, "message_id")?,
        )
    };
    client.send_channel_query_await_reply(channel, &query, &courier, &message_id)
}

fn reply_values(v: ChannelReply) -> Result<(Arc<Buffer>, i32)> {
    Ok((Buffer::new(v.payload), v.reply_index.map_or(-1, i32::from)))
}

/// As kpc_send_channel_query, and waits for the reply, which no event reports then.
/// kpc_cancel_resending_encrypted_message with the hash of the query's envelope cancels it.
///
/// A read of a box that was deleted fails with KPC_ERR_TOMBSTONE; pass the index after it to
/// kpc_read_channel to continue.
///
/// @param client       the client
/// @param channel      the channel
/// @param query        the query; it is not used up
/// @param courier      a courier of the current document, of kpc_client_get_service with
///                     "courier". Daemons of today choose the courier themselves
/// @param message_id   names the query in its events; NULL: one is generated
/// @param timeout_ms   how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param payload      receives what a read found; empty for a write, and where the box is not
///                     there yet
/// @param reply_index  receives which of the two replicas answered, 0 or 1; -1 where that is not
///                     known; may be NULL
/// @param error        receives details of a failure; may be NULL
/// @return KPC_OK, any call error, any resending outcome, KPC_ERR_DAEMON_CHANNEL_NOT_FOUND (no
///         such channel is open), KPC_ERR_DAEMON_INVALID_CHANNEL (the query goes the other way
///         than the channel), KPC_ERR_ARG_SIZE (a payload or queue id of impossible length),
///         KPC_ERR_SERVICE_NOT_FOUND (no such courier in the current document), KPC_ERR_OFFLINE
///         (the daemon is not on the mixnet), KPC_ERR_NO_PKI_DOCUMENT, KPC_ERR_BUSY (this query
///         or message id, or another write for the same box, is on its way),
///         KPC_ERR_BOX_ALREADY_EXISTS (another query of the channel has written the box:
///         prepare the write again), KPC_ERR_CANCELLED (the channel was closed),
///         KPC_ERR_TOMBSTONE, KPC_ERR_DAEMON_INVALID_PAYLOAD, KPC_ERR_COURIER_INVALID_EPOCH
///         (prepare the query again)
///
/// Ownership: *payload is the caller's, kpc_buffer_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_send_channel_query_await_reply(
    client: *mut kpc_client,
    channel: kpc_channel,
    query: *const kpc_channel_query,
    courier: *const kpc_service,
    message_id: *const kpc_id,
    timeout_ms: i32,
    payload: *mut *mut kpc_buffer,
    reply_index: *mut i32,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = (
            out_handle(payload, "payload"),
            out(reply_index, "reply_index").optional(),
        );
        let make = |client: &Client| {
            send_channel_query_await_reply(client, channel, query, courier, message_id)
        };
        waiting_form(client, timeout_ms, error, outputs, make, reply_values)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_send_channel_query_await_reply_async(
    client: *mut kpc_client,
    channel: kpc_channel,
    query: *const kpc_channel_query,
    courier: *const kpc_service,
    message_id: *const kpc_id,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_send_channel_query_await_reply", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |client: &Client| {
            send_channel_query_await_reply(client, channel, query, courier, message_id)
        };
        asynchronous(client, timeout_ms, done, op, error, make)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_send_channel_query_await_reply_result(
    result: *const kpc_result,
    payload: *mut *mut kpc_buffer,
    reply_index: *mut i32,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let name = "kpc_send_channel_query_await_reply";
        let outputs = (
            out_handle(payload, "payload"),
            out(reply_index, "reply_index").optional(),
        );
        result_form(name, result, error, outputs, reply_values)
    }
}
