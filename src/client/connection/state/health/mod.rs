//! Whether the daemon does what it should, judged by what a client sees of it anyway.
//!
//! Silence alone means nothing: a daemon sends an idle client no more than a document for each epoch
//! and its status when that changes. What counts is what the daemon owes. Answers to local requests
//! and the first frames of a connection come at once, answers from the mixnet come after a while,
//! and a socket that is full is read. No I/O; the time is passed in.

pub(crate) mod unanswered;

use std::time::{Duration, Instant};

use self::unanswered::Unanswered;
use crate::client::events::HealthVerdict as Verdict;

/// A daemon whose answers are late by so many times the limit does not only take long.
const WEDGED_AFTER: u32 = 4;
/// The same for answers from the mixnet, where packets are lost and sent again.
const MIXNET_AFTER: u32 = 12;
/// So many round trips of the mixnet come on top.
const ROUND_TRIPS: u32 = 8;
/// A look that is so late, or later by a quarter of the limit, is one that this process did not run
/// for. Less is what a busy machine does, on which nothing would ever be judged.
const STARVED: Duration = Duration::from_secs(1);
/// One single request may wait for a courier that is gone: the client sends it to another one after
/// ten minutes.
const SINGLE: u32 = 4;

/// How far the client is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Stage {
    /// The program has not connected it, or has disconnected it.
    #[default]
    Unconnected,
    /// It is to be connected.
    Wanted,
    /// It is closed.
    Closed,
}

/// What is known at one moment, of all lanes together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    pub(crate) stage: Stage,
    /// A connection is established.
    pub(crate) attached: bool,
    /// The daemon says that it is on the mixnet.
    pub(crate) online: bool,
    /// When anything of the daemon's arrived last.
    pub(crate) heard: Option<Instant>,
    /// When the answer to the oldest local request should have come.
    pub(crate) answer_due: Option<Instant>,
    /// When the first frames of a new connection should have come.
    pub(crate) greeting_due: Option<Instant>,
    /// Since when a socket has accepted nothing.
    pub(crate) blocked: Option<Instant>,
    /// Since when no request for the mixnet has been answered.
    pub(crate) unanswered: Unanswered,
    /// Since when the daemon has not sent a message that it should have sent.
    pub(crate) unsent: Option<Instant>,
    /// The longest of the lanes' round trips through the mixnet.
    pub(crate) round_trip: Duration,
    /// Requests at the daemon without an answer.
    pub(crate) waiting: usize,
    /// Requests that wait in the library for their turn.
    pub(crate) queued: usize,
}

impl Facts {
    /// Since when anything has been due.
    pub(crate) fn due(&self) -> Option<Instant> {
        let due = [
            self.answer_due,
            self.greeting_due,
            self.blocked,
            self.unsent,
        ];
        due.into_iter()
            .chain([self.unanswered.since()])
            .flatten()
            .min()
    }

    /// Nothing is expected of the daemon.
    pub(crate) fn is_idle(&self) -> bool {
        self.due().is_none()
    }
}

/// The earlier of two moments, where there are any.
pub(crate) fn earlier(one: Option<Instant>, other: Option<Instant>) -> Option<Instant> {
    one.into_iter().chain(other).min()
}

/// Judges the daemon, look by look.
pub(crate) struct Monitor {
    /// How long what is due may take.
    limit: Duration,
    verdict: Verdict,
    since: Instant,
    /// Since when the daemon has been on the mixnet.
    online_since: Option<Instant>,
    /// Waiting before this moment is not the daemon's fault: this process did not run.
    excused_until: Option<Instant>,
    /// When the next look is to be at the latest, while something is due.
    next_look: Option<Instant>,
}

impl Monitor {
    pub(crate) fn new(limit: Duration, now: Instant) -> Self {
        Monitor {
            limit,
            verdict: Verdict::Unconnected,
            since: now,
            online_since: None,
            excused_until: None,
            next_look: None,
        }
    }

    /// The verdict, and since when it has held.
    pub(crate) fn verdict(&self) -> (Verdict, Instant) {
        (self.verdict, self.since)
    }

    /// How soon after a look the next one is to be, while something is due.
    pub(crate) fn interval(&self) -> Duration {
        (self.limit / 8).clamp(Duration::from_millis(10), Duration::from_secs(1))
    }

    /// Looks at the facts. Returns true if the verdict has changed in a way that no other event
    /// reports.
    pub(crate) fn look(&mut self, facts: &Facts, now: Instant) -> bool {
        self.excuse(now);
        self.next_look = (!facts.is_idle()).then(|| now + self.interval());
        self.online_since = match self.online_since {
            _ if !facts.attached || !facts.online => None,
            None => Some(now),
            since => since,
        };
        let verdict = self.judge(facts, now);
        if verdict == self.verdict {
            return false;
        }
        let before = std::mem::replace(&mut self.verdict, verdict);
        self.since = now;
        before.is_bad() || verdict.is_bad()
    }

    /// A look that is far too late means that this process was stopped, or starved. What arrived
    /// meanwhile may not be read yet.
    fn excuse(&mut self, now: Instant) {
        let late = (self.limit / 4).max(STARVED);
        if self.next_look.is_some_and(|at| at + late < now) {
            self.excused_until = Some(now);
        }
    }

    fn judge(&self, facts: &Facts, now: Instant) -> Verdict {
        match facts.stage {
            Stage::Closed => return Verdict::Closed,
            Stage::Unconnected => return Verdict::Unconnected,
            Stage::Wanted => {}
        }
        let due = earlier(facts.answer_due, facts.greeting_due);
        if self.is_over(facts.blocked, self.limit, now) {
            Verdict::NotDraining
        } else if self.is_wedged(facts, now) {
            Verdict::Wedged
        } else if self.is_over(
            due.map(|due| facts.heard.map_or(due, |h| h.max(due))),
            self.limit,
            now,
        ) {
            Verdict::Silent
        } else if !facts.attached {
            Verdict::Connecting
        } else if !facts.online {
            Verdict::Offline
        } else {
            Verdict::Healthy
        }
    }

    /// `since` was so long ago, and this process has been running since.
    fn is_over(&self, since: Option<Instant>, limit: Duration, now: Instant) -> bool {
        let since = since.map(|since| self.excused_until.map_or(since, |until| until.max(since)));
        since.is_some_and(|since| since + limit <= now)
    }

    fn is_wedged(&self, facts: &Facts, now: Instant) -> bool {
        if self.is_over(facts.answer_due, self.limit * WEDGED_AFTER, now) {
            return true;
        }
        // Offline it owes nothing of the mixnet, and back there it begins anew.
        let Some(online) = self.online_since else {
            return false;
        };
        let unanswered = facts.unanswered.since().map(|since| since.max(online));
        let factor = if facts.unanswered.is_single() {
            SINGLE
        } else {
            1
        };
        let limit = (self.limit * MIXNET_AFTER + facts.round_trip * ROUND_TRIPS) * factor;
        facts.unsent.is_some() || self.is_over(unanswered, limit, now)
    }
}

#[cfg(test)]
mod tests;
