//! kpc_create_write_channel, kpc_create_read_channel, kpc_close_channel: channels of the older API.

pub mod prepare;
pub mod query;
pub mod resume;
pub mod send;

use crate::client::{Call, ChannelId, Client, NewChannel};
use crate::ffi::api::client::kpc_client;
use crate::ffi::api::operation::{
    asynchronous, kpc_completion, kpc_op, kpc_result, result_form, waiting_form, Done,
};
use crate::ffi::api::values::{kpc_read_cap, kpc_write_cap};
use crate::ffi::boundary::arguments;
use crate::ffi::boundary::error::kpc_error;
use crate::ffi::boundary::outputs::out;
use crate::ffi::boundary::status::kpc_status;
use crate::Result;

/// Names a channel of one client: never 0, never used twice by it. A channel is one end of a
/// stream of boxes, and knows where its next write or read goes. It outlives a lost
/// connection and a restarted daemon, but not its client: what is to outlive that is stored
/// by the program, as the capability, and the last kpc_channel_query or an index.
///
/// On daemons up to v0.0.72 these are the channels of their own API; on today's daemons they
/// are carried by the requests for boxes. A program sees no difference.
pub type kpc_channel = u64;

fn channel_values(v: NewChannel) -> Result<(ChannelId, kpc_read_cap, kpc_write_cap)> {
    Ok((v.id, (&v.read_cap).into(), (&v.write_cap).into()))
}

/// Makes a new stream and opens a channel to write to it. Nothing is sent to the network.
///
/// @param client      the client
/// @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param channel     receives the channel
/// @param read_cap    receives what readers need
/// @param write_cap   receives what a resumption of the channel needs; secret
/// @param error       receives details of a failure; may be NULL
/// @return KPC_OK, any call error, KPC_ERR_DAEMON_IMPOSSIBLE_NEW_WRITE_CAP,
///         KPC_ERR_DAEMON_IMPOSSIBLE_NEW_STATEFUL_WRITER, KPC_ERR_DAEMON_INTERNAL,
///         KPC_ERR_DAEMON_CONNECTION_LOST
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_create_write_channel(
    client: *mut kpc_client,
    timeout_ms: i32,
    channel: *mut kpc_channel,
    read_cap: *mut kpc_read_cap,
    write_cap: *mut kpc_write_cap,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = (
            out(channel, "channel"),
            out(read_cap, "read_cap"),
            out(write_cap, "write_cap"),
        );
        waiting_form(
            client,
            timeout_ms,
            error,
            outputs,
            Client::create_write_channel,
            channel_values,
        )
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_create_write_channel_async(
    client: *mut kpc_client,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_create_write_channel", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        asynchronous(
            client,
            timeout_ms,
            done,
            op,
            error,
            Client::create_write_channel,
        )
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_create_write_channel_result(
    result: *const kpc_result,
    channel: *mut kpc_channel,
    read_cap: *mut kpc_read_cap,
    write_cap: *mut kpc_write_cap,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let name = "kpc_create_write_channel";
        let outputs = (
            out(channel, "channel"),
            out(read_cap, "read_cap"),
            out(write_cap, "write_cap"),
        );
        result_form(name, result, error, outputs, channel_values)
    }
}

/// # Safety
/// Each pointer is NULL or points to what the header asks for, which nobody changes meanwhile.
unsafe fn create_read_channel(
    client: &Client,
    read_cap: *const kpc_read_cap,
) -> Result<Call<ChannelId>> {
    // SAFETY: NULL or valid by the caller's word; nothing borrowed is kept beyond this call.
    let read_cap = unsafe { arguments::value(read_cap, "read_cap")?.checked()? };
    client.create_read_channel(&read_cap)
}

/// Opens a channel to read a stream from its beginning. Nothing is sent to the network.
///
/// @param client      the client
/// @param read_cap    the capability of the stream
/// @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param channel     receives the channel
/// @param error       receives details of a failure; may be NULL
/// @return KPC_OK, any call error, any daemon error, KPC_ERR_INVALID_CAPABILITY,
///         KPC_ERR_DAEMON_CONNECTION_LOST
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_create_read_channel(
    client: *mut kpc_client,
    read_cap: *const kpc_read_cap,
    timeout_ms: i32,
    channel: *mut kpc_channel,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out(channel, "channel");
        let make = |client: &Client| create_read_channel(client, read_cap);
        waiting_form(client, timeout_ms, error, outputs, make, Ok)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_create_read_channel_async(
    client: *mut kpc_client,
    read_cap: *const kpc_read_cap,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_create_read_channel", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |client: &Client| create_read_channel(client, read_cap);
        asynchronous(client, timeout_ms, done, op, error, make)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_create_read_channel_result(
    result: *const kpc_result,
    channel: *mut kpc_channel,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out(channel, "channel");
        result_form("kpc_create_read_channel", result, error, outputs, Ok)
    }
}

fn close_channel(client: &Client, channel: kpc_channel) -> Result<Call<()>> {
    client.close_channel(channel)
}

/// Closes a channel. Its queries in flight complete with KPC_ERR_CANCELLED; what has left may still
/// arrive. The stream stays as it is, and can be resumed.
///
/// @param client      the client
/// @param channel     the channel
/// @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param error       receives details of a failure; may be NULL
/// @return KPC_OK, any call error, KPC_ERR_DAEMON_CHANNEL_NOT_FOUND (no such channel is open)
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_close_channel(
    client: *mut kpc_client,
    channel: kpc_channel,
    timeout_ms: i32,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |client: &Client| close_channel(client, channel);
        waiting_form(client, timeout_ms, error, (), make, Ok)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_close_channel_async(
    client: *mut kpc_client,
    channel: kpc_channel,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_close_channel", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |client: &Client| close_channel(client, channel);
        asynchronous(client, timeout_ms, done, op, error, make)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_close_channel_result(
    result: *const kpc_result,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe { result_form("kpc_close_channel", result, error, (), Ok) }
}
