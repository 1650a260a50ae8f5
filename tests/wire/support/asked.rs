//! Requests built from the fields of recorded client frames.
#![allow(dead_code, clippy::unwrap_used, clippy::panic)]

use kpclient::wire::{Cap, Destination, Request, StartResending};
use serde_cbor::Value;

use super::Fields;

/// The fields of one request, read as the request's types want them. `None` from an
/// accessor means that the recorded field does not fit the type.
pub struct Asked<'a> {
    key: &'a str,
    fields: &'a Fields,
    destinations: Vec<Destination<'a>>,
}

fn array<const N: usize>(value: &Value) -> Option<&[u8; N]> {
    match value {
        Value::Bytes(bytes) => bytes.as_slice().try_into().ok(),
        _ => None,
    }
}

fn entry<'a>(map: &'a Value, name: &str) -> &'a Value {
    let Value::Map(map) = map else {
        panic!("no map")
    };
    &map[&Value::Text(name.to_owned())]
}

fn byte_string(value: &Value) -> Option<&[u8]> {
    match value {
        Value::Bytes(bytes) => Some(bytes),
        _ => None,
    }
}

impl<'a> Asked<'a> {
    /// The request with this key and these fields.
    pub fn new(key: &'a str, fields: &'a Fields) -> Self {
        let destinations = match fields.get("destinations") {
            Some(Value::Array(all)) => all.iter().map(destination).collect::<Option<_>>().unwrap(),
            _ => Vec::new(),
        };
        Asked {
            key,
            fields,
            destinations,
        }
    }

