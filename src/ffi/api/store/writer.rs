//! kpc_writer: a channel that is written, and what is known of it without waiting.

use std::sync::Arc;

use crate::client::Shared;
use crate::ffi::api::buffer::{kpc_buffer, Buffer};
use crate::ffi::api::operation::OfClient;
use crate::ffi::api::values::{kpc_box_index, kpc_read_cap, kpc_write_cap};
use crate::ffi::boundary::error::{kpc_error, ErrorDetail};
use crate::ffi::boundary::handles;
use crate::ffi::boundary::handles::{Kind, Tag};
use crate::ffi::boundary::outputs::{out, out_handle};
use crate::ffi::boundary::status::kpc_status;
use crate::ffi::boundary::{call, free, get};
use crate::store::{self, Writer, WriterState};
use crate::Result;

/// What kpc_writer_state returns for what is no live kpc_writer.
pub const KPC_WRITER_NONE: i32 = 0;
/// All messages are on the mixnet.
pub const KPC_WRITER_IDLE: i32 = 1;
/// Boxes are on their way.
pub const KPC_WRITER_SENDING: i32 = 2;
/// The last attempt failed, kpc_writer_error says why; there will be others.
pub const KPC_WRITER_RETRYING: i32 = 3;
/// A box holds what this writer did not write. Nothing is sent until kpc_writer_step_over.
pub const KPC_WRITER_CONFLICT: i32 = 4;

/// Messages of more boxes go by copy stream, unless kpc_writer_set_copy_above says otherwise.
pub const KPC_WRITER_COPY_ABOVE: u32 = 1024;
const _: () = assert!(KPC_WRITER_COPY_ABOVE == store::COPY_ABOVE);

/// A channel of a store that is open for writing. Messages are kept in the database until they are
/// on the mixnet; all of it happens on the client's thread, in the order of the messages. What is
/// not on the mixnet when the writer is freed is sent when it is opened again.
pub struct kpc_writer {
    _opaque: (),
}

impl Kind for kpc_writer {
    type Object = Writer;
    const TAG: Tag = Tag::Writer;
}

impl OfClient for kpc_writer {
    fn client(writer: &Writer) -> Result<&Arc<Shared>> {
        writer.client()
    }
}

/// The name of the channel.
///
/// @param writer  the writer
/// @param name    receives the text, UTF-8 and followed by a NUL
/// @param error   receives details of a failure; may be NULL
/// @return KPC_OK, any handle error
///
/// Ownership: *name is the caller's, kpc_buffer_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_writer_name(
    writer: *const kpc_writer,
    name: *mut *mut kpc_buffer,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_handle(name, "name"), move || {
            Ok(Buffer::text(handles::get(writer)?.name().to_owned()))
        })
    }
}

/// The capability to write to the channel; for nobody else.
///
/// @param writer     the writer
/// @param write_cap  receives the capability; secret
/// @param error      receives details of a failure; may be NULL
/// @return KPC_OK, any handle error
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_writer_write_cap(
    writer: *const kpc_writer,
    write_cap: *mut kpc_write_cap,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out(write_cap, "write_cap"), move || {
            Ok(handles::get(writer)?.write_cap().into())
        })
    }
}

/// The capability to read the channel, for its readers.
///
/// @param writer    the writer
/// @param read_cap  receives the capability
/// @param error     receives details of a failure; may be NULL
/// @return KPC_OK, any handle error
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_writer_read_cap(
    writer: *const kpc_writer,
    read_cap: *mut kpc_read_cap,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out(read_cap, "read_cap"), move || {
            Ok((&handles::get(writer)?.read_cap()).into())
        })
    }
}

/// The first box that no message has been given yet. Messages that were sent a moment ago may have
/// none yet; what they are given comes from here on, too.
///
/// @param writer  the writer
/// @param index   receives the index; secret
/// @param error   receives details of a failure; may be NULL
/// @return KPC_OK, any handle error
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_writer_next_index(
    writer: *const kpc_writer,
    index: *mut kpc_box_index,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out(index, "index"), move || {
            Ok((&handles::get(writer)?.next_index()).into())
        })
    }
}

