//! kpc_new_keypair_remote …, kpc_get_pki_document_raw: what only the daemon knows, or is asked to compute.

pub mod authorities;

use std::sync::Arc;

use crate::bacap::{BoxIndex, Keypair};
use crate::client::{Call, Client, SignedDocument};
use crate::ffi::api::buffer::{kpc_buffer, Buffer};
use crate::ffi::api::client::kpc_client;
use crate::ffi::api::keys::values_of;
use crate::ffi::api::operation::{
    asynchronous, kpc_completion, kpc_op, kpc_result, result_form, waiting_form, Done,
};
use crate::ffi::api::values::{kpc_box_index, kpc_read_cap, kpc_write_cap, next_index};
use crate::ffi::boundary::arguments;
use crate::ffi::boundary::error::kpc_error;
use crate::ffi::boundary::outputs::{out, out_beside, out_handle};
use crate::ffi::boundary::status::kpc_status;
use crate::Result;

/// # Safety
/// Each pointer is NULL or points to what the header asks for, which nobody changes meanwhile.
unsafe fn new_keypair_remote(
    client: &Client,
    seed: *const u8,
    seed_len: usize,
) -> Result<Call<Keypair>> {
    // SAFETY: NULL or valid by the caller's word; nothing borrowed is kept beyond this call.
    let seed = unsafe { arguments::exactly(arguments::bytes(seed, seed_len, "seed")?, "seed")? };
    client.new_keypair_remote(seed)
}

fn keypair_values(v: Keypair) -> Result<(kpc_write_cap, kpc_read_cap, kpc_box_index)> {
    Ok(values_of(&v))
}

