//! What threads can do to each other in the tables, queues and hand-offs that are written by hand.
//!
//! With the feature `model` a scheduler chooses at each lock, wait and atomic which thread goes on, thousands of times,
//! and reports if none can (`make model`). Without it the same runs a few times on real threads. Either way the code
//! is the library's own: it takes its locks from [`crate::sync`].

use std::sync::Arc;

#[cfg(feature = "model")]
use shuttle::thread::spawn;
#[cfg(not(feature = "model"))]
use std::thread::spawn;

use crate::client::events::sink::EventSink;
use crate::client::events::Event;
use crate::client::ops::completion_guard::CompletionGuard;
use crate::client::ops::{Delivery, OpOptions, Ops};
use crate::client::runtime::dispatcher::Dispatcher;
use crate::client::runtime::timeout::Timeout;
use crate::client::runtime::waiter::{Waited, Waiter};
use crate::client::Log;
use crate::ffi::boundary::handle_table::Table;
use crate::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use crate::sync::{lock, Mutex};
use crate::Status;

/// Tries out how the threads of `scene` can follow one another.
#[cfg(feature = "model")]
fn try_out(scene: impl Fn() + Send + Sync + 'static) {
    let schedules = std::env::var("KPC_SCHEDULES").ok();
    let schedules = schedules.and_then(|count| count.parse().ok());
    let scene = Arc::new(scene);
    let again = Arc::clone(&scene);
    let schedules = schedules.unwrap_or(10_000);
    shuttle::check_random(move || scene(), schedules / 2);
    shuttle::check_pct(move || again(), schedules / 2, 3);
}

#[cfg(not(feature = "model"))]
fn try_out(scene: impl Fn() + Send + Sync + 'static) {
    for _ in 0..if cfg!(miri) { 2 } else { 100 } {
        scene();
    }
}

/// Runs these at the same time, and waits for all.
fn together(parts: Vec<Box<dyn FnOnce() + Send>>) {
    let threads: Vec<_> = parts.into_iter().map(spawn).collect();
    for thread in threads {
        thread.join().unwrap();
    }
}

/// Boxes what is to run beside others.
fn part(act: impl FnOnce() + Send + 'static) -> Box<dyn FnOnce() + Send> {
    Box::new(act)
}

fn dispatcher() -> Arc<Dispatcher> {
    Dispatcher::new(|| (), Log::default())
}

#[test]
fn a_handle_gives_its_own_object_or_nothing_and_one_caller_takes_it() {
    try_out(|| {
        let table = Arc::new(Table::resting(0));
        let put = |table: &Table, number: usize| {
            let claim = table.claim().unwrap();
            table.fill(&claim, Arc::new(number))
        };
        let place = put(&table, 1);
        let taken = Arc::new(AtomicUsize::new(0));
        let number =
            |object: Arc<dyn std::any::Any + Send + Sync>| *object.downcast::<usize>().unwrap();
        let mut parts = Vec::new();
        for _ in 0..2 {
            let (table, taken) = (Arc::clone(&table), Arc::clone(&taken));
            parts.push(part(move || {
                if let Some(object) = table.remove(place) {
                    assert_eq!(number(object), 1);
                    taken.fetch_add(1, SeqCst);
                    // The slot is used again at once, under another generation.
                    let other = put(&table, 2);
                    assert_ne!(other, place);
                    assert_eq!(table.get(other).map(number), Some(2));
                }
            }));
        }
        let reading = Arc::clone(&table);
        parts.push(part(move || {
            let found = reading.get(place).map(number);
            assert!(found.is_none_or(|found| found == 1));
        }));
        together(parts);
        assert_eq!(taken.load(SeqCst), 1);
        assert_eq!(table.live(), 1);
        assert!(table.get(place).is_none());
    });
}

#[test]
fn no_two_claims_have_one_slot() {
    try_out(|| {
        let table = Arc::new(Table::resting(0));
        let all = Arc::new(Mutex::new(Vec::new()));
        let parts = (0..3).map(|_| {
            let (table, all) = (Arc::clone(&table), Arc::clone(&all));
            part(move || {
                let first = table.claim().unwrap().index;
                table.release(first);
                let second = table.claim().unwrap().index;
                lock(&all).push(second);
            })
        });
        together(parts.collect());
        let mut all = lock(&all).clone();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 3);
    });
}

#[test]
fn whoever_waits_gets_its_value_whenever_it_is_called_to_read() {
    try_out(|| {
        let waiter = Arc::new(Waiter::new());
        let (filling, calling) = (Arc::clone(&waiter), Arc::clone(&waiter));
        let waiting = Arc::clone(&waiter);
        together(vec![
            part(move || filling.fill(7)),
            part(move || calling.call()),
            part(move || loop {
                match waiting.wait(None) {
                    Waited::Value(value) => {
                        assert_eq!(value, 7);
                        return;
                    }
                    Waited::Called => {}
                    Waited::TimedOut => panic!("there was no deadline"),
                }
            }),
        ]);
    });
}

