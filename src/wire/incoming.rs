//! One frame from the daemon: a map that names all response kinds, null but for one.

use std::fmt;

use bytes::Bytes;

use crate::error::Result;

use super::channel::{ChannelQueryReply, ChannelQuerySent};
use super::event::{
    self, Collected, ConnectionStatus, MessageReply, MessageSent, SessionTokenReply,
};
use super::field::{fields, Field};
use super::kind::MessageKind;
use super::read::{malformed, Reader};
use super::reply::Reply;
use super::QueryId;

/// The content of a frame.
#[derive(Clone)]
#[non_exhaustive]
pub enum Incoming {
    /// Whether the daemon is on the mixnet.
    Status(ConnectionStatus),
    /// A new PKI document, signatures stripped; none while the daemon has none.
    Document {
        /// Its CBOR.
        payload: Option<Bytes>,
    },
    /// The daemon is about to stop.
    Shutdown,
    /// A plain message has left, or could not.
    MessageSent(MessageSent),
    /// A plain message was answered.
    MessageReply(MessageReply),
    /// The daemon has given a plain message up.
    Collected(Collected),
    /// Older protocol: a query has left, or could not.
    ChannelQuerySent(ChannelQuerySent),
    /// Older protocol: a query was answered.
    ChannelQueryReply(ChannelQueryReply),
    /// The handshake is complete.
    SessionToken(SessionTokenReply),
    /// A request was answered.
    Reply(Reply),
    /// All null, or nothing that is known here.
    Nothing,
}

impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Incoming::Status(status) => status.fmt(f),
            Incoming::Document { payload } => {
                write!(f, "Document({:?} bytes)", payload.as_ref().map(Bytes::len))
            }
            Incoming::Shutdown => f.write_str("Shutdown"),
            Incoming::MessageSent(sent) => sent.fmt(f),
            Incoming::MessageReply(reply) => reply.fmt(f),
            Incoming::Collected(collected) => collected.fmt(f),
            Incoming::ChannelQuerySent(sent) => sent.fmt(f),
            Incoming::ChannelQueryReply(reply) => reply.fmt(f),
            Incoming::SessionToken(token) => write!(f, "SessionToken(resumed {})", token.resumed),
            Incoming::Reply(reply) => reply.fmt(f),
            Incoming::Nothing => f.write_str("Nothing"),
        }
    }
}

/// Finds the one message of a frame and insists that the rest of it is well formed.
fn message(frame: &[u8]) -> Result<Option<(MessageKind, &[u8])>> {
    only(frame, MessageKind::from_key, MessageKind::key)
}

/// The one entry of a map that is not null, of those that `known` knows the keys of.
pub(super) fn only<K: Copy>(
    frame: &[u8],
    known: impl Fn(&[u8]) -> Option<K>,
    name: impl Fn(K) -> &'static str,
) -> Result<Option<(K, &[u8])>> {
    let mut reader = Reader::new(frame);
    let mut found: Option<(K, &[u8])> = None;
    for _ in 0..reader.map()? {
        let key = reader.key()?;
        // All but one of some twenty-five are null in every frame.
        if reader.skip_null() {
            continue;
        }
        let item = reader.item()?;
        let Some(kind) = known(key) else {
            continue;
        };
        if let Some((other, _)) = found {
            let (one, two) = (name(other), name(kind));
            return Err(malformed(format!(
                "a frame with two messages, {one} and {two}"
            )));
        }
        found = Some((kind, Field::of("frame", name(kind), item).need_map()?));
    }
    reader.end()?;
    Ok(found)
}

/// Decodes a frame in place.
///
/// # Errors
/// `CBOR` when it is malformed, has trailing bytes, a field twice, or of a wrong type or
/// size, or lacks one that belongs to a success; the message names the field.
pub fn decode(frame: &Bytes) -> Result<Incoming> {
    let Some((kind, encoding)) = message(frame)? else {
        return Ok(Incoming::Nothing);
    };
    Ok(match kind {
        MessageKind::ConnectionStatus => Incoming::Status(ConnectionStatus::decode(encoding)?),
        MessageKind::NewPkiDocument => Incoming::Document {
            payload: event::document(frame, encoding)?,
        },
        MessageKind::Shutdown => Incoming::Shutdown,
        MessageKind::MessageSent => Incoming::MessageSent(MessageSent::decode(encoding)?),
        MessageKind::MessageReply => Incoming::MessageReply(MessageReply::decode(frame, encoding)?),
        MessageKind::Collected => Incoming::Collected(Collected::decode(encoding)?),
        MessageKind::ChannelQuerySent => {
            Incoming::ChannelQuerySent(ChannelQuerySent::decode(encoding)?)
        }
        MessageKind::ChannelQueryReply => {
            Incoming::ChannelQueryReply(ChannelQueryReply::decode(frame, encoding)?)
        }
        MessageKind::SessionTokenReply => {
            Incoming::SessionToken(SessionTokenReply::decode(frame, encoding)?)
        }
        kind => Incoming::Reply(Reply::decode(kind, frame, encoding)?),
    })
}

/// The query id in a frame that [`decode`] refused, so that the one request which it answers can
/// fail instead of being replayed for ever.
pub fn query_id(frame: &[u8]) -> Option<QueryId> {
    let (kind, encoding) = message(frame).ok()??;
    let [query_id] = fields(kind.key(), encoding, ["query_id"]).ok()?;
    query_id.fixed().ok()?.copied()
}
