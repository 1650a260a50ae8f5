//! Boxes: sealed under the index, named and signed by the channel's key blinded for the index.
//!
//! Sealing is deterministic, so that writing the same plaintext to the same box twice gives the same box.

use blake2::Blake2b512;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::ChaCha20Poly1305;
use curve25519_dalek::scalar::{clamp_integer, Scalar};
use hkdf::SimpleHkdf;
use kpclient::bacap::{blake2b_256, BoxIndex, ReadCap, WriteCap, CONTEXT};
use sha2::{Digest, Sha512_256};

use super::ed25519::{self, Signature, Signer};

const NONCE: usize = 12;

/// The keys of one box that a reader knows.
pub(super) struct BoxKeys {
    /// The name under which replicas keep the box, which is also the key that verifies its signature.
    pub(super) id: [u8; 32],
    key: [u8; 32],
}

impl BoxKeys {
    /// `None` if the capability's key is no usable point of the curve.
    pub(super) fn new(public: &[u8; 32], index: &BoxIndex) -> Option<BoxKeys> {
        let id = index.box_id(public, CONTEXT).ok()?;
        let key = expand(index.encryption_key(), &id);
        Some(BoxKeys { id, key })
    }

    /// The keys of a box that is read.
    pub(super) fn of_reader(cap: &ReadCap, index: &BoxIndex) -> Option<BoxKeys> {
        BoxKeys::new(&cap.public_key(), index)
    }
}

/// What a replica stores.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct SignedBox {
    /// Its name.
    pub(super) id: [u8; 32],
    /// The content; nothing for a tombstone.
    pub(super) sealed: Vec<u8>,
    /// The signature, verified with the name as the key.
    pub(super) signature: Signature,
}

impl SignedBox {
    /// Seals a plaintext; an empty one makes a tombstone. `None` as for [`BoxKeys::new`].
    pub(super) fn seal(cap: &WriteCap, index: &BoxIndex, plaintext: &[u8]) -> Option<SignedBox> {
        let keys = BoxKeys::new(&cap.public_key(), index)?;
        let sealed = if plaintext.is_empty() {
            Vec::new()
        } else {
            seal_content(&keys, plaintext)?
        };
        let signature = blinded_signer(cap, index, keys.id).sign(&signed_part(&keys.id, &sealed));
        Some(SignedBox {
            id: keys.id,
            sealed,
            signature,
        })
    }

    /// Whether this deletes.
    pub(super) fn is_tombstone(&self) -> bool {
        self.sealed.is_empty()
    }

    /// Whether the signature is that of a writer of this box.
    pub(super) fn verify(&self) -> bool {
        let message = signed_part(&self.id, &self.sealed);
        ed25519::verify(&self.id, &message, &self.signature)
    }

    /// The plaintext; `None` if the keys are wrong or the content was changed.
    pub(super) fn open(&self, keys: &BoxKeys) -> Option<Vec<u8>> {
        if self.id != keys.id || !self.verify() {
            return None;
        }
        let (nonce, ciphertext) = self.sealed.split_at_checked(NONCE)?;
        let payload = Payload {
            msg: ciphertext,
            aad: &self.id,
        };
        let cipher = ChaCha20Poly1305::new(&keys.key.into());
        cipher.decrypt(nonce.into(), payload).ok()
    }
}

fn seal_content(keys: &BoxKeys, plaintext: &[u8]) -> Option<Vec<u8>> {
    let mut keyed = Vec::with_capacity(32 + plaintext.len());
    keyed.extend_from_slice(&keys.key);
    keyed.extend_from_slice(plaintext);
    let digest = blake2b_256(&keyed);
    let nonce = &digest[..NONCE];
    let payload = Payload {
        msg: plaintext,
        aad: &keys.id,
    };
    let cipher = ChaCha20Poly1305::new(&keys.key.into());
    let ciphertext = cipher.encrypt(nonce.into(), payload).ok()?;
    let mut sealed = Vec::with_capacity(NONCE + ciphertext.len());
    sealed.extend_from_slice(nonce);
    sealed.extend_from_slice(&ciphertext);
    Some(sealed)
}

