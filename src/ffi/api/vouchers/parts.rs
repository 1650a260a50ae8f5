//! kpc_voucher_*: what the voucher calls gave.

use std::sync::Arc;

use bytes::Bytes;

use super::{kpc_voucher, Voucher};
use crate::ffi::api::buffer::{kpc_buffer, Buffer};
use crate::ffi::api::values::{kpc_hash, kpc_read_cap, kpc_write_cap};
use crate::ffi::boundary::error::kpc_error;
use crate::ffi::boundary::handles;
use crate::ffi::boundary::outputs::{out, out_handle};
use crate::ffi::boundary::status::kpc_status;
use crate::ffi::boundary::{call, free};
use crate::{Error, Result, Status};

fn none(what: &str) -> Error {
    Error::new(
        Status::ARG_VALUE,
        format!("this voucher call gave no {what}"),
    )
}

fn bytes(
    voucher: *const kpc_voucher,
    what: &str,
    pick: impl FnOnce(&Voucher) -> Option<&Bytes>,
) -> Result<Arc<Buffer>> {
    let voucher = handles::get(voucher)?;
    let bytes = pick(&voucher).ok_or_else(|| none(what))?;
    Ok(Buffer::new(bytes.clone()))
}

/// The voucher itself, of kpc_voucher_mint: whoever has it finds its stream and can induct.
///
/// @param voucher  the result of a voucher call
/// @param hash     receives the voucher
/// @param error    receives details of a failure; may be NULL
/// @return KPC_OK, any handle error, KPC_ERR_ARG_VALUE (the call returned none)
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_voucher_hash(
    voucher: *const kpc_voucher,
    hash: *mut kpc_hash,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out(hash, "hash"), move || {
            match &*handles::get(voucher)? {
                Voucher::Minted(minted) => Ok(kpc_hash {
                    bytes: minted.voucher,
                }),
                _ => Err(none("voucher")),
            }
        })
    }
}

/// The description of the joiner, of kpc_voucher_mint, for the first box of the voucher's stream.
///
/// @param voucher  the result of a voucher call
/// @param bytes    receives the bytes
/// @param error    receives details of a failure; may be NULL
/// @return KPC_OK, any handle error, KPC_ERR_ARG_VALUE (the call returned none)
///
/// Ownership: *bytes is the caller's, kpc_buffer_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_voucher_payload(
    voucher: *const kpc_voucher,
    bytes: *mut *mut kpc_buffer,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_handle(bytes, "bytes"), move || {
            self::bytes(voucher, "payload", |voucher| match voucher {
                Voucher::Minted(minted) => Some(&minted.payload),
                _ => None,
            })
        })
    }
}

/// The voucher's stream, of kpc_voucher_mint and kpc_voucher_induct.
///
/// @param voucher    the result of a voucher call
/// @param write_cap  receives the capability to write to it; secret
/// @param read_cap   receives the capability to read it
/// @param error      receives details of a failure; may be NULL
/// @return KPC_OK, any handle error, KPC_ERR_ARG_VALUE (the call returned none)
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_voucher_stream(
    voucher: *const kpc_voucher,
    write_cap: *mut kpc_write_cap,
    read_cap: *mut kpc_read_cap,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(
            error,
            (out(write_cap, "write_cap"), out(read_cap, "read_cap")),
            move || {
                let voucher = handles::get(voucher)?;
                let stream = match &*voucher {
                    Voucher::Minted(minted) => &minted.stream,
                    Voucher::Inducted(inducted) => &inducted.stream,
                    Voucher::Opened(_) => return Err(none("stream")),
                };
                Ok(((&stream.write_cap).into(), (&stream.read_cap).into()))
            },
        )
    }
}

/// The keys under which the reply will be sealed, of kpc_voucher_mint.
///
/// @param voucher     the result of a voucher call
/// @param secret_key  receives the key that opens it; secret, to be stored
/// @param public_key  receives its public half; may be NULL
/// @param error       receives details of a failure; may be NULL
/// @return KPC_OK, any handle error, KPC_ERR_ARG_VALUE (the call returned none)
///
/// Ownership: *secret_key and *public_key are the caller's, kpc_buffer_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_voucher_keys(
    voucher: *const kpc_voucher,
    secret_key: *mut *mut kpc_buffer,
    public_key: *mut *mut kpc_buffer,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(
            error,
            (
                out_handle(secret_key, "secret_key"),
                out_handle(public_key, "public_key").optional(),
            ),
            move || match &*handles::get(voucher)? {
                Voucher::Minted(minted) => Ok((
                    Buffer::new(minted.secret_key.clone()),
                    Buffer::new(minted.public_key.clone()),
                )),
                _ => Err(none("keys")),
            },
        )
    }
}

