//! Courier envelopes, which a daemon makes for two replicas, and the answers that only it can open.
//!
//! The sizes and the descriptor are the real ones. The meaning of the bytes inside is our own.
//!
//! | part | bytes |
//! |---|---|
//! | the two replicas' numbers | 2 |
//! | ephemeral X25519 key | 32 |
//! | replica epoch, big endian | 8 |
//! | the content key, sealed to each replica | 2 × 48 |
//! | the order, padded with zeros, sealed under the content key | the rest |

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::ChaCha20Poly1305;
use curve25519_dalek::montgomery::MontgomeryPoint;
use serde::{Deserialize, Serialize};

use super::boxes::SignedBox;
use super::random::Random;
use super::scheme::{Scheme, KEY};
use super::types::Hash;

const TAG: usize = 16;
const SEALED_KEY: usize = KEY + TAG;
const EPHEMERAL: usize = 2;
const EPOCH: usize = EPHEMERAL + KEY;
const KEYS: usize = EPOCH + 8;
const BODY: usize = KEYS + 2 * SEALED_KEY;

/// One of the two replicas that an envelope is for.
#[derive(Clone, Copy)]
pub(super) struct Recipient {
    /// Its ReplicaID.
    pub(super) number: u8,
    /// Its envelope key of the epoch.
    pub(super) public: [u8; KEY],
}

/// An order to a replica.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Order {
    /// Return this box.
    Read([u8; 32]),
    /// Store this box or tombstone.
    Write(SignedBox),
}

impl Order {
    fn encode(&self) -> Vec<u8> {
        match self {
            Order::Read(id) => [&[0][..], id].concat(),
            Order::Write(what) => {
                let length = u32::try_from(what.sealed.len()).unwrap_or(u32::MAX);
                let head = [&[1][..], &what.id, &what.signature].concat();
                [&head[..], &length.to_be_bytes(), &what.sealed].concat()
            }
        }
    }

    fn decode(bytes: &[u8]) -> Option<Order> {
        let (kind, rest) = bytes.split_first()?;
        let (id, rest) = rest.split_first_chunk::<32>()?;
        if *kind == 0 {
            return Some(Order::Read(*id));
        }
        let (signature, rest) = rest.split_first_chunk::<64>()?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let sealed = rest.get(..u32::from_be_bytes(*length) as usize)?;
        (*kind == 1).then(|| {
            Order::Write(SignedBox {
                id: *id,
                sealed: sealed.to_vec(),
                signature: *signature,
            })
        })
    }
}

/// Seals an order into an envelope of exactly `length` bytes. Returns it with the key that opens the answer.
/// `None` if the order does not fit.
pub(super) fn seal(
    random: &mut Random,
    epoch: u64,
    recipients: &[Recipient; 2],
    order: &Order,
    length: usize,
) -> Option<(Vec<u8>, [u8; KEY])> {
    let ephemeral: [u8; KEY] = random.bytes();
    let content_key: [u8; KEY] = random.bytes();
    let mut envelope = Vec::with_capacity(length);
    envelope.extend(recipients.map(|recipient| recipient.number));
    envelope.extend_from_slice(MontgomeryPoint::mul_base_clamped(ephemeral).as_bytes());
    envelope.extend_from_slice(&epoch.to_be_bytes());
    for (slot, recipient) in recipients.iter().enumerate() {
        let key = shared_key(&ephemeral, &recipient.public, Use::Key(slot));
        envelope.extend(encrypt(&key, &[0; 12], &content_key, &[])?);
    }
    let mut body = order.encode();
    let room = length.checked_sub(BODY + TAG)?;
    if body.len() > room {
        return None;
    }
    body.resize(room, 0);
    let sealed = encrypt(&content_key, &[0; 12], &body, &envelope)?;
    envelope.extend(sealed);
    Some((envelope, ephemeral))
}

/// An envelope as a courier sees it.
pub(super) struct Envelope<'a>(&'a [u8]);

