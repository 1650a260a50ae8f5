//! kpc_tombstone_range, kpc_tombstones_*: tombstones for boxes in a row.

use std::sync::Arc;

use crate::client::{Call, Client, TombstoneEnvelope, Tombstones};
use crate::ffi::api::boxes::envelope::kpc_envelope;
use crate::ffi::api::client::kpc_client;
use crate::ffi::api::operation::{
    asynchronous, kpc_completion, kpc_op, kpc_result, object, result_form, waiting_form, Done,
};
use crate::ffi::api::values::{kpc_box_index, kpc_write_cap};
use crate::ffi::boundary::arguments;
use crate::ffi::boundary::error::{kpc_error, ErrorDetail};
use crate::ffi::boundary::handles;
use crate::ffi::boundary::handles::{Kind, Tag};
use crate::ffi::boundary::outputs::{out, out_handle};
use crate::ffi::boundary::status::kpc_status;
use crate::ffi::boundary::{call, free, get};
use crate::{Error, Result, Status};

/// Tombstones for boxes in a row, to be sent one by one: each is an envelope for
/// kpc_start_resending_encrypted_message with the write capability. There may be fewer than
/// were asked for; kpc_tombstones_error then says why.
pub struct kpc_tombstones {
    _opaque: (),
}

impl Kind for kpc_tombstones {
    type Object = Tombstones;
    const TAG: Tag = Tag::Tombstones;
}

/// # Safety
/// Each pointer is NULL or points to what the header asks for, which nobody changes meanwhile.
unsafe fn tombstone_range(
    client: &Client,
    write_cap: *const kpc_write_cap,
    start: *const kpc_box_index,
    max_count: u32,
) -> Result<Call<Tombstones>> {
    // SAFETY: NULL or valid by the caller's word; nothing borrowed is kept beyond this call.
    let (write_cap, start) = unsafe {
        (
            arguments::value(write_cap, "write_cap")?.checked()?,
            arguments::value(start, "start")?.inner(),
        )
    };
    client.tombstone_range(&write_cap, &start, max_count)
}

/// Prepares tombstones for boxes in a row. The daemon computes them, one on each connection for
/// encryptions at a time (kpc_config_set_encryption_connections); nothing is sent. Send each with
/// the write capability; what is deleted stays deleted, and a tombstone may be sent again.
///
/// If the time runs out or the daemon fails when some are made, the call succeeds with these:
/// kpc_tombstones_error returns why there are fewer, and kpc_tombstones_next where to continue. If
/// none was made the call fails.
///
/// @param client      the client
/// @param write_cap   the capability of the stream
/// @param start       the first box to delete
/// @param max_count   how many boxes, at most KPC_MAX_STREAM_BOXES; 0 makes none, and start is the
///                    next
/// @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param tombstones  receives the tombstones
/// @param error       receives details of a failure; may be NULL
/// @return KPC_OK, any call error, any daemon error, KPC_ERR_PAYLOAD_TOO_LARGE (more boxes than
///         allowed), KPC_ERR_INVALID_CAPABILITY (the index does not belong to it),
///         KPC_ERR_NO_GEOMETRY, KPC_ERR_NO_PKI_DOCUMENT, KPC_ERR_UNSUPPORTED
///
/// Ownership: *tombstones is the caller's, kpc_tombstones_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_tombstone_range(
    client: *mut kpc_client,
    write_cap: *const kpc_write_cap,
    start: *const kpc_box_index,
    max_count: u32,
    timeout_ms: i32,
    tombstones: *mut *mut kpc_tombstones,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out_handle(tombstones, "tombstones");
        let make = |client: &Client| tombstone_range(client, write_cap, start, max_count);
        waiting_form(client, timeout_ms, error, outputs, make, object)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_tombstone_range_async(
    client: *mut kpc_client,
    write_cap: *const kpc_write_cap,
    start: *const kpc_box_index,
    max_count: u32,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_tombstone_range", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |client: &Client| tombstone_range(client, write_cap, start, max_count);
        asynchronous(client, timeout_ms, done, op, error, make)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_tombstone_range_result(
    result: *const kpc_result,
    tombstones: *mut *mut kpc_tombstones,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out_handle(tombstones, "tombstones");
        result_form("kpc_tombstone_range", result, error, outputs, object)
    }
}

fn at(tombstones: *const kpc_tombstones, position: usize) -> Result<TombstoneEnvelope> {
    let tombstones = handles::get(tombstones)?;
    let all = &tombstones.envelopes;
    all.get(position).cloned().ok_or_else(|| {
        Error::new(
            Status::ARG_VALUE,
            format!("position {position} of {} tombstones", all.len()),
        )
    })
}

/// How many tombstones were made.
///
/// @param tombstones  the result of kpc_tombstone_range
/// @return the number; 0 for what is no live kpc_tombstones
#[no_mangle]
pub extern "C" fn kpc_tombstones_count(tombstones: *const kpc_tombstones) -> usize {
    get(0, || Ok(handles::get(tombstones)?.envelopes.len()))
}

/// One tombstone, to be sent.
///
/// @param tombstones  the result of kpc_tombstone_range
/// @param position    which one, from 0
/// @param envelope    receives the envelope
/// @param error       receives details of a failure; may be NULL
/// @return KPC_OK, any argument error
///
/// Ownership: *envelope is the caller's, kpc_envelope_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_tombstones_envelope_at(
    tombstones: *const kpc_tombstones,
    position: usize,
    envelope: *mut *mut kpc_envelope,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_handle(envelope, "envelope"), move || {
            Ok(Arc::new(at(tombstones, position)?.envelope))
        })
    }
}

/// The box that a tombstone deletes.
///
/// @param tombstones  the result of kpc_tombstone_range
/// @param position    which one, from 0
/// @param index       receives the index
/// @param error       receives details of a failure; may be NULL
/// @return KPC_OK, any argument error
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_tombstones_box_index_at(
    tombstones: *const kpc_tombstones,
    position: usize,
    index: *mut kpc_box_index,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out(index, "index"), move || {
            Ok((&at(tombstones, position)?.box_index).into())
        })
    }
}

/// The box behind the last one for which there is a tombstone.
///
/// @param tombstones  the result of kpc_tombstone_range
/// @param next        receives the index
/// @param error       receives details of a failure; may be NULL
/// @return KPC_OK, any handle error
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_tombstones_next(
    tombstones: *const kpc_tombstones,
    next: *mut kpc_box_index,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out(next, "next"), move || {
            Ok((&handles::get(tombstones)?.next).into())
        })
    }
}

/// Why there are fewer tombstones than were asked for.
///
/// @param tombstones  the result of kpc_tombstone_range
/// @return the error; NULL if all are there, for what is no live kpc_tombstones, or without
///         memory
///
/// Ownership: the error is the caller's, kpc_error_free.
#[no_mangle]
#[must_use]
pub extern "C" fn kpc_tombstones_error(tombstones: *const kpc_tombstones) -> *mut kpc_error {
    get(std::ptr::null_mut(), || {
        match &handles::get(tombstones)?.error {
            Some(error) => handles::insert(ErrorDetail::new(error.clone())),
            None => Ok(std::ptr::null_mut()),
        }
    })
}

/// Frees the tombstones. Sending continues.
///
/// @param tombstones  the tombstones; NULL is fine
#[no_mangle]
pub extern "C" fn kpc_tombstones_free(tombstones: *mut kpc_tombstones) {
    free(tombstones);
}
