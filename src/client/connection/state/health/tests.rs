//! Each verdict, and what does not lead to it.

use super::*;

const LIMIT: Duration = Duration::from_secs(15);

/// A monitor whose clock is held.
struct Held {
    monitor: Monitor,
    now: Instant,
    facts: Facts,
    news: Vec<Verdict>,
}

impl Held {
    /// The daemon is on the mixnet, and nothing is due.
    fn connected() -> Self {
        let now = Instant::now();
        let facts = Facts {
            stage: Stage::Wanted,
            attached: true,
            online: true,
            heard: Some(now),
            ..Facts::default()
        };
        let mut held = Held {
            monitor: Monitor::new(LIMIT, now),
            now,
            facts,
            news: Vec::new(),
        };
        assert_eq!(held.look(), Verdict::Healthy);
        held
    }

    fn look(&mut self) -> Verdict {
        if self.monitor.look(&self.facts, self.now) {
            self.news.push(self.monitor.verdict().0);
        }
        self.monitor.verdict().0
    }

    /// Looks as often as a task does, for so long, and once more.
    fn pass(&mut self, time: Duration) -> Verdict {
        let end = self.now + time;
        while self.now + self.monitor.interval() < end {
            self.now += self.monitor.interval();
            self.look();
        }
        self.now = end;
        self.look()
    }

    fn request(&mut self) {
        self.facts.answer_due = Some(self.now);
    }

    fn answer(&mut self) {
        self.facts.answer_due = None;
        self.facts.heard = Some(self.now);
    }

    fn box_requests(&mut self, count: usize) {
        for _ in 0..count {
            self.facts.unanswered.add(self.now);
        }
    }
}

const A_MOMENT: Duration = Duration::from_millis(1);
const DAY: Duration = Duration::from_secs(86_400);

#[test]
fn a_daemon_of_which_nothing_is_due_is_healthy_for_ever() {
    let mut held = Held::connected();
    let since = held.monitor.verdict().1;
    assert_eq!(held.pass(DAY), Verdict::Healthy);
    held.now += 30 * DAY; // nobody looks
    assert_eq!(held.look(), Verdict::Healthy);
    assert_eq!(held.monitor.verdict().1, since);
    assert!(held.news.is_empty());
}

#[test]
fn an_answer_that_is_missing_makes_it_silent_then_wedged_and_its_arrival_healthy() {
    let mut held = Held::connected();
    held.pass(DAY);
    held.request();
    assert_eq!(held.pass(LIMIT - A_MOMENT), Verdict::Healthy);
    assert_eq!(held.pass(A_MOMENT), Verdict::Silent);
    assert_eq!(held.pass(3 * LIMIT - A_MOMENT), Verdict::Silent);
    assert_eq!(held.pass(A_MOMENT), Verdict::Wedged);
    held.answer();
    assert_eq!(held.look(), Verdict::Healthy);
    let news = [Verdict::Silent, Verdict::Wedged, Verdict::Healthy];
    assert_eq!(held.news, news, "each change once");
}

#[test]
fn a_daemon_that_says_something_else_is_not_silent_but_wedged_in_the_end() {
    let mut held = Held::connected();
    held.request();
    for _ in 0..7 {
        assert_eq!(held.pass(LIMIT / 2), Verdict::Healthy);
        held.facts.heard = Some(held.now);
    }
    assert_eq!(held.pass(LIMIT / 2), Verdict::Wedged);
}

#[test]
fn a_full_socket_is_not_drained() {
    let mut held = Held::connected();
    held.facts.blocked = Some(held.now);
    assert_eq!(held.pass(LIMIT - A_MOMENT), Verdict::Healthy);
    assert_eq!(held.pass(A_MOMENT), Verdict::NotDraining);
    held.facts.blocked = None;
    assert_eq!(held.look(), Verdict::Healthy);
    assert_eq!(held.news, [Verdict::NotDraining, Verdict::Healthy]);
}

#[test]
fn boxes_that_nothing_answers_wedge_it_when_it_says_that_it_is_online() {
    let mut held = Held::connected();
    held.box_requests(2);
    let limit = LIMIT * MIXNET_AFTER;
    assert_eq!(held.pass(limit - A_MOMENT), Verdict::Healthy);
    assert_eq!(held.pass(A_MOMENT), Verdict::Wedged);
    held.facts.unanswered.restart(1, held.now);
    assert_eq!(held.look(), Verdict::Healthy);

    let mut held = Held::connected();
    held.facts.round_trip = Duration::from_secs(60);
    held.box_requests(2);
    assert_eq!(held.pass(limit), Verdict::Healthy, "a slow network");
    assert_eq!(held.pass(Duration::from_secs(480)), Verdict::Wedged);
}

