//! The daemon's processor: what encryptions cost, and who waits for them.
//!
//! An encryption is a number of group actions of the replicas' key exchange, seconds of processor time with CTIDH1024-X25519. It is
//! virtual work here: nothing is kept busy, only the reply comes later. A connection is not read while an encryption of its own is under
//! way; the encryptions of all connections share the cores evenly, as the threads of a process do. Everything else takes no time and
//! waits for no core.

use std::rc::Rc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::connection::Step;
use super::events::Event;
use super::options::SimConfig;
use super::state::Daemon;
use crate::network::Scheme;

/// The group actions of one encryption: a key of its own, and a shared one for each of two replicas.
const ACTIONS_OF_ENCRYPTION: u32 = 3;
/// Measured with daemons v0.0.99, on a quiet core.
const CTIDH_ENCRYPTION: Duration = Duration::from_millis(2150);
/// Measured on a network that was set up with x25519.
const X25519_ENCRYPTION: Duration = Duration::from_micros(1340);
/// What is left below this is the rounding of a division.
const ROUNDING: Duration = Duration::from_micros(1);

/// What happens once the work is done, mostly a reply.
pub(crate) type Then = Box<dyn FnOnce(&mut Daemon)>;

/// What a request costs.
#[derive(Clone, Copy)]
pub(crate) enum Effort {
    /// So many envelopes.
    Encryptions(u32),
    /// So many group actions of a voucher, which uses CTIDH1024-X25519 on every network.
    VoucherActions(u32),
}

impl Effort {
    fn is_none(self) -> bool {
        matches!(self, Effort::Encryptions(0) | Effort::VoucherActions(0))
    }
}

/// Work that is to be begun.
pub(crate) struct Work {
    effort: Effort,
    then: Then,
}

impl Work {
    /// The same, and something more behind it.
    pub(crate) fn and_then(self, more: impl FnOnce(&mut Daemon) + 'static) -> Work {
        let first = self.then;
        Work {
            effort: self.effort,
            then: Box::new(|daemon| {
                first(daemon);
                more(daemon);
            }),
        }
    }
}

struct Job {
    left: Duration,
    then: Then,
    done: Rc<Notify>,
}

/// The work under way, in the order in which it was begun.
pub(crate) struct Processor {
    jobs: Vec<Job>,
    /// Up to when the work done is subtracted from what is left.
    settled: Instant,
    /// Moves on with every change, so that an old timer knows that it is old.
    generation: u64,
    /// Nothing gets on unless it is stepped by hand.
    held: bool,
}

impl Processor {
    pub(crate) fn new() -> Processor {
        Processor {
            jobs: Vec::new(),
            settled: Instant::now(),
            generation: 0,
            held: false,
        }
    }

    /// How many requests wait for their work.
    pub(crate) fn len(&self) -> usize {
        self.jobs.len()
    }

    /// After a restart.
    pub(crate) fn forget(&mut self) {
        self.jobs.clear();
        self.generation += 1;
    }

    /// The part of a core that each job has.
    fn share(&self, cores: usize) -> f64 {
        #[allow(clippy::cast_precision_loss)] // a handful
        let share = cores as f64 / self.jobs.len().max(1) as f64;
        share.min(1.0)
    }

    fn settle(&mut self, cores: usize) {
        let now = Instant::now();
        let passed = now.saturating_duration_since(self.settled);
        self.settled = now;
        if self.held {
            return;
        }
        let done = passed.mul_f64(self.share(cores));
        for job in &mut self.jobs {
            job.left = job.left.saturating_sub(done);
        }
    }

    /// When the next job is done, if nothing changes until then.
    fn next_in(&self, cores: usize) -> Option<Duration> {
        let least = self.jobs.iter().map(|job| job.left).min()?;
        (!self.held).then(|| least.div_f64(self.share(cores)))
    }

    fn take_done(&mut self) -> Option<Job> {
        let at = self.jobs.iter().position(|job| job.left < ROUNDING)?;
        Some(self.jobs.remove(at))
    }
}

