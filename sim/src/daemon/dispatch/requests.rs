//! What becomes of each frame of a client.

use crate::daemon::legacy::is_fatal;
use crate::daemon::protocol::legacy::Legacy;
use crate::daemon::protocol::request::{decode, Current, Refusal, Request};
use crate::daemon::state::{ConnId, Daemon, Step};
use crate::network::Era;

impl Request<'_> {
    /// Whether the daemons with one queue answer it before its turn.
    fn is_immediate(&self) -> bool {
        matches!(
            self,
            Request::Current(Current::SessionToken(_) | Current::ThinClose(_))
                | Request::Legacy(Legacy::ThinClose(_))
        )
    }
}

impl Daemon {
    /// Handles one frame of a client.
    pub(crate) fn on_frame(&mut self, id: ConnId, frame: &[u8]) -> Step {
        if !self.conns.contains_key(&id) {
            return Step::HangUp;
        }
        let request = match decode(self.era, frame) {
            Ok(request) => request,
            Err(Refusal::HangUp) => return Step::HangUp,
            Err(Refusal::Unknown) => return self.unknown_request(),
        };
        self.counters.request(request.key());
        if let Request::Legacy(request) = &request {
            if is_fatal(request) {
                self.restart();
                return Step::HangUp;
            }
        }
        if self.era != Era::Current && !request.is_immediate() {
            return self.wait_in_the_one_queue(id, frame);
        }
        self.answer(id, request)
    }

    /// Answers a request or puts it into its queue.
    pub(crate) fn answer(&mut self, id: ConnId, request: Request<'_>) -> Step {
        match request {
            Request::Current(request) => self.answer_current(id, request),
            Request::Legacy(request) => self.answer_legacy(id, request),
        }
    }

    /// Daemons up to v0.0.76 crash on an unknown request.
    fn unknown_request(&mut self) -> Step {
        self.counters.request("unknown");
        if self.era == Era::Current {
            return Step::Next;
        }
        self.restart();
        Step::HangUp
    }

    /// Answers a request of today's protocol.
    pub(crate) fn answer_current(&mut self, id: ConnId, request: Current<'_>) -> Step {
        if let Some(refused) = self.faults.error_for(request.key()) {
            if self.answer_with_error(id, &request, &refused) {
                return Step::Next;
            }
        }
        match request {
            Current::SessionToken(r) => self.handshake(id, &r),
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
}
