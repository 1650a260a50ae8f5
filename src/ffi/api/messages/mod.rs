//! kpc_send_message, kpc_send_message_await_reply: plain messages to mixnet services.

pub mod await_reply;
pub mod reliable;

use std::sync::Arc;

use crate::client::{Call, Client};
use crate::ffi::api::buffer::{kpc_buffer, Buffer};
use crate::ffi::api::client::kpc_client;
use crate::ffi::api::operation::{
    asynchronous, immediate, kpc_completion, kpc_op, kpc_result, result_form, waiting_form, Done,
};
use crate::ffi::api::values::{kpc_id, kpc_service};
use crate::ffi::boundary::arguments;
use crate::ffi::boundary::call;
use crate::ffi::boundary::error::kpc_error;
use crate::ffi::boundary::outputs::{out, out_handle};
use crate::ffi::boundary::status::kpc_status;
use crate::Result;
use bytes::Bytes;

/// Sends a plain message with a reply block. Returns once the message is queued;
/// KPC_EVENT_MESSAGE_SENT and KPC_EVENT_MESSAGE_REPLY report the outcome, which carry surb_id. It
/// is never sent twice: when the connection is lost first, KPC_EVENT_MESSAGE_SENT reports
/// KPC_ERR_CONNECTION_LOST, and the message may or may not have left.
///
/// @param client       the client
/// @param surb_id      names the reply; of kpc_new_surb_id, never used before
/// @param service      where it goes
/// @param payload      what to send; may be NULL if payload_len is 0
/// @param payload_len  how many bytes, at most UserForwardPayloadLength of
///                     kpc_client_sphinx_geometry
/// @param message_id   receives the id that its events carry; may be NULL
/// @param error        receives details of a failure; may be NULL
/// @return KPC_OK, any argument error, KPC_ERR_NOT_CONNECTED, KPC_ERR_CLOSED, KPC_ERR_ARG_SIZE
///         (a queue id of impossible length), KPC_ERR_PAYLOAD_TOO_LARGE, KPC_ERR_NO_GEOMETRY,
///         KPC_ERR_OFFLINE (the daemon is not on the mixnet)
///
/// Threads: any, callbacks included.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_send_message(
    client: *mut kpc_client,
    surb_id: *const kpc_id,
    service: *const kpc_service,
    payload: *const u8,
    payload_len: usize,
    message_id: *mut kpc_id,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out(message_id, "message_id").optional(), move || {
            let v = immediate(client, |client| {
                client.send_message(
                    &arguments::value(surb_id, "surb_id")?.bytes,
                    &arguments::value(service, "service")?.destination()?,
                    arguments::bytes(payload, payload_len, "payload")?,
                )
            })?;
            Ok(kpc_id { bytes: v })
        })
    }
}

/// Sends a plain message to which no reply can come. Returns once the message is queued; its
/// outcome is never reported, not even a failure. kpc_client_flush before kpc_client_close gives it
/// time to leave.
///
/// @param client       the client
/// @param service      where it goes
/// @param payload      what to send; may be NULL if payload_len is 0
/// @param payload_len  how many bytes, at most UserForwardPayloadLength of
///                     kpc_client_sphinx_geometry
/// @param message_id   receives the id that its events carry; may be NULL
/// @param error        receives details of a failure; may be NULL
/// @return KPC_OK, any argument error, KPC_ERR_NOT_CONNECTED, KPC_ERR_CLOSED, KPC_ERR_ARG_SIZE
///         (a queue id of impossible length), KPC_ERR_PAYLOAD_TOO_LARGE, KPC_ERR_NO_GEOMETRY,
///         KPC_ERR_OFFLINE (the daemon is not on the mixnet)
///
/// Threads: any, callbacks included.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_send_message_without_reply(
    client: *mut kpc_client,
    service: *const kpc_service,
    payload: *const u8,
    payload_len: usize,
    message_id: *mut kpc_id,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out(message_id, "message_id").optional(), move || {
            let v = immediate(client, |client| {
                client.send_message_without_reply(
                    &arguments::value(service, "service")?.destination()?,
                    arguments::bytes(payload, payload_len, "payload")?,
                )
            })?;
            Ok(kpc_id { bytes: v })
        })
    }
}

/// The output of a call that waits for a reply.
pub(crate) fn reply_buffer(reply: Bytes) -> Result<Arc<Buffer>> {
    Ok(Buffer::new(reply))
}

/// # Safety
/// Each pointer is NULL or points to what the header asks for, which nobody changes meanwhile.
unsafe fn send_message_await_reply(
    client: &Client,
    service: *const kpc_service,
    payload: *const u8,
    payload_len: usize,
) -> Result<Call<Bytes>> {
    // SAFETY: NULL or valid by the caller's word; nothing borrowed is kept beyond this call.
    let (service, payload) = unsafe {
        (
            arguments::value(service, "service")?.destination()?,
            arguments::bytes(payload, payload_len, "payload")?,
        )
    };
    client.blocking_send_message(&service, payload)
}

/// Sends a plain message and waits for its reply. Nothing is retransmitted: after a lost packet the
/// call fails with KPC_ERR_TIMEOUT when the reply block expires. A reply that comes after the
/// caller has given up is reported by KPC_EVENT_MESSAGE_REPLY.
///
/// @param client       the client
/// @param service      where it goes
/// @param payload      what to send; may be NULL if payload_len is 0
/// @param payload_len  how many bytes, at most UserForwardPayloadLength of
///                     kpc_client_sphinx_geometry
/// @param timeout_ms   how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param reply        receives what the service sent, padded by the network with zeros to
///                     ForwardPayloadLength
/// @param error        receives details of a failure; may be NULL
/// @return KPC_OK, any call error, KPC_ERR_ARG_SIZE (a queue id of impossible length),
///         KPC_ERR_PAYLOAD_TOO_LARGE, KPC_ERR_NO_GEOMETRY, KPC_ERR_OFFLINE (the daemon is not
///         on the mixnet), KPC_ERR_MESSAGE_SEND_FAILED (the text says why, for instance that
///         there is no such service), KPC_ERR_CONNECTION_LOST (it may or may not have left),
///         KPC_ERR_DAEMON_INTERNAL
///
/// Ownership: *reply is the caller's, kpc_buffer_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_send_message_await_reply(
    client: *mut kpc_client,
    service: *const kpc_service,
    payload: *const u8,
    payload_len: usize,
    timeout_ms: i32,
    reply: *mut *mut kpc_buffer,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out_handle(reply, "reply");
        let make =
            |client: &Client| send_message_await_reply(client, service, payload, payload_len);
        waiting_form(client, timeout_ms, error, outputs, make, reply_buffer)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_send_message_await_reply_async(
    client: *mut kpc_client,
    service: *const kpc_service,
    payload: *const u8,
    payload_len: usize,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_send_message_await_reply", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make =
            |client: &Client| send_message_await_reply(client, service, payload, payload_len);
        asynchronous(client, timeout_ms, done, op, error, make)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_send_message_await_reply_result(
    result: *const kpc_result,
    reply: *mut *mut kpc_buffer,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let name = "kpc_send_message_await_reply";
        let outputs = out_handle(reply, "reply");
        result_form(name, result, error, outputs, reply_buffer)
    }
}
