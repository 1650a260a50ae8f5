//! kpc_voucher_mint, _derive_stream, _induct, _open: how somebody joins a group by a voucher.

pub mod parts;

use std::ffi::c_char;
use std::sync::Arc;

use crate::client::{Call, Client, Induction, MintedVoucher, OpenedVoucher, VoucherStream};
use crate::ffi::api::client::kpc_client;
use crate::ffi::api::operation::{
    asynchronous, kpc_completion, kpc_op, kpc_result, result_form, waiting_form, Done,
};
use crate::ffi::api::values::{kpc_hash, kpc_read_cap, kpc_write_cap};
use crate::ffi::boundary::arguments;
use crate::ffi::boundary::error::kpc_error;
use crate::ffi::boundary::handles::{Kind, Tag};
use crate::ffi::boundary::outputs::{out, out_handle};
use crate::ffi::boundary::status::kpc_status;
use crate::Result;

/// The outputs of one of the voucher calls; the functions kpc_voucher_... return them. Its secrets
/// are wiped when it is freed.
///
/// The joiner mints a voucher for a message stream, writes its payload to the first box of the
/// voucher's stream and hands the voucher over. The inductor derives the stream, reads the
/// payload, inducts it and writes the sealed reply to the second box. The joiner reads and opens
/// that, and from then on writes messages with the changed capability; the group reads them
/// with the changed read capability.
pub struct kpc_voucher {
    _opaque: (),
}

/// What a `kpc_voucher` stands for.
pub(crate) enum Voucher {
    Minted(MintedVoucher),
    Inducted(Induction),
    Opened(OpenedVoucher),
}

impl Kind for kpc_voucher {
    type Object = Voucher;
    const TAG: Tag = Tag::Voucher;
}

/// # Safety
/// Each pointer is NULL or points to what the header asks for, which nobody changes meanwhile.
unsafe fn voucher_mint(
    client: &Client,
    message_write_cap: *const kpc_write_cap,
    display_name: *const c_char,
    display_name_len: usize,
) -> Result<Call<MintedVoucher>> {
    // SAFETY: NULL or valid by the caller's word; nothing borrowed is kept beyond this call.
    let (message_write_cap, display_name) = unsafe {
        (
            arguments::value(message_write_cap, "message_write_cap")?.checked()?,
            arguments::text_of(display_name, display_name_len, "display_name")?,
        )
    };
    client.voucher_mint(&message_write_cap, display_name)
}

fn minted(v: MintedVoucher) -> Result<Arc<Voucher>> {
    Ok(Arc::new(Voucher::Minted(v)))
}

/// Mints a voucher for a message stream, as the joiner. Returns kpc_voucher_hash (the voucher, to
/// be handed over out of band), kpc_voucher_payload (for the first box of the voucher's stream),
/// kpc_voucher_stream and kpc_voucher_keys. Store the secret key: without it the reply cannot be
/// opened. The daemon computes it with fresh randomness; two calls make two vouchers.
///
/// @param client             the client
/// @param message_write_cap  the stream for which the voucher is
/// @param display_name       how the joiner wants to be called, UTF-8
/// @param display_name_len   how many bytes, at least one
/// @param timeout_ms         how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param voucher_out        receives what was minted
/// @param error              receives details of a failure; may be NULL
/// @return KPC_OK, any call error, any daemon error, KPC_ERR_ARG_SIZE, KPC_ERR_ARG_VALUE (also
///         a name that is not UTF-8), KPC_ERR_ARG_EMPTY (no name), KPC_ERR_PAYLOAD_TOO_LARGE (a
///         name longer than a box), KPC_ERR_INVALID_CAPABILITY, KPC_ERR_UNSUPPORTED (daemons
///         before v0.0.80)
///
/// Ownership: *voucher_out is the caller's, kpc_voucher_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_voucher_mint(
    client: *mut kpc_client,
    message_write_cap: *const kpc_write_cap,
    display_name: *const c_char,
    display_name_len: usize,
    timeout_ms: i32,
    voucher_out: *mut *mut kpc_voucher,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out_handle(voucher_out, "voucher_out");
        let make = |client: &Client| {
            voucher_mint(client, message_write_cap, display_name, display_name_len)
        };
        waiting_form(client, timeout_ms, error, outputs, make, minted)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_voucher_mint_async(
    client: *mut kpc_client,
    message_write_cap: *const kpc_write_cap,
    display_name: *const c_char,
    display_name_len: usize,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_voucher_mint", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |client: &Client| {
            voucher_mint(client, message_write_cap, display_name, display_name_len)
        };
        asynchronous(client, timeout_ms, done, op, error, make)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_voucher_mint_result(
    result: *const kpc_result,
    voucher_out: *mut *mut kpc_voucher,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out_handle(voucher_out, "voucher_out");
        result_form("kpc_voucher_mint", result, error, outputs, minted)
    }
}

