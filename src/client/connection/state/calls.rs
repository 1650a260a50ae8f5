//! Local requests on a lane: the daemon answers them itself, at once, without side effects.
//!
//! They are kept until they are answered, and replayed after a loss. A request on which the daemon
//! closes the connection each time would block all others for ever: it fails.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::oneshot;

use super::health::earlier;
use super::local_request::LocalRequest;
use crate::client::encryption::Permit;
use crate::client::runtime::waiter::Waiter;
use crate::wire::{codes, Features, Reply};
use crate::{Error, Origin, Result, Status};

/// A request fails when so many connections in a row close while it is the oldest without an
/// answer.
pub(crate) const HANG_UPS: u32 = 8;

/// What an encryption may take the daemon, on a machine that is busy.
const ENCRYPTION: Duration = Duration::from_secs(30);
/// What a local request may take a daemon that puts it into the queue for the mixnet.
const SLOW_CALL: Duration = Duration::from_secs(4);

/// A reply, and what is known of the daemon that sent it.
pub(crate) struct Answer {
    pub(crate) reply: Reply,
    pub(crate) features: Arc<Features>,
}

impl Answer {
    /// Returns the failure that it reports, if any.
    pub(crate) fn check(&self) -> Result<()> {
        codes::check(&self.reply, &self.features)
    }

    /// The error for a reply of an unexpected kind.
    pub(crate) fn unexpected(&self) -> Error {
        Error::new(
            Status::CBOR,
            format!("the daemon answered with {} instead", self.reply.kind.key()),
        )
    }
}

/// Who waits for the answer.
pub(crate) enum CallSink {
    /// A thread of the application.
    Thread(Arc<Waiter<Result<Answer>>>),
    /// A task of the runtime.
    Task(oneshot::Sender<Result<Answer>>),
}

impl CallSink {
    pub(crate) fn deliver(self, answer: Result<Answer>) {
        match self {
            CallSink::Thread(waiter) => waiter.fill(answer),
            // The caller has given up.
            CallSink::Task(sender) => drop(sender.send(answer)),
        }
    }
}

struct Waiting {
    /// `None` once a frame that is not kept has been sent.
    frame: Option<Bytes>,
    kept: bool,
    /// The reply kind that a daemon must know; otherwise the request must not be sent to it.
    needs: Option<&'static str>,
    /// `None` where the caller has given up while the daemon is encrypting.
    sink: Option<CallSink>,
    /// When it was last given to a connection.
    sent_at: Option<Instant>,
    /// How many encryptions the daemon makes for it.
    encryptions: u32,
    /// A request of the library itself; it fails when its connection is lost.
    in_background: bool,
    /// The permit to have the daemon encrypt; released where that takes far too long.
    permit: Option<Permit>,
}

/// A request that has been answered.
pub(crate) struct Answered {
    /// `None` where nobody waits any more.
    pub(crate) sink: Option<CallSink>,
    /// How long that took; `None` where it was never sent.
    pub(crate) took: Option<Duration>,
    /// How many encryptions the daemon has made for it.
    pub(crate) encryptions: u32,
}

impl Waiting {
    /// Returns the frame, to be written now.
    fn leave(&mut self) -> Option<Bytes> {
        match self.kept {
            true => self.frame.clone(),
            false => self.frame.take(),
        }
    }

    /// When its answer should come, where everything before it has been answered by `before`.
    fn due(&self, before: Option<Instant>) -> Option<Instant> {
        let sent = self.sent_at?;
        Some(before.map_or(sent, |before| before.max(sent)) + ENCRYPTION * self.encryptions)
    }

    /// When others need not wait for it any longer.
    fn overdue_at(&self) -> Option<Instant> {
        self.permit.as_ref()?;
        self.sent_at.map(|at| at + Permit::overdue_after())
    }
}

/// The local requests without an answer, oldest first.
#[derive(Default)]
pub(crate) struct Calls {
    waiting: BTreeMap<u64, Waiting>,
    suspect: Option<Suspect>,
    /// When the last answer came.
    answered_at: Option<Instant>,
    /// When the answer to a request was due whose caller has given up, the earliest since the last
    /// answer.
    given_up: Option<Instant>,
}

