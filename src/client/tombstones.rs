//! Tombstones for a range of boxes, made one by one and kept also where not all could be made.

use std::sync::{Arc, Mutex};

use super::encryption::Priority;
use super::inner::Inner;
use super::op::Value;
use super::requests::{self, Envelope};
use super::streams::{check_index, MAX_STREAM_BOXES};
use super::work::Work;
use super::Client;
use crate::bacap::{BoxIndex, WriteCap};
use crate::sync::lock;
use crate::{Error, Result, Status};

/// A tombstone prepared for sending, and the box that it deletes.
#[derive(Clone)]
pub struct TombstoneEnvelope {
    /// What is to be sent with the write capability.
    pub envelope: Envelope,
    /// The box that it deletes.
    pub box_index: BoxIndex,
}

/// Tombstones for boxes in a row.
#[derive(Clone)]
pub struct Tombstones {
    /// The tombstones, in the order of their boxes.
    pub envelopes: Vec<TombstoneEnvelope>,
    /// The box behind the last of them.
    pub next: BoxIndex,
    /// Why these are not all.
    pub error: Option<Error>,
}

/// What has been made so far; shared with whoever ends the operation early.
type Made = Arc<Mutex<Tombstones>>;

async fn make(inner: Arc<Inner>, cap: WriteCap, count: u32, made: Made) -> Result<Tombstones> {
    for _ in 0..count {
        let index = lock(&made).next.clone();
        let envelope = requests::encrypt_write_call(&inner, &cap, &index, &[], Priority::Bulk)?
            .run(&inner)
            .await?;
        let mut made = lock(&made);
        made.next = envelope.next()?;
        made.envelopes.push(TombstoneEnvelope {
            envelope,
            box_index: index,
        });
    }
    Ok(take(&made))
}

/// Takes what was made out of its place.
fn take(made: &Made) -> Tombstones {
    let mut made = lock(made);
    Tombstones {
        envelopes: std::mem::take(&mut made.envelopes),
        next: made.next.clone(),
        error: None,
    }
}

/// What an operation gives that could not make all: the part, if there is one and the
/// caller did not give it up.
fn part(made: &Made, error: &Error) -> Option<Value> {
    let given_up = [Status::CANCELLED, Status::CLOSED, Status::PANIC];
    if given_up.contains(&error.status()) || lock(made).envelopes.is_empty() {
        return None;
    }
    let mut part = take(made);
    part.error = Some(error.clone());
    Some(Box::new(part))
}

impl Client {
    /// Prepares tombstones for `max_count` boxes from `start` on, to be sent one by one.
    /// No traffic. Where only some could be made, they are given together with the reason.
    ///
    /// Nothing and the start index for a count of 0; `PAYLOAD_TOO_LARGE` for more than
    /// [`MAX_STREAM_BOXES`].
    pub fn tombstone_range(
        &self,
        cap: &WriteCap,
        start: &BoxIndex,
        max_count: u32,
    ) -> Result<Work<Tombstones>> {
        self.inner.check_open()?;
        check_index(&self.inner, cap, start)?;
        let made = Tombstones {
            envelopes: Vec::new(),
            next: start.clone(),
            error: None,
        };
        if max_count == 0 {
            return Ok(Work::now(move |_| Ok(made)));
        }
        if usize::try_from(max_count).is_ok_and(|count| count > MAX_STREAM_BOXES) {
            return Err(Error::new(
                Status::PAYLOAD_TOO_LARGE,
                format!("{max_count} tombstones at once, where {MAX_STREAM_BOXES} are allowed"),
            ));
        }
        requests::encrypt_write_call(&self.inner, cap, start, &[], Priority::Bulk)?;
        let made = Arc::new(Mutex::new(made));
        let (cap, shared) = (cap.clone(), Arc::clone(&made));
        Ok(Work::task(move |inner| make(inner, cap, max_count, shared))
            .or_in_part(Arc::new(move |error| part(&made, error))))
    }
}
