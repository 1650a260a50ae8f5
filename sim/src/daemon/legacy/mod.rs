//! The Channel API of v0.0.72: channels in one table for all applications, and queries that are sent once.
//!
//! A channel stands where its last preparation put it and does not move on by itself: after a write or a read was answered the
//! same box is prepared again. Whatever answer comes back is opened with the index where the channel stands then.

mod open;
mod prepare;
mod query;

use std::collections::HashMap;

use super::connection::Step;
use super::protocol::legacy::Legacy;
use super::protocol::request::Id;
use super::state::{AppNo, ConnId, Daemon};
use crate::network::{Code, IndexBytes, LegacyAnswer, ReadCapBytes, WriteCapBytes};

const CHANNEL_NOT_FOUND: Code = 7;

/// The daemon's channels. Any application may use any number; each dies with the connection that opened it.
#[derive(Default)]
pub(crate) struct Channels(HashMap<u16, Channel>);

impl Channels {
    /// A connection is gone, and with it what it opened.
    pub(crate) fn forget(&mut self, owner: ConnId) {
        self.0.retain(|_, channel| channel.owner != owner);
    }
}

/// One open channel.
struct Channel {
    owner: ConnId,
    end: ChannelEnd,
    /// The box of the last preparation, which is that of the next one too.
    index: IndexBytes,
    /// What was prepared, by the bytes that are to be sent.
    queries: HashMap<Vec<u8>, Query>,
    /// The query that a resumption named, whose bytes only the client knows.
    resumed: Option<Query>,
}

#[derive(Clone)]
enum ChannelEnd {
    Write(Box<WriteCapBytes>),
    Read(Box<ReadCapBytes>),
}

/// What opens the answer to a query.
#[derive(Clone)]
struct Query {
    descriptor: Vec<u8>,
    reply_index: Option<u8>,
}

/// The answer to a query is back at the daemon.
pub(crate) struct ChannelEvent {
    app: AppNo,
    channel: u16,
    message_id: Id,
    /// `None` where the channel has not prepared what was sent.
    query: Option<Query>,
    answer: LegacyAnswer,
}

/// v0.0.72 falls over a message without the id of a SURB.
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

    /// The error that the control line ordered for this request.
    fn ordered(&mut self, key: &str) -> Option<Code> {
        self.faults.error_for(key).map(|ordered| ordered.code)
    }

    fn order_message_error(&mut self, key: &str) {
        if let Some(code) = self.ordered(key) {
            self.faults.message_error = Some(code);
        }
    }

    /// The end of an open channel, and where it stands.
    fn channel(&self, number: u16) -> Result<(ChannelEnd, IndexBytes), Code> {
        let channel = self.channels.0.get(&number).ok_or(CHANNEL_NOT_FOUND)?;
        Ok((channel.end.clone(), channel.index))
    }
}
