//! Waits for the next reply to a plain message.

use crate::client::call::Call;
use crate::client::handle::Client;
use crate::Result;

impl Client {
    /// Waits until a reply to a plain message has arrived that no such wait has reported before, be
    /// it before or after this call. Replies that a sender waits for itself do not count.
    pub fn await_message_reply(&self) -> Result<Call<()>> {
        self.shared.check_open()?;
        let seen = self.shared.replies.reported();
        if self.shared.replies.report_beyond(seen) {
            return Ok(Call::now(&self.shared, |_| Ok(())));
        }
        Ok(Call::task(&self.shared, move |shared| async move {
            shared.replies.beyond(seen).await;
            Ok(())
        }))
    }
}
