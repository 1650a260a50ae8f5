//! kpc_store_mint_voucher, _induct_voucher, _open_voucher: a channel by voucher.

use std::ffi::c_char;
use std::sync::Arc;

use bytes::Bytes;

use super::kpc_store;
use super::reader::kpc_reader;
use super::writer::kpc_writer;
use crate::client::Call;
use crate::ffi::api::buffer::{kpc_buffer, Buffer};
use crate::ffi::api::operation::{
    asynchronous, kpc_completion, kpc_op, kpc_result, result_form, waiting_form, Done,
};
use crate::ffi::boundary::arguments;
use crate::ffi::boundary::error::kpc_error;
use crate::ffi::boundary::outputs::out_handle;
use crate::ffi::boundary::status::kpc_status;
use crate::store::{Reader, Store, Writer};
use crate::Result;

/// # Safety
/// Each pointer is NULL or points to what the header asks for, which nobody changes meanwhile.
unsafe fn store_mint_voucher(
    store: &Store,
    name: *const c_char,
    display_name: *const c_char,
) -> Result<Call<Bytes>> {
    // SAFETY: NULL or valid by the caller's word; nothing borrowed is kept beyond this call.
    let (name, display_name) = unsafe {
        (
            arguments::text(name, "name")?,
            arguments::text(display_name, "display_name")?,
        )
    };
    store.mint_voucher(name, display_name)
}

fn minted_as_text(text: Bytes) -> Result<Arc<Buffer>> {
    Ok(Buffer::text_of_secret(&text))
}

/// Mints a voucher for a channel that this store is going to write, as the joiner, and publishes
/// what the inductor needs. The voucher is one line of text that begins with kpcv1, to be handed
/// over in a way that nobody else sees; kpc_store_open_voucher then waits for the reply. All that is
/// needed for that is on the disk before anything is published, and the same call again returns the
/// same voucher.
///
/// @param store         the store
/// @param name          the name of the channel, 1 to 255 bytes; it has no other writer or voucher
/// @param display_name  how the joiner wants to be called; the inductor is told
/// @param timeout_ms    how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds. After a
///                      timeout the voucher stays: call again
/// @param voucher       receives the text, UTF-8 and followed by a NUL; secret
/// @param error         receives details of a failure; may be NULL
/// @return KPC_OK, any call error, any resending outcome, KPC_ERR_DB,
///         KPC_ERR_NO_PKI_DOCUMENT, KPC_ERR_CHANNEL_EXISTS (the name is taken,
///         also by a voucher with another display name), KPC_ERR_ARG_EMPTY (no name),
///         KPC_ERR_PAYLOAD_TOO_LARGE (the display name does not fit a box),
///         KPC_ERR_BOX_ALREADY_EXISTS (somebody else has written to the voucher's stream),
///         KPC_ERR_UNSUPPORTED (daemons before v0.0.80)
///
/// Ownership: *voucher is the caller's, kpc_buffer_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_store_mint_voucher(
    store: *mut kpc_store,
    name: *const c_char,
    display_name: *const c_char,
    timeout_ms: i32,
    voucher: *mut *mut kpc_buffer,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out_handle(voucher, "voucher");
        let make = |store: &Store| store_mint_voucher(store, name, display_name);
        waiting_form(store, timeout_ms, error, outputs, make, minted_as_text)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_store_mint_voucher_async(
    store: *mut kpc_store,
    name: *const c_char,
    display_name: *const c_char,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_store_mint_voucher", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |store: &Store| store_mint_voucher(store, name, display_name);
        asynchronous(store, timeout_ms, done, op, error, make)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_store_mint_voucher_result(
    result: *const kpc_result,
    voucher: *mut *mut kpc_buffer,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out_handle(voucher, "voucher");
        result_form(
            "kpc_store_mint_voucher",
            result,
            error,
            outputs,
            minted_as_text,
        )
    }
}

