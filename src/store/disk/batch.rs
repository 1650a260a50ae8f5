//! Jobs that share one transaction.

use std::panic::{catch_unwind, AssertUnwindSafe};

use crate::client::runtime::panicked;
use crate::secret::WipingVec;
use crate::store::backing::{Backing, Durability, Record};
use crate::{Error, Result, Status};

/// Work for the database, with its answer to whoever waits.
pub(super) struct Job {
    durability: Durability,
    work: Box<dyn Work>,
}

/// Work that may be done again, where its transaction was rolled back for the sake of other work.
trait Work: Send {
    /// Does it. Returns the failure, if it failed.
    fn run(&mut self, backing: &mut dyn Backing) -> Option<Error>;

    /// Tells whoever waits what came of it last; its own failure goes before that of the transaction.
    fn answer(self: Box<Self>, transaction: Result<()>);
}

struct Task<T, W, A> {
    work: W,
    answer: A,
    made: Option<Result<T>>,
}

impl<T, W, A> Work for Task<T, W, A>
where
    T: Send,
    W: FnOnce(&mut dyn Backing) -> Result<T> + Clone + Send,
    A: FnOnce(Result<T>) + Send,
{
    fn run(&mut self, backing: &mut dyn Backing) -> Option<Error> {
        let run = AssertUnwindSafe(|| (self.work.clone())(backing));
        let made = catch_unwind(run).unwrap_or_else(|_| Err(panicked()));
        let failure = made.as_ref().err().cloned();
        self.made = Some(made);
        failure
    }

    fn answer(self: Box<Self>, transaction: Result<()>) {
        let Task { answer, made, .. } = *self;
        answer(match made {
            Some(Err(own)) => Err(own),
            Some(Ok(made)) => transaction.map(|()| made),
            None => Err(transaction.err().unwrap_or_else(panicked)),
        });
    }
}

impl Job {
    pub(super) fn new<T: Send + 'static>(
        durability: Durability,
        work: impl FnOnce(&mut dyn Backing) -> Result<T> + Clone + Send + 'static,
        answer: impl FnOnce(Result<T>) + Send + 'static,
    ) -> Self {
        Job {
            durability,
            work: Box::new(Task {
                work,
                answer,
                made: None,
            }),
        }
    }

    fn answer(self, transaction: Result<()>) {
        // What nobody waits for any more is dropped here, and must not end the thread.
        let _ = catch_unwind(AssertUnwindSafe(|| self.work.answer(transaction)));
    }
}

/// Why a transaction was rolled back.
enum Undone {
    /// It did not begin.
    Before(Error),
    /// A job failed, or the commit.
    Within(Error),
}

/// Runs the jobs in one transaction, and answers all of them when it has ended. If it is rolled back,
/// each has one of its own, in their order: only those fail that cannot do without failing.
pub(super) fn run_batch(backing: &mut dyn Backing, mut jobs: Vec<Job>) {
    match transaction(backing, &mut jobs) {
        Err(Undone::Within(_)) if jobs.len() > 1 => {
            for mut job in jobs {
                let alone = transaction(backing, std::slice::from_mut(&mut job));
                job.answer(alone.map_err(Undone::into_error));
            }
        }
        ended => {
            let ended = ended.map_err(Undone::into_error);
            for job in jobs {
                job.answer(ended.clone());
            }
        }
    }
}

impl Undone {
    fn into_error(self) -> Error {
        match self {
            Undone::Before(error) | Undone::Within(error) => error,
        }
    }
}

fn transaction(backing: &mut dyn Backing, jobs: &mut [Job]) -> std::result::Result<(), Undone> {
    let durability = jobs.iter().map(|job| job.durability).max();
    let begun = backing.begin(durability.unwrap_or(Durability::Soon));
    begun.map_err(Undone::Before)?;
    let mut claimed = Vec::new();
    let mut ended = Ok(());
    for job in jobs {
        let mut watched = Watched {
            backing: &mut *backing,
            wrote: false,
            claimed: &mut claimed,
        };
        let failure = job.work.run(&mut watched);
        let has_effect = |error: &Error| watched.wrote || error.status() == Status::PANIC;
        if let Some(error) = failure.filter(has_effect) {
            ended = Err(error);
            break;
        }
    }
    match ended {
        Ok(()) => ended = backing.commit(),
        Err(_) => backing.rollback(),
    }
    ended.map_err(|error| {
        // Whoever claims once more is not to find himself.
        for channel in claimed {
            backing.release(channel);
        }
        Undone::Within(error)
    })
}

/// Notes whether a job writes, and what it claims.
struct Watched<'a> {
    backing: &'a mut dyn Backing,
    wrote: bool,
    /// By all jobs of the transaction.
    claimed: &'a mut Vec<u64>,
}

impl Backing for Watched<'_> {
    fn begin(&mut self, durability: Durability) -> Result<()> {
        self.backing.begin(durability)
    }

    fn commit(&mut self) -> Result<()> {
        self.backing.commit()
    }

    fn rollback(&mut self) {
        self.backing.rollback();
    }

    fn get(&mut self, key: &[u8]) -> Result<Option<WipingVec>> {
        self.backing.get(key)
    }

    fn put(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        self.wrote = true;
        self.backing.put(key, value)
    }

    fn delete(&mut self, key: &[u8]) -> Result<()> {
        self.wrote = true;
        self.backing.delete(key)
    }

    fn delete_range(&mut self, from: &[u8], to: &[u8]) -> Result<()> {
        self.wrote = true;
        self.backing.delete_range(from, to)
    }

    fn scan(&mut self, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Record>> {
        self.backing.scan(from, to, limit)
    }

    fn claim(&mut self, channel: u64) -> Result<()> {
        self.backing.claim(channel)?;
        self.claimed.push(channel);
        Ok(())
    }

    fn release(&mut self, channel: u64) {
        self.backing.release(channel);
    }
}
