//! kpc_cancel_resending_encrypted_message, kpc_cancel_resending_copy_command: cancel by hash.

use crate::client::{Call, Client};
use crate::ffi::api::client::kpc_client;
use crate::ffi::api::operation::{
    asynchronous, kpc_completion, kpc_op, kpc_result, result_form, waiting_form, Done,
};
use crate::ffi::api::values::kpc_hash;
use crate::ffi::boundary::arguments;
use crate::ffi::boundary::error::kpc_error;
use crate::ffi::boundary::status::kpc_status;
use crate::Result;

/// # Safety
/// Each pointer is NULL or points to what the header asks for, which nobody changes meanwhile.
unsafe fn cancel_resending_encrypted_message(
    client: &Client,
    envelope_hash: *const kpc_hash,
) -> Result<Call<()>> {
    // SAFETY: NULL or valid by the caller's word; nothing borrowed is kept beyond this call.
    let envelope_hash = unsafe { &arguments::value(envelope_hash, "envelope_hash")?.bytes };
    client.cancel_resending_encrypted_message(envelope_hash)
}

/// Cancels the operation that sends an envelope: it completes with
/// KPC_ERR_START_RESENDING_CANCELLED. Succeeds also when nothing is in flight under this hash, and
/// while the daemon is unreachable. What a courier has accepted already stays.
///
/// @param client         the client
/// @param envelope_hash  kpc_envelope_hash of the envelope that was sent
/// @param timeout_ms     how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param error          receives details of a failure; may be NULL
/// @return KPC_OK, any call error, KPC_ERR_DAEMON_INVALID_REQUEST
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_cancel_resending_encrypted_message(
    client: *mut kpc_client,
    envelope_hash: *const kpc_hash,
    timeout_ms: i32,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |client: &Client| cancel_resending_encrypted_message(client, envelope_hash);
        waiting_form(client, timeout_ms, error, (), make, Ok)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_cancel_resending_encrypted_message_async(
    client: *mut kpc_client,
    envelope_hash: *const kpc_hash,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_cancel_resending_encrypted_message", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |client: &Client| cancel_resending_encrypted_message(client, envelope_hash);
        asynchronous(client, timeout_ms, done, op, error, make)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_cancel_resending_encrypted_message_result(
    result: *const kpc_result,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let name = "kpc_cancel_resending_encrypted_message";
        result_form(name, result, error, (), Ok)
    }
}

/// # Safety
/// Each pointer is NULL or points to what the header asks for, which nobody changes meanwhile.
unsafe fn cancel_resending_copy_command(
    client: &Client,
    write_cap_hash: *const kpc_hash,
) -> Result<Call<()>> {
    // SAFETY: NULL or valid by the caller's word; nothing borrowed is kept beyond this call.
    let write_cap_hash = unsafe { &arguments::value(write_cap_hash, "write_cap_hash")?.bytes };
    client.cancel_resending_copy_command(write_cap_hash)
}

/// Cancels the operation that runs a copy command: it completes with
/// KPC_ERR_START_RESENDING_CANCELLED. Succeeds also when none is in flight under this hash, and
/// while the daemon is unreachable. What the courier has copied already stays, and the courier may
/// continue.
///
/// @param client          the client
/// @param write_cap_hash  kpc_write_cap_hash of the temporary stream
/// @param timeout_ms      how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param error           receives details of a failure; may be NULL
/// @return KPC_OK, any call error, KPC_ERR_DAEMON_INVALID_REQUEST
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_cancel_resending_copy_command(
    client: *mut kpc_client,
    write_cap_hash: *const kpc_hash,
    timeout_ms: i32,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |client: &Client| cancel_resending_copy_command(client, write_cap_hash);
        waiting_form(client, timeout_ms, error, (), make, Ok)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_cancel_resending_copy_command_async(
    client: *mut kpc_client,
    write_cap_hash: *const kpc_hash,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_cancel_resending_copy_command", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |client: &Client| cancel_resending_copy_command(client, write_cap_hash);
        asynchronous(client, timeout_ms, done, op, error, make)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_cancel_resending_copy_command_result(
    result: *const kpc_result,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe { result_form("kpc_cancel_resending_copy_command", result, error, (), Ok) }
}
