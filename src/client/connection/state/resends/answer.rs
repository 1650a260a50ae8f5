//! The answer to a box or copy command, and who waits for it.

use std::sync::Arc;

use tokio::sync::oneshot;

use crate::wire::{codes, Features, Reply};
use crate::Result;

/// Identifies an entry of one lane.
pub(crate) type ResendKey = u64;

/// The answer to a resend.
pub(crate) struct ResendAnswer {
    pub(crate) reply: Reply,
    pub(crate) features: Arc<Features>,
    /// It was sent more than once, so an earlier sending may have had its effect.
    pub(crate) replayed: bool,
}

impl ResendAnswer {
    /// Returns the failure that it reports, if any.
    pub(crate) fn check(&self) -> Result<()> {
        codes::check(&self.reply, &self.features)
    }
}

/// Who waits for the answer.
pub(crate) type ResendSink = oneshot::Sender<Result<ResendAnswer>>;
