//! The queue, the window's places and the cancels, with a clock of the test's own.

use std::collections::BTreeSet;
use std::time::Duration;
use tokio::sync::oneshot;

use super::*;
use crate::bacap;
use crate::client::connection::state::resend_request::{BoxStart, CopyStart, ResendCap};
use crate::wire::{MessageKind, ResendingReply};

pub(crate) struct Bench {
    pub(crate) resends: Resends,
    pub(crate) queries: Queries,
    features: Arc<Features>,
    pub(crate) now: Instant,
}

pub(crate) type Answers = oneshot::Receiver<Result<ResendAnswer>>;

/// A write whose envelope has this hash in each byte.
pub(in crate::client::connection) fn write_of(name: u8) -> ResendRequest {
    ResendRequest::Box(Box::new(BoxStart {
        cap: ResendCap::Write(bacap::keypair(&[1; 32]).write_cap),
        index: None,
        reply_index: None,
        descriptor: Bytes::from_static(b"descriptor"),
        ciphertext: Bytes::from_static(b"ciphertext"),
        hash: [name; 32],
        no_retry: false,
        return_box_exists: false,
        handed: None,
    }))
}

pub(in crate::client::connection) fn copy_of(seed: u8) -> ResendRequest {
    ResendRequest::Copy(Box::new(CopyStart {
        write_cap: bacap::keypair(&[seed; 32]).write_cap,
        courier: None,
    }))
}

impl Resends {
    /// Queues a prepared request.
    pub(in crate::client::connection) fn enqueue(
        &mut self,
        request: ResendRequest,
        sink: ResendSink,
    ) -> ResendKey {
        let (key, _near) = self.reserve(request.is_write());
        self.fill(key, request, sink).unwrap();
        key
    }
}

impl Bench {
    pub(crate) fn new() -> Self {
        let mut resends = Resends::new();
        resends.set_online(true, Instant::now());
        Bench {
            resends,
            queries: Queries::new().unwrap(),
            features: Arc::new(Features::current()),
            now: Instant::now(),
        }
    }

    pub(crate) fn enqueue(&mut self, request: ResendRequest) -> (ResendKey, Answers) {
        let (sender, answers) = oneshot::channel();
        (self.resends.enqueue(request, sender), answers)
    }

    /// Starts the next entry; returns its query.
    pub(crate) fn run(&mut self) -> Option<u64> {
        let frame = self.resends.next(&self.features, &self.queries, self.now)?;
        let whole: Vec<u8> = frame.0.to_vec();
        let all = self.resends.by_query.keys();
        all.copied().find(|query| {
            let tail = query.to_be_bytes();
            whole.windows(8).any(|window| window == tail)
        })
    }

    pub(crate) fn reply(&mut self, query: u64, error_code: u8) -> bool {
        let reply = Reply {
            query_id: None,
            kind: MessageKind::StartResending,
            error_code,
            body: ReplyBody::StartResending(ResendingReply {
                plaintext: None,
                courier: Some([1; 32]),
                courier_queue: None,
            }),
        };
        let features = Arc::clone(&self.features);
        self.resends.on_reply(query, reply, &features, self.now)
    }

    /// Cancels sent at each second of a stretch of time.
    fn cancels_over(&mut self, seconds: u64) -> Vec<u64> {
        let started = self.now;
        let mut at = Vec::new();
        for second in 1..=seconds {
            self.now = started + Duration::from_secs(second);
            for _ in self.resends.due_cancels(&self.queries, self.now) {
                at.push(second);
            }
        }
        at
    }

    fn is_blank(&self) -> bool {
        self.resends.entries.is_empty()
            && self.resends.by_query.is_empty()
            && self.resends.queued() == 0
            && self.resends.running.is_empty()
            && self.resends.copies == 0
            && self.resends.in_flight() == 0
    }
}

#[test]
fn a_cancel_is_repeated_less_and_less_often() {
    let mut bench = Bench::new();
    let (key, _answers) = bench.enqueue(write_of(1));
    let query = bench.run().unwrap();
    let (queries, now) = (Queries::new().unwrap(), bench.now);
    assert!(bench.resends.abandon(key, &queries, now).is_some());
    assert_eq!(bench.cancels_over(30), [1, 3, 7, 15, 25]);
    assert_eq!(bench.resends.in_flight(), 1);
    assert!(bench.reply(query, CANCELLED));
    assert!(bench.is_blank());
    assert!(bench.cancels_over(60).is_empty());
}

