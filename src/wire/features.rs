//! What a daemon knows. Every frame of a daemon names all response kinds of its version,
//! null where unused; the first frame of a connection is read for that.
//!
//! A request must never be sent to a daemon that does not know it: older ones crash on it.

use crate::error::Result;

use super::kind::MessageKind;
use super::read::{Item, Reader};
use super::request::Request;

/// The response kinds that a daemon knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Features {
    known: u64,
    nulls: bool,
}

const fn bit(kind: MessageKind) -> u64 {
    1 << kind as u8
}

const LEGACY_ONLY: u64 = bit(MessageKind::CreateWriteChannel)
    | bit(MessageKind::CreateReadChannel)
    | bit(MessageKind::WriteChannel)
    | bit(MessageKind::ReadChannel)
    | bit(MessageKind::ResumeWriteChannel)
    | bit(MessageKind::ResumeWriteChannelQuery)
    | bit(MessageKind::ResumeReadChannel)
    | bit(MessageKind::ResumeReadChannelQuery)
    | bit(MessageKind::ChannelQuerySent)
    | bit(MessageKind::ChannelQueryReply);

/// Reads the names in a frame, normally a connection's first, and skips the values.
///
/// A frame without any null counts as one of a current daemon.
///
/// # Errors
/// `CBOR` when the frame is no map with text keys or something follows it.
pub fn features(frame: &[u8]) -> Result<Features> {
    let mut reader = Reader::new(frame);
    let mut found = Features {
        known: 0,
        nulls: false,
    };
    for _ in 0..reader.map()? {
        if let Some(kind) = MessageKind::from_key(reader.key()?) {
            found.known |= bit(kind);
        }
        found.nulls |= matches!(reader.item()?, Item::Null);
    }
    reader.end()?;
    Ok(if found.nulls {
        found
    } else {
        Features::current()
    })
}

impl Features {
    /// The names of today's daemons; used for one whose frames have no nulls at all.
    pub fn current() -> Features {
        let all = MessageKind::ALL
            .iter()
            .fold(0, |known, kind| known | bit(*kind));
        Features {
            known: all & !LEGACY_ONLY,
            nulls: false,
        }
    }

    /// Whether the daemon named this response kind, given by its key.
    pub fn knows(&self, reply_key: &str) -> bool {
        MessageKind::from_key(reply_key.as_bytes()).is_some_and(|kind| self.has(kind))
    }

    /// Whether the daemon named this response kind.
    pub fn has(&self, kind: MessageKind) -> bool {
        self.known & bit(kind) != 0
    }

    /// Whether the frame had nulls, so that its names are a complete list.
    pub fn names_nulls(&self) -> bool {
        self.nulls
    }

    /// The daemon answers local requests at once; older ones put them in line with everything
    /// else.
    pub fn answers_at_once(&self) -> bool {
        self.knows("get_pki_document_reply")
    }

    /// Whether this is a daemon up to v0.0.72, with channels and without session tokens.
    pub fn is_legacy(&self) -> bool {
        self.has(MessageKind::CreateWriteChannel) && !self.has(MessageKind::SessionTokenReply)
    }

    /// Whether replicas may answer a write with "already exists" that met nothing but itself, as
    /// those before v0.0.74 do to an identical write: a box reaches them more than once.
    ///
    /// Which version a daemon is, it does not say, but `get_pki_document` came with v0.0.75. One
    /// that does not name its reply is v0.0.74 at most. That one cannot be told from those
    /// before it, and counts as such: what is done for them is one read too many there.
    pub fn may_meet_itself(&self) -> bool {
        !self.has(MessageKind::GetPkiDocument)
    }

    /// Whether the request may be sent to this daemon.
    pub fn supports(&self, request: &Request<'_>) -> bool {
        request.kind().evidence().is_none_or(|kind| self.has(kind))
    }
}
