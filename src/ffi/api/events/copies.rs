//! kpc_event_describe, kpc_event_stream …: events as text, and what those of copy streams say.

use super::kpc_event;
use crate::client::{CopyProgress, Event};
use crate::ffi::api::buffer::{kpc_buffer, Buffer};
use crate::ffi::api::values::kpc_hash;
use crate::ffi::boundary::error::kpc_error;
use crate::ffi::boundary::handles;
use crate::ffi::boundary::outputs::{out, out_handle};
use crate::ffi::boundary::status::kpc_status;
use crate::ffi::boundary::{call, get};
use crate::{Error, Result, Status};

/// An event as one line for people, of whatever kind it is: ids, hashes, numbers and errors,
/// but no payload and no secret. The wording may change.
///
/// @param event  the event
/// @param text   receives the text, UTF-8 and followed by a NUL
/// @param error  receives details of a failure; may be NULL
/// @return KPC_OK, any handle error
///
/// Ownership: *text is the caller's, kpc_buffer_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_event_describe(
    event: *const kpc_event,
    text: *mut *mut kpc_buffer,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_handle(text, "text"), move || {
            Ok(Buffer::text(handles::get(event)?.describe()))
        })
    }
}

/// Which copy stream KPC_EVENT_COPY_PROGRESS and KPC_EVENT_COURIER_VANISHED are about:
/// kpc_write_cap_hash of its capability, which kpc_cancel_resending_copy_command takes too.
///
/// @param event   the event
/// @param stream  receives the hash
/// @param error   receives details of a failure; may be NULL
/// @return KPC_OK, any handle error, KPC_ERR_ARG_VALUE (the event has none)
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_event_stream(
    event: *const kpc_event,
    stream: *mut kpc_hash,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(
            error,
            out(stream, "stream"),
            move || match &*handles::get(event)? {
                Event::CopyProgress(copy) => Ok(kpc_hash { bytes: copy.stream }),
                Event::CourierVanished(gone) => Ok(kpc_hash { bytes: gone.stream }),
                _ => Err(none("copy stream")),
            },
        )
    }
}

/// Hash of the identity key of the courier that KPC_EVENT_COURIER_VANISHED is about.
///
/// @param event    the event
/// @param courier  receives the hash
/// @param error    receives details of a failure; may be NULL
/// @return KPC_OK, any handle error, KPC_ERR_ARG_VALUE (the event has none)
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_event_courier(
    event: *const kpc_event,
    courier: *mut kpc_hash,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(
            error,
            out(courier, "courier"),
            move || match &*handles::get(event)? {
                Event::CourierVanished(gone) => Ok(kpc_hash {
                    bytes: gone.courier,
                }),
                _ => Err(none("courier")),
            },
        )
    }
}

fn none(what: &str) -> Error {
    Error::new(Status::ARG_VALUE, format!("this event has no {what}"))
}

fn progress<T>(event: *const kpc_event, pick: impl FnOnce(&CopyProgress) -> T) -> Result<T> {
    match &*handles::get(event)? {
        Event::CopyProgress(copy) => Ok(pick(copy)),
        _ => Err(none("progress")),
    }
}

/// How many boxes of its temporary stream are written, for KPC_EVENT_COPY_PROGRESS.
///
/// @param event  the event
/// @return the number; 0 for any other event
#[no_mangle]
pub extern "C" fn kpc_event_boxes_written(event: *const kpc_event) -> u64 {
    get(0, || progress(event, |copy| copy.written))
}

/// How many boxes its temporary stream has, as far as is known, for KPC_EVENT_COPY_PROGRESS.
///
/// @param event  the event
/// @return the number; 0 for any other event
#[no_mangle]
pub extern "C" fn kpc_event_boxes_needed(event: *const kpc_event) -> u64 {
    get(0, || progress(event, |copy| copy.needed))
}

/// Whether everything is written and the courier is waited for, for KPC_EVENT_COPY_PROGRESS.
///
/// @param event  the event
/// @return true or false; false for any other event
#[no_mangle]
pub extern "C" fn kpc_event_is_copying(event: *const kpc_event) -> bool {
    get(false, || progress(event, |copy| copy.copying))
}
