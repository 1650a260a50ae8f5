//! kpc_envelopes_*: what the kpc_create_courier_envelopes_ calls give.

use super::kpc_stream_elements;
use crate::ffi::api::buffer::{kpc_buffer, Buffer};
use crate::ffi::api::values::kpc_box_index;
use crate::ffi::boundary::error::kpc_error;
use crate::ffi::boundary::handles;
use crate::ffi::boundary::outputs::{out, out_handle};
use crate::ffi::boundary::status::kpc_status;
use crate::ffi::boundary::{call, free, get};
use crate::{Error, Result, Status};

fn nothing_at(position: usize, count: usize) -> Error {
    Error::new(Status::ARG_VALUE, format!("position {position} of {count}"))
}

fn next_index(envelopes: *const kpc_stream_elements, position: usize) -> Result<kpc_box_index> {
    let envelopes = handles::get(envelopes)?;
    let indices = &envelopes.next_indices;
    let index = indices.get(position);
    index
        .map(Into::into)
        .ok_or_else(|| nothing_at(position, indices.len()))
}

/// How many elements there are.
///
/// @param envelopes  the result of a kpc_create_courier_envelopes_ call
/// @return the number; 0 for what is no live kpc_stream_elements
#[no_mangle]
pub extern "C" fn kpc_stream_elements_count(envelopes: *const kpc_stream_elements) -> usize {
    get(0, || Ok(handles::get(envelopes)?.envelopes.len()))
}

/// One element, to be written to one box.
///
/// @param envelopes  the result of a kpc_create_courier_envelopes_ call
/// @param position   which one, from 0
/// @param element    receives the bytes, at most MaxPlaintextPayloadLength
/// @param error      receives details of a failure; may be NULL
/// @return KPC_OK, any argument error
///
/// Ownership: *element is the caller's, kpc_buffer_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_stream_elements_at(
    envelopes: *const kpc_stream_elements,
    position: usize,
    element: *mut *mut kpc_buffer,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_handle(element, "element"), move || {
            let envelopes = handles::get(envelopes)?;
            let elements = &envelopes.envelopes;
            let element = elements.get(position);
            element
                .map(|element| Buffer::new(element.clone()))
                .ok_or_else(|| nothing_at(position, elements.len()))
        })
    }
}

/// The bytes that are left over, for the next call.
///
/// @param envelopes  the result of a kpc_create_courier_envelopes_ call
/// @param buffer     receives the bytes, possibly none
/// @param error      receives details of a failure; may be NULL
/// @return KPC_OK, any handle error, KPC_ERR_NO_MEMORY
///
/// Ownership: *buffer is the caller's, kpc_buffer_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_stream_elements_buffer(
    envelopes: *const kpc_stream_elements,
    buffer: *mut *mut kpc_buffer,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_handle(buffer, "buffer"), move || {
            let left = handles::get(envelopes)?.buffer.clone();
            Ok(Buffer::new(left.unwrap_or_default()))
        })
    }
}

/// The box behind the last one that the only, or first, destination takes.
///
/// @param envelopes  the result of a kpc_create_courier_envelopes_ call
/// @param next       receives the index
/// @param error      receives details of a failure; may be NULL
/// @return KPC_OK, any handle error
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_stream_elements_next_index(
    envelopes: *const kpc_stream_elements,
    next: *mut kpc_box_index,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe { call(error, out(next, "next"), move || next_index(envelopes, 0)) }
}

/// The box behind the last one that a destination takes.
///
/// @param envelopes  the result of a kpc_create_courier_envelopes_ call
/// @param position   which destination, from 0
/// @param next       receives the index
/// @param error      receives details of a failure; may be NULL
/// @return KPC_OK, any argument error
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_stream_elements_next_index_at(
    envelopes: *const kpc_stream_elements,
    position: usize,
    next: *mut kpc_box_index,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out(next, "next"), move || {
            next_index(envelopes, position)
        })
    }
}

/// Ends the elements.
///
/// @param envelopes  the envelopes; NULL is fine
#[no_mangle]
pub extern "C" fn kpc_stream_elements_free(envelopes: *mut kpc_stream_elements) {
    free(envelopes);
}
