//! What of a store is open: whoever asks for a channel that is open shares it.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, Weak};

use crate::sync::lock;
use crate::{Error, Result, Status};

/// Writers or readers that are open, by the number of their channel.
pub(crate) struct OpenChannels<T> {
    all: Mutex<HashMap<u64, Weak<T>>>,
    /// Held while one is opened.
    opening: tokio::sync::Mutex<()>,
}

impl<T> Default for OpenChannels<T> {
    fn default() -> Self {
        OpenChannels {
            all: Mutex::default(),
            opening: tokio::sync::Mutex::default(),
        }
    }
}

impl<T> OpenChannels<T> {
    /// The one that is open, or what `open` makes.
    pub(crate) async fn get_or(
        &self,
        channel: u64,
        open: impl Future<Output = Result<Arc<T>>>,
    ) -> Result<Arc<T>> {
        let _opening = self.opening.lock().await;
        if let Some(existing) = self.find(channel).await {
            return Ok(existing);
        }
        let opened = open.await?;
        lock(&self.all).insert(channel, Arc::downgrade(&opened));
        Ok(opened)
    }

    /// Does something to a channel that is not open, and that nobody opens meanwhile. One that is about
    /// to be closed is waited for.
    ///
    /// Fails with `BUSY` where it is open.
    pub(crate) async fn while_closed<R>(
        &self,
        channel: u64,
        act: impl Future<Output = Result<R>>,
    ) -> Result<R> {
        let _opening = self.opening.lock().await;
        if self.find(channel).await.is_some() {
            return Err(Error::new(
                Status::BUSY,
                "the channel is open in this store",
            ));
        }
        act.await
    }

    /// The one that is open.
    async fn find(&self, channel: u64) -> Option<Arc<T>> {
        loop {
            match lock(&self.all).get(&channel).map(Weak::upgrade) {
                Some(Some(existing)) => return Some(existing),
                None => return None,
                Some(None) => {} // another thread is about to close it
            }
            tokio::task::yield_now().await;
        }
    }

    /// It is closed: gives its channel back with `release`, before anybody opens it again.
    pub(crate) fn close(&self, channel: u64, release: impl FnOnce()) {
        let mut all = lock(&self.all);
        release();
        all.remove(&channel);
    }
}
