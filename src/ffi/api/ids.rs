//! Ids, hashes, wiping, and sizes for languages that cannot read the macros.

use std::ffi::c_void;
use std::mem::MaybeUninit;

use zeroize::Zeroize;

use crate::ffi::api::values::*;
use crate::ffi::boundary::arguments;
use crate::ffi::boundary::error::kpc_error;
use crate::ffi::boundary::outputs::out;
use crate::ffi::boundary::status::kpc_status;
use crate::ffi::boundary::{call, get};
use crate::wire::Id;
use crate::{bacap, Error, Result, Status};

/// 16 bytes of the operating system's randomness.
/// An id that may be left out: then it is a new one.
///
/// # Safety
/// `id` is NULL or points to an id that nobody writes to during the call.
pub(crate) unsafe fn id_or_new(id: *const kpc_id, name: &str) -> Result<Id> {
    // SAFETY: passed on from the caller.
    match unsafe { arguments::optional_value(id, name)? } {
        Some(id) => Ok(id.bytes),
        None => Ok(random_id()?.bytes),
    }
}

fn random_id() -> Result<kpc_id> {
    let mut bytes = [0; KPC_ID_SIZE];
    getrandom::fill(&mut bytes).map_err(|error| {
        let message = format!("the operating system gives no randomness: {error}");
        Error::new(Status::INTERNAL, message)
    })?;
    Ok(kpc_id { bytes })
}

/// Makes a new random message id.
///
/// @param id     receives the id
/// @param error  receives details of a failure; may be NULL
/// @return KPC_OK, KPC_ERR_ARG_NULL, KPC_ERR_INTERNAL (the operating system has no randomness)
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_new_message_id(
    id: *mut kpc_id,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe { call(error, out(id, "id"), random_id) }
}

/// Makes a new random id for a reply block (SURB). Never use one twice.
///
/// @param id     receives the id
/// @param error  receives details of a failure; may be NULL
/// @return KPC_OK, KPC_ERR_ARG_NULL, KPC_ERR_INTERNAL (the operating system has no randomness)
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_new_surb_id(
    id: *mut kpc_id,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe { call(error, out(id, "id"), random_id) }
}

/// Makes a new random id of the kind that joins requests with their replies. The library
/// makes its own; this is for programs that speak the protocol themselves.
///
/// @param id     receives the id
/// @param error  receives details of a failure; may be NULL
/// @return KPC_OK, KPC_ERR_ARG_NULL, KPC_ERR_INTERNAL (the operating system has no randomness)
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_new_query_id(
    id: *mut kpc_id,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe { call(error, out(id, "id"), random_id) }
}

/// The BLAKE2b-256 hash of some bytes: what nodes are named by is that of their identity key.
///
/// @param bytes  the bytes; may be NULL if len is 0
/// @param len    how many bytes
/// @param hash   receives the hash
/// @param error  receives details of a failure; may be NULL
/// @return KPC_OK, KPC_ERR_ARG_NULL, KPC_ERR_ARG_SIZE
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_blake2b_256(
    bytes: *const u8,
    len: usize,
    hash: *mut kpc_hash,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out(hash, "hash"), move || {
            let bytes = bacap::blake2b_256(arguments::bytes(bytes, len, "bytes")?);
            Ok(kpc_hash { bytes })
        })
    }
}

/// Overwrites memory in a way that no compiler leaves out. For the caller's own copies of
/// capabilities, indices and seeds, which are secrets.
///
/// @param p  the first byte; NULL is fine
/// @param n  how many bytes
///
/// Threads: any, as long as no other uses that memory.
#[no_mangle]
pub unsafe extern "C" fn kpc_wipe(p: *mut c_void, n: usize) {
    if p.is_null() || n > isize::MAX as usize {
        return;
    }
    get((), || {
        // SAFETY: not NULL, of possible size, and the caller's to write to.
        let memory = unsafe { std::slice::from_raw_parts_mut(p.cast::<MaybeUninit<u8>>(), n) };
        memory.zeroize();
        Ok(())
    });
}

/// KPC_WRITE_CAP_SIZE, for languages that cannot read macros.
///
/// @return the number of bytes
#[no_mangle]
pub extern "C" fn kpc_write_cap_size() -> usize {
    KPC_WRITE_CAP_SIZE
}

/// KPC_READ_CAP_SIZE, for languages that cannot read macros.
///
/// @return the number of bytes
#[no_mangle]
pub extern "C" fn kpc_read_cap_size() -> usize {
    KPC_READ_CAP_SIZE
}

/// KPC_BOX_INDEX_SIZE, for languages that cannot read macros.
///
/// @return the number of bytes
#[no_mangle]
pub extern "C" fn kpc_box_index_size() -> usize {
    KPC_BOX_INDEX_SIZE
}

/// KPC_HASH_SIZE, for languages that cannot read macros.
///
/// @return the number of bytes
#[no_mangle]
pub extern "C" fn kpc_hash_size() -> usize {
    KPC_HASH_SIZE
}

/// KPC_SEED_SIZE, for languages that cannot read macros.
///
/// @return the number of bytes
#[no_mangle]
pub extern "C" fn kpc_seed_size() -> usize {
    KPC_SEED_SIZE
}

/// KPC_ID_SIZE, for languages that cannot read macros: the size of ids of every kind.
///
/// @return the number of bytes
#[no_mangle]
pub extern "C" fn kpc_id_size() -> usize {
    KPC_ID_SIZE
}

/// KPC_QUEUE_ID_MAX_SIZE, for languages that cannot read macros.
///
/// @return the number of bytes
#[no_mangle]
pub extern "C" fn kpc_queue_id_max_size() -> usize {
    KPC_QUEUE_ID_MAX_SIZE
}
