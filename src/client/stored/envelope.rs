//! A box prepared for sending, and other answers that are values of their own.

use bytes::Bytes;

use crate::bacap::BoxIndex;
use crate::wire::Hash;
use crate::{Error, Result, Status};

/// A box prepared for sending: what is sent, and what is needed to read the answer.
#[derive(Clone)]
pub struct Envelope {
    /// What is sent to the courier.
    pub ciphertext: Bytes,
    /// Decrypts the answer; to be kept secret.
    pub descriptor: Bytes,
    /// Identifies this envelope, for instance to cancel it.
    pub hash: Hash,
    /// The index of the next box; `None` where the envelope was stored without it.
    pub next_index: Option<BoxIndex>,
}

impl Envelope {
    /// The index of the next box.
    pub fn next(&self) -> Result<BoxIndex> {
        self.next_index.clone().ok_or_else(|| {
            Error::new(
                Status::ARG_VALUE,
                "this envelope was made without the index of the next box",
            )
        })
    }
}

/// A directory document with the signatures of the authorities.
#[derive(Clone, Debug)]
pub struct SignedDocument {
    /// The certificate, as CBOR; the caller verifies it.
    pub payload: Bytes,
    /// The epoch that it is for.
    pub epoch: u64,
}
