//! Boxes from the daemon's side: it seals orders for the replicas, sends them, and opens the answers.

use std::time::Duration;

use kpclient::bacap::{BoxIndex, ReadCap, WriteCap};

use super::boxes::{BoxKeys, SignedBox};
use super::config::Era;
use super::courier::seal;
use super::envelope::{self, Answer, Descriptor, Order};
use super::replica::code;
use super::types::{
    BoxAnswer, Cap, Code, CopyState, Hash, IndexBytes, LegacyAnswer, ReadCapBytes, SealedEnvelope,
    WriteCapBytes, INTERNAL_ERROR, INVALID_REQUEST,
};
use super::{ed25519, legacy, Network};

const MKEM_DECRYPTION_FAILED: Code = 22;
const BACAP_DECRYPTION_FAILED: Code = 23;
const INVALID_TOMBSTONE_SIGNATURE: Code = 25;
/// A courier's codes 1 to 4, as the daemon passes them on.
const COURIER_ERRORS: [Code; 4] = [31, 12, 13, 32];
/// The first byte of a query to a courier: an envelope follows.
const ENVELOPE_QUERY: u8 = 0;

/// An order in its envelope, with what opens the answer.
struct Prepared {
    envelope: Vec<u8>,
    numbers: [u8; 2],
    secret: [u8; 32],
}

impl Network {
    /// Whether a capability's key is a usable point of the curve. If it is not, the daemon never answers (and the
    /// older ones crash).
    #[must_use]
    pub fn is_usable(cap: Cap<'_>) -> bool {
        let key = match cap {
            Cap::Read(cap) => cap.first_chunk::<32>(),
            Cap::Write(cap) => cap[32..].first_chunk::<32>(),
        };
        key.is_some_and(ed25519::is_usable)
    }

    /// `encrypt_write`; an empty plaintext makes a tombstone. The daemon refuses a null one before it comes here.
    pub fn encrypt_write(
        &mut self,
        now: Duration,
        cap: &WriteCapBytes,
        index: &IndexBytes,
        plaintext: &[u8],
    ) -> Result<SealedEnvelope, Code> {
        if plaintext.len() > self.config.max_plaintext {
            return Err(INVALID_REQUEST);
        }
        let index = BoxIndex::from_array(*index);
        let prepared = self.prepare_write(now, cap, &index, plaintext)?;
        self.sealed(now, prepared, &index)
    }

    /// `encrypt_read`.
    pub fn encrypt_read(
        &mut self,
        now: Duration,
        cap: &ReadCapBytes,
        index: &IndexBytes,
    ) -> Result<SealedEnvelope, Code> {
        let index = BoxIndex::from_array(*index);
        let cap = ReadCap::from_array(*cap);
        let keys = BoxKeys::of_reader(&cap, &index).ok_or(INTERNAL_ERROR)?;
        let prepared = self.prepare(now, &keys.id, &Order::Read(keys.id))?;
        self.sealed(now, prepared, &index)
    }

    fn sealed(
        &self,
        now: Duration,
        prepared: Prepared,
        index: &BoxIndex,
    ) -> Result<SealedEnvelope, Code> {
        let descriptor = Descriptor {
            epoch: match self.config.era {
                Era::V0_0_72 => self.config.epoch_at(now),
                _ => self.config.replica_epoch_at(now),
            },
            replica_nums: prepared.numbers.to_vec(),
            envelope_key: self.config.scheme.secret_key(&prepared.secret),
        };
        let mut ciphertext = Vec::with_capacity(1 + prepared.envelope.len());
        ciphertext.push(ENVELOPE_QUERY);
        ciphertext.extend_from_slice(&prepared.envelope);
        Ok(SealedEnvelope {
            ciphertext,
            descriptor: descriptor.encode().ok_or(INTERNAL_ERROR)?,
            hash: envelope::hash(&prepared.envelope),
            next_index: *index.next().as_bytes(),
        })
    }