impl<'a> Envelope<'a> {
    /// `None` if it is too short.
    pub(super) fn parse(bytes: &'a [u8]) -> Option<Envelope<'a>> {
        (bytes.len() > BODY + TAG).then_some(Envelope(bytes))
    }

    /// The replicas that it is for.
    pub(super) fn numbers(&self) -> [u8; 2] {
        [self.0[0], self.0[1]]
    }

    /// The replica epoch of the keys that it was sealed to.
    pub(super) fn epoch(&self) -> u64 {
        self.0[EPOCH..KEYS]
            .first_chunk()
            .map_or(0, |bytes| u64::from_be_bytes(*bytes))
    }

    /// The key that answers are sealed to.
    pub(super) fn ephemeral(&self) -> [u8; KEY] {
        self.0[EPHEMERAL..EPOCH]
            .first_chunk()
            .copied()
            .unwrap_or_default()
    }

    /// Opens it with the secret key of the replica in this slot.
    pub(super) fn open(&self, slot: usize, secret: &[u8; KEY]) -> Option<Order> {
        let (header, body) = self.0.split_at_checked(BODY)?;
        let sealed_key = header[KEYS..].chunks_exact(SEALED_KEY).nth(slot)?;
        let key = shared_key(secret, &self.ephemeral(), Use::Key(slot));
        let content_key = decrypt(&key, &[0; 12], sealed_key, &[])?;
        let content_key: [u8; KEY] = content_key.try_into().ok()?;
        Order::decode(&decrypt(&content_key, &[0; 12], body, header)?)
    }
}

/// The descriptor, which opens the answer. The client keeps it.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Descriptor {
    /// The replica epoch (the mixnet's epoch in the oldest era).
    pub(super) epoch: u64,
    /// As in the envelope.
    #[serde(with = "serde_bytes")]
    pub(super) replica_nums: Vec<u8>,
    /// The envelope's private key.
    #[serde(with = "serde_bytes")]
    pub(super) envelope_key: Vec<u8>,
}

impl Descriptor {
    pub(super) fn encode(&self) -> Option<Vec<u8>> {
        serde_cbor::to_vec(self).ok()
    }

    pub(super) fn decode(bytes: &[u8]) -> Option<Descriptor> {
        serde_cbor::from_slice(bytes).ok()
    }

    fn secret(&self, scheme: Scheme) -> Option<[u8; KEY]> {
        scheme.read_secret(&self.envelope_key)
    }
}

/// The answer of a replica.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Answer {
    /// Its error code.
    pub(super) code: u8,
    /// Whether the order was a read.
    pub(super) is_read: bool,
    /// The box of a read, or the tombstone that proves code 11.
    pub(super) found: Option<SignedBox>,
}

impl Answer {
    fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![self.code, u8::from(self.is_read)];
        if let Some(found) = &self.found {
            bytes.extend(Order::Write(found.clone()).encode());
        }
        bytes
    }

    fn decode(bytes: &[u8]) -> Option<Answer> {
        let ([code, is_read], rest) = bytes.split_first_chunk::<2>()?;
        let found = match Order::decode(rest) {
            Some(Order::Write(found)) => Some(found),
            _ => None,
        };
        Some(Answer {
            code: *code,
            is_read: *is_read == 1,
            found,
        })
    }
}

/// The origin of an answer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Origin {
    /// Which of the envelope's two replicas.
    pub(super) slot: u8,
    /// The replica epoch of the key it answers with.
    pub(super) epoch: u64,
}

/// Seals an answer so that only the envelope's maker can open it.
pub(super) fn seal_answer(
    random: &mut Random,
    origin: Origin,
    secret: &[u8; KEY],
    ephemeral: &[u8; KEY],
    answer: &Answer,
) -> Vec<u8> {
    let mut sealed = vec![origin.slot];
    sealed.extend_from_slice(&origin.epoch.to_be_bytes());
    let nonce: [u8; 12] = random.bytes();
    let key = shared_key(secret, ephemeral, Use::Answer);
    let ciphertext = encrypt(&key, &nonce, &answer.encode(), &sealed).unwrap_or_default();
    sealed.extend_from_slice(&nonce);
    sealed.extend(ciphertext);
    sealed
}

/// The replica that sealed this answer, and the epoch of its key.
pub(super) fn answer_origin(sealed: &[u8]) -> Option<Origin> {
    let (slot, rest) = sealed.split_first()?;
    let epoch = u64::from_be_bytes(*rest.first_chunk()?);
    Some(Origin { slot: *slot, epoch })
}

/// Opens an answer with the descriptor and the public key of the replica that gave it.
pub(super) fn open_answer(
    scheme: Scheme,
    descriptor: &Descriptor,
    replica: &[u8; KEY],
    sealed: &[u8],
) -> Option<Answer> {
    let (header, rest) = sealed.split_at_checked(9)?;
    let (nonce, ciphertext) = rest.split_first_chunk::<12>()?;
    let key = shared_key(&descriptor.secret(scheme)?, replica, Use::Answer);
    Answer::decode(&decrypt(&key, nonce, ciphertext, header)?)
}

/// The hash that names an envelope.
pub(super) fn hash(envelope: &[u8]) -> Hash {
    kpclient::bacap::blake2b_256(envelope)
}

enum Use {
    Key(usize),
    Answer,
}

fn shared_key(secret: &[u8; KEY], public: &[u8; KEY], what_for: Use) -> [u8; KEY] {
    let shared = MontgomeryPoint(*public).mul_clamped(*secret);
    let label = match what_for {
        Use::Key(0) => b"envelope key 0",
        Use::Key(_) => b"envelope key 1",
        Use::Answer => b"replica answer",
    };
    kpclient::bacap::blake2b_256(&[&label[..], shared.as_bytes()].concat())
}

