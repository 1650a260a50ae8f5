//! kpc_writer_send_file, _abandon_file, kpc_reader_receive_file: whole files as messages of a channel.

use std::ffi::c_char;
use std::path::Path;

use super::reader::kpc_reader;
use super::writer::kpc_writer;
use crate::client::Call;
use crate::ffi::api::buffer::{kpc_buffer, Buffer};
use crate::ffi::api::operation::{
    asynchronous, kpc_completion, kpc_op, kpc_result, result_form, waiting_form, Done,
};
use crate::ffi::boundary::arguments;
use crate::ffi::boundary::error::kpc_error;
use crate::ffi::boundary::handles;
use crate::ffi::boundary::outputs::out_handle;
use crate::ffi::boundary::status::kpc_status;
use crate::ffi::boundary::{call, get};
use crate::store::{Reader, Writer};
use crate::Result;

/// The kind of the messages that files consist of: kpc_reader_receive_file takes them.
pub const KPC_MESSAGE_KIND_FILE: u8 = 2;

/// # Safety
/// Each pointer is NULL or points to what the header asks for, which nobody changes meanwhile.
unsafe fn writer_send_file(writer: &Writer, path: *const c_char) -> Result<Call<()>> {
    // SAFETY: NULL or valid by the caller's word; nothing borrowed is kept beyond this call.
    let path = unsafe { arguments::text(path, "path")? };
    writer.send_file(Path::new(path))
}

