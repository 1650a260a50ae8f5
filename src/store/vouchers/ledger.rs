//! What the database keeps of vouchers. Each function is one step of the joiner's or the inductor's, and is called
//! inside a transaction. Of two who take a step at the same time the first one counts, and the other one goes on with
//! that.

use bytes::Bytes;

use super::records::{fingerprint, voucher_in, Induction, Minted, Outcome, Sealed, Stage, Voucher};
use crate::bacap::BoxIndex;
use crate::secret::WipingVec;
use crate::store::backing::Backing;
use crate::store::catalogue::{self, Known};
use crate::store::keys::{self, Kind, Named};
use crate::store::records::{Cap, ChannelRecord};
use crate::store::Direction;
use crate::{Error, Result, Status};

/// Where a voucher stands.
pub(crate) enum Found<T> {
    /// Its channel is not there yet.
    Pending(T),
    /// Its channel is there.
    Done(Known, Outcome),
}

/// The voucher that was minted for a writer of this name; `None` where the name is free.
pub(crate) fn minted(
    backing: &mut dyn Backing,
    name: &str,
    display_name: &str,
) -> Result<Option<Minted>> {
    match record(backing, Direction::Write, name)? {
        Some(record) => same_minted(&record, name, display_name).map(Some),
        None => catalogue::check_free(backing, Direction::Write, name).map(|()| None),
    }
}

/// Keeps what was minted, before anything of it is sent. Returns what is kept.
pub(crate) fn keep_minted(backing: &mut dyn Backing, name: &str, fresh: Minted) -> Result<Minted> {
    match minted(backing, name, &fresh.display_name)? {
        Some(existing) => Ok(existing),
        None => {
            put(backing, Direction::Write, name, &fresh.encode()?)?;
            Ok(fresh)
        }
    }
}

fn same_minted(record: &[u8], name: &str, display_name: &str) -> Result<Minted> {
    let minted = Minted::decode(record)?;
    if minted.display_name == display_name {
        return Ok(minted);
    }
    Err(Error::new(
        Status::CHANNEL_EXISTS,
        format!("there is a voucher for {name:?} already, with another display name"),
    ))
}

/// The first box is on the mixnet. Another call may have come to the end in the meantime.
pub(crate) fn mark_published(
    backing: &mut dyn Backing,
    name: &str,
    voucher: &Voucher,
) -> Result<()> {
    if outcome_of(backing, Direction::Write, name, voucher)?.is_some() {
        return Ok(());
    }
    let record = expected(backing, Direction::Write, name, voucher)?;
    let mut minted = Minted::decode(&record)?;
    minted.is_published = true;
    put(backing, Direction::Write, name, &minted.encode()?)
}

/// The voucher of a writer of this name, minted or opened.
pub(crate) fn to_open(backing: &mut dyn Backing, name: &str) -> Result<Found<Minted>> {
    if let Some(record) = record(backing, Direction::Write, name)? {
        return Minted::decode(&record).map(Found::Pending);
    }
    let done = outcome(backing, Direction::Write, name)?;
    let (known, outcome) = done.ok_or_else(|| none(name))?;
    Ok(Found::Done(known, outcome))
}

/// Keeps that a voucher is to be inducted for a reader of this name. Until the reply is sealed a later call may change
/// what is replied. Without a voucher it is that of an earlier call.
pub(crate) fn to_induct(
    backing: &mut dyn Backing,
    name: &str,
    voucher: Option<&Voucher>,
    who_reply: Bytes,
) -> Result<Found<Induction>> {
    let pending = record(backing, Direction::Read, name)?;
    let done = outcome(backing, Direction::Read, name)?;
    let Some(voucher) = voucher else {
        return match (pending, done) {
            (Some(record), _) => Induction::decode(&record).map(Found::Pending),
            (None, Some((known, outcome))) => Ok(Found::Done(known, outcome)),
            (None, None) => Err(none(name)),
        };
    };
    match (pending, done) {
        (Some(record), _) if *voucher_in(&record)? == **voucher => {
            let induction = Induction::decode(&record)?;
            if matches!(induction.stage, Stage::Sealed(_)) {
                return Ok(Found::Pending(induction));
            }
        }
        (None, Some((known, outcome))) if outcome.is_of(voucher) => {
            return Ok(Found::Done(known, outcome));
        }
        _ => catalogue::check_free(backing, Direction::Read, name)?,
    }
    let induction = Induction {
        voucher: voucher.clone(),
        stage: Stage::Waiting { who_reply },
    };
    put(backing, Direction::Read, name, &induction.encode()?)?;
    Ok(Found::Pending(induction))
}

