//! Boxes that a message had before a conflict gave it others. What had been written stays there, so it
//! is erased with the message.

use std::collections::BTreeMap;

use crate::bacap::{BoxIndex, BOX_INDEX_SIZE};
use crate::store::backing::Backing;
use crate::store::fields::{Fields, Parts};
use crate::store::keys::{numbered, Kind};
use crate::store::records::Place;
use crate::Result;

/// Boxes in a row.
#[derive(Clone)]
pub(crate) struct Row {
    pub(crate) first: BoxIndex,
    pub(crate) boxes: u32,
}

impl From<Place> for Row {
    fn from(place: Place) -> Self {
        Row {
            first: place.first,
            boxes: place.boxes,
        }
    }
}

/// Which boxes are stored of messages that may not be stored as a whole.
#[derive(Clone, Default)]
pub(crate) struct Written {
    /// How many from the first box of a message on.
    pub(crate) rows: BTreeMap<u64, u32>,
    /// Others, behind a box that is not.
    pub(crate) apart: Vec<(u64, BoxIndex)>,
}

impl Written {
    /// Those of one message, which began at `first`.
    pub(crate) fn of(&self, number: u64, first: &BoxIndex) -> Vec<Row> {
        let boxes = self.rows.get(&number).copied().unwrap_or(0);
        let row = Row {
            first: first.clone(),
            boxes,
        };
        let apart = self.apart.iter().filter(|(of, _)| *of == number);
        let apart = apart.map(|(_, index)| Row {
            first: index.clone(),
            boxes: 1,
        });
        let begun = (boxes > 0).then_some(row);
        begun.into_iter().chain(apart).collect()
    }
}

/// Keeps what a message leaves behind, beside what it left before.
pub(crate) fn add(
    backing: &mut dyn Backing,
    channel: u64,
    number: u64,
    rows: &[Row],
) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let key = numbered(channel, Kind::Leftover, number);
    let before = backing.get(&key)?;
    let before: &[u8] = before.as_ref().map_or(&[], |record| record);
    let room = before.len() + rows.len() * (BOX_INDEX_SIZE + 4);
    let mut fields = Fields::with_room(room)?.bytes(before);
    for row in rows {
        fields = fields.bytes(row.first.as_bytes()).short(row.boxes);
    }
    backing.put(&key, &fields.done())
}

/// What a message has left behind.
pub(crate) fn of(backing: &mut dyn Backing, channel: u64, number: u64) -> Result<Vec<Row>> {
    let Some(record) = backing.get(&numbered(channel, Kind::Leftover, number))? else {
        return Ok(Vec::new());
    };
    let rows = record.chunks(BOX_INDEX_SIZE + 4).map(|row| {
        let mut parts = Parts::of(row);
        Ok(Row {
            first: BoxIndex::copy_of(parts.array::<BOX_INDEX_SIZE>()?),
            boxes: parts.short()?,
        })
    });
    rows.collect()
}

/// It is erased.
pub(crate) fn forget(backing: &mut dyn Backing, channel: u64, number: u64) -> Result<()> {
    backing.delete(&numbered(channel, Kind::Leftover, number))
}
