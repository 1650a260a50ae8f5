//! Sends queries and reports their outcomes.

use serde_bytes::Bytes;

use crate::daemon::protocol::bodies::{self, some};
use crate::daemon::protocol::legacy::SendChannelQuery;
use crate::daemon::protocol::legacy_bodies as replies;
use crate::daemon::protocol::request::Id;
use crate::daemon::protocol::response::Kind;
use crate::daemon::protocol::time::{nanoseconds, unix_time};
use crate::daemon::state::{AppNo, ChannelEnd, ChannelEvent, ConnId, Daemon, Event, Query, Step};
use crate::network::{Cap, Code, LegacyAnswer, INTERNAL_ERROR, INVALID_REQUEST};

const INVALID_PAYLOAD: Code = 9;

/// A courier's error as that daemon reports it: a malformed envelope is an invalid request.
fn courier_code(code: Code) -> Code {
    match code {
        1 => INVALID_REQUEST,
        2 => 12,
        3 => 13,
        other => other,
    }
}

impl Daemon {
    /// `send_channel_query`: sends once and never retransmits. The channel is looked up when the reply comes.
    pub(super) fn send_channel_query(&mut self, id: ConnId, r: &SendChannelQuery<'_>) -> Step {
        let all = (
            r.message_id,
            r.channel_id,
            r.destination_id_hash,
            r.recipient_queue_id,
            r.payload,
        );
        let (Some(message_id), Some(channel), Some(courier), Some(queue), Some(payload)) = all
        else {
            if let Some(frame) = self.encoder.empty() {
                self.send_frame(id, frame);
            }
            return Step::Next;
        };
        let app = self.app_of(id);
        if let Some(code) = self.ordered("send_channel_query") {
            self.query_reply(app, &message_id.0, &[], None, code);
            return Step::Next;
        }
        if !self.network.is_courier(&courier.0, queue.0) {
            self.query_sent(app, &message_id.0, 0, 0);
            return Step::Next; // no reply follows
        }
        let eta = self.draw_eta();
        self.counters.packets += 1;
        self.query_sent(app, &message_id.0, nanoseconds(eta), 0);
        if self.forward_trip(eta).is_none() {
            return Step::Next;
        }
        let query = self.query(channel, payload.0);
        let reply_index = query.as_ref().and_then(|query| query.reply_index);
        let now = self.now();
        let network = &mut self.network;
        let answer = network.legacy_query(now, &courier.0, payload.0, reply_index);
        if self.return_trip_holds() {
            let event = ChannelEvent {
                app,
                channel,
                message_id: message_id.0,
                query,
                answer,
            };
            self.agenda.after(eta, Event::Channel(event));
        }
        Step::Next
    }

    fn query(&self, channel: u16, payload: &[u8]) -> Option<Query> {
        let channel = self.channels.0.get(&channel)?;
        let known = channel.queries.get(payload);
        known.or(channel.resumed.as_ref()).cloned()
    }

    /// Reports the answer to a query: an event for the channel, after an event with the plaintext if there is one.
    pub(crate) fn channel_event(&mut self, event: ChannelEvent) {
        if !self.online {
            return;
        }
        let (app, id) = (event.app, &event.message_id);
        let (Ok((end, stands)), Some(query)) = (self.channel(event.channel), event.query) else {
            self.query_reply(app, id, &[], None, INTERNAL_ERROR);
            return;
        };
        match event.answer {
            LegacyAnswer::Taken => self.query_reply(app, id, &[], None, 0),
            LegacyAnswer::Nothing { reply_index } => {
                self.query_reply(app, id, &[], Some(reply_index), 0);
            }
            LegacyAnswer::CourierError(code) => {
                self.query_reply(app, id, &[], None, courier_code(code));
            }
            LegacyAnswer::Something {
                reply_index,
                answer,
            } => {
                let cap = match &end {
                    ChannelEnd::Write(cap) => Cap::Write(cap),
                    ChannelEnd::Read(cap) => Cap::Read(cap),
                };
                // The daemon keeps only the channel's index, not the query's.
                let opened =
                    self.network
                        .open_answer(cap, Some(&stands), &query.descriptor, &answer);
                let (payload, code) = match opened {
                    Ok(plaintext) => (plaintext.unwrap_or_default(), 0),
                    Err(_) => (Vec::new(), INVALID_PAYLOAD),
                };
                let body = bodies::MessageReply {
                    message_id: some(id),
                    surbid: None,
                    payload: some(&payload),
                    reply_index: Some(reply_index),
                    error_code: code,
                };
                self.reply(app, Kind::MessageReply, &body);
                self.query_reply(app, id, &payload, Some(reply_index), code);
            }
        }
    }

    pub(super) fn query_sent(
        &mut self,
        app: AppNo,
        message_id: &Id,
        reply_eta: u64,
        error_code: Code,
    ) {
        let body = replies::QuerySent {
            message_id: some(message_id),
            sent_at: unix_time(),
            reply_eta,
            error_code,
        };
        self.reply(app, Kind::ChannelQuerySent, &body);
    }

    pub(super) fn query_reply(
        &mut self,
        app: AppNo,
        message_id: &Id,
        payload: &[u8],
        reply_index: Option<u8>,
        error_code: Code,
    ) {
        let body = replies::QueryReply {
            message_id: some(message_id),
            payload: Bytes::new(payload),
            reply_index,
            error_code,
        };
        self.reply(app, Kind::ChannelQueryReply, &body);
    }
}
