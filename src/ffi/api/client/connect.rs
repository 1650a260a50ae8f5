//! kpc_client_connect, kpc_client_flush, kpc_client_close: the calls of a client's life that wait.

use super::kpc_client;
use crate::client::Client;
use crate::ffi::api::operation::{
    asynchronous, kpc_completion, kpc_op, kpc_result, result_form, waiting, waiting_form, Done,
};
use crate::ffi::boundary::call;
use crate::ffi::boundary::error::kpc_error;
use crate::ffi::boundary::status::kpc_status;

/// Connects with the daemon and shakes hands. A daemon that is not on the mixnet is no error;
/// one that has no document of the network yet may take 30 seconds. Afterwards the client
/// connects again by itself whenever it loses the daemon, and sends again what was unanswered.
///
/// After kpc_client_disconnect it connects once more and resumes where it was. It tries once: a
/// daemon that is not there yet is KPC_ERR_CONNECT at once. KPC_ERR_ALREADY_CONNECTED is also for a
/// client that has lost its daemon and connects again by itself; KPC_EVENT_RESUMED and
/// KPC_EVENT_RESTARTED report when it has.
///
/// @param client      the client
/// @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param error       receives details of a failure; may be NULL
/// @return KPC_OK, any argument error, KPC_ERR_CLOSED, KPC_ERR_CONNECT, KPC_ERR_HANDSHAKE,
///         KPC_ERR_CONNECTION_LOST, KPC_ERR_ALREADY_CONNECTED, KPC_ERR_CANCELLED
///         (kpc_client_disconnect was called meanwhile), KPC_ERR_TIMEOUT,
///         KPC_ERR_WOULD_DEADLOCK
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_client_connect(
    client: *mut kpc_client,
    timeout_ms: i32,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe { waiting_form(client, timeout_ms, error, (), Client::connect, Ok) }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_client_connect_async(
    client: *mut kpc_client,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_client_connect", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe { asynchronous(client, timeout_ms, done, op, error, Client::connect) }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_client_connect_result(
    result: *const kpc_result,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe { result_form("kpc_client_connect", result, error, (), Ok) }
}

/// Waits until every write, copy command and plain message that was accepted has left:
/// answered, for what is answered; handed to the network, for plain messages with a reply; and
/// for those without, about which nobody ever hears, for as long as the daemon needs on
/// average. Close drops what has not left.
///
/// @param client      the client
/// @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param error       receives details of a failure; may be NULL
/// @return KPC_OK, any call error
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_client_flush(
    client: *mut kpc_client,
    timeout_ms: i32,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe { waiting_form(client, timeout_ms, error, (), Client::flush, Ok) }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_client_flush_async(
    client: *mut kpc_client,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_client_flush", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe { asynchronous(client, timeout_ms, done, op, error, Client::flush) }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_client_flush_result(
    result: *const kpc_result,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe { result_form("kpc_client_flush", result, error, (), Ok) }
}

/// Closes a client: says goodbye to the daemon, which forgets the session and all that it repeats
/// for it, completes every operation with KPC_ERR_CLOSED, sends KPC_EVENT_CLOSED to every sink, and
/// waits for the client's threads. The daemon has half a second to take the goodbye; beyond that
/// the call waits only for callbacks that are running. In a callback, a log or a drop function it
/// starts all of that and does not wait. Plain messages that have not left are lost: see
/// kpc_client_flush. Closing twice is fine; the second call waits for what the first started.
///
/// @param client      the client; it stays a valid handle until kpc_client_free
/// @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param error       receives details of a failure; may be NULL
/// @return KPC_OK, any argument error, KPC_ERR_TIMEOUT (the client is closing, and that goes
///         on)
///
/// Threads: any, callbacks included.
#[no_mangle]
pub unsafe extern "C" fn kpc_client_close(
    client: *mut kpc_client,
    timeout_ms: i32,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, (), move || {
            waiting(client, timeout_ms, |client, timeout| {
                client.close_within(timeout)
            })
        })
    }
}

/// The completion comes after all others: every other operation has completed by then, and the
/// goodbye has been sent to the daemon. As an event it comes right before KPC_EVENT_CLOSED. A
/// callback may still be running, except where the completion is one itself. After kpc_client_free
/// it comes all the same.
///
/// @param timeout_ms  after how long the operation ends with KPC_ERR_TIMEOUT; closing goes on
/// @return KPC_ERR_CLOSED (it is closed already, there is nothing to wait for)
///
/// Threads: any, callbacks and finalizers included.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_client_close_async(
    client: *mut kpc_client,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_client_close", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        asynchronous(client, timeout_ms, done, op, error, move |client| {
            Ok(client.close_later())
        })
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_client_close_result(
    result: *const kpc_result,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe { result_form::<(), ()>("kpc_client_close", result, error, (), Ok) }
}
