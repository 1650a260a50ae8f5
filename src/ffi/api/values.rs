//! Values of fixed size: capabilities, indices, hashes, ids.
//!
//! Their sizes are part of the ABI and never change; another scheme would get other types.

use crate::bacap::{BoxIndex, ReadCap, WriteCap};
use crate::client::Destination;
use crate::ffi::boundary::arguments;
use crate::ffi::boundary::call;
use crate::ffi::boundary::error::kpc_error;
use crate::ffi::boundary::outputs::{out, out_beside, Neutral};
use crate::ffi::boundary::status::kpc_status;
use crate::{Error, Result, Status};

/// Bytes of a write capability.
pub const KPC_WRITE_CAP_SIZE: usize = 168;
/// Bytes of a read capability.
pub const KPC_READ_CAP_SIZE: usize = 136;
/// Bytes of a message box index.
pub const KPC_BOX_INDEX_SIZE: usize = 104;
/// Bytes of a hash.
pub const KPC_HASH_SIZE: usize = 32;
/// Bytes of a seed for kpc_new_keypair.
pub const KPC_SEED_SIZE: usize = 32;
/// Bytes of an id of any kind.
pub const KPC_ID_SIZE: usize = 16;
/// Bytes of a message id.
pub const KPC_MESSAGE_ID_SIZE: usize = 16;
/// Bytes of the id of a reply block.
pub const KPC_SURB_ID_SIZE: usize = 16;
/// Bytes of the id that joins a request with its reply.
pub const KPC_QUERY_ID_SIZE: usize = 16;
/// Bytes that the queue id of a service has at most.
pub const KPC_QUEUE_ID_MAX_SIZE: usize = 32;
/// Bytes of a frame to or from the daemon at most.
pub const KPC_MAX_FRAME_SIZE: usize = 41_943_040;
/// Bytes of a box that hold the length of what is in it; the daemon adds them itself.
pub const KPC_BOX_LENGTH_PREFIX: usize = 4;

/// The right to write to a stream of boxes, and to read it. A secret: wipe copies of it with
/// kpc_wipe.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct kpc_write_cap {
    /// The capability as it is stored and sent.
    pub bytes: [u8; KPC_WRITE_CAP_SIZE],
}

/// The right to read a stream of boxes. Secret from all but its readers.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct kpc_read_cap {
    /// The capability as it is stored and sent.
    pub bytes: [u8; KPC_READ_CAP_SIZE],
}

/// The position of one box in a stream. It holds the key of its box and leads to all later
/// ones, so it is as secret as the capability.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct kpc_box_index {
    /// The index as it is stored and sent.
    pub bytes: [u8; KPC_BOX_INDEX_SIZE],
}

/// A BLAKE2b-256 hash: of an envelope, of a write capability, of a node's identity key.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct kpc_hash {
    /// The hash.
    pub bytes: [u8; KPC_HASH_SIZE],
}

/// A message id, the id of a reply block, a token.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct kpc_id {
    /// The id.
    pub bytes: [u8; KPC_ID_SIZE],
}

/// Where a service listens: what the calls that send need to know of it.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct kpc_service {
    /// Hash of the identity key of the node.
    pub node: kpc_hash,
    /// The queue on that node; the first queue_len bytes count.
    pub queue: [u8; KPC_QUEUE_ID_MAX_SIZE],
    /// Length of the queue id, 1 to KPC_QUEUE_ID_MAX_SIZE.
    pub queue_len: usize,
}

macro_rules! byte_values {
    ($($name:ident[$size:ident];)*) => {$(
        impl Neutral for $name {
            const NEUTRAL: Self = $name { bytes: [0; $size] };
        }
    )*};
}

byte_values! {
    kpc_write_cap[KPC_WRITE_CAP_SIZE];
    kpc_read_cap[KPC_READ_CAP_SIZE];
    kpc_box_index[KPC_BOX_INDEX_SIZE];
    kpc_hash[KPC_HASH_SIZE];
    kpc_id[KPC_ID_SIZE];
}

impl Neutral for kpc_service {
    const NEUTRAL: Self = kpc_service {
        node: kpc_hash::NEUTRAL,
        queue: [0; KPC_QUEUE_ID_MAX_SIZE],
        queue_len: 0,
    };
}

impl kpc_write_cap {
    /// What the core works with; checked where it was made, not here.
    pub(crate) fn inner(&self) -> WriteCap {
        WriteCap::copy_of(&self.bytes)
    }
}

