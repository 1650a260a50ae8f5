//! Errors that control commands order, as replies of the right kind.

use crate::daemon::protocol::bodies::{self, opt, some};
use crate::daemon::protocol::request::Current;
use crate::daemon::protocol::response::Kind;
use crate::daemon::state::{ConnId, Daemon, Refused};

/// A reply that holds nothing but an error code.
macro_rules! refuse {
    ($daemon:expr, $id:expr, $request:expr, $code:expr, $kind:ident) => {
        refuse!($daemon, $id, $request, $code, $kind, $kind)
    };
    ($daemon:expr, $id:expr, $request:expr, $code:expr, $kind:ident, $body:ident) => {{
        let query_id = $request.query_id.map(|q| q.0);
        let mut body = bodies::$body::default();
        body.query_id = opt(&query_id);
        body.error_code = $code;
        $daemon.answer_local($id, Kind::$kind, &body);
        true
    }};
}

impl Daemon {
    /// Answers with the ordered error. Returns false if such a request cannot be answered so; it is then served.
    pub(crate) fn answer_with_error(
        &mut self,
        id: ConnId,
        request: &Current<'_>,
        ordered: &Refused,
    ) -> bool {
        let code = ordered.code;
        match request {
            Current::SessionToken(_) | Current::ThinClose(_) => false,
            Current::SendMessage(_) => {
                self.faults.message_error = Some(code);
                false
            }
            Current::StartResending(r) if !ordered.before_sending => {
                let query_id = r.query_id.map(|q| q.0);
                let courier = self.network.courier_for().unwrap_or_default();
                let body = bodies::StartResending {
                    query_id: opt(&query_id),
                    error_code: code,
                    courier_identity_hash: some(&courier.0),
                    courier_queue_id: some(&courier.1),
                    ..Default::default()
                };
                self.answer_local(id, Kind::StartResending, &body);
                true
            }
            Current::StartResending(r) => refuse!(self, id, r, code, StartResending),
            Current::StartCopy(r) => refuse!(self, id, r, code, StartCopy),
            Current::NewKeypair(r) => refuse!(self, id, r, code, NewKeypair),
            Current::EncryptRead(r) => refuse!(self, id, r, code, EncryptRead, Envelope),
            Current::EncryptWrite(r) => refuse!(self, id, r, code, EncryptWrite, Envelope),
            Current::CancelResending(r) => refuse!(self, id, r, code, CancelResending, Cancelled),
            Current::CancelCopy(r) => refuse!(self, id, r, code, CancelCopy, Cancelled),
            Current::NextIndex(r) => refuse!(self, id, r, code, NextIndex),
            Current::IndexCounter(r) => refuse!(self, id, r, code, IndexCounter, Counter),
            Current::GetPkiDocument(r) => refuse!(self, id, r, code, PkiDocument),
            Current::GetDirectoryAuthorities(r) => refuse!(self, id, r, code, Authorities),
            Current::EnvelopesFromPayload(r) => refuse!(self, id, r, code, FromPayload),
            Current::EnvelopesFromMultiPayload(r) => refuse!(self, id, r, code, FromMultiPayload),
            Current::EnvelopesFromTombstoneRange(r) => {
                refuse!(self, id, r, code, FromTombstoneRange)
            }
            Current::VoucherMint(r) => refuse!(self, id, r, code, VoucherMint),
            Current::VoucherInduct(r) => refuse!(self, id, r, code, VoucherInduct),
            Current::VoucherOpen(r) => refuse!(self, id, r, code, VoucherOpen),
            Current::VoucherDeriveStream(r) => refuse!(self, id, r, code, VoucherDeriveStream),
        }
    }
}
