//! Ed25519 with blinded keys: the name of a box is its verification key.

use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::scalar::{clamp_integer, Scalar};
use sha2::{Digest, Sha512};

/// A signature as on the wire.
pub(super) type Signature = [u8; 64];

/// A private key, expanded.
pub(super) struct Signer {
    scalar: Scalar,
    prefix: [u8; 32],
    public: [u8; 32],
}

impl Signer {
    /// The ordinary key of a seed.
    pub(super) fn from_seed(seed: &[u8; 32]) -> Signer {
        let (low, prefix) = halves(&Sha512::digest(seed).into());
        let scalar = Scalar::from_bytes_mod_order(clamp_integer(low));
        let public = EdwardsPoint::mul_base(&scalar).compress().to_bytes();
        Signer {
            scalar,
            prefix,
            public,
        }
    }

    /// This key times a factor. It signs for `public` without a check that the two belong together.
    pub(super) fn blinded(&self, factor: &Scalar, public: [u8; 32]) -> Signer {
        let mut hash = Sha512::new();
        hash.update(b"blinded nonce prefix");
        hash.update(self.prefix);
        hash.update(public);
        let (prefix, _) = halves(&hash.finalize().into());
        Signer {
            scalar: self.scalar * factor,
            prefix,
            public,
        }
    }

    /// The public key.
    pub(super) fn public(&self) -> &[u8; 32] {
        &self.public
    }

    /// Signs; the same message always gives the same signature.
    pub(super) fn sign(&self, message: &[u8]) -> Signature {
        let nonce = hash_to_scalar(&[&self.prefix, message]);
        let commitment = EdwardsPoint::mul_base(&nonce).compress().to_bytes();
        let challenge = hash_to_scalar(&[&commitment, &self.public, message]);
        let response = nonce + challenge * self.scalar;
        let mut signature = [0; 64];
        signature[..32].copy_from_slice(&commitment);
        signature[32..].copy_from_slice(response.as_bytes());
        signature
    }
}

/// Whether the owner of this public key signed this message.
pub(super) fn verify(public: &[u8; 32], message: &[u8], signature: &Signature) -> bool {
    let (commitment, response) = halves(signature);
    let Some(key) = CompressedEdwardsY(*public).decompress() else {
        return false;
    };
    let Some(response) = Option::<Scalar>::from(Scalar::from_canonical_bytes(response)) else {
        return false;
    };
    let challenge = hash_to_scalar(&[&commitment, public, message]);
    let expected =
        EdwardsPoint::vartime_double_scalar_mul_basepoint(&challenge, &-key, &response).compress();
    expected.to_bytes() == commitment
}

/// Whether this is a usable public key.
pub(super) fn is_usable(public: &[u8; 32]) -> bool {
    CompressedEdwardsY(*public)
        .decompress()
        .is_some_and(|point| !point.is_small_order())
}

fn hash_to_scalar(parts: &[&[u8]]) -> Scalar {
    let mut hash = Sha512::new();
    for part in parts {
        hash.update(part);
    }
    Scalar::from_bytes_mod_order_wide(&hash.finalize().into())
}

fn halves(bytes: &[u8; 64]) -> ([u8; 32], [u8; 32]) {
    let (mut low, mut high) = ([0; 32], [0; 32]);
    low.copy_from_slice(&bytes[..32]);
    high.copy_from_slice(&bytes[32..]);
    (low, high)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unhex<const N: usize>(text: &str) -> [u8; N] {
        let mut bytes = [0; N];
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
        }
        bytes
    }

    #[test]
    fn agrees_with_the_first_vector_of_rfc_8032() {
        let signer = Signer::from_seed(&unhex(
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        ));
        let public =
            unhex::<32>("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
        let signature = unhex::<64>(
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        );
        assert_eq!(*signer.public(), public);
        assert_eq!(signer.sign(b""), signature);
        assert!(verify(&public, b"", &signature));
        assert!(!verify(&public, b"x", &signature));
    }

    #[test]
    fn a_blinded_key_signs_for_its_own_public_key_and_no_other() {
        let signer = Signer::from_seed(&[7; 32]);
        let factor = Scalar::from_bytes_mod_order([9; 32]);
        let point = CompressedEdwardsY(*signer.public()).decompress().unwrap();
        let blinded_public = (point * factor).compress().to_bytes();
        let signature = signer.blinded(&factor, blinded_public).sign(b"m");
        assert!(verify(&blinded_public, b"m", &signature));
        assert!(!verify(signer.public(), b"m", &signature));
        let wrong = signer.blinded(&Scalar::ONE, blinded_public).sign(b"m");
        assert!(!verify(&blinded_public, b"m", &wrong));
    }

    #[test]
    fn nonsense_is_no_usable_key() {
        let with_first_byte = |byte| {
            let mut key = [0; 32];
            key[0] = byte;
            key
        };
        assert!(!is_usable(&with_first_byte(2)), "no point of the curve");
        assert!(!is_usable(&with_first_byte(1)), "the identity");
        assert!(is_usable(Signer::from_seed(&[1; 32]).public()));
    }
}
