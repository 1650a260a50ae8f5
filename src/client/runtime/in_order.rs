//! Several tasks at once, whose results are taken in the order in which they were started.

use std::collections::VecDeque;
use std::future::Future;

use super::tasks::Tasks;
use crate::Result;

/// Numbered values that are put in any order and taken in the order of their numbers.
pub(crate) struct ByNumber<T> {
    next: u64,
    /// From `next` on.
    values: VecDeque<Option<T>>,
}

impl<T> ByNumber<T> {
    /// `next` is the number that is taken first.
    pub(crate) fn from(next: u64) -> Self {
        let values = VecDeque::new();
        ByNumber { next, values }
    }

    /// A number that was taken is not put again.
    pub(crate) fn put(&mut self, number: u64, value: T) {
        let Ok(at) = usize::try_from(number.saturating_sub(self.next)) else {
            return;
        };
        while self.values.len() <= at {
            self.values.push_back(None);
        }
        if let Some(place) = self.values.get_mut(at) {
            *place = Some(value);
        }
    }

    /// The value of the next number, if it is there.
    pub(crate) fn take(&mut self) -> Option<T> {
        let value = self.values.front_mut()?.take()?;
        self.values.pop_front();
        self.next += 1;
        Some(value)
    }
}

/// Running tasks, and results that wait for earlier ones. Dropping it stops them all.
pub(crate) struct InOrder<T> {
    running: Tasks<(u64, Result<T>)>,
    ended: ByNumber<Result<T>>,
    started: u64,
}

impl<T: Send + 'static> InOrder<T> {
    pub(crate) fn new() -> Self {
        InOrder {
            running: Tasks::new(),
            ended: ByNumber::from(0),
            started: 0,
        }
    }

    /// How many have not completed.
    pub(crate) fn running(&self) -> usize {
        self.running.len()
    }

    pub(crate) fn start(&mut self, task: impl Future<Output = Result<T>> + Send + 'static) {
        let number = self.started;
        self.running.start(async move { (number, task.await) });
        self.started += 1;
    }

    /// Waits for the next one that completes, whichever it is. Returns false where none is left.
    pub(crate) async fn wait(&mut self) -> Result<bool> {
        let Some(ended) = self.running.next().await else {
            return Ok(false);
        };
        let (number, result) = ended?;
        self.ended.put(number, result);
        Ok(true)
    }

    /// The result of the oldest, if it has completed.
    pub(crate) fn take(&mut self) -> Option<Result<T>> {
        self.ended.take()
    }

    /// Stops all that was started and not taken.
    pub(crate) fn clear(&mut self) {
        *self = InOrder::new();
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn results_come_in_the_order_of_their_tasks_whichever_completes_first() {
        let mut tasks = InOrder::new();
        let mut senders = Vec::new();
        for _ in 0..3 {
            let (sender, receiver) = oneshot::channel();
            senders.push(Some(sender));
            tasks.start(async move { Ok(receiver.await.unwrap()) });
        }
        for (at, running, results) in [(2, 2, vec![]), (0, 1, vec!['a']), (1, 0, vec!['b', 'c'])] {
            let letter = ['a', 'b', 'c'][at];
            senders[at].take().unwrap().send(letter).unwrap();
            assert!(tasks.wait().await.unwrap());
            assert_eq!(tasks.running(), running);
            let taken: Vec<char> = std::iter::from_fn(|| tasks.take())
                .map(Result::unwrap)
                .collect();
            assert_eq!(taken, results);
        }
        assert!(!tasks.wait().await.unwrap());
    }

    #[tokio::test]
    async fn a_cleared_task_stops_without_a_result() {
        let mut tasks = InOrder::new();
        let (sender, receiver) = oneshot::channel::<()>();
        tasks.start(async move { Ok(receiver.await.is_ok()) });
        tasks.clear();
        assert!(!tasks.wait().await.unwrap());
        assert!(tasks.take().is_none());
        while !sender.is_closed() {
            tokio::task::yield_now().await;
        }
        tasks.start(async { Ok(true) });
        assert!(tasks.wait().await.unwrap());
        assert!(tasks.take().unwrap().unwrap());
    }
}
