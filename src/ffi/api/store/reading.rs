//! kpc_reader_receive, _acknowledge, _messages, _forget_before.

use std::sync::Arc;

use super::message::{kpc_message, kpc_messages};
use super::reader::kpc_reader;
use crate::client::Call;
use crate::ffi::api::operation::{
    asynchronous, kpc_completion, kpc_op, kpc_result, object, result_form, waiting_form, Done,
};
use crate::ffi::boundary::error::kpc_error;
use crate::ffi::boundary::outputs::out_handle;
use crate::ffi::boundary::status::kpc_status;
use crate::store::{Message, Reader};
use crate::Result;

fn reader_receive(reader: &Reader) -> Result<Call<Arc<Message>>> {
    reader.receive()
}

/// Waits for the oldest message that is not acknowledged. The same is returned again, also after a
/// crash, until kpc_reader_acknowledge. KPC_NO_WAIT returns none, as the database is asked;
/// kpc_reader_waiting says whether there is one.
///
/// @param reader      the reader
/// @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param message     receives the message
/// @param error       receives details of a failure; may be NULL
/// @return KPC_OK, any store error, KPC_ERR_NO_MEMORY
///
/// Ownership: *message is the caller's, kpc_message_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_reader_receive(
    reader: *mut kpc_reader,
    timeout_ms: i32,
    message: *mut *mut kpc_message,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out_handle(message, "message");
        let make = |reader: &Reader| reader_receive(reader);
        waiting_form(reader, timeout_ms, error, outputs, make, Ok)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_reader_receive_async(
    reader: *mut kpc_reader,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_reader_receive", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |reader: &Reader| reader_receive(reader);
        asynchronous(reader, timeout_ms, done, op, error, make)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_reader_receive_result(
    result: *const kpc_result,
    message: *mut *mut kpc_message,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out_handle(message, "message");
        result_form("kpc_reader_receive", result, error, outputs, Ok)
    }
}

fn reader_acknowledge(reader: &Reader, number: u64) -> Result<Call<()>> {
    reader.acknowledge(number)
}

/// The program has handled a message, and all before it: kpc_reader_receive does not return them
/// any more. That is on the disk when this completes.
///
/// @param reader      the reader
/// @param number      the message
/// @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param error       receives details of a failure; may be NULL
/// @return KPC_OK, any store error, KPC_ERR_MESSAGE_NOT_IN_DB (it was not received)
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_reader_acknowledge(
    reader: *mut kpc_reader,
    number: u64,
    timeout_ms: i32,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |reader: &Reader| reader_acknowledge(reader, number);
        waiting_form(reader, timeout_ms, error, (), make, Ok)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_reader_acknowledge_async(
    reader: *mut kpc_reader,
    number: u64,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_reader_acknowledge", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |reader: &Reader| reader_acknowledge(reader, number);
        asynchronous(reader, timeout_ms, done, op, error, make)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_reader_acknowledge_result(
    result: *const kpc_result,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe { result_form("kpc_reader_acknowledge", result, error, (), Ok) }
}

fn reader_messages(reader: &Reader, from: u64, max: u32) -> Result<Call<Vec<Arc<Message>>>> {
    reader.messages(from, max)
}

/// Messages that were received, in their order; acknowledged ones, too.
///
/// @param reader      the reader
/// @param from        the number of the first one that is wanted; 0 or 1 for the oldest
/// @param max         how many at most
/// @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param messages    receives the list, possibly of none
/// @param error       receives details of a failure; may be NULL
/// @return KPC_OK, any store error, KPC_ERR_NO_MEMORY
///
/// Ownership: *messages is the caller's, kpc_messages_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_reader_messages(
    reader: *mut kpc_reader,
    from: u64,
    max: u32,
    timeout_ms: i32,
    messages: *mut *mut kpc_messages,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out_handle(messages, "messages");
        let make = |reader: &Reader| reader_messages(reader, from, max);
        waiting_form(reader, timeout_ms, error, outputs, make, object)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_reader_messages_async(
    reader: *mut kpc_reader,
    from: u64,
    max: u32,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_reader_messages", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |reader: &Reader| reader_messages(reader, from, max);
        asynchronous(reader, timeout_ms, done, op, error, make)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_reader_messages_result(
    result: *const kpc_result,
    messages: *mut *mut kpc_messages,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out_handle(messages, "messages");
        result_form("kpc_reader_messages", result, error, outputs, object)
    }
}

fn reader_forget_before(reader: &Reader, number: u64) -> Result<Call<()>> {
    reader.forget_before(number)
}

/// Deletes acknowledged messages from the database, those before a number. Others are left alone.
///
/// @param reader      the reader
/// @param number      the first message that is kept
/// @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param error       receives details of a failure; may be NULL
/// @return KPC_OK, any store error
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_reader_forget_before(
    reader: *mut kpc_reader,
    number: u64,
    timeout_ms: i32,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |reader: &Reader| reader_forget_before(reader, number);
        waiting_form(reader, timeout_ms, error, (), make, Ok)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_reader_forget_before_async(
    reader: *mut kpc_reader,
    number: u64,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_reader_forget_before", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |reader: &Reader| reader_forget_before(reader, number);
        asynchronous(reader, timeout_ms, done, op, error, make)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_reader_forget_before_result(
    result: *const kpc_result,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe { result_form("kpc_reader_forget_before", result, error, (), Ok) }
}
