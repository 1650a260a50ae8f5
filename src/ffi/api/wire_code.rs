//! kpc_status_from_wire: the numbers of the protocol, for programs that speak it themselves.

use crate::ffi::boundary::call;
use crate::ffi::boundary::error::kpc_error;
use crate::ffi::boundary::outputs::out;
use crate::ffi::boundary::status::kpc_status;
use crate::wire::codes::{check, replica_status};

use crate::wire::{CopyReply, Features, MessageKind, Reply, ReplyBody, ResendingReply};
use crate::{Error, Status};

/// Every reply and event but those below: the daemon's own codes.
pub const KPC_REPLY_DAEMON: i32 = 0;
/// start_resending_encrypted_message_reply that names no courier: refused before it was sent.
pub const KPC_REPLY_START_RESENDING_REFUSED: i32 = 1;
/// start_resending_encrypted_message_reply that names the courier: an outcome after sending.
pub const KPC_REPLY_START_RESENDING: i32 = 2;
/// start_resending_copy_command_reply.
pub const KPC_REPLY_START_COPY: i32 = 3;
/// The replica_error_code inside the report of a failed copy command.
pub const KPC_REPLY_REPLICA_CODE: i32 = 4;

fn reply(kind: MessageKind, error_code: u8, body: ReplyBody) -> Status {
    let reply = Reply {
        query_id: None,
        kind,
        error_code,
        body,
    };
    check(&reply, &Features::current()).map_or_else(|error| error.status(), |()| Status::OK)
}

fn resending(code: u8, courier: Option<[u8; 32]>) -> Status {
    let body = ReplyBody::StartResending(ResendingReply {
        plaintext: None,
        courier,
        courier_queue: None,
    });
    reply(MessageKind::StartResending, code, body)
}

fn copy(code: u8) -> Status {
    let body = ReplyBody::StartCopy(CopyReply {
        replica_error_code: None,
        failed_envelope: None,
    });
    reply(MessageKind::StartCopy, code, body)
}

/// Converts a number that a current daemon sent to a status. The same number means different
/// things in different replies. The library does this by itself; the function is for programs
/// that speak the protocol, and for reading their logs.
///
/// @param reply   what carried the number, a KPC_REPLY_ value
/// @param code    the number
/// @param status  receives the status, KPC_OK for 0
/// @param error   receives details of a failure; may be NULL
/// @return KPC_OK, KPC_ERR_ARG_NULL, KPC_ERR_ARG_VALUE (there is no such reply)
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_status_from_wire(
    reply: i32,
    code: u8,
    status: *mut kpc_status,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out(status, "status"), move || {
            let status = match reply {
                KPC_REPLY_DAEMON => self::reply(MessageKind::NextIndex, code, ReplyBody::Failed),
                KPC_REPLY_START_RESENDING_REFUSED => resending(code, None),
                KPC_REPLY_START_RESENDING => resending(code, Some([0; 32])),
                KPC_REPLY_START_COPY => copy(code),
                KPC_REPLY_REPLICA_CODE => replica_status(code),
                _ => {
                    return Err(Error::new(
                        Status::ARG_VALUE,
                        format!("{reply} is none of the KPC_REPLY_ values"),
                    ))
                }
            };
            Ok(status.code())
        })
    }
}
