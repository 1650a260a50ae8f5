//! kpc_await_message_reply: waiting for any reply, as simple programs do.

use crate::client::Client;
use crate::ffi::api::client::kpc_client;
use crate::ffi::api::operation::{
    asynchronous, kpc_completion, kpc_op, kpc_result, result_form, waiting_form, Done,
};
use crate::ffi::boundary::error::kpc_error;
use crate::ffi::boundary::status::kpc_status;

/// Waits for the next reply to a plain message that this function has not reported yet, including
/// one that arrived before the call. KPC_EVENT_MESSAGE_REPLY carries the reply; replies for which
/// kpc_send_message_await_reply waits do not count.
///
/// @param client      the client
/// @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param error       receives details of a failure; may be NULL
/// @return KPC_OK, any call error
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_await_message_reply(
    client: *mut kpc_client,
    timeout_ms: i32,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        waiting_form(
            client,
            timeout_ms,
            error,
            (),
            Client::await_message_reply,
            Ok,
        )
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_await_message_reply_async(
    client: *mut kpc_client,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_await_message_reply", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        asynchronous(
            client,
            timeout_ms,
            done,
            op,
            error,
            Client::await_message_reply,
        )
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_await_message_reply_result(
    result: *const kpc_result,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe { result_form("kpc_await_message_reply", result, error, (), Ok) }
}