/// # Safety
/// Each pointer is NULL or points to what the header asks for, which nobody changes meanwhile.
unsafe fn store_induct_voucher(
    store: &Store,
    name: *const c_char,
    voucher: *const c_char,
    who_reply: *const u8,
    who_reply_len: usize,
) -> Result<Call<(Arc<Reader>, String)>> {
    // SAFETY: NULL or valid by the caller's word; nothing borrowed is kept beyond this call.
    let (name, voucher, who_reply) = unsafe {
        (
            arguments::text(name, "name")?,
            arguments::optional_text(voucher, "voucher")?,
            arguments::bytes(who_reply, who_reply_len, "who_reply")?,
        )
    };
    store.induct_voucher(name, voucher, who_reply)
}

fn inducted_as_text(
    (reader, display_name): (Arc<Reader>, String),
) -> Result<(Arc<Reader>, Arc<Buffer>)> {
    Ok((reader, Buffer::text(display_name)))
}

/// Accepts a joiner who has handed over a voucher, as the inductor: waits for what the joiner has
/// published, replies to it, and opens the joiner's channel to read it. The voucher, and later the
/// sealed reply, are on the disk before the next step, so the same call again goes on from there,
/// and returns the same after the end. Then what the joiner has published is a tombstone.
///
/// who_reply is any bytes. As a convention, one program of this library that inducts another replies
/// with the text of kpc_read_cap_to_text for a channel of its own; the joiner then has that to read.
///
/// @param store          the store
/// @param name           the name of the channel, 1 to 255 bytes; it has no other reader or voucher
/// @param voucher        the text of kpc_store_mint_voucher or kpc_voucher_to_text, or the base64 of
///                       a voucher; NULL goes on with that of an earlier call for this name
/// @param who_reply      what the joiner is told, sealed; may be NULL if who_reply_len is 0. Not
///                       looked at when an earlier call has sealed a reply, or without a voucher
/// @param who_reply_len  how many bytes
/// @param timeout_ms     how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds. After a
///                       timeout the voucher stays: call again
/// @param reader         receives the reader
/// @param display_name   receives the text, UTF-8 and followed by a NUL: how the joiner wants to be
///                       called; may be NULL
/// @param error          receives details of a failure; may be NULL
/// @return KPC_OK, any call error, any resending outcome, KPC_ERR_DB,
///         KPC_ERR_NO_PKI_DOCUMENT, KPC_ERR_CHANNEL_EXISTS (the name is taken,
///         also by another voucher), KPC_ERR_CHANNEL_NOT_IN_DB (no voucher, and none of an earlier
///         call; also: it was given up), KPC_ERR_ARG_EMPTY (no name), KPC_ERR_ARG_VALUE (also: the
///         text is no voucher), KPC_ERR_ARG_SIZE (it was cut off, or has too many characters),
///         KPC_ERR_INVALID_CAPABILITY (it was changed), KPC_ERR_PAYLOAD_TOO_LARGE (the reply does
///         not fit a box when it is sealed: call again with a shorter one),
///         KPC_ERR_VOUCHER_HASH_MISMATCH, KPC_ERR_VOUCHER_SIGNATURE_INVALID,
///         KPC_ERR_BOX_ALREADY_EXISTS (somebody else has replied with this voucher, and nothing was
///         overwritten), KPC_ERR_TOMBSTONE (the voucher was used up), KPC_ERR_BUSY (another store
///         has the channel open), KPC_ERR_UNSUPPORTED (daemons before v0.0.80; a text of a later
///         version)
///
/// Ownership: *reader is the caller's, kpc_reader_free; *display_name too, kpc_buffer_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_store_induct_voucher(
    store: *mut kpc_store,
    name: *const c_char,
    voucher: *const c_char,
    who_reply: *const u8,
    who_reply_len: usize,
    timeout_ms: i32,
    reader: *mut *mut kpc_reader,
    display_name: *mut *mut kpc_buffer,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = (
            out_handle(reader, "reader"),
            out_handle(display_name, "display_name").optional(),
        );
        let make =
            |store: &Store| store_induct_voucher(store, name, voucher, who_reply, who_reply_len);
        waiting_form(store, timeout_ms, error, outputs, make, inducted_as_text)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_store_induct_voucher_async(
    store: *mut kpc_store,
    name: *const c_char,
    voucher: *const c_char,
    who_reply: *const u8,
    who_reply_len: usize,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_store_induct_voucher", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make =
            |store: &Store| store_induct_voucher(store, name, voucher, who_reply, who_reply_len);
        asynchronous(store, timeout_ms, done, op, error, make)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_store_induct_voucher_result(
    result: *const kpc_result,
    reader: *mut *mut kpc_reader,
    display_name: *mut *mut kpc_buffer,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = (
            out_handle(reader, "reader"),
            out_handle(display_name, "display_name").optional(),
        );
        result_form(
            "kpc_store_induct_voucher",
            result,
            error,
            outputs,
            inducted_as_text,
        )
    }
}

