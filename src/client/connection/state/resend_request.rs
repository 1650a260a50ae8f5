//! The two requests that the daemon resends itself, kept until they are answered.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::Notify;

use crate::bacap::{BoxIndex, ReadCap, WriteCap};
use crate::wire::{Cap, Hash, QueryId, Request, StartResending, WipingVec};
use crate::Result;

/// The capability under which a box is sent.
#[derive(Clone)]
pub(crate) enum ResendCap {
    Read(ReadCap),
    Write(WriteCap),
}

/// A prepared box on its way to a courier.
#[derive(Clone)]
pub(crate) struct BoxStart {
    pub(crate) cap: ResendCap,
    pub(crate) index: Option<BoxIndex>,
    pub(crate) reply_index: Option<u8>,
    pub(crate) descriptor: Bytes,
    pub(crate) ciphertext: Bytes,
    pub(crate) hash: Hash,
    pub(crate) no_retry: bool,
    pub(crate) return_box_exists: bool,
    /// Notified each time the request is sent to the daemon.
    pub(crate) handed: Option<Arc<Notify>>,
}

/// A copy command for one courier.
#[derive(Clone)]
pub(crate) struct CopyStart {
    pub(crate) write_cap: WriteCap,
    pub(crate) courier: Option<(Hash, Vec<u8>)>,
}

/// One of the two requests that the daemon resends.
#[derive(Clone)]
pub(crate) enum ResendRequest {
    Box(Box<BoxStart>),
    Copy(Box<CopyStart>),
}

impl ResendRequest {
    /// The frame that starts it.
    pub(crate) fn encode(&self, query: &QueryId) -> Result<Bytes> {
        let frame = match self {
            ResendRequest::Box(start) => Request::StartResending(StartResending {
                cap: match &start.cap {
                    ResendCap::Read(cap) => Cap::Read(cap.as_bytes()),
                    ResendCap::Write(cap) => Cap::Write(cap.as_bytes()),
                },
                index: start.index.as_ref().map(BoxIndex::as_bytes),
                reply_index: start.reply_index,
                descriptor: &start.descriptor,
                ciphertext: &start.ciphertext,
                envelope_hash: &start.hash,
                no_retry_on_box_id_not_found: start.no_retry,
                no_idempotent_box_already_exists: start.return_box_exists,
            })
            .encode(query),
            ResendRequest::Copy(start) => Request::StartCopy {
                write_cap: start.write_cap.as_bytes(),
                courier: start
                    .courier
                    .as_ref()
                    .map(|(hash, queue)| (hash, &queue[..])),
            }
            .encode(query),
        };
        frame.map(WipingVec::into_bytes)
    }

    /// Reports that it is sent to the daemon now.
    pub(crate) fn report_handed(&self) {
        if let ResendRequest::Box(start) = self {
            if let Some(handed) = &start.handed {
                handed.notify_one();
            }
        }
    }

    /// The frame that cancels it.
    pub(crate) fn cancel(&self, query: &QueryId) -> Result<Bytes> {
        let frame = match self {
            ResendRequest::Box(start) => Request::CancelResending {
                envelope_hash: &start.hash,
            }
            .encode(query),
            ResendRequest::Copy(start) => Request::CancelCopy {
                write_cap_hash: &start.write_cap.hash(),
            }
            .encode(query),
        };
        frame.map(WipingVec::into_bytes)
    }

    /// The reply kind that a daemon must know.
    pub(crate) fn needs(&self) -> &'static str {
        match self {
            ResendRequest::Box(_) => "start_resending_encrypted_message_reply",
            ResendRequest::Copy(_) => "start_resending_copy_command_reply",
        }
    }

    /// The hash by which the daemon identifies it, and cancels it.
    pub(crate) fn name(&self) -> Hash {
        match self {
            ResendRequest::Box(start) => start.hash,
            ResendRequest::Copy(start) => start.write_cap.hash(),
        }
    }

    /// It changes something on the network: a write, a tombstone or a copy command.
    pub(crate) fn is_write(&self) -> bool {
        match self {
            ResendRequest::Box(start) => matches!(start.cap, ResendCap::Write(_)),
            ResendRequest::Copy(_) => true,
        }
    }

    /// It is answered after a round trip or some, unless something is wrong: neither a copy command
    /// nor a read that the daemon repeats until the box is there.
    pub(crate) fn is_answered_soon(&self) -> bool {
        match self {
            ResendRequest::Box(start) => start.no_retry || self.is_write(),
            ResendRequest::Copy(_) => false,
        }
    }

    /// A copy command, which runs for minutes.
    pub(crate) fn is_copy(&self) -> bool {
        matches!(self, ResendRequest::Copy(_))
    }
}
