//! Plain messages: sent once, never repeated, because they are not idempotent.
//!
//! The daemon's queue of them belongs to the connection and is lost with it. A
//! message without its sent event when the connection goes may or may not have
//! left, and its sender is told so. One that was sent is answered until the time
//! of its reply block is over, on a resumed session too.
//!
//! A message without reply block is never heard of again. When it has left can
//! only be reckoned from the rate at which the network's document lets the daemon
//! send, or known from a later message's sent event, for they go in order.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::oneshot;

use crate::client::events::{Event, MessageReply, MessageSent};
use crate::wire::{self, Id};
use crate::{Error, Result, Status};

/// Packets a second where no document has told.
pub(crate) const USUAL_RATE: f64 = 1.0;
/// Longest time that is reckoned for one step of a message.
const LONGEST: f64 = 3600.0;
/// A sent event that is so late will not come.
const SENT_SLACK: Duration = Duration::from_secs(60);
/// Ids of answered messages remembered, so that a second answer is not told.
const ANSWERED: usize = 256;

/// Who waits for what becomes of a message.
pub(crate) enum MessageSink {
    /// For the reply.
    Reply(oneshot::Sender<Result<wire::MessageReply>>),
    /// For nothing: what happens is told by events.
    Events,
}

/// A plain message, encoded.
pub(crate) struct PlainMessage {
    pub(crate) id: Id,
    /// None for a message without reply.
    pub(crate) surb: Option<Id>,
    pub(crate) frame: Bytes,
    /// The protocol that the frame is for, where that matters: the older one or today's. A
    /// daemon of the other generation may die of it.
    pub(crate) legacy: Option<bool>,
    pub(crate) sink: MessageSink,
}

#[derive(Clone, Copy)]
enum Stage {
    /// Given to the connection; the daemon should have told by then that it left.
    Handed { until: Instant },
    /// The daemon said that it left; no reply comes after this moment.
    Sent { until: Instant },
    /// No word comes for it. It has a place in the daemon's queue until `leaves` on
    /// average, and has left by `left` almost certainly.
    Silent { leaves: Instant, left: Instant },
}

struct Flying {
    message: PlainMessage,
    /// Position in the order of sending.
    number: u64,
    stage: Stage,
}

/// Messages of a lane: those in line, and those on their way.
pub(crate) struct Messages {
    line: VecDeque<PlainMessage>,
    flying: HashMap<Id, Flying>,
    answered: VecDeque<Id>,
    next_number: u64,
    /// Packets that the daemon sends a second.
    rate: f64,
    /// Since when the daemon has been off the mixnet; its queue stands still meanwhile.
    offline_since: Option<Instant>,
}

impl Messages {
    pub(crate) fn new() -> Self {
        Messages {
            line: VecDeque::new(),
            flying: HashMap::new(),
            answered: VecDeque::new(),
            next_number: 0,
            rate: USUAL_RATE,
            offline_since: None,
        }
    }

    /// Neither in line nor on their way.
    pub(crate) fn is_empty(&self) -> bool {
        self.line.is_empty() && self.flying.is_empty()
    }

    /// Messages that wait for their turn.
    pub(crate) fn in_line(&self) -> usize {
        self.line.len()
    }

    pub(crate) fn enqueue(&mut self, message: PlainMessage) {
        self.line.push_back(message);
    }

    /// The daemon speaks the older protocol, or today's: what is in line for the other is
    /// not sent. Gives what is to be told of it.
    #[must_use]
    pub(crate) fn keep_for(&mut self, legacy: bool) -> Vec<Event> {
        let (kept, others) = std::mem::take(&mut self.line)
            .into_iter()
            .partition(|message| message.legacy.is_none_or(|wants| wants == legacy));
        self.line = kept;
        let others: VecDeque<PlainMessage> = others;
        let end = |message: PlainMessage| message.end(other_generation(), false);
        others.into_iter().filter_map(end).collect()
    }

    /// Takes over how many packets a second the daemon sends.
    pub(crate) fn set_rate(&mut self, per_second: f64) {
        if per_second.is_finite() && per_second > 0.0 {
            self.rate = per_second;
        }
    }

