//! The Channel API of v0.0.72: channels in one table for all applications, and queries that are sent once.
//!
//! A channel stands where its last preparation put it and does not move on by itself: after a write or a read was answered the
//! same box is prepared again. Each answer is opened with the index where the channel stands when it arrives.

mod look_up;
mod open;
mod prepare;
mod query;

use crate::daemon::protocol::legacy::Legacy;
use crate::daemon::state::{ConnId, Daemon, Step};

/// v0.0.72 crashes on a message without the id of a SURB.
pub(crate) fn is_fatal(request: &Legacy<'_>) -> bool {
    matches!(
        request,
        Legacy::SendMessage(m) | Legacy::SendArqMessage(m) if m.surbid.is_none()
    )
}

impl Daemon {
    /// Answers a request of the older protocol.
    pub(crate) fn answer_legacy(&mut self, id: ConnId, request: Legacy<'_>) -> Step {
        match request {
            Legacy::ThinClose(_) => self.thin_close(id),
            Legacy::SendMessage(r) => {
                self.order_message_error("send_message");
                self.request_message(id, &r, false)
            }
            Legacy::SendArqMessage(r) => {
                self.order_message_error("send_arq_message");
                self.request_message(id, &r, true)
            }
            Legacy::CreateWriteChannel(r) => self.create_write_channel(id, r.query_id.map(|q| q.0)),
            Legacy::CreateReadChannel(r) => self.create_read_channel(id, &r),
            Legacy::WriteChannel(r) => self.write_channel(id, &r),
            Legacy::ReadChannel(r) => self.read_channel(id, &r),
            Legacy::ResumeWriteChannel(r) => self.resume_write(id, &r),
            Legacy::ResumeWriteChannelQuery(r) => self.resume_write_query(id, &r),
            Legacy::ResumeReadChannel(r) => self.resume_read(id, &r),
            Legacy::ResumeReadChannelQuery(r) => self.resume_read_query(id, &r),
            Legacy::SendChannelQuery(r) => self.send_channel_query(id, &r),
            Legacy::CloseChannel(r) => {
                self.channels.0.remove(&r.channel_id);
                Step::Next
            }
        }
    }

    fn order_message_error(&mut self, key: &str) {
        if let Some(code) = self.ordered(key) {
            self.faults.message_error = Some(code);
        }
    }
}
