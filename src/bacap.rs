//! Capabilities and box indices, and what a client can compute from them itself.
//!
//! The values are fixed-size byte strings with these parts:
//!
//! | value | parts |
//! |---|---|
//! | [`BoxIndex`], 104 bytes | counter (8, little endian), blinding factor (32), encryption key (32), HKDF state (32) |
//! | [`ReadCap`], 136 bytes | Ed25519 public key (32), first index (104) |
//! | [`WriteCap`], 168 bytes | Ed25519 seed (32), public key (32), first index (104) |
//!
//! All of them are secrets: a read cap or an index is enough to decrypt boxes. So
//! they lie behind a pointer, are wiped when the last clone goes, compared in constant time and never shown by `Debug`.
//! The cryptography is in `derive`.

mod derive;
#[cfg(test)]
mod tests;

use std::fmt;
use std::hash::{Hash, Hasher};

use subtle::ConstantTimeEq;
use zeroize::Zeroize;

use crate::secret::{sweeping, Secret};
use crate::{Error, Result, Status};

pub use derive::blake2b_256;

/// Length of a [`WriteCap`].
pub const WRITE_CAP_SIZE: usize = 168;
/// Length of a [`ReadCap`].
pub const READ_CAP_SIZE: usize = 136;
/// Length of a [`BoxIndex`].
pub const BOX_INDEX_SIZE: usize = 104;
/// Length of the seed of a [`keypair`].
pub const SEED_SIZE: usize = 32;
/// How many bytes of a random source become a [`Keypair`].
pub const STREAM_SIZE: usize = 80;
/// The context that the daemon uses for the box ids of Pigeonhole channels.
pub const CONTEXT: &[u8] = b"pigeonhole context";

/// So many steps are gone to compare two indices; each costs microseconds.
const NEAR: u64 = 16;
/// No stream has so many boxes.
const FAR: u64 = 1 << 40;

const KEY_SIZE: usize = 32;
const COUNTER_SIZE: usize = 8;

/// Writes to a channel; implies the [`ReadCap`].
#[derive(Clone)]
pub struct WriteCap(Secret<WRITE_CAP_SIZE>);

/// Reads a channel.
#[derive(Clone)]
pub struct ReadCap(Secret<READ_CAP_SIZE>);

/// The place of one box in a channel, with the keys of that box and of all later ones.
#[derive(Clone)]
pub struct BoxIndex(Secret<BOX_INDEX_SIZE>);

/// What a seed yields: both capabilities and the index of the first box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keypair {
    /// The writer's half.
    pub write_cap: WriteCap,
    /// The readers' half.
    pub read_cap: ReadCap,
    /// The first index of both.
    pub first_index: BoxIndex,
}

