//! How much memory the values of operations take.

use bytes::Bytes;

use crate::client::api::boxes::resending::StartResult;
use crate::client::api::boxes::tombstones::Tombstones;
use crate::client::api::boxes::ReadBox;
use crate::client::api::channels::values::ChannelReply;
use crate::client::api::copies::envelopes::CourierEnvelopes;
use crate::client::api::vouchers::{Induction, MintedVoucher, OpenedVoucher};
use crate::client::events::completion::Value;
use crate::client::stored::channel_query::ChannelQuery;
use crate::client::stored::envelope::{Envelope, SignedDocument};

/// The number of bytes in a result that depend on daemon, peer or caller. Results with hardly any
/// count as 0; the number of results bounds those.
pub(crate) fn size_of_content(value: &Value) -> usize {
    let envelope = |envelope: &Envelope| envelope.ciphertext.len() + envelope.descriptor.len();
    if let Some(bytes) = value.downcast_ref::<Bytes>() {
        bytes.len()
    } else if let Some(found) = value.downcast_ref::<ReadBox>() {
        found.plaintext.len()
    } else if let Some(found) = value.downcast_ref::<StartResult>() {
        found.plaintext.len()
    } else if let Some(made) = value.downcast_ref::<Envelope>() {
        envelope(made)
    } else if let Some(made) = value.downcast_ref::<Tombstones>() {
        made.envelopes
            .iter()
            .map(|one| envelope(&one.envelope))
            .sum()
    } else if let Some(made) = value.downcast_ref::<CourierEnvelopes>() {
        let elements: usize = made.envelopes.iter().map(Bytes::len).sum();
        elements + made.buffer.as_ref().map_or(0, Bytes::len)
    } else if let Some(document) = value.downcast_ref::<SignedDocument>() {
        document.payload.len()
    } else if let Some(query) = value.downcast_ref::<ChannelQuery>() {
        query.payload.len() + query.descriptor.len()
    } else if let Some(reply) = value.downcast_ref::<ChannelReply>() {
        reply.payload.len()
    } else if let Some(minted) = value.downcast_ref::<MintedVoucher>() {
        minted.payload.len() + minted.secret_key.len() + minted.public_key.len()
    } else if let Some(inducted) = value.downcast_ref::<Induction>() {
        inducted.display_name.len() + inducted.sealed_reply.len() + inducted.salt.len()
    } else if let Some(opened) = value.downcast_ref::<OpenedVoucher>() {
        opened.who_reply.len() + opened.salt.len()
    } else {
        0
    }
}
