//! The requests that the daemon answers itself: their checks and their results.

use crate::bacap::{BoxIndex, Keypair, ReadCap, WriteCap};
use crate::client::call::Call;
use crate::client::connection::Answer;
use crate::client::connection::LocalCall;
use crate::client::encryption::Priority;
use crate::client::handle::Client;
use crate::client::runtime::query_ids::Queries;
use crate::client::shared::Shared;
use crate::client::stored::envelope::{Envelope, SignedDocument};
use crate::sync::lock;
use crate::wire::{Hash, ReplyBody, Request};
use crate::{Error, Result, Status};

fn read_keypair(answer: &Answer) -> Result<Keypair> {
    answer.check()?;
    match &answer.reply.body {
        ReplyBody::Keypair(keypair) => Ok(Keypair {
            write_cap: WriteCap::from_secret(&keypair.write_cap),
            read_cap: ReadCap::from_secret(&keypair.read_cap),
            first_index: BoxIndex::from_secret(&keypair.first_index),
        }),
        _ => Err(answer.unexpected()),
    }
}

fn read_index(answer: &Answer) -> Result<BoxIndex> {
    answer.check()?;
    match &answer.reply.body {
        ReplyBody::NextIndex { index } => Ok(BoxIndex::from_secret(index)),
        _ => Err(answer.unexpected()),
    }
}

fn read_counter(answer: &Answer) -> Result<u64> {
    answer.check()?;
    match &answer.reply.body {
        ReplyBody::Counter { counter } => Ok(*counter),
        _ => Err(answer.unexpected()),
    }
}

fn read_envelope(answer: &Answer) -> Result<Envelope> {
    answer.check()?;
    match &answer.reply.body {
        ReplyBody::Envelope(envelope) => Ok(Envelope {
            ciphertext: envelope.ciphertext.clone(),
            descriptor: envelope.descriptor.clone(),
            hash: envelope.hash,
            next_index: Some(BoxIndex::from_secret(&envelope.next_index)),
        }),
        _ => Err(answer.unexpected()),
    }
}

pub(crate) fn read_done(answer: &Answer) -> Result<()> {
    answer.check()
}

fn read_document(answer: &Answer) -> Result<SignedDocument> {
    answer.check()?;
    match &answer.reply.body {
        ReplyBody::PkiDocument(document) => Ok(SignedDocument {
            payload: document.payload.clone(),
            epoch: document.epoch,
        }),
        _ => Err(answer.unexpected()),
    }
}

/// The daemon's own derivation of a keypair.
pub(crate) fn keypair_call(queries: &Queries, seed: &[u8; 32]) -> Result<LocalCall<Keypair>> {
    LocalCall::new(queries, &Request::NewKeypair { seed }, read_keypair)
}

/// The daemon's own computation of the next index.
pub(crate) fn next_index_call(queries: &Queries, index: &BoxIndex) -> Result<LocalCall<BoxIndex>> {
    let request = Request::NextIndex {
        index: index.as_bytes(),
    };
    LocalCall::new(queries, &request, read_index)
}

/// Refuses an index that certainly belongs to another capability than that which starts with
/// `first`.
pub(crate) fn check_place(shared: &Shared, first: &BoxIndex, index: &BoxIndex) -> Result<()> {
    if index.may_belong_to(first, shared.check_next_index().is_ok()) {
        return Ok(());
    }
    Err(Error::new(
        Status::INVALID_CAPABILITY,
        "the index does not belong to the capability: another stream has it",
    ))
}

pub(crate) fn encrypt_read_call(
    shared: &Shared,
    cap: &ReadCap,
    index: &BoxIndex,
    priority: Priority,
) -> Result<LocalCall<Envelope>> {
    shared.check_known("encrypt_read_reply")?;
    shared.check_envelopes()?;
    check_place(shared, &cap.first_index(), index)?;
    let request = Request::EncryptRead {
        read_cap: cap.as_bytes(),
        index: index.as_bytes(),
    };
    Ok(LocalCall::new(&shared.queries, &request, read_envelope)?.encrypting(1, priority))
}

