//! kpc_copy_builder_add, _add_tombstones: what a copy stream is to write.

use super::kpc_copy_builder;
use crate::bacap::BoxIndex;
use crate::client::{Call, Client};
use crate::ffi::api::client::kpc_client;
use crate::ffi::api::operation::{
    asynchronous, kpc_completion, kpc_op, kpc_result, result_form, waiting_form, Done,
};
use crate::ffi::api::values::{kpc_box_index, kpc_write_cap, next_index};
use crate::ffi::boundary::arguments;
use crate::ffi::boundary::error::kpc_error;
use crate::ffi::boundary::handles;
use crate::ffi::boundary::outputs::{out, out_beside};
use crate::ffi::boundary::status::kpc_status;
use crate::Result;

/// # Safety
/// Each pointer is NULL or points to what the header asks for, which nobody changes meanwhile.
unsafe fn copy_builder_add(
    client: &Client,
    builder: *mut kpc_copy_builder,
    write_cap: *const kpc_write_cap,
    start_index: *const kpc_box_index,
    payload: *const u8,
    payload_len: usize,
) -> Result<Call<BoxIndex>> {
    // SAFETY: NULL or valid by the caller's word; nothing borrowed is kept beyond this call.
    let payload = unsafe { arguments::bytes(payload, payload_len, "payload")? };
    let builder = handles::get(builder)?;
    // SAFETY: as above.
    let (write_cap, start_index) = unsafe {
        (
            arguments::value(write_cap, "write_cap")?.checked()?,
            arguments::value(start_index, "start_index")?.inner(),
        )
    };
    client.copy_builder_add(&builder, &write_cap, &start_index, payload)
}

/// Adds a payload for a destination to a copy stream. The daemon computes the elements, and the
/// builder keeps them; nothing is sent yet. All or nothing: when the call fails nothing was added.
/// Save the builder after what was added and before it is written, then whoever restores it
/// continues with the very same elements.
///
/// @param client       the client
/// @param builder      the builder
/// @param write_cap    the capability of the stream to write to
/// @param start_index  the first box to write
/// @param payload      what to write
/// @param payload_len  how many bytes, 1 to KPC_MAX_DESTINATION_PAYLOAD
/// @param timeout_ms   how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param next         receives the box of the destination that follows; may be NULL, or the
///                     same variable as start_index, which then keeps its value on failure
/// @param error        receives details of a failure; may be NULL
/// @return KPC_OK, any call error, any daemon error, KPC_ERR_ARG_EMPTY,
///         KPC_ERR_PAYLOAD_TOO_LARGE (also when the stream has no room for it),
///         KPC_ERR_INVALID_CAPABILITY (the index does not belong to it), KPC_ERR_BUSY (another
///         operation is at work on the builder), KPC_ERR_NO_GEOMETRY, KPC_ERR_NO_PKI_DOCUMENT,
///         KPC_ERR_UNSUPPORTED
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_copy_builder_add(
    client: *mut kpc_client,
    builder: *mut kpc_copy_builder,
    write_cap: *const kpc_write_cap,
    start_index: *const kpc_box_index,
    payload: *const u8,
    payload_len: usize,
    timeout_ms: i32,
    next: *mut kpc_box_index,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out_beside(next, start_index, "next").optional();
        let make = |client: &Client| {
            copy_builder_add(
                client,
                builder,
                write_cap,
                start_index,
                payload,
                payload_len,
            )
        };
        waiting_form(client, timeout_ms, error, outputs, make, next_index)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_copy_builder_add_async(
    client: *mut kpc_client,
    builder: *mut kpc_copy_builder,
    write_cap: *const kpc_write_cap,
    start_index: *const kpc_box_index,
    payload: *const u8,
    payload_len: usize,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_copy_builder_add", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |client: &Client| {
            copy_builder_add(
                client,
                builder,
                write_cap,
                start_index,
                payload,
                payload_len,
            )
        };
        asynchronous(client, timeout_ms, done, op, error, make)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_copy_builder_add_result(
    result: *const kpc_result,
    next: *mut kpc_box_index,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out(next, "next").optional();
        result_form("kpc_copy_builder_add", result, error, outputs, next_index)
    }
}

/// # Safety
/// Each pointer is NULL or points to what the header asks for, which nobody changes meanwhile.
unsafe fn copy_builder_add_tombstones(
    client: &Client,
    builder: *mut kpc_copy_builder,
    write_cap: *const kpc_write_cap,
    start_index: *const kpc_box_index,
    max_count: u32,
) -> Result<Call<BoxIndex>> {
    let builder = handles::get(builder)?;
    // SAFETY: NULL or valid by the caller's word; nothing borrowed is kept beyond this call.
    let (write_cap, start_index) = unsafe {
        (
            arguments::value(write_cap, "write_cap")?.checked()?,
            arguments::value(start_index, "start_index")?.inner(),
        )
    };
    client.copy_builder_add_tombstones(&builder, &write_cap, &start_index, max_count)
}

/// As kpc_copy_builder_add, for the deletion of boxes in a row.
///
/// @param client       the client
/// @param builder      the builder
/// @param write_cap    the capability of the stream to delete from
/// @param start_index  the first box to delete
/// @param max_count    how many boxes, at least 1
/// @param timeout_ms   how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param next         receives the box of the destination that follows; may be NULL, or the
///                     same variable as start_index, which then keeps its value on failure
/// @param error        receives details of a failure; may be NULL
/// @return KPC_OK, any call error, any daemon error, KPC_ERR_PAYLOAD_TOO_LARGE (the stream has
///         no room for it), KPC_ERR_INVALID_CAPABILITY (the index does not belong to it),
///         KPC_ERR_BUSY (another operation is at work on the builder), KPC_ERR_NO_GEOMETRY,
///         KPC_ERR_NO_PKI_DOCUMENT, KPC_ERR_UNSUPPORTED
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_copy_builder_add_tombstones(
    client: *mut kpc_client,
    builder: *mut kpc_copy_builder,
    write_cap: *const kpc_write_cap,
    start_index: *const kpc_box_index,
    max_count: u32,
    timeout_ms: i32,
    next: *mut kpc_box_index,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out_beside(next, start_index, "next").optional();
        let make = |client: &Client| {
            copy_builder_add_tombstones(client, builder, write_cap, start_index, max_count)
        };
        waiting_form(client, timeout_ms, error, outputs, make, next_index)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_copy_builder_add_tombstones_async(
    client: *mut kpc_client,
    builder: *mut kpc_copy_builder,
    write_cap: *const kpc_write_cap,
    start_index: *const kpc_box_index,
    max_count: u32,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_copy_builder_add_tombstones", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |client: &Client| {
            copy_builder_add_tombstones(client, builder, write_cap, start_index, max_count)
        };
        asynchronous(client, timeout_ms, done, op, error, make)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_copy_builder_add_tombstones_result(
    result: *const kpc_result,
    next: *mut kpc_box_index,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let name = "kpc_copy_builder_add_tombstones";
        let outputs = out(next, "next").optional();
        result_form(name, result, error, outputs, next_index)
    }
}
