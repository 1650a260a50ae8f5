//! The daemon's wire: length-prefixed CBOR maps, in and out. No sockets, no policy.
//!
//! | file | idea |
//! |---|---|
//! | `frame` | cuts a byte stream into frames |
//! | `read`, `write` | the part of CBOR that the protocol uses |
//! | `field` | the fields of a message, by their names |
//! | `kind` | the names of all messages |
//! | `request`, `encode` | client → daemon |
//! | `incoming`, `event`, `reply`, `channel` | daemon → client |
//! | `part` | what outlives its frame |
//! | `outline` | what a log may show of a frame |
//! | `features` | what this daemon knows, as its first frame shows |
//! | `codes` | error codes into [`Error`](crate::Error)s |
//! | `geometry` | the sizes of this network's packets and boxes |
//!
//! Everything from the daemon is decoded in place: variable fields are slices of the frame, whose
//! memory is wiped when the last of them is dropped, or copies where the frame is mostly something
//! else.

mod channel;
pub mod codes;
mod encode;
mod event;
mod features;
pub(crate) mod field;
mod frame;
pub mod geometry;
mod incoming;
mod kind;
mod outline;
pub(crate) mod part;
pub(crate) mod read;
mod reply;
mod request;
mod write;

pub use crate::secret::{Secret, WipingVec};
pub use channel::{
    ChannelQueryReply, ChannelQuerySent, ChannelReadReply, ChannelWriteReply, WriteChannelReply,
};
pub use event::{Collected, ConnectionStatus, MessageReply, MessageSent, SessionTokenReply};
pub use features::{features, Features};
pub use frame::FrameReader;
pub use geometry::{PigeonholeGeometry, SphinxGeometry};
pub use incoming::{decode, query_id, Incoming};
pub use kind::{MessageKind, RequestKind};
pub use outline::{outline, Outline};
pub use reply::{
    Authority, CopyReply, CourierEnvelopes, EnvelopeReply, KeypairReply, PkiDocumentReply, Reply,
    ReplyBody, ResendingReply, VoucherInductReply, VoucherMintReply, VoucherOpenReply,
    VoucherStreamReply,
};
pub use request::{Cap, Destination, Request, StartResending};

/// Longest frame that either side accepts, without its four bytes of length.
pub const MAX_FRAME: usize = 41_943_040;

/// Correlates a reply with its request.
pub type QueryId = [u8; 16];
/// A message id, a SURB id or a token.
pub type Id = [u8; 16];
/// A 32-byte hash.
pub type Hash = [u8; 32];
/// A write capability as the wire carries it.
pub type WriteCapBytes = [u8; 168];
/// A read capability as the wire carries it.
pub type ReadCapBytes = [u8; 136];
/// A message box index as the wire carries it.
pub type BoxIndexBytes = [u8; 104];
