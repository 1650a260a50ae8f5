//! The replicas' key exchange, and the lengths that follow from it.
//!
//! Only X25519 is computed. The other half of a CTIDH1024-X25519 key has the real length and is derived from the X25519 half, so that a
//! changed byte makes another key.

use curve25519_dalek::montgomery::MontgomeryPoint;

use super::config::Era;
use super::random::stretch;

/// Length of an X25519 key, private or public.
pub(super) const KEY: usize = 32;

/// A key exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// What v0.0.99 has built in.
    Ctidh1024X25519,
    /// What the networks of the older recordings were set up with.
    X25519,
}

impl Scheme {
    /// The default of networks of this era.
    pub(super) fn of(era: Era) -> Scheme {
        match era {
            Era::Current | Era::V0_0_73Rc1 => Scheme::Ctidh1024X25519,
            Era::V0_0_72 => Scheme::X25519,
        }
    }

    /// Its name in geometries.
    pub(super) fn name(self) -> &'static str {
        match self {
            Scheme::Ctidh1024X25519 => "CTIDH1024-X25519",
            Scheme::X25519 => "x25519",
        }
    }

    /// How much longer a public key is than one of X25519.
    pub(super) fn extra_public(self) -> usize {
        match self {
            Scheme::Ctidh1024X25519 => 128,
            Scheme::X25519 => 0,
        }
    }

    fn extra_secret(self) -> usize {
        match self {
            Scheme::Ctidh1024X25519 => 130,
            Scheme::X25519 => 0,
        }
    }

    /// The plaintext size of a box, in a packet of constant size.
    pub(super) fn max_plaintext(self, era: Era) -> usize {
        let with_x25519 = match era {
            Era::V0_0_72 | Era::V0_0_73Rc1 => 1681,
            Era::Current => 1677,
        };
        with_x25519 - self.extra_public()
    }

    /// A public key in its whole length.
    pub(super) fn public_key(self, key: &[u8; KEY]) -> Vec<u8> {
        widened("public key", key, self.extra_public())
    }

    /// A private key in its whole length.
    pub(super) fn secret_key(self, key: &[u8; KEY]) -> Vec<u8> {
        widened("private key", key, self.extra_secret())
    }

    /// The X25519 half of a public key; `None` if the other half does not match.
    pub(super) fn read_public(self, bytes: &[u8]) -> Option<[u8; KEY]> {
        let key = *bytes.last_chunk()?;
        (self.public_key(&key) == bytes).then_some(key)
    }

    /// The X25519 half of a private key; `None` if the other half does not match.
    pub(super) fn read_secret(self, bytes: &[u8]) -> Option<[u8; KEY]> {
        let key = *bytes.last_chunk()?;
        (self.secret_key(&key) == bytes).then_some(key)
    }

    /// Length of a private key.
    pub(super) fn secret_length(self) -> usize {
        self.extra_secret() + KEY
    }
}

/// The public half of an X25519 key.
pub(super) fn public_of(secret: &[u8; KEY]) -> [u8; KEY] {
    MontgomeryPoint::mul_base_clamped(*secret).to_bytes()
}

fn widened(purpose: &str, key: &[u8; KEY], extra: usize) -> Vec<u8> {
    let mut whole = stretch(purpose, key, extra);
    whole.extend_from_slice(key);
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_the_lengths_of_their_scheme_and_are_read_back() {
        for (scheme, public, secret) in [
            (Scheme::Ctidh1024X25519, 160, 162),
            (Scheme::X25519, 32, 32),
        ] {
            let wide = scheme.public_key(&[7; KEY]);
            assert_eq!(wide.len(), public);
            assert_eq!(scheme.read_public(&wide), Some([7; KEY]));
            let wide = scheme.secret_key(&[8; KEY]);
            assert_eq!((wide.len(), scheme.secret_length()), (secret, secret));
            assert_eq!(scheme.read_secret(&wide), Some([8; KEY]));
        }
    }

    #[test]
    fn a_changed_byte_in_either_half_makes_another_key_or_none() {
        let scheme = Scheme::Ctidh1024X25519;
        for position in [0, 129, 130, 161] {
            let mut wide = scheme.secret_key(&[8; KEY]);
            wide[position] ^= 1;
            assert_eq!(scheme.read_secret(&wide), None, "{position}");
        }
        assert_eq!(scheme.read_secret(&[0; 31]), None);
        assert_eq!(scheme.read_public(&[0; 159]), None);
    }
}
