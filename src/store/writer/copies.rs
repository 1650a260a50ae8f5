//! How far the copy of a large message is, on the disk.

use crate::bacap::{WriteCap, WRITE_CAP_SIZE};
use crate::client::Destination;
use crate::secret::WipingVec;
use crate::store::backing::Backing;
use crate::store::fields::{damaged, Fields, Parts};
use crate::store::keys::{single, Kind};
use crate::store::records::Progress;
use crate::Result;

use super::ledger;

/// Streams that are begun for one message. A program that is ended again and again would write none of
/// them to its end; boxes that are written one by one stay.
const ATTEMPTS: u32 = 3;
/// More than the fields of fixed size have together.
const FIXED: usize = 256;

/// The copy of one message. A channel has one at a time.
#[derive(Clone, Default)]
pub(crate) struct Copy {
    /// The message.
    message: u64,
    /// Streams that were begun.
    attempts: u32,
    /// The stream that is written: a courier may have the command already.
    pub(crate) ordered: Option<Order>,
}

/// What a courier is told.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Order {
    pub(crate) stream: WriteCap,
    pub(crate) courier: Destination,
}

impl Copy {
    fn of(message: u64) -> Self {
        Copy {
            message,
            ..Copy::default()
        }
    }

    /// No stream is begun any more.
    pub(crate) fn is_given_up(&self) -> bool {
        self.attempts >= ATTEMPTS
    }

    /// Another stream is begun.
    pub(crate) fn begin(&mut self) {
        self.attempts += 1;
    }

    /// It is written.
    pub(crate) fn order(&mut self, order: Order) {
        self.ordered = Some(order);
    }

    /// The boxes of the message are written one by one instead.
    pub(crate) fn give_up(&mut self) {
        self.attempts = ATTEMPTS;
        self.ordered = None;
    }

    fn encode(&self) -> Result<WipingVec> {
        let queue = self.ordered.as_ref().map_or(0, |o| o.courier.queue.len());
        let mut fields = Fields::with_room(FIXED + WRITE_CAP_SIZE + queue)?
            .long(self.message)
            .short(self.attempts);
        if let Some(order) = &self.ordered {
            fields = fields
                .bytes(order.stream.as_bytes())
                .bytes(&order.courier.node)
                .block(&order.courier.queue);
        }
        Ok(fields.done())
    }

    fn decode(record: &[u8]) -> Result<Self> {
        let mut parts = Parts::of(record);
        let (message, attempts) = (parts.long()?, parts.short()?);
        let rest = parts.rest();
        let ordered = match rest.is_empty() {
            true => None,
            false => Some(Order::decode(rest)?),
        };
        Ok(Copy {
            message,
            attempts,
            ordered,
        })
    }
}

impl Order {
    fn decode(record: &[u8]) -> Result<Self> {
        let mut parts = Parts::of(record);
        let stream = WriteCap::copy_of(parts.array::<WRITE_CAP_SIZE>()?);
        let node = *parts.array()?;
        let queue = parts.block()?.to_vec();
        if !parts.rest().is_empty() {
            return Err(damaged());
        }
        Ok(Order {
            stream,
            courier: Destination { node, queue },
        })
    }
}

/// How far the copy of a message is.
pub(crate) fn load(backing: &mut dyn Backing, channel: u64, message: u64) -> Result<Copy> {
    let record = backing.get(&single(channel, Kind::Copy))?;
    let known = record.map(|record| Copy::decode(&record)).transpose()?;
    Ok(known
        .filter(|copy| copy.message == message)
        .unwrap_or(Copy::of(message)))
}

pub(crate) fn save(backing: &mut dyn Backing, channel: u64, copy: &Copy) -> Result<()> {
    backing.put(&single(channel, Kind::Copy), &copy.encode()?)
}

/// A message is copied: it is stored, and its stream forgotten.
pub(crate) fn end(backing: &mut dyn Backing, channel: u64, progress: Progress) -> Result<()> {
    ledger::save_progress(backing, channel, progress)?;
    backing.delete(&single(channel, Kind::Copy))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bacap::keypair;
    use crate::store::backing::memory::Memory;
    use crate::store::backing::Durability;

    fn order() -> Order {
        Order {
            stream: keypair(&[1; 32]).write_cap,
            courier: Destination {
                node: [5; 32],
                queue: b"courier".to_vec(),
            },
        }
    }

    #[test]
    fn a_copy_comes_back_as_it_was_and_is_none_of_another_message() {
        let mut memory = Memory::default();
        memory.begin(Durability::Now).unwrap();
        let mut copy = load(&mut memory, 1, 7).unwrap();
        copy.begin();
        copy.order(order());
        save(&mut memory, 1, &copy).unwrap();
        let same = load(&mut memory, 1, 7).unwrap();
        assert!(same.ordered == Some(order()));
        assert_eq!(same.attempts, 1);
        let next = load(&mut memory, 1, 8).unwrap();
        assert!(next.ordered.is_none() && next.attempts == 0);
    }

    #[test]
    fn records_that_are_cut_off_are_damaged() {
        let mut copy = Copy::of(7);
        copy.order(order());
        let record = copy.encode().unwrap();
        for length in 0..record.len() {
            // Without an order it is whole.
            assert_eq!(Copy::decode(&record[..length]).is_ok(), length == 12);
        }
        assert!(Copy::decode(&[&record[..], b"x"].concat()).is_err());
    }

    #[test]
    fn after_some_streams_no_other_is_begun() {
        let mut copy = Copy::of(7);
        for _ in 0..ATTEMPTS {
            assert!(!copy.is_given_up());
            copy.begin();
        }
        assert!(copy.is_given_up());
    }
}
