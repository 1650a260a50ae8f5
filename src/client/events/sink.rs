//! The bounded sinks from which programs read events.
//!
//! A sink holds two kinds of events. Notices (status, documents, losses …) may be dropped when a
//! reader is slow: the oldest are dropped first and counted, and [`Event::Lost`] reports it to the
//! reader. Completions and replies have room of their own and are never dropped. Reports about
//! messages that this client does not know are notices like others, or nothing would bound them.

use std::collections::VecDeque;
use std::ffi::c_int;
use std::io::{Read, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, Waker};

use super::Event;
use crate::client::runtime::dispatcher::Dispatcher;
use crate::client::runtime::timeout::Timeout;
use crate::clock::SuspendClock;
use crate::deadline::Deadline;
use crate::platform::{number, pair, LocalStream};
use crate::sync::{lock, wait, Condvar, Mutex, MutexGuard};
use crate::{Error, Result, Status};

/// What a callback sink calls for each event, on the dispatcher's thread.
pub type EventFn = Box<dyn FnMut(Event) + Send>;

/// A reader's own bounded queue of events.
pub struct EventSink {
    state: Mutex<SinkState>,
    arrived: Condvar,
    dispatcher: Weak<Dispatcher>,
    /// Notices that any sink of the client dropped.
    drops: Arc<AtomicU64>,
    /// For the time limits of those who wait.
    suspend_clock: Option<SuspendClock>,
}

struct SinkState {
    queue: VecDeque<Item>,
    notices: usize,
    /// Bytes of documents, payloads and texts in the notices.
    bytes: usize,
    capacity: usize,
    lost: u64,
    open: bool,
    ended: bool,
    callback: Callback,
    signal: Option<Signal>,
    /// The task that waits for an event.
    waker: Option<Waker>,
}

/// A queued event.
struct Item {
    event: Event,
    /// How many bytes it holds, if it may be dropped.
    notice: Option<usize>,
}

/// Bytes that notices hold at most, if they are several: a document alone may have 40 MiB.
const MAX_BYTES: usize = 64 << 20;

/// The state of a sink's callback.
enum Callback {
    None,
    Idle(EventFn),
    /// Taken by the dispatcher, or waiting in its queue.
    Busy,
}

/// A socket pair; one end is readable while the sink holds something.
struct Signal {
    reader: LocalStream,
    writer: LocalStream,
    raised: bool,
}

impl Signal {
    fn new() -> std::io::Result<Self> {
        let (reader, writer) = pair()?;
        Ok(Signal {
            reader,
            writer,
            raised: false,
        })
    }

    fn set(&mut self, wanted: bool) {
        if wanted == self.raised {
            return;
        }
        let moved = if wanted {
            self.writer.write(&[1])
        } else {
            self.reader.read(&mut [0; 8])
        };
        if moved.is_ok() {
            self.raised = wanted;
        }
    }
}

/// How many events a callback gets before the thread serves others.
const AT_ONCE: usize = 64;

/// A callback taken from its sink, to be called.
struct Turn {
    sink: Arc<EventSink>,
    callback: Option<EventFn>,
}

impl Drop for Turn {
    fn drop(&mut self) {
        // A callback that panicked is not called again, and nothing may pile up for it.
        if std::thread::panicking() {
            self.sink.close();
        }
    }
}

impl EventSink {
    pub(crate) fn new(
        capacity: usize,
        dispatcher: &Arc<Dispatcher>,
        drops: &Arc<AtomicU64>,
        suspend_clock: Option<SuspendClock>,
    ) -> Arc<Self> {
        Arc::new(EventSink {
            state: Mutex::new(SinkState {
                queue: VecDeque::new(),
                notices: 0,
                bytes: 0,
                capacity: capacity.max(1),
                lost: 0,
                open: true,
                ended: false,
                callback: Callback::None,
                signal: None,
                waker: None,
            }),
            arrived: Condvar::new(),
            dispatcher: Arc::downgrade(dispatcher),
            drops: Arc::clone(drops),
            suspend_clock,
        })
    }

    /// Adds an event; drops the oldest notices where there is no room for one more.
    pub(crate) fn push(self: &Arc<Self>, event: Event) {
        let is_notice = event.is_droppable();
        self.add(event, is_notice);
    }

    /// The same, where the caller has decided whether the event may be dropped.
    pub(crate) fn add(self: &Arc<Self>, event: Event, is_notice: bool) {
        let mut state = lock(&self.state);
        if !state.open || state.ended {
            return;
        }
        state.ended = matches!(event, Event::Closed);
        state.drop_outdated(&event);
        let notice = is_notice.then(|| event.size());
        if let Some(size) = notice {
            let dropped = state.make_room(size);
            self.drops.fetch_add(dropped, Ordering::Relaxed);
            state.notices += 1;
            state.bytes += size;
        }
        state.queue.push_back(Item { event, notice });
        self.announce(state);
    }

