//! The bodies of replies and events, with the keys and nulls of the recorded frames.

use serde::Serialize;
use serde_bytes::Bytes;

use crate::network::{PigeonholeGeometry, SphinxGeometry};

/// Bytes that may be null.
pub(crate) type Maybe<'a> = Option<&'a Bytes>;
/// A query id, or null when the request had none.
pub(crate) type Query<'a> = Maybe<'a>;

/// Bytes.
pub(crate) fn some(bytes: &[u8]) -> Maybe<'_> {
    Some(Bytes::new(bytes))
}

/// Bytes of fixed length that may be missing.
pub(crate) fn opt<const N: usize>(bytes: &Option<[u8; N]>) -> Maybe<'_> {
    bytes.as_ref().map(|b| Bytes::new(b))
}

/// A list of byte strings. The daemon sends null for an empty one.
pub(crate) fn list(items: &[Vec<u8>]) -> Option<Vec<&Bytes>> {
    (!items.is_empty()).then(|| items.iter().map(|i| Bytes::new(i)).collect())
}

fn is_zero(n: &u64) -> bool {
    *n == 0
}

#[derive(Serialize)]
pub(crate) struct Empty {}

#[derive(Serialize)]
pub(crate) struct Status<'a> {
    pub(crate) is_connected: bool,
    pub(crate) err: Option<&'a serde_cbor::Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) instance_token: Maybe<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sphinx_geometry: Option<SphinxGeometry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) pigeonhole_geometry: Option<PigeonholeGeometry>,
}

#[derive(Serialize)]
pub(crate) struct Document<'a> {
    pub(crate) payload: Maybe<'a>,
}

#[derive(Serialize)]
pub(crate) struct SessionToken<'a> {
    pub(crate) app_id: &'a Bytes,
    pub(crate) resumed: bool,
}

#[derive(Serialize)]
pub(crate) struct MessageSent<'a> {
    pub(crate) message_id: Maybe<'a>,
    pub(crate) surbid: Maybe<'a>,
    pub(crate) sent_at: u64,
    pub(crate) reply_eta: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) err: Option<&'a str>,
}

#[derive(Serialize)]
pub(crate) struct MessageReply<'a> {
    pub(crate) message_id: Maybe<'a>,
    pub(crate) surbid: Maybe<'a>,
    pub(crate) payload: Maybe<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reply_index: Option<u8>,
    pub(crate) error_code: u8,
}

#[derive(Serialize)]
pub(crate) struct Collected<'a> {
    pub(crate) message_id: Maybe<'a>,
}

#[derive(Serialize, Default)]
pub(crate) struct NewKeypair<'a> {
    pub(crate) query_id: Query<'a>,
    pub(crate) write_cap: Maybe<'a>,
    pub(crate) read_cap: Maybe<'a>,
    pub(crate) first_message_index: Maybe<'a>,
    pub(crate) error_code: u8,
}

#[derive(Serialize, Default)]
pub(crate) struct Envelope<'a> {
    pub(crate) query_id: Query<'a>,
    pub(crate) message_ciphertext: Maybe<'a>,
    pub(crate) envelope_descriptor: Maybe<'a>,
    pub(crate) envelope_hash: Maybe<'a>,
    pub(crate) next_message_box_index: Maybe<'a>,
    pub(crate) error_code: u8,
}

#[derive(Serialize, Default)]
pub(crate) struct StartResending<'a> {
    pub(crate) query_id: Query<'a>,
    pub(crate) plaintext: Maybe<'a>,
    pub(crate) error_code: u8,
    pub(crate) courier_identity_hash: Maybe<'a>,
    pub(crate) courier_queue_id: Maybe<'a>,
}

/// The reply of both cancels.
#[derive(Serialize, Default)]
pub(crate) struct Cancelled<'a> {
    pub(crate) query_id: Query<'a>,
    pub(crate) error_code: u8,
}

#[derive(Serialize, Default)]
pub(crate) struct StartCopy<'a> {
    pub(crate) query_id: Query<'a>,
    pub(crate) error_code: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) replica_error_code: Option<u8>,
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) failed_envelope_index: u64,
}

