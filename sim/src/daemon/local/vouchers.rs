//! Voucher requests.

use crate::daemon::protocol::bodies::{self, opt, some};
use crate::daemon::protocol::bytes::Blob;
use crate::daemon::protocol::request::{
    Id, VoucherDeriveStream, VoucherInduct, VoucherMint, VoucherOpen,
};
use crate::daemon::protocol::response::Kind;
use crate::daemon::state::{ConnId, Daemon, Effort, Step};
use crate::network::{
    Code, InductedVoucher, MintedVoucher, OpenedVoucher, WriteCapBytes, INVALID_REQUEST,
};

fn code<T>(made: &Result<T, Code>) -> Code {
    match made {
        Ok(_) => 0,
        Err(code) => *code,
    }
}

/// A missing field is empty.
fn content(field: Option<Blob<'_>>) -> &[u8] {
    field.map_or(&[], |bytes| bytes.0)
}

/// The decoder takes any length here; the request itself refuses a wrong one.
fn write_cap(field: Option<Blob<'_>>) -> Option<&WriteCapBytes> {
    content(field).try_into().ok()
}

impl Daemon {
    pub(crate) fn voucher_mint(&mut self, id: ConnId, r: &VoucherMint<'_>) -> Step {
        let query_id = r.query_id.map(|q| q.0);
        let made = match write_cap(r.message_write_cap) {
            Some(cap) => {
                let name = r.display_name.as_deref().unwrap_or_default();
                self.network.voucher_mint(cap, name)
            }
            None => Err(INVALID_REQUEST),
        };
        let effort = Effort::VoucherActions(u32::from(made.is_ok()));
        self.after_work(effort, move |daemon| {
            daemon.voucher_minted(id, query_id, &made);
        })
    }

    fn voucher_minted(
        &mut self,
        id: ConnId,
        query_id: Option<Id>,
        made: &Result<MintedVoucher, Code>,
    ) {
        let minted = made.as_ref().ok();
        let body = bodies::VoucherMint {
            query_id: opt(&query_id),
            voucher: minted.and_then(|m| some(&m.voucher)),
            voucher_payload: minted.and_then(|m| some(&m.voucher_payload)),
            voucher_write_cap: minted.and_then(|m| some(&m.voucher_write_cap)),
            voucher_read_cap: minted.and_then(|m| some(&m.voucher_read_cap)),
            voucher_secret_key: minted.and_then(|m| some(&m.voucher_secret_key)),
            voucher_public_key: minted.and_then(|m| some(&m.voucher_public_key)),
            error_code: code(made),
        };
        self.answer_local(id, Kind::VoucherMint, &body);
    }

    pub(crate) fn voucher_induct(&mut self, id: ConnId, r: &VoucherInduct<'_>) -> Step {
        let query_id = r.query_id.map(|q| q.0);
        let made = match r.voucher {
            Some(voucher) => self.network.voucher_induct(
                voucher.0,
                content(r.voucher_payload),
                content(r.who_reply),
            ),
            None => Err(INVALID_REQUEST),
        };
        let effort = Effort::VoucherActions(2 * u32::from(made.is_ok()));
        self.after_work(effort, move |daemon| {
            daemon.voucher_inducted(id, query_id, &made);
        })
    }

    fn voucher_inducted(
        &mut self,
        id: ConnId,
        query_id: Option<Id>,
        made: &Result<InductedVoucher, Code>,
    ) {
        let inducted = made.as_ref().ok();
        let body = bodies::VoucherInduct {
            query_id: opt(&query_id),
            display_name: inducted.map_or("", |i| i.display_name.as_str()),
            mutated_message_read_cap: inducted.and_then(|i| some(&i.mutated_message_read_cap)),
            sealed_reply: inducted.and_then(|i| some(&i.sealed_reply)),
            voucher_write_cap: inducted.and_then(|i| some(&i.voucher_write_cap)),
            voucher_read_cap: inducted.and_then(|i| some(&i.voucher_read_cap)),
            salt: inducted.and_then(|i| some(&i.salt)),
            error_code: code(made),
        };
        self.answer_local(id, Kind::VoucherInduct, &body);
    }

    pub(crate) fn voucher_open(&mut self, id: ConnId, r: &VoucherOpen<'_>) -> Step {
        let query_id = r.query_id.map(|q| q.0);
        let key = content(r.voucher_secret_key);
        if !self.network.survives_secret_key(key) {
            return self.stumble();
        }
        let made = match write_cap(r.message_write_cap) {
            Some(cap) => self.network.voucher_open(key, content(r.sealed_reply), cap),
            None => Err(INVALID_REQUEST),
        };
        // A seal that does not open costs as much as one that does.
        let effort = Effort::VoucherActions(u32::from(code(&made) != INVALID_REQUEST));
        self.after_work(effort, move |daemon| {
            daemon.voucher_opened(id, query_id, &made);
        })
    }

    fn voucher_opened(
        &mut self,
        id: ConnId,
        query_id: Option<Id>,
        made: &Result<OpenedVoucher, Code>,
    ) {
        let opened = made.as_ref().ok();
        let body = bodies::VoucherOpen {
            query_id: opt(&query_id),
            who_reply: opened.and_then(|o| some(&o.who_reply)),
            salt: opened.and_then(|o| some(&o.salt)),
            mutated_message_write_cap: opened.and_then(|o| some(&o.mutated_message_write_cap)),
            error_code: code(made),
        };
        self.answer_local(id, Kind::VoucherOpen, &body);
    }

    pub(crate) fn voucher_derive_stream(
        &mut self,
        id: ConnId,
        r: &VoucherDeriveStream<'_>,
    ) -> Step {
        let query_id = r.query_id.map(|q| q.0);
        let made = match r.voucher {
            Some(voucher) => self.network.voucher_derive_stream(voucher.0),
            None => Err(INVALID_REQUEST),
        };
        let stream = made.as_ref().ok();
        let body = bodies::VoucherDeriveStream {
            query_id: opt(&query_id),
            voucher_write_cap: stream.and_then(|s| some(&s.voucher_write_cap)),
            voucher_read_cap: stream.and_then(|s| some(&s.voucher_read_cap)),
            error_code: code(&made),
        };
        self.answer_local(id, Kind::VoucherDeriveStream, &body)
    }
}
