//! Contact vouchers. All that a client can compute or see is the same as with the daemons. Only the seal of a reply is our own.
//!
//! | value | bytes |
//! |---|---|
//! | payload | CBOR {ReplyPubKey, SignedPleaseAdd: CBOR {PleaseAdd: CBOR {DisplayName, MessageReadCap}, Signature}} |
//! | voucher | BLAKE2b-256 of the payload |
//! | voucher's stream | drawn from SHAKE256 of the voucher |
//! | sealed reply | CBOR {Envelope, DEKCiphertexts, EphemeralPublicKey} |
//!
//! The reply key is one of CTIDH1024-X25519, whatever the replicas use. The salt moves the message capability to boxes that cannot be found
//! with the read cap of the payload alone. Whether payload and reply fit a box is checked by `encrypt_write`.

use blake2::Blake2b512;
use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::ChaCha20Poly1305;
use curve25519_dalek::montgomery::MontgomeryPoint;
use hkdf::SimpleHkdf;
use kpclient::bacap::{blake2b_256, keypair_of_stream, Derivation, STREAM_SIZE};
use serde::{Deserialize, Serialize};
use serde_bytes::{ByteBuf, Bytes};
use sha3::digest::{ExtendableOutput, Update, XofReader};
use sha3::Shake256;

use super::ed25519::{is_usable, verify, Signer};
use super::random::Random;
use super::scheme::{public_of, Scheme, KEY};
use super::types::{
    Code, Hash, IndexBytes, InductedVoucher, MintedVoucher, OpenedVoucher, ReadCapBytes,
    VoucherStream, WriteCapBytes, INTERNAL_ERROR, INVALID_REQUEST,
};

const HASH_MISMATCH: Code = 28;
const SIGNATURE_INVALID: Code = 29;
const SEAL_OPEN_FAILED: Code = 30;

const SCHEME: Scheme = Scheme::Ctidh1024X25519;
const SALT: usize = 32;
/// The purposes of the keys of a salted index.
const MUTATION: &[u8] = b"bacap-mutate-kdf-state-v1";

/// What the joiner writes to the first box.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Payload<'a> {
    #[serde(borrow)]
    reply_pub_key: &'a Bytes,
    #[serde(borrow)]
    signed_please_add: &'a Bytes,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Signed<'a> {
    #[serde(borrow)]
    please_add: &'a Bytes,
    #[serde(borrow)]
    signature: &'a Bytes,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PleaseAdd<'a> {
    display_name: &'a str,
    #[serde(borrow)]
    message_read_cap: &'a Bytes,
}

/// What the inductor writes to the second box.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SealedReply {
    envelope: ByteBuf,
    #[serde(rename = "DEKCiphertexts")]
    dek_ciphertexts: Vec<ByteBuf>,
    ephemeral_public_key: ByteBuf,
}

/// Its contents. The names are our own, with lengths that give the whole the real length.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Reply {
    voucher_salt: ByteBuf,
    who_reply: ByteBuf,
}

/// The joiner makes a voucher.
pub(super) fn mint(
    random: &mut Random,
    derivation: Derivation,
    message_write_cap: &WriteCapBytes,
    display_name: &str,
) -> Result<MintedVoucher, Code> {
    let secret: [u8; KEY] = random.bytes();
    let public = SCHEME.public_key(&public_of(&secret));
    let (seed, read_cap) = message_write_cap
        .split_first_chunk::<32>()
        .ok_or(INVALID_REQUEST)?;
    let please_add = encoded(&PleaseAdd {
        display_name,
        message_read_cap: Bytes::new(read_cap),
    })?;
    let signed = encoded(&Signed {
        please_add: Bytes::new(&please_add),
        signature: Bytes::new(&Signer::from_seed(seed).sign(&please_add)),
    })?;
    let payload = encoded(&Payload {
        reply_pub_key: Bytes::new(&public),
        signed_please_add: Bytes::new(&signed),
    })?;
    let voucher = blake2b_256(&payload);
    let stream = stream_of(derivation, &voucher);
    Ok(MintedVoucher {
        voucher,
        voucher_payload: payload,
        voucher_write_cap: stream.voucher_write_cap,
        voucher_read_cap: stream.voucher_read_cap,
        voucher_secret_key: SCHEME.secret_key(&secret),
        voucher_public_key: public,
    })
}

