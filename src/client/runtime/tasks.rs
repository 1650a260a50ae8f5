//! Several tasks at once, whose results are taken as they come.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use tokio::task::JoinSet;

use crate::sync::lock;
use crate::{Error, Result, Status};

/// Running tasks, and results that are not taken. Dropping it stops them all.
///
/// To tokio they are all of one type, that of the tasks of operations, as its code for a type of
/// task is 3 KB; so each puts its result here before it ends.
pub(crate) struct Tasks<T> {
    running: JoinSet<()>,
    ended: Arc<Mutex<VecDeque<T>>>,
}

impl<T: Send + 'static> Tasks<T> {
    pub(crate) fn new() -> Self {
        Tasks {
            running: JoinSet::new(),
            ended: Arc::default(),
        }
    }

    /// How many have not completed.
    pub(crate) fn len(&self) -> usize {
        self.running.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.running.is_empty()
    }

    pub(crate) fn start(&mut self, task: impl Future<Output = T> + Send + 'static) {
        let ended = Arc::clone(&self.ended);
        let task: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(async move {
            let result = task.await;
            lock(&ended).push_back(result);
        });
        self.running.spawn(task);
    }

    /// Waits for the next one that completes, whichever it is; `None` where none is left. Nothing
    /// is lost when the waiting is given up.
    pub(crate) async fn next(&mut self) -> Option<Result<T>> {
        let joined = self.running.join_next().await?;
        let reason = match joined {
            // The first result may be of another one that has just completed.
            Ok(()) => match lock(&self.ended).pop_front() {
                Some(result) => return Some(Ok(result)),
                None => "without a result".to_owned(),
            },
            Err(error) => error.to_string(),
        };
        Some(Err(Error::new(
            Status::PANIC,
            format!("a part of the work ended early: {reason}"),
        )))
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn results_come_as_the_tasks_complete_and_a_panic_is_an_error() {
        let _quiet = crate::panic_hook::Quiet::enter();
        let mut tasks = Tasks::new();
        let (sender, receiver) = oneshot::channel();
        tasks.start(async move { receiver.await.unwrap() });
        tasks.start(async { 'a' });
        assert_eq!(tasks.next().await.unwrap().unwrap(), 'a');
        sender.send('b').unwrap();
        assert_eq!(tasks.next().await.unwrap().unwrap(), 'b');
        assert!(tasks.next().await.is_none());

        tasks.start(async { panic!("in the test") });
        let ended = tasks.next().await.unwrap();
        assert_eq!(ended.unwrap_err().status(), Status::PANIC);
        assert!(tasks.is_empty());
    }
}
