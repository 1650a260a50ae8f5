//! Requests that the daemon answers by itself, in order and at once.

use std::time::Instant;

use serde_bytes::Bytes;

use super::connection::Step;
use super::processor::Effort;
use super::protocol::bodies::{self, opt, some};
use super::protocol::request::{
    Current, EncryptRead, EncryptWrite, GetDirectoryAuthorities, GetPkiDocument, Id, IndexRequest,
    NewKeypair, Request,
};
use super::protocol::response::Kind;
use super::state::{ConnId, Daemon};
use crate::network::{Code, Era, SealedEnvelope, INTERNAL_ERROR, INVALID_REQUEST};
use kpclient::bacap::{keypair_by, BoxIndex, ReadCap, SEED_SIZE};

/// ServiceUnavailable: no document of that epoch, no directory authorities.
const SERVICE_UNAVAILABLE: Code = 10;

impl Request<'_> {
    /// What even the oldest daemons do not put into their queue.
    pub(crate) fn is_immediate(&self) -> bool {
        matches!(
            self,
            Request::Current(Current::SessionToken(_) | Current::ThinClose(_))
                | Request::Legacy(super::protocol::legacy::Legacy::ThinClose(_))
        )
    }
}

impl Daemon {
    /// Answers a request of today's protocol.
    pub(crate) fn answer_current(&mut self, id: ConnId, request: Current<'_>) -> Step {
        if let Some(refused) = self.faults.error_for(request.key()) {
            if self.answer_with_error(id, &request, &refused) {
                return Step::Next;
            }
        }
        match request {
            Current::SessionToken(r) => self.shake(id, &r),
            Current::ThinClose(_) => self.thin_close(id),
            Current::SendMessage(r) => self.request_message(id, &r, false),
            Current::NewKeypair(r) => self.new_keypair(id, &r),
            Current::EncryptRead(r) => self.encrypt_read(id, &r),
            Current::EncryptWrite(r) => self.encrypt_write(id, &r),
            Current::StartResending(r) => self.request_box(id, &r),
            Current::CancelResending(r) => self.cancel_box(id, &r),
            Current::StartCopy(r) => self.request_copy(id, &r),
            Current::CancelCopy(r) => self.cancel_copy(id, &r),
            Current::NextIndex(r) => self.next_index(id, &r),
            Current::IndexCounter(r) => self.index_counter(id, &r),
            Current::GetPkiDocument(r) => self.pki_document(id, &r),
            Current::GetDirectoryAuthorities(r) => self.authorities(id, &r),
            Current::EnvelopesFromPayload(r) => self.envelopes_from_payload(&r),
            Current::EnvelopesFromMultiPayload(r) => self.envelopes_from_multi_payload(&r),
            Current::EnvelopesFromTombstoneRange(r) => self.envelopes_from_tombstone_range(&r),
            Current::VoucherMint(r) => self.voucher_mint(id, &r),
            Current::VoucherInduct(r) => self.voucher_induct(id, &r),
            Current::VoucherOpen(r) => self.voucher_open(id, &r),
            Current::VoucherDeriveStream(r) => self.voucher_derive_stream(id, &r),
        }
    }

    /// Replies go to the application, not to the connection: who was taken over hears nothing.
    pub(crate) fn answer_local<B: serde::Serialize>(
        &mut self,
        id: ConnId,
        kind: Kind,
        body: &B,
    ) -> Step {
        self.work();
        let app = self.app_of(id);
        self.reply(app, kind, body);
        Step::Next
    }

    /// Keeps the processor busy for as long as the real daemon would be.
    fn work(&self) {
        let begun = Instant::now();
        while begun.elapsed() < self.config.local_work {
            std::hint::spin_loop();
        }
    }

    /// Something that makes the daemon fall over: today it only loses the request, in the past everything.
    pub(crate) fn stumble(&mut self) -> Step {
        if self.era == Era::Current {
            return Step::Next;
        }
        self.restart();
        Step::HangUp
    }

    fn new_keypair(&mut self, id: ConnId, r: &NewKeypair<'_>) -> Step {
        let query_id = r.query_id.map(|q| q.0);
        let seed = r.seed.and_then(|s| <&[u8; SEED_SIZE]>::try_from(s.0).ok());
        let Some(seed) = seed else {
            let body = bodies::NewKeypair {
                query_id: opt(&query_id),
                error_code: INVALID_REQUEST,
                ..Default::default()
            };
            return self.answer_local(id, Kind::NewKeypair, &body);
        };
        let pair = keypair_by(self.config.network.derivation, seed);
        let body = bodies::NewKeypair {
            query_id: opt(&query_id),
            write_cap: some(pair.write_cap.as_bytes()),
            read_cap: some(pair.read_cap.as_bytes()),
            first_message_index: some(pair.first_index.as_bytes()),
            error_code: 0,
        };
        self.answer_local(id, Kind::NewKeypair, &body)
    }

