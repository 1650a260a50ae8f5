//! All sinks of a client: every event goes to each of them, in the same order.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};

use super::sink::EventSink;
use super::Event;
use crate::sync::lock;

/// Every open sink of a client.
#[derive(Default)]
pub(crate) struct Sinks {
    list: Mutex<Vec<Weak<EventSink>>>,
    drops: Arc<AtomicU64>,
}

impl Sinks {
    pub(crate) fn add(&self, sink: &Arc<EventSink>) {
        let mut list = lock(&self.list);
        list.retain(|s| s.strong_count() > 0);
        list.push(Arc::downgrade(sink));
    }

    /// Where sinks count what they drop.
    pub(crate) fn drops(&self) -> &Arc<AtomicU64> {
        &self.drops
    }

    /// How many notices were dropped.
    pub(crate) fn dropped(&self) -> u64 {
        self.drops.load(Ordering::Relaxed)
    }

    /// How many sinks are open.
    pub(crate) fn count_open(&self) -> usize {
        let list = lock(&self.list);
        let all: Vec<_> = list.iter().filter_map(Weak::upgrade).collect();
        drop(list);
        all.iter().filter(|sink| sink.is_open()).count()
    }

    /// Publishes `event` to every sink, in the order in which events happen.
    pub(crate) fn publish(&self, event: &Event) {
        self.push_to_all(event, event.is_droppable());
    }

    /// The same for what the daemon sends about something that this client does not know: it may be
    /// dropped, whatever it is.
    pub(crate) fn publish_unsolicited(&self, event: &Event) {
        self.push_to_all(event, true);
    }

    fn push_to_all(&self, event: &Event, is_notice: bool) {
        // The list stays locked so that all sinks see the same order.
        let list = lock(&self.list);
        for sink in list.iter().filter_map(Weak::upgrade) {
            sink.add(event.clone(), is_notice);
        }
    }
}
