//! kpc_send_nested_copy: a payload through a path of couriers.

use crate::bacap::BoxIndex;
use crate::client::{Call, Client, Destination};
use crate::ffi::api::client::kpc_client;
use crate::ffi::api::operation::{
    asynchronous, kpc_completion, kpc_op, kpc_result, result_form, waiting_form, Done,
};
use crate::ffi::api::values::{kpc_box_index, kpc_service, kpc_write_cap, next_index};
use crate::ffi::boundary::arguments;
use crate::ffi::boundary::error::kpc_error;
use crate::ffi::boundary::outputs::{out, out_beside};
use crate::ffi::boundary::status::kpc_status;
use crate::Result;

/// # Safety
/// The pointer is what the contract of the header says.
unsafe fn couriers(path: *const kpc_service, len: usize) -> Result<Vec<Destination>> {
    // SAFETY: passed on from the caller.
    let path = unsafe { arguments::slice(path, len, "path")? };
    path.iter().map(kpc_service::destination).collect()
}

/// # Safety
/// Each pointer is NULL or points to what the header asks for, which nobody changes meanwhile.
unsafe fn send_nested_copy(
    client: &Client,
    payload: *const u8,
    payload_len: usize,
    dest_write_cap: *const kpc_write_cap,
    dest_first_index: *const kpc_box_index,
    path: *const kpc_service,
    path_len: usize,
) -> Result<Call<BoxIndex>> {
    // SAFETY: NULL or valid by the caller's word; nothing borrowed is kept beyond this call.
    let (payload, dest_write_cap, dest_first_index, path) = unsafe {
        (
            arguments::bytes(payload, payload_len, "payload")?,
            arguments::value(dest_write_cap, "dest_write_cap")?.checked()?,
            arguments::value(dest_first_index, "dest_first_index")?.inner(),
            couriers(path, path_len)?,
        )
    };
    client.send_nested_copy(payload, &dest_write_cap, &dest_first_index, path)
}

/// Writes a payload through a path of couriers, each of which sees only what the next is to write:
/// the first courier performs a stream that writes the stream of the second, and so on; the last
/// one writes the destination. The client writes the first stream, sends each courier its command
/// once the stream before has arrived, and is needed until the end. Each courier makes the stream
/// that the one before performs about a fifth longer.
///
/// What was written stays when a courier fails; the error's text says which one of the path,
/// the rest is as for kpc_start_resending_copy_command. Experimental, as it was where it comes
/// from.
///
/// @param client            the client
/// @param payload           what to write
/// @param payload_len       how many bytes, 1 to KPC_MAX_DESTINATION_PAYLOAD
/// @param dest_write_cap    the capability of the stream to write to
/// @param dest_first_index  the first box to write
/// @param path              the couriers, first the one that the client deals with
/// @param path_len          how many, at least 1
/// @param timeout_ms        how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param next              receives the box behind the last one that was written; may be NULL,
///                          or the same variable as dest_first_index, which then keeps its
///                          value on failure
/// @param error             receives details of a failure; may be NULL
/// @return KPC_OK, any call error, any resending outcome, KPC_ERR_ARG_EMPTY (no payload or no
///         path), KPC_ERR_ARG_PAIR (a courier without node or queue), KPC_ERR_ARG_SIZE,
///         KPC_ERR_PAYLOAD_TOO_LARGE, KPC_ERR_INVALID_CAPABILITY (the index does not belong to
///         it), KPC_ERR_SERVICE_NOT_FOUND (no such courier in the current document),
///         KPC_ERR_NO_GEOMETRY, KPC_ERR_NO_PKI_DOCUMENT, KPC_ERR_INCOMPATIBLE_DAEMON,
///         KPC_ERR_UNSUPPORTED, KPC_ERR_COPY_FAILED, KPC_ERR_TOMBSTONE
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_send_nested_copy(
    client: *mut kpc_client,
    payload: *const u8,
    payload_len: usize,
    dest_write_cap: *const kpc_write_cap,
    dest_first_index: *const kpc_box_index,
    path: *const kpc_service,
    path_len: usize,
    timeout_ms: i32,
    next: *mut kpc_box_index,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out_beside(next, dest_first_index, "next").optional();
        let make = |client: &Client| {
            send_nested_copy(
                client,
                payload,
                payload_len,
                dest_write_cap,
                dest_first_index,
                path,
                path_len,
            )
        };
        waiting_form(client, timeout_ms, error, outputs, make, next_index)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_send_nested_copy_async(
    client: *mut kpc_client,
    payload: *const u8,
    payload_len: usize,
    dest_write_cap: *const kpc_write_cap,
    dest_first_index: *const kpc_box_index,
    path: *const kpc_service,
    path_len: usize,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_send_nested_copy", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |client: &Client| {
            send_nested_copy(
                client,
                payload,
                payload_len,
                dest_write_cap,
                dest_first_index,
                path,
                path_len,
            )
        };
        asynchronous(client, timeout_ms, done, op, error, make)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_send_nested_copy_result(
    result: *const kpc_result,
    next: *mut kpc_box_index,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out(next, "next").optional();
        result_form("kpc_send_nested_copy", result, error, outputs, next_index)
    }
}
