//! The table behind the handles: numbered slots that are reused under a new generation.
//!
//! The slot that has been free for longest is reused first, and on machines where few bits count
//! its uses, only when many are free: so a freed handle stays dead for as long as possible.
//!
//! A look-up takes no lock but that of its own slot. The slots lie in segments of
//! doubling size which, once made, stay where they are, so the table grows while
//! others read it.

use std::any::Any;
use std::collections::VecDeque;
use std::sync::Arc;

use once_cell::sync::OnceCell;

use crate::sync::atomic::{AtomicUsize, Ordering};
use crate::sync::{lock, Mutex};
use crate::{Error, Result, Status};

/// What a slot holds; its type is known from the handle's kind.
pub(crate) type Object = Arc<dyn Any + Send + Sync>;

/// Where an object lies: slot and generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    pub(crate) index: usize,
    pub(crate) generation: usize,
}

/// How many bits of a handle number its slot.
#[cfg(target_pointer_width = "64")]
pub(crate) const INDEX_BITS: u32 = 24;
/// How many bits of a handle tell one use of a slot from the next.
#[cfg(target_pointer_width = "64")]
pub(crate) const GENERATION_BITS: u32 = 21;
/// How many bits of a handle number its slot.
#[cfg(not(target_pointer_width = "64"))]
pub(crate) const INDEX_BITS: u32 = 16;
/// How many bits of a handle tell one use of a slot from the next.
#[cfg(not(target_pointer_width = "64"))]
pub(crate) const GENERATION_BITS: u32 = 8;

/// A slot that has been used this often is never used again where handles are
/// wide enough to afford it; on 32-bit machines the count starts over.
const LAST_GENERATION: usize = (1 << GENERATION_BITS) - 1;
const SLOTS: usize = 1 << INDEX_BITS;
const RETIRES: bool = cfg!(target_pointer_width = "64");

/// How many slots are free before one of them is used again. Where the count of uses starts over,
/// a freed handle stands for another object after so many times its range at the earliest.
const RESTING: usize = if RETIRES { 0 } else { 1 << 14 };

const FIRST_SEGMENT_BITS: u32 = 6;
const SEGMENTS: usize = (INDEX_BITS - FIRST_SEGMENT_BITS + 1) as usize;

/// All objects of one process that C holds handles of.
pub(crate) struct Table {
    segments: [OnceCell<Box<[Slot]>>; SEGMENTS],
    free: Mutex<FreeSlots>,
    /// How many slots rest.
    resting: usize,
    live: AtomicUsize,
}

struct Slot {
    state: Mutex<SlotState>,
}

/// An empty slot that nobody else has.
pub(crate) struct Claim<'a> {
    pub(crate) index: usize,
    slot: &'a Slot,
}

struct SlotState {
    generation: usize,
    object: Option<Object>,
}

#[derive(Default)]
struct FreeSlots {
    /// Slots that were used before and may be used again, in the order in which they were freed.
    used: VecDeque<u32>,
    /// The first slot that was never used.
    fresh: usize,
}

impl Table {
    pub(crate) const fn new() -> Self {
        Self::resting(RESTING)
    }

    /// One that uses a slot again only when more than this many are free.
    pub(crate) const fn resting(resting: usize) -> Self {
        Table {
            resting,
            segments: [const { OnceCell::new() }; SEGMENTS],
            free: Mutex::new(FreeSlots {
                used: VecDeque::new(),
                fresh: 0,
            }),
            live: AtomicUsize::new(0),
        }
    }

    /// Puts an object into a slot that was claimed.
    pub(crate) fn fill(&self, claim: &Claim<'_>, object: Object) -> Place {
        let mut state = lock(&claim.slot.state);
        state.object = Some(object);
        self.live.fetch_add(1, Ordering::Relaxed);
        Place {
            index: claim.index,
            generation: state.generation,
        }
    }

    /// The object at `place`, if it is still there.
    pub(crate) fn get(&self, place: Place) -> Option<Object> {
        let state = lock(&self.slot(place.index)?.state);
        if state.generation != place.generation {
            return None;
        }
        state.object.clone()
    }

    /// Takes the object at `place` out, if it is still there. Only one caller gets it.
    pub(crate) fn remove(&self, place: Place) -> Option<Object> {
        let mut state = lock(&self.slot(place.index)?.state);
        if state.generation != place.generation {
            return None;
        }
        let object = state.object.take()?;
        let reusable = state.generation < LAST_GENERATION || !RETIRES;
        state.generation = match state.generation {
            LAST_GENERATION => 0,
            generation => generation + 1,
        };
        drop(state);
        self.live.fetch_sub(1, Ordering::Relaxed);
        if reusable {
            self.release(place.index);
        }
        Some(object)
    }

    /// Gives a slot back that was claimed, or filled and emptied.
    pub(crate) fn release(&self, index: usize) {
        // Room was made when the slot was first claimed.
        lock(&self.free).used.push_back(index as u32);
    }

    /// How many objects are in.
    pub(crate) fn live(&self) -> usize {
        self.live.load(Ordering::Relaxed)
    }

    /// An empty slot that belongs to the caller from now on.
    pub(crate) fn claim(&self) -> Result<Claim<'_>> {
        let index = self.claim_index()?;
        let slot = self
            .slot(index)
            .ok_or_else(|| Error::new(Status::INTERNAL, "a claimed slot does not exist"))?;
        Ok(Claim { index, slot })
    }

    fn claim_index(&self) -> Result<usize> {
        let mut free = lock(&self.free);
        let none_is_left = free.fresh >= SLOTS;
        if free.used.len() > self.resting || none_is_left {
            if let Some(index) = free.used.pop_front() {
                return Ok(index as usize);
            }
        }
        if none_is_left {
            return Err(Error::new(Status::NO_MEMORY, "too many objects are alive"));
        }
        let index = free.fresh;
        self.ensure_segment(segment_of(index))?;
        let room = (index + 1).saturating_sub(free.used.len());
        free.used.try_reserve(room).map_err(|_| no_memory())?;
        free.fresh += 1;
        Ok(index)
    }

    fn ensure_segment(&self, segment: usize) -> Result<()> {
        self.segments[segment].get_or_try_init(|| {
            let count = 1_usize << (segment as u32 + FIRST_SEGMENT_BITS);
            let mut slots = Vec::new();
            slots.try_reserve_exact(count).map_err(|_| no_memory())?;
            slots.resize_with(count, Slot::new);
            Ok(slots.into_boxed_slice())
        })?;
        Ok(())
    }

    fn slot(&self, index: usize) -> Option<&Slot> {
        if index >= SLOTS {
            return None;
        }
        let segment = segment_of(index);
        let start = (1_usize << (segment as u32 + FIRST_SEGMENT_BITS)) - (1 << FIRST_SEGMENT_BITS);
        self.segments.get(segment)?.get()?.get(index - start)
    }
}

impl Slot {
    fn new() -> Self {
        // The first generation is 1, so that a handle is never all zero bits.
        Slot {
            state: Mutex::new(SlotState {
                generation: 1,
                object: None,
            }),
        }
    }
}

/// Segment 0 has 64 slots, each further one twice as many.
const fn segment_of(index: usize) -> usize {
    ((index + (1 << FIRST_SEGMENT_BITS)).ilog2() - FIRST_SEGMENT_BITS) as usize
}

fn no_memory() -> Error {
    Error::new(Status::NO_MEMORY, "no memory for another object")
}
