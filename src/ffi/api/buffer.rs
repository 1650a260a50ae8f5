//! kpc_buffer_*: bytes of any length that the library hands out.

use std::sync::Arc;

use bytes::Bytes;
use zeroize::Zeroizing;

use crate::ffi::boundary::arguments;
use crate::ffi::boundary::error::kpc_error;
use crate::ffi::boundary::handles;
use crate::ffi::boundary::handles::{Kind, Tag};
use crate::ffi::boundary::outputs::out_handle;
use crate::ffi::boundary::status::kpc_status;
use crate::ffi::boundary::{call, free, get};
use crate::{Error, Result, Status};

/// Bytes of any length, handed out by the library: read-only, reference counted, freed with
/// kpc_buffer_free. What held a secret is wiped with the last reference. A buffer that holds text
/// is UTF-8 and followed by a NUL that does not count as one of its bytes.
pub struct kpc_buffer {
    _opaque: (),
}

/// What a `kpc_buffer` stands for.
pub(crate) struct Buffer {
    bytes: Bytes,
    len: usize,
}

impl Kind for kpc_buffer {
    type Object = Buffer;
    const TAG: Tag = Tag::Buffer;
}

impl Buffer {
    /// Hands on bytes without a copy; who made them sees to their wiping.
    pub(crate) fn new(bytes: Bytes) -> Arc<Self> {
        let len = bytes.len();
        Arc::new(Buffer { bytes, len })
    }

    /// Hands on bytes that are wiped afterwards.
    pub(crate) fn secret(bytes: Vec<u8>) -> Arc<Self> {
        Self::new(Bytes::from_owner(Zeroizing::new(bytes)))
    }

    /// Hands on a copy of a text that is wiped afterwards, with a NUL behind it.
    #[cfg(feature = "store")]
    pub(crate) fn text_of_secret(text: &[u8]) -> Arc<Self> {
        let len = text.len();
        let mut bytes = Vec::with_capacity(len + 1);
        bytes.extend_from_slice(text);
        bytes.push(0);
        let bytes = Bytes::from_owner(Zeroizing::new(bytes));
        Arc::new(Buffer { bytes, len })
    }

    /// Hands on a text, with a NUL behind it.
    pub(crate) fn text(text: String) -> Arc<Self> {
        let len = text.len();
        let mut bytes = text.into_bytes();
        bytes.push(0);
        let bytes = Bytes::from(bytes);
        Arc::new(Buffer { bytes, len })
    }
}

/// Makes a buffer with a copy of `len` bytes, which is wiped when the buffer is freed. For bindings
/// that want to pass bytes around in one shape; no call of this library needs it.
///
/// @param bytes   the bytes; may be NULL if len is 0
/// @param len     how many bytes
/// @param buffer  receives the buffer
/// @param error   receives details of a failure; may be NULL
/// @return KPC_OK, KPC_ERR_ARG_NULL, KPC_ERR_ARG_SIZE, KPC_ERR_NO_MEMORY
///
/// Ownership: *buffer is the caller's, kpc_buffer_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_buffer_new(
    bytes: *const u8,
    len: usize,
    buffer: *mut *mut kpc_buffer,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_handle(buffer, "buffer"), move || {
            copy(arguments::bytes(bytes, len, "bytes")?).map(Buffer::secret)
        })
    }
}

fn copy(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut copy = Vec::new();
    copy.try_reserve_exact(bytes.len())
        .map_err(|_| Error::new(Status::NO_MEMORY, "no memory for the bytes"))?;
    copy.extend_from_slice(bytes);
    Ok(copy)
}

/// The bytes of a buffer.
///
/// @param buffer  the buffer
/// @return kpc_buffer_len bytes, not NULL also when there are none; NULL for what is no
///         live kpc_buffer
///
/// Ownership: the bytes belong to the buffer and are gone once that is freed, on whatever thread.
#[no_mangle]
pub extern "C" fn kpc_buffer_data(buffer: *const kpc_buffer) -> *const u8 {
    get(std::ptr::null(), || {
        Ok(handles::get(buffer)?.bytes.as_ptr())
    })
}

/// How many bytes a buffer has.
///
/// @param buffer  the buffer
/// @return the number of bytes; 0 for what is no live kpc_buffer
#[no_mangle]
pub extern "C" fn kpc_buffer_len(buffer: *const kpc_buffer) -> usize {
    get(0, || Ok(handles::get(buffer)?.len))
}

/// Another handle to the same bytes, which outlives the first one. Nothing is copied.
///
/// @param buffer  the buffer
/// @param other   receives the other handle
/// @param error   receives details of a failure; may be NULL
/// @return KPC_OK, any handle error, KPC_ERR_NO_MEMORY
///
/// Ownership: *other is the caller's, kpc_buffer_free; each handle is freed for itself.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_buffer_ref(
    buffer: *const kpc_buffer,
    other: *mut *mut kpc_buffer,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_handle(other, "other"), move || {
            handles::get(buffer)
        })
    }
}

/// Releases one handle of a buffer; its bytes are freed with the last one.
///
/// @param buffer  the buffer; NULL is fine
#[no_mangle]
pub extern "C" fn kpc_buffer_free(buffer: *mut kpc_buffer) {
    free(buffer);
}
