//! Since when the mixnet has answered none of a lane's requests.

use std::time::Instant;

use super::earlier;

/// The requests since the last answer. Those that were cancelled count as well: a program that
/// gives up soon, and tries again, must not hide that nothing is ever answered.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Unanswered {
    since: Option<Instant>,
    requests: u32,
    /// When one was answered last.
    answered: Option<Instant>,
}

impl Unanswered {
    /// A request is sent that should be answered.
    pub(crate) fn add(&mut self, now: Instant) {
        self.since.get_or_insert(now);
        self.requests = self.requests.saturating_add(1);
    }

    /// One was answered; so many others have not been.
    pub(crate) fn restart(&mut self, left: usize, now: Instant) {
        self.answered = Some(now);
        self.since = (left > 0).then_some(now);
        self.requests = u32::try_from(left).unwrap_or(u32::MAX);
    }

    /// Since when nothing has been answered.
    pub(crate) fn since(&self) -> Option<Instant> {
        self.since
    }

    /// Only one request was not answered.
    pub(crate) fn is_single(&self) -> bool {
        self.requests <= 1
    }

    /// The requests of two lanes together; an answer on one lane counts for both.
    pub(crate) fn merge(self, other: Unanswered) -> Unanswered {
        let answered = self.answered.max(other.answered);
        let since = earlier(self.since, other.since);
        Unanswered {
            since: since.map(|since| answered.map_or(since, |answered| answered.max(since))),
            requests: self.requests.saturating_add(other.requests),
            answered,
        }
    }

    /// The same where nothing is at the daemon: nothing is due.
    pub(crate) fn without_requests(self) -> Unanswered {
        Unanswered {
            answered: self.answered,
            ..Unanswered::default()
        }
    }
}