    /// The daemon is on the mixnet, or no longer: time in its queue stands still meanwhile.
    pub(crate) fn set_online(&mut self, online: bool, now: Instant) {
        if !online {
            self.offline_since.get_or_insert(now);
            return;
        }
        let Some(since) = self.offline_since.take() else {
            return;
        };
        let pause = now.saturating_duration_since(since);
        for flying in self.flying.values_mut() {
            match &mut flying.stage {
                Stage::Handed { until } => *until += pause,
                Stage::Silent { leaves, left } => {
                    *leaves += pause;
                    *left += pause;
                }
                Stage::Sent { .. } => {}
            }
        }
    }

    /// Places taken in the daemon's queue, as far as can be known.
    pub(crate) fn busy(&self) -> usize {
        let now = self.offline_since.unwrap_or_else(Instant::now);
        self.flying
            .values()
            .filter(|flying| match flying.stage {
                Stage::Handed { .. } => true,
                Stage::Silent { leaves, .. } => leaves > now,
                Stage::Sent { .. } => false,
            })
            .count()
    }

    /// Nothing in line, and nothing that the daemon may not have sent.
    pub(crate) fn is_drained(&self) -> bool {
        let sent = |flying: &Flying| matches!(flying.stage, Stage::Sent { .. });
        self.line.is_empty() && self.flying.values().all(sent)
    }

    /// A sent message whose reply may still come: reason enough to resume the session.
    pub(crate) fn awaits_reply(&self) -> bool {
        let sent = |flying: &Flying| matches!(flying.stage, Stage::Sent { .. });
        self.flying.values().any(sent)
    }

    /// The frame of the first message in line, which is handed over now.
    pub(crate) fn next(&mut self, online: bool, now: Instant) -> Option<Bytes> {
        if !online {
            return None;
        }
        let message = self.line.pop_front()?;
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
        let flying = Flying {
            message,
            number,
            stage,
        };
        self.flying.insert(flying.message.id, flying);
        Some(frame)
    }

    /// Those before it and the message itself, each a tick of the daemon's clock.
    #[allow(clippy::cast_precision_loss)] // a handful
    fn ticks(&self) -> f64 {
        (self.busy() + 1) as f64
    }

    /// When a message that goes now leaves on average, and half as long again.
    fn leaves_after(&self) -> Duration {
        seconds(1.5 * self.ticks() / self.rate)
    }

    /// When it has left almost certainly: the sum of so many exponential times stays
    /// below this in all but one of a thousand cases. Twice that, as other
    /// connections have their turns too.
    fn left_within(&self) -> Duration {
        let ticks = self.ticks();
        seconds(2.0 * (ticks + 4.0 * ticks.sqrt() + 3.0) / self.rate)
    }

    /// Takes back a message that its caller no longer waits for. One that was
    /// handed over cannot be called back; its reply then comes as an event.
    /// A message of the same id with another reply block is not meant.
    pub(crate) fn abandon(&mut self, id: &Id, surb: &Id) {
        let is_it = |message: &PlainMessage| message.id == *id && message.surb == Some(*surb);
        self.line.retain(|message| !is_it(message));
        let flying = self.flying.get_mut(id).filter(|f| is_it(&f.message));
        if let Some(flying) = flying {
            flying.message.sink = MessageSink::Events;
        }
    }

    /// The daemon told what became of a message. False if it is none that is on its way.
    pub(crate) fn on_sent(
        &mut self,
        event: &wire::MessageSent,
        slack: Duration,
        now: Instant,
    ) -> bool {
        let Some(id) = self.find(event.message_id.as_ref(), event.surb_id.as_ref()) else {
            return false;
        };
        let number = self.flying.get(&id).map(|flying| flying.number);
        self.flying.retain(|_, flying| {
            !matches!(flying.stage, Stage::Silent { .. }) || Some(flying.number) > number
        });
        if let Some(text) = &event.err {
            if let Some(flying) = self.flying.remove(&id) {
                flying.fail(not_sent(text));
            }
        } else if let Some(flying) = self.flying.get_mut(&id) {
            let eta = Duration::from_nanos(event.reply_eta_ns.try_into().unwrap_or(0))
                .min(seconds(LONGEST));
            flying.stage = Stage::Sent {
                until: now + eta + slack,
            };
        }
        true
    }

