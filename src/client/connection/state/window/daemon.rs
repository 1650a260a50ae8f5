//! A daemon in virtual time, for tests of estimates from its rate: a Poisson server with round
//! trips behind it.

use std::collections::{BinaryHeap, VecDeque};

/// A reproducible source of exponential delays.
struct Dice(u64);

impl Dice {
    fn exponential(&mut self, mean: f64) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        #[allow(clippy::cast_precision_loss)]
        let uniform = ((self.0 >> 11) as f64 + 0.5) / (1_u64 << 53) as f64;
        -mean * uniform.ln()
    }
}

/// A daemon as seen by one lane, beside clients that always have something to send. Requests in
/// progress go before new ones; clients take turns.
pub(crate) struct Daemon {
    dice: Dice,
    pub(crate) now: f64,
    /// Packets a second.
    pub(crate) rate: f64,
    /// Seconds that a packet is away on average.
    away: f64,
    pub(crate) packets: u32,
    pub(crate) others: u32,
    turn: u32,
    again: VecDeque<Request>,
    new: VecDeque<Request>,
    /// By arrival, soonest first; microseconds.
    travelling: BinaryHeap<(std::cmp::Reverse<u64>, u64)>,
    requests: Vec<Request>,
    next_tick: f64,
}

#[derive(Clone, Copy)]
pub(crate) struct Request {
    number: u64,
    pub(crate) sent: f64,
    pub(crate) alone: bool,
    left: u32,
}

impl Daemon {
    pub(crate) fn new(seed: u64, away: f64, packets: u32) -> Self {
        let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) + 1);
        let next_tick = dice.exponential(1.0);
        Daemon {
            dice,
            now: 0.0,
            rate: 1.0,
            away,
            packets,
            others: 0,
            turn: 0,
            again: VecDeque::new(),
            new: VecDeque::new(),
            travelling: BinaryHeap::new(),
            requests: Vec::new(),
            next_tick,
        }
    }

    pub(crate) fn submit(&mut self, alone: bool) {
        let request = Request {
            number: self.requests.len() as u64,
            sent: self.now,
            alone,
            left: self.packets,
        };
        self.requests.push(request);
        self.new.push_back(request);
    }

    /// Runs until a request is answered.
    pub(crate) fn answer(&mut self) -> Request {
        loop {
            #[allow(clippy::cast_precision_loss)]
            let arrival = self
                .travelling
                .peek()
                .map_or(f64::INFINITY, |(at, _)| at.0 as f64 / 1e6);
            if self.next_tick <= arrival {
                self.now = self.next_tick;
                self.next_tick += self.dice.exponential(1.0 / self.rate);
                self.tick();
                continue;
            }
            self.now = arrival;
            let (_, number) = self.travelling.pop().unwrap();
            let request = &mut self.requests[usize::try_from(number).unwrap()];
            request.left -= 1;
            let request = *request;
            if request.left == 0 {
                return request;
            }
            self.again.push_back(request);
        }
    }

    fn tick(&mut self) {
        self.turn = (self.turn + 1) % (self.others + 1);
        if self.turn != 0 {
            return; // another client's packet
        }
        let Some(request) = self.again.pop_front().or_else(|| self.new.pop_front()) else {
            return;
        };
        // Six mixes there and back, each with an exponential delay.
        let delay: f64 = (0..6).map(|_| self.dice.exponential(self.away / 6.0)).sum();
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let at = ((self.now + delay) * 1e6) as u64;
        self.travelling
            .push((std::cmp::Reverse(at), request.number));
    }
}
