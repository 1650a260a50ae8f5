//! kpc_encrypt_read, kpc_encrypt_write: boxes made ready by the daemon, which sends nothing for it.

use super::envelope::kpc_envelope;
use crate::client::{Call, Client, Envelope};
use crate::ffi::api::client::kpc_client;
use crate::ffi::api::operation::{
    asynchronous, kpc_completion, kpc_op, kpc_result, object, result_form, waiting_form, Done,
};
use crate::ffi::api::values::{kpc_box_index, kpc_read_cap, kpc_write_cap};
use crate::ffi::boundary::arguments;
use crate::ffi::boundary::error::kpc_error;
use crate::ffi::boundary::outputs::out_handle;
use crate::ffi::boundary::status::kpc_status;
use crate::Result;

/// # Safety
/// Each pointer is NULL or points to what the header asks for, which nobody changes meanwhile.
unsafe fn encrypt_read(
    client: &Client,
    read_cap: *const kpc_read_cap,
    index: *const kpc_box_index,
) -> Result<Call<Envelope>> {
    // SAFETY: NULL or valid by the caller's word; nothing borrowed is kept beyond this call.
    let (read_cap, index) = unsafe {
        (
            arguments::value(read_cap, "read_cap")?.checked()?,
            arguments::value(index, "index")?.inner(),
        )
    };
    client.encrypt_read(&read_cap, &index)
}

/// Prepares the read of a box. The daemon computes it; nothing is sent. The envelope is made
/// for the replicas of the current epoch and is good for about a week. It takes the daemon about
/// two seconds of one core on networks with CTIDH1024-X25519, some milliseconds on those with
/// x25519, and goes before the encryptions of pending reads: kpc_config_set_encryption_connections.
///
/// @param client      the client
/// @param read_cap    the capability
/// @param index       which box
/// @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param envelope    receives the envelope
/// @param error       receives details of a failure; may be NULL
/// @return KPC_OK, any call error, any daemon error, KPC_ERR_INVALID_CAPABILITY,
///         KPC_ERR_NO_PKI_DOCUMENT
///
/// Ownership: *envelope is the caller's, kpc_envelope_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_encrypt_read(
    client: *mut kpc_client,
    read_cap: *const kpc_read_cap,
    index: *const kpc_box_index,
    timeout_ms: i32,
    envelope: *mut *mut kpc_envelope,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out_handle(envelope, "envelope");
        let make = |client: &Client| encrypt_read(client, read_cap, index);
        waiting_form(client, timeout_ms, error, outputs, make, object)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_encrypt_read_async(
    client: *mut kpc_client,
    read_cap: *const kpc_read_cap,
    index: *const kpc_box_index,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_encrypt_read", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |client: &Client| encrypt_read(client, read_cap, index);
        asynchronous(client, timeout_ms, done, op, error, make)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_encrypt_read_result(
    result: *const kpc_result,
    envelope: *mut *mut kpc_envelope,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out_handle(envelope, "envelope");
        result_form("kpc_encrypt_read", result, error, outputs, object)
    }
}

/// # Safety
/// Each pointer is NULL or points to what the header asks for, which nobody changes meanwhile.
unsafe fn encrypt_write(
    client: &Client,
    write_cap: *const kpc_write_cap,
    index: *const kpc_box_index,
    plaintext: *const u8,
    plaintext_len: usize,
) -> Result<Call<Envelope>> {
    // SAFETY: NULL or valid by the caller's word; nothing borrowed is kept beyond this call.
    let (write_cap, index, plaintext) = unsafe {
        (
            arguments::value(write_cap, "write_cap")?.checked()?,
            arguments::value(index, "index")?.inner(),
            arguments::bytes(plaintext, plaintext_len, "plaintext")?,
        )
    };
    client.encrypt_write(&write_cap, &index, plaintext)
}

/// Prepares the write of a box. The daemon computes it; nothing is sent. Each call makes
/// another envelope for the same box; to send a write again, send the same envelope again. An
/// empty plaintext makes a tombstone, which deletes the box.
///
/// @param client         the client
/// @param write_cap      the capability
/// @param index          which box
/// @param plaintext      what to write; may be NULL if plaintext_len is 0
/// @param plaintext_len  how many bytes, at most MaxPlaintextPayloadLength of
///                       kpc_client_pigeonhole_geometry
/// @param timeout_ms     how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param envelope       receives the envelope
/// @param error          receives details of a failure; may be NULL
/// @return KPC_OK, any call error, any daemon error, KPC_ERR_INVALID_CAPABILITY,
///         KPC_ERR_PAYLOAD_TOO_LARGE, KPC_ERR_NO_GEOMETRY, KPC_ERR_NO_PKI_DOCUMENT
///
/// Ownership: *envelope is the caller's, kpc_envelope_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_encrypt_write(
    client: *mut kpc_client,
    write_cap: *const kpc_write_cap,
    index: *const kpc_box_index,
    plaintext: *const u8,
    plaintext_len: usize,
    timeout_ms: i32,
    envelope: *mut *mut kpc_envelope,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out_handle(envelope, "envelope");
        let make =
            |client: &Client| encrypt_write(client, write_cap, index, plaintext, plaintext_len);
        waiting_form(client, timeout_ms, error, outputs, make, object)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_encrypt_write_async(
    client: *mut kpc_client,
    write_cap: *const kpc_write_cap,
    index: *const kpc_box_index,
    plaintext: *const u8,
    plaintext_len: usize,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_encrypt_write", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make =
            |client: &Client| encrypt_write(client, write_cap, index, plaintext, plaintext_len);
        asynchronous(client, timeout_ms, done, op, error, make)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_encrypt_write_result(
    result: *const kpc_result,
    envelope: *mut *mut kpc_envelope,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out_handle(envelope, "envelope");
        result_form("kpc_encrypt_write", result, error, outputs, object)
    }
}
