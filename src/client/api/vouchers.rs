//! Contact vouchers: how somebody who has nothing but 32 bytes joins a group.
//!
//! The joiner mints a voucher for a message stream of their own, writes its payload to the first
//! box of the voucher's stream and hands over the voucher. The inductor derives the stream, reads
//! the payload, inducts it and writes the sealed reply to the second box. The joiner opens that.
//! The daemon computes all of it; nothing is sent.

use bytes::Bytes;

use crate::bacap::{ReadCap, WriteCap};
use crate::client::call::Call;
use crate::client::connection::Answer;
use crate::client::connection::LocalCall;
use crate::client::encryption::Priority;
use crate::client::handle::Client;
use crate::client::shared::Shared;
use crate::sync::lock;
use crate::wire::{Hash, ReplyBody, Request, Secret};
use crate::{Error, Result, Status};

/// The two capabilities of a voucher's stream.
#[derive(Clone)]
pub struct VoucherStream {
    /// To write to it.
    pub write_cap: WriteCap,
    /// To read it.
    pub read_cap: ReadCap,
}

/// What minting returns to the joiner.
#[derive(Clone)]
pub struct MintedVoucher {
    /// The voucher, to be handed over out of band.
    pub voucher: Hash,
    /// For the first box of the voucher's stream.
    pub payload: Bytes,
    /// The voucher's stream.
    pub stream: VoucherStream,
    /// Opens the reply; to be kept, and kept secret.
    pub secret_key: Bytes,
    /// Its public half.
    pub public_key: Bytes,
}

/// What inducting returns to the inductor.
#[derive(Clone)]
pub struct Induction {
    /// The joiner's display name.
    pub display_name: String,
    /// To read the joiner's messages; for the group.
    pub message_read_cap: ReadCap,
    /// For the second box of the voucher's stream.
    pub sealed_reply: Bytes,
    /// The voucher's stream.
    pub stream: VoucherStream,
    /// What the message stream was changed with.
    pub salt: Bytes,
}

/// What opening returns to the joiner.
#[derive(Clone)]
pub struct OpenedVoucher {
    /// What the inductor sent.
    pub who_reply: Bytes,
    /// What the message stream was changed with.
    pub salt: Bytes,
    /// Writes messages from now on.
    pub message_write_cap: WriteCap,
}

fn stream(write_cap: &Secret<168>, read_cap: &Secret<136>) -> VoucherStream {
    VoucherStream {
        write_cap: WriteCap::from_secret(write_cap),
        read_cap: ReadCap::from_secret(read_cap),
    }
}

fn read_minted(answer: &Answer) -> Result<MintedVoucher> {
    answer.check()?;
    match &answer.reply.body {
        ReplyBody::VoucherMint(minted) => Ok(MintedVoucher {
            voucher: minted.voucher,
            payload: minted.voucher_payload.clone(),
            stream: stream(&minted.voucher_write_cap, &minted.voucher_read_cap),
            secret_key: minted.voucher_secret_key.clone(),
            public_key: minted.voucher_public_key.clone(),
        }),
        _ => Err(answer.unexpected()),
    }
}

fn read_stream(answer: &Answer) -> Result<VoucherStream> {
    answer.check()?;
    match &answer.reply.body {
        ReplyBody::VoucherStream(derived) => Ok(stream(&derived.write_cap, &derived.read_cap)),
        _ => Err(answer.unexpected()),
    }
}

fn read_induction(answer: &Answer) -> Result<Induction> {
    answer.check()?;
    match &answer.reply.body {
        ReplyBody::VoucherInduct(inducted) => Ok(Induction {
            display_name: inducted.display_name.clone(),
            message_read_cap: ReadCap::from_secret(&inducted.mutated_message_read_cap),
            sealed_reply: inducted.sealed_reply.clone(),
            stream: stream(&inducted.voucher_write_cap, &inducted.voucher_read_cap),
            salt: inducted.salt.clone(),
        }),
        _ => Err(answer.unexpected()),
    }
}

fn read_opened(answer: &Answer) -> Result<OpenedVoucher> {
    answer.check()?;
    match &answer.reply.body {
        ReplyBody::VoucherOpen(opened) => Ok(OpenedVoucher {
            who_reply: opened.who_reply.clone(),
            salt: opened.salt.clone(),
            message_write_cap: WriteCap::from_secret(&opened.mutated_message_write_cap),
        }),
        _ => Err(answer.unexpected()),
    }
}

/// The daemon crashes on a shorter key, and answers nothing.
const SHORTEST_KEY: usize = 32;

fn check_key(key: &[u8]) -> Result<()> {
    if key.len() < SHORTEST_KEY {
        return Err(Error::new(
            Status::ARG_SIZE,
            format!(
                "a voucher's secret key has {SHORTEST_KEY} bytes at least, not {}",
                key.len()
            ),
        ));
    }
    Ok(())
}

