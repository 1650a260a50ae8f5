//! kpc_get_directory_authorities, kpc_authorities_*: who signs the network's documents.

use std::sync::Arc;

use crate::client::Client;
use crate::ffi::api::buffer::{kpc_buffer, Buffer};
use crate::ffi::api::client::kpc_client;
use crate::ffi::api::operation::{
    asynchronous, kpc_completion, kpc_op, kpc_result, object, result_form, waiting_form, Done,
};
use crate::ffi::api::values::kpc_hash;
use crate::ffi::boundary::error::kpc_error;
use crate::ffi::boundary::handles;
use crate::ffi::boundary::handles::{Kind, Tag};
use crate::ffi::boundary::outputs::{out, out_handle};
use crate::ffi::boundary::status::kpc_status;
use crate::ffi::boundary::{call, free, get};
use crate::wire::Authority;
use crate::{Error, Result, Status};

/// The directory authorities that the daemon is configured with. Their keys verify what
/// kpc_get_pki_document_raw returns.
pub struct kpc_authorities {
    _opaque: (),
}

impl Kind for kpc_authorities {
    type Object = Vec<Authority>;
    const TAG: Tag = Tag::Authorities;
}

/// The directory authorities of the network, as the daemon is configured. Asks the daemon; no
/// mixnet traffic.
///
/// @param client       the client
/// @param timeout_ms   how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param authorities  receives the authorities
/// @param error        receives details of a failure; may be NULL
/// @return KPC_OK, any call error, any daemon error, KPC_ERR_UNSUPPORTED (daemons before
///         v0.0.81), KPC_ERR_DAEMON_SERVICE_UNAVAILABLE (it has none)
///
/// Ownership: *authorities is the caller's, kpc_authorities_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_get_directory_authorities(
    client: *mut kpc_client,
    timeout_ms: i32,
    authorities: *mut *mut kpc_authorities,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out_handle(authorities, "authorities");
        waiting_form(
            client,
            timeout_ms,
            error,
            outputs,
            Client::get_directory_authorities,
            object,
        )
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_get_directory_authorities_async(
    client: *mut kpc_client,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_get_directory_authorities", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        asynchronous(
            client,
            timeout_ms,
            done,
            op,
            error,
            Client::get_directory_authorities,
        )
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_get_directory_authorities_result(
    result: *const kpc_result,
    authorities: *mut *mut kpc_authorities,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let name = "kpc_get_directory_authorities";
        let outputs = out_handle(authorities, "authorities");
        result_form(name, result, error, outputs, object)
    }
}

fn at<T>(
    authorities: *const kpc_authorities,
    position: usize,
    pick: impl FnOnce(&Authority) -> Result<T>,
) -> Result<T> {
    let authorities = handles::get(authorities)?;
    match authorities.get(position) {
        Some(authority) => pick(authority),
        None => Err(Error::new(
            Status::ARG_VALUE,
            format!("position {position} of {} authorities", authorities.len()),
        )),
    }
}

/// A text of an authority.
fn text(
    authorities: *const kpc_authorities,
    position: usize,
    pick: impl FnOnce(&Authority) -> &String,
) -> Result<Arc<Buffer>> {
    at(authorities, position, |authority| {
        Ok(Buffer::text(pick(authority).clone()))
    })
}

/// How many authorities there are.
///
/// @param authorities  the result of kpc_get_directory_authorities
/// @return the number; 0 for what is no live kpc_authorities
#[no_mangle]
pub extern "C" fn kpc_authorities_count(authorities: *const kpc_authorities) -> usize {
    get(0, || Ok(handles::get(authorities)?.len()))
}

/// The name of an authority.
///
/// @param authorities  the result of kpc_get_directory_authorities
/// @param position     which one, from 0
/// @param identifier   receives the text, UTF-8 and followed by a NUL
/// @param error        receives details of a failure; may be NULL
/// @return KPC_OK, any argument error
///
/// Ownership: *identifier is the caller's, kpc_buffer_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_authorities_identifier_at(
    authorities: *const kpc_authorities,
    position: usize,
    identifier: *mut *mut kpc_buffer,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_handle(identifier, "identifier"), move || {
            text(authorities, position, |authority| &authority.identifier)
        })
    }
}

/// The signature scheme of an authority, such as "Ed25519".
///
/// @param authorities  the result of kpc_get_directory_authorities
/// @param position     which one, from 0
/// @param scheme       receives the text, UTF-8 and followed by a NUL
/// @param error        receives details of a failure; may be NULL
/// @return KPC_OK, any argument error
///
/// Ownership: *scheme is the caller's, kpc_buffer_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_authorities_pki_signature_scheme_at(
    authorities: *const kpc_authorities,
    position: usize,
    scheme: *mut *mut kpc_buffer,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_handle(scheme, "scheme"), move || {
            text(authorities, position, |authority| {
                &authority.pki_signature_scheme
            })
        })
    }
}

