//! kpc_send_reliable_message, kpc_send_reliable_message_await_reply: messages repeated until they are answered.

use crate::client::{Call, Client};
use crate::ffi::api::buffer::kpc_buffer;
use crate::ffi::api::client::kpc_client;
use crate::ffi::api::messages::reply_buffer;
use crate::ffi::api::operation::{
    asynchronous, immediate, kpc_completion, kpc_op, kpc_result, result_form, waiting_form, Done,
};
use crate::ffi::api::values::{kpc_id, kpc_service};
use crate::ffi::boundary::arguments;
use crate::ffi::boundary::call;
use crate::ffi::boundary::error::kpc_error;
use crate::ffi::boundary::outputs::out_handle;
use crate::ffi::boundary::status::kpc_status;
use crate::Result;
use bytes::Bytes;

/// Sends a message until its reply comes. Returns once the message is queued.
/// KPC_EVENT_MESSAGE_SENT reports each sending; one KPC_EVENT_MESSAGE_REPLY reports the outcome,
/// with message_id and, when the retries are used up, KPC_ERR_DAEMON_MAX_RETRIES.
///
/// The library sends the message again, up to three times, when no reply came in the time that the
/// network needs, or the connection was lost; each time with a reply block of its own. The service
/// may receive the message up to four times: use this only where that does no harm. Once the
/// message has its outcome, nothing more is sent.
///
/// @param client       the client
/// @param message_id   names the message in its events; of kpc_new_message_id
/// @param service      where it goes
/// @param payload      what to send; may be NULL if payload_len is 0
/// @param payload_len  how many bytes, at most UserForwardPayloadLength of
///                     kpc_client_sphinx_geometry
/// @param error        receives details of a failure; may be NULL
/// @return KPC_OK, any argument error, KPC_ERR_NOT_CONNECTED, KPC_ERR_CLOSED, KPC_ERR_ARG_SIZE
///         (a queue id of impossible length), KPC_ERR_PAYLOAD_TOO_LARGE, KPC_ERR_NO_GEOMETRY,
///         KPC_ERR_OFFLINE (the daemon is not on the mixnet), KPC_ERR_BUSY (a reliable message
///         with this id is on its way)
///
/// Threads: any, callbacks included.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_send_reliable_message(
    client: *mut kpc_client,
    message_id: *const kpc_id,
    service: *const kpc_service,
    payload: *const u8,
    payload_len: usize,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, (), move || {
            let () = immediate(client, |client| {
                client.send_reliable_message(
                    &arguments::value(message_id, "message_id")?.bytes,
                    &arguments::value(service, "service")?.destination()?,
                    arguments::bytes(payload, payload_len, "payload")?,
                )
            })?;
            Ok(())
        })
    }
}

/// # Safety
/// Each pointer is NULL or points to what the header asks for, which nobody changes meanwhile.
unsafe fn send_reliable_message_await_reply(
    client: &Client,
    message_id: *const kpc_id,
    service: *const kpc_service,
    payload: *const u8,
    payload_len: usize,
) -> Result<Call<Bytes>> {
    // SAFETY: NULL or valid by the caller's word; nothing borrowed is kept beyond this call.
    let (message_id, service, payload) = unsafe {
        (
            arguments::optional_value(message_id, "message_id")?.map(|id| &id.bytes),
            arguments::value(service, "service")?.destination()?,
            arguments::bytes(payload, payload_len, "payload")?,
        )
    };
    client.blocking_send_reliable_message(message_id, &service, payload)
}

/// As kpc_send_reliable_message, and waits for the reply.
///
/// @param client       the client
/// @param message_id   names the message in its events; NULL: one is generated
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
///         on the mixnet), KPC_ERR_BUSY (a reliable message with this id is on its way),
///         KPC_ERR_DAEMON_MAX_RETRIES (sent several times, and no reply),
///         KPC_ERR_MESSAGE_SEND_FAILED (the text says why, for instance that there is no such
///         service), KPC_ERR_DAEMON_INTERNAL
///
/// Ownership: *reply is the caller's, kpc_buffer_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_send_reliable_message_await_reply(
    client: *mut kpc_client,
    message_id: *const kpc_id,
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
        let make = |client: &Client| {
            send_reliable_message_await_reply(client, message_id, service, payload, payload_len)
        };
        waiting_form(client, timeout_ms, error, outputs, make, reply_buffer)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_send_reliable_message_await_reply_async(
    client: *mut kpc_client,
    message_id: *const kpc_id,
    service: *const kpc_service,
    payload: *const u8,
    payload_len: usize,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_send_reliable_message_await_reply", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |client: &Client| {
            send_reliable_message_await_reply(client, message_id, service, payload, payload_len)
        };
        asynchronous(client, timeout_ms, done, op, error, make)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_send_reliable_message_await_reply_result(
    result: *const kpc_result,
    reply: *mut *mut kpc_buffer,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let name = "kpc_send_reliable_message_await_reply";
        let outputs = out_handle(reply, "reply");
        result_form(name, result, error, outputs, reply_buffer)
    }
}