impl kpc_read_cap {
    /// What the core works with; checked where it was made, not here.
    pub(crate) fn inner(&self) -> ReadCap {
        ReadCap::copy_of(&self.bytes)
    }
}

impl kpc_write_cap {
    /// What the core works with, looked at: today's daemon does not answer nonsense at all.
    pub(crate) fn checked(&self) -> Result<WriteCap> {
        WriteCap::from_bytes(&self.bytes)
    }
}

impl kpc_read_cap {
    /// What the core works with, looked at: today's daemon does not answer nonsense at all.
    pub(crate) fn checked(&self) -> Result<ReadCap> {
        ReadCap::from_bytes(&self.bytes)
    }
}

/// An index that may be left out.
///
/// # Safety
/// `index` is NULL or valid for reading.
pub(crate) unsafe fn optional_index(index: *const kpc_box_index) -> Result<Option<BoxIndex>> {
    // SAFETY: passed on from the caller.
    Ok(unsafe { arguments::optional_value(index, "index")? }.map(kpc_box_index::inner))
}

/// The output of a call that gives the index of the next box.
pub(crate) fn next_index(index: BoxIndex) -> Result<kpc_box_index> {
    Ok((&index).into())
}

impl kpc_service {
    /// What the core works with.
    pub(crate) fn destination(&self) -> Result<Destination> {
        let queue = self.queue.get(..self.queue_len).ok_or_else(|| {
            Error::new(
                Status::ARG_SIZE,
                format!("queue_len is {}, more than a queue id has", self.queue_len),
            )
        })?;
        Ok(Destination {
            node: self.node.bytes,
            queue: queue.to_vec(),
        })
    }
}

/// A destination for C.
pub(crate) fn service_value(node: &[u8; KPC_HASH_SIZE], queue: &[u8]) -> Result<kpc_service> {
    let mut value = kpc_service::NEUTRAL;
    let place = value.queue.get_mut(..queue.len()).ok_or_else(|| {
        Error::new(
            Status::INTERNAL,
            format!("a queue id of {} bytes", queue.len()),
        )
    })?;
    place.copy_from_slice(queue);
    value.node.bytes = *node;
    value.queue_len = queue.len();
    Ok(value)
}

impl kpc_box_index {
    /// What the core works with.
    pub(crate) fn inner(&self) -> BoxIndex {
        BoxIndex::copy_of(&self.bytes)
    }
}

impl From<&WriteCap> for kpc_write_cap {
    fn from(cap: &WriteCap) -> Self {
        kpc_write_cap {
            bytes: *cap.as_bytes(),
        }
    }
}

impl From<&ReadCap> for kpc_read_cap {
    fn from(cap: &ReadCap) -> Self {
        kpc_read_cap {
            bytes: *cap.as_bytes(),
        }
    }
}

impl From<&BoxIndex> for kpc_box_index {
    fn from(index: &BoxIndex) -> Self {
        kpc_box_index {
            bytes: *index.as_bytes(),
        }
    }
}

/// Makes a write capability from stored bytes, after validating them.
///
/// @param bytes  the stored capability; may be cap->bytes itself
/// @param len    how many bytes, which must be KPC_WRITE_CAP_SIZE
/// @param cap    receives the capability
/// @param error  receives details of a failure; may be NULL
/// @return KPC_OK, KPC_ERR_ARG_NULL, KPC_ERR_ARG_SIZE, KPC_ERR_INVALID_CAPABILITY (its
///         public half does not belong to its secret half)
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_write_cap_from_bytes(
    bytes: *const u8,
    len: usize,
    cap: *mut kpc_write_cap,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_beside(cap, bytes.cast(), "cap"), move || {
            Ok((&WriteCap::from_bytes(arguments::bytes(bytes, len, "bytes")?)?).into())
        })
    }
}

/// Makes a read capability from stored bytes, after validating them.
///
/// @param bytes  the stored capability; may be cap->bytes itself
/// @param len    how many bytes, which must be KPC_READ_CAP_SIZE
/// @param cap    receives the capability
/// @param error  receives details of a failure; may be NULL
/// @return KPC_OK, KPC_ERR_ARG_NULL, KPC_ERR_ARG_SIZE, KPC_ERR_INVALID_CAPABILITY (its key
///         is no key; daemons leave a request with it unanswered, or crash)
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_read_cap_from_bytes(
    bytes: *const u8,
    len: usize,
    cap: *mut kpc_read_cap,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_beside(cap, bytes.cast(), "cap"), move || {
            Ok((&ReadCap::from_bytes(arguments::bytes(bytes, len, "bytes")?)?).into())
        })
    }
}

