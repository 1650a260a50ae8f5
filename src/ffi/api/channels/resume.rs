//! kpc_resume_write_channel, kpc_resume_read_channel …: channels opened again after a crash or a close.

use super::kpc_channel;
use super::query;
use super::query::kpc_channel_query;
use crate::client::ChannelId;
use crate::ffi::api::client::kpc_client;
use crate::ffi::api::operation;
use crate::ffi::api::operation::{
    asynchronous, blocking, kpc_completion, kpc_op, kpc_result, Done,
};
use crate::ffi::api::values::{kpc_box_index, kpc_read_cap, kpc_write_cap, optional_index};
use crate::ffi::boundary::arguments;
use crate::ffi::boundary::call;
use crate::ffi::boundary::error::kpc_error;
use crate::ffi::boundary::outputs::out;
use crate::ffi::boundary::status::kpc_status;

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
        call(error, out(channel, "channel"), move || {
            let v = blocking(client, timeout_ms, |client| {
                client.resume_write_channel(
                    &arguments::value(write_cap, "write_cap")?.checked()?,
                    optional_index(index)?.as_ref(),
                )
            })?;
            Ok(v)
        })
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
        asynchronous(client, timeout_ms, done, op, error, move |client| {
            client.resume_write_channel(
                &arguments::value(write_cap, "write_cap")?.checked()?,
                optional_index(index)?.as_ref(),
            )
        })
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
        call(error, out(channel, "channel"), move || {
            let v: ChannelId = operation::result("kpc_resume_write_channel", result)?;
            Ok(v)
        })
    }
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
        call(error, out(channel, "channel"), move || {
            let v = blocking(client, timeout_ms, |client| {
                client.resume_write_channel_query(
                    &arguments::value(write_cap, "write_cap")?.checked()?,
                    &*query::get(query)?,
                )
            })?;
            Ok(v)
        })
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
        asynchronous(client, timeout_ms, done, op, error, move |client| {
            client.resume_write_channel_query(
                &arguments::value(write_cap, "write_cap")?.checked()?,
                &*query::get(query)?,
            )
        })
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
        call(error, out(channel, "channel"), move || {
            let v: ChannelId = operation::result("kpc_resume_write_channel_query", result)?;
            Ok(v)
        })
    }
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
        call(error, out(channel, "channel"), move || {
            let v = blocking(client, timeout_ms, |client| {
                client.resume_read_channel(
                    &arguments::value(read_cap, "read_cap")?.checked()?,
                    optional_index(index)?.as_ref(),
                    query::reply_index(reply_index)?,
                )
            })?;
            Ok(v)
        })
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
        asynchronous(client, timeout_ms, done, op, error, move |client| {
            client.resume_read_channel(
                &arguments::value(read_cap, "read_cap")?.checked()?,
                optional_index(index)?.as_ref(),
                query::reply_index(reply_index)?,
            )
        })
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
        call(error, out(channel, "channel"), move || {
            let v: ChannelId = operation::result("kpc_resume_read_channel", result)?;
            Ok(v)
        })
    }
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
        call(error, out(channel, "channel"), move || {
            let v = blocking(client, timeout_ms, |client| {
                client.resume_read_channel_query(
                    &arguments::value(read_cap, "read_cap")?.checked()?,
                    &*query::get(query)?,
                )
            })?;
            Ok(v)
        })
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
        asynchronous(client, timeout_ms, done, op, error, move |client| {
            client.resume_read_channel_query(
                &arguments::value(read_cap, "read_cap")?.checked()?,
                &*query::get(query)?,
            )
        })
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
        call(error, out(channel, "channel"), move || {
            let v: ChannelId = operation::result("kpc_resume_read_channel_query", result)?;
            Ok(v)
        })
    }
}
