//! kpc_writer_send, _wait_stored, _tombstone, _erase_before, _step_over.

use super::writer::kpc_writer;
use crate::client::Call;
use crate::ffi::api::operation::{
    asynchronous, kpc_completion, kpc_op, kpc_result, result_form, waiting_form, Done,
};
use crate::ffi::boundary::arguments;
use crate::ffi::boundary::error::kpc_error;
use crate::ffi::boundary::outputs::out;
use crate::ffi::boundary::status::kpc_status;
use crate::store::Writer;
use crate::Result;

/// The kind of a message that is nothing in particular. Those from 128 to 255 are the program's own;
/// KPC_MESSAGE_KIND_FILE is that of files, and all others are kept for later versions of the
/// library.
pub const KPC_MESSAGE_KIND: u8 = 1;
/// The first kind of a program's own.
pub const KPC_FIRST_MESSAGE_KIND_OF_PROGRAMS: u8 = 128;
/// Bytes of a message at most.
pub const KPC_MAX_MESSAGE_SIZE: usize = 8_388_608;

/// # Safety
/// Each pointer is NULL or points to what the header asks for, which nobody changes meanwhile.
unsafe fn writer_send(
    writer: &Writer,
    kind: u8,
    message: *const u8,
    message_len: usize,
) -> Result<Call<u64>> {
    // SAFETY: NULL or valid by the caller's word; nothing borrowed is kept beyond this call.
    let message = unsafe { arguments::bytes(message, message_len, "message")? };
    writer.send(kind, message)
}

