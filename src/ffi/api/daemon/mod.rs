//! kpc_new_keypair_remote …, kpc_get_pki_document_raw: what only the daemon knows, or is asked to compute.

pub mod authorities;

use crate::bacap::{BoxIndex, Keypair};
use crate::client::SignedDocument;
use crate::ffi::api::buffer::{kpc_buffer, Buffer};
use crate::ffi::api::client::kpc_client;
use crate::ffi::api::keys::values_of;
use crate::ffi::api::operation;
use crate::ffi::api::operation::{
    asynchronous, blocking, kpc_completion, kpc_op, kpc_result, Done,
};
use crate::ffi::api::values::{kpc_box_index, kpc_read_cap, kpc_write_cap};
use crate::ffi::boundary::arguments;
use crate::ffi::boundary::call;
use crate::ffi::boundary::error::kpc_error;
use crate::ffi::boundary::outputs::{out, out_beside, out_handle};
use crate::ffi::boundary::status::kpc_status;

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
        call(
            error,
            (
                out(write_cap, "write_cap"),
                out(read_cap, "read_cap"),
                out(first, "first"),
            ),
            move || {
                let v = blocking(client, timeout_ms, |client| {
                    client.new_keypair_remote(arguments::exactly(
                        arguments::bytes(seed, seed_len, "seed")?,
                        "seed",
                    )?)
                })?;
                Ok(values_of(&v))
            },
        )
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
        asynchronous(client, timeout_ms, done, op, error, move |client| {
            client.new_keypair_remote(arguments::exactly(
                arguments::bytes(seed, seed_len, "seed")?,
                "seed",
            )?)
        })
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
        call(
            error,
            (
                out(write_cap, "write_cap"),
                out(read_cap, "read_cap"),
                out(first, "first"),
            ),
            move || {
                let v: Keypair = operation::result("kpc_new_keypair_remote", result)?;
                Ok(values_of(&v))
            },
        )
    }
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
        call(error, out_beside(next, index, "next"), move || {
            let v = blocking(client, timeout_ms, |client| {
                client.next_message_box_index_remote(&arguments::value(index, "index")?.inner())
            })?;
            Ok((&v).into())
        })
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
        asynchronous(client, timeout_ms, done, op, error, move |client| {
            client.next_message_box_index_remote(&arguments::value(index, "index")?.inner())
        })
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
        call(error, out(next, "next"), move || {
            let v: BoxIndex = operation::result("kpc_next_message_box_index_remote", result)?;
            Ok((&v).into())
        })
    }
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
        call(error, out(counter, "counter"), move || {
            let v = blocking(client, timeout_ms, |client| {
                client.message_box_index_counter_remote(&arguments::value(index, "index")?.inner())
            })?;
            Ok(v)
        })
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
        asynchronous(client, timeout_ms, done, op, error, move |client| {
            client.message_box_index_counter_remote(&arguments::value(index, "index")?.inner())
        })
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
        call(error, out(counter, "counter"), move || {
            let v: u64 = operation::result("kpc_get_message_box_index_counter_remote", result)?;
            Ok(v)
        })
    }
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
        call(
            error,
            (
                out_handle(payload, "payload"),
                out(epoch_out, "epoch_out").optional(),
            ),
            move || {
                let v = blocking(client, timeout_ms, |client| client.get_pki_document(epoch))?;
                Ok((Buffer::new(v.payload), v.epoch))
            },
        )
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
        asynchronous(client, timeout_ms, done, op, error, move |client| {
            client.get_pki_document(epoch)
        })
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
        call(
            error,
            (
                out_handle(payload, "payload"),
                out(epoch_out, "epoch_out").optional(),
            ),
            move || {
                let v: SignedDocument = operation::result("kpc_get_pki_document_raw", result)?;
                Ok((Buffer::new(v.payload), v.epoch))
            },
        )
    }
}
