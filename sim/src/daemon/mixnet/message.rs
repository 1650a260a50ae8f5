//! Plain messages to services.

use std::time::Duration;

use crate::daemon::protocol::bodies::{self, opt, some};
use crate::daemon::protocol::request::{Id, SendMessage};
use crate::daemon::protocol::response::Kind;
use crate::daemon::protocol::time::{nanoseconds, unix_time};
use crate::daemon::random::fresh_id;
use crate::daemon::state::{AppNo, ConnId, Daemon, Event, InFlight, Message, Queued, Step};
use crate::network::Era;

const NO_SERVICE: &str =
    "client/conn: PKI error: client: failed to find destination service node: pki: service not found";
/// The daemon gives up a reliable message of the older protocol after so many retransmissions.
const MAX_RETRANSMISSIONS: u32 = 3;
/// MaxRetries.
const GIVEN_UP: u8 = 5;

impl Daemon {
    /// `send_message`: never refused, only queued.
    pub(crate) fn request_message(
        &mut self,
        id: ConnId,
        request: &SendMessage<'_>,
        reliable: bool,
    ) -> Step {
        let surb_id = request.surbid.map(|s| s.0).filter(|_| request.with_surb);
        let message = Message {
            app: self.app_of(id),
            id: request.id.map(|i| i.0),
            // The older daemon replaces the id of a reliable message's SURB by its own.
            surb_id: surb_id.map(|s| if reliable { fresh_id() } else { s }),
            node: request.destination_id_hash.map_or([0; 32], |h| h.0),
            queue: request
                .recipient_queue_id
                .map_or_else(Vec::new, |b| b.0.to_vec()),
            payload: request.payload.map_or_else(Vec::new, |b| b.0.to_vec()),
            reliable,
            sends: 0,
        };
        self.wait_for_turn(id, Queued::Message(Box::new(message)))
    }

    /// Sends a message at its turn. Without a SURB nothing is reported.
    pub(crate) fn send_message(&mut self, message: Message) {
        let limit = self.network.sphinx().user_forward_payload_length;
        let length = message.payload.len();
        let err = if length as u64 > limit {
            Some(format!("message too large: {length} > {limit}"))
        } else if !self.finds_service(&message) {
            Some(NO_SERVICE.to_owned())
        } else {
            None
        };
        let eta = if err.is_some() {
            Duration::ZERO
        } else {
            self.draw_eta()
        };
        if err.is_none() {
            self.counters.packets += 1;
        }
        let Some(surb_id) = message.surb_id else {
            return;
        };
        let body = bodies::MessageSent {
            message_id: opt(&message.id),
            surbid: some(&surb_id),
            sent_at: unix_time(),
            reply_eta: nanoseconds(eta),
            err: err.as_deref(),
        };
        if message.sends == 0 {
            self.reply(message.app, Kind::MessageSent, &body);
        }
        if err.is_none() {
            self.message_left(message, surb_id, eta);
        }
    }

    /// Whether the daemon accepts a message's destination. It checks only the node of a reliable message.
    fn finds_service(&self, message: &Message) -> bool {
        if message.reliable {
            return self.network.node_known(&message.node);
        }
        self.network.service_known(&message.node, &message.queue)
    }

    /// A message with a SURB is on its way.
    fn message_left(&mut self, message: Message, surb_id: Id, eta: Duration) {
        let number = self.number();
        self.in_flight.push(InFlight {
            number,
            app: message.app,
            id: message.id,
            surb_id,
        });
        let is_echo = self.network.is_echo(&message.node, &message.queue);
        if is_echo && self.forward_trip(eta).is_some() && self.return_trip_holds() {
            let payload = self.network.echo(&message.payload);
            self.agenda.after(eta, Event::Echoed { number, payload });
        }
        if message.reliable {
            let patience = eta + self.config.reliable_slack;
            self.agenda
                .after(patience, Event::MessageAgain { number, message });
        } else if self.era == Era::V0_0_72 {
            // Later daemons forget it silently.
            let patience = eta + self.config.resend_slack;
            self.agenda
                .after(patience, Event::MessageExpired { number });
        }
    }

    /// The echo service's reply reaches the daemon.
    pub(crate) fn echoed(&mut self, number: u64, payload: &[u8]) {
        if !self.online {
            return;
        }
        self.message_reply(number, some(payload), 0);
    }

    fn message_reply(&mut self, number: u64, payload: bodies::Maybe<'_>, error_code: u8) {
        let Some(message) = self.take_in_flight(number) else {
            return;
        };
        let code = match self.faults.message_error.take() {
            Some(code) => code,
            None => error_code,
        };
        let body = bodies::MessageReply {
            message_id: opt(&message.id),
            surbid: some(&message.surb_id),
            payload: payload.filter(|_| code == 0),
            reply_index: None,
            error_code: code,
        };
        self.deliver_or_keep(message.app, Kind::MessageReply, &body);
    }

    fn take_in_flight(&mut self, number: u64) -> Option<InFlight> {
        let at = self.in_flight.iter().position(|m| m.number == number)?;
        Some(self.in_flight.swap_remove(at))
    }

    /// Retransmits a reliable message that was not answered in time.
    pub(crate) fn message_again(&mut self, number: u64, mut message: Message) {
        if !self.in_flight.iter().any(|m| m.number == number) {
            return;
        }
        message.sends += 1;
        if message.sends > MAX_RETRANSMISSIONS {
            self.message_reply(number, None, GIVEN_UP);
            return;
        }
        self.take_in_flight(number);
        self.send_message(message);
    }

    /// The older daemon reports an expired SURB.
    pub(crate) fn message_expired(&mut self, number: u64) {
        if let Some(message) = self.take_in_flight(number) {
            self.collected(message.app, &message.id);
        }
    }

    /// Reports that the daemon forgot a message.
    pub(crate) fn collected(&mut self, app: AppNo, id: &Option<Id>) {
        let body = bodies::Collected {
            message_id: opt(id),
        };
        self.deliver_or_keep(app, Kind::Collected, &body);
    }
}
