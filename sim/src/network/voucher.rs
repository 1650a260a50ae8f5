//! Contact vouchers, with seals of our own: what they mean is the real thing, their bytes are not.
//!
//! | value | bytes |
//! |---|---|
//! | payload | version 1, X25519 key (32), message read cap (136), name length (2), name, signature by the message key (64) |
//! | voucher | BLAKE2b-256 of the payload, labelled |
//! | sealed reply | ephemeral X25519 key (32), sealed (salt (32), who reply) |
//!
//! The salt moves the message capability to boxes that nobody finds with the read cap of the payload alone.

use blake2::Blake2b512;
use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::ChaCha20Poly1305;
use curve25519_dalek::montgomery::MontgomeryPoint;
use hkdf::SimpleHkdf;
use kpclient::bacap::{blake2b_256, keypair};

use super::ed25519::{is_usable, verify, Signer};
use super::random::Random;
use super::types::{
    Code, Hash, IndexBytes, InductedVoucher, MintedVoucher, OpenedVoucher, ReadCapBytes,
    VoucherStream, WriteCapBytes, INTERNAL_ERROR, INVALID_REQUEST,
};

const HASH_MISMATCH: Code = 28;
const SIGNATURE_INVALID: Code = 29;
const SEAL_OPEN_FAILED: Code = 30;

const VERSION: u8 = 1;
const SALT: usize = 32;
/// What a sealed reply is longer than the inductor's blob.
const REPLY_OVERHEAD: usize = 32 + SALT + 16;
/// What a payload is longer than the name.
const PAYLOAD_OVERHEAD: usize = 1 + 32 + 136 + 2 + 64;

/// The joiner makes a voucher. The payload must fit a box.
pub(super) fn mint(
    random: &mut Random,
    max_plaintext: usize,
    message_write_cap: &WriteCapBytes,
    display_name: &str,
) -> Result<MintedVoucher, Code> {
    let name_length = u16::try_from(display_name.len()).map_err(|_| INVALID_REQUEST)?;
    if display_name.len() + PAYLOAD_OVERHEAD > max_plaintext {
        return Err(INVALID_REQUEST);
    }
    let secret: [u8; 32] = random.bytes();
    let public = MontgomeryPoint::mul_base_clamped(secret).to_bytes();
    let (seed, read_cap) = message_write_cap
        .split_first_chunk::<32>()
        .ok_or(INVALID_REQUEST)?;
    let mut payload = vec![VERSION];
    payload.extend_from_slice(&public);
    payload.extend_from_slice(read_cap);
    payload.extend_from_slice(&name_length.to_be_bytes());
    payload.extend_from_slice(display_name.as_bytes());
    let signature = Signer::from_seed(seed).sign(&payload);
    payload.extend_from_slice(&signature);
    let voucher = name_of(&payload);
    let stream = stream_of(&voucher);
    Ok(MintedVoucher {
        voucher,
        voucher_payload: payload,
        voucher_write_cap: stream.voucher_write_cap,
        voucher_read_cap: stream.voucher_read_cap,
        voucher_secret_key: secret.to_vec(),
        voucher_public_key: public.to_vec(),
    })
}

/// Anybody with the voucher finds its stream.
pub(super) fn derive_stream(voucher: &[u8]) -> Result<VoucherStream, Code> {
    let voucher: &Hash = voucher.try_into().map_err(|_| INVALID_REQUEST)?;
    Ok(stream_of(voucher))
}

/// The inductor answers a payload. The sealed reply must fit a box.
pub(super) fn induct(
    random: &mut Random,
    max_plaintext: usize,
    voucher: &[u8],
    payload: &[u8],
    who_reply: &[u8],
) -> Result<InductedVoucher, Code> {
    let voucher: &Hash = voucher.try_into().map_err(|_| INVALID_REQUEST)?;
    if payload.is_empty() || who_reply.len() + REPLY_OVERHEAD > max_plaintext {
        return Err(INVALID_REQUEST);
    }
    if name_of(payload) != *voucher {
        return Err(HASH_MISMATCH);
    }
    let offer = Offer::parse(payload).ok_or(INVALID_REQUEST)?;
    if !offer.is_signed() {
        return Err(SIGNATURE_INVALID);
    }
    let salt: [u8; SALT] = random.bytes();
    let mut mutated = *offer.read_cap;
    mutate(&mut mutated[32..], &salt).ok_or(INTERNAL_ERROR)?;
    let stream = stream_of(voucher);
    Ok(InductedVoucher {
        display_name: offer.name.to_owned(),
        mutated_message_read_cap: mutated,
        sealed_reply: seal_reply(random, offer.public, &salt, who_reply)?,
        voucher_write_cap: stream.voucher_write_cap,
        voucher_read_cap: stream.voucher_read_cap,
        salt: salt.to_vec(),
    })
}

