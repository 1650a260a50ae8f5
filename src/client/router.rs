//! What becomes of each frame from the daemon.

use std::sync::Arc;

use bytes::Bytes;

use crate::client::connection::io::trace;
use crate::client::connection::{Answer, Established, Lane, Owner};
use crate::client::events::{Event, MessageReply, MessageSent};
use crate::client::runtime::log::{Level, Log};
use crate::client::runtime::query_ids::Queries;
use crate::client::shared::Shared;
use crate::config::Config;
use crate::wire::{self, codes, Incoming};
use crate::{Error, Result, Status};

impl Owner for Shared {
    fn config(&self) -> &Config {
        &self.config
    }

    fn log(&self) -> &Log {
        &self.log
    }

    fn queries(&self) -> &Queries {
        &self.queries
    }

    fn is_attached_beside(&self, lane: &Lane) -> bool {
        let others = self.lanes.iter().map(Arc::as_ref);
        others
            .filter(|other| !std::ptr::eq(*other, lane))
            .any(Lane::is_up)
    }

    fn on_established(
        self: Arc<Self>,
        lane: &Arc<Lane>,
        epoch: u64,
        session: &Established,
    ) -> bool {
        self.lane_connected(lane, epoch, session)
    }

    fn on_lost(&self, lane: &Lane, epoch: u64, reason: &Error) {
        self.lane_lost(lane, epoch, reason);
    }

    fn on_frame(&self, lane: &Lane, frame: &Bytes) -> Result<()> {
        self.take_frame(lane, frame)
    }

    fn on_incoming(&self, lane: &Lane, incoming: Incoming) {
        self.dispatch(lane, incoming);
    }

    fn on_time(&self, lane: &Lane) {
        self.tick(lane);
    }
}

impl Shared {
    /// Passes one frame of the daemon to what it concerns.
    fn dispatch(&self, lane: &Lane, incoming: Incoming) {
        match incoming {
            Incoming::Reply(reply) => self.dispatch_reply(lane, reply),
            Incoming::Status(status) => self.take_status(lane, &status),
            Incoming::Document {
                payload: Some(payload),
            } => self.take_document(&payload),
            Incoming::Shutdown => self.take_shutdown(),
            Incoming::MessageSent(sent) => self.message_sent(lane, sent),
            Incoming::MessageReply(reply) => self.message_reply(lane, reply),
            Incoming::ChannelQuerySent(sent) => self.channel_query_sent(sent),
            Incoming::ChannelQueryReply(reply) => {
                lane.lock().counts.answers += 1;
                self.channel_query_reply(reply);
            }
            Incoming::Collected(collected) => self.sinks.publish(&Event::MessageIdCollected(
                collected.message_id.unwrap_or_default(),
            )),
            Incoming::Document { payload: None }
            | Incoming::SessionToken(_)
            | Incoming::Nothing => {} // nothing, or an unexpected answer
        }
    }

    /// Dispatches one frame. Fails for a frame that cannot be understood.
    fn take_frame(&self, lane: &Lane, frame: &Bytes) -> Result<()> {
        trace::received(&self.log, lane.kind, frame);
        match wire::decode(frame) {
            Ok(incoming) => self.dispatch(lane, incoming),
            Err(error) if self.dispatch_unreadable(lane, frame, &error) => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn dispatch_reply(&self, lane: &Lane, reply: wire::Reply) {
        let mut state = lane.lock();
        let Some(link) = &state.link else {
            return;
        };
        let features = Arc::clone(&link.features);
        let number = match &reply.query_id {
            Some(id) => self.queries.number(id),
            // Some failures of the older protocol do not name their request.
            None if features.is_legacy() => state.calls.oldest(reply.kind.key()),
            None => None,
        };
        let Some(number) = number else {
            return; // not ours
        };
        if let Some(call) = state.calls.answered(number) {
            state.counts.answers += 1;
            if let Some(took) = call.took {
                state.counts.calls.learn(took);
            }
            drop(state);
            // A refused request costs nothing.
            if let Some(took) = call.took.filter(|_| reply.error_code == 0) {
                self.encryption.learn(call.encryptions, took);
            }
            if let Some(sink) = call.sink {
                sink.deliver(Ok(Answer { reply, features }));
            }
            return;
        }
        let now = crate::clock::now();
        let is_start = state.resends.on_reply(number, reply, &features, now);
        if !is_start {
            state.calls.note_answer(now); // its caller has given up
        }
        state.counts.answers += u64::from(is_start);
        drop(state);
        if is_start {
            self.on_completed(lane);
        }
    }

    /// Fails the one request that an unreadable frame answers. Returns false if it names none of
    /// ours, so that its content is unknown.
    fn dispatch_unreadable(&self, lane: &Lane, frame: &[u8], error: &Error) -> bool {
        let number = wire::query_id(frame).and_then(|id| self.queries.number(&id));
        let Some(number) = number else {
            return false;
        };
        self.log.line(Level::Warn, || {
            format!("{:?} lane: an unreadable reply: {error}", lane.kind)
        });
        let mut state = lane.lock();
        let call = state.calls.take(number);
        let is_start = state.resends.on_unreadable(number, error);
        state.counts.answers += u64::from(call.is_some() || is_start);
        drop(state);
        if let Some(sink) = call {
            sink.deliver(Err(error.clone()));
        }
        if is_start {
            self.on_completed(lane);
        }
        true
    }

    /// An entry of a lane has completed: the next may be sent, and drains check again.
    fn on_completed(&self, lane: &Lane) {
        lane.pump(&self.queries);
        lane.wake.notify_one(); // there may be a new time limit
        lane.progress.notify_waiters();
    }

    fn message_sent(&self, lane: &Lane, sent: wire::MessageSent) {
        let slack = self.reply_slack();
        let is_known = lane
            .lock()
            .messages
            .on_sent(&sent, slack, crate::clock::now());
        self.on_completed(lane);
        let error = sent.err.map(|text| {
            Error::new(
                Status::MESSAGE_SEND_FAILED,
                format!("the daemon could not send the message: {text}"),
            )
        });
        let event = Event::MessageSent(MessageSent {
            message_id: sent.message_id,
            surb_id: sent.surb_id,
            sent_at: sent.sent_at,
            reply_eta_ns: sent.reply_eta_ns,
            error,
        });
        self.publish_answer(&event, is_known);
    }

    fn message_reply(&self, lane: &Lane, reply: wire::MessageReply) {
        if self.is_channel_reply(&reply) {
            return;
        }
        let mut state = lane.lock();
        state.counts.answers += 1;
        state.resends.restart_unanswered(None, crate::clock::now());
        let unclaimed = state.messages.on_reply(reply);
        drop(state);
        lane.progress.notify_waiters();
        if let Some((reply, is_known)) = unclaimed {
            let error = codes::check_message_reply(&reply, &self.features()).err();
            let event = Event::MessageReply(MessageReply {
                message_id: reply.message_id,
                surb_id: reply.surb_id,
                payload: reply.payload.unwrap_or_default(),
                reply_index: reply.reply_index,
                error,
            });
            self.publish_answer(&event, is_known);
            self.replies.arrive();
        }
    }
}