/// Derives the stream of a voucher.
pub(super) fn derive_stream(derivation: Derivation, voucher: &[u8]) -> Result<VoucherStream, Code> {
    let voucher: &Hash = voucher.try_into().map_err(|_| INVALID_REQUEST)?;
    Ok(stream_of(derivation, voucher))
}

/// The inductor answers a payload.
pub(super) fn induct(
    random: &mut Random,
    derivation: Derivation,
    voucher: &[u8],
    payload: &[u8],
    who_reply: &[u8],
) -> Result<InductedVoucher, Code> {
    let voucher: &Hash = voucher.try_into().map_err(|_| INVALID_REQUEST)?;
    if blake2b_256(payload) != *voucher {
        return Err(HASH_MISMATCH);
    }
    let offer = Offer::parse(payload).ok_or(INVALID_REQUEST)?;
    if !offer.is_signed {
        return Err(SIGNATURE_INVALID);
    }
    let salt: [u8; SALT] = random.bytes();
    let mut mutated = offer.read_cap;
    mutate(&mut mutated[32..], &salt).ok_or(INTERNAL_ERROR)?;
    let stream = stream_of(derivation, voucher);
    Ok(InductedVoucher {
        display_name: offer.name,
        mutated_message_read_cap: mutated,
        sealed_reply: seal_reply(random, &offer.public, &salt, who_reply)?,
        voucher_write_cap: stream.voucher_write_cap,
        voucher_read_cap: stream.voucher_read_cap,
        salt: salt.to_vec(),
    })
}

/// Whether the daemon survives a secret key of this length: it takes 32 bytes without a check.
pub(super) fn is_long_enough(secret: &[u8]) -> bool {
    secret.len() >= KEY
}

/// The joiner opens the inductor's answer.
pub(super) fn open(
    secret: &[u8],
    sealed_reply: &[u8],
    message_write_cap: &WriteCapBytes,
) -> Result<OpenedVoucher, Code> {
    if secret.len() != SCHEME.secret_length() {
        return Err(INVALID_REQUEST);
    }
    let opened = SCHEME
        .read_secret(secret)
        .and_then(|secret| open_reply(&secret, sealed_reply))
        .ok_or(SEAL_OPEN_FAILED)?;
    let mut mutated = *message_write_cap;
    let salt = <&[u8; SALT]>::try_from(&opened.voucher_salt[..]).map_err(|_| SEAL_OPEN_FAILED)?;
    mutate(&mut mutated[64..], salt).ok_or(INTERNAL_ERROR)?;
    Ok(OpenedVoucher {
        who_reply: opened.who_reply.into_vec(),
        salt: opened.voucher_salt.into_vec(),
        mutated_message_write_cap: mutated,
    })
}

/// A decoded payload.
struct Offer {
    public: [u8; KEY],
    read_cap: ReadCapBytes,
    name: String,
    is_signed: bool,
}

impl Offer {
    fn parse(payload: &[u8]) -> Option<Offer> {
        let payload: Payload<'_> = serde_cbor::from_slice(payload).ok()?;
        let signed: Signed<'_> = serde_cbor::from_slice(payload.signed_please_add).ok()?;
        let wanted: PleaseAdd<'_> = serde_cbor::from_slice(signed.please_add).ok()?;
        let read_cap: ReadCapBytes = wanted.message_read_cap[..].try_into().ok()?;
        let key = read_cap.first_chunk::<32>()?;
        let by_its_owner = <&[u8; 64]>::try_from(&signed.signature[..])
            .is_ok_and(|signature| is_usable(key) && verify(key, signed.please_add, signature));
        Some(Offer {
            public: *payload.reply_pub_key.last_chunk()?,
            name: wanted.display_name.to_owned(),
            is_signed: by_its_owner,
            read_cap,
        })
    }
}