    /// A reply came. Gives it back where nobody waits for it, to be told as an event, and
    /// whether its message was on its way.
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
        match self.flying.remove(&id).map(|f| f.message.sink) {
            Some(MessageSink::Reply(sender)) => match sender.send(Ok(reply)) {
                Err(Ok(reply)) => Some((reply, true)),
                _ => None,
            },
            _ => Some((reply, true)),
        }
    }

    fn find(&self, message: Option<&Id>, surb: Option<&Id>) -> Option<Id> {
        if let Some(id) = message.filter(|id| self.flying.contains_key(*id)) {
            return Some(*id);
        }
        let surb = surb?;
        self.flying
            .values()
            .find(|f| f.message.surb.as_ref() == Some(surb))
            .map(|f| f.message.id)
    }

    /// The connection is gone: nobody knows whether what was not told to be sent has
    /// left. Gives what is to be told of messages that nobody waits for.
    #[must_use]
    pub(crate) fn on_lost(&mut self) -> Vec<Event> {
        self.end_if(|stage| !matches!(stage, Stage::Sent { .. }), lost)
    }

    /// The session was not resumed: the replies to what was sent are lost too.
    #[must_use]
    pub(crate) fn on_fresh_session(&mut self) -> Vec<Event> {
        self.end_if(|_| true, lost)
    }

    /// Ends what nothing more can come for.
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
        self.flying.retain(|_, flying| !left(&flying.stage));
        self.end_if(over, overdue)
    }

    fn end_if(
        &mut self,
        over: impl Fn(&Stage) -> bool,
        error: impl Fn(&Stage) -> Error,
    ) -> Vec<Event> {
        let mut ended: Vec<(u64, Id)> = self
            .flying
            .iter()
            .filter(|(_, f)| over(&f.stage))
            .map(|(id, f)| (f.number, *id))
            .collect();
        ended.sort_unstable();
        ended
            .iter()
            .filter_map(|(_, id)| {
                let flying = self.flying.remove(id)?;
                let error = error(&flying.stage);
                flying.end(error)
            })
            .collect()
    }

    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        let offline = self.offline_since.is_some();
        let now = Instant::now();
        self.flying
            .values()
            .filter_map(|flying| match flying.stage {
                Stage::Sent { until } => Some(until),
                Stage::Handed { .. } | Stage::Silent { .. } if offline => None,
                Stage::Handed { until } => Some(until),
                Stage::Silent { leaves, .. } if leaves > now => Some(leaves),
                Stage::Silent { left, .. } => Some(left),
            })
            .min()
    }

    /// Ends everything with the error that `error` makes.
    pub(crate) fn fail_all(&mut self, error: impl Fn() -> Error) {
        let line = self.line.drain(..).map(|message| message.sink);
        for sink in line.chain(self.flying.drain().map(|(_, f)| f.message.sink)) {
            fail(sink, error());
        }
    }
}

impl Flying {
    fn fail(self, error: Error) {
        fail(self.message.sink, error);
    }

    /// Ends the message. Gives the event that tells it, where nobody waits.
    fn end(self, error: Error) -> Option<Event> {
        let was_sent = matches!(self.stage, Stage::Sent { .. });
        self.message.end(error, was_sent)
    }
}

impl PlainMessage {
    /// Ends a message that was sent or not. Gives the event that tells it, where nobody waits.
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

/// The connection or the session went at the wrong moment.
fn lost(stage: &Stage) -> Error {
    let text = match stage {
        Stage::Sent { .. } => {
            "the session with the daemon is gone, and the reply to the message with it"
        }
        _ => "the connection with the daemon was lost; the message may or may not have left",
    };
    Error::new(Status::CONNECTION_LOST, text)
}

/// What a message gets that was made for a daemon which is no longer there.
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
