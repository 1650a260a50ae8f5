//! The hash of a file, computed as it is read.

use blake2::digest::{consts::U32, Digest};
use blake2::Blake2b;

use super::message::FileHash;

/// BLAKE2b-256 of what was added so far.
#[derive(Clone, Default)]
pub(crate) struct Hasher(Blake2b<U32>);

impl Hasher {
    pub(crate) fn add(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub(crate) fn hash(self) -> FileHash {
        self.0.finalize().into()
    }
}
