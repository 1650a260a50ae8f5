//! kpc_copy_builder_write, _finish, _tombstone: a copy stream on its way.

use super::kpc_copy_builder;
use crate::client::{Call, Client};
use crate::ffi::api::client::kpc_client;
use crate::ffi::api::copies::optional_courier;
use crate::ffi::api::operation::{
    asynchronous, kpc_completion, kpc_op, kpc_result, result_form, waiting_form, Done,
};
use crate::ffi::api::values::kpc_service;
use crate::ffi::boundary::error::kpc_error;
use crate::ffi::boundary::handles;
use crate::ffi::boundary::outputs::out;
use crate::ffi::boundary::status::kpc_status;
use crate::Result;

fn copy_builder_write(client: &Client, builder: *mut kpc_copy_builder) -> Result<Call<()>> {
    client.copy_builder_write(&handles::get(builder)?)
}

/// Writes to the temporary stream what can be written so far, so that it need not be kept until
/// kpc_copy_builder_finish. KPC_EVENT_COPY_PROGRESS reports each box. The next call resumes what
/// was interrupted.
///
/// @param client      the client
/// @param builder     the builder
/// @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param error       receives details of a failure; may be NULL
/// @return KPC_OK, any call error, any resending outcome, KPC_ERR_BUSY (another operation is at
///         work on the builder), KPC_ERR_NO_GEOMETRY, KPC_ERR_NO_PKI_DOCUMENT,
///         KPC_ERR_INCOMPATIBLE_DAEMON, KPC_ERR_TOMBSTONE
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_copy_builder_write(
    client: *mut kpc_client,
    builder: *mut kpc_copy_builder,
    timeout_ms: i32,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |client: &Client| copy_builder_write(client, builder);
        waiting_form(client, timeout_ms, error, (), make, Ok)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_copy_builder_write_async(
    client: *mut kpc_client,
    builder: *mut kpc_copy_builder,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_copy_builder_write", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |client: &Client| copy_builder_write(client, builder);
        asynchronous(client, timeout_ms, done, op, error, make)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_copy_builder_write_result(
    result: *const kpc_result,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe { result_form("kpc_copy_builder_write", result, error, (), Ok) }
}

/// # Safety
/// Each pointer is NULL or points to what the header asks for, which nobody changes meanwhile.
unsafe fn copy_builder_finish(
    client: &Client,
    builder: *mut kpc_copy_builder,
    courier: *const kpc_service,
) -> Result<Call<u64>> {
    // SAFETY: NULL or valid by the caller's word; nothing borrowed is kept beyond this call.
    let courier = unsafe { optional_courier(courier)? };
    client.copy_builder_finish(&handles::get(builder)?, courier)
}

/// Adds the last element to the stream, writes what is not written yet, and has a courier perform
/// it. KPC_EVENT_COPY_PROGRESS reports each box, then, with kpc_event_is_copying, that the courier
/// is waited for.
///
/// After an interruption (a time limit, a cancel, the end of the process) another call resumes:
/// with the same courier, as long as that has not failed and is in the directory document. After
/// KPC_ERR_COPY_FAILED it chooses another courier. If the stream was performed already the call
/// succeeds at once.
///
/// @param client      the client
/// @param builder     the builder
/// @param courier     which courier; NULL for the one that the library has chosen
/// @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param boxes       receives how many boxes the temporary stream has; may be NULL
/// @param error       receives details of a failure; may be NULL
/// @return KPC_OK, any call error, any resending outcome, KPC_ERR_ARG_EMPTY (nothing was
///         added), KPC_ERR_ARG_PAIR, KPC_ERR_ARG_SIZE, KPC_ERR_BUSY (another operation is at
///         work on the builder), KPC_ERR_SERVICE_NOT_FOUND (no such courier in the current
///         document), KPC_ERR_COPY_FAILED, KPC_ERR_NO_GEOMETRY, KPC_ERR_NO_PKI_DOCUMENT,
///         KPC_ERR_INCOMPATIBLE_DAEMON, KPC_ERR_UNSUPPORTED, KPC_ERR_TOMBSTONE
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_copy_builder_finish(
    client: *mut kpc_client,
    builder: *mut kpc_copy_builder,
    courier: *const kpc_service,
    timeout_ms: i32,
    boxes: *mut u64,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out(boxes, "boxes").optional();
        let make = |client: &Client| copy_builder_finish(client, builder, courier);
        waiting_form(client, timeout_ms, error, outputs, make, Ok)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_copy_builder_finish_async(
    client: *mut kpc_client,
    builder: *mut kpc_copy_builder,
    courier: *const kpc_service,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_copy_builder_finish", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |client: &Client| copy_builder_finish(client, builder, courier);
        asynchronous(client, timeout_ms, done, op, error, make)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_copy_builder_finish_result(
    result: *const kpc_result,
    boxes: *mut u64,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out(boxes, "boxes").optional();
        result_form("kpc_copy_builder_finish", result, error, outputs, Ok)
    }
}

fn copy_builder_tombstone(client: &Client, builder: *mut kpc_copy_builder) -> Result<Call<()>> {
    client.copy_builder_tombstone(&handles::get(builder)?)
}

/// Deletes the temporary stream, box by box, which otherwise stays readable for whoever has its
/// capability. After kpc_copy_builder_finish, or instead of it. Nothing else can be done with the
/// builder afterwards; an interrupted call can be repeated.
///
/// @param client      the client
/// @param builder     the builder
/// @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param error       receives details of a failure; may be NULL
/// @return KPC_OK, any call error, any resending outcome, KPC_ERR_BUSY (another operation is at
///         work on the builder), KPC_ERR_NO_GEOMETRY, KPC_ERR_NO_PKI_DOCUMENT,
///         KPC_ERR_INCOMPATIBLE_DAEMON
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_copy_builder_tombstone(
    client: *mut kpc_client,
    builder: *mut kpc_copy_builder,
    timeout_ms: i32,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |client: &Client| copy_builder_tombstone(client, builder);
        waiting_form(client, timeout_ms, error, (), make, Ok)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_copy_builder_tombstone_async(
    client: *mut kpc_client,
    builder: *mut kpc_copy_builder,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_copy_builder_tombstone", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |client: &Client| copy_builder_tombstone(client, builder);
        asynchronous(client, timeout_ms, done, op, error, make)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_copy_builder_tombstone_result(
    result: *const kpc_result,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe { result_form("kpc_copy_builder_tombstone", result, error, (), Ok) }
}
