//! kpc_resume_write_channel, kpc_resume_read_channel …: channels opened again after a crash or a close.

use super::kpc_channel;
use super::query;
use super::query::kpc_channel_query;
use crate::client::{Call, ChannelId, Client};
use crate::ffi::api::client::kpc_client;
use crate::ffi::api::operation::{
    asynchronous, kpc_completion, kpc_op, kpc_result, result_form, waiting_form, Done,
};
use crate::ffi::api::values::{kpc_box_index, kpc_read_cap, kpc_write_cap, optional_index};
use crate::ffi::boundary::arguments;
use crate::ffi::boundary::error::kpc_error;
use crate::ffi::boundary::outputs::out;
use crate::ffi::boundary::status::kpc_status;
use crate::Result;

/// # Safety
/// Each pointer is NULL or points to what the header asks for, which nobody changes meanwhile.
unsafe fn resume_write_channel(
    client: &Client,
    write_cap: *const kpc_write_cap,
    index: *const kpc_box_index,
) -> Result<Call<ChannelId>> {
    // SAFETY: NULL or valid by the caller's word; nothing borrowed is kept beyond this call.
    let (write_cap, index) = unsafe {
        (
            arguments::value(write_cap, "write_cap")?.checked()?,
            optional_index(index)?,
        )
    };
    client.resume_write_channel(&write_cap, index.as_ref())
}

