//! Couriers of the oldest era: one round trip, answered with the cached answer.
//!
//! They look once for each query, at its first arrival, and then repeat what they found. So a read that came before the
//! write never finds it, however often it is sent. A newly prepared read finds it at its second arrival.

use std::time::Duration;

use super::courier::{seal, Courier, World};
use super::envelope::{Answer, Envelope};
use super::replica::code;
use super::types::{BoxAnswer, Code, Hash, LegacyAnswer};

/// A query reaches a courier. At first it is only taken. Later reads get the answer of the chosen replica.
pub(super) fn query(
    courier: &mut Courier,
    now: Duration,
    world: &mut World<'_>,
    bytes: &[u8],
    hash: &Hash,
    reply_index: Option<u8>,
) -> LegacyAnswer {
    match try_query(courier, now, world, bytes, hash, reply_index) {
        Ok(answer) => answer,
        Err(code) => LegacyAnswer::CourierError(code),
    }
}

fn try_query(
    courier: &mut Courier,
    now: Duration,
    world: &mut World<'_>,
    bytes: &[u8],
    hash: &Hash,
    reply_index: Option<u8>,
) -> Result<LegacyAnswer, Code> {
    let Some(answer) = courier.known(hash).cloned() else {
        courier.ack(now, world, bytes, hash)?;
        return Ok(LegacyAnswer::Taken);
    };
    if !answer.is_read {
        return Ok(LegacyAnswer::Taken);
    }
    let slot = reply_index.map_or_else(|| u8::from(world.random.below(2) == 1), |index| index & 1);
    if answer.code == code::NOT_FOUND || !keeps(world, bytes, slot, &answer) {
        return Ok(LegacyAnswer::Nothing { reply_index: slot });
    }
    match seal(world, bytes, slot, &answer) {
        BoxAnswer::CourierError(code) => Err(code),
        answer => Ok(LegacyAnswer::Something {
            reply_index: slot,
            answer,
        }),
    }
}

/// A replica of that era answers only for its own boxes.
fn keeps(world: &World<'_>, bytes: &[u8], slot: u8, answer: &Answer) -> bool {
    let (Some(envelope), Some(found)) = (Envelope::parse(bytes), &answer.found) else {
        return true;
    };
    let number = envelope.numbers()[usize::from(slot)];
    world.replicas.shards(&found.id).contains(&number)
}
