//! kpc_create_courier_envelopes_*, kpc_envelopes_*: elements of copy streams.

pub mod reading;

use std::sync::Arc;

use crate::client::{Call, Client, CopyDestination, CourierEnvelopes, StreamEnds};
use crate::ffi::api::client::kpc_client;
use crate::ffi::api::operation::{
    asynchronous, kpc_completion, kpc_op, kpc_result, object, result_form, waiting, waiting_form,
    Done,
};
use crate::ffi::api::values::{kpc_box_index, kpc_write_cap};
use crate::ffi::boundary::arguments;
use crate::ffi::boundary::call;
use crate::ffi::boundary::error::kpc_error;
use crate::ffi::boundary::handles::{Kind, Tag};
use crate::ffi::boundary::outputs::out_handle;
use crate::ffi::boundary::status::kpc_status;
use crate::Result;

/// Boxes that a copy stream has at most, and envelopes in them.
pub const KPC_MAX_STREAM_BOXES: usize = 65_536;
/// Bytes of a payload for one destination of a copy stream at most.
pub const KPC_MAX_DESTINATION_PAYLOAD: usize = 10_485_760;

/// Elements of a copy stream: each is to be written to one box of a temporary stream, in order and
/// without a gap from its first box on, which a copy command then has a courier perform. Also what
/// does not fill an element yet, and where each destination continues.
pub struct kpc_stream_elements {
    _opaque: (),
}

impl Kind for kpc_stream_elements {
    type Object = CourierEnvelopes;
    const TAG: Tag = Tag::Envelopes;
}

/// A payload and the place where a copy command is to write it.
#[repr(C)]
pub struct kpc_destination {
    /// The capability of the stream to write to.
    pub write_cap: kpc_write_cap,
    /// The first box to write.
    pub start_index: kpc_box_index,
    /// What to write; may be NULL if payload_len is 0.
    pub payload: *const u8,
    /// How many bytes, at most KPC_MAX_DESTINATION_PAYLOAD.
    pub payload_len: usize,
}

/// # Safety
/// The pointers are what the contract of the header says.
unsafe fn optional_bytes<'a>(buffer: *const u8, len: usize) -> Result<Option<&'a [u8]>> {
    // SAFETY: passed on from the caller.
    let buffer = unsafe { arguments::bytes(buffer, len, "buffer")? };
    Ok((!buffer.is_empty()).then_some(buffer))
}

/// # Safety
/// The pointers are what the contract of the header says.
unsafe fn destinations<'a>(
    destinations: *const kpc_destination,
    len: usize,
) -> Result<Vec<CopyDestination<'a>>> {
    // SAFETY: passed on from the caller.
    unsafe { arguments::slice(destinations, len, "destinations")? }
        .iter()
        .map(|to| {
            Ok(CopyDestination {
                write_cap: to.write_cap.checked()?,
                start_index: to.start_index.inner(),
                // SAFETY: passed on from the caller.
                payload: unsafe { arguments::bytes(to.payload, to.payload_len, "payload")? },
            })
        })
        .collect()
}