#[test]
fn an_entry_that_no_cancel_reaches_gives_its_place_back_in_the_end() {
    let mut bench = Bench::new();
    let (key, _answers) = bench.enqueue(write_of(1));
    bench.run().unwrap();
    let queries = Queries::new().unwrap();
    bench.resends.abandon(key, &queries, bench.now);
    assert_eq!(bench.cancels_over(300).len(), MAX_CANCELS as usize - 1);
    assert!(bench.is_blank());
    assert!(bench.resends.next_deadline().is_none());
}

#[test]
fn nothing_is_cancelled_again_while_the_daemon_is_offline() {
    let mut bench = Bench::new();
    let (key, _answers) = bench.enqueue(write_of(1));
    bench.run().unwrap();
    let queries = Queries::new().unwrap();
    bench.resends.abandon(key, &queries, bench.now);
    bench.resends.set_online(false, bench.now);
    assert!(bench.cancels_over(1000).is_empty());
    assert!(bench.resends.next_deadline().is_none());
    bench.resends.set_online(true, bench.now);
    assert!(bench.resends.next_deadline().is_some());
    assert_eq!(bench.cancels_over(1), [1]);
}

/// Fails where a request without an answer keeps its place for good: with a window of one, nothing
/// else of its lane is ever sent.
#[test]
fn a_box_without_an_answer_for_long_goes_to_the_end_of_the_queue() {
    let mut bench = Bench::new();
    let (_, mut first) = bench.enqueue(write_of(1));
    let silent = bench.run().unwrap();
    let (_, mut second) = bench.enqueue(write_of(2));
    assert_eq!(bench.cancels_over(605), [600, 601, 603]);
    // The daemon's answer to the cancel is not reported.
    assert!(bench.reply(silent, CANCELLED));
    assert!(first.try_recv().is_err());
    let other = bench.run().unwrap();
    bench.reply(other, 0);
    assert!(second.try_recv().unwrap().is_ok());
    // It has its turn again, and twice the time.
    let again = bench.run().unwrap();
    assert_ne!(again, silent);
    assert_eq!(bench.cancels_over(1202), [1200, 1201]);
    // A result counts at any time, and says that there was an earlier sending.
    bench.reply(again, 0);
    assert!(first.try_recv().unwrap().unwrap().replayed);
    assert!(bench.is_blank());
}

#[test]
fn the_result_of_a_restarted_box_counts() {
    let mut bench = Bench::new();
    let (_, mut answers) = bench.enqueue(write_of(1));
    let old = bench.run().unwrap();
    bench.cancels_over(600);
    assert!(bench.reply(old, CANCELLED));
    let again = bench.run().unwrap();
    bench.reply(old, 0);
    assert!(answers.try_recv().unwrap().is_ok());
    // The other sending is not needed any more.
    assert_eq!(bench.cancels_over(1).len(), 1);
    assert!(bench.reply(again, CANCELLED));
    assert!(bench.is_blank());
}

#[test]
fn entries_of_a_daemon_off_the_mixnet_and_copy_commands_are_not_restarted() {
    let mut bench = Bench::new();
    let (_, _copy) = bench.enqueue(copy_of(1));
    bench.run().unwrap();
    assert!(bench.cancels_over(10_000).is_empty());
    let (_, _write) = bench.enqueue(write_of(1));
    bench.run().unwrap();
    bench.resends.set_online(false, bench.now);
    assert!(bench.cancels_over(10_000).is_empty());
    bench.resends.set_online(true, bench.now);
    assert_eq!(bench.cancels_over(600), [600]);
}

#[test]
fn a_box_that_no_cancel_reaches_is_started_again_all_the_same() {
    let mut bench = Bench::new();
    let (_, mut answers) = bench.enqueue(write_of(1));
    bench.run().unwrap();
    bench.cancels_over(900);
    assert_eq!(bench.resends.in_flight(), 0);
    let again = bench.run().unwrap();
    bench.reply(again, 0);
    assert!(answers.try_recv().unwrap().is_ok());
    assert!(bench.is_blank());
}

#[test]
fn an_old_daemon_gets_few_cancels() {
    let mut bench = Bench::new();
    bench.resends.cancel_patiently(true);
    let (key, _answers) = bench.enqueue(write_of(1));
    bench.run().unwrap();
    let queries = Queries::new().unwrap();
    bench.resends.abandon(key, &queries, bench.now);
    assert_eq!(bench.cancels_over(35), [10, 20, 30]);
}

