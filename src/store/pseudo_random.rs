//! Numbers that look random and are the same for the same seed, for tests.

/// Xorshift with 64 bits.
pub(super) struct PseudoRandom(u64);

impl PseudoRandom {
    /// The numbers of a seed.
    pub(super) fn new(seed: u64) -> Self {
        PseudoRandom(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// One of 0 to `limit - 1`.
    pub(super) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 16) % limit as u64) as usize
    }

    /// Any byte.
    pub(super) fn byte(&mut self) -> u8 {
        self.below(256).to_le_bytes()[0]
    }
}