/// # Safety
/// Each pointer is NULL or points to what the header asks for, which nobody changes meanwhile.
unsafe fn voucher_derive_stream(
    client: &Client,
    voucher: *const kpc_hash,
) -> Result<Call<VoucherStream>> {
    // SAFETY: NULL or valid by the caller's word; nothing borrowed is kept beyond this call.
    let voucher = unsafe { &arguments::value(voucher, "voucher")?.bytes };
    client.voucher_derive_stream(voucher)
}

fn stream_values(v: VoucherStream) -> Result<(kpc_write_cap, kpc_read_cap)> {
    Ok(((&v.write_cap).into(), (&v.read_cap).into()))
}

/// The stream of a voucher, as the inductor: its first box describes the joiner, its second takes
/// the reply.
///
/// @param client      the client
/// @param voucher     the voucher
/// @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param write_cap   receives the capability to write to it; secret
/// @param read_cap    receives the capability to read it
/// @param error       receives details of a failure; may be NULL
/// @return KPC_OK, any call error, any daemon error, KPC_ERR_UNSUPPORTED (daemons before
///         v0.0.80)
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_voucher_derive_stream(
    client: *mut kpc_client,
    voucher: *const kpc_hash,
    timeout_ms: i32,
    write_cap: *mut kpc_write_cap,
    read_cap: *mut kpc_read_cap,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = (out(write_cap, "write_cap"), out(read_cap, "read_cap"));
        let make = |client: &Client| voucher_derive_stream(client, voucher);
        waiting_form(client, timeout_ms, error, outputs, make, stream_values)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_voucher_derive_stream_async(
    client: *mut kpc_client,
    voucher: *const kpc_hash,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_voucher_derive_stream", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |client: &Client| voucher_derive_stream(client, voucher);
        asynchronous(client, timeout_ms, done, op, error, make)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_voucher_derive_stream_result(
    result: *const kpc_result,
    write_cap: *mut kpc_write_cap,
    read_cap: *mut kpc_read_cap,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let name = "kpc_voucher_derive_stream";
        let outputs = (out(write_cap, "write_cap"), out(read_cap, "read_cap"));
        result_form(name, result, error, outputs, stream_values)
    }
}

/// # Safety
/// Each pointer is NULL or points to what the header asks for, which nobody changes meanwhile.
unsafe fn voucher_induct(
    client: &Client,
    voucher: *const kpc_hash,
    voucher_payload: *const u8,
    voucher_payload_len: usize,
    who_reply: *const u8,
    who_reply_len: usize,
) -> Result<Call<Induction>> {
    // SAFETY: NULL or valid by the caller's word; nothing borrowed is kept beyond this call.
    let (voucher, voucher_payload, who_reply) = unsafe {
        (
            &arguments::value(voucher, "voucher")?.bytes,
            arguments::bytes(voucher_payload, voucher_payload_len, "voucher_payload")?,
            arguments::bytes(who_reply, who_reply_len, "who_reply")?,
        )
    };
    client.voucher_induct(voucher, voucher_payload, who_reply)
}

fn inducted(v: Induction) -> Result<Arc<Voucher>> {
    Ok(Arc::new(Voucher::Inducted(v)))
}

/// Accepts a joiner, as the inductor. Returns kpc_voucher_display_name,
/// kpc_voucher_message_read_cap (for the group), kpc_voucher_sealed_reply (for the second box of
/// the voucher's stream), kpc_voucher_stream and kpc_voucher_salt.
///
/// @param client               the client
/// @param voucher              the voucher
/// @param voucher_payload      what the first box of the voucher's stream holds
/// @param voucher_payload_len  how many bytes
/// @param who_reply            what the joiner is to receive, sealed; may be NULL if
///                             who_reply_len is 0
/// @param who_reply_len        how many bytes
/// @param timeout_ms           how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param voucher_out          receives the outputs
/// @param error                receives details of a failure; may be NULL
/// @return KPC_OK, any call error, any daemon error, KPC_ERR_ARG_EMPTY,
///         KPC_ERR_PAYLOAD_TOO_LARGE (no box holds so much), KPC_ERR_VOUCHER_HASH_MISMATCH (the
///         payload is of another voucher), KPC_ERR_VOUCHER_SIGNATURE_INVALID,
///         KPC_ERR_UNSUPPORTED (daemons before v0.0.80)
///
/// Ownership: *voucher_out is the caller's, kpc_voucher_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_voucher_induct(
    client: *mut kpc_client,
    voucher: *const kpc_hash,
    voucher_payload: *const u8,
    voucher_payload_len: usize,
    who_reply: *const u8,
    who_reply_len: usize,
    timeout_ms: i32,
    voucher_out: *mut *mut kpc_voucher,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out_handle(voucher_out, "voucher_out");
        let make = |client: &Client| {
            voucher_induct(
                client,
                voucher,
                voucher_payload,
                voucher_payload_len,
                who_reply,
                who_reply_len,
            )
        };
        waiting_form(client, timeout_ms, error, outputs, make, inducted)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_voucher_induct_async(
    client: *mut kpc_client,
    voucher: *const kpc_hash,
    voucher_payload: *const u8,
    voucher_payload_len: usize,
    who_reply: *const u8,
    who_reply_len: usize,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_voucher_induct", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |client: &Client| {
            voucher_induct(
                client,
                voucher,
                voucher_payload,
                voucher_payload_len,
                who_reply,
                who_reply_len,
            )
        };
        asynchronous(client, timeout_ms, done, op, error, make)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_voucher_induct_result(
    result: *const kpc_result,
    voucher_out: *mut *mut kpc_voucher,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out_handle(voucher_out, "voucher_out");
        result_form("kpc_voucher_induct", result, error, outputs, inducted)
    }
}

