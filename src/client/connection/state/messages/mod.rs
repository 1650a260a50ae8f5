//! Plain messages: sent once, never repeated, because they are not idempotent.
//!
//! The daemon's queue of them belongs to the connection and is lost with it. A message without its
//! sent event when the connection is lost may or may not have left; its sender gets an error that
//! says so. A message that was sent can be answered until the time of its reply block is over, on a
//! resumed session too.
//!
//! Nothing reports what becomes of a message without reply block. Whether it has left can only be
//! estimated from the rate at which the network's document lets the daemon send, or inferred from a
//! later message's sent event, for they are sent in order.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::oneshot;

use crate::client::events::{Event, MessageReply, MessageSent};
use crate::wire::{self, Id};
use crate::{Error, Result, Status};

/// Packets a second where no document says.
pub(crate) const USUAL_RATE: f64 = 1.0;
/// Upper bound on the estimate for one step of a message.
const LONGEST: f64 = 3600.0;
/// A sent event that is so late will not come.
const SENT_SLACK: Duration = Duration::from_secs(60);
/// Ids of answered messages remembered, so that a second answer is not reported.
const ANSWERED: usize = 256;

/// Who waits for the outcome of a message.
pub(crate) enum MessageSink {
    /// A caller that waits for the reply.
    Reply(oneshot::Sender<Result<wire::MessageReply>>),
    /// Nobody: events report the outcome.
    Events,
}

/// A plain message, encoded.
pub(crate) struct PlainMessage {
    pub(crate) id: Id,
    /// `None` for a message without reply.
    pub(crate) surb: Option<Id>,
    pub(crate) frame: Bytes,
    /// The protocol that the frame is for, where that matters: the older one or today's. A daemon
    /// of the other generation may crash on it.
    pub(crate) legacy: Option<bool>,
    pub(crate) sink: MessageSink,
}

#[derive(Clone, Copy)]
enum Stage {
    /// Given to the connection; the daemon should report by `until` that it was sent.
    Handed { until: Instant },
    /// The daemon has reported that it was sent; no reply comes after this moment.
    Sent { until: Instant },
    /// The daemon reports nothing about it. It has a place in the daemon's queue until `leaves` on
    /// average, and has left by `left` almost certainly.
    Silent { leaves: Instant, left: Instant },
}

struct InFlight {
    message: PlainMessage,
    /// Position in the order of sending.
    number: u64,
    stage: Stage,
}

/// Messages of a lane: queued, and in flight.
pub(crate) struct Messages {
    queue: VecDeque<PlainMessage>,
    in_flight: HashMap<Id, InFlight>,
    answered: VecDeque<Id>,
    next_number: u64,
    /// Packets that the daemon sends a second.
    rate: f64,
    /// Since when the daemon has been off the mixnet; its queue does not move meanwhile.
    offline_since: Option<Instant>,
    /// Since when none has been sent, although one should have been.
    unsent: Option<Instant>,
}

impl Messages {
    pub(crate) fn new() -> Self {
        Messages {
            queue: VecDeque::new(),
            in_flight: HashMap::new(),
            answered: VecDeque::new(),
            next_number: 0,
            rate: USUAL_RATE,
            offline_since: None,
            unsent: None,
        }
    }

    /// Nothing is queued or in flight.
    pub(crate) fn is_empty(&self) -> bool {
        self.queue.is_empty() && self.in_flight.is_empty()
    }

    /// Messages that wait for their turn.
    pub(crate) fn queued(&self) -> usize {
        self.queue.len()
    }

    pub(crate) fn enqueue(&mut self, message: PlainMessage) {
        self.queue.push_back(message);
    }

    /// The daemon speaks the older protocol, or today's: queued messages for the other one are not
    /// sent. Returns the events that report this.
    #[must_use]
    pub(crate) fn keep_for(&mut self, legacy: bool) -> Vec<Event> {
        let (kept, others) = std::mem::take(&mut self.queue)
            .into_iter()
            .partition(|message| message.legacy.is_none_or(|wants| wants == legacy));
        self.queue = kept;
        let others: VecDeque<PlainMessage> = others;
        let end = |message: PlainMessage| message.end(other_generation(), false);
        others.into_iter().filter_map(end).collect()
    }