#[test]
fn the_reader_role_goes_on_until_all_have_their_answers() {
    // As in reader_role: who reads fills the others' waiters, and calls one of them when it leaves.
    try_out(|| {
        let waiters: Arc<Vec<Waiter<usize>>> = Arc::new((0..3).map(|_| Waiter::new()).collect());
        let stream = Arc::new(Mutex::new(Some(vec![2, 0, 1])));
        let parts = (0..3).map(|me| {
            let (waiters, stream) = (Arc::clone(&waiters), Arc::clone(&stream));
            part(move || loop {
                let reading = lock(&stream).take();
                if let Some(mut frames) = reading {
                    while !waiters[me].is_filled() {
                        let owner = frames.pop().unwrap();
                        waiters[owner].fill(owner);
                    }
                    // Whose answer has not come yet waits, and may have to read.
                    let next = frames.last().copied();
                    *lock(&stream) = Some(frames);
                    if let Some(next) = next {
                        waiters[next].call();
                    }
                }
                if let Waited::Value(value) = waiters[me].wait(None) {
                    assert_eq!(value, me);
                    return;
                }
            })
        });
        together(parts.collect());
    });
}

#[test]
fn each_event_is_taken_once_and_all_readers_return_at_the_end() {
    try_out(|| {
        let dispatcher = dispatcher();
        let sink = EventSink::new(100, &dispatcher, &Arc::default(), None);
        let taken = Arc::new(AtomicUsize::new(0));
        let mut parts = Vec::new();
        for _ in 0..2 {
            let (sink, taken) = (Arc::clone(&sink), Arc::clone(&taken));
            parts.push(part(move || loop {
                match sink.next(Timeout::Forever) {
                    Ok(Some(Event::Closed)) => {}
                    Ok(event) => {
                        assert!(event.is_some());
                        taken.fetch_add(1, SeqCst);
                    }
                    Err(error) => {
                        assert_eq!(error.status(), Status::CLOSED);
                        return;
                    }
                }
            }));
        }
        parts.push(part(move || {
            for event in [Event::Resumed, Event::Restarted, Event::Closed] {
                sink.push(event);
            }
        }));
        together(parts);
        assert_eq!(taken.load(SeqCst), 2);
    });
}

#[test]
fn readers_return_when_their_sink_is_closed() {
    try_out(|| {
        let dispatcher = dispatcher();
        let sink = EventSink::new(1, &dispatcher, &Arc::default(), None);
        let (pushing, closing) = (Arc::clone(&sink), Arc::clone(&sink));
        let reading = part(move || while sink.next(Timeout::Forever).is_ok() {});
        together(vec![
            reading,
            part(move || pushing.push(Event::Resumed)),
            part(move || closing.close()),
        ]);
    });
}

#[test]
fn an_operation_completes_once_and_one_of_those_who_wait_gets_the_result() {
    try_out(|| {
        let (ops, dispatcher) = (Arc::new(Ops::new(|_| 1)), dispatcher());
        let id = ops.enter(Delivery::Keep, OpOptions::default()).unwrap();
        let (finished, claimed) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let mut parts = Vec::new();
        for _ in 0..2 {
            let (ops, claimed) = (Arc::clone(&ops), Arc::clone(&claimed));
            parts.push(part(move || {
                let result = ops.wait(id, None).unwrap();
                claimed.fetch_add(usize::from(result.is_some()), SeqCst);
            }));
        }
        for outcome in [
            Ok(Box::new(()) as crate::client::Value),
            Err(crate::error::closed()),
        ] {
            let (ops, finished) = (Arc::clone(&ops), Arc::clone(&finished));
            let dispatcher = Arc::clone(&dispatcher);
            parts.push(part(move || {
                finished.fetch_add(usize::from(ops.finish(id, outcome, &dispatcher)), SeqCst);
            }));
        }
        together(parts);
        assert_eq!((finished.load(SeqCst), claimed.load(SeqCst)), (1, 1));
        assert!(!ops.is_running(id));
    });
}

#[test]
fn what_closing_leaves_is_complete_or_listed() {
    try_out(|| {
        let (ops, dispatcher) = (Arc::new(Ops::new(|_| 1)), dispatcher());
        let delivered = Arc::new(AtomicUsize::new(0));
        let (starting, counted) = (Arc::clone(&ops), Arc::clone(&delivered));
        let at = Arc::clone(&dispatcher);
        let start = part(move || {
            let count = Box::new(move |_| {
                counted.fetch_add(1, SeqCst);
            });
            if let Ok(id) = starting.enter(Delivery::Inline(count), OpOptions::default()) {
                starting.finish(id, Err(crate::error::closed()), &at);
            } else {
                // Refused: nobody else may complete it.
            }
        });
        let closing = Arc::clone(&ops);
        let close = part(move || {
            for id in closing.close() {
                closing.finish(id, Err(crate::error::closed()), &dispatcher);
            }
        });
        together(vec![start, close]);
        assert!(delivered.load(SeqCst) <= 1);
        assert!(ops.seal());
        assert_eq!(ops.count().0, 0);
    });
}

#[test]
fn a_guard_reports_once_wherever_it_is_dropped() {
    try_out(|| {
        let reported = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&reported);
        let guard = CompletionGuard::new(move |_: crate::Result<u8>| {
            counted.fetch_add(1, SeqCst);
        });
        let shared = Arc::new(Mutex::new(Some(guard)));
        let other = Arc::clone(&shared);
        together(vec![
            part(move || {
                let guard = lock(&shared).take();
                if let Some(guard) = guard {
                    guard.complete(Ok(1));
                }
            }),
            part(move || drop(lock(&other).take())),
        ]);
        assert_eq!(reported.load(SeqCst), 1);
    });
}