#[test]
fn a_resumed_session_cancels_what_nobody_waits_for_once_more_and_drops_it() {
    let mut bench = Bench::new();
    let (key, _answers) = bench.enqueue(write_of(1));
    bench.run().unwrap();
    let queries = Queries::new().unwrap();
    bench.resends.abandon(key, &queries, bench.now);
    let cancels = bench.resends.reconnect(true, &queries, bench.now);
    assert_eq!(cancels.len(), 1);
    assert_eq!(bench.cancels_over(60), [10]);
    assert!(bench.is_blank());
}

#[test]
fn copy_commands_run_three_at_a_time_beside_the_window() {
    let mut bench = Bench::new();
    let copies: Vec<_> = (1..=5).map(|seed| bench.enqueue(copy_of(seed))).collect();
    let (_, _write) = bench.enqueue(write_of(9));
    let running: Vec<u64> = std::iter::from_fn(|| bench.run()).collect();
    assert_eq!(running.len(), 4);
    assert_eq!(bench.resends.in_flight(), 1);
    bench.reply(running[0], 0);
    assert!(bench.run().is_some());
    assert!(bench.run().is_none());
    drop(copies);
}

#[test]
fn only_what_crossed_the_mixnet_teaches_the_window() {
    let mut bench = Bench::new();
    let before = bench.resends.window.slots();
    // A refusal before sending, a cancel, and a copy command of an hour.
    for name in 0..50 {
        let (_, _answers) = bench.enqueue(write_of(name));
        let query = bench.run().unwrap();
        bench.now += Duration::from_millis(1);
        let refusal = Reply {
            query_id: None,
            kind: MessageKind::StartResending,
            error_code: 3,
            body: ReplyBody::StartResending(ResendingReply {
                plaintext: None,
                courier: None,
                courier_queue: None,
            }),
        };
        let features = Arc::clone(&bench.features);
        let now = bench.now;
        bench.resends.on_reply(query, refusal, &features, now);
    }
    assert_eq!(bench.resends.window.slots(), before);
    assert!(bench.is_blank());
}

/// A reproducible source of choices.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }
}

#[test]
fn no_order_of_events_loses_a_place_or_an_answer() {
    for seed in 0..300 {
        let mut bench = Bench::new();
        let mut dice = Dice(seed);
        let mut waiting: Vec<(ResendKey, Answers)> = Vec::new();
        let mut queries: BTreeSet<u64> = BTreeSet::new();
        for _ in 0..200 {
            let now = bench.now;
            match dice.roll(9) {
                0 | 1 => {
                    let name = u8::try_from(dice.roll(6)).unwrap();
                    let request = match dice.roll(4) {
                        0 => copy_of(name),
                        _ => write_of(name),
                    };
                    let entered = bench.enqueue(request);
                    waiting.push(entered);
                }
                2 | 3 => queries.extend(bench.run()),
                4 if !waiting.is_empty() => {
                    let (key, _) = waiting.swap_remove(dice.roll(waiting.len()));
                    let own = Queries::new().unwrap();
                    bench.resends.abandon(key, &own, now);
                }
                5 | 6 if !queries.is_empty() => {
                    let at = dice.roll(queries.len());
                    let query = *queries.iter().nth(at).unwrap();
                    let code = [0, 1, 10, CANCELLED][dice.roll(4)];
                    bench.reply(query, code);
                }
                7 => {
                    let resumed = dice.roll(2) == 0;
                    let own = Queries::new().unwrap();
                    bench.resends.reconnect(resumed, &own, now);
                    if !resumed {
                        queries.clear();
                    }
                }
                8 => {
                    let longest = [12, 700][dice.roll(2)];
                    bench.now += Duration::from_secs(u64::try_from(dice.roll(longest)).unwrap());
                    let own = Queries::new().unwrap();
                    let now = bench.now;
                    bench.resends.due_cancels(&own, now);
                }
                _ => {}
            }
            let running = bench
                .resends
                .entries
                .values()
                .filter(|e| e.current.is_some());
            assert_eq!(running.count(), bench.resends.running.len(), "seed {seed}");
        }
        // In the end everything is answered.
        for _ in 0..1000 {
            if let Some(query) = bench.run() {
                queries.insert(query);
            }
            for query in std::mem::take(&mut queries) {
                bench.reply(query, 0);
            }
            bench.now += Duration::from_secs(10);
            let own = Queries::new().unwrap();
            let now = bench.now;
            bench.resends.due_cancels(&own, now);
            let live: Vec<u64> = bench.resends.by_query.keys().copied().collect();
            queries.extend(live);
        }
        assert!(bench.is_blank(), "seed {seed}");
        for (key, mut answers) in waiting {
            assert!(answers.try_recv().is_ok(), "seed {seed}, entry {key}");
        }
    }
}