    /// Wakes all that read from this sink.
    fn announce(self: &Arc<Self>, mut state: MutexGuard<'_, SinkState>) {
        if let Some(signal) = &mut state.signal {
            signal.set(true);
        }
        let for_all = state.ended || !matches!(state.callback, Callback::None);
        let callback = state.take_callback();
        let waker = state.waker.take();
        drop(state);
        waker.into_iter().for_each(Waker::wake);
        if for_all {
            // No event is left for any waiting reader: they shall return.
            self.arrived.notify_all();
        } else {
            self.arrived.notify_one();
        }
        if let Some(callback) = callback {
            self.schedule(callback);
        }
    }

    fn schedule(self: &Arc<Self>, callback: EventFn) {
        if let Some(dispatcher) = self.dispatcher.upgrade() {
            let sink = Arc::clone(self);
            dispatcher.run(Box::new(move || sink.drain(callback)));
        }
    }

    /// Passes the queued events to the callback; runs on the dispatcher's thread.
    fn drain(self: Arc<Self>, callback: EventFn) {
        let mut turn = Turn {
            sink: self,
            callback: Some(callback),
        };
        for _ in 0..AT_ONCE {
            let mut state = lock(&turn.sink.state);
            let event = if state.open { state.take() } else { None };
            let Some(event) = event else {
                // Closed meanwhile, or completely read: the callback is dropped here.
                if state.open && !state.ended {
                    if let Some(callback) = turn.callback.take() {
                        state.callback = Callback::Idle(callback);
                    }
                }
                return;
            };
            drop(state);
            if let Some(callback) = &mut turn.callback {
                callback(event);
            }
        }
        // Others wait for this thread too.
        if let Some(callback) = turn.callback.take() {
            turn.sink.schedule(callback);
        }
    }

    /// Takes the next event; waits for it within `timeout`.
    ///
    /// `Ok(None)`: nothing came in time. Fails with `CLOSED` when the sink or the client is closed
    /// and everything was taken, with `BUSY` when the sink has a callback, with `WOULD_DEADLOCK`
    /// when it would wait inside a callback of the same client.
    pub fn next(&self, timeout: Timeout) -> Result<Option<Event>> {
        let deadline = timeout.deadline(self.suspend_clock);
        let mut state = lock(&self.state);
        loop {
            if !matches!(state.callback, Callback::None) {
                return Err(has_callback());
            }
            if let Some(event) = state.take() {
                return Ok(Some(event));
            }
            if !state.open || state.ended {
                return Err(no_more());
            }
            let left = deadline.map(Deadline::pause);
            if left.is_some_and(|left| left.is_zero()) {
                return Ok(None);
            }
            if self.dispatcher.upgrade().is_some_and(|d| d.is_current()) {
                return Err(Error::new(
                    Status::WOULD_DEADLOCK,
                    "waiting for an event inside a callback of the same client",
                ));
            }
            state = wait(&self.arrived, state, left);
        }
    }

    /// As [`EventSink::next`] for a task, which is woken when there is something. One task at a
    /// time: the last one.
    pub(crate) fn poll_next(&self, context: &Context<'_>) -> Poll<Result<Event>> {
        let mut state = lock(&self.state);
        if !matches!(state.callback, Callback::None) {
            return Poll::Ready(Err(has_callback()));
        }
        if let Some(event) = state.take() {
            return Poll::Ready(Ok(event));
        }
        if !state.open || state.ended {
            return Poll::Ready(Err(no_more()));
        }
        state.waker = Some(context.waker().clone());
        Poll::Pending
    }

    /// A file descriptor that is readable while [`EventSink::next`] would return something. It
    /// belongs to the sink and must only be polled.
    pub fn fd(&self) -> Result<c_int> {
        let mut state = lock(&self.state);
        if state.signal.is_none() {
            let mut signal = Signal::new()
                .map_err(|e| Error::from_io(Status::IO, "cannot make a socket pair", &e))?;
            signal.set(state.has_something());
            state.signal = Some(signal);
        }
        match &state.signal {
            Some(signal) => number(&signal.reader)
                .map_err(|e| Error::from_io(Status::IO, "the socket has no number of 32 bits", &e)),
            None => Err(Error::new(Status::INTERNAL, "no descriptor")),
        }
    }

    /// Passes all events, queued ones and later ones, to `callback` on the dispatcher's thread.
    pub fn on_event(self: &Arc<Self>, callback: EventFn) -> Result<()> {
        if let Some(dispatcher) = self.dispatcher.upgrade() {
            dispatcher.ensure_started()?;
        }
        let mut state = lock(&self.state);
        if !state.open || state.ended {
            return Err(Error::new(
                Status::CLOSED,
                "this event sink is closed, or its client is",
            ));
        }
        if !matches!(state.callback, Callback::None) {
            return Err(has_callback());
        }
        state.callback = Callback::Idle(callback);
        self.announce(state);
        Ok(())
    }

