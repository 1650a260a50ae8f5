//! kpc_start_resending_copy_command: a courier performs a temporary stream.

pub mod builder;
pub mod elements;
pub mod nested;

use crate::client::{Call, Client, Destination};
use crate::ffi::api::client::kpc_client;
use crate::ffi::api::operation::{
    asynchronous, kpc_completion, kpc_op, kpc_result, result_form, waiting_form, Done,
};
use crate::ffi::api::values::{kpc_service, kpc_write_cap};
use crate::ffi::boundary::arguments;
use crate::ffi::boundary::error::kpc_error;
use crate::ffi::boundary::status::kpc_status;
use crate::Result;

/// # Safety
/// The pointer is what the contract of the header says.
pub(crate) unsafe fn optional_courier(courier: *const kpc_service) -> Result<Option<Destination>> {
    // SAFETY: passed on from the caller.
    unsafe { arguments::optional_value(courier, "courier")? }
        .map(kpc_service::destination)
        .transpose()
}

/// # Safety
/// Each pointer is NULL or points to what the header asks for, which nobody changes meanwhile.
unsafe fn start_resending_copy_command(
    client: &Client,
    write_cap: *const kpc_write_cap,
    courier: *const kpc_service,
) -> Result<Call<()>> {
    // SAFETY: NULL or valid by the caller's word; nothing borrowed is kept beyond this call.
    let (write_cap, courier) = unsafe {
        (
            arguments::value(write_cap, "write_cap")?.checked()?,
            optional_courier(courier)?,
        )
    };
    client.start_resending_copy_command(&write_cap, courier)
}

/// Has a courier perform a temporary stream, envelope by envelope, and waits until it has finished.
/// The courier stops at the first envelope that fails; what was written before it stays.
/// kpc_error_failed_envelope then returns its position, from 1, and kpc_error_replica_code why,
/// where a replica said so.
///
/// The courier works alone: the client need not stay. It remembers the outcome for 30 minutes and
/// would only return that again, so a call without a courier after a failure chooses another one.
/// After a cancel or a time limit it is the same one, which may still be at work. A stream that was
/// never written, or has no last element, leaves the call without an answer for minutes. The
/// temporary stream stays readable: delete it with kpc_tombstone_range.
///
/// @param client      the client
/// @param write_cap   the capability of the temporary stream
/// @param courier     which courier; NULL lets the library choose one and stay with it
/// @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param error       receives details of a failure; may be NULL
/// @return KPC_OK, any call error, any daemon error, KPC_ERR_ARG_PAIR (a courier without node
///         or queue), KPC_ERR_ARG_SIZE (a queue id of impossible length),
///         KPC_ERR_INVALID_CAPABILITY, KPC_ERR_BUSY (this command runs already),
///         KPC_ERR_NO_PKI_DOCUMENT, KPC_ERR_SERVICE_NOT_FOUND (no such courier in the current
///         document), KPC_ERR_COPY_FAILED, KPC_ERR_START_RESENDING_CANCELLED
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_start_resending_copy_command(
    client: *mut kpc_client,
    write_cap: *const kpc_write_cap,
    courier: *const kpc_service,
    timeout_ms: i32,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |client: &Client| start_resending_copy_command(client, write_cap, courier);
        waiting_form(client, timeout_ms, error, (), make, Ok)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_start_resending_copy_command_async(
    client: *mut kpc_client,
    write_cap: *const kpc_write_cap,
    courier: *const kpc_service,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_start_resending_copy_command", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |client: &Client| start_resending_copy_command(client, write_cap, courier);
        asynchronous(client, timeout_ms, done, op, error, make)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_start_resending_copy_command_result(
    result: *const kpc_result,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe { result_form("kpc_start_resending_copy_command", result, error, (), Ok) }
}

/// # Safety
/// Each pointer is NULL or points to what the header asks for, which nobody changes meanwhile.
unsafe fn start_resending_copy_command_with_courier(
    client: &Client,
    write_cap: *const kpc_write_cap,
    courier: *const kpc_service,
) -> Result<Call<()>> {
    // SAFETY: NULL or valid by the caller's word; nothing borrowed is kept beyond this call.
    let (write_cap, courier) = unsafe {
        (
            arguments::value(write_cap, "write_cap")?.checked()?,
            Some(arguments::value(courier, "courier")?.destination()?),
        )
    };
    client.start_resending_copy_command(&write_cap, courier)
}

/// As kpc_start_resending_copy_command, at a courier that must be named.
///
/// @param client      the client
/// @param write_cap   the capability of the temporary stream
/// @param courier     which courier
/// @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param error       receives details of a failure; may be NULL
/// @return KPC_OK, any call error, any daemon error, KPC_ERR_ARG_PAIR (a courier without node
///         or queue), KPC_ERR_ARG_SIZE (a queue id of impossible length),
///         KPC_ERR_INVALID_CAPABILITY, KPC_ERR_BUSY (this command runs already),
///         KPC_ERR_NO_PKI_DOCUMENT, KPC_ERR_SERVICE_NOT_FOUND (no such courier in the current
///         document), KPC_ERR_COPY_FAILED, KPC_ERR_START_RESENDING_CANCELLED,
///         KPC_ERR_UNSUPPORTED
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_start_resending_copy_command_with_courier(
    client: *mut kpc_client,
    write_cap: *const kpc_write_cap,
    courier: *const kpc_service,
    timeout_ms: i32,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make =
            |client: &Client| start_resending_copy_command_with_courier(client, write_cap, courier);
        waiting_form(client, timeout_ms, error, (), make, Ok)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_start_resending_copy_command_with_courier_async(
    client: *mut kpc_client,
    write_cap: *const kpc_write_cap,
    courier: *const kpc_service,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_start_resending_copy_command_with_courier", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make =
            |client: &Client| start_resending_copy_command_with_courier(client, write_cap, courier);
        asynchronous(client, timeout_ms, done, op, error, make)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_start_resending_copy_command_with_courier_result(
    result: *const kpc_result,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let name = "kpc_start_resending_copy_command_with_courier";
        result_form(name, result, error, (), Ok)
    }
}