pub(crate) fn mint_call(
    shared: &Shared,
    message_write_cap: &WriteCap,
    display_name: &str,
) -> Result<LocalCall<MintedVoucher>> {
    check_part(shared, "display name", display_name.as_bytes())?;
    let request = Request::VoucherMint {
        message_write_cap: message_write_cap.as_bytes(),
        display_name,
    };
    computing(shared, &request, read_minted)
}

pub(crate) fn derive_stream_call(
    shared: &Shared,
    voucher: &Hash,
) -> Result<LocalCall<VoucherStream>> {
    shared.check_open()?;
    let request = Request::VoucherDeriveStream { voucher };
    LocalCall::new(&shared.queries, &request, read_stream)
}

pub(crate) fn induct_call(
    shared: &Shared,
    voucher: &Hash,
    voucher_payload: &[u8],
    who_reply: &[u8],
) -> Result<LocalCall<Induction>> {
    check_part(shared, "voucher's payload", voucher_payload)?;
    check_fits(shared, "reply", who_reply)?;
    let request = Request::VoucherInduct {
        voucher,
        voucher_payload,
        who_reply,
    };
    computing(shared, &request, read_induction)
}

pub(crate) fn open_call(
    shared: &Shared,
    voucher_secret_key: &[u8],
    sealed_reply: &[u8],
    message_write_cap: &WriteCap,
) -> Result<LocalCall<OpenedVoucher>> {
    check_part(shared, "voucher's secret key", voucher_secret_key)?;
    check_key(voucher_secret_key)?;
    check_part(shared, "sealed reply", sealed_reply)?;
    let request = Request::VoucherOpen {
        voucher_secret_key,
        sealed_reply,
        message_write_cap: message_write_cap.as_bytes(),
    };
    computing(shared, &request, read_opened)
}

/// A request that takes the daemon as long as an encryption of a box.
fn computing<T>(
    shared: &Shared,
    request: &Request<'_>,
    read: fn(&Answer) -> Result<T>,
) -> Result<LocalCall<T>> {
    shared.check_open()?;
    let call = LocalCall::new(&shared.queries, request, read)?;
    Ok(call.encrypting(0, Priority::Call))
}

/// Refuses an empty part, and one that is too large for a box.
fn check_part(shared: &Shared, what: &str, part: &[u8]) -> Result<()> {
    if part.is_empty() {
        return Err(Error::new(
            Status::ARG_EMPTY,
            format!("the {what} is empty"),
        ));
    }
    check_fits(shared, what, part)
}

/// Refuses what does not fit a box.
pub(crate) fn check_fits(shared: &Shared, what: &str, part: &[u8]) -> Result<()> {
    let view = lock(&shared.view);
    let max = view.pigeonhole.as_ref();
    match max.map(|geometry| geometry.max_plaintext_payload_length) {
        Some(max) if part.len() > max => Err(Error::new(
            Status::PAYLOAD_TOO_LARGE,
            format!(
                "the {what} has {} bytes, and a box at most {max}",
                part.len()
            ),
        )),
        _ => Ok(()),
    }
}

impl Client {
    /// Mints a voucher for a message stream.
    ///
    /// Fails with `ARG_EMPTY` without a name, with `UNSUPPORTED` before daemon v0.0.80.
    pub fn voucher_mint(
        &self,
        message_write_cap: &WriteCap,
        display_name: &str,
    ) -> Result<Call<MintedVoucher>> {
        mint_call(&self.shared, message_write_cap, display_name)
            .map(|call| Call::local(&self.shared, call))
    }

    /// Returns the stream of a voucher: its payload, and the place of the answer.
    pub fn voucher_derive_stream(&self, voucher: &Hash) -> Result<Call<VoucherStream>> {
        derive_stream_call(&self.shared, voucher).map(|call| Call::local(&self.shared, call))
    }

    /// Accepts a voucher whose payload was read, and seals the reply to it.
    ///
    /// `VOUCHER_HASH_MISMATCH` if the payload is not that voucher's,
    /// `VOUCHER_SIGNATURE_INVALID`.
    pub fn voucher_induct(
        &self,
        voucher: &Hash,
        voucher_payload: &[u8],
        who_reply: &[u8],
    ) -> Result<Call<Induction>> {
        induct_call(&self.shared, voucher, voucher_payload, who_reply)
            .map(|call| Call::local(&self.shared, call))
    }

    /// Opens the reply to a voucher of one's own. Fails with `ARG_SIZE` for a key that is too short
    /// for any, with `VOUCHER_SEAL_OPEN_FAILED` if it is not for this key.
    pub fn voucher_open(
        &self,
        voucher_secret_key: &[u8],
        sealed_reply: &[u8],
        message_write_cap: &WriteCap,
    ) -> Result<Call<OpenedVoucher>> {
        open_call(
            &self.shared,
            voucher_secret_key,
            sealed_reply,
            message_write_cap,
        )
        .map(|call| Call::local(&self.shared, call))
    }
}
