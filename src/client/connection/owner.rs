//! What a lane needs from its client.

use std::sync::Arc;

use bytes::Bytes;

use super::handshake::Established;
use super::lane::Lane;
use crate::client::runtime::log::Log;
use crate::client::runtime::query_ids::Queries;
use crate::config::Config;
use crate::wire::Incoming;
use crate::{Error, Result};

/// The client as its lanes see it. A lane connects and reads; the client decides what that means
/// for operations and events.
pub(crate) trait Owner: Send + Sync {
    fn config(&self) -> &Config;

    fn log(&self) -> &Log;

    fn queries(&self) -> &Queries;

    /// A lane other than this one is connected.
    fn is_attached_beside(&self, lane: &Lane) -> bool;

    /// A handshake is complete: installs the connection, replays what is unanswered, and publishes
    /// the change. Returns false if the lane was disconnected meanwhile.
    fn on_established(self: Arc<Self>, lane: &Arc<Lane>, epoch: u64, session: &Established)
        -> bool;

    /// The lane's connection is lost.
    fn on_lost(&self, lane: &Lane, epoch: u64, reason: &Error);

    /// Dispatches one frame. Fails for a frame that cannot be understood.
    fn on_frame(&self, lane: &Lane, frame: &Bytes) -> Result<()>;

    /// Dispatches what arrived before the handshake was complete.
    fn on_incoming(&self, lane: &Lane, incoming: Incoming);

    /// Does what is due on a lane.
    fn on_time(&self, lane: &Lane);
}
