//! Handles: pointers in type, numbers in value.
//!
//! What C holds is never the address of anything. Its bits say which kind of
//! object it stands for, which slot of the table it lies in, which use of that
//! slot, and which process made it; the lowest bit is set, so that it is no
//! aligned pointer, and the highest ones are such that it is no address at all.
//! A freed, stale, foreign or made-up handle therefore finds nothing, instead of
//! something that is not its own. An object that is in use on another thread
//! lives until that use is over.
//!
//! | bits (64-bit machines) | meaning |
//! |---|---|
//! | 0 | 1 |
//! | 1–6 | kind, [`Tag`] |
//! | 7–30 | slot |
//! | 31–51 | generation of the slot |
//! | 52–59 | generation of the process |
//! | 60–63 | 0101: outside of every user address space |

use std::ffi::c_void;
use std::sync::Arc;

use super::handle_table::{Claim, Object, Place, GENERATION_BITS, INDEX_BITS};
use super::process;
use crate::{Error, Result, Status};

/// The kinds of objects that C can hold. The numbers only live as long as a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Tag {
    /// `kpc_error`
    Error = 1,
    /// `kpc_buffer`
    Buffer = 2,
    /// `kpc_config`
    Config = 3,
    /// `kpc_client`
    Client = 4,
    /// `kpc_result`
    OperationResult = 5,
    /// `kpc_envelope`
    Envelope = 6,
    /// `kpc_event`
    Event = 7,
    /// `kpc_event_sink`
    EventSink = 8,
    /// `kpc_pki_document`
    Document = 9,
    /// `kpc_services`
    Services = 10,
    /// `kpc_authorities`
    Authorities = 11,
    /// `kpc_stream_elements`
    Envelopes = 12,
    /// `kpc_tombstones`
    Tombstones = 13,
    /// `kpc_channel_query`
    ChannelQuery = 14,
    /// `kpc_voucher`
    Voucher = 15,
    /// `kpc_copy_builder`
    CopyBuilder = 16,
    /// `kpc_store`
    Store = 17,
    /// `kpc_writer`
    Writer = 18,
    /// `kpc_reader`
    Reader = 19,
    /// `kpc_message`
    Message = 20,
    /// `kpc_messages`
    Messages = 21,
    /// `kpc_names`
    Names = 22,
    /// `kpc_records`
    Records = 23,
}

const KINDS: [(Tag, &str); 23] = [
    (Tag::Error, "kpc_error"),
    (Tag::Buffer, "kpc_buffer"),
    (Tag::Config, "kpc_config"),
    (Tag::Client, "kpc_client"),
    (Tag::OperationResult, "kpc_result"),
    (Tag::Envelope, "kpc_envelope"),
    (Tag::Event, "kpc_event"),
    (Tag::EventSink, "kpc_event_sink"),
    (Tag::Document, "kpc_pki_document"),
    (Tag::Services, "kpc_services"),
    (Tag::Authorities, "kpc_authorities"),
    (Tag::Envelopes, "kpc_stream_elements"),
    (Tag::Tombstones, "kpc_tombstones"),
    (Tag::ChannelQuery, "kpc_channel_query"),
    (Tag::Voucher, "kpc_voucher"),
    (Tag::CopyBuilder, "kpc_copy_builder"),
    (Tag::Store, "kpc_store"),
    (Tag::Writer, "kpc_writer"),
    (Tag::Reader, "kpc_reader"),
    (Tag::Message, "kpc_message"),
    (Tag::Messages, "kpc_messages"),
    (Tag::Names, "kpc_names"),
    (Tag::Records, "kpc_records"),
];

/// Joins an opaque C type with what stands behind it.
pub(crate) trait Kind: Sized + 'static {
    /// What a handle of this kind stands for.
    type Object: Send + Sync + 'static;
    /// The kind's number in its handles.
    const TAG: Tag;
}

const TAG_BITS: u32 = 6;
const TAG_SHIFT: u32 = 1;
const INDEX_SHIFT: u32 = TAG_SHIFT + TAG_BITS;
const GENERATION_SHIFT: u32 = INDEX_SHIFT + INDEX_BITS;
const PROCESS_SHIFT: u32 = GENERATION_SHIFT + GENERATION_BITS;
const MARK_BITS: u32 = if usize::BITS == 64 { 4 } else { 0 };
const MARK: usize = if MARK_BITS == 0 { 0 } else { 0b0101 };
const MARK_SHIFT: u32 = usize::BITS - MARK_BITS;
const PROCESS_BITS: u32 = MARK_SHIFT - PROCESS_SHIFT;

/// What the bits of a handle say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Parts {
    tag: usize,
    place: Place,
    process: usize,
}

const fn mask(bits: u32) -> usize {
    (1 << bits) - 1
}

impl Parts {
    fn encode(self) -> usize {
        let mark = if MARK_BITS == 0 {
            0
        } else {
            MARK << (MARK_SHIFT % usize::BITS)
        };
        1 | self.tag << TAG_SHIFT
            | self.place.index << INDEX_SHIFT
            | self.place.generation << GENERATION_SHIFT
            | self.process << PROCESS_SHIFT
            | mark
    }