/// The oldest request without an answer when the daemon closed the connection.
#[derive(Clone, Copy)]
struct Suspect {
    query: u64,
    /// On so many connections in a row.
    hang_ups: u32,
}

impl Calls {
    /// Adds a request. Returns the frame, where there is a connection to send it on now.
    pub(crate) fn enter(
        &mut self,
        local_request: LocalRequest,
        sink: CallSink,
        permit: Option<Permit>,
        is_up: bool,
    ) -> Option<Bytes> {
        let mut call = Waiting {
            frame: Some(local_request.frame),
            kept: local_request.kept,
            needs: local_request.needs,
            sink: Some(sink),
            sent_at: is_up.then(crate::clock::now),
            in_background: local_request.in_background,
            encryptions: local_request.effort.map_or(0, |effort| effort.encryptions),
            permit,
        };
        let frame = is_up.then(|| call.leave()).flatten();
        self.waiting.insert(local_request.query, call);
        if let Some(before) = local_request.before {
            self.pass_on(before, local_request.query);
        }
        frame
    }

    pub(crate) fn take(&mut self, query: u64) -> Option<CallSink> {
        self.waiting.remove(&query).and_then(|call| call.sink)
    }

    /// The caller has given up. A request that the daemon is encrypting keeps its place until the
    /// daemon is done: another request would only wait for that at the daemon.
    pub(crate) fn give_up(&mut self, query: u64, is_up: bool) -> Option<CallSink> {
        let call = self.waiting.get_mut(&query)?;
        if is_up && call.permit.is_some() {
            call.frame = None;
            return call.sink.take();
        }
        let due = call.due(self.answered_at);
        self.given_up = earlier(self.given_up, due.filter(|_| is_up));
        self.take(query)
    }

    /// The connection is lost: requests that were given up are not replayed.
    pub(crate) fn drop_given_up(&mut self) {
        self.waiting.retain(|_, call| call.sink.is_some());
        self.answered_at = None;
        self.given_up = None;
    }

