//! The derivations behind the values: HKDF over BLAKE2b-512, the seed's key stream, and
//! the blinding of public keys.

use blake2::digest::{consts::U32, Digest};
use blake2::{Blake2b, Blake2b512};
use chacha20::cipher::{KeyIvInit, StreamCipher};
use chacha20::ChaCha20;
use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::scalar::{clamp_integer, Scalar};
use hkdf::SimpleHkdf;
use sha2::{Sha512, Sha512_256};
use zeroize::{Zeroize, Zeroizing};

use super::{Derivation, STREAM_SIZE};
use crate::{Error, Result, Status};

/// What one step of an index needs: state, encryption key and blinding factor.
pub(super) const MATERIAL_SIZE: usize = 96;

/// BLAKE2b with 32 bytes of output and no key.
pub fn blake2b_256(bytes: &[u8]) -> [u8; 32] {
    Blake2b::<U32>::digest(bytes).into()
}

fn expand<const N: usize>(secret: &[u8; 32], salt: Option<&[u8]>, info: &[u8]) -> [u8; N] {
    let mut okm = [0; N];
    // Fails only for more than 255 blocks of 64 bytes.
    let done = SimpleHkdf::<Blake2b512>::new(salt, secret).expand(info, &mut okm);
    debug_assert!(done.is_ok());
    okm
}

/// The next state, encryption key and blinding factor, in this order.
pub(super) fn next_material(state: &[u8; 32], counter: u64) -> [u8; MATERIAL_SIZE] {
    expand(state, None, &counter.to_le_bytes())
}

/// The Ed25519 public key of a seed.
pub(super) fn public_key_of(seed: &[u8; 32]) -> [u8; 32] {
    let mut digest: [u8; 64] = Sha512::digest(seed).into();
    let mut low = [0; 32];
    low.copy_from_slice(&digest[..32]);
    let public = EdwardsPoint::mul_base_clamped(low).compress().to_bytes();
    digest.zeroize();
    low.zeroize();
    public
}

fn point(public_key: &[u8; 32]) -> Result<EdwardsPoint> {
    let refuse = |why: &str| Err(Error::new(Status::INVALID_CAPABILITY, why));
    match CompressedEdwardsY(*public_key).decompress() {
        None => refuse("the capability's public key is not a point of the curve"),
        Some(point) if point.is_small_order() => {
            refuse("the capability's public key is a point of small order")
        }
        Some(point) => Ok(point),
    }
}

/// `INVALID_CAPABILITY` unless the key can belong to somebody.
pub(super) fn check_public_key(public_key: &[u8; 32]) -> Result<()> {
    point(public_key).map(drop)
}

/// `public_key`, blinded by `factor` for `context`.
pub(super) fn blinded_key(
    public_key: &[u8; 32],
    factor: &[u8; 32],
    context: &[u8],
) -> Result<[u8; 32]> {
    let point = point(public_key)?;
    let for_context = Zeroizing::new(expand::<32>(factor, Some(context), &[]));
    let digest: [u8; 32] = Sha512_256::digest(for_context.as_slice()).into();
    // Reduced, as the other implementations keep their scalars: for an honest key this
    // changes nothing, for one outside the prime-order group it keeps the ids equal.
    let mut scalar = Scalar::from_bytes_mod_order(clamp_integer(digest));
    let blinded = (point * scalar).compress().to_bytes();
    scalar.zeroize();
    Ok(blinded)
}

/// The bytes that a seed stands for: ChaCha20 with an all-zero nonce.
///
/// The original has an 8-byte nonce and a 64-bit counter; for the first block numbers
/// that is the same stream as the one with 12 and 32.
pub(super) fn seed_stream(seed: &[u8; 32]) -> Zeroizing<[u8; STREAM_SIZE]> {
    let mut stream = Zeroizing::new([0; STREAM_SIZE]);
    ChaCha20::new(seed.into(), &[0; 12].into()).apply_keystream(&mut *stream);
    stream
}

/// The counter before the first box: two halves, one byte of each masked, added.
pub(super) fn first_counter(derivation: Derivation, halves: &[u8; 16]) -> u64 {
    let mask = match derivation {
        // Meant for the high byte, and met the low one.
        Derivation::BeforeHpqc101 => !0xff | 0x2f,
        Derivation::SinceHpqc101 => u64::MAX >> 2,
    };
    let sum = u128::from_le_bytes(*halves);
    #[allow(clippy::cast_possible_truncation)] // the two halves
    let (low, high) = (sum as u64, (sum >> 64) as u64);
    (low & mask).wrapping_add(high & mask)
}