/// Takes a message, which is as many boxes as it needs. When this completes the message is on the
/// disk, and from then on it is sent, whatever crashes. A time limit or a cancel may come too late
/// to stop it: kpc_writer_last_message then says whether the message was taken.
///
/// @param writer       the writer
/// @param kind         KPC_MESSAGE_KIND, or one of the program's own from 128 on; the reader is told
/// @param message      the bytes; may be NULL if message_len is 0
/// @param message_len  how many bytes, KPC_MAX_MESSAGE_SIZE at most
/// @param timeout_ms   how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param number       receives the message's number in this writer, from 1; may be NULL
/// @param error        receives details of a failure; may be NULL
/// @return KPC_OK, any store error, KPC_ERR_ARG_VALUE (also another kind),
///          KPC_ERR_PAYLOAD_TOO_LARGE, KPC_ERR_NO_MEMORY
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_writer_send(
    writer: *mut kpc_writer,
    kind: u8,
    message: *const u8,
    message_len: usize,
    timeout_ms: i32,
    number: *mut u64,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out(number, "number").optional();
        let make = |writer: &Writer| writer_send(writer, kind, message, message_len);
        waiting_form(writer, timeout_ms, error, outputs, make, Ok)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_writer_send_async(
    writer: *mut kpc_writer,
    kind: u8,
    message: *const u8,
    message_len: usize,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_writer_send", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |writer: &Writer| writer_send(writer, kind, message, message_len);
        asynchronous(writer, timeout_ms, done, op, error, make)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_writer_send_result(
    result: *const kpc_result,
    number: *mut u64,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out(number, "number").optional();
        result_form("kpc_writer_send", result, error, outputs, Ok)
    }
}

fn writer_wait_stored(writer: &Writer, number: u64) -> Result<Call<()>> {
    writer.stored(number)
}

/// Waits until a message and all before it are on the mixnet. That may be never: in the state
/// KPC_WRITER_CONFLICT nothing is sent.
///
/// @param writer      the writer
/// @param number      the message
/// @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param error       receives details of a failure; may be NULL
/// @return KPC_OK, any store error, KPC_ERR_MESSAGE_NOT_IN_DB (no message has this number)
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_writer_wait_stored(
    writer: *mut kpc_writer,
    number: u64,
    timeout_ms: i32,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |writer: &Writer| writer_wait_stored(writer, number);
        waiting_form(writer, timeout_ms, error, (), make, Ok)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_writer_wait_stored_async(
    writer: *mut kpc_writer,
    number: u64,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_writer_wait_stored", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |writer: &Writer| writer_wait_stored(writer, number);
        asynchronous(writer, timeout_ms, done, op, error, make)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_writer_wait_stored_result(
    result: *const kpc_result,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe { result_form("kpc_writer_wait_stored", result, error, (), Ok) }
}

fn writer_tombstone(writer: &Writer, count: u32) -> Result<Call<u64>> {
    writer.tombstone(count)
}

/// Makes the next boxes tombstones, behind all messages that were sent before.
/// kpc_writer_erase_before deletes messages.
///
/// @param writer      the writer
/// @param count       how many boxes, at least 1
/// @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param number      receives the number that they have together, as one message; may be NULL
/// @param error       receives details of a failure; may be NULL
/// @return KPC_OK, any store error
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_writer_tombstone(
    writer: *mut kpc_writer,
    count: u32,
    timeout_ms: i32,
    number: *mut u64,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out(number, "number").optional();
        let make = |writer: &Writer| writer_tombstone(writer, count);
        waiting_form(writer, timeout_ms, error, outputs, make, Ok)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_writer_tombstone_async(
    writer: *mut kpc_writer,
    count: u32,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_writer_tombstone", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |writer: &Writer| writer_tombstone(writer, count);
        asynchronous(writer, timeout_ms, done, op, error, make)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_writer_tombstone_result(
    result: *const kpc_result,
    number: *mut u64,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out(number, "number").optional();
        result_form("kpc_writer_tombstone", result, error, outputs, Ok)
    }
}

fn writer_erase_before(writer: &Writer, number: u64) -> Result<Call<()>> {
    writer.erase_before(number)
}

/// Deletes messages: replaces the boxes of all before a number with tombstones, and removes the
/// messages from the database. When this completes that is on the disk, and will be done whatever
/// crashes; kpc_writer_wait_erased waits for it. Readers that have the messages keep them, slower
/// ones are told of tombstones.
///
/// @param writer      the writer
/// @param number      the first message that stays
/// @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param error       receives details of a failure; may be NULL
/// @return KPC_OK, any store error, KPC_ERR_MESSAGE_NOT_IN_DB (it is behind that of the next
///          message)
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_writer_erase_before(
    writer: *mut kpc_writer,
    number: u64,
    timeout_ms: i32,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |writer: &Writer| writer_erase_before(writer, number);
        waiting_form(writer, timeout_ms, error, (), make, Ok)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_writer_erase_before_async(
    writer: *mut kpc_writer,
    number: u64,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_writer_erase_before", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |writer: &Writer| writer_erase_before(writer, number);
        asynchronous(writer, timeout_ms, done, op, error, make)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_writer_erase_before_result(
    result: *const kpc_result,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe { result_form("kpc_writer_erase_before", result, error, (), Ok) }
}

fn writer_wait_erased(writer: &Writer, number: u64) -> Result<Call<()>> {
    writer.erased(number)
}

/// Waits until the boxes of all messages before a number are tombstones.
///
/// @param writer      the writer
/// @param number      the number that kpc_writer_erase_before was given
/// @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param error       receives details of a failure; may be NULL
/// @return KPC_OK, any store error
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_writer_wait_erased(
    writer: *mut kpc_writer,
    number: u64,
    timeout_ms: i32,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |writer: &Writer| writer_wait_erased(writer, number);
        waiting_form(writer, timeout_ms, error, (), make, Ok)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_writer_wait_erased_async(
    writer: *mut kpc_writer,
    number: u64,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_writer_wait_erased", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |writer: &Writer| writer_wait_erased(writer, number);
        asynchronous(writer, timeout_ms, done, op, error, make)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_writer_wait_erased_result(
    result: *const kpc_result,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe { result_form("kpc_writer_wait_erased", result, error, (), Ok) }
}

fn writer_step_over(writer: &Writer) -> Result<Call<()>> {
    writer.step_over()
}

/// In the state KPC_WRITER_CONFLICT: gives all messages that are not on the mixnet boxes behind the
/// taken ones, and goes on. Completes when that is done; at once in any other state. A message of
/// which some boxes were written is written anew as a whole; its readers are told of a broken one
/// before.
///
/// @param writer      the writer
/// @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param error       receives details of a failure; may be NULL
/// @return KPC_OK, any store error
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_writer_step_over(
    writer: *mut kpc_writer,
    timeout_ms: i32,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |writer: &Writer| writer_step_over(writer);
        waiting_form(writer, timeout_ms, error, (), make, Ok)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_writer_step_over_async(
    writer: *mut kpc_writer,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_writer_step_over", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |writer: &Writer| writer_step_over(writer);
        asynchronous(writer, timeout_ms, done, op, error, make)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_writer_step_over_result(
    result: *const kpc_result,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe { result_form("kpc_writer_step_over", result, error, (), Ok) }
}
