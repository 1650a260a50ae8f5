//! kpc_write_box, kpc_read_box, kpc_tombstone_box: encrypt, send and await in one.

pub mod cancel;
pub mod encrypt;
pub mod envelope;
pub mod resending;
pub mod upstream_names;

use std::sync::Arc;

use self::resending::{flags_among, KPC_START_NO_RETRY};
use crate::bacap::BoxIndex;
use crate::client::{Call, Client, ReadBox, StartFlags};
use crate::ffi::api::buffer::{kpc_buffer, Buffer};
use crate::ffi::api::client::kpc_client;
use crate::ffi::api::operation::{
    asynchronous, kpc_completion, kpc_op, kpc_result, result_form, waiting_form, Done,
};
use crate::ffi::api::values::{kpc_box_index, kpc_read_cap, kpc_write_cap, next_index};
use crate::ffi::boundary::arguments;
use crate::ffi::boundary::error::kpc_error;
use crate::ffi::boundary::outputs::{out, out_beside, out_handle};
use crate::ffi::boundary::status::kpc_status;
use crate::Result;

/// kpc_write_box does not check what the box holds: it also succeeds where the box keeps other
/// content. For boxes that nobody else can have written, such as those of a temporary stream.
pub const KPC_WRITE_UNCHECKED: u32 = 4;

fn write_flags(flags: u32) -> Result<StartFlags> {
    let flags = arguments::flags(flags, KPC_WRITE_UNCHECKED, "flags")?;
    Ok(StartFlags {
        return_box_exists: flags & KPC_WRITE_UNCHECKED == 0,
        ..StartFlags::default()
    })
}

/// # Safety
/// Each pointer is NULL or points to what the header asks for, which nobody changes meanwhile.
unsafe fn write_box(
    client: &Client,
    write_cap: *const kpc_write_cap,
    index: *const kpc_box_index,
    plaintext: *const u8,
    plaintext_len: usize,
    flags: u32,
) -> Result<Call<BoxIndex>> {
    // SAFETY: NULL or valid by the caller's word; nothing borrowed is kept beyond this call.
    let (write_cap, index, plaintext) = unsafe {
        (
            arguments::value(write_cap, "write_cap")?.checked()?,
            arguments::value(index, "index")?.inner(),
            arguments::bytes(plaintext, plaintext_len, "plaintext")?,
        )
    };
    client.write_box(&write_cap, &index, plaintext, write_flags(flags)?)
}

