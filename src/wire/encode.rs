//! Requests as frames. Fields that are not set are left out, or null, as daemons of each
//! era have been seen to accept them.

use crate::error::Result;
use crate::secret::WipingVec;

use super::kind::RequestKind;
use super::request::{Cap, Destination, Request, StartResending};
use super::write::{Pairs, Writer};
use super::QueryId;

/// Upper bound of what one destination needs beside its payload.
const DESTINATION_OVERHEAD: usize = 312;

fn opaque<const N: usize>(value: Option<&[u8; N]>) -> Option<&[u8]> {
    value.map(|array| array.as_slice())
}

impl Request<'_> {
    /// The frame of this request: four bytes of length and a map with the one key.
    ///
    /// It is written into one allocation of sufficient size, which is wiped on drop.
    /// Requests that are not answered by a reply of their own do not carry `query_id`.
    ///
    /// # Errors
    /// `FRAME_TOO_LARGE` above 40 MiB, `NO_MEMORY`.
    pub fn encode(&self, query_id: &QueryId) -> Result<WipingVec> {
        let mut writer = Writer::new(self.variable_size())?;
        writer.map(|frame| {
            frame.map(self.kind().key(), |pairs| {
                self.put(pairs);
                if self.kind().has_query_id() {
                    pairs.bytes("query_id", query_id);
                }
            });
        });
        writer.finish()
    }

    /// Bytes in the fields of variable size.
    fn variable_size(&self) -> usize {
        let sum = |parts: &[usize]| {
            parts
                .iter()
                .fold(0_usize, |all, part| all.saturating_add(*part))
        };
        match self {
            Request::SendMessage { queue, payload, .. }
            | Request::SendArqMessage { queue, payload, .. }
            | Request::SendChannelQuery { queue, payload, .. } => {
                sum(&[queue.len(), payload.len()])
            }
            Request::NewKeypair { seed } => seed.len(),
            Request::EncryptWrite { plaintext, .. } => plaintext.len(),
            Request::StartResending(start) => {
                sum(&[start.descriptor.len(), start.ciphertext.len()])
            }
            Request::StartCopy { courier, .. } => courier.map_or(0, |(_, queue)| queue.len()),
            Request::EnvelopesFromPayload { payload, .. }
            | Request::WriteChannel { payload, .. } => payload.len(),
            Request::EnvelopesFromMultiPayload {
                destinations,
                buffer,
                ..
            } => {
                let buffer = buffer.map_or(0, <[u8]>::len);
                destinations.iter().fold(buffer, |all, destination| {
                    sum(&[all, destination.payload.len(), DESTINATION_OVERHEAD])
                })
            }
            Request::EnvelopesFromTombstoneRange { buffer, .. } => buffer.map_or(0, <[u8]>::len),
            Request::VoucherMint { display_name, .. } => display_name.len(),
            Request::VoucherInduct {
                voucher_payload,
                who_reply,
                ..
            } => sum(&[voucher_payload.len(), who_reply.len()]),
            Request::VoucherOpen {
                voucher_secret_key,
                sealed_reply,
                ..
            } => sum(&[voucher_secret_key.len(), sealed_reply.len()]),
            Request::ResumeWriteChannelQuery { descriptor, .. }
            | Request::ResumeReadChannelQuery { descriptor, .. } => descriptor.len(),
            _ => 0,
        }
    }

    fn put(&self, pairs: &mut Pairs<'_>) {
        match *self {
            Request::SessionToken { token } => pairs.bytes("client_instance_token", token),
            Request::ThinClose | Request::GetDirectoryAuthorities => {}
            Request::SendMessage {
                id,
                with_surb,
                surb_id,
                destination,
                queue,
                payload,
            }
            | Request::SendArqMessage {
                id,
                with_surb,
                surb_id,
                destination,
                queue,
                payload,
            } => {
                pairs.bytes_or_null("id", opaque(id));
                pairs.flag("with_surb", with_surb);
                pairs.bytes_or_null("surbid", opaque(surb_id));
                pairs.bytes("destination_id_hash", destination);
                pairs.bytes("recipient_queue_id", queue);
                pairs.bytes("payload", payload);
            }
            Request::NewKeypair { seed } => pairs.bytes("seed", seed),
            Request::EncryptRead { read_cap, index } => {
                pairs.bytes("read_cap", read_cap);
                pairs.bytes("message_box_index", index);
            }
            Request::EncryptWrite {
                write_cap,
                index,
                plaintext,
            } => {
                pairs.bytes("plaintext", plaintext);
                pairs.bytes("write_cap", write_cap);
                pairs.bytes("message_box_index", index);
            }
            Request::StartResending(start) => put_start(pairs, &start),
            Request::CancelResending { envelope_hash } => {
                pairs.bytes("envelope_hash", envelope_hash);
            }
            Request::StartCopy { write_cap, courier } => {
                pairs.bytes("write_cap", write_cap);
                if let Some((identity_hash, queue)) = courier {
                    pairs.bytes("courier_identity_hash", identity_hash);
                    pairs.bytes("courier_queue_id", queue);
                }
            }
            Request::CancelCopy { write_cap_hash } => pairs.bytes("write_cap_hash", write_cap_hash),
            Request::NextIndex { index } | Request::IndexCounter { index } => {
                pairs.bytes("message_box_index", index);
            }
            Request::GetPkiDocument { epoch } => pairs.uint("epoch", epoch),
            Request::EnvelopesFromPayload { .. }
            | Request::EnvelopesFromMultiPayload { .. }
            | Request::EnvelopesFromTombstoneRange { .. } => self.put_envelopes(pairs),
            Request::VoucherMint { .. }
            | Request::VoucherInduct { .. }
            | Request::VoucherOpen { .. }
            | Request::VoucherDeriveStream { .. } => self.put_voucher(pairs),
            _ => self.put_channel(pairs),
        }
    }

    fn put_envelopes(&self, pairs: &mut Pairs<'_>) {
        match *self {
            Request::EnvelopesFromPayload {
                payload,
                write_cap,
                start_index,
                is_start,
                is_last,
            } => {
                pairs.bytes("payload", payload);
                pairs.bytes("dest_write_cap", write_cap);
                pairs.bytes("dest_start_index", start_index);
                pairs.flag("is_start", is_start);
                pairs.flag("is_last", is_last);
            }
            Request::EnvelopesFromMultiPayload {
                destinations,
                is_start,
                is_last,
                buffer,
            } => {
                pairs.maps("destinations", destinations, put_destination);
                pairs.flag("is_start", is_start);
                pairs.flag("is_last", is_last);
                pairs.bytes_or_null("buffer", buffer);
            }
            Request::EnvelopesFromTombstoneRange {
                write_cap,
                start_index,
                max_count,
                is_start,
                is_last,
                buffer,
            } => {
                pairs.bytes("dest_write_cap", write_cap);
                pairs.bytes("dest_start_index", start_index);
                pairs.uint("max_count", max_count);
                pairs.flag("is_start", is_start);
                pairs.flag("is_last", is_last);
                pairs.bytes_or_null("buffer", buffer);
            }
            _ => {}
        }
    }

    fn put_voucher(&self, pairs: &mut Pairs<'_>) {
        match *self {
            Request::VoucherMint {
                message_write_cap,
                display_name,
            } => {
                pairs.bytes("message_write_cap", message_write_cap);
                pairs.text("display_name", display_name);
            }
            Request::VoucherInduct {
                voucher,
                voucher_payload,
                who_reply,
            } => {
                pairs.bytes("voucher", voucher);
                pairs.bytes("voucher_payload", voucher_payload);
                pairs.bytes("who_reply", who_reply);
            }
            Request::VoucherOpen {
                voucher_secret_key,
                sealed_reply,
                message_write_cap,
            } => {
                pairs.bytes("voucher_secret_key", voucher_secret_key);
                pairs.bytes("sealed_reply", sealed_reply);
                pairs.bytes("message_write_cap", message_write_cap);
            }
            Request::VoucherDeriveStream { voucher } => pairs.bytes("voucher", voucher),
            _ => {}
        }
    }

    fn put_channel(&self, pairs: &mut Pairs<'_>) {
        match *self {
            Request::CreateReadChannel { read_cap } => pairs.bytes("read_cap", read_cap),
            Request::WriteChannel {
                channel_id,
                payload,
            } => {
                pairs.uint("channel_id", channel_id);
                pairs.bytes("payload", payload);
            }
            Request::ReadChannel {
                channel_id,
                index,
                reply_index,
            } => {
                pairs.uint("channel_id", channel_id);
                pairs.bytes_if_some("message_box_index", opaque(index));
                pairs.uint_if_some("reply_index", reply_index);
            }
            Request::ResumeWriteChannel { write_cap, index } => {
                pairs.bytes_or_null("write_cap", opaque(write_cap));
                pairs.bytes_or_null("message_box_index", opaque(index));
            }
            Request::ResumeWriteChannelQuery {
                write_cap,
                index,
                descriptor,
                envelope_hash,
            } => {
                pairs.bytes_or_null("write_cap", opaque(write_cap));
                pairs.bytes_or_null("message_box_index", opaque(index));
                pairs.bytes("envelope_descriptor", descriptor);
                pairs.bytes("envelope_hash", envelope_hash);
            }
            Request::ResumeReadChannel {
                read_cap,
                next_index,
                reply_index,
            } => {
                pairs.bytes("read_cap", read_cap);
                pairs.bytes_or_null("next_message_index", opaque(next_index));
                pairs.uint_or_null("reply_index", reply_index);
            }
            Request::ResumeReadChannelQuery {
                read_cap,
                next_index,
                reply_index,
                descriptor,
                envelope_hash,
            } => {
                pairs.bytes("read_cap", read_cap);
                pairs.bytes_or_null("next_message_index", opaque(next_index));
                pairs.uint_or_null("reply_index", reply_index);
                pairs.bytes("envelope_descriptor", descriptor);
                pairs.bytes("envelope_hash", envelope_hash);
            }
            Request::CloseChannel { channel_id } => pairs.uint("channel_id", channel_id),
            Request::SendChannelQuery {
                message_id,
                channel_id,
                destination,
                queue,
                payload,
            } => {
                pairs.bytes("message_id", message_id);
                pairs.uint_if_some("channel_id", channel_id);
                pairs.bytes("destination_id_hash", destination);
                pairs.bytes("recipient_queue_id", queue);
                pairs.bytes("payload", payload);
            }
            // `CreateWriteChannel` has no fields; the others are written elsewhere.
            _ => {}
        }
    }
}

