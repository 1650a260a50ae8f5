//! Events as a stream, for asynchronous Rust programs with any executor.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_core::Stream;

use super::sink::EventSink;
use super::Event;

/// The events of a client, from [`Client::events`](crate::client::Client::events). It ends after [`Event::Closed`]; its sink is
/// closed when it is dropped.
#[must_use = "a stream does nothing unless it is polled"]
pub struct Events {
    pub(crate) sink: Arc<EventSink>,
}

impl Events {
    /// The next event; `None` after [`Event::Closed`].
    pub async fn next(&mut self) -> Option<Event> {
        std::future::poll_fn(|context| self.sink.poll_next(context))
            .await
            .ok()
    }

    /// The sink, to which the completions of operations can be sent.
    pub fn sink(&self) -> &Arc<EventSink> {
        &self.sink
    }
}

impl Stream for Events {
    type Item = Event;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Event>> {
        self.sink.poll_next(context).map(Result::ok)
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        self.sink.close();
    }
}