/// Makes the elements of a copy stream that writes one payload. The daemon computes them;
/// nothing is sent. A payload takes the boxes of its destination in pieces of
/// MaxPlaintextPayloadLength - 4 bytes.
///
/// A stream is made by one call with is_start and is_last, or by several: is_start for the first,
/// is_last for the last. Without a final call with is_last, the courier keeps reading for ever. A
/// call that is not the last ends with an element that may be partly filled;
/// kpc_create_courier_envelopes_from_multi_payload packs better. Long payloads go to the daemon in
/// pieces, each of which it encrypts in about two seconds: every box of the destination costs as
/// much as kpc_encrypt_write. Where that takes long, each connection for encryptions
/// (kpc_config_set_encryption_connections) carries one at the same time.
///
/// @param client            the client
/// @param payload           what to write; may be NULL if payload_len is 0
/// @param payload_len       how many bytes, at most KPC_MAX_DESTINATION_PAYLOAD; 0 only where
///                          is_last is not set
/// @param dest_write_cap    the capability of the stream to write to
/// @param dest_start_index  the first box to write
/// @param is_start          these are the first elements of the stream
/// @param is_last           these are the last elements of the stream
/// @param timeout_ms        how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param envelopes         receives the elements
/// @param error             receives details of a failure; may be NULL
/// @return KPC_OK, any call error, any daemon error, KPC_ERR_ARG_EMPTY (nothing to write, and
///         no end then), KPC_ERR_PAYLOAD_TOO_LARGE, KPC_ERR_INVALID_CAPABILITY (the index does
///         not belong to it), KPC_ERR_NO_GEOMETRY, KPC_ERR_NO_PKI_DOCUMENT, KPC_ERR_UNSUPPORTED
///
/// Ownership: *envelopes is the caller's, kpc_stream_elements_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_create_courier_envelopes_from_payload(
    client: *mut kpc_client,
    payload: *const u8,
    payload_len: usize,
    dest_write_cap: *const kpc_write_cap,
    dest_start_index: *const kpc_box_index,
    is_start: bool,
    is_last: bool,
    timeout_ms: i32,
    envelopes: *mut *mut kpc_stream_elements,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_handle(envelopes, "envelopes"), move || {
            let v = waiting(client, timeout_ms, |client, timeout| {
                client.courier_envelopes_from_payload(
                    &CopyDestination {
                        write_cap: arguments::value(dest_write_cap, "dest_write_cap")?.checked()?,
                        start_index: arguments::value(dest_start_index, "dest_start_index")?
                            .inner(),
                        payload: arguments::bytes(payload, payload_len, "payload")?,
                    },
                    StreamEnds { is_start, is_last },
                    timeout,
                )
            })?;
            Ok(Arc::new(v))
        })
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_create_courier_envelopes_from_payload_async(
    client: *mut kpc_client,
    payload: *const u8,
    payload_len: usize,
    dest_write_cap: *const kpc_write_cap,
    dest_start_index: *const kpc_box_index,
    is_start: bool,
    is_last: bool,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_create_courier_envelopes_from_payload", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        asynchronous(client, timeout_ms, done, op, error, move |client| {
            client.create_courier_envelopes_from_payload(
                &CopyDestination {
                    write_cap: arguments::value(dest_write_cap, "dest_write_cap")?.checked()?,
                    start_index: arguments::value(dest_start_index, "dest_start_index")?.inner(),
                    payload: arguments::bytes(payload, payload_len, "payload")?,
                },
                StreamEnds { is_start, is_last },
            )
        })
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_create_courier_envelopes_from_payload_result(
    result: *const kpc_result,
    envelopes: *mut *mut kpc_stream_elements,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let name = "kpc_create_courier_envelopes_from_payload";
        let outputs = out_handle(envelopes, "envelopes");
        result_form(name, result, error, outputs, object::<CourierEnvelopes>)
    }
}

/// As kpc_create_courier_envelopes_from_payload, for any number of destinations at once. What does
/// not fill an element is left for the next call, unless is_last is set:
/// kpc_stream_elements_buffer. To continue after a crash, store it together with the position in
/// the temporary stream and its capability, and continue without is_start.
///
/// @param client            the client
/// @param destinations      the payloads and their places, at least one
/// @param destinations_len  how many
/// @param is_start          these are the first elements of the stream
/// @param is_last           these are the last elements of the stream
/// @param buffer            kpc_stream_elements_buffer of the call before; may be NULL if buffer_len
///                          is 0
/// @param buffer_len        how many bytes
/// @param timeout_ms        how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param envelopes         receives the elements
/// @param error             receives details of a failure; may be NULL
/// @return KPC_OK, any call error, any daemon error, KPC_ERR_ARG_SIZE (no call leaves such a
///         buffer), KPC_ERR_ARG_EMPTY (nothing to write, and no end then),
///         KPC_ERR_PAYLOAD_TOO_LARGE, KPC_ERR_INVALID_CAPABILITY (the index does not belong to
///         it), KPC_ERR_NO_GEOMETRY, KPC_ERR_NO_PKI_DOCUMENT, KPC_ERR_UNSUPPORTED
///
/// Ownership: *envelopes is the caller's, kpc_stream_elements_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_create_courier_envelopes_from_multi_payload(
    client: *mut kpc_client,
    destinations: *const kpc_destination,
    destinations_len: usize,
    is_start: bool,
    is_last: bool,
    buffer: *const u8,
    buffer_len: usize,
    timeout_ms: i32,
    envelopes: *mut *mut kpc_stream_elements,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_handle(envelopes, "envelopes"), move || {
            let v = waiting(client, timeout_ms, |client, timeout| {
                client.courier_envelopes_from_multi_payload(
                    &self::destinations(destinations, destinations_len)?,
                    StreamEnds { is_start, is_last },
                    optional_bytes(buffer, buffer_len)?,
                    timeout,
                )
            })?;
            Ok(Arc::new(v))
        })
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_create_courier_envelopes_from_multi_payload_async(
    client: *mut kpc_client,
    destinations: *const kpc_destination,
    destinations_len: usize,
    is_start: bool,
    is_last: bool,
    buffer: *const u8,
    buffer_len: usize,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_create_courier_envelopes_from_multi_payload", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        asynchronous(client, timeout_ms, done, op, error, move |client| {
            client.create_courier_envelopes_from_multi_payload(
                &self::destinations(destinations, destinations_len)?,
                StreamEnds { is_start, is_last },
                optional_bytes(buffer, buffer_len)?,
            )
        })
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_create_courier_envelopes_from_multi_payload_result(
    result: *const kpc_result,
    envelopes: *mut *mut kpc_stream_elements,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let name = "kpc_create_courier_envelopes_from_multi_payload";
        let outputs = out_handle(envelopes, "envelopes");
        result_form(name, result, error, outputs, object::<CourierEnvelopes>)
    }
}