    fn encrypt_read(&mut self, id: ConnId, r: &EncryptRead) -> Step {
        let query_id = r.query_id.map(|q| q.0);
        let now = self.now();
        let sealed = match (r.read_cap, r.message_box_index) {
            (Some(cap), _) if ReadCap::from_bytes(&cap.0).is_err() => return self.stumble(),
            (Some(_), Some(_)) if !*self.has_document.borrow() => Err(INTERNAL_ERROR),
            (Some(cap), Some(index)) => self.network.encrypt_read(now, &cap.0, &index.0),
            _ => Err(INVALID_REQUEST),
        };
        self.encrypted(id, Kind::EncryptRead, query_id, sealed)
    }

    fn encrypt_write(&mut self, id: ConnId, r: &EncryptWrite<'_>) -> Step {
        let query_id = r.query_id.map(|q| q.0);
        let now = self.now();
        let limit = self.config.network.max_plaintext;
        let sealed = match (r.write_cap, r.message_box_index, r.plaintext) {
            (Some(_), Some(_), Some(text)) if text.0.len() > limit => Err(INVALID_REQUEST),
            (Some(_), Some(_), Some(_)) if !*self.has_document.borrow() => Err(INTERNAL_ERROR),
            (Some(cap), Some(index), Some(text)) => {
                self.network.encrypt_write(now, &cap.0, &index.0, text.0)
            }
            _ => Err(INVALID_REQUEST),
        };
        self.encrypted(id, Kind::EncryptWrite, query_id, sealed)
    }

    /// Answers after the time that the encryption takes; a refusal takes none.
    fn encrypted(
        &mut self,
        id: ConnId,
        kind: Kind,
        query_id: Option<Id>,
        sealed: Result<SealedEnvelope, Code>,
    ) -> Step {
        let effort = Effort::Encryptions(u32::from(sealed.is_ok()));
        self.after_work(effort, move |daemon| {
            daemon.answer_envelope(id, kind, query_id, &sealed);
        })
    }

    fn answer_envelope(
        &mut self,
        id: ConnId,
        kind: Kind,
        query_id: Option<Id>,
        sealed: &Result<SealedEnvelope, Code>,
    ) {
        let body = match sealed {
            Ok(envelope) => bodies::Envelope {
                query_id: opt(&query_id),
                message_ciphertext: some(&envelope.ciphertext),
                envelope_descriptor: some(&envelope.descriptor),
                envelope_hash: some(&envelope.hash),
                next_message_box_index: some(&envelope.next_index),
                error_code: 0,
            },
            Err(code) => bodies::Envelope {
                query_id: opt(&query_id),
                error_code: *code,
                ..Default::default()
            },
        };
        self.answer_local(id, kind, &body);
    }

    fn next_index(&mut self, id: ConnId, r: &IndexRequest) -> Step {
        let query_id = r.query_id.map(|q| q.0);
        let next = r
            .message_box_index
            .map(|i| BoxIndex::from_array(i.0).next());
        let body = bodies::NextIndex {
            query_id: opt(&query_id),
            next_message_box_index: next.as_ref().and_then(|n| some(n.as_bytes())),
            error_code: if next.is_some() { 0 } else { INVALID_REQUEST },
        };
        self.answer_local(id, Kind::NextIndex, &body)
    }

    fn index_counter(&mut self, id: ConnId, r: &IndexRequest) -> Step {
        let query_id = r.query_id.map(|q| q.0);
        let counter = r
            .message_box_index
            .map(|i| BoxIndex::from_array(i.0).counter());
        let body = bodies::Counter {
            query_id: opt(&query_id),
            counter: counter.unwrap_or(0),
            error_code: if counter.is_some() {
                0
            } else {
                INVALID_REQUEST
            },
        };
        self.answer_local(id, Kind::IndexCounter, &body)
    }

    fn pki_document(&mut self, id: ConnId, r: &GetPkiDocument) -> Step {
        let query_id = r.query_id.map(|q| q.0);
        let now = self.now();
        let epoch = match r.epoch {
            0 => self.network.epoch(now),
            epoch => epoch,
        };
        let document = self
            .network
            .signed_document(now, epoch)
            .filter(|_| *self.has_document.borrow());
        let body = bodies::PkiDocument {
            query_id: opt(&query_id),
            payload: document.as_deref().and_then(some),
            epoch,
            error_code: if document.is_some() {
                0
            } else {
                SERVICE_UNAVAILABLE
            },
        };
        self.answer_local(id, Kind::PkiDocument, &body)
    }

    fn authorities(&mut self, id: ConnId, r: &GetDirectoryAuthorities) -> Step {
        let query_id = r.query_id.map(|q| q.0);
        let authorities = self.network.authorities();
        let told = authorities.iter().map(|a| bodies::Authority {
            identifier: &a.identifier,
            pki_signature_scheme: &a.pki_signature_scheme,
            wire_kem_scheme: &a.wire_kem_scheme,
            addresses: &a.addresses,
            identity_public_key_pem: &a.identity_public_key_pem,
            link_public_key_pem: &a.link_public_key_pem,
            identity_key_hash: Bytes::new(&a.identity_key_hash),
        });
        let body = bodies::Authorities {
            query_id: opt(&query_id),
            authorities: (!authorities.is_empty()).then(|| told.collect()),
            error_code: if authorities.is_empty() {
                SERVICE_UNAVAILABLE
            } else {
                0
            },
        };
        self.answer_local(id, Kind::Authorities, &body)
    }
}