    /// The earliest moment at which an encryption has taken far too long.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        self.waiting.values().filter_map(Waiting::overdue_at).min()
    }

    /// Releases the place of what has taken far too long, and drops what nobody waits for.
    pub(crate) fn release_overdue(&mut self, now: Instant) {
        for call in self.waiting.values_mut() {
            if call.overdue_at().is_some_and(|at| at <= now) {
                call.permit = None;
            }
        }
        self.waiting
            .retain(|_, call| call.sink.is_some() || call.permit.is_some());
    }

    /// Removes a request because its answer has arrived.
    pub(crate) fn answered(&mut self, query: u64) -> Option<Answered> {
        let call = self.waiting.remove(&query)?;
        let now = crate::clock::now();
        self.note_answer(now);
        Some(Answered {
            sink: call.sink,
            took: call.sent_at.map(|at| now.saturating_duration_since(at)),
            encryptions: call.encryptions,
        })
    }

    /// The daemon answered a request, possibly one whose caller has given up.
    pub(crate) fn note_answer(&mut self, now: Instant) {
        self.answered_at = Some(now);
        self.given_up = None;
    }

    /// When the next answer should have come. The daemon answers in order, so it is that to the
    /// oldest request; a `slow` daemon puts requests into its queue for the mixnet.
    pub(crate) fn answer_due(&self, slow: bool) -> Option<Instant> {
        let mut sent = self.waiting.values().filter(|call| call.sent_at.is_some());
        let oldest = sent.next().and_then(|call| call.due(self.answered_at));
        let due = earlier(oldest, self.given_up)?;
        let queue = if slow { self.waiting.len() + 1 } else { 0 };
        Some(due + SLOW_CALL * u32::try_from(queue).unwrap_or(u32::MAX))
    }

    /// When the oldest request was sent.
    pub(crate) fn oldest_sent(&self) -> Option<Instant> {
        self.waiting.values().filter_map(|call| call.sent_at).min()
    }

    /// The number of requests without an answer.
    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// The oldest request that waits for a reply of this kind.
    pub(crate) fn oldest(&self, reply_key: &str) -> Option<u64> {
        let mut all = self.waiting.iter();
        all.find(|(_, call)| call.needs == Some(reply_key))
            .map(|(query, _)| *query)
    }

    /// Returns a thread that waits for an answer.
    pub(crate) fn next_thread(&self) -> Option<Arc<Waiter<Result<Answer>>>> {
        self.waiting.values().find_map(|call| match &call.sink {
            Some(CallSink::Thread(waiter)) => Some(Arc::clone(waiter)),
            _ => None,
        })
    }

    /// True if an answer is expected that no thread waits for.
    pub(crate) fn has_tasks(&self) -> bool {
        let is_task = |call: &Waiting| !matches!(call.sink, Some(CallSink::Thread(_)));
        self.waiting.values().any(is_task)
    }

    /// Removes everything, to be completed with an error.
    pub(crate) fn take_all(&mut self) -> Vec<CallSink> {
        std::mem::take(&mut self.waiting)
            .into_values()
            .filter_map(|call| call.sink)
            .collect()
    }

    /// Returns what is replayed on a new connection, oldest first, and how many of these were sent
    /// before. Also returns what fails instead: requests that this daemon does not know, and those
    /// that were sent on the lost connection and not kept.
    pub(crate) fn replay(
        &mut self,
        features: &Features,
    ) -> (Vec<Bytes>, u64, Vec<(CallSink, Error)>) {
        let again = self.waiting.values().filter(|call| call.sent_at.is_some());
        let again = again.count() as u64;
        let ended: Vec<(u64, Error)> = self
            .waiting
            .iter()
            .filter_map(|(query, call)| match call.needs {
                Some(key) if !features.knows(key) => Some((*query, unsupported(key))),
                _ if call.frame.is_none() || call.in_background => {
                    Some((*query, to_be_made_again()))
                }
                _ => None,
            })
            .collect();
        let ended = ended
            .into_iter()
            .filter_map(|(query, error)| Some((self.take(query)?, error)))
            .collect();
        let now = crate::clock::now();
        let leave = |call: &mut Waiting| {
            call.sent_at = Some(now);
            call.leave()
        };
        let frames = self.waiting.values_mut().filter_map(leave).collect();
        (frames, again, ended)
    }

    /// The daemon closed the connection. It answers in order, so if a request is the reason, it is
    /// the oldest without an answer. Removes and returns it, to be failed, where it was that one
    /// each time. The library's own requests fail anyway and are passed over.
    pub(crate) fn blame_oldest(&mut self) -> Option<CallSink> {
        let mut suspects = self.waiting.iter().filter(|(_, call)| !call.in_background);
        let (&query, _) = suspects.next()?;
        let before = self.suspect.filter(|suspect| suspect.query == query);
        let hang_ups = before.map_or(0, |suspect| suspect.hang_ups) + 1;
        if hang_ups < HANG_UPS {
            self.suspect = Some(Suspect { query, hang_ups });
            return None;
        }
        self.suspect = None;
        self.take(query)
    }

    /// Request `before` is made again, as `query`: to the daemon they are the same.
    fn pass_on(&mut self, before: u64, query: u64) {
        if let Some(suspect) = self.suspect.as_mut().filter(|s| s.query == before) {
            suspect.query = query;
        }
    }
}

/// The error of a request on which the daemon closes the connection.
pub(crate) fn given_up() -> Error {
    let text = format!(
        "the daemon was given this request on {HANG_UPS} connections in a row, and each was \
         lost before the answer: it seems to hang up on it"
    );
    Error::new(Status::CONNECTION_LOST, text).with_origin(Origin::Daemon)
}

/// True for the error of a request that was lost and that its caller makes again.
pub(crate) fn is_to_be_made_again(error: &Error) -> bool {
    error.status() == Status::CONNECTION_LOST && error.origin() == Origin::Library
}

/// The error of a request that was lost and not kept.
fn to_be_made_again() -> Error {
    Error::new(
        Status::CONNECTION_LOST,
        "the connection was lost before the answer came",
    )
}

/// The error of a request that the connected daemon does not know.
pub(crate) fn unsupported(key: &str) -> Error {
    Error::new(
        Status::UNSUPPORTED,
        format!("this daemon does not know {key}; it was not asked"),
    )
}