fn stream_of(derivation: Derivation, voucher: &Hash) -> VoucherStream {
    let mut source = [0; STREAM_SIZE];
    let mut hash = Shake256::default();
    hash.update(voucher);
    hash.finalize_xof().read(&mut source);
    let pair = keypair_of_stream(derivation, &source);
    VoucherStream {
        voucher_write_cap: *pair.write_cap.as_bytes(),
        voucher_read_cap: *pair.read_cap.as_bytes(),
    }
}

/// Replaces the keys of an index (blinding factor, encryption key, state) by ones that need the salt too; the counter stays.
fn mutate(index: &mut [u8], salt: &[u8; SALT]) -> Option<()> {
    let index: &mut IndexBytes = index.try_into().ok()?;
    let mut made = [0; 96];
    SimpleHkdf::<Blake2b512>::new(Some(salt), &index[72..])
        .expand(MUTATION, &mut made)
        .ok()?;
    let (state, rest) = made.split_at(32);
    let (encryption, blinding) = rest.split_at(32);
    index[8..40].copy_from_slice(blinding);
    index[40..72].copy_from_slice(encryption);
    index[72..].copy_from_slice(state);
    Some(())
}

fn seal_reply(
    random: &mut Random,
    public: &[u8; KEY],
    salt: &[u8; SALT],
    who_reply: &[u8],
) -> Result<Vec<u8>, Code> {
    let ephemeral: [u8; KEY] = random.bytes();
    let key: [u8; KEY] = random.bytes();
    let shared = MontgomeryPoint(*public).mul_clamped(ephemeral);
    let reply = encoded(&Reply {
        voucher_salt: ByteBuf::from(salt.to_vec()),
        who_reply: ByteBuf::from(who_reply),
    })?;
    encoded(&SealedReply {
        envelope: encrypt(random, &key, &reply)?,
        dek_ciphertexts: vec![encrypt(random, &reply_key(&shared), &key)?],
        ephemeral_public_key: ByteBuf::from(SCHEME.public_key(&public_of(&ephemeral))),
    })
}

fn open_reply(secret: &[u8; KEY], sealed_reply: &[u8]) -> Option<Reply> {
    let sealed: SealedReply = serde_cbor::from_slice(sealed_reply).ok()?;
    let ephemeral = SCHEME.read_public(&sealed.ephemeral_public_key)?;
    let shared = MontgomeryPoint(ephemeral).mul_clamped(*secret);
    let key = decrypt(&reply_key(&shared), sealed.dek_ciphertexts.first()?)?;
    let reply = decrypt(&key.try_into().ok()?, &sealed.envelope)?;
    serde_cbor::from_slice(&reply).ok()
}

fn reply_key(shared: &MontgomeryPoint) -> [u8; KEY] {
    blake2b_256(&[&b"voucher reply"[..], shared.as_bytes()].concat())
}

/// A nonce and its ciphertext.
fn encrypt(random: &mut Random, key: &[u8; KEY], content: &[u8]) -> Result<ByteBuf, Code> {
    let nonce: [u8; 12] = random.bytes();
    let sealed = ChaCha20Poly1305::new(key.into())
        .encrypt(&nonce.into(), content)
        .map_err(|_| INTERNAL_ERROR)?;
    Ok(ByteBuf::from([&nonce[..], &sealed].concat()))
}

fn decrypt(key: &[u8; KEY], sealed: &[u8]) -> Option<Vec<u8>> {
    let (nonce, sealed) = sealed.split_first_chunk::<12>()?;
    let cipher = ChaCha20Poly1305::new(key.into());
    cipher.decrypt(nonce.into(), sealed).ok()
}

fn encoded<T: Serialize>(value: &T) -> Result<Vec<u8>, Code> {
    serde_cbor::to_vec(value).map_err(|_| INTERNAL_ERROR)
}

#[cfg(test)]
#[path = "voucher_tests.rs"]
mod tests;
