//! How many requests a lane keeps at the daemon at once.
//!
//! The daemon sends packets by a Poisson process of known rate, and each packet is then away for a
//! round trip. A request is always in one of two places: in the daemon's queue, or in flight. With
//! `n` requests the daemon has nothing to send for the share of time that Erlang's loss formula
//! gives for `n` and `rate × round trip`, whatever the spread of the round trips. The window is the
//! smallest `n` for which that share is small: fewer cost throughput, more only wait in the
//! daemon's queue, where they cannot be reordered.
//!
//! A single round trip does not measure queueing, as a Poisson process spreads by itself. The
//! number of answers over a stretch of time in which the window was always full is compared with
//! the model. Only where it falls short by more than a Poisson process does is the daemon assumed
//! to send for other clients too, and the window follows what is left.

#[cfg(test)]
pub(crate) mod daemon;

use crate::client::runtime::round_trip::RoundTrip;
use std::time::{Duration, Instant};

/// The daemon's queue is 16 deep and it stops reading when that is full: stay well below.
pub(crate) const MAX: usize = 12;
const MIN: usize = 1;
/// Share of time for which the daemon may have nothing to send for a busy lane.
const IDLE: f64 = 0.02;
/// From an answer to the next request at the daemon, in seconds.
const TURNAROUND: f64 = 0.002;
/// Answers are counted until so many packets are expected, at first: a large deviation shows soon.
/// A smaller one takes longer, up to so many.
const STRETCH: f64 = 64.0;
const LONG_STRETCH: f64 = 256.0;
/// Standard deviations of a number of packets that are significant.
const SIGNIFICANT: f64 = 3.0;
/// Lower bound on the share of the daemon that is left.
const LEAST_SHARE: f64 = 1.0 / 16.0;
/// The last so many requests that were alone measure the round trip; the promise counts as some of
/// them at first.
const LEARNT_FROM: u32 = 8;
const PROMISE: u32 = 4;
/// Where no document says: packets a second, and seconds of a round trip.
const USUAL_RATE: f64 = 1.0;
const USUAL_ROUND_TRIP: f64 = 2.0;
/// Requests after which their mean time is used.
const ENOUGH: u32 = 16;
/// Upper bound on the time for which a packet is away, in seconds.
const LONGEST: f64 = 600.0;
/// A shortest time is dropped after so many samples, for routes change.
const FORGET_AFTER: u32 = 256;

/// One request that was answered.
#[derive(Clone, Copy)]
pub(crate) struct Sample {
    pub(crate) sent: Instant,
    pub(crate) answered: Instant,
    /// Nothing else of the lane was at the daemon when it was sent.
    pub(crate) alone: bool,
    /// Others waited for a place in the window when it was answered, and only counted requests had
    /// places.
    pub(crate) full: bool,
}

/// The window of one lane.
pub(crate) struct Window {
    slots: usize,
    /// Packets that a request takes.
    packets: f64,
    /// Packets a second, and seconds that each is away, as the document promises.
    rate: f64,
    promised: f64,
    /// Seconds that a packet is away, as measured with so many requests.
    round_trip: f64,
    measured: u32,
    /// The part of the rate that others leave to this lane; more than 1 where the daemon sends
    /// faster than the document says.
    share: f64,
    stretch: Option<Stretch>,
    /// The window was made smaller; whether that cost throughput is not known yet.
    trial: Option<Trial>,
    shortest: Option<Duration>,
    smoothed: RoundTrip,
    samples: u32,
}

/// A time in which the window was always full.
#[derive(Clone, Copy)]
struct Stretch {
    since: Instant,
    answers: u32,
    /// Packets that are expected at the next comparison.
    until: f64,
}

impl Stretch {
    fn from(since: Instant) -> Self {
        Stretch {
            since,
            answers: 0,
            until: STRETCH,
        }
    }
}

/// The state before the window was made smaller.
#[derive(Clone, Copy)]
struct Trial {
    slots: usize,
    /// Packets a second.
    throughput: f64,
}

impl Window {
    pub(crate) fn new() -> Self {
        let mut window = Window {
            slots: MIN,
            packets: 1.0,
            rate: USUAL_RATE,
            promised: USUAL_ROUND_TRIP,
            round_trip: USUAL_ROUND_TRIP,
            measured: PROMISE,
            share: 1.0,
            stretch: None,
            trial: None,
            shortest: None,
            smoothed: RoundTrip::default(),
            samples: 0,
        };
        window.resize();
        window
    }

    /// Requests that may be at the daemon now.
    pub(crate) fn slots(&self) -> usize {
        self.slots
    }

    /// The smoothed time from a request to its answer; `None` before the first.
    pub(crate) fn smoothed(&self) -> Option<Duration> {
        self.smoothed.get()
    }

    /// The shortest such time of late; `None` before the first.
    pub(crate) fn shortest(&self) -> Option<Duration> {
        self.shortest
    }

    /// Time in which the daemon sends the packets of one request, on average.
    pub(crate) fn packets_take(&self) -> Duration {
        Duration::try_from_secs_f64(self.packets / self.rate).unwrap_or(Duration::MAX)
    }