/// Opens a channel to continue writing to a stream. A query that was prepared before and perhaps
/// not sent can be sent on it.
///
/// @param client      the client
/// @param write_cap   the capability of the stream
/// @param index       where the next write goes, kpc_channel_query_next_index of the last query;
///                    NULL if nothing was written yet
/// @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param channel     receives the channel
/// @param error       receives details of a failure; may be NULL
/// @return KPC_OK, any call error, KPC_ERR_INVALID_CAPABILITY,
///         KPC_ERR_DAEMON_INVALID_RESUME_WRITE, KPC_ERR_DAEMON_IMPOSSIBLE_HASH,
///         KPC_ERR_DAEMON_INTERNAL, KPC_ERR_DAEMON_CONNECTION_LOST
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_resume_write_channel(
    client: *mut kpc_client,
    write_cap: *const kpc_write_cap,
    index: *const kpc_box_index,
    timeout_ms: i32,
    channel: *mut kpc_channel,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out(channel, "channel");
        let make = |client: &Client| resume_write_channel(client, write_cap, index);
        waiting_form(client, timeout_ms, error, outputs, make, Ok)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_resume_write_channel_async(
    client: *mut kpc_client,
    write_cap: *const kpc_write_cap,
    index: *const kpc_box_index,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_resume_write_channel", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |client: &Client| resume_write_channel(client, write_cap, index);
        asynchronous(client, timeout_ms, done, op, error, make)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_resume_write_channel_result(
    result: *const kpc_result,
    channel: *mut kpc_channel,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out(channel, "channel");
        result_form("kpc_resume_write_channel", result, error, outputs, Ok)
    }
}

/// # Safety
/// Each pointer is NULL or points to what the header asks for, which nobody changes meanwhile.
unsafe fn resume_write_channel_query(
    client: &Client,
    write_cap: *const kpc_write_cap,
    query: *const kpc_channel_query,
) -> Result<Call<ChannelId>> {
    // SAFETY: NULL or valid by the caller's word; nothing borrowed is kept beyond this call.
    let write_cap = unsafe { arguments::value(write_cap, "write_cap")?.checked()? };
    client.resume_write_channel_query(&write_cap, &*query::get(query)?)
}

/// Opens a channel to continue writing to a stream whose last query was prepared and perhaps not
/// sent, or not answered. The channel stands at that query's box until the query, sent on this
/// channel, is answered.
///
/// @param client      the client
/// @param write_cap   the capability of the stream
/// @param query       the last query, one that writes
/// @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param channel     receives the channel
/// @param error       receives details of a failure; may be NULL
/// @return KPC_OK, any call error, any daemon error, KPC_ERR_INVALID_CAPABILITY,
///         KPC_ERR_DAEMON_INVALID_RESUME_WRITE, KPC_ERR_DAEMON_IMPOSSIBLE_HASH,
///         KPC_ERR_DAEMON_CONNECTION_LOST
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_resume_write_channel_query(
    client: *mut kpc_client,
    write_cap: *const kpc_write_cap,
    query: *const kpc_channel_query,
    timeout_ms: i32,
    channel: *mut kpc_channel,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out(channel, "channel");
        let make = |client: &Client| resume_write_channel_query(client, write_cap, query);
        waiting_form(client, timeout_ms, error, outputs, make, Ok)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_resume_write_channel_query_async(
    client: *mut kpc_client,
    write_cap: *const kpc_write_cap,
    query: *const kpc_channel_query,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_resume_write_channel_query", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |client: &Client| resume_write_channel_query(client, write_cap, query);
        asynchronous(client, timeout_ms, done, op, error, make)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_resume_write_channel_query_result(
    result: *const kpc_result,
    channel: *mut kpc_channel,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out(channel, "channel");
        result_form("kpc_resume_write_channel_query", result, error, outputs, Ok)
    }
}

/// # Safety
/// Each pointer is NULL or points to what the header asks for, which nobody changes meanwhile.
unsafe fn resume_read_channel(
    client: &Client,
    read_cap: *const kpc_read_cap,
    index: *const kpc_box_index,
    reply_index: i32,
) -> Result<Call<ChannelId>> {
    // SAFETY: NULL or valid by the caller's word; nothing borrowed is kept beyond this call.
    let (read_cap, index) = unsafe {
        (
            arguments::value(read_cap, "read_cap")?.checked()?,
            optional_index(index)?,
        )
    };
    client.resume_read_channel(&read_cap, index.as_ref(), query::reply_index(reply_index)?)
}

/// Opens a channel to continue reading a stream. A query that was prepared before and perhaps not
/// sent can be sent on it.
///
/// @param client       the client
/// @param read_cap     the capability of the stream
/// @param index        where the next read goes, kpc_channel_query_next_index of the last query;
///                     NULL if nothing was read yet
/// @param reply_index  which of the two replicas of a box reads ask for where they do not say,
///                     0 or 1; -1 leaves it open
/// @param timeout_ms   how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param channel      receives the channel
/// @param error        receives details of a failure; may be NULL
/// @return KPC_OK, any call error, KPC_ERR_INVALID_CAPABILITY,
///         KPC_ERR_DAEMON_INVALID_RESUME_READ, KPC_ERR_DAEMON_INTERNAL,
///         KPC_ERR_DAEMON_CONNECTION_LOST
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_resume_read_channel(
    client: *mut kpc_client,
    read_cap: *const kpc_read_cap,
    index: *const kpc_box_index,
    reply_index: i32,
    timeout_ms: i32,
    channel: *mut kpc_channel,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out(channel, "channel");
        let make = |client: &Client| resume_read_channel(client, read_cap, index, reply_index);
        waiting_form(client, timeout_ms, error, outputs, make, Ok)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_resume_read_channel_async(
    client: *mut kpc_client,
    read_cap: *const kpc_read_cap,
    index: *const kpc_box_index,
    reply_index: i32,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_resume_read_channel", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |client: &Client| resume_read_channel(client, read_cap, index, reply_index);
        asynchronous(client, timeout_ms, done, op, error, make)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_resume_read_channel_result(
    result: *const kpc_result,
    channel: *mut kpc_channel,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out(channel, "channel");
        result_form("kpc_resume_read_channel", result, error, outputs, Ok)
    }
}

/// # Safety
/// Each pointer is NULL or points to what the header asks for, which nobody changes meanwhile.
unsafe fn resume_read_channel_query(
    client: &Client,
    read_cap: *const kpc_read_cap,
    query: *const kpc_channel_query,
) -> Result<Call<ChannelId>> {
    // SAFETY: NULL or valid by the caller's word; nothing borrowed is kept beyond this call.
    let read_cap = unsafe { arguments::value(read_cap, "read_cap")?.checked()? };
    client.resume_read_channel_query(&read_cap, &*query::get(query)?)
}

/// Opens a channel to continue reading a stream whose last query was prepared and perhaps not sent,
/// or not answered. The channel stands at that query's box until the query, sent on this channel,
/// has found something.
///
/// @param client      the client
/// @param read_cap    the capability of the stream
/// @param query       the last query, one that reads
/// @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param channel     receives the channel
/// @param error       receives details of a failure; may be NULL
/// @return KPC_OK, any call error, any daemon error, KPC_ERR_INVALID_CAPABILITY,
///         KPC_ERR_DAEMON_INVALID_RESUME_READ, KPC_ERR_DAEMON_CONNECTION_LOST
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_resume_read_channel_query(
    client: *mut kpc_client,
    read_cap: *const kpc_read_cap,
    query: *const kpc_channel_query,
    timeout_ms: i32,
    channel: *mut kpc_channel,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out(channel, "channel");
        let make = |client: &Client| resume_read_channel_query(client, read_cap, query);
        waiting_form(client, timeout_ms, error, outputs, make, Ok)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_resume_read_channel_query_async(
    client: *mut kpc_client,
    read_cap: *const kpc_read_cap,
    query: *const kpc_channel_query,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_resume_read_channel_query", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |client: &Client| resume_read_channel_query(client, read_cap, query);
        asynchronous(client, timeout_ms, done, op, error, make)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_resume_read_channel_query_result(
    result: *const kpc_result,
    channel: *mut kpc_channel,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out(channel, "channel");
        result_form("kpc_resume_read_channel_query", result, error, outputs, Ok)
    }
}