/// As kpc_new_keypair, computed by the daemon: for daemons that compute it differently from this
/// library.
///
/// @param client      the client
/// @param seed        KPC_SEED_SIZE random bytes; secret
/// @param seed_len    how many bytes, which must be KPC_SEED_SIZE
/// @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param write_cap   receives the writer's half; secret
/// @param read_cap    receives the readers' half
/// @param first       receives the index of the first box
/// @param error       receives details of a failure; may be NULL
/// @return KPC_OK, any call error, KPC_ERR_ARG_SIZE, KPC_ERR_UNSUPPORTED,
///         KPC_ERR_DAEMON_INVALID_REQUEST
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_new_keypair_remote(
    client: *mut kpc_client,
    seed: *const u8,
    seed_len: usize,
    timeout_ms: i32,
    write_cap: *mut kpc_write_cap,
    read_cap: *mut kpc_read_cap,
    first: *mut kpc_box_index,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = (
            out(write_cap, "write_cap"),
            out(read_cap, "read_cap"),
            out(first, "first"),
        );
        let make = |client: &Client| new_keypair_remote(client, seed, seed_len);
        waiting_form(client, timeout_ms, error, outputs, make, keypair_values)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_new_keypair_remote_async(
    client: *mut kpc_client,
    seed: *const u8,
    seed_len: usize,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_new_keypair_remote", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |client: &Client| new_keypair_remote(client, seed, seed_len);
        asynchronous(client, timeout_ms, done, op, error, make)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_new_keypair_remote_result(
    result: *const kpc_result,
    write_cap: *mut kpc_write_cap,
    read_cap: *mut kpc_read_cap,
    first: *mut kpc_box_index,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let name = "kpc_new_keypair_remote";
        let outputs = (
            out(write_cap, "write_cap"),
            out(read_cap, "read_cap"),
            out(first, "first"),
        );
        result_form(name, result, error, outputs, keypair_values)
    }
}

/// # Safety
/// Each pointer is NULL or points to what the header asks for, which nobody changes meanwhile.
unsafe fn next_message_box_index_remote(
    client: &Client,
    index: *const kpc_box_index,
) -> Result<Call<BoxIndex>> {
    // SAFETY: NULL or valid by the caller's word; nothing borrowed is kept beyond this call.
    let index = unsafe { arguments::value(index, "index")?.inner() };
    client.next_message_box_index_remote(&index)
}

/// As kpc_next_message_box_index, computed by the daemon.
///
/// @param client      the client
/// @param index       an index
/// @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param next        receives the index of the box after it; may be the same variable as
///                    index, which then keeps its value on failure
/// @param error       receives details of a failure; may be NULL
/// @return KPC_OK, any call error, any daemon error, KPC_ERR_UNSUPPORTED
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_next_message_box_index_remote(
    client: *mut kpc_client,
    index: *const kpc_box_index,
    timeout_ms: i32,
    next: *mut kpc_box_index,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out_beside(next, index, "next");
        let make = |client: &Client| next_message_box_index_remote(client, index);
        waiting_form(client, timeout_ms, error, outputs, make, next_index)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_next_message_box_index_remote_async(
    client: *mut kpc_client,
    index: *const kpc_box_index,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_next_message_box_index_remote", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |client: &Client| next_message_box_index_remote(client, index);
        asynchronous(client, timeout_ms, done, op, error, make)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_next_message_box_index_remote_result(
    result: *const kpc_result,
    next: *mut kpc_box_index,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let name = "kpc_next_message_box_index_remote";
        let outputs = out(next, "next");
        result_form(name, result, error, outputs, next_index)
    }
}

/// # Safety
/// Each pointer is NULL or points to what the header asks for, which nobody changes meanwhile.
unsafe fn get_message_box_index_counter_remote(
    client: &Client,
    index: *const kpc_box_index,
) -> Result<Call<u64>> {
    // SAFETY: NULL or valid by the caller's word; nothing borrowed is kept beyond this call.
    let index = unsafe { arguments::value(index, "index")?.inner() };
    client.message_box_index_counter_remote(&index)
}

/// As kpc_get_message_box_index_counter, computed by the daemon.
///
/// @param client      the client
/// @param index       an index
/// @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param counter     receives its counter
/// @param error       receives details of a failure; may be NULL
/// @return KPC_OK, any call error, KPC_ERR_UNSUPPORTED (daemons before v0.0.73),
///         KPC_ERR_DAEMON_INVALID_REQUEST
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_get_message_box_index_counter_remote(
    client: *mut kpc_client,
    index: *const kpc_box_index,
    timeout_ms: i32,
    counter: *mut u64,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out(counter, "counter");
        let make = |client: &Client| get_message_box_index_counter_remote(client, index);
        waiting_form(client, timeout_ms, error, outputs, make, Ok)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_get_message_box_index_counter_remote_async(
    client: *mut kpc_client,
    index: *const kpc_box_index,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_get_message_box_index_counter_remote", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |client: &Client| get_message_box_index_counter_remote(client, index);
        asynchronous(client, timeout_ms, done, op, error, make)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_get_message_box_index_counter_remote_result(
    result: *const kpc_result,
    counter: *mut u64,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let name = "kpc_get_message_box_index_counter_remote";
        let outputs = out(counter, "counter");
        result_form(name, result, error, outputs, Ok)
    }
}

fn get_pki_document_raw(client: &Client, epoch: u64) -> Result<Call<SignedDocument>> {
    client.get_pki_document(epoch)
}

fn document_values(v: SignedDocument) -> Result<(Arc<Buffer>, u64)> {
    Ok((Buffer::new(v.payload), v.epoch))
}

/// The directory document of an epoch as the authorities signed it, for programs that check the
/// signatures themselves. Asks the daemon; no mixnet traffic.
///
/// @param client      the client
/// @param epoch       the epoch; 0 for the current one
/// @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param payload     receives the certificate, as CBOR
/// @param epoch_out   receives the epoch of the document; may be NULL
/// @param error       receives details of a failure; may be NULL
/// @return KPC_OK, any call error, KPC_ERR_UNSUPPORTED (daemons before v0.0.75),
///         KPC_ERR_DAEMON_SERVICE_UNAVAILABLE (no document of that epoch)
///
/// Ownership: *payload is the caller's, kpc_buffer_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_get_pki_document_raw(
    client: *mut kpc_client,
    epoch: u64,
    timeout_ms: i32,
    payload: *mut *mut kpc_buffer,
    epoch_out: *mut u64,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = (
            out_handle(payload, "payload"),
            out(epoch_out, "epoch_out").optional(),
        );
        let make = |client: &Client| get_pki_document_raw(client, epoch);
        waiting_form(client, timeout_ms, error, outputs, make, document_values)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_get_pki_document_raw_async(
    client: *mut kpc_client,
    epoch: u64,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_get_pki_document_raw", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |client: &Client| get_pki_document_raw(client, epoch);
        asynchronous(client, timeout_ms, done, op, error, make)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_get_pki_document_raw_result(
    result: *const kpc_result,
    payload: *mut *mut kpc_buffer,
    epoch_out: *mut u64,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let name = "kpc_get_pki_document_raw";
        let outputs = (
            out_handle(payload, "payload"),
            out(epoch_out, "epoch_out").optional(),
        );
        result_form(name, result, error, outputs, document_values)
    }
}
