//! Sending queries, and what comes of them.

use serde_bytes::Bytes;

use super::{ChannelEnd, ChannelEvent, Query};
use crate::daemon::connection::Step;
use crate::daemon::events::Event;
use crate::daemon::message::{nanoseconds, unix_time};
use crate::daemon::protocol::bodies::{self, some};
use crate::daemon::protocol::legacy::SendChannelQuery;
use crate::daemon::protocol::legacy_bodies as replies;
use crate::daemon::protocol::request::Id;
use crate::daemon::protocol::response::Kind;
use crate::daemon::state::{AppNo, ConnId, Daemon};
use crate::network::{Cap, Code, IndexBytes, LegacyAnswer, INTERNAL_ERROR, INVALID_REQUEST};
use kpclient::bacap::BoxIndex;

const INVALID_CHANNEL: Code = 6;
const INVALID_PAYLOAD: Code = 9;

/// A courier's error as that daemon tells it: a malformed envelope is an invalid request.
fn courier_code(code: Code) -> Code {
    match code {
        1 => INVALID_REQUEST,
        2 => 12,
        3 => 13,
        other => other,
    }
}

impl Daemon {
    /// `send_channel_query`: once, and never again by itself.
    pub(super) fn send_channel_query(&mut self, id: ConnId, r: &SendChannelQuery<'_>) -> Step {
        let (Some(message_id), Some(number)) = (r.message_id, r.channel_id) else {
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
        let payload = r.payload.map_or(&[][..], |p| p.0);
        let Some(query) = self.query(id, number, payload) else {
            self.query_reply(app, &message_id.0, &[], None, INVALID_CHANNEL);
            return Step::Next;
        };
        let courier = r.destination_id_hash.map_or([0; 32], |h| h.0);
        let queue = r.recipient_queue_id.map_or(&[][..], |q| q.0);
        if !self.network.is_courier(&courier, queue) {
            self.query_sent(app, &message_id.0, 0, INTERNAL_ERROR);
            return Step::Next;
        }
        let eta = self.draw_eta();
        self.counters.packets += 1;
        self.query_sent(app, &message_id.0, nanoseconds(eta), 0);
        if self.forward_trip(eta).is_some() {
            let now = self.now();
            let network = &mut self.network;
            let answer = network.legacy_query(now, &courier, payload, query.reply_index);
            if self.return_trip_holds() {
                let event = ChannelEvent {
                    conn: id,
                    app,
                    channel: number,
                    message_id: message_id.0,
                    query,
                    answer,
                };
                self.agenda.after(eta, Event::Channel(event));
            }
        }
        Step::Next
    }

    pub(super) fn query(&self, id: ConnId, channel: u16, payload: &[u8]) -> Option<Query> {
        let channel = self.conns.get(&id)?.channels.0.get(&channel)?;
        let known = channel.queries.get(payload);
        known.or(channel.resumed.as_ref()).cloned()
    }

    /// The answer to a query: one event for the channel, and before it another one where there was something to open.
    pub(crate) fn channel_event(&mut self, event: ChannelEvent) {
        let Ok((end, _)) = self.channel(event.conn, event.channel) else {
            return;
        };
        if !self.online {
            return;
        }
        let (app, id) = (event.app, &event.message_id);
        match event.answer {
            LegacyAnswer::Taken => {
                if matches!(end, ChannelEnd::Write(_)) {
                    self.move_on(event.conn, event.channel, &event.query.index);
                }
                self.query_reply(app, id, &[], None, 0);
            }
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
                let query = &event.query;
                let opened =
                    self.network
                        .open_answer(cap, Some(&query.index), &query.descriptor, &answer);
                let (payload, code) = match opened {
                    Ok(plaintext) => (plaintext.unwrap_or_default(), 0),
                    Err(_) => (Vec::new(), INVALID_PAYLOAD),
                };
                if code == 0 {
                    self.move_on(event.conn, event.channel, &query.index);
                }
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

    /// A box is done; the channel goes on to the one after it.
    pub(super) fn move_on(&mut self, id: ConnId, channel: u16, done: &IndexBytes) {
        let channels = self.conns.get_mut(&id).map(|c| &mut c.channels.0);
        if let Some(channel) = channels.and_then(|c| c.get_mut(&channel)) {
            channel.index = *BoxIndex::from_array(*done).next().as_bytes();
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
