//! Many threads, many operations: each ends exactly once.

use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use kpclient::bacap::keypair;
use kpclient::client::{Call, Client, Delivery, OpId, StartFlags, Timeout};
use kpclient::{Result, Status};
use kpclientd_sim::Sim;

use crate::world::*;

const THREADS: usize = 64;
const OPERATIONS: usize = 10_000;

/// How often each operation has ended, and with what.
struct Ends {
    times: Vec<AtomicU32>,
    status: Vec<AtomicU32>,
    all: AtomicUsize,
}

impl Ends {
    fn new() -> Arc<Self> {
        let zeros = || (0..OPERATIONS).map(|_| AtomicU32::new(0)).collect();
        Arc::new(Ends {
            times: zeros(),
            status: zeros(),
            all: AtomicUsize::new(0),
        })
    }

    fn start<T>(self: &Arc<Self>, n: usize, work: Result<Call<T>>) -> OpId
    where
        T: Send + Sync + 'static,
    {
        let ends = Arc::clone(self);
        let work = work.unwrap();
        let deliver = Delivery::Callback(Box::new(move |completed| {
            ends.times[n].fetch_add(1, Ordering::Relaxed);
            let status = completed.status().code().unsigned_abs();
            ends.status[n].store(status, Ordering::Relaxed);
            ends.all.fetch_add(1, Ordering::Release);
        }));
        let prepared = work.prepare(deliver).unwrap();
        let id = prepared.id();
        prepared.launch(work, Timeout::Forever);
        id
    }

    fn count(&self) -> usize {
        self.all.load(Ordering::Acquire)
    }

    /// All have ended once, and these never with anything but success or their cancel.
    fn check(&self, may_be_cancelled: impl Fn(usize) -> bool) {
        until("the end of all", || self.count() >= OPERATIONS);
        for n in 0..OPERATIONS {
            assert_eq!(self.times[n].load(Ordering::Relaxed), 1, "operation {n}");
            let status = self.status[n].load(Ordering::Relaxed);
            let status = Status::from_code(-i32::try_from(status).unwrap());
            let is_cancelled = status == Status::CANCELLED && may_be_cancelled(n);
            assert!(status == Status::OK || is_cancelled, "{n}: {status}");
        }
        assert_eq!(self.count(), OPERATIONS);
    }
}

/// Runs `each` for every number, from all threads at once.
fn from_all_threads(each: impl Fn(usize) + Sync) {
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let each = &each;
            scope.spawn(move || (thread..OPERATIONS).step_by(THREADS).for_each(each));
        }
    });
}

/// One of several kinds of operation.
fn start_one(ends: &Arc<Ends>, client: &Client, n: usize) -> OpId {
    let keys = keypair(&[u8::try_from(n % 251).unwrap(); 32]);
    let (cap, index) = (&keys.read_cap, &keys.first_index);
    match n % 8 {
        0 => ends.start(n, client.encrypt_read(cap, index)),
        1 => ends.start(n, client.encrypt_write(&keys.write_cap, index, b"x")),
        2 => ends.start(n, client.message_box_index_counter_remote(index)),
        3 => {
            let flags = StartFlags::default();
            ends.start(n, client.write_box(&keys.write_cap, index, b"x", flags))
        }
        _ => ends.start(n, client.next_message_box_index_remote(index)),
    }
}

fn everything_is_tidy(sim: &Sim) {
    until("an empty table", || {
        count(sim, "arq_entries") == 0 && count(sim, "queued") == 0
    });
}

#[test]
fn ten_thousand_operations_in_flight_end_once_each() {
    let _machine = one_at_a_time();
    let sim = sim();
    let client = client(&sim);
    // While the daemon is away all of them are in flight.
    sim.control("down").unwrap();
    sim.control("cut").unwrap();
    until("the loss", || !client.is_attached());
    let ends = Ends::new();
    from_all_threads(|n| {
        start_one(&ends, &client, n);
    });
    assert_eq!(ends.count(), 0);
    sim.control("up").unwrap();
    ends.check(|_| false);
    everything_is_tidy(&sim);
}

#[test]
fn ten_thousand_operations_end_once_each_while_some_are_cancelled_and_connections_are_cut() {
    let _machine = one_at_a_time();
    let sim = sim();
    let client = client(&sim);
    let ends = Ends::new();
    let is_cancelled = |n: usize| n % 5 == 0;
    thread::scope(|scope| {
        scope.spawn(|| {
            for cut in 1..=5 {
                until("some more", || ends.count() >= cut * OPERATIONS / 6);
                sim.control("cut").unwrap();
            }
        });
        from_all_threads(|n| {
            let op = start_one(&ends, &client, n);
            if is_cancelled(n) {
                client.cancel(op).unwrap();
            }
        });
    });
    ends.check(is_cancelled);
    everything_is_tidy(&sim);
}

#[test]
fn closing_ends_ten_thousand_operations_once_each() {
    let _machine = one_at_a_time();
    let sim = sim();
    let client = client(&sim);
    sim.control("down").unwrap();
    sim.control("cut").unwrap();
    until("the loss", || !client.is_attached());
    let ends = Ends::new();
    from_all_threads(|n| {
        start_one(&ends, &client, n);
    });
    client.close();
    until("the end of all", || ends.count() == OPERATIONS);
    for n in 0..OPERATIONS {
        assert_eq!(ends.times[n].load(Ordering::Relaxed), 1, "operation {n}");
        let status = ends.status[n].load(Ordering::Relaxed);
        assert_eq!(status, Status::CLOSED.code().unsigned_abs());
    }
}

#[test]
fn time_limits_end_what_is_in_line_once_each() {
    let _machine = one_at_a_time();
    let sim = busy_sim();
    let client = client(&sim);
    let mut boxes = Boxes::new(50);
    let mut ops = Ops::new();
    for _ in 0..200 {
        let (index, envelope) = boxes.read_envelope(&client);
        let work = boxes.read(&client, &index, envelope, StartFlags::default());
        let soon = Timeout::After(Duration::from_millis(20));
        ops.start_within(work, soon);
    }
    ops.await_ends(200);
    assert!(ops.log.iter().all(|(_, status)| *status == Status::TIMEOUT));
    sim.control("release").unwrap();
    everything_is_tidy(&sim);
    local_call(&client);
    assert_eq!(ops.running(), 0);
}
