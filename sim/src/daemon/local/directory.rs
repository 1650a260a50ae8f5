//! Requests about the directory.

use serde_bytes::Bytes;

use crate::daemon::protocol::bodies::{self, opt, some};
use crate::daemon::protocol::request::{GetDirectoryAuthorities, GetPkiDocument};
use crate::daemon::protocol::response::Kind;
use crate::daemon::state::{ConnId, Daemon, Step};
use crate::network::Code;

/// ServiceUnavailable: no document of that epoch, no directory authorities.
const SERVICE_UNAVAILABLE: Code = 10;

impl Daemon {
    pub(crate) fn pki_document(&mut self, id: ConnId, r: &GetPkiDocument) -> Step {
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

    pub(crate) fn authorities(&mut self, id: ConnId, r: &GetDirectoryAuthorities) -> Step {
        let query_id = r.query_id.map(|q| q.0);
        let authorities = self.network.authorities();
        let bodies = authorities.iter().map(|a| bodies::Authority {
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
            authorities: (!authorities.is_empty()).then(|| bodies.collect()),
            error_code: if authorities.is_empty() {
                SERVICE_UNAVAILABLE
            } else {
                0
            },
        };
        self.answer_local(id, Kind::Authorities, &body)
    }
}