/// Sends a file, as messages of KPC_MESSAGE_KIND_FILE, and returns when all of it is on the mixnet.
/// It is read twice: for its hash, and then as the channel has room for more; only a little of it is
/// in the database at a time. Other messages of the writer may be sent meanwhile; a second file
/// waits for the first.
///
/// After a time limit, a cancel, a failure or a crash, the same call goes on where it was. It
/// begins anew if the file was sent before and nothing of it is left to send:
/// kpc_writer_file_path says whether there is.
///
/// @param writer      the writer
/// @param path        the file; the readers are told its name, without the directories
/// @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param error       receives details of a failure; may be NULL
/// @return KPC_OK, any store error, KPC_ERR_ARG_EMPTY, KPC_ERR_FILE_NO_FILE_NAME,
///          KPC_ERR_FILE_NAME_RESERVED, KPC_ERR_FILE_NAME_TOO_LONG, KPC_ERR_FILE_NAME_SEPARATOR
///          (a backslash), KPC_ERR_FILE_NAME_CONTROL_CHAR, KPC_ERR_FILE_NOT_REGULAR,
///          KPC_ERR_FILE_CHANGED (the readers are told that nothing comes of it),
///          KPC_ERR_FILE_UNFINISHED (another file is: kpc_writer_file_path,
///          kpc_writer_abandon_file), KPC_ERR_IO (the file cannot be read), KPC_ERR_NO_MEMORY
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_writer_send_file(
    writer: *mut kpc_writer,
    path: *const c_char,
    timeout_ms: i32,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |writer: &Writer| writer_send_file(writer, path);
        waiting_form(writer, timeout_ms, error, (), make, Ok)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_writer_send_file_async(
    writer: *mut kpc_writer,
    path: *const c_char,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_writer_send_file", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |writer: &Writer| writer_send_file(writer, path);
        asynchronous(writer, timeout_ms, done, op, error, make)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_writer_send_file_result(
    result: *const kpc_result,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe { result_form("kpc_writer_send_file", result, error, (), Ok) }
}

fn writer_abandon_file(writer: &Writer) -> Result<Call<()>> {
    writer.abandon_file()
}

/// Gives up the file of which a part was sent. Its readers are told that nothing comes of it; that
/// is on the disk when this completes. It waits for a kpc_writer_send_file that runs: cancel that
/// first.
///
/// @param writer      the writer
/// @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param error       receives details of a failure; may be NULL
/// @return KPC_OK, any store error, KPC_ERR_NO_FILE (no file is unfinished)
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_writer_abandon_file(
    writer: *mut kpc_writer,
    timeout_ms: i32,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |writer: &Writer| writer_abandon_file(writer);
        waiting_form(writer, timeout_ms, error, (), make, Ok)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_writer_abandon_file_async(
    writer: *mut kpc_writer,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_writer_abandon_file", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |writer: &Writer| writer_abandon_file(writer);
        asynchronous(writer, timeout_ms, done, op, error, make)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_writer_abandon_file_result(
    result: *const kpc_result,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe { result_form("kpc_writer_abandon_file", result, error, (), Ok) }
}

/// The path of the file that is being sent, or was when the last program ended:
/// kpc_writer_send_file with this path goes on.
///
/// @param writer  the writer
/// @param path    receives the text, UTF-8 and followed by a NUL
/// @param error   receives details of a failure; may be NULL
/// @return KPC_OK, any handle error, KPC_ERR_NO_FILE (no file is unfinished)
///
/// Ownership: *path is the caller's, kpc_buffer_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_writer_file_path(
    writer: *const kpc_writer,
    path: *mut *mut kpc_buffer,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_handle(path, "path"), move || {
            let path = handles::get(writer)?.file_path()?;
            Ok(Buffer::text(path.to_string_lossy().into_owned()))
        })
    }
}

/// How many bytes of that file are on the mixnet. KPC_EVENT_FILE_PROGRESS reports each change.
///
/// @param writer  the writer
/// @return the number; 0 if no file is unfinished, and for what is no live kpc_writer
#[no_mangle]
pub extern "C" fn kpc_writer_file_stored(writer: *const kpc_writer) -> u64 {
    get(0, || {
        let progress = handles::get(writer)?.file_progress();
        Ok(progress.map_or(0, |file| file.done))
    })
}

/// How many bytes that file has.
///
/// @param writer  the writer
/// @return the number; 0 if no file is unfinished, and for what is no live kpc_writer
#[no_mangle]
pub extern "C" fn kpc_writer_file_size(writer: *const kpc_writer) -> u64 {
    get(0, || {
        let progress = handles::get(writer)?.file_progress();
        Ok(progress.map_or(0, |file| file.size))
    })
}

/// # Safety
/// Each pointer is NULL or points to what the header asks for, which nobody changes meanwhile.
unsafe fn reader_receive_file(
    reader: &Reader,
    directory: *const c_char,
    name: *const c_char,
) -> Result<Call<String>> {
    // SAFETY: NULL or valid by the caller's word; nothing borrowed is kept beyond this call.
    let (directory, name) = unsafe {
        (
            arguments::text(directory, "directory")?,
            arguments::optional_text(name, "name")?,
        )
    };
    reader.receive_file(Path::new(directory), name)
}

/// Waits for a file, and returns when it is whole, its hash is right, and it has its name. It grows
/// in the directory under a temporary name that begins with a dot, with mode 0600; what came is on
/// the disk before it is acknowledged, and is deleted from the database then. Nothing is ever
/// overwritten.
///
/// After a time limit, a cancel, a failure or a crash, the next call goes on where it was, also
/// with another directory or name. If the next message is no part of a file, it is left to
/// kpc_reader_receive, and this returns KPC_ERR_NO_FILE; when it is acknowledged, the next call
/// goes on.
///
/// @param reader      the reader
/// @param directory   where the file is to be
/// @param name        the name that it gets there; NULL for that which the sender gave it
/// @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param path        receives the text, UTF-8 and followed by a NUL: where the file is
/// @param error       receives details of a failure; may be NULL
/// @return KPC_OK, any store error, KPC_ERR_ARG_EMPTY (the directory), KPC_ERR_NO_FILE,
///          KPC_ERR_FILE_EXISTS (nothing is lost: call with another name or directory),
///          KPC_ERR_FILE_BROKEN (nothing comes of this file; the next call waits for the next one),
///          KPC_ERR_FILE_NAME_NOT_UTF8 (the sender's name, also for the other statuses of names:
///          nothing is lost, call with a name), KPC_ERR_FILE_NAME_RESERVED,
///          KPC_ERR_FILE_NAME_EMPTY, KPC_ERR_FILE_NAME_TOO_LONG, KPC_ERR_FILE_NAME_SEPARATOR,
///          KPC_ERR_FILE_NAME_CONTROL_CHAR, KPC_ERR_IO (the directory is none, or full),
///          KPC_ERR_NO_MEMORY
///
/// Ownership: *path is the caller's, kpc_buffer_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_reader_receive_file(
    reader: *mut kpc_reader,
    directory: *const c_char,
    name: *const c_char,
    timeout_ms: i32,
    path: *mut *mut kpc_buffer,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out_handle(path, "path");
        let make = |reader: &Reader| reader_receive_file(reader, directory, name);
        waiting_form(reader, timeout_ms, error, outputs, make, |path| {
            Ok(Buffer::text(path))
        })
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_reader_receive_file_async(
    reader: *mut kpc_reader,
    directory: *const c_char,
    name: *const c_char,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_reader_receive_file", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |reader: &Reader| reader_receive_file(reader, directory, name);
        asynchronous(reader, timeout_ms, done, op, error, make)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_reader_receive_file_result(
    result: *const kpc_result,
    path: *mut *mut kpc_buffer,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out_handle(path, "path");
        result_form("kpc_reader_receive_file", result, error, outputs, |path| {
            Ok(Buffer::text(path))
        })
    }
}

/// The name that the sender gave to the file that is being received, or for which the last
/// kpc_reader_receive_file could not begin, as its name is taken or is none for a file.
///
/// @param reader  the reader
/// @param name    receives the text, UTF-8 and followed by a NUL
/// @param error   receives details of a failure; may be NULL
/// @return KPC_OK, any handle error, KPC_ERR_NO_FILE (no file is unfinished),
///          KPC_ERR_FILE_NAME_NOT_UTF8, KPC_ERR_FILE_NAME_RESERVED, KPC_ERR_FILE_NAME_EMPTY,
///          KPC_ERR_FILE_NAME_TOO_LONG, KPC_ERR_FILE_NAME_SEPARATOR,
///          KPC_ERR_FILE_NAME_CONTROL_CHAR
///
/// Ownership: *name is the caller's, kpc_buffer_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_reader_file_name(
    reader: *const kpc_reader,
    name: *mut *mut kpc_buffer,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_handle(name, "name"), move || {
            Ok(Buffer::text(handles::get(reader)?.file_name()?))
        })
    }
}

/// How many bytes of that file are on the disk. KPC_EVENT_FILE_PROGRESS reports each change.
///
/// @param reader  the reader
/// @return the number; 0 if no file is unfinished, and for what is no live kpc_reader
#[no_mangle]
pub extern "C" fn kpc_reader_file_received(reader: *const kpc_reader) -> u64 {
    get(0, || {
        let progress = handles::get(reader)?.file_progress();
        Ok(progress.map_or(0, |file| file.done))
    })
}

/// How many bytes that file has.
///
/// @param reader  the reader
/// @return the number; 0 if no file is unfinished, and for what is no live kpc_reader
#[no_mangle]
pub extern "C" fn kpc_reader_file_size(reader: *const kpc_reader) -> u64 {
    get(0, || {
        let progress = handles::get(reader)?.file_progress();
        Ok(progress.map_or(0, |file| file.size))
    })
}
