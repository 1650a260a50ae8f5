//! kpc_error_*: what went wrong, in detail.

use std::ffi::{c_char, CStr, CString};
use std::sync::Arc;

use super::handles;
use super::handles::{Kind, Tag};
use super::status::kpc_status;
use super::{free, get};
use crate::{Error, Origin, Status};

/// Details of one failure. Owned by whoever received it, who frees it with kpc_error_free. Never
/// holds secrets or payloads.
pub struct kpc_error {
    _opaque: (),
}

/// What a `kpc_error` stands for.
pub(crate) struct ErrorDetail {
    error: Error,
    message: CString,
}

impl Kind for kpc_error {
    type Object = ErrorDetail;
    const TAG: Tag = Tag::Error;
}

/// The library itself reported the failure, before or after speaking with the daemon.
pub const KPC_ORIGIN_LIBRARY: i32 = 0;
/// The daemon refused.
pub const KPC_ORIGIN_DAEMON: i32 = 1;
/// A courier refused.
pub const KPC_ORIGIN_COURIER: i32 = 2;
/// A storage replica refused, or its answer did not verify.
pub const KPC_ORIGIN_REPLICA: i32 = 3;

impl ErrorDetail {
    /// Keeps `error` in the form that C can read.
    pub(crate) fn new(error: Error) -> Arc<Self> {
        // NUL cannot be in a C text; messages quote what others wrote.
        let message: Vec<u8> = error.message().bytes().filter(|byte| *byte != 0).collect();
        Arc::new(ErrorDetail {
            error,
            message: CString::new(message).unwrap_or_default(),
        })
    }
}

/// Clears an optional error output.
///
/// # Safety
/// `target` is NULL or valid for writing a pointer.
pub(crate) unsafe fn clear(target: *mut *mut kpc_error) {
    // SAFETY: passed on from the caller.
    unsafe { write(target, std::ptr::null_mut()) };
}

/// Turns a failure into a status and, where it is wanted, an object. Never fails itself:
/// without memory for the object there is only the status.
///
/// # Safety
/// `target` is NULL or valid for writing a pointer.
pub(crate) unsafe fn report(target: *mut *mut kpc_error, failure: Error) -> kpc_status {
    let status = failure.status();
    if !target.is_null() {
        let object = get(std::ptr::null_mut(), || {
            handles::insert(ErrorDetail::new(failure))
        });
        // SAFETY: passed on from the caller.
        unsafe { write(target, object) };
    }
    match status {
        // A failure must never look like success.
        Status::OK => Status::INTERNAL.code(),
        status => status.code(),
    }
}

unsafe fn write(target: *mut *mut kpc_error, value: *mut kpc_error) {
    if !target.is_null() && target.is_aligned() {
        // SAFETY: not NULL, aligned, and valid by the caller's word.
        unsafe { target.write(value) };
    }
}

fn read<T>(error: *const kpc_error, none: T, body: impl FnOnce(&Error) -> T + Copy) -> T
where
    T: Copy,
{
    get(none, || Ok(body(&handles::get(error)?.error)))
}

/// The status of a failure; the same value that the failing call returned.
///
/// @param error  the failure; NULL stands for no failure
/// @return the status; KPC_OK for NULL, KPC_ERR_BAD_HANDLE for what is no live kpc_error
#[no_mangle]
pub extern "C" fn kpc_error_status(error: *const kpc_error) -> kpc_status {
    if error.is_null() {
        return Status::OK.code();
    }
    get(Status::BAD_HANDLE.code(), || {
        let status = handles::get(error).map_or_else(|e| e.status(), |d| d.error.status());
        Ok(status.code())
    })
}

/// What went wrong, in one sentence for people.
///
/// @param error  the failure; NULL stands for no failure
/// @return NUL-terminated UTF-8, never NULL; empty for NULL and for what is no live kpc_error
///
/// Ownership: the text belongs to the error and is gone once that is freed.
#[no_mangle]
pub extern "C" fn kpc_error_message(error: *const kpc_error) -> *const c_char {
    const NONE: &CStr = c"";
    get(NONE.as_ptr(), || Ok(handles::get(error)?.message.as_ptr()))
}

/// Who reported the failure.
///
/// @param error  the failure; NULL stands for no failure
/// @return a KPC_ORIGIN_ value; KPC_ORIGIN_LIBRARY for NULL and for what is no live kpc_error
#[no_mangle]
pub extern "C" fn kpc_error_origin(error: *const kpc_error) -> i32 {
    read(error, KPC_ORIGIN_LIBRARY, |error| match error.origin() {
        Origin::Library => KPC_ORIGIN_LIBRARY,
        Origin::Daemon => KPC_ORIGIN_DAEMON,
        Origin::Courier => KPC_ORIGIN_COURIER,
        Origin::Replica => KPC_ORIGIN_REPLICA,
    })
}

/// The number that the daemon sent, whose meaning depends on the reply that carried it.
///
/// @param error  the failure; NULL stands for no failure
/// @return 0 to 255; -1 if the daemon reported nothing
#[no_mangle]
pub extern "C" fn kpc_error_daemon_code(error: *const kpc_error) -> i32 {
    read(error, -1, |error| error.daemon_code().map_or(-1, i32::from))
}

/// The number that a replica answered with, to a box or inside the report of a failed copy
/// command.
///
/// @param error  the failure; NULL stands for no failure
/// @return 0 to 255, 0 if the courier itself stopped a copy; -1 if there is none. -2000 minus a
///         positive number is the status of that meaning, KPC_ERR_BOX_ID_NOT_FOUND and so on
#[no_mangle]
pub extern "C" fn kpc_error_replica_code(error: *const kpc_error) -> i32 {
    read(error, -1, |error| {
        error.replica_code().map_or(-1, i32::from)
    })
}

/// The envelope at which a copy command stopped; those before it have been carried out.
///
/// @param error  the failure; NULL stands for no failure
/// @return the position in the copy stream, counted from 1; 0 if there is none
#[no_mangle]
pub extern "C" fn kpc_error_failed_envelope(error: *const kpc_error) -> u64 {
    read(error, 0, |error| error.failed_envelope().unwrap_or(0))
}

/// The operating system's error number.
///
/// @param error  the failure; NULL stands for no failure
/// @return an errno value; 0 if the operating system reported nothing
#[no_mangle]
pub extern "C" fn kpc_error_errno(error: *const kpc_error) -> i32 {
    read(error, 0, |error| error.errno().unwrap_or(0))
}

/// Frees an error and its texts.
///
/// @param error  the failure; NULL is fine
#[no_mangle]
pub extern "C" fn kpc_error_free(error: *mut kpc_error) {
    free(error);
}
