//! Randomness and derived keys, all from the configured seed, so that a run can be repeated.

use chacha20::cipher::{KeyIvInit, StreamCipher};
use chacha20::ChaCha20;
use kpclient::bacap::blake2b_256;

/// A generator: the key stream of ChaCha20.
pub(super) struct Random(ChaCha20);

impl Random {
    /// A generator for one purpose. Purposes do not influence each other.
    pub(super) fn new(seed: u64, purpose: &str) -> Random {
        let key = derive(seed, purpose, &[]);
        Random(ChaCha20::new(&key.into(), &[0; 12].into()))
    }

    /// The next `N` bytes.
    pub(super) fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.apply_keystream(&mut bytes);
        bytes
    }

    /// A number below `bound`; 0 if `bound` is 0.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        let wide = u128::from(u64::from_le_bytes(self.bytes()));
        usize::try_from((wide * bound as u128) >> 64).unwrap_or(0)
    }

    /// True with this probability.
    pub(super) fn chance(&mut self, probability: f64) -> bool {
        // With probability 0 nothing is drawn, so that other choices stay the same.
        if probability <= 0.0 {
            return false;
        }
        #[allow(clippy::cast_precision_loss)] // 32 bits are fine enough
        let drawn = (u64::from_le_bytes(self.bytes()) >> 32) as f64 / f64::from(u32::MAX);
        drawn < probability
    }

    /// One of these.
    pub(super) fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        from.get(self.below(from.len()))
    }
}

/// A key that is always the same for the same seed, purpose and number.
pub(super) fn derive(seed: u64, purpose: &str, numbers: &[u64]) -> [u8; 32] {
    let mut input = Vec::with_capacity(16 + purpose.len() + 8 * numbers.len());
    input.extend_from_slice(&seed.to_be_bytes());
    input.extend_from_slice(&(purpose.len() as u64).to_be_bytes());
    input.extend_from_slice(purpose.as_bytes());
    for number in numbers {
        input.extend_from_slice(&number.to_be_bytes());
    }
    blake2b_256(&input)
}

/// As [`derive`], of any length: for keys of schemes that are not computed here.
pub(super) fn derive_long(seed: u64, purpose: &str, numbers: &[u64], length: usize) -> Vec<u8> {
    key_stream(&derive(seed, purpose, numbers), length)
}

/// Derives bytes from a key and a purpose.
pub(super) fn stretch(purpose: &str, key: &[u8; 32], length: usize) -> Vec<u8> {
    key_stream(&blake2b_256(&[purpose.as_bytes(), key].concat()), length)
}

fn key_stream(key: &[u8; 32], length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    ChaCha20::new(key.into(), &[0; 12].into()).apply_keystream(&mut bytes);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_repeats_and_another_differs() {
        let mut one = Random::new(1, "x");
        let mut again = Random::new(1, "x");
        let mut other = Random::new(2, "x");
        let first: [u8; 16] = one.bytes();
        assert_eq!(first, again.bytes::<16>());
        assert_ne!(first, other.bytes::<16>());
        assert_ne!(first, one.bytes::<16>());
    }

    #[test]
    fn below_stays_below_and_reaches_everything() {
        let mut random = Random::new(3, "x");
        let mut seen = [false; 5];
        for _ in 0..200 {
            seen[random.below(5)] = true;
        }
        assert_eq!(seen, [true; 5]);
        assert_eq!(random.below(0), 0);
        assert!(random.pick::<u8>(&[]).is_none());
    }
}
