//! The channels of a database, by name.

use super::backing::Backing;
use super::keys::{self, Kind, Named};
use super::records::{decode_number, encode_number, Cap, ChannelRecord, Position, Progress};
use super::Direction;
use crate::bacap::BoxIndex;
use crate::{Error, Result, Status};

/// A channel of the database.
pub(crate) struct Known {
    /// Its number: never used for another one.
    pub(crate) channel: u64,
    pub(crate) record: ChannelRecord,
}

/// Adds a channel that starts at `first`.
pub(crate) fn add(
    backing: &mut dyn Backing,
    record: ChannelRecord,
    first: &BoxIndex,
) -> Result<Known> {
    let direction = record.cap.direction();
    check_free(backing, direction, &record.name)?;
    let name_key = keys::name(Named::Channel, direction, &record.name);
    let counter = backing.get(&keys::counter())?;
    let channel = 1 + counter.map_or(Ok(0), |record| decode_number(&record))?;
    backing.put(&keys::counter(), &encode_number(channel)?)?;
    backing.put(&name_key, &encode_number(channel)?)?;
    backing.put(&keys::single(channel, Kind::Channel), &record.encode()?)?;
    match &record.cap {
        Cap::Write(_) => {
            backing.put(&keys::single(channel, Kind::Tail), &encode_number(1)?)?;
            backing.put(&keys::single(channel, Kind::Cursor), first.as_bytes())?;
            let progress = Progress {
                message: 1,
                boxes: 0,
            };
            backing.put(&keys::single(channel, Kind::Progress), &progress.encode()?)?;
        }
        Cap::Read(_) => {
            let position = Position {
                next_message: 1,
                index: first.clone(),
                passed_over: None,
            };
            backing.put(&keys::single(channel, Kind::Position), &position.encode()?)?;
            backing.put(
                &keys::single(channel, Kind::Acknowledged),
                &encode_number(0)?,
            )?;
        }
    }
    Ok(Known { channel, record })
}

/// Refuses a name that a channel has, or that a voucher keeps for one.
pub(crate) fn check_free(
    backing: &mut dyn Backing,
    direction: Direction,
    name: &str,
) -> Result<()> {
    for (named, what) in [
        (Named::Channel, "a channel"),
        (Named::Voucher, "a voucher for a channel"),
    ] {
        if backing.get(&keys::name(named, direction, name))?.is_some() {
            return Err(Error::new(
                Status::CHANNEL_EXISTS,
                format!("there is {what} {name:?} already"),
            ));
        }
    }
    Ok(())
}

/// Finds a channel by its name.
pub(crate) fn find(backing: &mut dyn Backing, direction: Direction, name: &str) -> Result<Known> {
    look_up(backing, direction, name)?.ok_or_else(|| {
        Error::new(
            Status::CHANNEL_NOT_IN_DB,
            format!("there is no channel {name:?}"),
        )
    })
}

/// The channel of a name, if there is one.
pub(crate) fn look_up(
    backing: &mut dyn Backing,
    direction: Direction,
    name: &str,
) -> Result<Option<Known>> {
    let Some(number) = backing.get(&keys::name(Named::Channel, direction, name))? else {
        return Ok(None);
    };
    let channel = decode_number(&number)?;
    let record = required(backing, &keys::single(channel, Kind::Channel))?;
    Ok(Some(Known {
        channel,
        record: ChannelRecord::decode(&record)?,
    }))
}

/// Deletes a channel that nobody has open, with all that belongs to it.
pub(crate) fn delete(backing: &mut dyn Backing, direction: Direction, name: &str) -> Result<()> {
    let channel = find(backing, direction, name)?.channel;
    backing.claim(channel)?;
    let deleted = delete_records(backing, channel)
        .and_then(|()| backing.delete(&keys::name(Named::Channel, direction, name)));
    backing.release(channel);
    deleted
}

fn delete_records(backing: &mut dyn Backing, channel: u64) -> Result<()> {
    let (from, to) = (keys::first_of(channel), keys::first_of(channel + 1));
    backing.delete_range(&from, &to)
}

/// All names of a direction.
pub(crate) fn names(
    backing: &mut dyn Backing,
    named: Named,
    direction: Direction,
) -> Result<Vec<String>> {
    let from = keys::names_from(named, direction);
    let to = keys::names_to(named, direction);
    let records = backing.scan(&from, &to, usize::MAX)?;
    let name = |key: &[u8]| {
        let name = key.get(from.len()..).unwrap_or_default();
        String::from_utf8_lossy(name).into_owned()
    };
    Ok(records.iter().map(|(key, _)| name(key)).collect())
}

/// A record that every channel of its direction has.
pub(crate) fn required(backing: &mut dyn Backing, key: &[u8]) -> Result<crate::secret::WipingVec> {
    backing.get(key)?.ok_or_else(|| {
        Error::new(
            Status::DB,
            "a record of the database is missing; was the channel deleted by another process?",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bacap::keypair;
    use crate::store::backing::memory::Memory;
    use crate::store::backing::Durability;

    fn record(name: &str) -> (ChannelRecord, BoxIndex) {
        let pair = keypair(&[1; 32]);
        let record = ChannelRecord {
            cap: Cap::Write(pair.write_cap),
            name: name.to_owned(),
        };
        (record, pair.first_index)
    }

    fn add_named(backing: &mut dyn Backing, name: &str) -> Result<u64> {
        let (record, first) = record(name);
        add(backing, record, &first).map(|known| known.channel)
    }

    #[test]
    fn a_deleted_channel_leaves_nothing_and_its_number_is_never_used_again() {
        let mut memory = Memory::default();
        memory.begin(Durability::Now).unwrap();
        let one = add_named(&mut memory, "one").unwrap();
        let two = add_named(&mut memory, "two").unwrap();
        for number in 0..100 {
            let key = keys::numbered(one, Kind::Message, number);
            memory.put(&key, b"message").unwrap();
        }
        let other = keys::numbered(two, Kind::Message, 1);
        memory.put(&other, b"stays").unwrap();
        delete(&mut memory, Direction::Write, "one").unwrap();
        assert_eq!(
            names(&mut memory, Named::Channel, Direction::Write).unwrap(),
            ["two"]
        );
        let (from, to) = (keys::first_of(one), keys::first_of(one + 1));
        assert!(memory.scan(&from, &to, 1).unwrap().is_empty());
        assert!(memory.get(&other).unwrap().is_some());
        let three = add_named(&mut memory, "one").unwrap();
        assert!(three > two);
        memory.commit().unwrap();
    }

    #[test]
    fn names_that_begin_alike_are_told_apart() {
        let mut memory = Memory::default();
        memory.begin(Durability::Now).unwrap();
        for name in ["a", "aa", "a\u{ff}", "\u{10ffff}"] {
            add_named(&mut memory, name).unwrap();
        }
        assert!(find(&mut memory, Direction::Write, "aaa").is_err());
        assert!(find(&mut memory, Direction::Read, "a").is_err());
        let known = find(&mut memory, Direction::Write, "aa").unwrap();
        assert_eq!((known.channel, known.record.name.as_str()), (2, "aa"));
        let all = names(&mut memory, Named::Channel, Direction::Write).unwrap();
        assert_eq!(all, ["a", "aa", "a\u{ff}", "\u{10ffff}"]);
        assert!(names(&mut memory, Named::Channel, Direction::Read)
            .unwrap()
            .is_empty());
        memory.commit().unwrap();
    }
}
