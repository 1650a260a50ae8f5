//! kpc_channel_query: a write or read that a channel has prepared.

use std::sync::Arc;

use bytes::Bytes;

use crate::client::ChannelQuery;
use crate::ffi::api::buffer::{kpc_buffer, Buffer};
use crate::ffi::api::values::{kpc_box_index, kpc_hash};
use crate::ffi::boundary::arguments;
use crate::ffi::boundary::error::kpc_error;
use crate::ffi::boundary::handles;
use crate::ffi::boundary::handles::{Kind, Tag};
use crate::ffi::boundary::outputs::{out, out_handle};
use crate::ffi::boundary::status::kpc_status;
use crate::ffi::boundary::{call, free, get as look};
use crate::wire::WipingVec;
use crate::{Error, Result, Status};

/// A write or read that a channel has prepared, by kpc_write_channel or kpc_read_channel: the
/// payload that travels, the box that it is for, the box after that, and what opens the answer.
/// Immutable. Save it with kpc_channel_query_to_bytes before it is sent: after a crash it can
/// be sent again on a resumed channel.
pub struct kpc_channel_query {
    _opaque: (),
}

impl Kind for kpc_channel_query {
    type Object = ChannelQuery;
    const TAG: Tag = Tag::ChannelQuery;
}

/// The query behind a handle.
pub(crate) fn get(query: *const kpc_channel_query) -> Result<Arc<ChannelQuery>> {
    handles::get(query)
}

/// Which replica, as C says it.
pub(crate) fn reply_index(value: i32) -> Result<Option<u8>> {
    match value {
        -1 => Ok(None),
        0 => Ok(Some(0)),
        1 => Ok(Some(1)),
        other => Err(Error::new(
            Status::ARG_VALUE,
            format!("reply_index is {other}, not -1, 0 or 1"),
        )),
    }
}

/// Whether a query reads; otherwise it writes.
///
/// @param query  the query
/// @return true or false; false for what is no live kpc_channel_query
#[no_mangle]
pub extern "C" fn kpc_channel_query_is_read(query: *const kpc_channel_query) -> bool {
    look(false, || Ok(handles::get(query)?.is_read))
}

/// Which of the two replicas of a box a read asks for.
///
/// @param query  the query
/// @return 0 or 1; -1 for either, and for what is no live kpc_channel_query
#[no_mangle]
pub extern "C" fn kpc_channel_query_reply_index(query: *const kpc_channel_query) -> i32 {
    look(-1, || {
        Ok(handles::get(query)?.reply_index.map_or(-1, i32::from))
    })
}

/// The box that a query reads or writes.
///
/// @param query  the query
/// @param index  receives the index
/// @param error  receives details of a failure; may be NULL
/// @return KPC_OK, any handle error
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_channel_query_current_index(
    query: *const kpc_channel_query,
    index: *mut kpc_box_index,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out(index, "index"), move || {
            Ok((&handles::get(query)?.current_index).into())
        })
    }
}

/// The box after the one that a query reads or writes: where a resumed channel continues.
///
/// @param query  the query
/// @param index  receives the index
/// @param error  receives details of a failure; may be NULL
/// @return KPC_OK, any handle error
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_channel_query_next_index(
    query: *const kpc_channel_query,
    index: *mut kpc_box_index,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out(index, "index"), move || {
            Ok((&handles::get(query)?.next_index).into())
        })
    }
}

/// The hash that names a query's envelope.
///
/// @param query  the query
/// @param hash   receives the hash
/// @param error  receives details of a failure; may be NULL
/// @return KPC_OK, any handle error
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_channel_query_envelope_hash(
    query: *const kpc_channel_query,
    hash: *mut kpc_hash,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out(hash, "hash"), move || {
            Ok(kpc_hash {
                bytes: handles::get(query)?.envelope_hash,
            })
        })
    }
}

/// What opens the answer to a query. A secret.
///
/// @param query       the query
/// @param descriptor  receives the bytes
/// @param error       receives details of a failure; may be NULL
/// @return KPC_OK, any handle error
///
/// Ownership: *descriptor is the caller's, kpc_buffer_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_channel_query_envelope_descriptor(
    query: *const kpc_channel_query,
    descriptor: *mut *mut kpc_buffer,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_handle(descriptor, "descriptor"), move || {
            Ok(Buffer::new(handles::get(query)?.descriptor.clone()))
        })
    }
}