    /// Sets how many packets a second the daemon sends.
    pub(crate) fn set_rate(&mut self, per_second: f64) {
        if per_second.is_finite() && per_second > 0.0 {
            self.rate = per_second;
        }
    }

    /// The daemon is on the mixnet, or no longer: its queue does not move meanwhile.
    pub(crate) fn set_online(&mut self, online: bool, now: Instant) {
        if !online {
            self.offline_since.get_or_insert(now);
            return;
        }
        let Some(since) = self.offline_since.take() else {
            return;
        };
        let pause = now.saturating_duration_since(since);
        for in_flight in self.in_flight.values_mut() {
            match &mut in_flight.stage {
                Stage::Handed { until } => *until += pause,
                Stage::Silent { leaves, left } => {
                    *leaves += pause;
                    *left += pause;
                }
                Stage::Sent { .. } => {}
            }
        }
    }

    /// Places taken in the daemon's queue, as far as that is known.
    pub(crate) fn busy(&self) -> usize {
        let now = self.offline_since.unwrap_or_else(crate::clock::now);
        self.in_flight
            .values()
            .filter(|in_flight| match in_flight.stage {
                Stage::Handed { .. } => true,
                Stage::Silent { leaves, .. } => leaves > now,
                Stage::Sent { .. } => false,
            })
            .count()
    }

    /// Nothing is queued, and nothing is in flight that the daemon may not have sent.
    pub(crate) fn is_drained(&self) -> bool {
        let sent = |in_flight: &InFlight| matches!(in_flight.stage, Stage::Sent { .. });
        self.queue.is_empty() && self.in_flight.values().all(sent)
    }

    /// A reply to a sent message may still come: reason enough to resume the session.
    pub(crate) fn awaits_reply(&self) -> bool {
        let sent = |in_flight: &InFlight| matches!(in_flight.stage, Stage::Sent { .. });
        self.in_flight.values().any(sent)
    }

    /// The frame of the next queued message, which is sent now.
    pub(crate) fn next(&mut self, online: bool, now: Instant) -> Option<Bytes> {
        if !online {
            return None;
        }
        let message = self.queue.pop_front()?;
        let frame = message.frame.clone();
        let left = now + self.left_within();
        let stage = if message.surb.is_some() {
            Stage::Handed {
                until: left + SENT_SLACK,
            }
        } else {
            Stage::Silent {
                leaves: now + self.leaves_after(),
                left,
            }
        };
        let number = self.next_number;
        self.next_number += 1;
        let in_flight = InFlight {
            message,
            number,
            stage,
        };
        self.in_flight.insert(in_flight.message.id, in_flight);
        Some(frame)
    }

    /// Those before it and the message itself, each a tick of the daemon's clock.
    #[allow(clippy::cast_precision_loss)] // a handful
    fn ticks(&self) -> f64 {
        (self.busy() + 1) as f64
    }

    /// When a message that is sent now leaves on average, and half as long again.
    fn leaves_after(&self) -> Duration {
        seconds(1.5 * self.ticks() / self.rate)
    }

    /// When it has left almost certainly: the sum of so many exponential times stays below this in
    /// all but one of a thousand cases. Twice that, as other connections have their turns too.
    fn left_within(&self) -> Duration {
        let ticks = self.ticks();
        seconds(2.0 * (ticks + 4.0 * ticks.sqrt() + 3.0) / self.rate)
    }

    /// Takes back a message whose caller has given up. One that was sent cannot be called back; its
    /// reply is then published as an event. A message of the same id with another reply block is
    /// not affected.
    pub(crate) fn abandon(&mut self, id: &Id, surb: &Id) {
        let is_it = |message: &PlainMessage| message.id == *id && message.surb == Some(*surb);
        self.queue.retain(|message| !is_it(message));
        let in_flight = self.in_flight.get_mut(id).filter(|f| is_it(&f.message));
        if let Some(in_flight) = in_flight {
            in_flight.message.sink = MessageSink::Events;
        }
    }