    fn fixed<const N: usize>(&self, name: &str) -> Option<&'a [u8; N]> {
        self.fields.get(name).and_then(array)
    }

    fn bytes(&self, name: &str) -> Option<&'a [u8]> {
        self.fields.get(name).and_then(byte_string)
    }

    fn text(&self, name: &str) -> Option<&'a str> {
        match self.fields.get(name) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    fn flag(&self, name: &str) -> bool {
        matches!(self.fields.get(name), Some(Value::Bool(true)))
    }

    fn int<T: TryFrom<i128>>(&self, name: &str) -> Option<T> {
        match self.fields.get(name) {
            Some(Value::Integer(value)) => T::try_from(*value).ok(),
            _ => None,
        }
    }

    /// The request, unless a field cannot be expressed.
    pub fn request(&self) -> Option<Request<'_>> {
        Some(match self.key {
            "session_token" => Request::SessionToken {
                token: self.fixed("client_instance_token")?,
            },
            "thin_close" => Request::ThinClose,
            "send_message" => Request::SendMessage {
                id: self.fixed("id"),
                with_surb: self.flag("with_surb"),
                surb_id: self.fixed("surbid"),
                destination: self.fixed("destination_id_hash")?,
                queue: self.bytes("recipient_queue_id")?,
                payload: self.bytes("payload")?,
            },
            "new_keypair" => Request::NewKeypair {
                seed: self.bytes("seed")?,
            },
            "encrypt_read" => Request::EncryptRead {
                read_cap: self.fixed("read_cap")?,
                index: self.fixed("message_box_index")?,
            },
            "encrypt_write" => Request::EncryptWrite {
                write_cap: self.fixed("write_cap")?,
                index: self.fixed("message_box_index")?,
                plaintext: self.bytes("plaintext")?,
            },
            "start_resending_encrypted_message" => Request::StartResending(self.start()?),
            "cancel_resending_encrypted_message" => Request::CancelResending {
                envelope_hash: self.fixed("envelope_hash")?,
            },
            "start_resending_copy_command" => Request::StartCopy {
                write_cap: self.fixed("write_cap")?,
                courier: match self.fixed("courier_identity_hash") {
                    Some(hash) => Some((hash, self.bytes("courier_queue_id")?)),
                    None => None,
                },
            },
            "cancel_resending_copy_command" => Request::CancelCopy {
                write_cap_hash: self.fixed("write_cap_hash")?,
            },
            "next_message_box_index" => Request::NextIndex {
                index: self.fixed("message_box_index")?,
            },
            "get_message_box_index_counter" => Request::IndexCounter {
                index: self.fixed("message_box_index")?,
            },
            "get_pki_document" => Request::GetPkiDocument {
                epoch: self.int("epoch")?,
            },
            "get_directory_authorities" => Request::GetDirectoryAuthorities,
            key if key.starts_with("create_courier_") => self.envelopes()?,
            key if key.starts_with("voucher_") => self.voucher()?,
            _ => self.channel()?,
        })
    }

    fn start(&self) -> Option<StartResending<'a>> {
        Some(StartResending {
            cap: match self.fixed("read_cap") {
                Some(cap) => Cap::Read(cap),
                None => Cap::Write(self.fixed("write_cap")?),
            },
            index: self.fixed("message_box_index"),
            reply_index: self.int("reply_index"),
            descriptor: self.bytes("envelope_descriptor")?,
            ciphertext: self.bytes("message_ciphertext")?,
            envelope_hash: self.fixed("envelope_hash")?,
            no_retry_on_box_id_not_found: self.flag("no_retry_on_box_id_not_found"),
            no_idempotent_box_already_exists: self.flag("no_idempotent_box_already_exists"),
        })
    }

    fn envelopes(&self) -> Option<Request<'_>> {
        let (is_start, is_last) = (self.flag("is_start"), self.flag("is_last"));
        Some(match self.key {
            "create_courier_envelopes_from_payload" => Request::EnvelopesFromPayload {
                payload: self.bytes("payload")?,
                write_cap: self.fixed("dest_write_cap")?,
                start_index: self.fixed("dest_start_index")?,
                is_start,
                is_last,
            },
            "create_courier_envelopes_from_multi_payload" => Request::EnvelopesFromMultiPayload {
                destinations: &self.destinations,
                is_start,
                is_last,
                buffer: self.bytes("buffer"),
            },
            _ => Request::EnvelopesFromTombstoneRange {
                write_cap: self.fixed("dest_write_cap")?,
                start_index: self.fixed("dest_start_index")?,
                max_count: self.int("max_count")?,
                is_start,
                is_last,
                buffer: self.bytes("buffer"),
            },
        })
    }

    fn voucher(&self) -> Option<Request<'_>> {
        Some(match self.key {
            "voucher_mint" => Request::VoucherMint {
                message_write_cap: self.fixed("message_write_cap")?,
                display_name: self.text("display_name")?,
            },
            "voucher_induct" => Request::VoucherInduct {
                voucher: self.fixed("voucher")?,
                voucher_payload: self.bytes("voucher_payload")?,
                who_reply: self.bytes("who_reply")?,
            },
            "voucher_open" => Request::VoucherOpen {
                voucher_secret_key: self.bytes("voucher_secret_key")?,
                sealed_reply: self.bytes("sealed_reply")?,
                message_write_cap: self.fixed("message_write_cap")?,
            },
            _ => Request::VoucherDeriveStream {
                voucher: self.fixed("voucher")?,
            },
        })
    }

    fn channel(&self) -> Option<Request<'_>> {
        Some(match self.key {
            "create_write_channel" => Request::CreateWriteChannel,
            "create_read_channel" => Request::CreateReadChannel {
                read_cap: self.fixed("read_cap")?,
            },
            "write_channel" => Request::WriteChannel {
                channel_id: self.int("channel_id")?,
                payload: self.bytes("payload")?,
            },
            "read_channel" => Request::ReadChannel {
                channel_id: self.int("channel_id")?,
                index: self.fixed("message_box_index"),
                reply_index: self.int("reply_index"),
            },
            "resume_write_channel" => Request::ResumeWriteChannel {
                write_cap: self.fixed("write_cap"),
                index: self.fixed("message_box_index"),
            },
            "resume_write_channel_query" => Request::ResumeWriteChannelQuery {
                write_cap: self.fixed("write_cap"),
                index: self.fixed("message_box_index"),
                descriptor: self.bytes("envelope_descriptor")?,
                envelope_hash: self.fixed("envelope_hash")?,
            },
            "resume_read_channel" => Request::ResumeReadChannel {
                read_cap: self.fixed("read_cap")?,
                next_index: self.fixed("next_message_index"),
                reply_index: self.int("reply_index"),
            },
            "resume_read_channel_query" => Request::ResumeReadChannelQuery {
                read_cap: self.fixed("read_cap")?,
                next_index: self.fixed("next_message_index"),
                reply_index: self.int("reply_index"),
                descriptor: self.bytes("envelope_descriptor")?,
                envelope_hash: self.fixed("envelope_hash")?,
            },
            "close_channel" => Request::CloseChannel {
                channel_id: self.int("channel_id")?,
            },
            "send_channel_query" => Request::SendChannelQuery {
                message_id: self.fixed("message_id")?,
                channel_id: self.int("channel_id"),
                destination: self.fixed("destination_id_hash")?,
                queue: self.bytes("recipient_queue_id")?,
                payload: self.bytes("payload")?,
            },
            "send_arq_message" => Request::SendArqMessage {
                id: self.fixed("id"),
                with_surb: self.flag("with_surb"),
                surb_id: self.fixed("surbid"),
                destination: self.fixed("destination_id_hash")?,
                queue: self.bytes("recipient_queue_id")?,
                payload: self.bytes("payload")?,
            },
            other => panic!("no such request: {other}"),
        })
    }

    /// The recorded query id.
    pub fn query_id(&self) -> [u8; 16] {
        self.fixed("query_id").copied().unwrap_or_default()
    }
}

fn destination(value: &Value) -> Option<Destination<'_>> {
    Some(Destination {
        payload: byte_string(entry(value, "payload"))?,
        write_cap: array(entry(value, "write_cap"))?,
        start_index: array(entry(value, "start_index"))?,
    })
}