/// Makes a message box index from stored bytes. Any bytes of the right length are one.
///
/// @param bytes  the stored index; may be index->bytes itself
/// @param len    how many bytes, which must be KPC_BOX_INDEX_SIZE
/// @param index  receives the index
/// @param error  receives details of a failure; may be NULL
/// @return KPC_OK, KPC_ERR_ARG_NULL, KPC_ERR_ARG_SIZE
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_box_index_from_bytes(
    bytes: *const u8,
    len: usize,
    index: *mut kpc_box_index,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_beside(index, bytes.cast(), "index"), move || {
            Ok((&BoxIndex::from_bytes(arguments::bytes(bytes, len, "bytes")?)?).into())
        })
    }
}

/// Makes a hash from stored bytes.
///
/// @param bytes  the stored hash; may be hash->bytes itself
/// @param len    how many bytes, which must be KPC_HASH_SIZE
/// @param hash   receives the hash
/// @param error  receives details of a failure; may be NULL
/// @return KPC_OK, KPC_ERR_ARG_NULL, KPC_ERR_ARG_SIZE
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_hash_from_bytes(
    bytes: *const u8,
    len: usize,
    hash: *mut kpc_hash,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_beside(hash, bytes.cast(), "hash"), move || {
            Ok(kpc_hash {
                bytes: *arguments::exactly(arguments::bytes(bytes, len, "bytes")?, "hash")?,
            })
        })
    }
}

/// Makes an id from stored bytes.
///
/// @param bytes  the stored id; may be id->bytes itself
/// @param len    how many bytes, which must be KPC_ID_SIZE
/// @param id     receives the id
/// @param error  receives details of a failure; may be NULL
/// @return KPC_OK, KPC_ERR_ARG_NULL, KPC_ERR_ARG_SIZE
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_id_from_bytes(
    bytes: *const u8,
    len: usize,
    id: *mut kpc_id,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_beside(id, bytes.cast(), "id"), move || {
            Ok(kpc_id {
                bytes: *arguments::exactly(arguments::bytes(bytes, len, "bytes")?, "id")?,
            })
        })
    }
}

/// The readers' half of a write capability.
///
/// @param cap       the write capability
/// @param read_cap  receives the read capability
/// @param error     receives details of a failure; may be NULL
/// @return KPC_OK, KPC_ERR_ARG_NULL
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_write_cap_read_cap(
    cap: *const kpc_write_cap,
    read_cap: *mut kpc_read_cap,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out(read_cap, "read_cap"), move || {
            Ok((&arguments::value(cap, "cap")?.inner().read_cap()).into())
        })
    }
}

/// The hash by which a copy command over the stream of a write capability is named, for
/// kpc_cancel_resending_copy_command: BLAKE2b-256 of the capability.
///
/// @param cap    the write capability
/// @param hash   receives the hash
/// @param error  receives details of a failure; may be NULL
/// @return KPC_OK, KPC_ERR_ARG_NULL
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_write_cap_hash(
    cap: *const kpc_write_cap,
    hash: *mut kpc_hash,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out(hash, "hash"), move || {
            let bytes = arguments::value(cap, "cap")?.inner().hash();
            Ok(kpc_hash { bytes })
        })
    }
}

/// The index of the first box of the stream that a write capability belongs to.
///
/// @param cap    the write capability
/// @param index  receives the index
/// @param error  receives details of a failure; may be NULL
/// @return KPC_OK, KPC_ERR_ARG_NULL
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_write_cap_first_index(
    cap: *const kpc_write_cap,
    index: *mut kpc_box_index,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out(index, "index"), move || {
            Ok((&arguments::value(cap, "cap")?.inner().first_index()).into())
        })
    }
}

/// The index of the first box of the stream that a read capability belongs to.
///
/// @param cap    the read capability
/// @param index  receives the index
/// @param error  receives details of a failure; may be NULL
/// @return KPC_OK, KPC_ERR_ARG_NULL
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_read_cap_first_index(
    cap: *const kpc_read_cap,
    index: *mut kpc_box_index,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out(index, "index"), move || {
            Ok((&arguments::value(cap, "cap")?.inner().first_index()).into())
        })
    }
}