fn encrypt(key: &[u8; KEY], nonce: &[u8; 12], msg: &[u8], aad: &[u8]) -> Option<Vec<u8>> {
    let cipher = ChaCha20Poly1305::new(key.into());
    cipher.encrypt(nonce.into(), Payload { msg, aad }).ok()
}

fn decrypt(key: &[u8; KEY], nonce: &[u8; 12], msg: &[u8], aad: &[u8]) -> Option<Vec<u8>> {
    let cipher = ChaCha20Poly1305::new(key.into());
    cipher.decrypt(nonce.into(), Payload { msg, aad }).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRETS: [[u8; 32]; 2] = [[1; 32], [2; 32]];

    fn recipients() -> [Recipient; 2] {
        let public = |secret| MontgomeryPoint::mul_base_clamped(secret).to_bytes();
        [
            Recipient {
                number: 4,
                public: public(SECRETS[0]),
            },
            Recipient {
                number: 2,
                public: public(SECRETS[1]),
            },
        ]
    }

    fn write() -> Order {
        Order::Write(SignedBox {
            id: [3; 32],
            sealed: vec![5; 1705],
            signature: [6; 64],
        })
    }

    #[test]
    fn both_replicas_find_the_order_and_nobody_else_does() {
        let mut random = Random::new(0, "t");
        let (bytes, _) = seal(&mut random, 494, &recipients(), &write(), 1999).unwrap();
        assert_eq!(bytes.len(), 1999);
        let envelope = Envelope::parse(&bytes).unwrap();
        assert_eq!((envelope.numbers(), envelope.epoch()), ([4, 2], 494));
        for (slot, secret) in SECRETS.iter().enumerate() {
            assert!(envelope.open(slot, secret) == Some(write()));
        }
        assert!(envelope.open(0, &SECRETS[1]).is_none());
        assert!(envelope.open(2, &SECRETS[1]).is_none());
    }

    #[test]
    fn an_order_that_does_not_fit_is_refused_and_a_short_one_is_padded() {
        let mut random = Random::new(0, "t");
        assert!(seal(&mut random, 1, &recipients(), &write(), 230).is_none());
        assert!(seal(&mut random, 1, &recipients(), &write(), 5).is_none());
        let read = Order::Read([9; 32]);
        let (bytes, _) = seal(&mut random, 1, &recipients(), &read, 230).unwrap();
        assert_eq!(bytes.len(), 230);
        assert!(Envelope::parse(&bytes).unwrap().open(1, &SECRETS[1]) == Some(read));
    }

    #[test]
    fn the_descriptor_has_the_recorded_sizes() {
        let size = |epoch| {
            let descriptor = Descriptor {
                epoch,
                replica_nums: vec![0, 1],
                envelope_key: vec![2; 32],
            };
            let bytes = descriptor.encode().unwrap();
            assert_eq!(Descriptor::decode(&bytes).unwrap().epoch, epoch);
            (bytes.len(), bytes[..9].to_vec())
        };
        assert_eq!(size(494), (71, b"\xa3\x65Epoch\x19\x01".to_vec()));
        assert_eq!(size(2_491_221).0, 73);
    }

    #[test]
    fn an_answer_opens_with_the_descriptor_alone() {
        let mut random = Random::new(0, "t");
        let (bytes, ephemeral) =
            seal(&mut random, 7, &recipients(), &Order::Read([9; 32]), 1999).unwrap();
        let envelope = Envelope::parse(&bytes).unwrap();
        let answer = Answer {
            code: 0,
            is_read: true,
            found: Some(SignedBox {
                id: [9; 32],
                sealed: vec![1, 2, 3],
                signature: [4; 64],
            }),
        };
        let origin = Origin { slot: 1, epoch: 7 };
        let mut sealed = seal_answer(
            &mut random,
            origin,
            &SECRETS[1],
            &envelope.ephemeral(),
            &answer,
        );
        assert!(answer_origin(&sealed) == Some(origin));
        let mut descriptor = Descriptor {
            epoch: 7,
            replica_nums: vec![4, 2],
            envelope_key: ephemeral.to_vec(),
        };
        let replica = recipients()[1].public;
        assert!(open_answer(Scheme::X25519, &descriptor, &replica, &sealed) == Some(answer));
        assert!(open_answer(
            Scheme::X25519,
            &descriptor,
            &recipients()[0].public,
            &sealed
        )
        .is_none());
        descriptor.envelope_key[0] ^= 0x10;
        assert!(open_answer(Scheme::X25519, &descriptor, &replica, &sealed).is_none());
        descriptor.envelope_key[0] ^= 0x10;
        sealed[30] ^= 1;
        assert!(open_answer(Scheme::X25519, &descriptor, &replica, &sealed).is_none());
    }
}
