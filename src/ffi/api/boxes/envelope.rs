//! kpc_envelope_*: boxes prepared for sending.

use std::sync::Arc;

use crate::client::Envelope;
use crate::ffi::api::buffer::{kpc_buffer, Buffer};
use crate::ffi::api::values::{kpc_box_index, kpc_hash};
use crate::ffi::boundary::arguments;
use crate::ffi::boundary::error::kpc_error;
use crate::ffi::boundary::handles;
use crate::ffi::boundary::handles::{Kind, Tag};
use crate::ffi::boundary::outputs::{out, out_handle};
use crate::ffi::boundary::status::kpc_status;
use crate::ffi::boundary::{call, free};
use crate::Result;

/// A box prepared for sending, by kpc_encrypt_read or kpc_encrypt_write: the ciphertext that
/// travels, the descriptor that opens the answer, the hash that names it, and the index of the
/// next box. Immutable. To send a write again after a crash, save it with kpc_envelope_to_bytes.
pub struct kpc_envelope {
    _opaque: (),
}

impl Kind for kpc_envelope {
    type Object = Envelope;
    const TAG: Tag = Tag::Envelope;
}

/// A copy of the envelope behind a handle; its bytes are shared.
pub(crate) fn get(envelope: *const kpc_envelope) -> Result<Envelope> {
    Ok((*handles::get(envelope)?).clone())
}

/// The hash that names an envelope, for instance to cancel its sending.
///
/// @param envelope  the envelope
/// @param hash      receives the hash
/// @param error     receives details of a failure; may be NULL
/// @return KPC_OK, any handle error
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_envelope_hash(
    envelope: *const kpc_envelope,
    hash: *mut kpc_hash,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out(hash, "hash"), move || {
            Ok(kpc_hash {
                bytes: handles::get(envelope)?.hash,
            })
        })
    }
}

/// The index of the box after the one that an envelope was made for.
///
/// @param envelope  the envelope
/// @param next      receives the index
/// @param error     receives details of a failure; may be NULL
/// @return KPC_OK, any handle error, KPC_ERR_ARG_VALUE (it was made of parts without that
///         index)
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_envelope_next_index(
    envelope: *const kpc_envelope,
    next: *mut kpc_box_index,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out(next, "next"), move || {
            Ok((&handles::get(envelope)?.next()?).into())
        })
    }
}

/// What travels to the courier.
///
/// @param envelope    the envelope
/// @param ciphertext  receives the bytes
/// @param error       receives details of a failure; may be NULL
/// @return KPC_OK, any handle error
///
/// Ownership: *ciphertext is the caller's, kpc_buffer_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_envelope_ciphertext(
    envelope: *const kpc_envelope,
    ciphertext: *mut *mut kpc_buffer,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_handle(ciphertext, "ciphertext"), move || {
            Ok(Buffer::new(handles::get(envelope)?.ciphertext.clone()))
        })
    }
}

/// What opens the answer. A secret.
///
/// @param envelope    the envelope
/// @param descriptor  receives the bytes
/// @param error       receives details of a failure; may be NULL
/// @return KPC_OK, any handle error
///
/// Ownership: *descriptor is the caller's, kpc_buffer_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_envelope_descriptor(
    envelope: *const kpc_envelope,
    descriptor: *mut *mut kpc_buffer,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_handle(descriptor, "descriptor"), move || {
            Ok(Buffer::new(handles::get(envelope)?.descriptor.clone()))
        })
    }
}

/// An envelope in one piece, to be stored, for kpc_envelope_from_bytes. As secret as the box that
/// it is for.
///
/// @param envelope  the envelope
/// @param bytes     receives the bytes
/// @param error     receives details of a failure; may be NULL
/// @return KPC_OK, any handle error
///
/// Ownership: *bytes is the caller's, kpc_buffer_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_envelope_to_bytes(
    envelope: *const kpc_envelope,
    bytes: *mut *mut kpc_buffer,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_handle(bytes, "bytes"), move || {
            Ok(Buffer::new(handles::get(envelope)?.to_bytes()))
        })
    }
}

/// Makes an envelope from the bytes of kpc_envelope_to_bytes.
///
/// @param bytes     the bytes
/// @param len       how many bytes
/// @param envelope  receives the envelope
/// @param error     receives details of a failure; may be NULL
/// @return KPC_OK, KPC_ERR_ARG_NULL, KPC_ERR_ARG_VALUE (these bytes are no envelope, or
///         were cut off or damaged)
///
/// Ownership: *envelope is the caller's, kpc_envelope_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_envelope_from_bytes(
    bytes: *const u8,
    len: usize,
    envelope: *mut *mut kpc_envelope,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_handle(envelope, "envelope"), move || {
            Envelope::from_bytes(arguments::bytes(bytes, len, "bytes")?).map(Arc::new)
        })
    }
}

/// Makes an envelope from the parts that another client of the daemon stored.
///
/// @param ciphertext      what travels to the courier
/// @param ciphertext_len  how many bytes
/// @param descriptor      what opens the answer
/// @param descriptor_len  how many bytes
/// @param hash            the envelope's hash
/// @param next            the index of the next box; NULL if it was not stored: it is not sent, and
///                        only kpc_envelope_next_index returns it
/// @param envelope        receives the envelope
/// @param error           receives details of a failure; may be NULL
/// @return KPC_OK, KPC_ERR_ARG_NULL, KPC_ERR_ARG_EMPTY
///
/// Ownership: *envelope is the caller's, kpc_envelope_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_envelope_from_parts(
    ciphertext: *const u8,
    ciphertext_len: usize,
    descriptor: *const u8,
    descriptor_len: usize,
    hash: *const kpc_hash,
    next: *const kpc_box_index,
    envelope: *mut *mut kpc_envelope,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_handle(envelope, "envelope"), move || {
            Envelope::from_parts(
                &arguments::value(hash, "hash")?.bytes,
                arguments::optional_value(next, "next")?.map(|next| next.inner()),
                arguments::bytes(descriptor, descriptor_len, "descriptor")?,
                arguments::bytes(ciphertext, ciphertext_len, "ciphertext")?,
            )
            .map(Arc::new)
        })
    }
}

/// Frees an envelope. Sending continues.
///
/// @param envelope  the envelope; NULL is fine
#[no_mangle]
pub extern "C" fn kpc_envelope_free(envelope: *mut kpc_envelope) {
    free(envelope);
}
