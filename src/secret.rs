//! Memory that is wiped when it is freed: frames, capabilities, box indices.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use bytes::Bytes;

use crate::{Error, Result, Status};

/// Overwrites `memory` with zeros in a way that the optimiser has to keep.
///
/// One bulk fill and a barrier: the byte-wise volatile writes of `Zeroize` for slices
/// would cost milliseconds for a frame of many MiB.
///
/// Not inlined: every value that holds a secret ends with it, in hundreds of places.
#[inline(never)]
pub fn wipe(memory: &mut [u8]) {
    memory.fill(0);
    zeroize::optimization_barrier(memory);
}

/// How deep the stack is swept: more than any derivation takes, and less than the smallest
/// stacks have to spare.
const SWEPT: usize = 12 * 1024;

/// Runs `act` and overwrites what it left on the stack.
///
/// Those bytes do not stay on the stack: whatever is built there later and is moved to the heap, as
/// futures are, copies along the bytes that it does not use itself.
pub fn sweeping<T>(act: impl FnOnce() -> T) -> T {
    #[inline(never)]
    fn deeper<T>(act: impl FnOnce() -> T) -> T {
        act()
    }
    let made = deeper(act);
    sweep_stack();
    made
}

/// Overwrites the stack below the frame of the caller.
#[inline(never)]
pub fn sweep_stack() {
    let stack = [0_u8; SWEPT];
    zeroize::optimization_barrier(&stack);
}

/// A growable buffer whose memory is wiped on drop.
///
/// The owner has to reserve what it needs beforehand: growing may leave a copy behind.
pub struct WipingVec(Vec<u8>);

impl WipingVec {
    /// Takes a vector over; from now on its memory is wiped on drop.
    pub fn new(inner: Vec<u8>) -> Self {
        WipingVec(inner)
    }

    /// A copy of `bytes`. Fails with `NO_MEMORY`.
    pub fn copy_of(bytes: &[u8]) -> Result<Self> {
        let mut copy = Vec::new();
        copy.try_reserve_exact(bytes.len())
            .map_err(|_| Error::new(Status::NO_MEMORY, "no memory for a copy"))?;
        copy.extend_from_slice(bytes);
        Ok(WipingVec(copy))
    }

    /// Shares the memory as [`Bytes`]; it is wiped when the last slice of it goes.
    pub fn into_bytes(self) -> Bytes {
        Bytes::from_owner(self)
    }

    /// The memory as a slice that may be written.
    pub fn as_mut_slice(&mut self) -> &mut [u8] {
        &mut self.0
    }

    pub(crate) fn as_mut_vec(&mut self) -> &mut Vec<u8> {
        &mut self.0
    }
}

impl Drop for WipingVec {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}

impl AsRef<[u8]> for WipingVec {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Deref for WipingVec {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl From<Vec<u8>> for WipingVec {
    fn from(inner: Vec<u8>) -> Self {
        WipingVec(inner)
    }
}

impl fmt::Debug for WipingVec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WipingVec({} bytes)", self.0.len())
    }
}

/// A copy that is wiped when the last slice of it goes. Fails with `NO_MEMORY`.
pub fn secret_copy(bytes: &[u8]) -> Result<Bytes> {
    WipingVec::copy_of(bytes).map(WipingVec::into_bytes)
}

/// Exactly `N` secret bytes, wiped when the last clone goes and never shown by `Debug`.
///
/// They lie behind a pointer and never move: a value that is moved, into a closure, a future
/// or a queue, leaves its bytes behind where it was, and nobody wipes those. What moves here
/// is the pointer; a clone is another pointer to the same bytes.
#[derive(Clone)]
pub struct Secret<const N: usize>(Arc<Wiped<N>>);

/// The bytes themselves; made where they stay.
struct Wiped<const N: usize>([u8; N]);

impl<const N: usize> Drop for Wiped<N> {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}

impl<const N: usize> Secret<N> {
    /// A secret with this content.
    pub fn new(content: &[u8; N]) -> Self {
        Self::filled_by(|bytes| bytes.copy_from_slice(content))
    }

    /// A secret that is written in the place where it stays; zeros at first.
    pub fn filled_by(fill: impl FnOnce(&mut [u8; N])) -> Self {
        let mut made = Arc::new(Wiped([0; N]));
        if let Some(wiped) = Arc::get_mut(&mut made) {
            fill(&mut wiped.0);
        }
        Secret(made)
    }

    /// The content.
    pub fn as_bytes(&self) -> &[u8; N] {
        &self.0 .0
    }
}

impl<const N: usize> Deref for Secret<N> {
    type Target = [u8; N];

    fn deref(&self) -> &[u8; N] {
        self.as_bytes()
    }
}

impl<const N: usize> AsRef<[u8]> for Secret<N> {
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl<const N: usize> fmt::Debug for Secret<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({N} bytes)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wiping_leaves_only_zeros() {
        let mut memory = vec![7_u8; 300];
        wipe(&mut memory);
        assert!(memory.iter().all(|byte| *byte == 0));
    }

    #[test]
    fn debug_shows_lengths_and_no_content() {
        assert_eq!(format!("{:?}", Secret::new(&[0xab; 4])), "Secret(4 bytes)");
        let buffer = WipingVec::new(vec![0xab; 3]);
        assert_eq!(format!("{buffer:?}"), "WipingVec(3 bytes)");
    }

    #[test]
    fn a_secret_is_a_pointer_that_clones_share() {
        assert_eq!(size_of::<Secret<168>>(), size_of::<usize>());
        let secret = Secret::new(&[7; 168]);
        let clone = secret.clone();
        assert!(std::ptr::eq(secret.as_bytes(), clone.as_bytes()));
        let place: *const _ = secret.as_bytes();
        let moved = Box::new(secret);
        assert!(std::ptr::eq(place, moved.as_bytes()));
    }
}
