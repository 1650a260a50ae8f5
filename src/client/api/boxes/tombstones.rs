//! Tombstones for a range of boxes, each encrypted by itself. They are kept also where not all
//! could be made.

use std::sync::{Arc, Mutex};

use crate::bacap::{BoxIndex, WriteCap};
use crate::client::api::copies::streams::{check_index, MAX_STREAM_BOXES};
use crate::client::call::Call;
use crate::client::encryption::Priority;
use crate::client::events::completion::Value;
use crate::client::handle::Client;
use crate::client::requests;
use crate::client::runtime::in_order::InOrder;
use crate::client::shared::Shared;
use crate::client::stored::envelope::Envelope;
use crate::sync::lock;
use crate::{Error, Result, Status};

/// A tombstone prepared for sending, and the box that it deletes.
#[derive(Clone)]
pub struct TombstoneEnvelope {
    /// The envelope to be sent with the write capability.
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

/// The tombstones so far; shared with whoever completes the operation early.
type Made = Arc<Mutex<Tombstones>>;

/// Several are made at once, and returned in order.
async fn make(shared: Arc<Shared>, cap: WriteCap, count: u32, made: Made) -> Result<Tombstones> {
    let mut asked = InOrder::new();
    let (mut started, mut taken) = (0, 0);
    let mut index = lock(&made).next.clone();
    loop {
        // Where the daemon counts otherwise, only it knows which box is next.
        let at_once = match shared.check_next_index() {
            Ok(()) => shared.encryption.connections() + 1,
            Err(_) => 1,
        };
        while started < count && asked.running() < at_once {
            let (shared, cap, at) = (Arc::clone(&shared), cap.clone(), index.clone());
            asked.start(async move { encrypt(&shared, &cap, at).await });
            index = index.next();
            started += 1;
        }
        if !asked.wait().await? {
            return Ok(take(&made));
        }
        while let Some(tombstone) = asked.take() {
            let tombstone = tombstone?;
            let mut made = lock(&made);
            made.envelopes
                .try_reserve(1)
                .map_err(|_| Error::new(Status::NO_MEMORY, "no memory for another tombstone"))?;
            made.next = tombstone.envelope.next()?;
            taken += 1;
            if made.next != tombstone.box_index.next() {
                // The started ones are for other boxes.
                asked.clear();
                started = taken;
                index = made.next.clone();
            }
            made.envelopes.push(tombstone);
        }
    }
}

async fn encrypt(
    shared: &Arc<Shared>,
    cap: &WriteCap,
    index: BoxIndex,
) -> Result<TombstoneEnvelope> {
    let call = requests::encrypt_write_call(shared, cap, &index, &[], Priority::Bulk)?;
    Ok(TombstoneEnvelope {
        envelope: call.run(shared).await?,
        box_index: index,
    })
}

/// Takes the tombstones made so far.
fn take(made: &Made) -> Tombstones {
    let mut made = lock(made);
    Tombstones {
        envelopes: std::mem::take(&mut made.envelopes),
        next: made.next.clone(),
        error: None,
    }
}

/// The result of an operation that could not make all: the part, if there is one and the caller did
/// not give it up.
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
    /// Prepares tombstones for `max_count` boxes from `start` on, to be sent one by one. No
    /// traffic. Where only some could be made, returns them together with the reason.
    ///
    /// Returns none and the start index for a count of 0; fails with `PAYLOAD_TOO_LARGE` for more
    /// than [`MAX_STREAM_BOXES`].
    pub fn tombstone_range(
        &self,
        cap: &WriteCap,
        start: &BoxIndex,
        max_count: u32,
    ) -> Result<Call<Tombstones>> {
        self.shared.check_open()?;
        check_index(&self.shared, cap, start)?;
        let made = Tombstones {
            envelopes: Vec::new(),
            next: start.clone(),
            error: None,
        };
        if max_count == 0 {
            return Ok(Call::now(&self.shared, move |_| Ok(made)));
        }
        if usize::try_from(max_count).is_ok_and(|count| count > MAX_STREAM_BOXES) {
            return Err(Error::new(
                Status::PAYLOAD_TOO_LARGE,
                format!("{max_count} tombstones at once, where {MAX_STREAM_BOXES} are allowed"),
            ));
        }
        requests::encrypt_write_call(&self.shared, cap, start, &[], Priority::Bulk)?;
        let made = Arc::new(Mutex::new(made));
        let (cap, common) = (cap.clone(), Arc::clone(&made));
        Ok(Call::task(&self.shared, move |shared| {
            make(shared, cap, max_count, common)
        })
        .or_in_part(Arc::new(move |error| part(&made, error))))
    }
}
