//! kpc_reader: a channel that is read, and what is known of it without waiting.

use std::sync::Arc;

use crate::client::Shared;
use crate::ffi::api::buffer::{kpc_buffer, Buffer};
use crate::ffi::api::operation::OfClient;
use crate::ffi::api::values::{kpc_box_index, kpc_read_cap};
use crate::ffi::boundary::arguments;
use crate::ffi::boundary::error::{kpc_error, ErrorDetail};
use crate::ffi::boundary::handles;
use crate::ffi::boundary::handles::{Kind, Tag};
use crate::ffi::boundary::outputs::{out, out_handle};
use crate::ffi::boundary::status::kpc_status;
use crate::ffi::boundary::{call, free, get};
use crate::store::{Reader, ReaderState};
use crate::Result;

/// What kpc_reader_state returns for what is no live kpc_reader.
pub const KPC_READER_NONE: i32 = 0;
/// The next box is awaited.
pub const KPC_READER_WAITING: i32 = 1;
/// The last attempt failed, kpc_reader_error says why; there will be others.
pub const KPC_READER_RETRYING: i32 = 2;
/// The next box cannot be opened. There will be other attempts, until kpc_reader_skip.
pub const KPC_READER_STUCK: i32 = 3;

/// A channel of a store that is open for reading. The client's thread looks for the next box, often
/// while messages come and less often while none do, and keeps what it finds in the database, until
/// kpc_reader_forget_before. Boxes that the network has lost it reports, KPC_ARRIVAL_MISSING, and
/// passes over.
pub struct kpc_reader {
    _opaque: (),
}

impl Kind for kpc_reader {
    type Object = Reader;
    const TAG: Tag = Tag::Reader;
}

impl OfClient for kpc_reader {
    fn client(reader: &Reader) -> Result<&Arc<Shared>> {
        reader.client()
    }
}

/// The name of the channel.
///
/// @param reader  the reader
/// @param name    receives the text, UTF-8 and followed by a NUL
/// @param error   receives details of a failure; may be NULL
/// @return KPC_OK, any handle error
///
/// Ownership: *name is the caller's, kpc_buffer_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_reader_name(
    reader: *const kpc_reader,
    name: *mut *mut kpc_buffer,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_handle(name, "name"), move || {
            Ok(Buffer::text(handles::get(reader)?.name().to_owned()))
        })
    }
}

/// The capability to read the channel.
///
/// @param reader    the reader
/// @param read_cap  receives the capability
/// @param error     receives details of a failure; may be NULL
/// @return KPC_OK, any handle error
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_reader_read_cap(
    reader: *const kpc_reader,
    read_cap: *mut kpc_read_cap,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out(read_cap, "read_cap"), move || {
            Ok(handles::get(reader)?.read_cap().into())
        })
    }
}

/// The box that is awaited.
///
/// @param reader  the reader
/// @param index   receives the index; secret
/// @param error   receives details of a failure; may be NULL
/// @return KPC_OK, any handle error
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_reader_next_index(
    reader: *const kpc_reader,
    index: *mut kpc_box_index,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out(index, "index"), move || {
            Ok((&handles::get(reader)?.next_index()).into())
        })
    }
}

/// How many messages wait to be acknowledged.
///
/// @param reader  the reader
/// @return the number; 0 for what is no live kpc_reader
#[no_mangle]
pub extern "C" fn kpc_reader_waiting(reader: *const kpc_reader) -> u64 {
    get(0, || Ok(handles::get(reader)?.waiting()))
}

/// What the reader does.
///
/// @param reader  the reader
/// @return KPC_READER_...; KPC_READER_NONE, 0, for what is no live kpc_reader
#[no_mangle]
pub extern "C" fn kpc_reader_state(reader: *const kpc_reader) -> i32 {
    get(KPC_READER_NONE, || {
        Ok(match handles::get(reader)?.state() {
            ReaderState::Waiting => KPC_READER_WAITING,
            ReaderState::Retrying(_) => KPC_READER_RETRYING,
            ReaderState::Stuck(_) => KPC_READER_STUCK,
        })
    })
}

/// What is wrong in the states KPC_READER_RETRYING and KPC_READER_STUCK.
///
/// @param reader  the reader
/// @return the error; NULL if nothing is wrong, for what is no live kpc_reader, or without memory
///
/// Ownership: the error is the caller's, kpc_error_free.
#[no_mangle]
#[must_use]
pub extern "C" fn kpc_reader_error(reader: *const kpc_reader) -> *mut kpc_error {
    get(std::ptr::null_mut(), || {
        match handles::get(reader)?.state() {
            ReaderState::Retrying(error) | ReaderState::Stuck(error) => {
                handles::insert(ErrorDetail::new(error))
            }
            ReaderState::Waiting => Ok(std::ptr::null_mut()),
        }
    })
}

/// Passes over the box that is awaited or cannot be opened, without reading it. It is delivered as
/// KPC_ARRIVAL_SKIPPED. A box that the network has lost needs no such call, as soon as the writer
/// has written 32 more behind it.
///
/// @param reader  the reader
/// @param index   the box, from kpc_reader_next_index: it may have arrived in the meantime
/// @param error   receives details of a failure; may be NULL
/// @return KPC_OK, any argument error, KPC_ERR_ARG_VALUE (another box is awaited by now)
///
/// Threads: any, callbacks included. Never waits.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_reader_skip(
    reader: *mut kpc_reader,
    index: *const kpc_box_index,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, (), move || {
            let index = arguments::value(index, "index")?.inner();
            handles::get(reader)?.skip(&index)
        })
    }
}

/// Something is expected: looks for the next box at once, and often for a while. Whoever watches
/// the daemon's traffic sees that.
///
/// @param reader  the reader
/// @param error   receives details of a failure; may be NULL
/// @return KPC_OK, any handle error
///
/// Threads: any, callbacks included. Never waits.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_reader_poll_now(
    reader: *mut kpc_reader,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, (), move || {
            handles::get(reader)?.poll_now();
            Ok(())
        })
    }
}

/// Frees one handle of a reader. With the last handle it stops, and the store gives the channel up;
/// another store can open it a moment later, or right after kpc_store_close.
///
/// @param reader  the reader; NULL is fine
///
/// Threads: any, callbacks and finalizers included. Never waits.
#[no_mangle]
pub extern "C" fn kpc_reader_free(reader: *mut kpc_reader) {
    free(reader);
}