    /// A write inside a copy stream.
    pub(super) fn write_envelope(
        &mut self,
        now: Duration,
        cap: &WriteCapBytes,
        index: &BoxIndex,
        plaintext: &[u8],
    ) -> Result<Vec<u8>, Code> {
        self.prepare_write(now, cap, index, plaintext)
            .map(|prepared| prepared.envelope)
    }

    fn prepare_write(
        &mut self,
        now: Duration,
        cap: &WriteCapBytes,
        index: &BoxIndex,
        plaintext: &[u8],
    ) -> Result<Prepared, Code> {
        let cap = WriteCap::from_array(*cap);
        let what = SignedBox::seal(&cap, index, plaintext).ok_or(INTERNAL_ERROR)?;
        let id = what.id;
        self.prepare(now, &id, &Order::Write(what))
    }

    fn prepare(&mut self, now: Duration, id: &[u8; 32], order: &Order) -> Result<Prepared, Code> {
        let epoch = self.config.replica_epoch_at(now);
        let random = &mut self.random;
        let recipients = match self.config.era {
            Era::V0_0_72 => self.replicas.one_shard_and_another(random, id, epoch),
            _ => self.replicas.intermediates(random, id, epoch),
        }
        .ok_or(INTERNAL_ERROR)?;
        let length = self.envelope_length(matches!(order, Order::Read(_)));
        let (envelope, secret) =
            envelope::seal(&mut self.random, epoch, &recipients, order, length)
                .ok_or(INTERNAL_ERROR)?;
        Ok(Prepared {
            envelope,
            numbers: recipients.map(|recipient| recipient.number),
            secret,
        })
    }

    /// Length of an envelope: a query without its first byte.
    pub(super) fn envelope_length(&self, is_read: bool) -> usize {
        let geometry = self.pigeonhole();
        let query = if is_read {
            geometry.courier_query_read_length
        } else {
            geometry.courier_query_write_length
        };
        usize::try_from(query).unwrap_or(0).saturating_sub(1)
    }

    /// First round trip: the courier takes the envelope and, the first time it sees this hash, hands it to the replicas.
    /// A known one is answered at once, as on the second. `Err` is the courier's own error, 1 to 4. (The real daemon never
    /// sends a ciphertext of the wrong size.)
    pub fn courier_ack(
        &mut self,
        now: Duration,
        courier: &Hash,
        ciphertext: &[u8],
        hash: &Hash,
    ) -> Result<Option<BoxAnswer>, Code> {
        let (courier, mut world) = self.at_courier(now, courier).ok_or(COURIER_PROPAGATION)?;
        let bytes = envelope_of(ciphertext);
        let known = courier.ack(now, &mut world, bytes, hash)?;
        Ok(known.map(|answer| seal(&mut world, bytes, 0, &answer)))
    }

    /// Second round trip: the replicas' answer from the courier's cache. A courier that does not know the envelope
    /// takes it as on the first round trip and answers [`BoxAnswer::Pending`].
    pub fn courier_result(
        &mut self,
        now: Duration,
        courier: &Hash,
        ciphertext: &[u8],
        hash: &Hash,
    ) -> BoxAnswer {
        match self.at_courier(now, courier) {
            None => BoxAnswer::CourierError(COURIER_PROPAGATION),
            Some((courier, mut world)) => {
                courier.result(now, &mut world, envelope_of(ciphertext), hash)
            }
        }
    }

    /// The one round trip of the oldest era. Its couriers compute the hash of the query themselves.
    pub fn legacy_query(
        &mut self,
        now: Duration,
        courier: &Hash,
        query: &[u8],
        reply_index: Option<u8>,
    ) -> LegacyAnswer {
        let bytes = envelope_of(query);
        let hash = envelope::hash(bytes);
        match self.at_courier(now, courier) {
            None => LegacyAnswer::CourierError(COURIER_PROPAGATION),
            Some((courier, mut world)) => {
                legacy::query(courier, now, &mut world, bytes, &hash, reply_index)
            }
        }
    }

