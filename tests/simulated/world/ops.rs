//! Operations whose ends are counted.

use std::collections::HashMap;
use std::sync::mpsc::{channel, Receiver, Sender};
use std::sync::Arc;

use kpclient::client::{Call, Completed, Delivery, OpId, Timeout};
use kpclient::{Result, Status};

use super::waiting::LIMIT;

/// Operations that were started, each with a number, and how they ended.
pub struct Ops {
    ended: Sender<(usize, Arc<Completed>)>,
    ends: Receiver<(usize, Arc<Completed>)>,
    /// How each has ended, in the order of the ends.
    pub log: Vec<(usize, Status)>,
    results: HashMap<usize, Arc<Completed>>,
    pub ids: Vec<OpId>,
}

impl Ops {
    pub fn new() -> Self {
        let (ended, ends) = channel();
        Ops {
            ended,
            ends,
            log: Vec::new(),
            results: HashMap::new(),
            ids: Vec::new(),
        }
    }

    /// Starts work; gives its number.
    pub fn start<T>(&mut self, work: Result<Call<T>>) -> usize
    where
        T: Send + Sync + 'static,
    {
        self.start_within(work, Timeout::Forever)
    }

    pub fn start_within<T>(&mut self, work: Result<Call<T>>, timeout: Timeout) -> usize
    where
        T: Send + Sync + 'static,
    {
        let work = work.unwrap();
        let (number, ended) = (self.ids.len(), self.ended.clone());
        let deliver = move |completed| drop(ended.send((number, completed)));
        let delivery = Delivery::Inline(Box::new(deliver));
        let prepared = work.prepare(delivery).unwrap();
        self.ids.push(prepared.id());
        prepared.launch(work, timeout);
        number
    }

    /// Takes note of what has ended so far.
    pub fn look(&mut self) {
        while let Ok((number, completed)) = self.ends.try_recv() {
            self.note(number, completed);
        }
    }

    fn note(&mut self, number: usize, completed: Arc<Completed>) {
        self.log.push((number, completed.status()));
        let before = self.results.insert(number, completed);
        assert!(before.is_none(), "operation {number} has ended twice");
    }

    /// Waits until so many have ended.
    pub fn await_ends(&mut self, wanted: usize) {
        while self.results.len() < wanted {
            let (number, completed) = self.ends.recv_timeout(LIMIT).unwrap();
            self.note(number, completed);
        }
    }

    /// Waits for the end of one.
    pub fn await_end(&mut self, number: usize) -> Status {
        while !self.results.contains_key(&number) {
            let (ended, completed) = self.ends.recv_timeout(LIMIT).unwrap();
            self.note(ended, completed);
        }
        self.results[&number].status()
    }

    pub fn has_ended(&mut self, number: usize) -> bool {
        self.look();
        self.results.contains_key(&number)
    }

    pub fn value<T: Clone + 'static>(&self, number: usize) -> T {
        self.results[&number].value::<T>().unwrap().clone()
    }

    /// All that is left in flight, counted.
    pub fn running(&mut self) -> usize {
        self.look();
        self.ids.len() - self.results.len()
    }
}