/// # Safety
/// Each pointer is NULL or points to what the header asks for, which nobody changes meanwhile.
unsafe fn voucher_open(
    client: &Client,
    secret_key: *const u8,
    secret_key_len: usize,
    sealed_reply: *const u8,
    sealed_reply_len: usize,
    message_write_cap: *const kpc_write_cap,
) -> Result<Call<OpenedVoucher>> {
    // SAFETY: NULL or valid by the caller's word; nothing borrowed is kept beyond this call.
    let (secret_key, sealed_reply, message_write_cap) = unsafe {
        (
            arguments::bytes(secret_key, secret_key_len, "secret_key")?,
            arguments::bytes(sealed_reply, sealed_reply_len, "sealed_reply")?,
            arguments::value(message_write_cap, "message_write_cap")?.checked()?,
        )
    };
    client.voucher_open(secret_key, sealed_reply, &message_write_cap)
}

fn opened(v: OpenedVoucher) -> Result<Arc<Voucher>> {
    Ok(Arc::new(Voucher::Opened(v)))
}

/// Opens the reply to a voucher of one's own, as the joiner. Returns kpc_voucher_who_reply,
/// kpc_voucher_salt and kpc_voucher_message_write_cap, with which messages are written from now on.
///
/// @param client             the client
/// @param secret_key         the secret key of kpc_voucher_keys
/// @param secret_key_len     how many bytes
/// @param sealed_reply       what the second box of the voucher's stream holds
/// @param sealed_reply_len   how many bytes
/// @param message_write_cap  the stream for which the voucher was minted
/// @param timeout_ms         how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param voucher_out        receives the outputs
/// @param error              receives details of a failure; may be NULL
/// @return KPC_OK, any call error, any daemon error, KPC_ERR_ARG_EMPTY, KPC_ERR_ARG_SIZE (a key of
///         fewer than 32 bytes, to which daemons do not reply), KPC_ERR_PAYLOAD_TOO_LARGE (no box
///         holds so much), KPC_ERR_INVALID_CAPABILITY, KPC_ERR_VOUCHER_SEAL_OPEN_FAILED (sealed for
///         another key, or damaged), KPC_ERR_UNSUPPORTED (daemons before v0.0.80)
///
/// Ownership: *voucher_out is the caller's, kpc_voucher_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_voucher_open(
    client: *mut kpc_client,
    secret_key: *const u8,
    secret_key_len: usize,
    sealed_reply: *const u8,
    sealed_reply_len: usize,
    message_write_cap: *const kpc_write_cap,
    timeout_ms: i32,
    voucher_out: *mut *mut kpc_voucher,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out_handle(voucher_out, "voucher_out");
        let make = |client: &Client| {
            voucher_open(
                client,
                secret_key,
                secret_key_len,
                sealed_reply,
                sealed_reply_len,
                message_write_cap,
            )
        };
        waiting_form(client, timeout_ms, error, outputs, make, opened)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_voucher_open_async(
    client: *mut kpc_client,
    secret_key: *const u8,
    secret_key_len: usize,
    sealed_reply: *const u8,
    sealed_reply_len: usize,
    message_write_cap: *const kpc_write_cap,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_voucher_open", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |client: &Client| {
            voucher_open(
                client,
                secret_key,
                secret_key_len,
                sealed_reply,
                sealed_reply_len,
                message_write_cap,
            )
        };
        asynchronous(client, timeout_ms, done, op, error, make)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_voucher_open_result(
    result: *const kpc_result,
    voucher_out: *mut *mut kpc_voucher,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out_handle(voucher_out, "voucher_out");
        result_form("kpc_voucher_open", result, error, outputs, opened)
    }
}
