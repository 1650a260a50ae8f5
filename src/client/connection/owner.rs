//! What a lane asks of the client that it belongs to.

use std::sync::Arc;

use bytes::Bytes;

use super::handshake::Established;
use super::lane::Lane;
use crate::client::runtime::log::Log;
use crate::client::runtime::query_ids::Queries;
use crate::config::Config;
use crate::wire::Incoming;
use crate::{Error, Result};

/// The client behind its lanes. A lane connects and reads; what that means for operations and
/// events is decided here.
pub(crate) trait Owner: Send + Sync {
    fn config(&self) -> &Config;

    fn log(&self) -> &Log;

    fn queries(&self) -> &Queries;

    /// A lane other than this one is connected.
    fn is_attached_beside(&self, lane: &Lane) -> bool;

    /// A handshake is over: makes the connection the lane's own, sends again what is unanswered,
    /// and tells of it. False if the lane was left meanwhile.
    fn on_established(self: Arc<Self>, lane: &Arc<Lane>, epoch: u64, session: &Established)
        -> bool;

    /// The lane's connection is lost.
    fn on_lost(&self, lane: &Lane, epoch: u64, reason: &Error);

    /// Hands on what one frame says. Fails when nobody knows what was in it.
    fn on_frame(&self, lane: &Lane, frame: &Bytes) -> Result<()>;

    /// Hands on what came before the handshake was over.
    fn on_incoming(&self, lane: &Lane, incoming: Incoming);

    /// Does what is due on a lane by time.
    fn on_time(&self, lane: &Lane);
}
