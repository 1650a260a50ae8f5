//! What each request of this protocol looks up: its channel, and an ordered error.

use crate::daemon::state::{ChannelEnd, Daemon};
use crate::network::{Code, IndexBytes};

const CHANNEL_NOT_FOUND: Code = 7;

impl Daemon {
    /// The error that a control command ordered for this request.
    pub(super) fn ordered(&mut self, key: &str) -> Option<Code> {
        self.faults.error_for(key).map(|ordered| ordered.code)
    }

    /// The capability of an open channel, and where the channel stands.
    pub(super) fn channel(&self, number: u16) -> Result<(ChannelEnd, IndexBytes), Code> {
        let channel = self.channels.0.get(&number).ok_or(CHANNEL_NOT_FOUND)?;
        Ok((channel.end.clone(), channel.index))
    }
}
