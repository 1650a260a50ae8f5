//! Since when the mixnet has answered none of the entries.

use std::collections::BTreeSet;
use std::time::Instant;

use super::entry::Entry;
use super::{ResendKey, Resends};
use crate::client::connection::state::health::unanswered::Unanswered;

impl Resends {
    /// Since when the mixnet has answered nothing, though it should answer something.
    pub(crate) fn unanswered(&self) -> Unanswered {
        match self.answered_soon().next() {
            Some(_) => self.unanswered,
            None => self.unanswered.without_requests(),
        }
    }

    /// Something came back from the mixnet: for `key`, or for a message.
    pub(crate) fn restart_unanswered(&mut self, key: Option<ResendKey>, now: Instant) {
        let others = self.answered_soon().filter(|other| Some(*other) != key);
        let left: BTreeSet<ResendKey> = others.collect(); // each once
        self.unanswered.restart(left.len(), now);
    }

    /// Entries at the daemon that should be answered after a while.
    fn answered_soon(&self) -> impl Iterator<Item = ResendKey> + '_ {
        let soon = |entry: &Entry| entry.current.is_some() && entry.request.is_answered_soon();
        let running = self.at_daemon().filter(move |(_, entry)| soon(entry));
        running.map(|(key, _)| key)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::tests::{copy_of, write_of, Bench};
    use crate::bacap;
    use crate::client::connection::state::resend_request::{ResendCap, ResendRequest};

    /// A read of a box that may not be there.
    fn read_of(name: u8, no_retry: bool) -> ResendRequest {
        match write_of(name) {
            ResendRequest::Box(mut start) => {
                start.cap = ResendCap::Read(bacap::keypair(&[1; 32]).read_cap);
                start.no_retry = no_retry;
                ResendRequest::Box(start)
            }
            other => other,
        }
    }

    #[test]
    fn what_may_take_for_ever_is_not_missed() {
        let mut bench = Bench::new();
        let _copy = bench.enqueue(copy_of(1));
        let _endless = bench.enqueue(read_of(2, false));
        assert!(bench.run().is_some() && bench.run().is_some());
        assert_eq!(bench.resends.unanswered().since(), None);
        let _poll = bench.enqueue(read_of(3, true));
        assert!(bench.run().is_some());
        assert_eq!(bench.resends.unanswered().since(), Some(bench.now));
    }

    #[test]
    fn answers_count_and_the_effects_of_cancels_do_not() {
        let mut bench = Bench::new();
        let start = bench.now;
        let (first, _answers) = bench.enqueue(write_of(1));
        let query = bench.run().unwrap();
        let _second = bench.enqueue(write_of(2));
        let other = bench.run().unwrap();
        bench.now += Duration::from_secs(9);
        bench.resends.abandon(first, &bench.queries, bench.now);
        assert!(bench.reply(query, 24));
        assert_eq!(bench.resends.unanswered().since(), Some(start));
        let _third = bench.enqueue(write_of(3));
        assert!(bench.run().is_some());
        assert!(bench.reply(other, 0));
        let unanswered = bench.resends.unanswered();
        assert_eq!(unanswered.since(), Some(bench.now), "the third is left");
        assert!(unanswered.is_single());
        bench.resends.reconnect(false, &bench.queries, bench.now);
        assert_eq!(bench.resends.unanswered().since(), None);
    }
}