fn blinded_signer(cap: &WriteCap, index: &BoxIndex, id: [u8; 32]) -> Signer {
    let mut seed = [0; 32];
    seed.copy_from_slice(&cap.as_bytes()[..32]);
    let factor = Sha512_256::digest(expand(index.blinding_factor(), &[])).into();
    let factor = Scalar::from_bytes_mod_order(clamp_integer(factor));
    Signer::from_seed(&seed).blinded(&factor, id)
}

fn signed_part(id: &[u8; 32], sealed: &[u8]) -> Vec<u8> {
    let kind: &[u8] = if sealed.is_empty() {
        b"tombstone"
    } else {
        b"box"
    };
    [kind, id, sealed].concat()
}

fn expand(secret: &[u8; 32], info: &[u8]) -> [u8; 32] {
    let mut okm = [0; 32];
    // Fails only for more than 255 blocks.
    let done = SimpleHkdf::<Blake2b512>::new(Some(CONTEXT), secret).expand(info, &mut okm);
    debug_assert!(done.is_ok());
    okm
}

#[cfg(test)]
mod tests {
    use super::*;
    use kpclient::bacap::keypair;

    #[test]
    fn what_is_sealed_under_an_index_verifies_against_the_box_id_and_opens() {
        let pair = keypair(&[1; 32]);
        let sealed = SignedBox::seal(&pair.write_cap, &pair.first_index, b"hello").unwrap();
        assert!(sealed.verify() && !sealed.is_tombstone());
        let keys = BoxKeys::of_reader(&pair.read_cap, &pair.first_index).unwrap();
        assert_eq!(sealed.open(&keys).unwrap(), b"hello");
        assert_eq!(sealed.sealed.len(), 5 + NONCE + 16);
    }

    #[test]
    fn another_index_or_a_changed_byte_does_not_open() {
        let pair = keypair(&[1; 32]);
        let mut sealed = SignedBox::seal(&pair.write_cap, &pair.first_index, b"hello").unwrap();
        let next = BoxKeys::of_reader(&pair.read_cap, &pair.first_index.next()).unwrap();
        assert!(sealed.open(&next).is_none());
        let keys = BoxKeys::of_reader(&pair.read_cap, &pair.first_index).unwrap();
        sealed.sealed[20] ^= 1;
        assert!(!sealed.verify() && sealed.open(&keys).is_none());
        sealed.sealed[20] ^= 1;
        sealed.signature[0] ^= 1;
        assert!(sealed.open(&keys).is_none());
    }

    #[test]
    fn sealing_twice_gives_the_same_box_and_another_plaintext_another() {
        let pair = keypair(&[1; 32]);
        let seal = |text: &[u8]| SignedBox::seal(&pair.write_cap, &pair.first_index, text).unwrap();
        assert!(seal(b"a") == seal(b"a"));
        assert!(seal(b"a") != seal(b"b"));
    }

    #[test]
    fn a_capability_with_a_foreign_public_half_cannot_sign() {
        let (mine, other) = (keypair(&[1; 32]), keypair(&[2; 32]));
        let mut bytes = *mine.write_cap.as_bytes();
        bytes[32..64].copy_from_slice(&other.write_cap.public_key());
        let forged = WriteCap::from_array(bytes);
        let sealed = SignedBox::seal(&forged, &mine.first_index, b"x").unwrap();
        assert!(!sealed.verify());
    }

    #[test]
    fn a_tombstone_is_signed_too() {
        let pair = keypair(&[1; 32]);
        let mut tombstone = SignedBox::seal(&pair.write_cap, &pair.first_index, b"").unwrap();
        assert!(tombstone.is_tombstone() && tombstone.verify());
        tombstone.signature[0] ^= 1;
        assert!(!tombstone.verify());
    }
}