    /// Closes the sink: nothing is added or returned any more.
    pub fn close(&self) {
        let mut state = lock(&self.state);
        state.open = false;
        let unread = std::mem::take(&mut state.queue);
        state.notices = 0;
        state.bytes = 0;
        state.lost = 0;
        let callback = std::mem::replace(&mut state.callback, Callback::None);
        if let Some(signal) = &mut state.signal {
            signal.set(true); // `next` returns an error without waiting
        }
        let waker = state.waker.take();
        drop(state);
        waker.into_iter().for_each(Waker::wake);
        self.arrived.notify_all();
        // Dropping may run foreign code, so not under the lock.
        drop(callback);
        drop(unread);
    }

    /// Whether this is the dispatcher of the sink's client.
    pub(crate) fn belongs_to(&self, dispatcher: &Arc<Dispatcher>) -> bool {
        std::ptr::eq(self.dispatcher.as_ptr(), Arc::as_ptr(dispatcher))
    }

    /// False once [`EventSink::close`] was called.
    pub fn is_open(&self) -> bool {
        lock(&self.state).open
    }
}

impl SinkState {
    fn has_something(&self) -> bool {
        self.lost > 0 || !self.queue.is_empty() || self.ended || !self.open
    }

    /// Drops the oldest notices until another of `size` bytes fits. Returns how many.
    fn make_room(&mut self, size: usize) -> u64 {
        let is_full = |state: &Self| {
            state.notices >= state.capacity || state.bytes.saturating_add(size) > MAX_BYTES
        };
        let before = self.lost;
        while self.notices > 0 && is_full(self) {
            let Some(at) = self.queue.iter().position(|item| item.notice.is_some()) else {
                break;
            };
            self.remove(at);
            self.lost += 1;
        }
        self.lost - before
    }

    fn remove(&mut self, at: usize) -> Option<Event> {
        let Item { event, notice } = self.queue.remove(at)?;
        if let Some(size) = notice {
            self.notices -= 1;
            self.bytes -= size;
        }
        Some(event)
    }

    /// Unread progress is superseded by later progress.
    fn drop_outdated(&mut self, event: &Event) {
        let Event::CopyProgress(new) = event else {
            return;
        };
        let older = |item: &Item| matches!(&item.event, Event::CopyProgress(old) if old.stream == new.stream);
        if let Some(at) = self.queue.iter().position(older) {
            self.remove(at);
        }
    }

    fn take(&mut self) -> Option<Event> {
        let event = if self.lost > 0 {
            Some(Event::Lost(std::mem::take(&mut self.lost)))
        } else {
            self.remove(0)
        };
        let more = self.has_something();
        if let Some(signal) = &mut self.signal {
            signal.set(more);
        }
        event
    }

    fn take_callback(&mut self) -> Option<EventFn> {
        if !self.has_something() || !matches!(self.callback, Callback::Idle(_)) {
            return None;
        }
        match std::mem::replace(&mut self.callback, Callback::Busy) {
            Callback::Idle(callback) => Some(callback),
            other => {
                self.callback = other;
                None
            }
        }
    }
}

fn no_more() -> Error {
    Error::new(Status::CLOSED, "no event will come any more")
}

fn has_callback() -> Error {
    Error::new(
        Status::BUSY,
        "this event sink has a callback, which takes its events",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::events::MessageReply;
    use crate::client::runtime::log::Log;

    fn reply(payload: usize) -> Event {
        Event::MessageReply(MessageReply {
            message_id: None,
            surb_id: None,
            payload: vec![0; payload].into(),
            reply_index: None,
            error: None,
        })
    }

    #[test]
    fn notices_are_bounded_in_bytes_as_well() {
        let sink = EventSink::new(
            100,
            &Dispatcher::new(|| (), Log::default()),
            &Arc::default(),
            None,
        );
        for _ in 0..5 {
            sink.add(reply(MAX_BYTES / 2), true);
        }
        sink.add(reply(MAX_BYTES / 2), false);
        let held = lock(&sink.state).queue.len();
        assert_eq!(held, 3, "two notices, and what is never dropped");
        sink.add(reply(MAX_BYTES + 1), true);
        let mut taken = 0;
        while let Some(event) = sink.next(Timeout::Poll).unwrap() {
            match event {
                Event::Lost(count) => assert_eq!(count, 5),
                _ => taken += 1,
            }
        }
        assert_eq!(taken, 2);
        assert_eq!(lock(&sink.state).bytes, 0);
    }
}