/// The joiner opens the inductor's answer.
pub(super) fn open(
    secret: &[u8],
    sealed_reply: &[u8],
    message_write_cap: &WriteCapBytes,
) -> Result<OpenedVoucher, Code> {
    let secret: &[u8; 32] = secret.try_into().map_err(|_| INVALID_REQUEST)?;
    if sealed_reply.is_empty() {
        return Err(INVALID_REQUEST);
    }
    let opened = open_reply(secret, sealed_reply).ok_or(SEAL_OPEN_FAILED)?;
    let (salt, who_reply) = opened.split_first_chunk::<SALT>().ok_or(SEAL_OPEN_FAILED)?;
    let mut mutated = *message_write_cap;
    mutate(&mut mutated[64..], salt).ok_or(INTERNAL_ERROR)?;
    Ok(OpenedVoucher {
        who_reply: who_reply.to_vec(),
        salt: salt.to_vec(),
        mutated_message_write_cap: mutated,
    })
}

/// A payload, taken apart.
struct Offer<'a> {
    public: &'a [u8; 32],
    read_cap: &'a ReadCapBytes,
    name: &'a str,
    signed: &'a [u8],
    signature: &'a [u8; 64],
}

impl<'a> Offer<'a> {
    fn parse(payload: &'a [u8]) -> Option<Offer<'a>> {
        let (signed, signature) = payload.split_last_chunk::<64>()?;
        let (version, rest) = signed.split_first()?;
        let (public, rest) = rest.split_first_chunk::<32>()?;
        let (read_cap, rest) = rest.split_first_chunk::<136>()?;
        let (length, name) = rest.split_first_chunk::<2>()?;
        let whole = *version == VERSION && usize::from(u16::from_be_bytes(*length)) == name.len();
        whole.then_some(Offer {
            public,
            read_cap,
            name: std::str::from_utf8(name).ok()?,
            signed,
            signature,
        })
    }

    fn is_signed(&self) -> bool {
        self.read_cap
            .first_chunk::<32>()
            .is_some_and(|key| is_usable(key) && verify(key, self.signed, self.signature))
    }
}

fn name_of(payload: &[u8]) -> Hash {
    blake2b_256(&[b"voucher payload", payload].concat())
}

fn stream_of(voucher: &Hash) -> VoucherStream {
    let pair = keypair(&blake2b_256(&[&b"voucher stream"[..], voucher].concat()));
    VoucherStream {
        voucher_write_cap: *pair.write_cap.as_bytes(),
        voucher_read_cap: *pair.read_cap.as_bytes(),
    }
}

/// Replaces the keys of an index by ones that need the salt too; the counter stays.
fn mutate(index: &mut [u8], salt: &[u8; SALT]) -> Option<()> {
    let index: &mut IndexBytes = index.try_into().ok()?;
    let (counter, keys) = index.split_at_mut(8);
    let mut mutated = [0; 96];
    SimpleHkdf::<Blake2b512>::new(Some(salt), keys)
        .expand(counter, &mut mutated)
        .ok()?;
    keys.copy_from_slice(&mutated);
    Some(())
}

fn seal_reply(
    random: &mut Random,
    public: &[u8; 32],
    salt: &[u8; SALT],
    who_reply: &[u8],
) -> Result<Vec<u8>, Code> {
    let secret: [u8; 32] = random.bytes();
    let ephemeral = MontgomeryPoint::mul_base_clamped(secret).to_bytes();
    let shared = MontgomeryPoint(*public).mul_clamped(secret);
    let cipher = reply_cipher(&shared, &ephemeral, public);
    let inside = [&salt[..], who_reply].concat();
    let sealed = cipher
        .encrypt(&[0; 12].into(), &inside[..])
        .map_err(|_| INTERNAL_ERROR)?;
    Ok([&ephemeral[..], &sealed].concat())
}

fn open_reply(secret: &[u8; 32], sealed_reply: &[u8]) -> Option<Vec<u8>> {
    let (ephemeral, sealed) = sealed_reply.split_first_chunk::<32>()?;
    let public = MontgomeryPoint::mul_base_clamped(*secret).to_bytes();
    let shared = MontgomeryPoint(*ephemeral).mul_clamped(*secret);
    let cipher = reply_cipher(&shared, ephemeral, &public);
    cipher.decrypt(&[0; 12].into(), sealed).ok()
}

fn reply_cipher(
    shared: &MontgomeryPoint,
    ephemeral: &[u8; 32],
    public: &[u8; 32],
) -> ChaCha20Poly1305 {
    let parts = [&b"voucher reply"[..], shared.as_bytes(), ephemeral, public];
    ChaCha20Poly1305::new(&blake2b_256(&parts.concat()).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use kpclient::bacap::{Keypair, ReadCap, WriteCap};

    const MAX: usize = 1677;

    fn minted() -> (Random, Keypair, MintedVoucher) {
        let mut random = Random::new(0, "t");
        let pair = keypair(&[5; 32]);
        let voucher = mint(&mut random, MAX, pair.write_cap.as_bytes(), "Ada").unwrap();
        (random, pair, voucher)
    }

    fn code<T>(result: Result<T, Code>) -> Code {
        result.err().unwrap_or(0)
    }

    #[test]
    fn the_group_finds_what_the_joiner_writes_and_only_with_the_salt() {
        let (mut random, pair, voucher) = minted();
        let payload = &voucher.voucher_payload;
        let induct = induct(&mut random, MAX, &voucher.voucher, payload, b"welcome").unwrap();
        assert_eq!(induct.display_name, "Ada");
        assert!(induct.voucher_write_cap == voucher.voucher_write_cap);
        let opened = open(
            &voucher.voucher_secret_key,
            &induct.sealed_reply,
            pair.write_cap.as_bytes(),
        )
        .unwrap();
        assert_eq!(opened.who_reply, b"welcome");
        assert_eq!(opened.salt, induct.salt);
        let write = WriteCap::from_bytes(&opened.mutated_message_write_cap).unwrap();
        let read = ReadCap::from_bytes(&induct.mutated_message_read_cap).unwrap();
        assert!(write.read_cap() == read);
        assert!(read.first_index() != pair.first_index);
        assert_eq!(read.first_index().counter(), pair.first_index.counter());
    }

    #[test]
    fn the_stream_follows_from_the_voucher_and_vouchers_are_fresh() {
        let (mut random, pair, voucher) = minted();
        let stream = derive_stream(&voucher.voucher).unwrap();
        assert!(stream.voucher_write_cap == voucher.voucher_write_cap);
        assert!(stream.voucher_read_cap == voucher.voucher_read_cap);
        WriteCap::from_bytes(&stream.voucher_write_cap).unwrap();
        let again = mint(&mut random, MAX, pair.write_cap.as_bytes(), "Ada").unwrap();
        assert_ne!(again.voucher, voucher.voucher);
    }

    #[test]
    fn a_changed_payload_is_a_hash_mismatch() {
        let (mut random, _, mut voucher) = minted();
        voucher.voucher_payload[5] ^= 1;
        let result = induct(
            &mut random,
            MAX,
            &voucher.voucher,
            &voucher.voucher_payload,
            b"",
        );
        assert_eq!(code(result), HASH_MISMATCH);
    }

    #[test]
    fn a_payload_signed_by_another_is_a_bad_signature() {
        let (mut random, _, mut voucher) = minted();
        let last = voucher.voucher_payload.len() - 40;
        voucher.voucher_payload[last] ^= 1;
        let name = name_of(&voucher.voucher_payload);
        let result = induct(&mut random, MAX, &name, &voucher.voucher_payload, b"");
        assert_eq!(code(result), SIGNATURE_INVALID);
    }

    #[test]
    fn another_key_or_a_changed_seal_does_not_open() {
        let (mut random, pair, voucher) = minted();
        let payload = &voucher.voucher_payload;
        let mut induct = induct(&mut random, MAX, &voucher.voucher, payload, b"w").unwrap();
        let cap = pair.write_cap.as_bytes();
        let wrong = open(&[7; 32], &induct.sealed_reply, cap);
        assert_eq!(code(wrong), SEAL_OPEN_FAILED);
        assert_eq!(code(open(&[7; 32], b"short", cap)), SEAL_OPEN_FAILED);
        let last = induct.sealed_reply.len() - 1;
        induct.sealed_reply[last] ^= 1;
        let damaged = open(&voucher.voucher_secret_key, &induct.sealed_reply, cap);
        assert_eq!(code(damaged), SEAL_OPEN_FAILED);
    }

    #[test]
    fn what_does_not_fit_or_has_the_wrong_length_is_an_invalid_request() {
        let (mut random, pair, voucher) = minted();
        let cap = pair.write_cap.as_bytes();
        let long = "x".repeat(MAX - PAYLOAD_OVERHEAD + 1);
        assert_eq!(code(mint(&mut random, MAX, cap, &long)), INVALID_REQUEST);
        let fits = mint(&mut random, MAX, cap, &long[1..]).unwrap();
        assert_eq!(fits.voucher_payload.len(), MAX);
        let payload = &voucher.voucher_payload;
        let blob = vec![0; MAX - REPLY_OVERHEAD + 1];
        let too_long = induct(&mut random, MAX, &voucher.voucher, payload, &blob);
        assert_eq!(code(too_long), INVALID_REQUEST);
        let reply = induct(&mut random, MAX, &voucher.voucher, payload, &blob[1..]).unwrap();
        assert_eq!(reply.sealed_reply.len(), MAX);
        assert_eq!(code(derive_stream(&[1; 31])), INVALID_REQUEST);
        assert_eq!(code(open(&[1; 31], b"x", cap)), INVALID_REQUEST);
        assert_eq!(
            code(induct(&mut random, MAX, b"short", payload, b"")),
            INVALID_REQUEST
        );
    }
}
