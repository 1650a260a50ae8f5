//! Waiting for the next reply to a plain message.

use crate::client::call::Work;
use crate::client::handle::Client;
use crate::Result;

impl Client {
    /// Waits until a reply to a plain message came that no such wait has reported before,
    /// be it before or after this call. Replies that a sender awaits itself do not count.
    pub fn await_message_reply(&self) -> Result<Work<()>> {
        self.inner.check_open()?;
        let seen = self.inner.replies.reported();
        if self.inner.replies.report_beyond(seen) {
            return Ok(Work::now(|_| Ok(())));
        }
        Ok(Work::task(move |inner| async move {
            inner.replies.beyond(seen).await;
            Ok(())
        }))
    }
}