    /// Seconds that a packet is away, without the daemon's queue.
    pub(crate) fn round_trip(&self) -> f64 {
        self.round_trip
    }

    /// Sets what the network's document promises: `rate` packets leave in a second, and each is
    /// away for about `round_trip`. A request of this lane takes `packets` of them.
    pub(crate) fn expect(&mut self, rate: f64, round_trip: Duration, packets: f64) {
        self.packets = packets;
        if rate.is_finite() && rate > 0.0 && rate != self.rate {
            self.rate = rate;
            self.forget_others();
        }
        let promised = round_trip.as_secs_f64();
        if promised != self.promised {
            self.promised = promised;
            self.round_trip = promised;
            self.measured = PROMISE;
        }
        self.resize();
    }

    /// Requests that are not counted have places in the window, too.
    pub(crate) fn disturb(&mut self) {
        self.stretch = None;
    }

    /// Adds the sample of one request.
    pub(crate) fn learn(&mut self, sample: Sample) {
        let took = sample.answered.saturating_duration_since(sample.sent);
        self.samples = self.samples.wrapping_add(1).max(1);
        if self.samples % FORGET_AFTER == 0 {
            self.shortest = self.smoothed.get();
        }
        self.shortest = Some(self.shortest.map_or(took, |s| s.min(took)));
        self.smoothed.learn(took);
        if sample.alone {
            self.learn_round_trip(took);
        }
        self.bound_round_trip();
        if sample.full {
            self.count(sample.answered);
        } else {
            self.forget_others();
        }
        self.resize();
    }

    /// A request that was alone waited for one turn of the Poisson process with each packet.
    fn learn_round_trip(&mut self, took: Duration) {
        let away = (took.as_secs_f64() / self.packets - 1.0 / self.rate).max(0.0);
        self.measured = (self.measured + 1).min(LEARNT_FROM);
        self.round_trip += (away - self.round_trip) / f64::from(self.measured);
    }

    /// No packet is away for longer than its request takes.
    fn bound_round_trip(&mut self) {
        if let (true, Some(took)) = (self.samples >= ENOUGH, self.smoothed.get()) {
            self.round_trip = self.round_trip.min(took.as_secs_f64() / self.packets);
        }
    }

    /// A new burst starts with the rate that was promised.
    fn forget_others(&mut self) {
        self.stretch = None;
        self.trial = None;
        self.share = 1.0;
    }

    /// Counts one more answer while the window was full.
    fn count(&mut self, now: Instant) {
        let idle = loss(self.slots, self.load());
        let expected = self.rate * self.share * (1.0 - idle);
        let Some(stretch) = &mut self.stretch else {
            self.stretch = Some(Stretch::from(now));
            return;
        };
        stretch.answers += 1;
        let seconds = now.saturating_duration_since(stretch.since).as_secs_f64();
        let expected = expected * seconds;
        let packets = f64::from(stretch.answers) * self.packets;
        let most = expected.max(packets);
        if most < stretch.until {
            return;
        }
        stretch.until *= 2.0;
        let is_off = (packets - expected).abs() > SIGNIFICANT * most.sqrt();
        if is_off || self.trial.is_some() || most >= LONG_STRETCH {
            self.stretch = Some(Stretch::from(now));
            self.judge(packets / seconds.max(1e-6), is_off);
        }
    }

    /// Packets that are away at once.
    fn load(&self) -> f64 {
        self.rate * self.share * (self.round_trip + TURNAROUND)
    }

    /// Judges the daemon by so many packets a second over a stretch; `is_off` if they are not what
    /// the model expects.
    fn judge(&mut self, throughput: f64, is_off: bool) {
        if let Some(trial) = self.trial.take() {
            // Fewer places cost throughput: the answers are not late because of other clients;
            // packets are away for longer than was known.
            #[allow(clippy::cast_precision_loss)] // a dozen
            let fewer = self.slots as f64 / trial.slots as f64;
            if throughput < trial.throughput * (1.0 + fewer) / 2.0 {
                #[allow(clippy::cast_precision_loss)]
                let away = self.slots as f64 / throughput.max(1e-3) - 1.0 / self.rate;
                self.round_trip = away.max(self.round_trip).min(LONGEST);
                self.share = 1.0;
                return;
            }
        }
        if !is_off {
            return;
        }
        let before = self.slots;
        self.share = (throughput / self.rate).max(LEAST_SHARE);
        self.resize();
        if self.slots < before {
            self.trial = Some(Trial {
                slots: before,
                throughput,
            });
        }
    }

    fn resize(&mut self) {
        let load = self.load();
        self.slots = (MIN..MAX)
            .find(|slots| loss(*slots, load) <= IDLE)
            .unwrap_or(MAX);
    }
}

/// Erlang's loss formula: the chance that all of `places` are taken when `load` are needed at once
/// on average.
fn loss(places: usize, load: f64) -> f64 {
    let mut lost = 1.0;
    for place in 1..=places {
        #[allow(clippy::cast_precision_loss)] // a dozen
        let place = place as f64;
        lost = load * lost / (place + load * lost);
    }
    lost
}

#[cfg(test)]
#[cfg(test)]
pub(crate) mod tests;