/// How the joiner wants to be called, of kpc_voucher_induct.
///
/// @param voucher  the result of a voucher call
/// @param name     receives the text, UTF-8 and followed by a NUL
/// @param error    receives details of a failure; may be NULL
/// @return KPC_OK, any handle error, KPC_ERR_ARG_VALUE (the call returned none)
///
/// Ownership: *name is the caller's, kpc_buffer_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_voucher_display_name(
    voucher: *const kpc_voucher,
    name: *mut *mut kpc_buffer,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(
            error,
            out_handle(name, "name"),
            move || match &*handles::get(voucher)? {
                Voucher::Inducted(inducted) => Ok(Buffer::text(inducted.display_name.clone())),
                _ => Err(none("name")),
            },
        )
    }
}

/// The changed capability to read the joiner's messages, of kpc_voucher_induct.
///
/// @param voucher   the result of a voucher call
/// @param read_cap  receives the capability
/// @param error     receives details of a failure; may be NULL
/// @return KPC_OK, any handle error, KPC_ERR_ARG_VALUE (the call returned none)
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_voucher_message_read_cap(
    voucher: *const kpc_voucher,
    read_cap: *mut kpc_read_cap,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(
            error,
            out(read_cap, "read_cap"),
            move || match &*handles::get(voucher)? {
                Voucher::Inducted(inducted) => Ok((&inducted.message_read_cap).into()),
                _ => Err(none("read capability")),
            },
        )
    }
}

/// The changed capability to write one's messages, of kpc_voucher_open.
///
/// @param voucher    the result of a voucher call
/// @param write_cap  receives the capability; secret
/// @param error      receives details of a failure; may be NULL
/// @return KPC_OK, any handle error, KPC_ERR_ARG_VALUE (the call returned none)
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_voucher_message_write_cap(
    voucher: *const kpc_voucher,
    write_cap: *mut kpc_write_cap,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(
            error,
            out(write_cap, "write_cap"),
            move || match &*handles::get(voucher)? {
                Voucher::Opened(opened) => Ok((&opened.message_write_cap).into()),
                _ => Err(none("write capability")),
            },
        )
    }
}

/// The sealed reply, of kpc_voucher_induct, for the second box of the voucher's stream.
///
/// @param voucher  the result of a voucher call
/// @param bytes    receives the bytes
/// @param error    receives details of a failure; may be NULL
/// @return KPC_OK, any handle error, KPC_ERR_ARG_VALUE (the call returned none)
///
/// Ownership: *bytes is the caller's, kpc_buffer_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_voucher_sealed_reply(
    voucher: *const kpc_voucher,
    bytes: *mut *mut kpc_buffer,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_handle(bytes, "bytes"), move || {
            self::bytes(voucher, "sealed reply", |voucher| match voucher {
                Voucher::Inducted(inducted) => Some(&inducted.sealed_reply),
                _ => None,
            })
        })
    }
}

/// What the inductor sent, of kpc_voucher_open.
///
/// @param voucher  the result of a voucher call
/// @param bytes    receives the bytes
/// @param error    receives details of a failure; may be NULL
/// @return KPC_OK, any handle error, KPC_ERR_ARG_VALUE (the call returned none)
///
/// Ownership: *bytes is the caller's, kpc_buffer_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_voucher_who_reply(
    voucher: *const kpc_voucher,
    bytes: *mut *mut kpc_buffer,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_handle(bytes, "bytes"), move || {
            self::bytes(voucher, "reply", |voucher| match voucher {
                Voucher::Opened(opened) => Some(&opened.who_reply),
                _ => None,
            })
        })
    }
}

/// The salt that the message stream was changed with, of kpc_voucher_induct and kpc_voucher_open;
/// it is the same in both.
///
/// @param voucher  the result of a voucher call
/// @param bytes    receives the bytes
/// @param error    receives details of a failure; may be NULL
/// @return KPC_OK, any handle error, KPC_ERR_ARG_VALUE (the call returned none)
///
/// Ownership: *bytes is the caller's, kpc_buffer_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_voucher_salt(
    voucher: *const kpc_voucher,
    bytes: *mut *mut kpc_buffer,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_handle(bytes, "bytes"), move || {
            self::bytes(voucher, "salt", |voucher| match voucher {
                Voucher::Inducted(inducted) => Some(&inducted.salt),
                Voucher::Opened(opened) => Some(&opened.salt),
                Voucher::Minted(_) => None,
            })
        })
    }
}

/// Frees the result of a voucher call and wipes its secrets. Buffers that were handed out stay.
///
/// @param voucher  the voucher; NULL is fine
#[no_mangle]
pub extern "C" fn kpc_voucher_free(voucher: *mut kpc_voucher) {
    free(voucher);
}
