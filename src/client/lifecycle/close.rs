//! Closing a client: started, waited for, or both.

use std::sync::Arc;

use crate::client::call::Call;
use crate::client::handle::Client;
use crate::client::runtime::thread::ThreadId;
use crate::client::runtime::timeout::Timeout;
use crate::sync::lock;
use crate::{Error, Result, Status};

impl Client {
    /// Says goodbye to the daemon, which then discards this client's state, completes every
    /// operation with `CLOSED` and waits for the client's threads. In a callback, a log or a drop
    /// function, which run on those, it starts all of that and does not wait. Safe to call twice
    /// and from any thread; each call waits, whichever started.
    pub fn close(&self) {
        let _ = self.close_within(Timeout::Forever);
    }

    /// The same, for a limited time. Fails with `TIMEOUT` when a callback is still running, or the
    /// daemon has not accepted the goodbye; closing continues.
    pub fn close_within(&self, timeout: Timeout) -> Result<()> {
        self.closing.start(&self.shared);
        let dispatcher = &self.shared.dispatcher;
        if dispatcher.is_current() || self.closing.thread_id == ThreadId::current() {
            return Ok(());
        }
        let deadline = self.shared.deadline(timeout);
        if !self.closing.wait(deadline) {
            return Err(not_over("the daemon has not taken its goodbye yet"));
        }
        let thread = lock(&self.runtime).thread.take();
        if let Some(thread) = thread {
            thread.join();
        }
        if !dispatcher.wait_for_end(deadline) {
            return Err(not_over("a callback is still running"));
        }
        Ok(())
    }

    /// As [`Client::close`]; completes when every other operation has completed and the daemon has
    /// the goodbye. Fails with `CLOSED` when the client was closed before.
    pub fn close_later(&self) -> Call<()> {
        let closing = Arc::clone(&self.closing);
        let call = Call::task(&self.shared, move |shared| async move {
            closing.start(&shared);
            closing.parted().await;
            Ok(())
        });
        call.at_once().closes()
    }

    /// Starts what [`Client::close`] does and waits for nothing.
    pub fn begin_to_close(&self) {
        self.closing.start(&self.shared);
    }
}

fn not_over(why: &str) -> Error {
    Error::new(Status::TIMEOUT, format!("the time limit ran out: {why}"))
}

impl Drop for Client {
    fn drop(&mut self) {
        self.begin_to_close();
    }
}