/// Writes one box: encrypts, resends until it is answered, and returns the index of the next.
/// Survives lost connections and restarts of the daemon; advance only after success. An empty
/// plaintext is a tombstone.
///
/// Boxes are write-once. If the box holds the same content the call succeeds; if it holds other
/// content the call fails with KPC_ERR_BOX_ALREADY_EXISTS. Only a tombstone replaces what a box
/// holds. Where what it holds may be this very write (after a lost connection, and with daemons
/// before v0.0.74 always) the box is read back first; if that fails, the error's text says so.
/// KPC_WRITE_UNCHECKED omits all of that and saves a round trip: one packet in place of two.
///
/// @param client         the client
/// @param write_cap      the capability
/// @param index          which box
/// @param plaintext      what to write; may be NULL if plaintext_len is 0
/// @param plaintext_len  how many bytes, at most MaxPlaintextPayloadLength of
///                       kpc_client_pigeonhole_geometry
/// @param flags          0 or KPC_WRITE_UNCHECKED
/// @param timeout_ms     how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param next           receives the index of the box after it; may be the same variable as
///                       index, which then keeps its value on failure
/// @param error          receives details of a failure; may be NULL
/// @return KPC_OK, any call error, any resending outcome, KPC_ERR_INVALID_CAPABILITY,
///         KPC_ERR_PAYLOAD_TOO_LARGE, KPC_ERR_NO_GEOMETRY, KPC_ERR_NO_PKI_DOCUMENT,
///         KPC_ERR_BOX_ALREADY_EXISTS, KPC_ERR_TOMBSTONE
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_write_box(
    client: *mut kpc_client,
    write_cap: *const kpc_write_cap,
    index: *const kpc_box_index,
    plaintext: *const u8,
    plaintext_len: usize,
    flags: u32,
    timeout_ms: i32,
    next: *mut kpc_box_index,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out_beside(next, index, "next");
        let make =
            |client: &Client| write_box(client, write_cap, index, plaintext, plaintext_len, flags);
        waiting_form(client, timeout_ms, error, outputs, make, next_index)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_write_box_async(
    client: *mut kpc_client,
    write_cap: *const kpc_write_cap,
    index: *const kpc_box_index,
    plaintext: *const u8,
    plaintext_len: usize,
    flags: u32,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_write_box", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make =
            |client: &Client| write_box(client, write_cap, index, plaintext, plaintext_len, flags);
        asynchronous(client, timeout_ms, done, op, error, make)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_write_box_result(
    result: *const kpc_result,
    next: *mut kpc_box_index,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out(next, "next");
        result_form("kpc_write_box", result, error, outputs, next_index)
    }
}

/// # Safety
/// Each pointer is NULL or points to what the header asks for, which nobody changes meanwhile.
unsafe fn read_box(
    client: &Client,
    read_cap: *const kpc_read_cap,
    index: *const kpc_box_index,
    flags: u32,
) -> Result<Call<ReadBox>> {
    // SAFETY: NULL or valid by the caller's word; nothing borrowed is kept beyond this call.
    let (read_cap, index) = unsafe {
        (
            arguments::value(read_cap, "read_cap")?.checked()?,
            arguments::value(index, "index")?.inner(),
        )
    };
    client.read_box(&read_cap, &index, flags_among(KPC_START_NO_RETRY, flags)?)
}

fn box_values(v: ReadBox) -> Result<(Arc<Buffer>, kpc_box_index)> {
    Ok((Buffer::new(v.plaintext.clone()), (&v.next_index).into()))
}

/// Reads one box, waiting until it is written unless the flags say otherwise, and returns the index
/// of the next. Survives lost connections and restarts of the daemon.
///
/// @param client      the client
/// @param read_cap    the capability
/// @param index       which box
/// @param flags       0 or KPC_START_NO_RETRY
/// @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param plaintext   receives what the box holds
/// @param next        receives the index of the box after it; may be the same variable as
///                    index, which then keeps its value on failure
/// @param error       receives details of a failure; may be NULL
/// @return KPC_OK, any call error, any resending outcome, KPC_ERR_INVALID_CAPABILITY,
///         KPC_ERR_NO_PKI_DOCUMENT, KPC_ERR_BOX_ID_NOT_FOUND, KPC_ERR_TOMBSTONE
///
/// Ownership: *plaintext is the caller's, kpc_buffer_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_read_box(
    client: *mut kpc_client,
    read_cap: *const kpc_read_cap,
    index: *const kpc_box_index,
    flags: u32,
    timeout_ms: i32,
    plaintext: *mut *mut kpc_buffer,
    next: *mut kpc_box_index,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = (
            out_handle(plaintext, "plaintext"),
            out_beside(next, index, "next"),
        );
        let make = |client: &Client| read_box(client, read_cap, index, flags);
        waiting_form(client, timeout_ms, error, outputs, make, box_values)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_read_box_async(
    client: *mut kpc_client,
    read_cap: *const kpc_read_cap,
    index: *const kpc_box_index,
    flags: u32,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_read_box", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |client: &Client| read_box(client, read_cap, index, flags);
        asynchronous(client, timeout_ms, done, op, error, make)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_read_box_result(
    result: *const kpc_result,
    plaintext: *mut *mut kpc_buffer,
    next: *mut kpc_box_index,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = (out_handle(plaintext, "plaintext"), out(next, "next"));
        result_form("kpc_read_box", result, error, outputs, box_values)
    }
}

/// # Safety
/// Each pointer is NULL or points to what the header asks for, which nobody changes meanwhile.
unsafe fn tombstone_box(
    client: &Client,
    write_cap: *const kpc_write_cap,
    index: *const kpc_box_index,
) -> Result<Call<BoxIndex>> {
    // SAFETY: NULL or valid by the caller's word; nothing borrowed is kept beyond this call.
    let (write_cap, index) = unsafe {
        (
            arguments::value(write_cap, "write_cap")?.checked()?,
            arguments::value(index, "index")?.inner(),
        )
    };
    client.write_box(&write_cap, &index, &[], StartFlags::default())
}

/// Deletes one box by writing a tombstone over it, and returns the index of the next. The only
/// change that a written box allows; may be repeated.
///
/// @param client      the client
/// @param write_cap   the capability
/// @param index       which box
/// @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param next        receives the index of the box after it; may be the same variable as
///                    index, which then keeps its value on failure
/// @param error       receives details of a failure; may be NULL
/// @return KPC_OK, any call error, any resending outcome, KPC_ERR_INVALID_CAPABILITY,
///         KPC_ERR_NO_GEOMETRY, KPC_ERR_NO_PKI_DOCUMENT, KPC_ERR_TOMBSTONE
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_tombstone_box(
    client: *mut kpc_client,
    write_cap: *const kpc_write_cap,
    index: *const kpc_box_index,
    timeout_ms: i32,
    next: *mut kpc_box_index,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out_beside(next, index, "next");
        let make = |client: &Client| tombstone_box(client, write_cap, index);
        waiting_form(client, timeout_ms, error, outputs, make, next_index)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_tombstone_box_async(
    client: *mut kpc_client,
    write_cap: *const kpc_write_cap,
    index: *const kpc_box_index,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_tombstone_box", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |client: &Client| tombstone_box(client, write_cap, index);
        asynchronous(client, timeout_ms, done, op, error, make)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_tombstone_box_result(
    result: *const kpc_result,
    next: *mut kpc_box_index,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out(next, "next");
        result_form("kpc_tombstone_box", result, error, outputs, next_index)
    }
}