macro_rules! secret_bytes {
    ($name:ident, $size:expr) => {
        impl $name {
            /// Wraps bytes that the daemon or this library made; checks nothing.
            pub fn from_array(bytes: [u8; $size]) -> Self {
                Self::copy_of(&bytes)
            }

            /// The same, of bytes that stay where they are: no further copy is made of them.
            pub fn copy_of(bytes: &[u8; $size]) -> Self {
                $name(Secret::new(bytes))
            }

            /// Shares bytes that the daemon sent; checks nothing.
            pub fn from_secret(secret: &Secret<$size>) -> Self {
                $name(secret.clone())
            }

            /// The whole value, for the wire or for storage.
            pub fn as_bytes(&self) -> &[u8; $size] {
                self.0.as_bytes()
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.as_bytes().ct_eq(other.as_bytes()).into()
            }
        }

        impl Eq for $name {}

        impl Hash for $name {
            fn hash<H: Hasher>(&self, state: &mut H) {
                self.as_bytes().hash(state);
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    };
}

secret_bytes!(WriteCap, WRITE_CAP_SIZE);
secret_bytes!(ReadCap, READ_CAP_SIZE);
secret_bytes!(BoxIndex, BOX_INDEX_SIZE);

impl WriteCap {
    /// Takes bytes from storage: `ARG_SIZE` unless there are 168, and
    /// `INVALID_CAPABILITY` unless the public half belongs to the seed.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let cap = WriteCap(Secret::new(sized(bytes, "write capability")?));
        if sweeping(|| derive::public_key_of(cap.seed()) == *cap.public_half()) {
            return Ok(cap);
        }
        Err(Error::new(
            Status::INVALID_CAPABILITY,
            "the public half of the write capability does not belong to its private half",
        ))
    }

    /// Puts a capability together from what cannot be computed again. Any seed belongs to somebody.
    pub(crate) fn from_parts(seed: &[u8; SEED_SIZE], first_index: &BoxIndex) -> Self {
        let public = sweeping(|| derive::public_key_of(seed));
        WriteCap(Secret::filled_by(|bytes| {
            bytes[..KEY_SIZE].copy_from_slice(seed);
            bytes[KEY_SIZE..2 * KEY_SIZE].copy_from_slice(&public);
            bytes[2 * KEY_SIZE..].copy_from_slice(first_index.as_bytes());
        }))
    }

    /// The readers' half of this capability.
    pub fn read_cap(&self) -> ReadCap {
        ReadCap::copy_of(part_ref::<KEY_SIZE, READ_CAP_SIZE, WRITE_CAP_SIZE>(
            self.as_bytes(),
        ))
    }

    /// The index of the channel's first box.
    pub fn first_index(&self) -> BoxIndex {
        BoxIndex::copy_of(
            part_ref::<{ 2 * KEY_SIZE }, BOX_INDEX_SIZE, WRITE_CAP_SIZE>(self.as_bytes()),
        )
    }

    /// Identifies copy commands: BLAKE2b-256 of the whole capability.
    pub fn hash(&self) -> [u8; 32] {
        blake2b_256(self.as_bytes())
    }

    /// The Ed25519 public key.
    pub fn public_key(&self) -> [u8; 32] {
        *self.public_half()
    }

    /// The Ed25519 seed.
    pub(crate) fn seed(&self) -> &[u8; 32] {
        part_ref::<0, KEY_SIZE, WRITE_CAP_SIZE>(self.as_bytes())
    }

    fn public_half(&self) -> &[u8; 32] {
        part_ref::<KEY_SIZE, KEY_SIZE, WRITE_CAP_SIZE>(self.as_bytes())
    }
}

impl ReadCap {
    /// Takes bytes from storage or from another person: `ARG_SIZE` unless there are 136,
    /// and `INVALID_CAPABILITY` for a key that is no point of the curve, or one of small
    /// order. Daemons leave a request with such a key unanswered or crash on it.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let cap = ReadCap(Secret::new(sized(bytes, "read capability")?));
        derive::check_public_key(cap.key())?;
        Ok(cap)
    }

    /// The index of the channel's first box.
    pub fn first_index(&self) -> BoxIndex {
        BoxIndex::copy_of(part_ref::<KEY_SIZE, BOX_INDEX_SIZE, READ_CAP_SIZE>(
            self.as_bytes(),
        ))
    }

    /// The Ed25519 public key.
    pub fn public_key(&self) -> [u8; 32] {
        *self.key()
    }

    /// The same, where it lies.
    pub(crate) fn key(&self) -> &[u8; 32] {
        part_ref::<0, KEY_SIZE, READ_CAP_SIZE>(self.as_bytes())
    }
}

impl BoxIndex {
    /// Takes bytes from storage or from another person: `ARG_SIZE` unless there are 104.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        sized(bytes, "message box index").map(|bytes| BoxIndex(Secret::new(bytes)))
    }

    /// The position in the channel. Channels start at a random one, and it wraps around.
    pub fn counter(&self) -> u64 {
        u64::from_le_bytes(part::<0, COUNTER_SIZE, BOX_INDEX_SIZE>(self.as_bytes()))
    }

    /// The index of the box after this one.
    #[must_use]
    pub fn next(&self) -> BoxIndex {
        sweeping(|| {
            let mut okm = derive::next_material(self.state(), self.counter());
            let next = Self::assemble(self.counter().wrapping_add(1), &okm);
            okm.zeroize();
            next
        })
    }

    /// The index so many boxes further on.
    pub(crate) fn ahead(&self, boxes: usize) -> BoxIndex {
        (0..boxes).fold(self.clone(), |index, _| index.next())
    }

    /// The factor by which the channel's public key is blinded to give the box id.
    pub fn blinding_factor(&self) -> &[u8; 32] {
        part_ref::<COUNTER_SIZE, KEY_SIZE, BOX_INDEX_SIZE>(self.as_bytes())
    }

    /// The key under which the box's content is encrypted, before a context is mixed in.
    pub fn encryption_key(&self) -> &[u8; 32] {
        part_ref::<{ COUNTER_SIZE + KEY_SIZE }, KEY_SIZE, BOX_INDEX_SIZE>(self.as_bytes())
    }

    /// The name under which replicas keep this box: the channel's public key, blinded for
    /// this index and `context` (see [`CONTEXT`]). `INVALID_CAPABILITY` when `public_key`
    /// is no usable point of the curve.
    pub fn box_id(&self, public_key: &[u8; 32], context: &[u8]) -> Result<[u8; 32]> {
        sweeping(|| derive::blinded_key(public_key, self.blinding_factor(), context))
    }

    /// How many boxes lie between two indices, if they are of one stream.
    fn distance(&self, other: &BoxIndex) -> u64 {
        let ahead = self.counter().wrapping_sub(other.counter());
        ahead.min(ahead.wrapping_neg())
    }

    /// False where this certainly is no index of the stream with `first`: farther away than any
    /// stream is long, or, where the daemon's next indices are known (`steps`), near it and not
    /// reached by steps. Streams start at random, so hardly any foreign index passes. One before
    /// `first` may belong to it: readers get later first indices.
    pub(crate) fn may_belong_to(&self, first: &BoxIndex, steps: bool) -> bool {
        let distance = self.distance(first);
        if !steps || distance > NEAR {
            return distance <= FAR;
        }
        let is_ahead = self.counter().wrapping_sub(first.counter()) == distance;
        let (from, to) = if is_ahead {
            (first, self)
        } else {
            (self, first)
        };
        (0..distance).fold(from.clone(), |at, _| at.next()) == *to
    }

    fn state(&self) -> &[u8; 32] {
        part_ref::<{ COUNTER_SIZE + 2 * KEY_SIZE }, KEY_SIZE, BOX_INDEX_SIZE>(self.as_bytes())
    }

    /// Builds an index from the output of HKDF: state, encryption key, blinding factor.
    fn assemble(counter: u64, okm: &[u8; derive::MATERIAL_SIZE]) -> BoxIndex {
        BoxIndex(Secret::filled_by(|bytes| {
            let (head, keys) = bytes.split_at_mut(COUNTER_SIZE);
            head.copy_from_slice(&counter.to_le_bytes());
            keys[..KEY_SIZE].copy_from_slice(&okm[2 * KEY_SIZE..]);
            keys[KEY_SIZE..2 * KEY_SIZE].copy_from_slice(&okm[KEY_SIZE..2 * KEY_SIZE]);
            keys[2 * KEY_SIZE..].copy_from_slice(&okm[..KEY_SIZE]);
        }))
    }
}

