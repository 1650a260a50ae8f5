//! Replies and events of the channel protocol, spoken by daemons up to v0.0.72.

use std::fmt;

use bytes::Bytes;

use crate::error::Result;
use crate::secret::Secret;

use super::field::fields;
use super::kind::MessageKind;
use super::part::part_of;
use super::read::malformed;
use super::reply::{secret, ReplyBody, Source};
use super::{Hash, Id};

/// A new channel to write to.
#[derive(Clone)]
pub struct WriteChannelReply {
    /// The channel.
    pub channel_id: u16,
    /// To write to its stream.
    pub write_cap: Secret<168>,
    /// To read it.
    pub read_cap: Secret<136>,
}

/// A prepared write.
#[derive(Clone)]
pub struct ChannelWriteReply {
    /// The channel.
    pub channel_id: u16,
    /// The bytes for a courier.
    pub payload: Bytes,
    /// The box that is written.
    pub current_index: Secret<104>,
    /// The box behind it.
    pub next_index: Secret<104>,
    /// The envelope's name.
    pub envelope_hash: Hash,
    /// What the daemon needs to decrypt the answer.
    pub descriptor: Bytes,
}

/// A prepared read.
#[derive(Clone)]
pub struct ChannelReadReply {
    /// The channel.
    pub channel_id: u16,
    /// The bytes for a courier.
    pub payload: Bytes,
    /// The box that is read.
    pub current_index: Secret<104>,
    /// The box behind it.
    pub next_index: Secret<104>,
    /// Which replica's answer.
    pub reply_index: Option<u8>,
    /// The envelope's name.
    pub envelope_hash: Hash,
    /// What the daemon needs to decrypt the answer.
    pub descriptor: Bytes,
}

pub(super) fn reply(source: &Source<'_>) -> Result<ReplyBody> {
    match source.kind {
        MessageKind::CreateWriteChannel => write_channel(source),
        MessageKind::WriteChannel => prepared_write(source),
        MessageKind::ReadChannel => prepared_read(source),
        MessageKind::CreateReadChannel
        | MessageKind::ResumeWriteChannel
        | MessageKind::ResumeWriteChannelQuery
        | MessageKind::ResumeReadChannel
        | MessageKind::ResumeReadChannelQuery => {
            let [channel_id] = source.fields(["channel_id"])?;
            Ok(ReplyBody::ChannelOpen {
                channel_id: channel_id.need_uint()?,
            })
        }
        other => Err(malformed(format!("{} is no reply", other.key()))),
    }
}

fn write_channel(source: &Source<'_>) -> Result<ReplyBody> {
    let [channel_id, write_cap, read_cap] =
        source.fields(["channel_id", "write_cap", "read_cap"])?;
    Ok(ReplyBody::WriteChannelCreated(Box::new(
        WriteChannelReply {
            channel_id: channel_id.need_uint()?,
            write_cap: secret(&write_cap)?,
            read_cap: secret(&read_cap)?,
        },
    )))
}

fn prepared_write(source: &Source<'_>) -> Result<ReplyBody> {
    let [channel_id, payload, current, next, hash, descriptor] = source.fields([
        "channel_id",
        "send_message_payload",
        "current_message_index",
        "next_message_index",
        "envelope_hash",
        "envelope_descriptor",
    ])?;
    Ok(ReplyBody::ChannelWrite(Box::new(ChannelWriteReply {
        channel_id: channel_id.need_uint()?,
        payload: source.share(payload.need_bytes()?),
        current_index: secret(&current)?,
        next_index: secret(&next)?,
        envelope_hash: *hash.need_fixed()?,
        descriptor: source.share(descriptor.need_bytes()?),
    })))
}

fn prepared_read(source: &Source<'_>) -> Result<ReplyBody> {
    let [channel_id, payload, current, next, reply_index, hash, descriptor] = source.fields([
        "channel_id",
        "send_message_payload",
        "current_message_index",
        "next_message_index",
        "reply_index",
        "envelope_hash",
        "envelope_descriptor",
    ])?;
    Ok(ReplyBody::ChannelRead(Box::new(ChannelReadReply {
        channel_id: channel_id.need_uint()?,
        payload: source.share(payload.need_bytes()?),
        current_index: secret(&current)?,
        next_index: secret(&next)?,
        reply_index: reply_index.uint()?,
        envelope_hash: *hash.need_fixed()?,
        descriptor: source.share(descriptor.need_bytes()?),
    })))
}

/// A query has left for its courier, or could not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelQuerySent {
    /// The query.
    pub message_id: Option<Id>,
    /// When it was sent, Unix seconds; 0 if it was not.
    pub sent_at: i64,
    /// How long the reply is expected to take, in nanoseconds.
    pub reply_eta_ns: i64,
    /// 0, or a code of the daemon's.
    pub error_code: u8,
}

impl ChannelQuerySent {
    pub(super) fn decode(encoding: &[u8]) -> Result<Self> {
        let [message_id, sent_at, reply_eta, error_code] = fields(
            "channel_query_sent_event",
            encoding,
            ["message_id", "sent_at", "reply_eta", "error_code"],
        )?;
        Ok(ChannelQuerySent {
            message_id: message_id.fixed()?.copied(),
            sent_at: sent_at.int_or_zero()?,
            reply_eta_ns: reply_eta.int_or_zero()?,
            error_code: error_code.need_uint()?,
        })
    }
}

/// A query was answered.
#[derive(Clone, PartialEq, Eq)]
pub struct ChannelQueryReply {
    /// The query.
    pub message_id: Option<Id>,
    /// The content of the box; empty for a write, or if nothing was found yet.
    pub payload: Option<Bytes>,
    /// Which replica answered.
    pub reply_index: Option<u8>,
    /// 0, or a code of the daemon's.
    pub error_code: u8,
}

impl ChannelQueryReply {
    pub(super) fn decode(frame: &Bytes, encoding: &[u8]) -> Result<Self> {
        let [message_id, payload, reply_index, error_code] = fields(
            "channel_query_reply_event",
            encoding,
            ["message_id", "payload", "reply_index", "error_code"],
        )?;
        Ok(ChannelQueryReply {
            message_id: message_id.fixed()?.copied(),
            payload: payload.bytes()?.map(|payload| part_of(frame, payload)),
            reply_index: reply_index.uint()?,
            error_code: error_code.need_uint()?,
        })
    }
}

impl fmt::Debug for ChannelQueryReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChannelQueryReply")
            .field("error_code", &self.error_code)
            .field("payload_len", &self.payload.as_ref().map(Bytes::len))
            .finish_non_exhaustive()
    }
}
