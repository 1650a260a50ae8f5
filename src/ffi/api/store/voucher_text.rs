//! A voucher as one line of text.

use std::ffi::c_char;

use crate::ffi::api::buffer::{kpc_buffer, Buffer};
use crate::ffi::api::values::kpc_hash;
use crate::ffi::boundary::arguments;
use crate::ffi::boundary::call;
use crate::ffi::boundary::error::kpc_error;
use crate::ffi::boundary::outputs::{out, out_handle};
use crate::ffi::boundary::status::kpc_status;
use crate::store::{voucher_from_text, voucher_to_text};

/// A voucher of kpc_voucher_mint as the line of text that kpc_store_mint_voucher returns: letters
/// and digits alone, kpcv1 at the beginning, and a checksum.
///
/// @param voucher  the voucher
/// @param text     receives the text, UTF-8 and followed by a NUL; as secret as the voucher
/// @param error    receives details of a failure; may be NULL
/// @return KPC_OK, KPC_ERR_ARG_NULL
///
/// Ownership: *text is the caller's, kpc_buffer_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_voucher_to_text(
    voucher: *const kpc_hash,
    text: *mut *mut kpc_buffer,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_handle(text, "text"), move || {
            let voucher = arguments::value(voucher, "voucher")?;
            Ok(Buffer::text_of_secret(&voucher_to_text(&voucher.bytes)))
        })
    }
}

/// Reads a text of kpc_voucher_to_text or kpc_store_mint_voucher, in lower or upper case, also with
/// blanks, line breaks and hyphens in it; or the base64 of a voucher, in which other programs show
/// them, and which has no checksum.
///
/// @param text     the text
/// @param voucher  receives the voucher; secret
/// @param error    receives details of a failure; may be NULL
/// @return KPC_OK, KPC_ERR_ARG_NULL, KPC_ERR_ARG_VALUE (this is no voucher), KPC_ERR_ARG_SIZE (it
///          was cut off, or has too many characters), KPC_ERR_INVALID_CAPABILITY (it was changed),
///          KPC_ERR_UNSUPPORTED (of a later version)
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_voucher_text_parse(
    text: *const c_char,
    voucher: *mut kpc_hash,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out(voucher, "voucher"), move || {
            let voucher = voucher_from_text(arguments::text(text, "text")?)?;
            Ok(kpc_hash { bytes: *voucher })
        })
    }
}