/// # Safety
/// Each pointer is NULL or points to what the header asks for, which nobody changes meanwhile.
unsafe fn store_open_voucher(
    store: &Store,
    name: *const c_char,
) -> Result<Call<(Arc<Writer>, Bytes)>> {
    // SAFETY: NULL or valid by the caller's word; nothing borrowed is kept beyond this call.
    store.open_voucher(unsafe { arguments::text(name, "name")? })
}

fn opened((writer, who_reply): (Arc<Writer>, Bytes)) -> Result<(Arc<Writer>, Arc<Buffer>)> {
    // The text of a capability can be used as it is.
    Ok((writer, Buffer::text_of_secret(&who_reply)))
}

/// Waits for the reply to a voucher that kpc_store_mint_voucher has minted, as the joiner, and opens
/// the channel to write it, where the inductor reads it. The secrets of the voucher leave the
/// database with that. The same call again returns the same writer and the same reply, until the
/// channel is deleted.
///
/// @param store       the store
/// @param name        the name that kpc_store_mint_voucher was given
/// @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds. After a timeout
///                    the voucher stays: call again
/// @param writer      receives the writer
/// @param who_reply   receives what the inductor has replied, possibly nothing, and followed by a
///                    NUL; see kpc_store_induct_voucher; may be NULL
/// @param error       receives details of a failure; may be NULL
/// @return KPC_OK, any call error, any resending outcome, KPC_ERR_DB,
///         KPC_ERR_NO_PKI_DOCUMENT, KPC_ERR_CHANNEL_NOT_IN_DB (no voucher was
///         minted for this name, or it was given up), KPC_ERR_ARG_EMPTY (no name),
///         KPC_ERR_VOUCHER_SEAL_OPEN_FAILED (somebody who has the voucher has replied with something
///         else), KPC_ERR_TOMBSTONE (somebody has deleted the reply), KPC_ERR_BOX_ALREADY_EXISTS (as
///         kpc_store_mint_voucher, whose work is finished first), KPC_ERR_BUSY (another store has
///         the channel open), KPC_ERR_UNSUPPORTED (daemons before v0.0.80)
///
/// Ownership: *writer is the caller's, kpc_writer_free; *who_reply too, kpc_buffer_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_store_open_voucher(
    store: *mut kpc_store,
    name: *const c_char,
    timeout_ms: i32,
    writer: *mut *mut kpc_writer,
    who_reply: *mut *mut kpc_buffer,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = (
            out_handle(writer, "writer"),
            out_handle(who_reply, "who_reply").optional(),
        );
        let make = |store: &Store| store_open_voucher(store, name);
        waiting_form(store, timeout_ms, error, outputs, make, opened)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_store_open_voucher_async(
    store: *mut kpc_store,
    name: *const c_char,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_store_open_voucher", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |store: &Store| store_open_voucher(store, name);
        asynchronous(store, timeout_ms, done, op, error, make)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_store_open_voucher_result(
    result: *const kpc_result,
    writer: *mut *mut kpc_writer,
    who_reply: *mut *mut kpc_buffer,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = (
            out_handle(writer, "writer"),
            out_handle(who_reply, "who_reply").optional(),
        );
        result_form("kpc_store_open_voucher", result, error, outputs, opened)
    }
}
