//! Writes or reads one box, from bytes to bytes: what most programs need.

pub(crate) mod pace;
pub(crate) mod polling;
pub(crate) mod resending;
pub(crate) mod tombstones;

use std::sync::Arc;

use bytes::Bytes;

use self::pace::Pace;
use self::resending::{poll, Found, Place, StartFlags, StartKind, WITHOUT_END};
use crate::bacap::{BoxIndex, ReadCap, WriteCap};
use crate::client::call::Call;
use crate::client::connection::LaneKind;
use crate::client::encryption::Priority;
use crate::client::handle::Client;
use crate::client::requests;
use crate::client::shared::Shared;
use crate::wire::WipingVec;
use crate::{Error, Result, Status};

/// A box that was read.
#[derive(Clone)]
pub struct ReadBox {
    /// Its content.
    pub plaintext: Bytes,
    /// The index of the next box.
    pub next_index: BoxIndex,
}

impl Found {
    fn into_box(self) -> Result<ReadBox> {
        Ok(ReadBox {
            plaintext: self.result.plaintext,
            next_index: self.envelope.next()?,
        })
    }
}

/// An envelope may expire while it waits for the daemon: so many fresh ones are made.
const FRESH_ENVELOPES: usize = 3;
/// How often a box is read back that should be there.
pub(crate) const READ_BACK: usize = 3;

/// How a box was written.
pub(crate) enum Written {
    /// It holds what was to be written; the index of the next box.
    Stored(BoxIndex),
    /// It holds something else, and keeps that.
    Taken(Error),
    /// It was written before, nobody can say by whom: it cannot be read back now.
    Unclear(Error),
}

pub(crate) async fn write_box(
    shared: Arc<Shared>,
    cap: WriteCap,
    index: BoxIndex,
    plaintext: Bytes,
    flags: StartFlags,
) -> Result<BoxIndex> {
    match write_and_compare(&shared, &cap, &index, &plaintext, flags, Doubt::IfSentTwice).await? {
        Written::Stored(next) => Ok(next),
        Written::Taken(error) | Written::Unclear(error) => Err(error),
    }
}

/// When a box that exists already is compared with what was to be written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doubt {
    /// Where this call may have written it itself.
    IfSentTwice,
    /// In any case: an earlier process may have written it.
    Always,
}

pub(crate) async fn write_and_compare(
    shared: &Arc<Shared>,
    cap: &WriteCap,
    index: &BoxIndex,
    plaintext: &Bytes,
    flags: StartFlags,
    doubt: Doubt,
) -> Result<Written> {
    let kind = StartKind::Write(cap.clone());
    let mut attempt = 1;
    let mut replayed = false;
    loop {
        let mut place = Place::take(shared, LaneKind::Write)?;
        let envelope = place.encrypt_write(cap, index, plaintext).await?;
        let sent = place.send_envelope(&kind, &envelope, flags, None).await;
        replayed |= sent.replayed;
        let is_own = replayed || shared.features().may_meet_itself();
        let doubtful = is_own || doubt == Doubt::Always;
        match sent.outcome {
            Ok(_) => return envelope.next().map(Written::Stored),
            Err(error) if error.status() == Status::BOX_ALREADY_EXISTS && doubtful => {
                return match holds(shared, cap, index, plaintext).await {
                    Some(true) => envelope.next().map(Written::Stored),
                    Some(false) => Ok(Written::Taken(error)),
                    None if is_own => Ok(Written::Unclear(resending::may_be_own_write(
                        &error, replayed,
                    ))),
                    None => Ok(Written::Unclear(error)),
                };
            }
            Err(error)
                if error.status() == Status::COURIER_INVALID_EPOCH && attempt < FRESH_ENVELOPES =>
            {
                attempt += 1;
            }
            Err(error) => return Err(error),
        }
    }
}

/// Reads a box back to see whether it holds what was to be written: after a lost connection a write
/// may find itself written already, and before v0.0.74 at any time. `None` where the box cannot be
/// read.
async fn holds(
    shared: &Arc<Shared>,
    cap: &WriteCap,
    index: &BoxIndex,
    plaintext: &Bytes,
) -> Option<bool> {
    let read_cap = cap.read_cap();
    for _ in 0..READ_BACK {
        match read_once(shared, &read_cap, index).await {
            Ok(found) => return Some(found.plaintext == *plaintext),
            Err(error) if error.status() == Status::TOMBSTONE => return Some(plaintext.is_empty()),
            // Whatever it is, this library did not write it.
            Err(error) if error.status() == Status::BACAP_DECRYPTION_FAILED => return Some(false),
            // The replica that was asked may have it later.
            Err(error) if error.status() == Status::BOX_ID_NOT_FOUND => {
                tokio::time::sleep(resending::POLL_EVERY).await;
            }
            Err(_) => return None,
        }
    }
    None
}

pub(crate) async fn read_once(
    shared: &Arc<Shared>,
    cap: &ReadCap,
    index: &BoxIndex,
) -> Result<ReadBox> {
    let found = resending::read_once(shared, cap, index, StartFlags::default()).await?;
    found.into_box()
}

pub(crate) async fn read_box(
    shared: Arc<Shared>,
    cap: ReadCap,
    index: BoxIndex,
    flags: StartFlags,
) -> Result<ReadBox> {
    if !flags.no_retry {
        let pace = Pace::default();
        let found = poll(&shared, &cap, &index, None, flags, &pace, WITHOUT_END).await?;
        return found.into_box();
    }
    let mut attempt = 1;
    loop {
        match resending::read_once(&shared, &cap, &index, flags).await {
            Err(error)
                if error.status() == Status::COURIER_INVALID_EPOCH && attempt < FRESH_ENVELOPES =>
            {
                attempt += 1;
            }
            ended => return ended.and_then(Found::into_box),
        }
    }
}

/// Reads a box, waiting for it as `pace` says. Fails with `BOX_ID_NOT_FOUND` when so many polls have
/// found nothing.
#[cfg(feature = "store")]
pub(crate) async fn await_box(
    shared: &Arc<Shared>,
    cap: &ReadCap,
    index: &BoxIndex,
    pace: &Pace,
    polls: u32,
) -> Result<ReadBox> {
    let flags = StartFlags::default();
    let found = poll(shared, cap, index, None, flags, pace, polls).await?;
    found.into_box()
}

impl Client {
    /// Encrypts and sends one box and waits for the answer; returns the index of the next. An empty
    /// plaintext is a tombstone.
    pub fn write_box(
        &self,
        cap: &WriteCap,
        index: &BoxIndex,
        plaintext: &[u8],
        flags: StartFlags,
    ) -> Result<Call<BoxIndex>> {
        // Encoded once for its checks: bad arguments are refused before anything starts.
        requests::encrypt_write_call(&self.shared, cap, index, plaintext, Priority::Write)?;
        let (cap, index) = (cap.clone(), index.clone());
        let plaintext = WipingVec::new(plaintext.to_vec()).into_bytes();
        Ok(Call::task(&self.shared, move |shared| {
            write_box(shared, cap, index, plaintext, flags)
        })
        .outbound())
    }

    /// Reads one box, waiting for it to be written unless the flags say otherwise.
    pub fn read_box(
        &self,
        cap: &ReadCap,
        index: &BoxIndex,
        flags: StartFlags,
    ) -> Result<Call<ReadBox>> {
        requests::encrypt_read_call(&self.shared, cap, index, Priority::Read)?;
        let (cap, index) = (cap.clone(), index.clone());
        Ok(Call::task(&self.shared, move |shared| {
            read_box(shared, cap, index, flags)
        }))
    }
}
