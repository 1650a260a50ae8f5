//! kpc_start_resending_encrypted_message: an envelope sent until it is answered.

use super::envelope;
use super::envelope::kpc_envelope;
use crate::client::{Call, Client, StartFlags, StartKind, StartResult};
use crate::ffi::api::buffer::{kpc_buffer, Buffer};
use crate::ffi::api::client::kpc_client;
use crate::ffi::api::operation::{
    asynchronous, kpc_completion, kpc_op, kpc_result, result_form, waiting_form, Done,
};
use crate::ffi::api::values::{
    kpc_box_index, kpc_hash, kpc_read_cap, kpc_service, kpc_write_cap, service_value,
};
use crate::ffi::boundary::arguments;
use crate::ffi::boundary::error::kpc_error;
use crate::ffi::boundary::outputs::{out, out_handle};
use crate::ffi::boundary::status::kpc_status;
use crate::{Error, Result, Status};
use std::sync::Arc;

/// A read of a box that is not there ends with KPC_ERR_BOX_ID_NOT_FOUND, instead of waiting
/// until it is written.
pub const KPC_START_NO_RETRY: u32 = 1;
/// A write of a box that is there already, with other content, ends with
/// KPC_ERR_BOX_ALREADY_EXISTS, instead of a success that hides that nothing was written. Takes
/// one more round trip.
///
/// Networks before v0.0.74 say the same of a box with the same content, and so, now and then, of
/// the first write of a box, which reaches them more than once. kpc_write_box looks into the box
/// then. kpc_start_resending_encrypted_message cannot, as it does not know the content: there, read
/// the box to make sure.
pub const KPC_START_RETURN_BOX_EXISTS: u32 = 2;

/// The flags as the client core takes them.
pub(crate) fn start_flags(flags: u32) -> Result<StartFlags> {
    flags_among(KPC_START_NO_RETRY | KPC_START_RETURN_BOX_EXISTS, flags)
}

/// Those of a call that knows these alone.
pub(crate) fn flags_among(known: u32, flags: u32) -> Result<StartFlags> {
    let flags = arguments::flags(flags, known, "flags")?;
    Ok(StartFlags {
        no_retry: flags & KPC_START_NO_RETRY != 0,
        return_box_exists: flags & KPC_START_RETURN_BOX_EXISTS != 0,
        reply_index: None,
    })
}

/// The work of the calls of this family.
///
/// # Safety
/// The pointers are what the contract of the header says.
pub(crate) unsafe fn work(
    client: &Client,
    read_cap: *const kpc_read_cap,
    write_cap: *const kpc_write_cap,
    index: *const kpc_box_index,
    reply_index: i32,
    envelope: *const kpc_envelope,
    flags: u32,
) -> Result<Call<StartResult>> {
    // SAFETY: passed on from the caller.
    let kind = unsafe {
        let read_cap = arguments::optional_value(read_cap, "read_cap")?;
        let write_cap = arguments::optional_value(write_cap, "write_cap")?;
        match (read_cap, write_cap) {
            (Some(cap), None) => {
                StartKind::Read(cap.checked()?, arguments::value(index, "index")?.inner())
            }
            (None, Some(cap)) => StartKind::Write(cap.checked()?),
            _ => {
                return Err(Error::new(
                    Status::ARG_CAP_CHOICE,
                    "give either the read_cap or the write_cap, and not both",
                ))
            }
        }
    };
    let reply_index = match reply_index {
        -1 => None,
        0 => Some(0),
        1 => Some(1),
        other => {
            return Err(Error::new(
                Status::ARG_VALUE,
                format!("reply_index is {other}, not -1, 0 or 1"),
            ))
        }
    };
    let flags = StartFlags {
        reply_index,
        ..start_flags(flags)?
    };
    client.start_resending_encrypted_message(kind, envelope::get(envelope)?, flags)
}

