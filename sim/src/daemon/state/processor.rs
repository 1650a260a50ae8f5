//! The daemon's processor: which encryptions are under way, and how far each of them is.
//!
//! An encryption is a number of group actions of the replicas' key exchange, seconds of processor time with CTIDH1024-X25519. The work is
//! virtual: it keeps no core of the host busy and only delays the reply. A connection is not read while one of its own encryptions is under
//! way. The encryptions of all connections share the cores evenly, as the threads of a process do. Everything else takes no time and
//! waits for no core.

use std::rc::Rc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

/// What is left below this is the rounding of a division.
const ROUNDING: Duration = Duration::from_micros(1);

/// One request's work, and what follows it.
pub(crate) struct Job<T> {
    left: Duration,
    pub(crate) then: T,
    /// Notified once the work is done.
    pub(crate) done: Rc<Notify>,
}

/// The work under way, in the order of its start.
pub(crate) struct Processor<T> {
    jobs: Vec<Job<T>>,
    /// Up to when the work done is subtracted from what is left.
    settled: Instant,
    /// Rises with every change, so that an old timer is recognised.
    generation: u64,
    /// Work proceeds only when stepped by hand.
    held: bool,
}

impl<T> Processor<T> {
    pub(crate) fn new() -> Processor<T> {
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

    pub(crate) fn is_held(&self) -> bool {
        self.held
    }

    /// Adds a job behind all others.
    pub(crate) fn add(&mut self, left: Duration, then: T) -> Rc<Notify> {
        let done = Rc::new(Notify::new());
        self.jobs.push(Job {
            left,
            then,
            done: Rc::clone(&done),
        });
        done
    }

    /// Subtracts what was done since the last call, with this many cores. Precedes every change.
    pub(crate) fn settle(&mut self, cores: usize) {
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

    /// Replaces the timer: when the next job is done if nothing changes until then, and the
    /// generation that this timer carries.
    pub(crate) fn arm(&mut self, cores: usize) -> Option<(Duration, u64)> {
        self.generation += 1;
        let least = self.jobs.iter().map(|job| job.left).min()?;
        let delay = (!self.held).then(|| least.div_f64(self.share(cores)))?;
        Some((delay, self.generation))
    }

    /// Whether nothing has changed since the timer of this generation.
    pub(crate) fn is_current(&self, generation: u64) -> bool {
        generation == self.generation
    }

    pub(crate) fn take_done(&mut self) -> Option<Job<T>> {
        let at = self.jobs.iter().position(|job| job.left < ROUNDING)?;
        Some(self.jobs.remove(at))
    }

    /// Stops all work, or lets it proceed.
    pub(crate) fn hold(&mut self, held: bool) {
        self.held = held;
    }

    /// Completes the oldest jobs, whatever is left of them; returns how many.
    pub(crate) fn complete_oldest(&mut self, jobs: usize) -> usize {
        let jobs = jobs.min(self.jobs.len());
        for job in self.jobs.iter_mut().take(jobs) {
            job.left = Duration::ZERO;
        }
        jobs
    }

    /// The part of a core that each job has.
    fn share(&self, cores: usize) -> f64 {
        #[allow(clippy::cast_precision_loss)] // a handful
        let share = cores as f64 / self.jobs.len().max(1) as f64;
        share.min(1.0)
    }
}
