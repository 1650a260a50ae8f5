//! What a lane says of its daemon.

use std::time::Duration;

use super::lane::Lane;
use super::state::health::{earlier, Facts};

/// So long a daemon that has no document of its network may wait before it greets: from v0.0.77 on
/// half a minute. Older ones wait without a limit.
const GREETING: Duration = Duration::from_secs(30);

impl Lane {
    /// Adds what is known of this lane to `facts`.
    pub(crate) fn add_facts(&self, facts: &mut Facts) {
        let state = self.lock();
        facts.heard = facts.heard.max(state.heard);
        facts.queued += state.resends.queued() + state.messages.queued();
        let Some(link) = &state.link else {
            if state.handshaking.strong_count() > 0 {
                let due = state.handshaking_since + GREETING;
                facts.greeting_due = earlier(facts.greeting_due, Some(due));
            }
            facts.queued += state.calls.len();
            return;
        };
        facts.attached = true;
        facts.heard = facts.heard.max(link.reading.heard());
        facts.waiting += state.calls.len() + state.resends.running() + state.messages.busy();
        let slow = !link.features.answers_at_once();
        // Such a daemon does not look at its queue while it is off the mixnet.
        if !slow || state.status.is_connected {
            let due = state.calls.answer_due(slow);
            facts.answer_due = earlier(facts.answer_due, due);
            // While it computes, it does not read the lane.
            let full = link.writer.full_since();
            let full = full.map(|full| due.map_or(full, |due| due.max(full)));
            facts.blocked = earlier(facts.blocked, full);
        }
        facts.unanswered = facts.unanswered.merge(state.resends.unanswered());
        facts.unsent = earlier(facts.unsent, state.messages.unsent());
        let round_trip = state.resends.window.smoothed().unwrap_or_default();
        facts.round_trip = facts.round_trip.max(round_trip);
    }
}