pub(crate) fn encrypt_write_call(
    shared: &Shared,
    cap: &WriteCap,
    index: &BoxIndex,
    plaintext: &[u8],
    priority: Priority,
) -> Result<LocalCall<Envelope>> {
    shared.check_known("encrypt_write_reply")?;
    shared.check_envelopes()?;
    shared.check_plaintext(plaintext.len())?;
    check_place(shared, &cap.first_index(), index)?;
    let request = Request::EncryptWrite {
        write_cap: cap.as_bytes(),
        index: index.as_bytes(),
        plaintext,
    };
    Ok(LocalCall::new(&shared.queries, &request, read_envelope)?.encrypting(1, priority))
}

impl Shared {
    /// Envelopes are made for replicas that only a document names.
    pub(crate) fn check_envelopes(&self) -> Result<()> {
        self.check_open()?;
        lock(&self.view).document().map(drop)
    }

    pub(crate) fn check_plaintext(&self, len: usize) -> Result<()> {
        let max = lock(&self.view)
            .pigeonhole
            .as_ref()
            .map(|g| g.max_plaintext_payload_length)
            .ok_or_else(|| {
                Error::new(
                    Status::NO_GEOMETRY,
                    "the size of a box is not known: neither the daemon nor the configuration states it",
                )
            })?;
        if len > max {
            return Err(Error::new(
                Status::PAYLOAD_TOO_LARGE,
                format!("{len} bytes do not fit a box of {max} bytes"),
            ));
        }
        Ok(())
    }
}

impl Client {
    pub(crate) fn local<T: Send + Sync + 'static>(
        &self,
        request: &Request<'_>,
        read: fn(&Answer) -> Result<T>,
    ) -> Result<Call<T>> {
        self.shared.check_open()?;
        LocalCall::new(&self.shared.queries, request, read)
            .map(|call| Call::local(&self.shared, call))
    }

    /// Requests the keypair of `seed` from the daemon; [`crate::bacap::keypair`] is the local way.
    pub fn new_keypair_remote(&self, seed: &[u8; 32]) -> Result<Call<Keypair>> {
        self.local(&Request::NewKeypair { seed }, read_keypair)
    }

    /// Requests the next index from the daemon.
    pub fn next_message_box_index_remote(&self, index: &BoxIndex) -> Result<Call<BoxIndex>> {
        self.shared.check_open()?;
        next_index_call(&self.shared.queries, index).map(|call| Call::local(&self.shared, call))
    }

    /// Requests the counter in an index from the daemon.
    pub fn message_box_index_counter_remote(&self, index: &BoxIndex) -> Result<Call<u64>> {
        let request = Request::IndexCounter {
            index: index.as_bytes(),
        };
        self.local(&request, read_counter)
    }

    /// Prepares the read of a box. No traffic; the envelope is good for about a week.
    pub fn encrypt_read(&self, cap: &ReadCap, index: &BoxIndex) -> Result<Call<Envelope>> {
        encrypt_read_call(&self.shared, cap, index, Priority::Call)
            .map(|call| Call::local(&self.shared, call))
    }

    /// Prepares the write of a box; an empty plaintext is a tombstone. No traffic.
    pub fn encrypt_write(
        &self,
        cap: &WriteCap,
        index: &BoxIndex,
        plaintext: &[u8],
    ) -> Result<Call<Envelope>> {
        encrypt_write_call(&self.shared, cap, index, plaintext, Priority::Call)
            .map(|call| Call::local(&self.shared, call))
    }

    /// The document of `epoch` (0: the current one) with the authorities' signatures.
    pub fn get_pki_document(&self, epoch: u64) -> Result<Call<SignedDocument>> {
        self.local(&Request::GetPkiDocument { epoch }, read_document)
    }

    /// Asks the daemon to stop resending an envelope that no operation of this client sends.
    pub(crate) fn cancel_unknown(&self, hash: &Hash) -> Result<Call<()>> {
        let request = Request::CancelResending {
            envelope_hash: hash,
        };
        self.local(&request, read_done)
    }
}