/// The scheme by which others connect with an authority.
///
/// @param authorities  the result of kpc_get_directory_authorities
/// @param position     which one, from 0
/// @param scheme       receives the text, UTF-8 and followed by a NUL
/// @param error        receives details of a failure; may be NULL
/// @return KPC_OK, any argument error
///
/// Ownership: *scheme is the caller's, kpc_buffer_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_authorities_wire_kem_scheme_at(
    authorities: *const kpc_authorities,
    position: usize,
    scheme: *mut *mut kpc_buffer,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_handle(scheme, "scheme"), move || {
            text(authorities, position, |authority| {
                &authority.wire_kem_scheme
            })
        })
    }
}

/// The key by which an authority signs, in PEM.
///
/// @param authorities  the result of kpc_get_directory_authorities
/// @param position     which one, from 0
/// @param key          receives the text, UTF-8 and followed by a NUL
/// @param error        receives details of a failure; may be NULL
/// @return KPC_OK, any argument error
///
/// Ownership: *key is the caller's, kpc_buffer_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_authorities_identity_public_key_pem_at(
    authorities: *const kpc_authorities,
    position: usize,
    key: *mut *mut kpc_buffer,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_handle(key, "key"), move || {
            text(authorities, position, |authority| {
                &authority.identity_public_key_pem
            })
        })
    }
}

/// The key by which others connect with an authority, in PEM.
///
/// @param authorities  the result of kpc_get_directory_authorities
/// @param position     which one, from 0
/// @param key          receives the text, UTF-8 and followed by a NUL
/// @param error        receives details of a failure; may be NULL
/// @return KPC_OK, any argument error
///
/// Ownership: *key is the caller's, kpc_buffer_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_authorities_link_public_key_pem_at(
    authorities: *const kpc_authorities,
    position: usize,
    key: *mut *mut kpc_buffer,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_handle(key, "key"), move || {
            text(authorities, position, |authority| {
                &authority.link_public_key_pem
            })
        })
    }
}

/// The hash of the key by which an authority signs: its name in the table of a document's
/// signatures.
///
/// @param authorities  the result of kpc_get_directory_authorities
/// @param position     which one, from 0
/// @param hash         receives the hash
/// @param error        receives details of a failure; may be NULL
/// @return KPC_OK, any argument error
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_authorities_identity_key_hash_at(
    authorities: *const kpc_authorities,
    position: usize,
    hash: *mut kpc_hash,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out(hash, "hash"), move || {
            at(authorities, position, |authority| {
                Ok(kpc_hash {
                    bytes: authority.identity_key_hash,
                })
            })
        })
    }
}

/// How many addresses an authority has.
///
/// @param authorities  the result of kpc_get_directory_authorities
/// @param position     which one, from 0
/// @return the number; 0 if there is no such authority
#[no_mangle]
pub extern "C" fn kpc_authorities_address_count_at(
    authorities: *const kpc_authorities,
    position: usize,
) -> usize {
    get(0, || {
        at(authorities, position, |authority| {
            Ok(authority.addresses.len())
        })
    })
}

/// An address of an authority, such as "tcp://127.0.0.1:30001".
///
/// @param authorities  the result of kpc_get_directory_authorities
/// @param position     which one, from 0
/// @param number       which address, from 0
/// @param address      receives the text, UTF-8 and followed by a NUL
/// @param error        receives details of a failure; may be NULL
/// @return KPC_OK, any argument error
///
/// Ownership: *address is the caller's, kpc_buffer_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_authorities_address_at(
    authorities: *const kpc_authorities,
    position: usize,
    number: usize,
    address: *mut *mut kpc_buffer,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_handle(address, "address"), move || {
            at(authorities, position, |authority| {
                let addresses = &authority.addresses;
                let address = addresses.get(number).cloned().ok_or_else(|| {
                    Error::new(
                        Status::ARG_VALUE,
                        format!("number {number} of {} addresses", addresses.len()),
                    )
                })?;
                Ok(Buffer::text(address))
            })
        })
    }
}

/// Frees the authorities.
///
/// @param authorities  the authorities; NULL is fine
#[no_mangle]
pub extern "C" fn kpc_authorities_free(authorities: *mut kpc_authorities) {
    free(authorities);
}
