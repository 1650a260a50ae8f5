//! Envelopes as bytes, so that a program can send the same one again after a crash.
//!
//! Layout, version 1: one byte version, 32 bytes hash, 104 bytes next index, 4 bytes
//! big-endian length of the descriptor, the descriptor, the ciphertext, and the
//! BLAKE2b-256 of all before. Version 2 is the same without the next index.

use bytes::Bytes;

use super::envelope::Envelope;
use crate::bacap::{blake2b_256, BoxIndex, BOX_INDEX_SIZE};
use crate::wire::{Hash, WipingVec};
use crate::{Error, Result, Status};

const VERSION: u8 = 1;
const WITHOUT_NEXT: u8 = 2;
const HEAD: usize = 1 + 32 + BOX_INDEX_SIZE + 4;

/// The number of bytes that [`seal`] adds.
pub(crate) const SEAL: usize = 32;

/// Appends the hash by which [`unseal`] recognises complete bytes. `bytes` has room for it.
pub(crate) fn seal(mut bytes: Vec<u8>) -> Bytes {
    let hash = blake2b_256(&bytes);
    bytes.extend_from_slice(&hash);
    WipingVec::new(bytes).into_bytes()
}

/// Returns what was sealed; `None` for bytes that were truncated or changed since.
pub(crate) fn unseal(bytes: &[u8]) -> Option<&[u8]> {
    let (content, hash) = bytes.split_last_chunk::<SEAL>()?;
    (blake2b_256(content) == *hash).then_some(content)
}

impl Envelope {
    /// The envelope as bytes. As secret as the box that it is for.
    pub fn to_bytes(&self) -> Bytes {
        let len = HEAD + self.descriptor.len() + self.ciphertext.len() + SEAL;
        let mut bytes = Vec::with_capacity(len);
        let next = self.next_index.as_ref().map(BoxIndex::as_bytes);
        bytes.push(next.map_or(WITHOUT_NEXT, |_| VERSION));
        bytes.extend_from_slice(&self.hash);
        bytes.extend_from_slice(next.map_or(&[], |next| &next[..]));
        let descriptor_len = u32::try_from(self.descriptor.len()).unwrap_or(u32::MAX);
        bytes.extend_from_slice(&descriptor_len.to_be_bytes());
        bytes.extend_from_slice(&self.descriptor);
        bytes.extend_from_slice(&self.ciphertext);
        seal(bytes)
    }

    /// Reads the bytes of [`Envelope::to_bytes`]; fails with `ARG_VALUE` for anything else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let parts = || {
            let (version, rest) = unseal(bytes)?.split_first()?;
            let (hash, rest) = rest.split_first_chunk::<32>()?;
            let (next, rest) = match *version {
                VERSION => {
                    let (next, rest) = rest.split_first_chunk::<BOX_INDEX_SIZE>()?;
                    (Some(BoxIndex::copy_of(next)), rest)
                }
                WITHOUT_NEXT => (None, rest),
                _ => return None,
            };
            let (len, rest) = rest.split_first_chunk::<4>()?;
            let len = usize::try_from(u32::from_be_bytes(*len)).ok()?;
            let (descriptor, ciphertext) = rest.split_at_checked(len)?;
            Some((hash, next, descriptor, ciphertext))
        };
        let Some((hash, next, descriptor, ciphertext)) = parts() else {
            return Err(Error::new(
                Status::ARG_VALUE,
                "these bytes are no saved envelope",
            ));
        };
        Self::from_parts(hash, next, descriptor, ciphertext)
    }

    /// Builds an envelope from the parts that other clients of the daemon store.
    pub fn from_parts(
        hash: &Hash,
        next_index: Option<BoxIndex>,
        descriptor: &[u8],
        ciphertext: &[u8],
    ) -> Result<Self> {
        if descriptor.is_empty() || ciphertext.is_empty() {
            return Err(Error::new(
                Status::ARG_EMPTY,
                "an envelope has a descriptor and a ciphertext",
            ));
        }
        let copy = |part: &[u8]| WipingVec::new(part.to_vec()).into_bytes();
        Ok(Envelope {
            ciphertext: copy(ciphertext),
            descriptor: copy(descriptor),
            hash: *hash,
            next_index,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn envelope() -> Envelope {
        let next = Some(BoxIndex::from_array([8; BOX_INDEX_SIZE]));
        Envelope::from_parts(&[7; 32], next, b"descriptor", b"ciphertext").unwrap()
    }

    #[test]
    fn without_the_next_index_it_comes_back_without() {
        let without = Envelope::from_parts(&[7; 32], None, b"descriptor", b"ciphertext").unwrap();
        let loaded = Envelope::from_bytes(&without.to_bytes()).unwrap();
        assert!(loaded.next_index.is_none());
        assert_eq!(loaded.hash, [7; 32]);
        assert_eq!(&loaded.descriptor[..], b"descriptor");
        assert_eq!(&loaded.ciphertext[..], b"ciphertext");
    }

    #[test]
    fn comes_back_as_it_was() {
        let saved = envelope().to_bytes();
        let loaded = Envelope::from_bytes(&saved).unwrap();
        assert_eq!(loaded.hash, [7; 32]);
        assert_eq!(loaded.next().unwrap().as_bytes(), &[8; BOX_INDEX_SIZE]);
        assert_eq!(&loaded.descriptor[..], b"descriptor");
        assert_eq!(&loaded.ciphertext[..], b"ciphertext");
    }

    #[test]
    fn truncated_changed_or_other_bytes_are_refused() {
        let saved = envelope().to_bytes();
        for len in 0..saved.len() {
            assert!(Envelope::from_bytes(&saved[..len]).is_err(), "{len}");
            let mut other = saved.to_vec();
            other[len] ^= 1;
            assert!(Envelope::from_bytes(&other).is_err(), "{len}");
        }
        let mut other = saved[..saved.len() - SEAL].to_vec();
        other[0] = 2;
        assert!(Envelope::from_bytes(&seal(other)).is_err());
    }
}
