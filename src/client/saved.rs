//! Envelopes as bytes, so that a program can send the same one again after a crash.
//!
//! Layout, version 1: one byte version, 32 bytes hash, 104 bytes next index, 4 bytes
//! big-endian length of the descriptor, the descriptor, the ciphertext.

use bytes::Bytes;

use super::requests::Envelope;
use crate::bacap::{BoxIndex, BOX_INDEX_SIZE};
use crate::wire::{Hash, WipingVec};
use crate::{Error, Result, Status};

const VERSION: u8 = 1;
const HEAD: usize = 1 + 32 + BOX_INDEX_SIZE + 4;

impl Envelope {
    /// Everything in one piece. As secret as the box that it is for.
    pub fn to_bytes(&self) -> Bytes {
        let mut bytes = Vec::with_capacity(HEAD + self.descriptor.len() + self.ciphertext.len());
        bytes.push(VERSION);
        bytes.extend_from_slice(&self.hash);
        bytes.extend_from_slice(self.next_index.as_bytes());
        let descriptor_len = u32::try_from(self.descriptor.len()).unwrap_or(u32::MAX);
        bytes.extend_from_slice(&descriptor_len.to_be_bytes());
        bytes.extend_from_slice(&self.descriptor);
        bytes.extend_from_slice(&self.ciphertext);
        WipingVec::new(bytes).into_bytes()
    }

    /// What [`Envelope::to_bytes`] made; `ARG_VALUE` for anything else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let parts = || {
            let (version, rest) = bytes.split_first()?;
            let (hash, rest) = rest.split_first_chunk::<32>()?;
            let (index, rest) = rest.split_first_chunk::<BOX_INDEX_SIZE>()?;
            let (len, rest) = rest.split_first_chunk::<4>()?;
            let len = usize::try_from(u32::from_be_bytes(*len)).ok()?;
            let (descriptor, ciphertext) = rest.split_at_checked(len)?;
            (*version == VERSION).then_some((hash, index, descriptor, ciphertext))
        };
        let Some((hash, index, descriptor, ciphertext)) = parts() else {
            return Err(Error::new(
                Status::ARG_VALUE,
                "these bytes are no saved envelope",
            ));
        };
        Self::from_parts(hash, index, descriptor, ciphertext)
    }

    /// From the parts that other clients of the daemon store.
    pub fn from_parts(
        hash: &Hash,
        next_index: &[u8; BOX_INDEX_SIZE],
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
            next_index: BoxIndex::from_array(*next_index),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn envelope() -> Envelope {
        Envelope::from_parts(&[7; 32], &[8; BOX_INDEX_SIZE], b"descriptor", b"ciphertext").unwrap()
    }

    #[test]
    fn comes_back_as_it_was() {
        let saved = envelope().to_bytes();
        let loaded = Envelope::from_bytes(&saved).unwrap();
        assert_eq!(loaded.hash, [7; 32]);
        assert_eq!(loaded.next_index.as_bytes(), &[8; BOX_INDEX_SIZE]);
        assert_eq!(&loaded.descriptor[..], b"descriptor");
        assert_eq!(&loaded.ciphertext[..], b"ciphertext");
    }

    #[test]
    fn cut_off_or_of_another_version_is_refused() {
        let saved = envelope().to_bytes();
        for len in 0..HEAD + b"descriptor".len() + 1 {
            assert!(Envelope::from_bytes(&saved[..len]).is_err(), "{len}");
        }
        let mut other = saved.to_vec();
        other[0] = 2;
        assert!(Envelope::from_bytes(&other).is_err());
    }
}
