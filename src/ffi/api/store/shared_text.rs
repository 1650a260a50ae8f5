//! Shared texts: a capability with its position as one line.

use std::ffi::c_char;

use crate::ffi::api::buffer::{kpc_buffer, Buffer};
use crate::ffi::api::values::{kpc_box_index, kpc_read_cap, kpc_write_cap, optional_index};
use crate::ffi::boundary::arguments;
use crate::ffi::boundary::call;
use crate::ffi::boundary::error::kpc_error;
use crate::ffi::boundary::outputs::{out, out_handle, Neutral};
use crate::ffi::boundary::status::kpc_status;
use crate::store::{checked_index, SharedChannel};

/// What a shared text gives: reading.
pub const KPC_SHARED_READ: i32 = 1;
/// What a shared text gives: writing, and reading with it.
pub const KPC_SHARED_WRITE: i32 = 2;

/// A channel for somebody who is to read it, as one line of letters and digits: safe in a shell, an
/// e-mail, a URL and, in upper case, a QR code. It begins with kpcr1 and has a checksum that finds
/// any character that was changed, lost or moved.
///
/// @param read_cap  the capability
/// @param index     where reading begins; NULL for the first box of the channel
/// @param text      receives the text, UTF-8 and followed by a NUL; as secret as the capability
/// @param error     receives details of a failure; may be NULL
/// @return KPC_OK, KPC_ERR_ARG_NULL, KPC_ERR_INVALID_CAPABILITY (also an index of another channel)
///
/// Ownership: *text is the caller's, kpc_buffer_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_read_cap_to_text(
    read_cap: *const kpc_read_cap,
    index: *const kpc_box_index,
    text: *mut *mut kpc_buffer,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_handle(text, "text"), move || {
            let cap = arguments::value(read_cap, "read_cap")?.checked()?;
            let index = checked_index(&cap.first_index(), optional_index(index)?.as_ref())?;
            let shared = SharedChannel::Read { cap, index };
            Ok(Buffer::text_of_secret(&shared.to_text()))
        })
    }
}

/// A channel for another device that is to write it, as kpc_read_cap_to_text. It begins with kpcw1.
///
/// @param write_cap  the capability
/// @param index      where writing begins; NULL for the first box of the channel
/// @param text       receives the text, UTF-8 and followed by a NUL; as secret as the capability
/// @param error      receives details of a failure; may be NULL
/// @return KPC_OK, KPC_ERR_ARG_NULL, KPC_ERR_INVALID_CAPABILITY (also an index of another channel)
///
/// Ownership: *text is the caller's, kpc_buffer_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_write_cap_to_text(
    write_cap: *const kpc_write_cap,
    index: *const kpc_box_index,
    text: *mut *mut kpc_buffer,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_handle(text, "text"), move || {
            let cap = arguments::value(write_cap, "write_cap")?.checked()?;
            let index = checked_index(&cap.first_index(), optional_index(index)?.as_ref())?;
            let shared = SharedChannel::Write { cap, index };
            Ok(Buffer::text_of_secret(&shared.to_text()))
        })
    }
}

/// Reads a text of kpc_read_cap_to_text or kpc_write_cap_to_text, in lower or upper case, also with
/// blanks, line breaks and hyphens in it.
///
/// @param text       the text
/// @param kind       receives KPC_SHARED_READ or KPC_SHARED_WRITE; may be NULL
/// @param write_cap  receives the capability to write, zero if the text gives reading; secret;
///                   may be NULL
/// @param read_cap   receives the capability to read; may be NULL
/// @param index      receives where to begin; secret; may be NULL
/// @param error      receives details of a failure; may be NULL
/// @return KPC_OK, KPC_ERR_ARG_NULL, KPC_ERR_ARG_VALUE (this is no such text), KPC_ERR_ARG_SIZE (it
///          was cut off, or has too many characters), KPC_ERR_INVALID_CAPABILITY (it was changed),
///          KPC_ERR_UNSUPPORTED (of a later version)
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_shared_text_parse(
    text: *const c_char,
    kind: *mut i32,
    write_cap: *mut kpc_write_cap,
    read_cap: *mut kpc_read_cap,
    index: *mut kpc_box_index,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = (
            out(kind, "kind").optional(),
            out(write_cap, "write_cap").optional(),
            out(read_cap, "read_cap").optional(),
            out(index, "index").optional(),
        );
        call(error, outputs, move || {
            let shared = SharedChannel::from_text(arguments::text(text, "text")?)?;
            Ok(match &shared {
                SharedChannel::Read { cap, index } => (
                    KPC_SHARED_READ,
                    kpc_write_cap::NEUTRAL,
                    cap.into(),
                    index.into(),
                ),
                SharedChannel::Write { cap, index } => (
                    KPC_SHARED_WRITE,
                    cap.into(),
                    (&cap.read_cap()).into(),
                    index.into(),
                ),
            })
        })
    }
}
