//! The window before a Poisson server, in virtual time: throughput, the queue there, and the effect
//! of other clients and of round trips that differ from the promise.

use super::daemon::Daemon;
use super::*;

/// A lane with a window of its own.
struct Lane {
    daemon: Daemon,
    window: Window,
    started: Instant,
    in_flight: usize,
    waiting: usize,
    /// Most requests that were in the daemon's queue or in flight at once.
    most: usize,
}

impl Lane {
    fn new(daemon: Daemon, promised: f64) -> Self {
        let mut window = Window::new();
        window.expect(
            daemon.rate,
            Duration::from_secs_f64(promised),
            f64::from(daemon.packets),
        );
        Lane {
            daemon,
            window,
            started: Instant::now(),
            in_flight: 0,
            waiting: 0,
            most: 0,
        }
    }

    fn at(&self, seconds: f64) -> Instant {
        self.started + Duration::from_secs_f64(seconds)
    }

    /// Runs so many requests, all at once. Returns the seconds that it takes.
    fn burst(&mut self, requests: usize) -> f64 {
        let started = self.daemon.now;
        self.waiting = requests;
        self.most = 0;
        while self.waiting + self.in_flight > 0 {
            self.one_answer();
        }
        self.daemon.now - started
    }

    /// Fills the window and runs until one request is answered.
    fn one_answer(&mut self) {
        while self.waiting > 0 && self.in_flight < self.window.slots() {
            self.daemon.submit(self.in_flight == 0);
            self.waiting -= 1;
            self.in_flight += 1;
        }
        self.most = self.most.max(self.in_flight);
        let request = self.daemon.answer();
        self.window.learn(Sample {
            sent: self.at(request.sent),
            answered: self.at(self.daemon.now),
            alone: request.alone,
            full: self.waiting > 0,
        });
        self.in_flight -= 1;
    }
}

/// The same from a sender without a window.
fn unbounded(mut daemon: Daemon, requests: usize) -> f64 {
    let started = daemon.now;
    for _ in 0..requests {
        daemon.submit(false);
    }
    for _ in 0..requests {
        daemon.answer();
    }
    daemon.now - started
}

const RUNS: u64 = 400;

/// Mean time of a burst through the window, divided by that of an unbounded sender.
fn ratio(requests: usize, away: f64, promised: f64, packets: u32) -> f64 {
    let (mut ours, mut theirs) = (0.0, 0.0);
    for seed in 0..RUNS {
        ours += Lane::new(Daemon::new(seed, away, packets), promised).burst(requests);
        theirs += unbounded(Daemon::new(seed, away, packets), requests);
    }
    ours / theirs
}

#[test]
fn reads_and_writes_at_once_are_as_fast_as_without_a_window() {
    // The document counts more hops than have a delay; an honest and a short promise too.
    for (away, promised) in [(1.2, 2.0), (2.0, 2.0), (1.5, 1.2)] {
        for requests in [12, 30, 40] {
            for packets in [1, 2] {
                let ratio = ratio(requests, away, promised, packets);
                assert!(
                    ratio <= 1.05,
                    "{requests} of {packets} packets, {away} s: {ratio}"
                );
            }
        }
    }
}

#[test]
fn few_are_queued_at_the_daemon() {
    // Two are away at once on average; about as many wait, so that it never runs dry.
    for seed in 0..RUNS {
        let mut lane = Lane::new(Daemon::new(seed, 2.0, 2), 2.0);
        lane.burst(40);
        assert!(lane.most <= 7, "{}", lane.most);
    }
}

#[test]
fn other_clients_make_the_window_smaller_and_an_idle_lane_forgets_them() {
    let mut smaller = 0;
    for seed in 0..RUNS / 4 {
        let mut daemon = Daemon::new(seed, 2.0, 2);
        daemon.others = 3;
        let mut lane = Lane::new(daemon, 2.0);
        let first = lane.window.slots();
        lane.burst(12);
        assert!(lane.most <= first + 2, "{}", lane.most);
        // A long burst: the share of the daemon is known before its end.
        lane.waiting = 200;
        while lane.waiting > 1 {
            lane.one_answer();
        }
        smaller += usize::from(lane.window.slots() < first);
        while lane.in_flight > 0 {
            lane.one_answer();
        }
        assert!(lane.window.slots() >= first);
    }
    assert!(smaller >= 90, "smaller in {smaller} of 100");
}