    fn decode(value: usize) -> Option<Parts> {
        let parts = Parts {
            tag: value >> TAG_SHIFT & mask(TAG_BITS),
            place: Place {
                index: value >> INDEX_SHIFT & mask(INDEX_BITS),
                generation: value >> GENERATION_SHIFT & mask(GENERATION_BITS),
            },
            process: value >> PROCESS_SHIFT & mask(PROCESS_BITS),
        };
        (parts.encode() == value).then_some(parts)
    }
}

/// A new handle of `object`.
pub(crate) fn insert<K: Kind>(object: Arc<K::Object>) -> Result<*mut K> {
    Ok(reserve()?.fill(object))
}

/// Room for one handle, taken before there is an object: whoever takes something that comes
/// only once has a place for it first.
pub(crate) struct Room {
    process: &'static process::Process,
    claim: Claim<'static>,
}

/// Takes room for a handle of this process.
pub(crate) fn reserve() -> Result<Room> {
    let process = process::own()?;
    let claim = process.table.claim()?;
    Ok(Room { process, claim })
}

impl Room {
    /// The handle of `object`.
    pub(crate) fn fill<K: Kind>(self, object: Arc<K::Object>) -> *mut K {
        self.fill_with(K::TAG, object).cast()
    }

    /// The handle of `object`, which is one of this kind.
    pub(crate) fn fill_with(self, tag: Tag, object: Object) -> *mut c_void {
        let parts = Parts {
            tag: tag as usize,
            place: self.process.table.fill(&self.claim, object),
            process: self.process.generation & mask(PROCESS_BITS),
        };
        std::mem::forget(self); // it is used, so nothing is given back
        std::ptr::without_provenance_mut(parts.encode())
    }
}

impl Drop for Room {
    #[inline(never)]
    fn drop(&mut self) {
        // The parent's table is left alone in a forked child.
        let mine = process::existing().is_some_and(|own| std::ptr::eq(own, self.process));
        if mine {
            self.process.table.release(self.claim.index);
        }
    }
}

/// The object that `handle` stands for.
pub(crate) fn get<K: Kind>(handle: *const K) -> Result<Arc<K::Object>> {
    own(K::TAG, get_any(K::TAG, handle.addr())?)
}

/// Ends `handle` and gives back the object, to exactly one caller.
pub(crate) fn take<K: Kind>(handle: *const K) -> Result<Arc<K::Object>> {
    own(K::TAG, take_any(K::TAG, handle.addr())?)
}

/// The object that the handle with these bits stands for, which is one of this kind.
fn get_any(tag: Tag, handle: usize) -> Result<Object> {
    let (process, place) = find(tag, handle)?;
    process.table.get(place).ok_or_else(|| stale(tag))
}

/// The same, and it ends.
pub(crate) fn take_any(tag: Tag, handle: usize) -> Result<Object> {
    let (process, place) = find(tag, handle)?;
    process.table.remove(place).ok_or_else(|| stale(tag))
}

/// The object as what it is.
fn own<T: Send + Sync + 'static>(tag: Tag, object: Object) -> Result<Arc<T>> {
    Arc::downcast(object).map_err(|_| stale(tag))
}

/// How many objects the calling process holds handles of.
pub(crate) fn live() -> usize {
    process::existing().map_or(0, |process| process.table.live())
}

/// Where `handle` says that its object is. Looks at nothing but the bits, the
/// process and, for a handle of this process, nothing that a fork could have locked.
fn find(tag: Tag, handle: usize) -> Result<(&'static process::Process, Place)> {
    let tag = tag as usize;
    if handle == 0 {
        return Err(Error::new(
            Status::ARG_NULL,
            format!("the {} is NULL", name(tag)),
        ));
    }
    let parts = Parts::decode(handle).ok_or_else(|| garbage(tag))?;
    if parts.tag != tag {
        return Err(Error::new(
            Status::BAD_HANDLE,
            format!("a {} where a {} is needed", name(parts.tag), name(tag)),
        ));
    }
    let Some(process) = process::existing() else {
        return Err(process::any().map_or_else(|| garbage(tag), |_| process::forked()));
    };
    if parts.process != process.generation & mask(PROCESS_BITS) {
        let earlier = parts.process < process.generation;
        return Err(if earlier {
            process::forked()
        } else {
            garbage(tag)
        });
    }
    Ok((process, parts.place))
}

fn name(tag: usize) -> &'static str {
    KINDS
        .iter()
        .find(|(kind, _)| *kind as usize == tag)
        .map_or("handle of no known kind", |(_, name)| name)
}

fn garbage(tag: usize) -> Error {
    Error::new(Status::BAD_HANDLE, format!("this is no {}", name(tag)))
}

fn stale(tag: Tag) -> Error {
    Error::new(
        Status::BAD_HANDLE,
        format!("this {} was freed", name(tag as usize)),
    )
}

/// A handle that is lent to a callback and ends with it.
pub(crate) struct Lent<K: Kind>(*mut K);

impl<K: Kind> Lent<K> {
    /// Makes a handle of `object` for as long as the result lives.
    pub(crate) fn new(room: Room, object: Arc<K::Object>) -> Self {
        Lent(room.fill(object))
    }

    /// The handle, for C.
    pub(crate) fn as_ptr(&self) -> *const K {
        self.0
    }
}

impl<K: Kind> Drop for Lent<K> {
    fn drop(&mut self) {
        // The callback may have freed it; then there is nothing left to end.
        let _ = take_any(K::TAG, self.0.addr());
    }
}