#[test]
fn a_single_box_may_have_met_a_courier_that_is_gone() {
    let mut held = Held::connected();
    held.box_requests(1);
    assert_eq!(held.pass(LIMIT * MIXNET_AFTER), Verdict::Healthy);
    assert_eq!(held.pass(LIMIT * MIXNET_AFTER * 3), Verdict::Wedged);
}

#[test]
fn an_offline_daemon_owes_nothing_of_the_mixnet_and_begins_anew_afterwards() {
    let mut held = Held::connected();
    held.box_requests(9);
    held.facts.unsent = Some(held.now);
    held.facts.online = false;
    assert_eq!(held.pass(DAY), Verdict::Offline);
    held.request();
    assert_eq!(held.pass(LIMIT), Verdict::Silent, "local requests are due");
    held.answer();
    held.facts.unsent = None;
    held.facts.online = true;
    assert_eq!(held.pass(LIMIT * MIXNET_AFTER - A_MOMENT), Verdict::Healthy);
    assert_eq!(held.pass(LIMIT), Verdict::Wedged);
}

#[test]
fn a_message_that_never_leaves_wedges_it() {
    let mut held = Held::connected();
    held.facts.unsent = Some(held.now);
    assert_eq!(held.look(), Verdict::Wedged);
    held.facts.unsent = None;
    assert_eq!(held.look(), Verdict::Healthy);
}

#[test]
fn without_a_connection_it_is_connecting_until_a_greeting_is_missing() {
    let mut held = Held::connected();
    held.facts.attached = false;
    assert_eq!(held.pass(DAY), Verdict::Connecting);
    held.facts.greeting_due = Some(held.now);
    assert_eq!(held.pass(LIMIT), Verdict::Silent);
    held.facts.greeting_due = None;
    held.facts.attached = true;
    assert_eq!(held.look(), Verdict::Healthy);
    assert_eq!(held.news, [Verdict::Silent, Verdict::Healthy]);
}

#[test]
fn a_client_that_is_left_or_closed_expects_nothing() {
    let mut held = Held::connected();
    held.request();
    for (stage, verdict) in [
        (Stage::Unconnected, Verdict::Unconnected),
        (Stage::Closed, Verdict::Closed),
    ] {
        held.facts.stage = stage;
        assert_eq!(held.pass(DAY), verdict);
    }
    assert!(held.news.is_empty(), "other events report it");
}

#[test]
fn while_this_process_was_stopped_nothing_counts() {
    let mut held = Held::connected();
    held.request();
    held.facts.blocked = Some(held.now);
    held.box_requests(2);
    held.look();
    held.now += DAY; // no look meanwhile
    assert_eq!(held.look(), Verdict::Healthy);
    assert_eq!(held.pass(LIMIT - A_MOMENT), Verdict::Healthy);
    assert_eq!(held.pass(A_MOMENT), Verdict::NotDraining);
}

#[test]
fn requests_that_are_given_up_count_as_long_as_others_follow() {
    let mut held = Held::connected();
    for _ in 0..MIXNET_AFTER {
        held.box_requests(1);
        held.pass(LIMIT);
    }
    assert_eq!(held.look(), Verdict::Wedged);
    held.facts.unanswered = held.facts.unanswered.without_requests();
    assert_eq!(held.look(), Verdict::Healthy, "nothing is due any more");
}

#[test]
fn an_answer_on_one_lane_counts_for_the_others() {
    let start = Instant::now();
    let later = start + LIMIT;
    let (mut reads, mut writes) = (Unanswered::default(), Unanswered::default());
    reads.add(start);
    writes.add(start);
    assert_eq!(reads.merge(writes).since(), Some(start));
    assert!(!reads.merge(writes).is_single());
    writes.restart(0, later);
    assert_eq!(reads.merge(writes).since(), Some(later));
    assert_eq!(writes.merge(reads).since(), Some(later));
    assert!(writes.merge(reads).is_single());
    assert_eq!(writes.merge(Unanswered::default()).since(), None);
}