/// What of a query travels to the courier.
///
/// @param query    the query
/// @param payload  receives the bytes
/// @param error    receives details of a failure; may be NULL
/// @return KPC_OK, any handle error
///
/// Ownership: *payload is the caller's, kpc_buffer_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_channel_query_payload(
    query: *const kpc_channel_query,
    payload: *mut *mut kpc_buffer,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_handle(payload, "payload"), move || {
            Ok(Buffer::new(handles::get(query)?.payload.clone()))
        })
    }
}

/// A query in one piece, to be stored, for kpc_channel_query_from_bytes. As secret as the box that
/// it is for.
///
/// @param query  the query
/// @param bytes  receives the bytes
/// @param error  receives details of a failure; may be NULL
/// @return KPC_OK, any handle error
///
/// Ownership: *bytes is the caller's, kpc_buffer_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_channel_query_to_bytes(
    query: *const kpc_channel_query,
    bytes: *mut *mut kpc_buffer,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_handle(bytes, "bytes"), move || {
            Ok(Buffer::new(handles::get(query)?.to_bytes()))
        })
    }
}

/// Makes a query from the bytes of kpc_channel_query_to_bytes.
///
/// @param bytes  the bytes
/// @param len    how many bytes
/// @param query  receives the query
/// @param error  receives details of a failure; may be NULL
/// @return KPC_OK, KPC_ERR_ARG_NULL, KPC_ERR_ARG_VALUE (these bytes are no query, or
///         were cut off or damaged)
///
/// Ownership: *query is the caller's, kpc_channel_query_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_channel_query_from_bytes(
    bytes: *const u8,
    len: usize,
    query: *mut *mut kpc_channel_query,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_handle(query, "query"), move || {
            ChannelQuery::from_bytes(arguments::bytes(bytes, len, "bytes")?).map(Arc::new)
        })
    }
}

/// Makes a query from the parts that another client of the daemon stored.
///
/// @param is_read         it reads; otherwise it writes
/// @param payload         what travels to the courier
/// @param payload_len     how many bytes
/// @param current         the box that is read or written
/// @param next            the box after it
/// @param reply_index     which replica a read asks for, 0 or 1; -1 for either, and for a write
/// @param envelope_hash   the envelope's hash
/// @param descriptor      what opens the answer
/// @param descriptor_len  how many bytes
/// @param query           receives the query
/// @param error           receives details of a failure; may be NULL
/// @return KPC_OK, KPC_ERR_ARG_NULL, KPC_ERR_ARG_EMPTY, KPC_ERR_ARG_VALUE (next does not
///         follow current, or there is no such replica)
///
/// Ownership: *query is the caller's, kpc_channel_query_free.
#[no_mangle]
#[must_use]
#[allow(clippy::too_many_arguments, reason = "so many parts are stored")]
pub unsafe extern "C" fn kpc_channel_query_from_parts(
    is_read: bool,
    payload: *const u8,
    payload_len: usize,
    current: *const kpc_box_index,
    next: *const kpc_box_index,
    reply_index: i32,
    envelope_hash: *const kpc_hash,
    descriptor: *const u8,
    descriptor_len: usize,
    query: *mut *mut kpc_channel_query,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_handle(query, "query"), move || {
            let made = ChannelQuery {
                is_read,
                payload: copy(arguments::bytes(payload, payload_len, "payload")?),
                current_index: arguments::value(current, "current")?.inner(),
                next_index: arguments::value(next, "next")?.inner(),
                reply_index: self::reply_index(reply_index)?,
                envelope_hash: arguments::value(envelope_hash, "envelope_hash")?.bytes,
                descriptor: copy(arguments::bytes(descriptor, descriptor_len, "descriptor")?),
            };
            made.validate()?;
            Ok(Arc::new(made))
        })
    }
}

fn copy(part: &[u8]) -> Bytes {
    WipingVec::new(part.to_vec()).into_bytes()
}

/// Frees a query. Sending continues.
///
/// @param query  the query; NULL is fine
#[no_mangle]
pub extern "C" fn kpc_channel_query_free(query: *mut kpc_channel_query) {
    free(query);
}