/// # Safety
/// Each pointer is NULL or points to what the header asks for, which nobody changes meanwhile.
unsafe fn create_courier_envelopes_from_tombstone_range(
    client: &Client,
    dest_write_cap: *const kpc_write_cap,
    dest_start_index: *const kpc_box_index,
    max_count: u32,
    ends: StreamEnds,
    buffer: *const u8,
    buffer_len: usize,
) -> Result<Call<CourierEnvelopes>> {
    // SAFETY: NULL or valid by the caller's word; nothing borrowed is kept beyond this call.
    let (dest_write_cap, dest_start_index, buffer) = unsafe {
        (
            arguments::value(dest_write_cap, "dest_write_cap")?.checked()?,
            arguments::value(dest_start_index, "dest_start_index")?.inner(),
            optional_bytes(buffer, buffer_len)?,
        )
    };
    client.create_courier_envelopes_from_tombstone_range(
        &dest_write_cap,
        &dest_start_index,
        max_count,
        ends,
        buffer,
    )
}

/// As kpc_create_courier_envelopes_from_multi_payload, for the deletion of boxes in a row: the
/// courier writes a tombstone over each.
///
/// @param client            the client
/// @param dest_write_cap    the capability of the stream to delete from
/// @param dest_start_index  the first box to delete
/// @param max_count         how many boxes, at least 1
/// @param is_start          these are the first elements of the stream
/// @param is_last           these are the last elements of the stream
/// @param buffer            kpc_stream_elements_buffer of the call before; may be NULL if buffer_len
///                          is 0
/// @param buffer_len        how many bytes
/// @param timeout_ms        how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param envelopes         receives the elements
/// @param error             receives details of a failure; may be NULL
/// @return KPC_OK, any call error, any daemon error, KPC_ERR_ARG_SIZE (no call leaves such a
///         buffer), KPC_ERR_PAYLOAD_TOO_LARGE, KPC_ERR_INVALID_CAPABILITY (the index does not
///         belong to it), KPC_ERR_NO_GEOMETRY, KPC_ERR_NO_PKI_DOCUMENT, KPC_ERR_UNSUPPORTED
///
/// Ownership: *envelopes is the caller's, kpc_stream_elements_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_create_courier_envelopes_from_tombstone_range(
    client: *mut kpc_client,
    dest_write_cap: *const kpc_write_cap,
    dest_start_index: *const kpc_box_index,
    max_count: u32,
    is_start: bool,
    is_last: bool,
    buffer: *const u8,
    buffer_len: usize,
    timeout_ms: i32,
    envelopes: *mut *mut kpc_stream_elements,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out_handle(envelopes, "envelopes");
        let make = |client: &Client| {
            create_courier_envelopes_from_tombstone_range(
                client,
                dest_write_cap,
                dest_start_index,
                max_count,
                StreamEnds { is_start, is_last },
                buffer,
                buffer_len,
            )
        };
        waiting_form(client, timeout_ms, error, outputs, make, object)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_create_courier_envelopes_from_tombstone_range_async(
    client: *mut kpc_client,
    dest_write_cap: *const kpc_write_cap,
    dest_start_index: *const kpc_box_index,
    max_count: u32,
    is_start: bool,
    is_last: bool,
    buffer: *const u8,
    buffer_len: usize,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_create_courier_envelopes_from_tombstone_range", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |client: &Client| {
            create_courier_envelopes_from_tombstone_range(
                client,
                dest_write_cap,
                dest_start_index,
                max_count,
                StreamEnds { is_start, is_last },
                buffer,
                buffer_len,
            )
        };
        asynchronous(client, timeout_ms, done, op, error, make)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_create_courier_envelopes_from_tombstone_range_result(
    result: *const kpc_result,
    envelopes: *mut *mut kpc_stream_elements,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let name = "kpc_create_courier_envelopes_from_tombstone_range";
        let outputs = out_handle(envelopes, "envelopes");
        result_form(name, result, error, outputs, object)
    }
}