    /// The daemon reported the outcome of a message. Returns false if none of that id is in flight.
    pub(crate) fn on_sent(
        &mut self,
        event: &wire::MessageSent,
        slack: Duration,
        now: Instant,
    ) -> bool {
        let Some(id) = self.find(event.message_id.as_ref(), event.surb_id.as_ref()) else {
            return false;
        };
        self.unsent = None;
        let number = self.in_flight.get(&id).map(|in_flight| in_flight.number);
        self.in_flight.retain(|_, in_flight| {
            !matches!(in_flight.stage, Stage::Silent { .. }) || Some(in_flight.number) > number
        });
        if let Some(text) = &event.err {
            if let Some(in_flight) = self.in_flight.remove(&id) {
                in_flight.fail(not_sent(text));
            }
        } else if let Some(in_flight) = self.in_flight.get_mut(&id) {
            let eta = Duration::from_nanos(event.reply_eta_ns.try_into().unwrap_or(0))
                .min(seconds(LONGEST));
            in_flight.stage = Stage::Sent {
                until: now + eta + slack,
            };
        }
        true
    }

    /// A reply arrived. Returns it where nobody waits for it, to be published as an event, and
    /// whether its message was in flight.
    pub(crate) fn on_reply(
        &mut self,
        reply: wire::MessageReply,
    ) -> Option<(wire::MessageReply, bool)> {
        let Some(id) = self.find(reply.message_id.as_ref(), reply.surb_id.as_ref()) else {
            let again = |id: &Id| self.answered.contains(id);
            return (!reply.message_id.as_ref().is_some_and(again)).then_some((reply, false));
        };
        if self.answered.len() >= ANSWERED {
            self.answered.pop_front();
        }
        self.answered.push_back(id);
        match self.in_flight.remove(&id).map(|f| f.message.sink) {
            Some(MessageSink::Reply(sender)) => match sender.send(Ok(reply)) {
                Err(Ok(reply)) => Some((reply, true)),
                _ => None,
            },
            _ => Some((reply, true)),
        }
    }

    fn find(&self, message: Option<&Id>, surb: Option<&Id>) -> Option<Id> {
        if let Some(id) = message.filter(|id| self.in_flight.contains_key(*id)) {
            return Some(*id);
        }
        let surb = surb?;
        self.in_flight
            .values()
            .find(|f| f.message.surb.as_ref() == Some(surb))
            .map(|f| f.message.id)
    }

    /// Since when the daemon has sent none, although it should have sent one long ago.
    pub(crate) fn unsent(&self) -> Option<Instant> {
        self.unsent
    }

    /// The connection is lost: whether messages without a sent event have left is unknown. Returns
    /// the events to publish about messages that nobody waits for.
    #[must_use]
    pub(crate) fn on_lost(&mut self) -> Vec<Event> {
        self.unsent = None;
        self.end_if(|stage| !matches!(stage, Stage::Sent { .. }), lost)
    }

    /// The session was not resumed: the replies to sent messages are lost too.
    #[must_use]
    pub(crate) fn on_fresh_session(&mut self) -> Vec<Event> {
        self.end_if(|_| true, lost)
    }

    /// Completes messages for which nothing more can come.
    #[must_use]
    pub(crate) fn expire(&mut self, now: Instant) -> Vec<Event> {
        let offline = self.offline_since.is_some();
        let over = move |stage: &Stage| match *stage {
            Stage::Sent { until } => until <= now,
            Stage::Handed { until } => !offline && until <= now,
            Stage::Silent { .. } => false,
        };
        let left = move |stage: &Stage| match *stage {
            Stage::Silent { left, .. } => !offline && left <= now,
            _ => false,
        };
        let unsent = |f: &InFlight| over(&f.stage) && matches!(f.stage, Stage::Handed { .. });
        if self.in_flight.values().any(unsent) {
            self.unsent.get_or_insert(now);
        }
        self.in_flight
            .retain(|_, in_flight| !left(&in_flight.stage));
        self.end_if(over, overdue)
    }

