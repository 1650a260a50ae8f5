//! Who reads a connection: the I/O thread, or the threads that wait for its answers.
//!
//! When the waiting thread reads its answer itself, no other thread must be woken, and waking is
//! most of what a local call costs. So while threads wait for local calls, the I/O thread stops
//! watching the socket and leaves it to them: one of them leads, reads for all, and passes the role
//! on when it has its own answer. The I/O thread checks now and then. It takes the socket back when
//! no call came for a while, and at once when something other than a thread waits for an answer.

use std::sync::atomic::Ordering;
use std::sync::{Arc, MutexGuard};

use super::io::link::Link;
use super::io::reading::ReadDeadline;
use super::lane::Lane;
use super::owner::Owner;
use super::state::calls::Answer;
use crate::client::runtime::waiter::{Waited, Waiter};
use crate::deadline::Deadline;
use crate::wire::FrameReader;
use crate::Result;

/// Waits for the answer to a local call, and reads the connection meanwhile where that is open to
/// waiting threads. `None` when the deadline has passed: then the caller forgets the call and lets
/// another thread read ([`Lane::call_reader`]).
pub(crate) fn await_answer(
    owner: &dyn Owner,
    lane: &Arc<Lane>,
    waiter: &Waiter<Result<Answer>>,
    deadline: Option<Deadline>,
) -> Option<Result<Answer>> {
    loop {
        let link = lane.lock().link.clone();
        if let Some(link) = &link {
            link.reading.calls.fetch_add(1, Ordering::Relaxed);
            lead(owner, lane, link, waiter, deadline);
        }
        match waiter.wait(deadline) {
            Waited::Value(answer) => {
                pass_reader_role(lane);
                return Some(answer);
            }
            Waited::Called => {} // it is this thread's turn to read
            Waited::TimedOut => return None,
        }
    }
}

/// Gives the right to read back and passes the reader role on, also after a panic.
struct Leading<'a> {
    reader: Option<MutexGuard<'a, FrameReader>>,
    lane: &'a Lane,
}

impl Drop for Leading<'_> {
    fn drop(&mut self) {
        self.reader = None;
        pass_reader_role(self.lane);
    }
}

/// Reads for all until its own answer is there, if the connection is open to this thread.
fn lead(
    owner: &dyn Owner,
    lane: &Arc<Lane>,
    link: &Arc<Link>,
    waiter: &Waiter<Result<Answer>>,
    deadline: Option<Deadline>,
) {
    if !link.reading.is_open() {
        return;
    }
    let mut leading = Leading {
        reader: link.reading.try_reader(),
        lane,
    };
    let Some(reader) = leading.reader.as_deref_mut() else {
        std::mem::forget(leading); // the next reader passes the role on
        return;
    };
    if !link.reading.is_open() {
        return; // the I/O thread was faster
    }
    if let Err(error) = read_until(owner, lane, link, reader, waiter, deadline) {
        link.reading.fail(error);
    }
}

fn read_until(
    owner: &dyn Owner,
    lane: &Arc<Lane>,
    link: &Link,
    reader: &mut FrameReader,
    waiter: &Waiter<Result<Answer>>,
    deadline: Option<Deadline>,
) -> Result<()> {
    let mut read_deadline = ReadDeadline::until(deadline);
    loop {
        while let Some(frame) = reader.next()? {
            owner.on_frame(lane, &frame)?;
        }
        if waiter.is_filled() || !read_deadline.wait_readable(link.writer.socket())? {
            return Ok(());
        }
        link.reading.take_in(reader, &link.writer)?;
    }
}

/// Passes the reader role to the next waiting thread, or to the I/O thread where something else
/// waits.
fn pass_reader_role(lane: &Lane) {
    let state = lane.lock();
    let Some(link) = state.link.clone().filter(|link| link.reading.is_open()) else {
        return;
    };
    let next = state.calls.next_thread();
    let is_wanted = next.is_none() && state.waits_for_io();
    drop(state);
    if let Some(next) = next {
        next.call();
    } else if is_wanted {
        link.reading.reader_wanted.notify_one();
    }
}

impl Lane {
    /// True if threads made calls since `seen`, and only threads wait.
    pub(crate) fn is_for_threads(&self, seen: &mut u64) -> bool {
        let state = self.lock();
        let Some(link) = &state.link else {
            return false;
        };
        let calls = link.reading.calls();
        let came = std::mem::replace(seen, calls) != calls;
        came && !state.waits_for_io()
    }

    /// Wakes one of the waiting threads, to read.
    pub(crate) fn call_reader(&self) {
        pass_reader_role(self);
    }
}