    /// A copy command reaches a courier. A repeated one has no effect.
    pub fn copy_start(&mut self, now: Duration, courier: &Hash, write_cap: &WriteCapBytes) {
        let cap = WriteCap::from_array(*write_cap);
        if let Some((courier, mut world)) = self.at_courier(now, courier) {
            courier.copy_start(now, &mut world, cap);
        }
    }

    /// How a copy command stands at this courier.
    pub fn copy_poll(&mut self, now: Duration, courier: &Hash, write_cap_hash: &Hash) -> CopyState {
        match self.at_courier(now, courier) {
            None => CopyState::Unknown,
            Some((courier, mut world)) => courier.copy_poll(now, &mut world, write_cap_hash),
        }
    }

    /// Opens an answer: the plaintext of a read, nothing for a write, or the code for
    /// `start_resending_encrypted_message_reply` (courier errors already as 31, 12, 13, 32). [`BoxAnswer::Pending`] gives
    /// 4; callers check for it first.
    pub fn open_answer(
        &self,
        cap: Cap<'_>,
        index: Option<&IndexBytes>,
        descriptor: &[u8],
        answer: &BoxAnswer,
    ) -> Result<Option<Vec<u8>>, Code> {
        let sealed = match answer {
            BoxAnswer::Pending => return Err(INTERNAL_ERROR),
            BoxAnswer::CourierError(code) => return Err(courier_error(*code)),
            BoxAnswer::Sealed(sealed) => sealed,
        };
        let answer = self
            .unseal(descriptor, sealed)
            .ok_or(MKEM_DECRYPTION_FAILED)?;
        match cap {
            Cap::Write(_) if answer.is_read => Err(INTERNAL_ERROR),
            Cap::Write(_) if answer.code == code::OK => Ok(None),
            Cap::Write(_) => Err(answer.code),
            Cap::Read(cap) => open_read(cap, index, &answer).map(Some),
        }
    }

    fn unseal(&self, descriptor: &[u8], sealed: &[u8]) -> Option<Answer> {
        let descriptor = Descriptor::decode(descriptor)?;
        let origin = envelope::answer_origin(sealed)?;
        if self.config.era != Era::V0_0_72 && descriptor.epoch != origin.epoch {
            return None;
        }
        let number = *descriptor.replica_nums.get(usize::from(origin.slot))?;
        let replica = self.replicas.envelope_public(number, origin.epoch)?;
        envelope::open_answer(self.config.scheme, &descriptor, &replica, sealed)
    }
}

/// The courier's own code for a failure behind it.
const COURIER_PROPAGATION: Code = 3;

fn courier_error(code: Code) -> Code {
    let at = usize::from(code).wrapping_sub(1);
    // An error that the daemon does not know is passed on as a malformed envelope.
    COURIER_ERRORS.get(at).copied().unwrap_or(COURIER_ERRORS[0])
}

fn open_read(
    cap: &ReadCapBytes,
    index: Option<&IndexBytes>,
    answer: &Answer,
) -> Result<Vec<u8>, Code> {
    if answer.code != code::OK && answer.code != code::TOMBSTONE {
        return Err(answer.code);
    }
    let index = BoxIndex::from_array(*index.ok_or(INTERNAL_ERROR)?);
    let cap = ReadCap::from_array(*cap);
    let keys = BoxKeys::of_reader(&cap, &index).ok_or(BACAP_DECRYPTION_FAILED)?;
    let found = answer.found.as_ref().filter(|found| found.id == keys.id);
    if answer.code == code::TOMBSTONE {
        let proven = found.is_some_and(|found| found.is_tombstone() && found.verify());
        return Err(if proven {
            code::TOMBSTONE
        } else {
            INVALID_TOMBSTONE_SIGNATURE
        });
    }
    found
        .and_then(|found| found.open(&keys))
        .ok_or(BACAP_DECRYPTION_FAILED)
}

/// The envelope of a query; empty if the query is of another kind.
fn envelope_of(query: &[u8]) -> &[u8] {
    match query.split_first() {
        Some((&ENVELOPE_QUERY, envelope)) => envelope,
        _ => &[],
    }
}