#[test]
fn round_trips_of_thrice_what_was_promised_cost_little_throughput() {
    let (mut ours, mut theirs) = (0.0, 0.0);
    for seed in 0..RUNS / 4 {
        let mut lane = Lane::new(Daemon::new(seed, 6.0, 2), 2.0);
        lane.burst(400);
        ours += lane.burst(200);
        theirs += unbounded(Daemon::new(seed, 6.0, 2), 200);
    }
    assert!(ours / theirs <= 1.15, "{}", ours / theirs);
}

#[test]
fn a_sender_of_one_at_a_time_measures_how_long_a_packet_is_away() {
    for (away, promised) in [(6.0, 2.0), (1.0, 6.0)] {
        let mut lane = Lane::new(Daemon::new(1, away, 2), promised);
        for _ in 0..200 {
            lane.burst(1);
        }
        let learnt = lane.window.round_trip();
        assert!((learnt / away - 1.0).abs() < 0.4, "{learnt} for {away}");
    }
}

#[test]
fn a_burst_shows_that_packets_are_away_for_less_than_promised() {
    let mut lane = Lane::new(Daemon::new(1, 0.1, 1), 60.0);
    lane.burst(40);
    assert!(lane.window.round_trip() < 20.0);
}

/// Round trips of which one is thrice the other, as on a fast network: the window stays as wide as
/// it may be.
#[test]
fn stays_wide_for_uneven_round_trips_where_packets_are_many() {
    let mut window = Window::new();
    window.expect(100.0, Duration::from_millis(500), 2.0);
    let mut now = Instant::now();
    for n in 0..200 {
        let took = Duration::from_millis(if n % 2 == 0 { 300 } else { 900 });
        window.learn(Sample {
            sent: now,
            answered: now + took,
            alone: false,
            full: true,
        });
        now += Duration::from_millis(20);
    }
    assert_eq!(window.slots(), MAX);
}

#[test]
fn never_fills_the_daemons_queue_and_never_stops() {
    let mut window = Window::new();
    window.expect(1e9, Duration::from_secs(10), 1.0);
    assert_eq!(window.slots(), MAX);
    let mut now = Instant::now();
    for _ in 0..1000 {
        window.learn(Sample {
            sent: now,
            answered: now + Duration::from_secs(600),
            alone: false,
            full: true,
        });
        now += Duration::from_secs(600);
    }
    assert!((MIN..=MAX).contains(&window.slots()));
    for rate in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        window.expect(rate, Duration::ZERO, 2.0);
        assert!((MIN..=MAX).contains(&window.slots()));
    }
}

/// A simulator that answers at once, whatever its document says.
#[test]
fn a_daemon_that_is_faster_than_it_promises_is_kept_busy() {
    let mut window = Window::new();
    window.expect(1.0, Duration::from_millis(1), 2.0);
    assert_eq!(window.slots(), 1);
    let mut now = Instant::now();
    for _ in 0..100 {
        window.learn(Sample {
            sent: now,
            answered: now + Duration::from_micros(200),
            alone: true,
            full: true,
        });
        now += Duration::from_micros(200);
    }
    assert_eq!(window.slots(), MAX);
}

#[test]
fn erlangs_formula() {
    // From the tables of traffic engineering.
    assert!((loss(1, 1.0) - 0.5).abs() < 1e-9);
    assert!((loss(4, 1.0) - 1.0 / 65.0).abs() < 1e-9);
    assert!((loss(5, 2.0) - 0.036_697).abs() < 1e-5);
    assert!((loss(12, 0.0)).abs() < 1e-9);
}
