//! kpc_message_*, kpc_messages_*: what a reader received.

use std::sync::Arc;

use crate::ffi::api::buffer::{kpc_buffer, Buffer};
use crate::ffi::boundary::error::kpc_error;
use crate::ffi::boundary::handles;
use crate::ffi::boundary::handles::{Kind, Tag};
use crate::ffi::boundary::outputs::out_handle;
use crate::ffi::boundary::status::kpc_status;
use crate::ffi::boundary::{call, free, get};
use crate::store::{Arrival, Message};
use crate::{Error, Status};

/// What kpc_message_arrival returns for what is no live kpc_message.
pub const KPC_ARRIVAL_NONE: i32 = 0;
/// A message: kpc_message_kind, kpc_message_data.
pub const KPC_ARRIVAL_MESSAGE: i32 = 1;
/// A tombstone: the writer deleted what was in a box.
pub const KPC_ARRIVAL_TOMBSTONE: i32 = 2;
/// A box that no writer of this library filled: kpc_message_data is all that it holds.
pub const KPC_ARRIVAL_FOREIGN: i32 = 3;
/// Boxes that belong to no whole message: kpc_message_data is a sentence that says why.
pub const KPC_ARRIVAL_BROKEN: i32 = 4;
/// A box that kpc_reader_skip passed over.
pub const KPC_ARRIVAL_SKIPPED: i32 = 5;

/// Boxes that the network has lost, kpc_message_missing_boxes of them: kpc_message_data is a
/// sentence that says so.
pub const KPC_ARRIVAL_MISSING: i32 = 6;

/// What a reader received. It stays as it is when it is acknowledged or deleted.
pub struct kpc_message {
    _opaque: (),
}

impl Kind for kpc_message {
    type Object = Message;
    const TAG: Tag = Tag::Message;
}

/// A list of messages, in the order of their numbers.
pub struct kpc_messages {
    _opaque: (),
}

impl Kind for kpc_messages {
    type Object = Vec<Arc<Message>>;
    const TAG: Tag = Tag::Messages;
}

/// The number of a message in its reader: from 1, without gaps.
///
/// @param message  the message
/// @return the number; 0 for what is no live kpc_message
#[no_mangle]
pub extern "C" fn kpc_message_number(message: *const kpc_message) -> u64 {
    get(0, || Ok(handles::get(message)?.number))
}

/// What it is.
///
/// @param message  the message
/// @return KPC_ARRIVAL_...; KPC_ARRIVAL_NONE, 0, for what is no live kpc_message. Later versions
///          may add some
#[no_mangle]
pub extern "C" fn kpc_message_arrival(message: *const kpc_message) -> i32 {
    get(KPC_ARRIVAL_NONE, || {
        Ok(match handles::get(message)?.arrival {
            Arrival::Message(_) => KPC_ARRIVAL_MESSAGE,
            Arrival::Tombstone => KPC_ARRIVAL_TOMBSTONE,
            Arrival::Foreign => KPC_ARRIVAL_FOREIGN,
            Arrival::Broken => KPC_ARRIVAL_BROKEN,
            Arrival::Skipped => KPC_ARRIVAL_SKIPPED,
            Arrival::Missing(_) => KPC_ARRIVAL_MISSING,
        })
    })
}

/// The kind that the writer gave it.
///
/// @param message  the message
/// @return the kind; 0 for what is no KPC_ARRIVAL_MESSAGE, or no live kpc_message
#[no_mangle]
pub extern "C" fn kpc_message_kind(message: *const kpc_message) -> u8 {
    get(0, || {
        Ok(match handles::get(message)?.arrival {
            Arrival::Message(kind) => kind,
            _ => 0,
        })
    })
}

/// How many boxes in a row are missing. The network had them once; they were lost, or they expired
/// before they were read. A message of which one was missing is not delivered: what came of it is
/// dropped.
///
/// @param message  the message
/// @return the number; 0 for what is no KPC_ARRIVAL_MISSING, or no live kpc_message
#[no_mangle]
pub extern "C" fn kpc_message_missing_boxes(message: *const kpc_message) -> u32 {
    get(0, || {
        Ok(match handles::get(message)?.arrival {
            Arrival::Missing(boxes) => boxes,
            _ => 0,
        })
    })
}

/// The bytes of a message.
///
/// @param message  the message
/// @param data     receives the bytes, possibly none
/// @param error    receives details of a failure; may be NULL
/// @return KPC_OK, any handle error
///
/// Ownership: *data is the caller's, kpc_buffer_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_message_data(
    message: *const kpc_message,
    data: *mut *mut kpc_buffer,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_handle(data, "data"), move || {
            Ok(Buffer::new(handles::get(message)?.data.clone()))
        })
    }
}

/// When it was received, by this machine's clock.
///
/// @param message  the message
/// @return Unix seconds; 0 for what is no live kpc_message
#[no_mangle]
pub extern "C" fn kpc_message_received_at_unix(message: *const kpc_message) -> i64 {
    get(0, || Ok(handles::get(message)?.received_at))
}

/// Whether it was acknowledged when it was returned.
///
/// @param message  the message
/// @return true or false; false for what is no live kpc_message
#[no_mangle]
pub extern "C" fn kpc_message_is_acknowledged(message: *const kpc_message) -> bool {
    get(false, || Ok(handles::get(message)?.is_acknowledged))
}

/// Frees a message.
///
/// @param message  the message; NULL is fine
#[no_mangle]
pub extern "C" fn kpc_message_free(message: *mut kpc_message) {
    free(message);
}

/// How many messages a list has.
///
/// @param messages  the list
/// @return the number; 0 for what is no live kpc_messages
#[no_mangle]
pub extern "C" fn kpc_messages_count(messages: *const kpc_messages) -> usize {
    get(0, || Ok(handles::get(messages)?.len()))
}

/// One message of a list.
///
/// @param messages  the list
/// @param position  which one, from 0
/// @param message   receives the message
/// @param error     receives details of a failure; may be NULL
/// @return KPC_OK, any argument error
///
/// Ownership: *message is the caller's, kpc_message_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_messages_at(
    messages: *const kpc_messages,
    position: usize,
    message: *mut *mut kpc_message,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_handle(message, "message"), move || {
            let messages = handles::get(messages)?;
            messages.get(position).cloned().ok_or_else(|| {
                Error::new(
                    Status::ARG_VALUE,
                    format!("position {position} of {} messages", messages.len()),
                )
            })
        })
    }
}

/// Frees a list of messages.
///
/// @param messages  the list; NULL is fine
#[no_mangle]
pub extern "C" fn kpc_messages_free(messages: *mut kpc_messages) {
    free(messages);
}