impl RequestKind {
    /// Whether a reply is found by a query id.
    pub const fn has_query_id(self) -> bool {
        !matches!(
            self,
            RequestKind::SessionToken
                | RequestKind::ThinClose
                | RequestKind::SendMessage
                | RequestKind::SendArqMessage
                | RequestKind::CloseChannel
                | RequestKind::SendChannelQuery
        )
    }
}

fn put_start(pairs: &mut Pairs<'_>, start: &StartResending<'_>) {
    match start.cap {
        Cap::Read(cap) => pairs.bytes("read_cap", cap),
        Cap::Write(cap) => pairs.bytes("write_cap", cap),
    }
    pairs.bytes_if_some("message_box_index", opaque(start.index));
    pairs.uint_if_some("reply_index", start.reply_index);
    pairs.bytes("envelope_descriptor", start.descriptor);
    pairs.bytes("message_ciphertext", start.ciphertext);
    pairs.bytes("envelope_hash", start.envelope_hash);
    pairs.flag_if_set(
        "no_retry_on_box_id_not_found",
        start.no_retry_on_box_id_not_found,
    );
    pairs.flag_if_set(
        "no_idempotent_box_already_exists",
        start.no_idempotent_box_already_exists,
    );
}

fn put_destination(pairs: &mut Pairs<'_>, destination: &Destination<'_>) {
    pairs.bytes("payload", destination.payload);
    pairs.bytes("write_cap", destination.write_cap);
    pairs.bytes("start_index", destination.start_index);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_request_is_one_allocation_of_about_its_own_size() {
        let payload = vec![7; 10 << 20];
        let request = Request::EnvelopesFromPayload {
            payload: &payload,
            write_cap: &[1; 168],
            start_index: &[2; 104],
            is_start: true,
            is_last: true,
        };
        let mut frame = request.encode(&[3; 16]).unwrap();
        // That nothing was moved on the way is asserted where the frame is finished.
        let capacity = frame.as_mut_vec().capacity();
        assert!(capacity - frame.len() < 1024, "{capacity}");
    }

    #[test]
    fn many_destinations_fit_what_was_reserved() {
        let write_cap = [1; 168];
        let start_index = [2; 104];
        for length in [0, 23, 24, 300, 70_000] {
            let payload = vec![7; length];
            let destination = Destination {
                payload: &payload,
                write_cap: &write_cap,
                start_index: &start_index,
            };
            let destinations = vec![destination; 400];
            let request = Request::EnvelopesFromMultiPayload {
                destinations: &destinations,
                is_start: true,
                is_last: false,
                buffer: Some(&payload),
            };
            request.encode(&[3; 16]).unwrap();
        }
    }
}