/// How a seed becomes the counter of a channel's first index. Daemons differ in this and in nothing else: the next index,
/// box ids, and all that carries its index are the same everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Derivation {
    /// Of daemons built with hpqc before its change 101 of May 2026: v0.0.76 and older.
    BeforeHpqc101,
    /// Of those since: v0.0.94 and later for certain.
    SinceHpqc101,
}

impl Derivation {
    /// The derivation of today's daemons.
    pub const CURRENT: Derivation = Derivation::SinceHpqc101;
}

/// Makes a channel's capabilities from a seed, the same ones that today's daemons make from it.
pub fn keypair(seed: &[u8; SEED_SIZE]) -> Keypair {
    keypair_by(Derivation::CURRENT, seed)
}

/// Makes a channel's capabilities from a seed as a daemon of this derivation does.
pub fn keypair_by(derivation: Derivation, seed: &[u8; SEED_SIZE]) -> Keypair {
    sweeping(|| keypair_of_stream(derivation, &derive::seed_stream(seed)))
}

/// The same from the bytes that a seed stands for, or another random source gives: signing key, state, counter.
pub fn keypair_of_stream(derivation: Derivation, stream: &[u8; STREAM_SIZE]) -> Keypair {
    let signing_seed = part_ref::<0, KEY_SIZE, STREAM_SIZE>(stream);
    let state = part_ref::<KEY_SIZE, KEY_SIZE, STREAM_SIZE>(stream);
    let counter = derive::first_counter(
        derivation,
        part_ref::<{ 2 * KEY_SIZE }, 16, STREAM_SIZE>(stream),
    );

    // The stream yields the state before the first box; one step leads to the first.
    let mut okm = derive::next_material(state, counter);
    let first_index = BoxIndex::assemble(counter.wrapping_add(1), &okm);
    okm.zeroize();

    let write_cap = WriteCap::from_parts(signing_seed, &first_index);
    Keypair {
        read_cap: write_cap.read_cap(),
        write_cap,
        first_index,
    }
}

fn sized<'a, const N: usize>(bytes: &'a [u8], what: &str) -> Result<&'a [u8; N]> {
    bytes.try_into().map_err(|_| {
        Error::new(
            Status::ARG_SIZE,
            format!("a {what} has {N} bytes, not {}", bytes.len()),
        )
    })
}

/// The `N` bytes from `START`; that they are inside is checked when this is compiled.
fn part_ref<const START: usize, const N: usize, const SIZE: usize>(bytes: &[u8; SIZE]) -> &[u8; N] {
    const { assert!(START + N <= SIZE) };
    match bytes[START..].first_chunk() {
        Some(part) => part,
        None => unreachable!(),
    }
}

fn part<const START: usize, const N: usize, const SIZE: usize>(bytes: &[u8; SIZE]) -> [u8; N] {
    *part_ref::<START, N, SIZE>(bytes)
}
