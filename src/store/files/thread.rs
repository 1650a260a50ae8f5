//! Files are read and written on threads of their own: a slow disk stops neither the network nor the database.

use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::Arc;

use tokio::sync::oneshot;

use crate::client::runtime::panicked;
use crate::client::runtime::thread::{Thread, STACK};
use crate::store::disk::closed;
use crate::store::Inner;
use crate::Result;

/// Runs `work` on a thread that ends with it. `work` may ask whether somebody still waits for it; it is
/// not interrupted.
pub(super) async fn aside<T: Send + 'static>(
    inner: &Arc<Inner>,
    work: impl FnOnce(&dyn Fn() -> bool) -> Result<T> + Send + 'static,
) -> Result<T> {
    let (sender, receiver) = oneshot::channel();
    let setup = inner.shared.dispatcher.thread_setup();
    Thread::spawn("kpc-file", STACK, setup, move || {
        let is_wanted = || !sender.is_closed();
        let done = catch_unwind(AssertUnwindSafe(|| work(&is_wanted)));
        let _ = sender.send(done.unwrap_or_else(|_| Err(panicked())));
    })?;
    receiver.await.unwrap_or_else(|_| Err(closed()))
}