#[derive(Serialize, Default)]
pub(crate) struct NextIndex<'a> {
    pub(crate) query_id: Query<'a>,
    pub(crate) next_message_box_index: Maybe<'a>,
    pub(crate) error_code: u8,
}

#[derive(Serialize, Default)]
pub(crate) struct Counter<'a> {
    pub(crate) query_id: Query<'a>,
    pub(crate) counter: u64,
    pub(crate) error_code: u8,
}

#[derive(Serialize, Default)]
pub(crate) struct PkiDocument<'a> {
    pub(crate) query_id: Query<'a>,
    pub(crate) payload: Maybe<'a>,
    pub(crate) epoch: u64,
    pub(crate) error_code: u8,
}

#[derive(Serialize)]
pub(crate) struct Authority<'a> {
    pub(crate) identifier: &'a str,
    pub(crate) pki_signature_scheme: &'a str,
    pub(crate) wire_kem_scheme: &'a str,
    pub(crate) addresses: &'a [String],
    pub(crate) identity_public_key_pem: &'a str,
    pub(crate) link_public_key_pem: &'a str,
    pub(crate) identity_key_hash: &'a Bytes,
}

#[derive(Serialize, Default)]
pub(crate) struct Authorities<'a> {
    pub(crate) query_id: Query<'a>,
    pub(crate) authorities: Option<Vec<Authority<'a>>>,
    pub(crate) error_code: u8,
}

#[derive(Serialize, Default)]
pub(crate) struct FromPayload<'a> {
    pub(crate) query_id: Query<'a>,
    pub(crate) envelopes: Option<Vec<&'a Bytes>>,
    pub(crate) next_dest_index: Maybe<'a>,
    pub(crate) error_code: u8,
}

#[derive(Serialize, Default)]
pub(crate) struct FromMultiPayload<'a> {
    pub(crate) query_id: Query<'a>,
    pub(crate) envelopes: Option<Vec<&'a Bytes>>,
    pub(crate) buffer: Maybe<'a>,
    pub(crate) next_dest_indices: Option<Vec<&'a Bytes>>,
    pub(crate) error_code: u8,
}

#[derive(Serialize, Default)]
pub(crate) struct FromTombstoneRange<'a> {
    pub(crate) query_id: Query<'a>,
    pub(crate) envelopes: Option<Vec<&'a Bytes>>,
    pub(crate) buffer: Maybe<'a>,
    pub(crate) next_dest_index: Maybe<'a>,
    pub(crate) error_code: u8,
}

#[derive(Serialize, Default)]
pub(crate) struct VoucherMint<'a> {
    pub(crate) query_id: Query<'a>,
    pub(crate) voucher: Maybe<'a>,
    pub(crate) voucher_payload: Maybe<'a>,
    pub(crate) voucher_write_cap: Maybe<'a>,
    pub(crate) voucher_read_cap: Maybe<'a>,
    pub(crate) voucher_secret_key: Maybe<'a>,
    pub(crate) voucher_public_key: Maybe<'a>,
    pub(crate) error_code: u8,
}

#[derive(Serialize, Default)]
pub(crate) struct VoucherInduct<'a> {
    pub(crate) query_id: Query<'a>,
    /// Empty in a refusal, where everything else is null.
    pub(crate) display_name: &'a str,
    pub(crate) mutated_message_read_cap: Maybe<'a>,
    pub(crate) sealed_reply: Maybe<'a>,
    pub(crate) voucher_write_cap: Maybe<'a>,
    pub(crate) voucher_read_cap: Maybe<'a>,
    pub(crate) salt: Maybe<'a>,
    pub(crate) error_code: u8,
}

#[derive(Serialize, Default)]
pub(crate) struct VoucherOpen<'a> {
    pub(crate) query_id: Query<'a>,
    pub(crate) who_reply: Maybe<'a>,
    pub(crate) salt: Maybe<'a>,
    pub(crate) mutated_message_write_cap: Maybe<'a>,
    pub(crate) error_code: u8,
}

#[derive(Serialize, Default)]
pub(crate) struct VoucherDeriveStream<'a> {
    pub(crate) query_id: Query<'a>,
    pub(crate) voucher_write_cap: Maybe<'a>,
    pub(crate) voucher_read_cap: Maybe<'a>,
    pub(crate) error_code: u8,
}
