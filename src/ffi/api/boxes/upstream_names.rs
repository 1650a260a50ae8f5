//! kpc_start_resending_encrypted_message_return_box_exists and _no_retry: by the names that
//! other clients have for the two flags.

use super::envelope::kpc_envelope;
use super::resending::{outcome, work, KPC_START_NO_RETRY, KPC_START_RETURN_BOX_EXISTS};
use crate::ffi::api::buffer::kpc_buffer;
use crate::ffi::api::client::kpc_client;
use crate::ffi::api::operation::blocking;
use crate::ffi::api::values::{kpc_box_index, kpc_read_cap, kpc_service, kpc_write_cap};
use crate::ffi::boundary::call;
use crate::ffi::boundary::error::kpc_error;
use crate::ffi::boundary::outputs::{out, out_handle};
use crate::ffi::boundary::status::kpc_status;

/// As kpc_start_resending_encrypted_message with KPC_START_RETURN_BOX_EXISTS, under the name that
/// other clients have for it: a write of a box that is there already ends with
/// KPC_ERR_BOX_ALREADY_EXISTS. After a lost connection, and with daemons before v0.0.74 always,
/// that may be the write's own first sending; the error's text then says so.
///
/// @param client       the client
/// @param read_cap     for a read; NULL for a write
/// @param write_cap    for a write; NULL for a read
/// @param index        the box that the envelope was made for; NULL is fine for a write, which
///                     ignores it
/// @param reply_index  which of the two replicas to ask for, 0 or 1; -1 leaves it open. Daemons of
///                     today ignore it
/// @param envelope     the envelope, which is not used up
/// @param timeout_ms   how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param plaintext    receives what a read found, nothing for a write; may be NULL
/// @param courier      receives the courier that carried it, all zero if none is reported; may be
///                     NULL
/// @param error        receives details of a failure; may be NULL
/// @return KPC_OK, any call error, any resending outcome, KPC_ERR_ARG_CAP_CHOICE (both
///         capabilities, or none), KPC_ERR_ARG_EMPTY, KPC_ERR_ARG_SIZE,
///         KPC_ERR_INVALID_CAPABILITY, KPC_ERR_BUSY (this envelope is being sent),
///         KPC_ERR_BOX_ALREADY_EXISTS, KPC_ERR_TOMBSTONE
///
/// Ownership: *plaintext is the caller's, kpc_buffer_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_start_resending_encrypted_message_return_box_exists(
    client: *mut kpc_client,
    read_cap: *const kpc_read_cap,
    write_cap: *const kpc_write_cap,
    index: *const kpc_box_index,
    reply_index: i32,
    envelope: *const kpc_envelope,
    timeout_ms: i32,
    plaintext: *mut *mut kpc_buffer,
    courier: *mut kpc_service,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(
            error,
            (
                out_handle(plaintext, "plaintext").optional(),
                out(courier, "courier").optional(),
            ),
            move || {
                let v = blocking(client, timeout_ms, |client| {
                    work(
                        client,
                        read_cap,
                        write_cap,
                        index,
                        reply_index,
                        envelope,
                        KPC_START_RETURN_BOX_EXISTS,
                    )
                })?;
                outcome(v)
            },
        )
    }
}

/// As kpc_start_resending_encrypted_message with KPC_START_NO_RETRY, under the name that other
/// clients have for it: a read of a box that is not there ends with KPC_ERR_BOX_ID_NOT_FOUND.
/// Replicas learn of a write one after the other, so a box that was written a moment ago may still
/// be missed.
///
/// @param client       the client
/// @param read_cap     for a read; NULL for a write
/// @param write_cap    for a write; NULL for a read
/// @param index        the box that the envelope was made for; NULL is fine for a write, which
///                     ignores it
/// @param reply_index  which of the two replicas to ask for, 0 or 1; -1 leaves it open. Daemons of
///                     today ignore it
/// @param envelope     the envelope, which is not used up
/// @param timeout_ms   how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param plaintext    receives what a read found, nothing for a write; may be NULL
/// @param courier      receives the courier that carried it, all zero if none is reported; may be
///                     NULL
/// @param error        receives details of a failure; may be NULL
/// @return KPC_OK, any call error, any resending outcome, KPC_ERR_ARG_CAP_CHOICE (both
///         capabilities, or none), KPC_ERR_ARG_EMPTY, KPC_ERR_ARG_SIZE,
///         KPC_ERR_INVALID_CAPABILITY, KPC_ERR_BUSY (this envelope is being sent),
///         KPC_ERR_BOX_ID_NOT_FOUND, KPC_ERR_TOMBSTONE
///
/// Ownership: *plaintext is the caller's, kpc_buffer_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_start_resending_encrypted_message_no_retry(
    client: *mut kpc_client,
    read_cap: *const kpc_read_cap,
    write_cap: *const kpc_write_cap,
    index: *const kpc_box_index,
    reply_index: i32,
    envelope: *const kpc_envelope,
    timeout_ms: i32,
    plaintext: *mut *mut kpc_buffer,
    courier: *mut kpc_service,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(
            error,
            (
                out_handle(plaintext, "plaintext").optional(),
                out(courier, "courier").optional(),
            ),
            move || {
                let v = blocking(client, timeout_ms, |client| {
                    work(
                        client,
                        read_cap,
                        write_cap,
                        index,
                        reply_index,
                        envelope,
                        KPC_START_NO_RETRY,
                    )
                })?;
                outcome(v)
            },
        )
    }
}
