//! kpc_write_channel, kpc_read_channel: queries prepared on a channel, for kpc_send_channel_query.

use super::kpc_channel;
use super::query;
use super::query::kpc_channel_query;
use crate::client::{Call, ChannelQuery, Client};
use crate::ffi::api::client::kpc_client;
use crate::ffi::api::operation::{
    asynchronous, kpc_completion, kpc_op, kpc_result, object, result_form, waiting_form, Done,
};
use crate::ffi::api::values::{kpc_box_index, optional_index};
use crate::ffi::boundary::arguments;
use crate::ffi::boundary::error::kpc_error;
use crate::ffi::boundary::outputs::out_handle;
use crate::ffi::boundary::status::kpc_status;
use crate::Result;

/// # Safety
/// Each pointer is NULL or points to what the header asks for, which nobody changes meanwhile.
unsafe fn write_channel(
    client: &Client,
    channel: kpc_channel,
    payload: *const u8,
    payload_len: usize,
) -> Result<Call<ChannelQuery>> {
    // SAFETY: NULL or valid by the caller's word; nothing borrowed is kept beyond this call.
    let payload = unsafe { arguments::bytes(payload, payload_len, "payload")? };
    client.write_channel(channel, payload)
}

/// Prepares the write of the channel's next box. Nothing is sent: store the query, then send
/// it. The channel moves on to the box after it when the query, sent on this channel, is
/// answered; until then another write is prepared for the same box, of which only the first
/// that is sent counts.
///
/// To delete a box, use kpc_tombstone_box.
///
/// @param client       the client
/// @param channel      the channel
/// @param payload      what to write
/// @param payload_len  how many bytes, at least 1, as an empty reply means to a reader that nothing
///                     is there yet; at most MaxPlaintextPayloadLength of
///                     kpc_client_pigeonhole_geometry
/// @param timeout_ms   how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param query        receives the query
/// @param error        receives details of a failure; may be NULL
/// @return KPC_OK, any call error, any daemon error, KPC_ERR_DAEMON_CHANNEL_NOT_FOUND (no such
///         channel is open), KPC_ERR_DAEMON_INVALID_CHANNEL (it goes the other way),
///         KPC_ERR_ARG_EMPTY, KPC_ERR_PAYLOAD_TOO_LARGE, KPC_ERR_NO_GEOMETRY,
///         KPC_ERR_NO_PKI_DOCUMENT, KPC_ERR_DAEMON_CONNECTION_LOST
///
/// Ownership: *query is the caller's, kpc_channel_query_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_write_channel(
    client: *mut kpc_client,
    channel: kpc_channel,
    payload: *const u8,
    payload_len: usize,
    timeout_ms: i32,
    query: *mut *mut kpc_channel_query,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out_handle(query, "query");
        let make = |client: &Client| write_channel(client, channel, payload, payload_len);
        waiting_form(client, timeout_ms, error, outputs, make, object)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_write_channel_async(
    client: *mut kpc_client,
    channel: kpc_channel,
    payload: *const u8,
    payload_len: usize,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_write_channel", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |client: &Client| write_channel(client, channel, payload, payload_len);
        asynchronous(client, timeout_ms, done, op, error, make)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_write_channel_result(
    result: *const kpc_result,
    query: *mut *mut kpc_channel_query,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out_handle(query, "query");
        result_form("kpc_write_channel", result, error, outputs, object)
    }
}

/// # Safety
/// Each pointer is NULL or points to what the header asks for, which nobody changes meanwhile.
unsafe fn read_channel(
    client: &Client,
    channel: kpc_channel,
    index: *const kpc_box_index,
    reply_index: i32,
) -> Result<Call<ChannelQuery>> {
    // SAFETY: NULL or valid by the caller's word; nothing borrowed is kept beyond this call.
    let index = unsafe { optional_index(index)? };
    client.read_channel(channel, index.as_ref(), query::reply_index(reply_index)?)
}

/// Prepares the read of a box. Nothing is sent: store the query, then send it, up to three times
/// while nothing is there, and then prepare the read again. The channel moves on to the box after
/// it when the query, sent on this channel, has found something; it never goes back.
///
/// Couriers up to v0.0.72 look for the box when a query first comes, answer with what they found
/// from the second sending on, and keep that answer: a query that came before the write finds
/// nothing, and one that is sent only once finds nothing either.
///
/// Several reads may be prepared ahead on one channel, and sent in any order.
///
/// @param client       the client
/// @param channel      the channel
/// @param index        which box; NULL for the next one of the channel
/// @param reply_index  which of the two replicas of the box to ask for, 0 or 1; -1 for what the
///                     channel was resumed with, or either. Daemons of today ask both and ignore it
/// @param timeout_ms   how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param query        receives the query
/// @param error        receives details of a failure; may be NULL
/// @return KPC_OK, any call error, any daemon error, KPC_ERR_DAEMON_CHANNEL_NOT_FOUND (no such
///         channel is open), KPC_ERR_DAEMON_INVALID_CHANNEL (it goes the other way),
///         KPC_ERR_NO_PKI_DOCUMENT, KPC_ERR_DAEMON_CONNECTION_LOST
///
/// Ownership: *query is the caller's, kpc_channel_query_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_read_channel(
    client: *mut kpc_client,
    channel: kpc_channel,
    index: *const kpc_box_index,
    reply_index: i32,
    timeout_ms: i32,
    query: *mut *mut kpc_channel_query,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out_handle(query, "query");
        let make = |client: &Client| read_channel(client, channel, index, reply_index);
        waiting_form(client, timeout_ms, error, outputs, make, object)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_read_channel_async(
    client: *mut kpc_client,
    channel: kpc_channel,
    index: *const kpc_box_index,
    reply_index: i32,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_read_channel", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |client: &Client| read_channel(client, channel, index, reply_index);
        asynchronous(client, timeout_ms, done, op, error, make)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_read_channel_result(
    result: *const kpc_result,
    query: *mut *mut kpc_channel_query,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out_handle(query, "query");
        result_form("kpc_read_channel", result, error, outputs, object)
    }
}
