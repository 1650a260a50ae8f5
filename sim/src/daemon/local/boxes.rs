//! Requests about capabilities, indices and envelopes.

use crate::daemon::protocol::bodies::{self, opt, some};
use crate::daemon::protocol::request::{EncryptRead, EncryptWrite, Id, IndexRequest, NewKeypair};
use crate::daemon::protocol::response::Kind;
use crate::daemon::state::{ConnId, Daemon, Effort, Step};
use crate::network::{Code, SealedEnvelope, INTERNAL_ERROR, INVALID_REQUEST};
use kpclient::bacap::{keypair_by, BoxIndex, ReadCap, SEED_SIZE};

impl Daemon {
    pub(crate) fn new_keypair(&mut self, id: ConnId, r: &NewKeypair<'_>) -> Step {
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

    pub(crate) fn encrypt_read(&mut self, id: ConnId, r: &EncryptRead) -> Step {
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

    pub(crate) fn encrypt_write(&mut self, id: ConnId, r: &EncryptWrite<'_>) -> Step {
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

    /// Answers after the time of the encryption. A refusal takes none.
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

    pub(crate) fn next_index(&mut self, id: ConnId, r: &IndexRequest) -> Step {
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

    pub(crate) fn index_counter(&mut self, id: ConnId, r: &IndexRequest) -> Step {
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
}
