//! Jobs that share one transaction.

use std::panic::{catch_unwind, AssertUnwindSafe};

use crate::client::runtime::panicked;
use crate::secret::WipingVec;
use crate::store::backing::{Backing, Durability, Record};
use crate::{Error, Result, Status};

/// Work for the database, with its answer to whoever waits.
pub(super) struct Job {
    durability: Durability,
    run: Box<Run>,
}

/// Runs the work, unless it gets the error that keeps it from running.
type Run = dyn FnOnce(Result<&mut dyn Backing>) -> Ran + Send;

/// A job that has run, and has not answered.
struct Ran {
    failure: Option<Error>,
    /// Takes the result of the whole transaction. The job's own failure goes before that.
    answer: Box<dyn FnOnce(Result<()>)>,
}

impl Job {
    pub(super) fn new<T: 'static>(
        durability: Durability,
        work: impl FnOnce(&mut dyn Backing) -> Result<T> + Send + 'static,
        answer: impl FnOnce(Result<T>) + Send + 'static,
    ) -> Self {
        let run = move |backing: Result<&mut dyn Backing>| {
            let result = backing.and_then(|backing| {
                catch_unwind(AssertUnwindSafe(|| work(backing))).unwrap_or_else(|_| Err(panicked()))
            });
            Ran {
                failure: result.as_ref().err().cloned(),
                answer: Box::new(move |whole| answer(result.and_then(|made| whole.map(|()| made)))),
            }
        };
        Job {
            durability,
            run: Box::new(run),
        }
    }
}

/// Runs the jobs in one transaction, and answers all of them when it has ended.
pub(super) fn run_batch(backing: &mut dyn Backing, jobs: Vec<Job>) {
    let durability = jobs.iter().map(|job| job.durability).max();
    let mut whole = backing.begin(durability.unwrap_or(Durability::Soon));
    let begun = whole.is_ok();
    let mut answers = Vec::with_capacity(jobs.len());
    for job in jobs {
        let mut watched = Watched {
            backing: &mut *backing,
            wrote: false,
        };
        let ran = match &whole {
            Ok(()) => (job.run)(Ok(&mut watched)),
            Err(error) => (job.run)(Err(error.clone())),
        };
        if let (Some(failure), Ok(())) = (&ran.failure, &whole) {
            if watched.wrote || failure.status() == Status::PANIC {
                whole = Err(undone_by(failure));
            }
        }
        answers.push(ran.answer);
    }
    match (&whole, begun) {
        (Ok(()), _) => whole = backing.commit(),
        (Err(_), true) => backing.rollback(),
        (Err(_), false) => {}
    }
    for answer in answers {
        // What nobody waits for any more is dropped here, and must not end the thread.
        let _ = catch_unwind(AssertUnwindSafe(|| answer(whole.clone())));
    }
}

/// The error of a job whose transaction was rolled back for the sake of another job.
fn undone_by(failure: &Error) -> Error {
    Error::new(
        Status::DB,
        format!(
            "nothing was stored, as another change in the same transaction failed: {}",
            failure.message()
        ),
    )
    .with_errno_of(failure)
}

/// Notes whether a job writes.
struct Watched<'a> {
    backing: &'a mut dyn Backing,
    wrote: bool,
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
        self.backing.claim(channel)
    }

    fn release(&mut self, channel: u64) {
        self.backing.release(channel);
    }
}