    fn end_if(
        &mut self,
        over: impl Fn(&Stage) -> bool,
        error: impl Fn(&Stage) -> Error,
    ) -> Vec<Event> {
        let mut ended: Vec<(u64, Id)> = self
            .in_flight
            .iter()
            .filter(|(_, f)| over(&f.stage))
            .map(|(id, f)| (f.number, *id))
            .collect();
        ended.sort_unstable();
        ended
            .iter()
            .filter_map(|(_, id)| {
                let in_flight = self.in_flight.remove(id)?;
                let error = error(&in_flight.stage);
                in_flight.end(error)
            })
            .collect()
    }

    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        let offline = self.offline_since.is_some();
        let now = crate::clock::now();
        self.in_flight
            .values()
            .filter_map(|in_flight| match in_flight.stage {
                Stage::Sent { until } => Some(until),
                Stage::Handed { .. } | Stage::Silent { .. } if offline => None,
                Stage::Handed { until } => Some(until),
                Stage::Silent { leaves, .. } if leaves > now => Some(leaves),
                Stage::Silent { left, .. } => Some(left),
            })
            .min()
    }

    /// Completes everything with the error that `error` makes.
    pub(crate) fn fail_all(&mut self, error: impl Fn() -> Error) {
        let queue = self.queue.drain(..).map(|message| message.sink);
        for sink in queue.chain(self.in_flight.drain().map(|(_, f)| f.message.sink)) {
            fail(sink, error());
        }
    }
}

impl InFlight {
    fn fail(self, error: Error) {
        fail(self.message.sink, error);
    }

    /// Completes the message. Returns the event that reports it, where nobody waits.
    fn end(self, error: Error) -> Option<Event> {
        let was_sent = matches!(self.stage, Stage::Sent { .. });
        self.message.end(error, was_sent)
    }
}

impl PlainMessage {
    /// Completes a message, sent or not. Returns the event that reports it, where nobody waits.
    fn end(self, error: Error, was_sent: bool) -> Option<Event> {
        let (message_id, surb_id) = (Some(self.id), self.surb);
        match self.sink {
            MessageSink::Reply(_) => {
                fail(self.sink, error);
                None
            }
            MessageSink::Events if was_sent => Some(Event::MessageReply(MessageReply {
                message_id,
                surb_id,
                payload: Bytes::new(),
                reply_index: None,
                error: Some(error),
            })),
            MessageSink::Events => Some(Event::MessageSent(MessageSent {
                message_id,
                surb_id,
                sent_at: 0,
                reply_eta_ns: 0,
                error: Some(error),
            })),
        }
    }
}

fn fail(sink: MessageSink, error: Error) {
    if let MessageSink::Reply(sender) = sink {
        drop(sender.send(Err(error)));
    }
}

fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds.clamp(0.0, LONGEST))
}

fn not_sent(text: &str) -> Error {
    Error::new(
        Status::MESSAGE_SEND_FAILED,
        format!("the daemon could not send the message: {text}"),
    )
}

/// The connection or the session was lost before the outcome was known.
fn lost(stage: &Stage) -> Error {
    let text = match stage {
        Stage::Sent { .. } => {
            "the session with the daemon is gone, and the reply to the message with it"
        }
        _ => "the connection with the daemon was lost; the message may or may not have left",
    };
    Error::new(Status::CONNECTION_LOST, text)
}

/// The error of a message made for a daemon that was replaced by one of another generation.
pub(crate) fn other_generation() -> Error {
    Error::new(
        Status::CONNECTION_LOST,
        "the daemon was replaced by one of another generation; the message was not sent",
    )
}

fn overdue(stage: &Stage) -> Error {
    let text = match stage {
        Stage::Sent { .. } => "no reply came while the message's reply block was good",
        _ => "the daemon did not say whether the message has left",
    };
    Error::new(Status::TIMEOUT, text)
}

#[cfg(test)]
pub(crate) mod tests;
