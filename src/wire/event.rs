//! What the daemon sends unasked, and its answer to the session token.

use std::fmt;

use bytes::Bytes;

use crate::error::Result;

use super::field::{encoding_of, fields};
use super::geometry::{PigeonholeGeometry, SphinxGeometry};
use super::part::part_of;
use super::read::malformed;
use super::Id;

/// Whether the daemon is on the mixnet, and which daemon it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionStatus {
    /// The daemon is connected to its gateway.
    pub is_connected: bool,
    /// The daemon's error report, as CBOR of whatever shape; today's daemons never send any.
    pub err: Option<Bytes>,
    /// Identifies the daemon process; unknown to daemons up to v0.0.72.
    pub instance_token: Option<Id>,
    /// The network's packets, since v0.0.76.
    pub sphinx: Option<SphinxGeometry>,
    /// The network's boxes, since v0.0.76.
    pub pigeonhole: Option<PigeonholeGeometry>,
}

impl ConnectionStatus {
    pub(super) fn decode(encoding: &[u8]) -> Result<Self> {
        let [is_connected, token, sphinx, pigeonhole] = fields(
            "connection_status_event",
            encoding,
            [
                "is_connected",
                "instance_token",
                "sphinx_geometry",
                "pigeonhole_geometry",
            ],
        )?;
        Ok(ConnectionStatus {
            is_connected: is_connected.need_flag()?,
            err: encoding_of(encoding, "err")?.map(Bytes::copy_from_slice),
            instance_token: token.fixed()?.copied(),
            sphinx: sphinx.map()?.map(SphinxGeometry::decode).transpose()?,
            pigeonhole: pigeonhole
                .map()?
                .map(PigeonholeGeometry::decode)
                .transpose()?,
        })
    }
}

/// A new PKI document, signatures stripped; none while the daemon has none.
pub(super) fn document(frame: &Bytes, encoding: &[u8]) -> Result<Option<Bytes>> {
    let [payload] = fields("new_pki_document_event", encoding, ["payload"])?;
    let payload = payload.bytes()?.filter(|payload| !payload.is_empty());
    Ok(payload.map(|payload| part_of(frame, payload)))
}

/// A plain message has left, or could not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageSent {
    /// The message.
    pub message_id: Option<Id>,
    /// Its reply.
    pub surb_id: Option<Id>,
    /// When it was sent, Unix seconds; 0 if it was not.
    pub sent_at: i64,
    /// How long the reply is expected to take, in nanoseconds.
    pub reply_eta_ns: i64,
    /// Why it could not be sent.
    pub err: Option<String>,
}

impl MessageSent {
    pub(super) fn decode(encoding: &[u8]) -> Result<Self> {
        let [message_id, surb_id, sent_at, reply_eta, err] = fields(
            "message_sent_event",
            encoding,
            ["message_id", "surbid", "sent_at", "reply_eta", "err"],
        )?;
        Ok(MessageSent {
            message_id: message_id.fixed()?.copied(),
            surb_id: surb_id.fixed()?.copied(),
            sent_at: sent_at.int_or_zero()?,
            reply_eta_ns: reply_eta.int_or_zero()?,
            err: err
                .text()?
                .filter(|text| !text.is_empty())
                .map(str::to_owned),
        })
    }
}

/// The reply to a plain message.
#[derive(Clone, PartialEq, Eq)]
pub struct MessageReply {
    /// The message; null in replies to messages without an id.
    pub message_id: Option<Id>,
    /// The reply block that it came by.
    pub surb_id: Option<Id>,
    /// What the service sent, padded with zeros to a packet's payload.
    pub payload: Option<Bytes>,
    /// Older protocol: which replica answered.
    pub reply_index: Option<u8>,
    /// 0, or a code of the daemon's.
    pub error_code: u8,
}

impl MessageReply {
    pub(super) fn decode(frame: &Bytes, encoding: &[u8]) -> Result<Self> {
        let [message_id, surb_id, payload, reply_index, error_code] = fields(
            "message_reply_event",
            encoding,
            [
                "message_id",
                "surbid",
                "payload",
                "reply_index",
                "error_code",
            ],
        )?;
        Ok(MessageReply {
            message_id: message_id.fixed()?.copied(),
            surb_id: surb_id.fixed()?.copied(),
            payload: payload.bytes()?.map(|payload| part_of(frame, payload)),
            reply_index: reply_index.uint()?,
            error_code: error_code.need_uint()?,
        })
    }
}

impl fmt::Debug for MessageReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MessageReply")
            .field("error_code", &self.error_code)
            .field("payload_len", &self.payload.as_ref().map(Bytes::len))
            .finish_non_exhaustive()
    }
}

/// The daemon has given a plain message up and dropped it; not sent since v0.0.73-rc1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collected {
    /// The message.
    pub message_id: Option<Id>,
}

impl Collected {
    pub(super) fn decode(encoding: &[u8]) -> Result<Self> {
        let [message_id] = fields("message_id_garbage_collected", encoding, ["message_id"])?;
        Ok(Collected {
            message_id: message_id.fixed()?.copied(),
        })
    }
}

/// The session is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionTokenReply {
    /// The daemon's name for this client.
    pub app_id: Bytes,
    /// The daemon still had this session.
    pub resumed: bool,
}

impl SessionTokenReply {
    pub(super) fn decode(frame: &Bytes, encoding: &[u8]) -> Result<Self> {
        let [app_id, resumed, error_code] = fields(
            "session_token_reply",
            encoding,
            ["app_id", "resumed", "error_code"],
        )?;
        if let Some(code @ 1..) = error_code.uint::<u64>()? {
            return Err(malformed(format!(
                "session_token_reply has the unexpected code {code}"
            )));
        }
        Ok(SessionTokenReply {
            app_id: part_of(frame, app_id.bytes()?.unwrap_or_default()),
            resumed: resumed.need_flag()?,
        })
    }
}