/// What those calls give.
pub(crate) fn outcome(result: StartResult) -> Result<(Arc<Buffer>, kpc_service)> {
    let queue = result.courier_queue.as_deref().unwrap_or_default();
    let courier = match result.courier {
        Some(node) => service_value(&node, queue)?,
        None => kpc_service {
            node: kpc_hash { bytes: [0; 32] },
            queue: [0; 32],
            queue_len: 0,
        },
    };
    Ok((Buffer::new(result.plaintext.clone()), courier))
}

/// Sends an envelope until it is answered: the daemon resends it, and the library starts that again
/// after a lost connection. A write is done when a courier has taken it; writing a box that is
/// there already counts as success. A read waits until the box is written; it is polled, at most
/// once a second and in turn with all other reads of the client.
///
/// Where the daemon encrypts quickly, each poll has a fresh envelope. Where encrypting costs more
/// than packets do, as measured, the same one is polled up to five times for each courier of the
/// network; a box is then seen one or two polls later. A fresh one is made also when it is five
/// minutes old, and for the last poll before timeout_ms is over.
///
/// kpc_cancel_resending_encrypted_message with the envelope's hash cancels it.
///
/// @param client       the client
/// @param read_cap     for a read; NULL for a write
/// @param write_cap    for a write; NULL for a read
/// @param index        the box that the envelope was made for; NULL is fine for a write, which
///                     ignores it
/// @param reply_index  which of the two replicas to ask for, 0 or 1; -1 leaves it open. Daemons of
///                     today ignore it
/// @param envelope     the envelope, which is not used up
/// @param flags        KPC_START_... in any combination
/// @param timeout_ms   how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param plaintext    receives what a read found, nothing for a write; may be NULL
/// @param courier      receives the courier that carried it, all zero if none is reported; may be
///                     NULL
/// @param error        receives details of a failure; may be NULL
/// @return KPC_OK, any call error, any resending outcome, KPC_ERR_ARG_CAP_CHOICE (both
///         capabilities, or none), KPC_ERR_ARG_EMPTY, KPC_ERR_ARG_SIZE,
///         KPC_ERR_INVALID_CAPABILITY, KPC_ERR_BUSY (this envelope is being sent),
///         KPC_ERR_BOX_ID_NOT_FOUND, KPC_ERR_BOX_ALREADY_EXISTS, KPC_ERR_TOMBSTONE
///
/// Ownership: *plaintext is the caller's, kpc_buffer_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_start_resending_encrypted_message(
    client: *mut kpc_client,
    read_cap: *const kpc_read_cap,
    write_cap: *const kpc_write_cap,
    index: *const kpc_box_index,
    reply_index: i32,
    envelope: *const kpc_envelope,
    flags: u32,
    timeout_ms: i32,
    plaintext: *mut *mut kpc_buffer,
    courier: *mut kpc_service,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = (
            out_handle(plaintext, "plaintext").optional(),
            out(courier, "courier").optional(),
        );
        let make = |client: &Client| {
            work(
                client,
                read_cap,
                write_cap,
                index,
                reply_index,
                envelope,
                flags,
            )
        };
        waiting_form(client, timeout_ms, error, outputs, make, outcome)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_start_resending_encrypted_message_async(
    client: *mut kpc_client,
    read_cap: *const kpc_read_cap,
    write_cap: *const kpc_write_cap,
    index: *const kpc_box_index,
    reply_index: i32,
    envelope: *const kpc_envelope,
    flags: u32,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_start_resending_encrypted_message", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |client: &Client| {
            work(
                client,
                read_cap,
                write_cap,
                index,
                reply_index,
                envelope,
                flags,
            )
        };
        asynchronous(client, timeout_ms, done, op, error, make)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_start_resending_encrypted_message_result(
    result: *const kpc_result,
    plaintext: *mut *mut kpc_buffer,
    courier: *mut kpc_service,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let name = "kpc_start_resending_encrypted_message";
        let outputs = (
            out_handle(plaintext, "plaintext").optional(),
            out(courier, "courier").optional(),
        );
        result_form(name, result, error, outputs, outcome)
    }
}
