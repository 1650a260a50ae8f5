//! Byte strings as the daemon's decoder accepts them.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, Visitor};

/// A capability or an index. Any other length is a decoding error: the daemon closes the connection.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Exact<const N: usize>(pub(crate) [u8; N]);

/// An id or a hash. A short one is padded with zeros, a long one is truncated, without an error.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Fitted<const N: usize>(pub(crate) [u8; N]);

/// Bytes of any length, still inside the frame.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Blob<'a>(pub(crate) &'a [u8]);

struct ExactVisitor<const N: usize>;

impl<const N: usize> Visitor<'_> for ExactVisitor<N> {
    type Value = Exact<N>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "exactly {N} bytes")
    }

    fn visit_bytes<E: de::Error>(self, v: &[u8]) -> Result<Exact<N>, E> {
        match v.try_into() {
            Ok(array) => Ok(Exact(array)),
            Err(_) => Err(E::invalid_length(v.len(), &self)),
        }
    }
}

impl<'de, const N: usize> Deserialize<'de> for Exact<N> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_bytes(ExactVisitor::<N>)
    }
}

struct FittedVisitor<const N: usize>;

impl<const N: usize> Visitor<'_> for FittedVisitor<N> {
    type Value = Fitted<N>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{N} bytes")
    }

    fn visit_bytes<E: de::Error>(self, v: &[u8]) -> Result<Fitted<N>, E> {
        let mut array = [0; N];
        for (to, from) in array.iter_mut().zip(v) {
            *to = *from;
        }
        Ok(Fitted(array))
    }
}

impl<'de, const N: usize> Deserialize<'de> for Fitted<N> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_bytes(FittedVisitor::<N>)
    }
}

struct BlobVisitor;

impl<'de> Visitor<'de> for BlobVisitor {
    type Value = Blob<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a byte string")
    }

    fn visit_borrowed_bytes<E: de::Error>(self, v: &'de [u8]) -> Result<Blob<'de>, E> {
        Ok(Blob(v))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Blob<'a> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_bytes(BlobVisitor)
    }
}