impl SimConfig {
    /// What this much costs in processor time.
    fn price(&self, effort: Effort) -> Duration {
        match effort {
            Effort::Encryptions(n) => self.price_of_encryption().saturating_mul(n),
            Effort::VoucherActions(n) => self.price_of_voucher_action().saturating_mul(n),
        }
    }

    fn price_of_encryption(&self) -> Duration {
        self.encrypt_cost.unwrap_or(match self.network.scheme {
            Scheme::Ctidh1024X25519 => CTIDH_ENCRYPTION,
            Scheme::X25519 => X25519_ENCRYPTION,
        })
    }

    fn price_of_voucher_action(&self) -> Duration {
        let by_encryption = self.encrypt_cost.unwrap_or(CTIDH_ENCRYPTION);
        self.voucher_cost
            .unwrap_or(by_encryption / ACTIONS_OF_ENCRYPTION)
    }
}

impl Daemon {
    /// Does something after the work for it: at once when that costs nothing.
    pub(crate) fn after_work(
        &mut self,
        effort: Effort,
        then: impl FnOnce(&mut Daemon) + 'static,
    ) -> Step {
        let then: Then = Box::new(then);
        let work = Work { effort, then };
        if effort.is_none() || (self.config.price(effort).is_zero() && !self.processor.held) {
            self.count_work(effort);
            (work.then)(self);
            return Step::Next;
        }
        Step::Work(Box::new(work))
    }

    /// Begins work; what comes back is notified when it is done.
    pub(crate) fn begin_work(&mut self, work: Work) -> Rc<Notify> {
        self.count_work(work.effort);
        self.processor.settle(self.config.cores);
        let done = Rc::new(Notify::new());
        self.processor.jobs.push(Job {
            left: self.config.price(work.effort),
            then: work.then,
            done: Rc::clone(&done),
        });
        self.arm_processor();
        done
    }

    /// Work after which nothing happens by itself.
    pub(crate) fn begin_envelopes(&mut self, envelopes: u32) -> Option<Rc<Notify>> {
        match self.after_work(Effort::Encryptions(envelopes), |_| ()) {
            Step::Work(work) => Some(self.begin_work(*work)),
            _ => None,
        }
    }

    fn count_work(&mut self, effort: Effort) {
        if let Effort::Encryptions(n) = effort {
            self.counters.encryptions += u64::from(n);
        }
        self.counters.encryption_time += self.config.price(effort);
    }

    fn arm_processor(&mut self) {
        self.processor.generation += 1;
        if let Some(delay) = self.processor.next_in(self.config.cores) {
            let generation = self.processor.generation;
            self.agenda.after(delay, Event::WorkDone { generation });
        }
    }

    /// Some work is done, unless it got more company since.
    pub(crate) fn work_done(&mut self, generation: u64) {
        if generation == self.processor.generation {
            self.get_on_with_work();
        }
    }

    fn get_on_with_work(&mut self) {
        self.processor.settle(self.config.cores);
        while let Some(job) = self.processor.take_done() {
            (job.then)(self);
            job.done.notify_one();
        }
        self.arm_processor();
    }

    /// Changes the price of what is begun from now on.
    pub(crate) fn set_encrypt_cost(&mut self, price: Duration) {
        self.config.encrypt_cost = Some(price);
        self.config.voucher_cost = None;
    }

    /// Changes how many encryptions get on at once.
    pub(crate) fn set_cores(&mut self, cores: usize) {
        self.processor.settle(self.config.cores);
        self.config.cores = cores.max(1);
        self.arm_processor();
    }

    /// Stops all encryptions, or lets them go on.
    pub(crate) fn hold_work(&mut self, held: bool) {
        self.processor.settle(self.config.cores);
        self.processor.held = held;
        self.get_on_with_work();
    }

    /// Finishes the work that was begun first, whatever is left of it.
    pub(crate) fn step_work(&mut self, times: usize) -> usize {
        let times = times.min(self.processor.jobs.len());
        for job in self.processor.jobs.iter_mut().take(times) {
            job.left = Duration::ZERO;
        }
        self.get_on_with_work();
        times
    }
}