/// Keeps a sealed reply, before it is sent. Returns the one that is kept.
pub(crate) fn keep_sealed(
    backing: &mut dyn Backing,
    name: &str,
    voucher: &Voucher,
    fresh: Sealed,
) -> Result<Sealed> {
    let record = expected(backing, Direction::Read, name, voucher)?;
    if let Stage::Sealed(existing) = Induction::decode(&record)?.stage {
        return Ok(existing);
    }
    let induction = Induction {
        voucher: voucher.clone(),
        stage: Stage::Sealed(fresh.clone()),
    };
    put(backing, Direction::Read, name, &induction.encode()?)?;
    Ok(fresh)
}

/// Makes the channel in place of its voucher, of which nothing secret stays.
pub(crate) fn finish(
    backing: &mut dyn Backing,
    name: &str,
    voucher: &Voucher,
    cap: Cap,
    told: Bytes,
) -> Result<(Known, Outcome)> {
    let direction = cap.direction();
    if let Some(done) = outcome_of(backing, direction, name, voucher)? {
        return Ok(done);
    }
    expected(backing, direction, name, voucher)?;
    let outcome = Outcome {
        fingerprint: fingerprint(voucher),
        told,
    };
    let encoded = outcome.encode()?;
    let first = first_index(&cap);
    let name = name.to_owned();
    backing.delete(&keys::name(Named::Voucher, direction, &name))?;
    let known = catalogue::add(backing, ChannelRecord { cap, name }, &first)?;
    backing.put(&keys::single(known.channel, Kind::Outcome), &encoded)?;
    Ok((known, outcome))
}

/// Gives a voucher up.
pub(crate) fn cancel(backing: &mut dyn Backing, direction: Direction, name: &str) -> Result<()> {
    if record(backing, direction, name)?.is_none() {
        return Err(none(name));
    }
    backing.delete(&keys::name(Named::Voucher, direction, name))
}

fn first_index(cap: &Cap) -> BoxIndex {
    match cap {
        Cap::Write(cap) => cap.first_index(),
        Cap::Read(cap) => cap.first_index(),
    }
}

fn record(
    backing: &mut dyn Backing,
    direction: Direction,
    name: &str,
) -> Result<Option<WipingVec>> {
    backing.get(&keys::name(Named::Voucher, direction, name))
}

fn put(
    backing: &mut dyn Backing,
    direction: Direction,
    name: &str,
    record: &WipingVec,
) -> Result<()> {
    backing.put(&keys::name(Named::Voucher, direction, name), record)
}

/// The record of this voucher, unless it was given up in the meantime.
fn expected(
    backing: &mut dyn Backing,
    direction: Direction,
    name: &str,
    voucher: &Voucher,
) -> Result<WipingVec> {
    match record(backing, direction, name)? {
        Some(record) if *voucher_in(&record)? == **voucher => Ok(record),
        _ => Err(none(name)),
    }
}

/// A channel that came from a voucher, and what that brought.
fn outcome(
    backing: &mut dyn Backing,
    direction: Direction,
    name: &str,
) -> Result<Option<(Known, Outcome)>> {
    let Some(known) = catalogue::look_up(backing, direction, name)? else {
        return Ok(None);
    };
    let record = backing.get(&keys::single(known.channel, Kind::Outcome))?;
    record
        .map(|record| Ok((known, Outcome::decode(&record)?)))
        .transpose()
}

/// The same, if it is this voucher's.
fn outcome_of(
    backing: &mut dyn Backing,
    direction: Direction,
    name: &str,
    voucher: &Voucher,
) -> Result<Option<(Known, Outcome)>> {
    let found = outcome(backing, direction, name)?;
    Ok(found.filter(|(_, outcome)| outcome.is_of(voucher)))
}

fn none(name: &str) -> Error {
    Error::new(
        Status::CHANNEL_NOT_IN_DB,
        format!("there is no voucher for a channel {name:?}, or it was given up"),
    )
}