/// Sets the most boxes that a message may have to be written box by box. One of more boxes goes by
/// copy stream: it is written to a temporary stream, and then a courier writes its boxes. So none of
/// it is there while it is on its way, which takes a third more packets, and then all of it at once.
/// Where a courier fails, the boxes are written one by one after all. KPC_WRITER_COPY_ABOVE is the
/// limit until this is called. It holds while the channel is open, for all handles, and for messages
/// that have not been begun. The database does not keep it: a program that wants another limit calls
/// this each time it has opened the channel.
///
/// @param writer  the writer
/// @param boxes   the limit; 0 lets no message go by copy stream
/// @param error   receives details of a failure; may be NULL
/// @return KPC_OK, any handle error
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_writer_set_copy_above(
    writer: *mut kpc_writer,
    boxes: u32,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, (), move || {
            handles::get(writer)?.set_copy_above(boxes);
            Ok(())
        })
    }
}

/// How many boxes are written of the copy stream by which a message goes just now.
/// KPC_EVENT_COPY_PROGRESS reports each change.
///
/// @param writer  the writer
/// @return the number; 0 while no message goes by copy stream, and for what is no live kpc_writer
#[no_mangle]
pub extern "C" fn kpc_writer_copy_written(writer: *const kpc_writer) -> u64 {
    get(0, || {
        let copy = handles::get(writer)?.copy_state();
        Ok(copy.map_or(0, |copy| copy.written))
    })
}

/// How many boxes that copy stream has. When all are written, a courier has the command.
///
/// @param writer  the writer
/// @return the number; 0 while no message goes by copy stream, and for what is no live kpc_writer
#[no_mangle]
pub extern "C" fn kpc_writer_copy_needed(writer: *const kpc_writer) -> u64 {
    get(0, || {
        let copy = handles::get(writer)?.copy_state();
        Ok(copy.map_or(0, |copy| copy.needed))
    })
}

/// How many messages are not known to be on the mixnet.
///
/// @param writer  the writer
/// @return the number; 0 for what is no live kpc_writer
#[no_mangle]
pub extern "C" fn kpc_writer_pending(writer: *const kpc_writer) -> u64 {
    get(0, || Ok(handles::get(writer)?.pending()))
}

/// The number of the last message that was sent, stored or not.
///
/// @param writer  the writer
/// @return the number; 0 if there is none, and for what is no live kpc_writer
#[no_mangle]
pub extern "C" fn kpc_writer_last_message(writer: *const kpc_writer) -> u64 {
    get(0, || Ok(handles::get(writer)?.last_message()))
}

/// What the writer does.
///
/// @param writer  the writer
/// @return KPC_WRITER_...; KPC_WRITER_NONE, 0, for what is no live kpc_writer
#[no_mangle]
pub extern "C" fn kpc_writer_state(writer: *const kpc_writer) -> i32 {
    get(KPC_WRITER_NONE, || {
        Ok(match handles::get(writer)?.state() {
            WriterState::Idle => KPC_WRITER_IDLE,
            WriterState::Sending => KPC_WRITER_SENDING,
            WriterState::Retrying(_) => KPC_WRITER_RETRYING,
            WriterState::Conflict(_) => KPC_WRITER_CONFLICT,
        })
    })
}

/// What is wrong in the states KPC_WRITER_RETRYING and KPC_WRITER_CONFLICT.
///
/// @param writer  the writer
/// @return the error; NULL if nothing is wrong, for what is no live kpc_writer, or without memory
///
/// Ownership: the error is the caller's, kpc_error_free.
#[no_mangle]
#[must_use]
pub extern "C" fn kpc_writer_error(writer: *const kpc_writer) -> *mut kpc_error {
    get(std::ptr::null_mut(), || {
        match handles::get(writer)?.state() {
            WriterState::Retrying(error) | WriterState::Conflict(error) => {
                handles::insert(ErrorDetail::new(error))
            }
            WriterState::Idle | WriterState::Sending => Ok(std::ptr::null_mut()),
        }
    })
}

/// Frees one handle of a writer. With the last handle it stops, and the store gives the channel up;
/// another store can open it a moment later, or right after kpc_store_close.
///
/// @param writer  the writer; NULL is fine
///
/// Threads: any, callbacks and finalizers included. Never waits.
#[no_mangle]
pub extern "C" fn kpc_writer_free(writer: *mut kpc_writer) {
    free(writer);
}
