//! The database without a thread of its own, for simulations.

use std::future::Future;

use super::batch::run_batch;
use super::{lock, Arc, Backing, Disk, Ended, Handle, Queue};
use crate::client::Client;
use crate::store::{form, Store};
use crate::Result;

impl Store {
    /// A store whose database is used only by the returned future.
    #[doc(hidden)]
    pub fn stepped<P: Future<Output = ()>>(
        client: &Client,
        mut backing: impl Backing + 'static,
        pause: impl FnMut() -> P,
    ) -> Result<(Arc<Store>, impl Future<Output = ()>)> {
        form::check_or_mark(&mut backing)?;
        let (disk, serve) = Disk::stepped(Box::new(backing), pause);
        Ok((Store::over(disk, Arc::clone(&client.shared)), serve))
    }
}

impl Disk {
    /// A database whose jobs are run by the returned future, each batch when `pause` is over.
    fn stepped<P: Future<Output = ()>>(
        mut backing: Box<dyn Backing>,
        mut pause: impl FnMut() -> P,
    ) -> (Self, impl Future<Output = ()>) {
        let queue = Queue::new();
        let ended = Ended(Arc::clone(&queue));
        let disk = Disk(Arc::new(Handle { queue }));
        let serve = async move {
            let queue = &ended.0;
            loop {
                queue.arrived.notified().await;
                pause().await;
                let mut state = lock(&queue.state);
                let batch = std::mem::take(&mut state.jobs);
                let is_over = state.closing;
                drop(state);
                if !batch.is_empty() {
                    run_batch(&mut *backing, batch);
                }
                if is_over {
                    return;
                }
            }
        };
        (disk, serve)
    }
}
