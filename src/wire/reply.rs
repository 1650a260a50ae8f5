//! Answers to requests that carry a query id.
//!
//! With code 0 every field is there, so values need no second look; with any other code
//! the daemon fills them with null, nothing or zeros, so there are none to have.

use std::fmt;

use bytes::Bytes;

use crate::error::Result;
use crate::secret::Secret;

use super::channel::{self, ChannelReadReply, ChannelWriteReply, WriteChannelReply};
use super::field::{fields, Field};
use super::kind::MessageKind;
use super::part::{copy_of, may_share, part_of};
use super::{Hash, QueryId};

/// Most elements that a list in a reply may have: as many as a copy stream has boxes.
const MAX_ELEMENTS: usize = 65_536;
/// More authorities than any network has, and more addresses than any of them.
const MAX_AUTHORITIES: usize = 1024;
const MAX_ADDRESSES: usize = 64;

/// One answer.
#[derive(Clone)]
pub struct Reply {
    /// The request; some failures of daemons up to v0.0.72 do not name it.
    pub query_id: Option<QueryId>,
    /// The kind of request that is answered.
    pub kind: MessageKind,
    /// 0 is success; see [`codes::check`](super::codes::check).
    pub error_code: u8,
    /// The values.
    pub body: ReplyBody,
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reply({}, code {})", self.kind.key(), self.error_code)
    }
}

/// The values of an answer. Large ones are boxed: an answer is moved several times on its
/// way to whoever waits for it.
#[derive(Clone)]
#[non_exhaustive]
pub enum ReplyBody {
    /// The request failed and the answer has no values.
    Failed,
    /// New capabilities.
    Keypair(Box<KeypairReply>),
    /// An envelope, made to read or to write.
    Envelope(Box<EnvelopeReply>),
    /// An envelope was answered. Here also when that was a failure.
    StartResending(ResendingReply),
    /// An envelope is no longer sent.
    CancelResending,
    /// A copy command has completed. Here also when it failed.
    StartCopy(CopyReply),
    /// Nobody waits for a copy command any more.
    CancelCopy,
    /// The index behind the requested one.
    NextIndex {
        /// That index.
        index: Box<Secret<104>>,
    },
    /// The counter inside an index.
    Counter {
        /// That counter.
        counter: u64,
    },
    /// A signed PKI document.
    PkiDocument(PkiDocumentReply),
    /// The configured directory authorities.
    Authorities(Vec<Authority>),
    /// Elements of a copy stream.
    CourierEnvelopes(CourierEnvelopes),
    /// A new voucher.
    VoucherMint(Box<VoucherMintReply>),
    /// An accepted voucher.
    VoucherInduct(Box<VoucherInductReply>),
    /// An opened voucher.
    VoucherOpen(Box<VoucherOpenReply>),
    /// The stream of a voucher.
    VoucherStream(Box<VoucherStreamReply>),
    /// Older protocol: a new channel to write to.
    WriteChannelCreated(Box<WriteChannelReply>),
    /// Older protocol: a read channel, or a resumed channel of either kind, is open.
    ChannelOpen {
        /// The channel.
        channel_id: u16,
    },
    /// Older protocol: a prepared write.
    ChannelWrite(Box<ChannelWriteReply>),
    /// Older protocol: a prepared read.
    ChannelRead(Box<ChannelReadReply>),
}

impl fmt::Debug for ReplyBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReplyBody(…)")
    }
}

/// Capabilities of a new stream.
#[derive(Clone)]
pub struct KeypairReply {
    /// To write.
    pub write_cap: Secret<168>,
    /// To read.
    pub read_cap: Secret<136>,
    /// The first box.
    pub first_index: Secret<104>,
}

/// An envelope and the box behind its own.
#[derive(Clone)]
pub struct EnvelopeReply {
    /// The bytes to be sent.
    pub ciphertext: Bytes,
    /// What the daemon needs to decrypt the answer.
    pub descriptor: Bytes,
    /// The envelope's name.
    pub hash: Hash,
    /// The next box.
    pub next_index: Secret<104>,
}

/// How the sending of an envelope ended.
#[derive(Clone)]
pub struct ResendingReply {
    /// The content of the box, for reads.
    pub plaintext: Option<Bytes>,
    /// The courier that was asked; none if the daemon refused before sending.
    pub courier: Option<Hash>,
    /// Its queue.
    pub courier_queue: Option<Bytes>,
}

/// How a copy command ended.
#[derive(Clone)]
pub struct CopyReply {
    /// The replica's code for the envelope that failed.
    pub replica_error_code: Option<u8>,
    /// The position, from 1, of the envelope that failed.
    pub failed_envelope: Option<u64>,
}

/// A signed PKI document.
#[derive(Clone)]
pub struct PkiDocumentReply {
    /// The signed certificate.
    pub payload: Bytes,
    /// Its epoch.
    pub epoch: u64,
}

/// One directory authority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority {
    /// Its name.
    pub identifier: String,
    /// The scheme of its signatures.
    pub pki_signature_scheme: String,
    /// The scheme of its link.
    pub wire_kem_scheme: String,
    /// Where it listens.
    pub addresses: Vec<String>,
    /// Its identity key.
    pub identity_public_key_pem: String,
    /// Its link key.
    pub link_public_key_pem: String,
    /// The hash of its identity key.
    pub identity_key_hash: Hash,
}

/// Elements of a copy stream, to be written box by box.
#[derive(Clone)]
pub struct CourierEnvelopes {
    /// The elements.
    pub envelopes: Vec<Bytes>,
    /// The rest for the next call.
    pub buffer: Option<Bytes>,
    /// The box behind the last one, for each destination.
    pub next_indices: Vec<Secret<104>>,
}

/// A new voucher.
#[derive(Clone)]
pub struct VoucherMintReply {
    /// The voucher, to be passed to the other side.
    pub voucher: Hash,
    /// To be written to the first box of its stream.
    pub voucher_payload: Bytes,
    /// To write to its stream.
    pub voucher_write_cap: Secret<168>,
    /// To read its stream.
    pub voucher_read_cap: Secret<136>,
    /// To open the reply.
    pub voucher_secret_key: Bytes,
    /// The public half.
    pub voucher_public_key: Bytes,
}

/// An accepted voucher.
#[derive(Clone)]
pub struct VoucherInductReply {
    /// Who minted it.
    pub display_name: String,
    /// To read the messages.
    pub mutated_message_read_cap: Secret<136>,
    /// To be written to the second box of the voucher's stream.
    pub sealed_reply: Bytes,
    /// To write to the voucher's stream.
    pub voucher_write_cap: Secret<168>,
    /// To read it.
    pub voucher_read_cap: Secret<136>,
    /// What the message stream was changed with.
    pub salt: Bytes,
}

/// An opened voucher.
#[derive(Clone)]
pub struct VoucherOpenReply {
    /// What the other side sent.
    pub who_reply: Bytes,
    /// What the message stream was changed with.
    pub salt: Bytes,
    /// To write the messages.
    pub mutated_message_write_cap: Secret<168>,
}

/// The stream of a voucher.
#[derive(Clone)]
pub struct VoucherStreamReply {
    /// To write to it.
    pub write_cap: Secret<168>,
    /// To read it.
    pub read_cap: Secret<136>,
}

impl Reply {
    pub(super) fn decode(kind: MessageKind, frame: &Bytes, encoding: &[u8]) -> Result<Self> {
        let [query_id, error_code] = fields(kind.key(), encoding, ["query_id", "error_code"])?;
        let error_code = error_code.need_uint()?;
        let source = Source {
            kind,
            frame,
            encoding,
        };
        let body = match kind {
            MessageKind::StartResending => source.resending()?,
            MessageKind::StartCopy => source.copy()?,
            _ if error_code != 0 => ReplyBody::Failed,
            _ => source.values()?,
        };
        Ok(Reply {
            query_id: query_id.fixed()?.copied(),
            kind,
            error_code,
            body,
        })
    }
}

/// The map of one reply, and the frame it lies in.
pub(super) struct Source<'a> {
    pub(super) kind: MessageKind,
    frame: &'a Bytes,
    encoding: &'a [u8],
}

impl<'a> Source<'a> {
    pub(super) fn fields<const N: usize>(
        &self,
        names: [&'static str; N],
    ) -> Result<[Field<'a>; N]> {
        fields(self.kind.key(), self.encoding, names)
    }

    /// A part of the frame, which shares its memory if it is most of it.
    pub(super) fn share(&self, part: &'a [u8]) -> Bytes {
        part_of(self.frame, part)
    }

    fn values(&self) -> Result<ReplyBody> {
        match self.kind {
            MessageKind::NewKeypair => self.keypair(),
            MessageKind::EncryptRead | MessageKind::EncryptWrite => self.envelope(),
            MessageKind::CancelResending => Ok(ReplyBody::CancelResending),
            MessageKind::CancelCopy => Ok(ReplyBody::CancelCopy),
            MessageKind::NextIndex => {
                let [index] = self.fields(["next_message_box_index"])?;
                Ok(ReplyBody::NextIndex {
                    index: Box::new(secret(&index)?),
                })
            }
            MessageKind::IndexCounter => {
                let [counter] = self.fields(["counter"])?;
                Ok(ReplyBody::Counter {
                    counter: counter.need_uint()?,
                })
            }
            MessageKind::GetPkiDocument => self.pki_document(),
            MessageKind::GetDirectoryAuthorities => self.authorities(),
            MessageKind::EnvelopesFromPayload
            | MessageKind::EnvelopesFromMultiPayload
            | MessageKind::EnvelopesFromTombstoneRange => self.courier_envelopes(),
            MessageKind::VoucherMint => self.voucher_mint(),
            MessageKind::VoucherInduct => self.voucher_induct(),
            MessageKind::VoucherOpen => self.voucher_open(),
            MessageKind::VoucherDeriveStream => self.voucher_stream(),
            _ => channel::reply(self),
        }
    }

    fn keypair(&self) -> Result<ReplyBody> {
        let [write_cap, read_cap, first_index] =
            self.fields(["write_cap", "read_cap", "first_message_index"])?;
        Ok(ReplyBody::Keypair(Box::new(KeypairReply {
            write_cap: secret(&write_cap)?,
            read_cap: secret(&read_cap)?,
            first_index: secret(&first_index)?,
        })))
    }

    fn envelope(&self) -> Result<ReplyBody> {
        let [ciphertext, descriptor, hash, next_index] = self.fields([
            "message_ciphertext",
            "envelope_descriptor",
            "envelope_hash",
            "next_message_box_index",
        ])?;
        Ok(ReplyBody::Envelope(Box::new(EnvelopeReply {
            ciphertext: self.share(ciphertext.need_bytes()?),
            descriptor: self.share(descriptor.need_bytes()?),
            hash: *hash.need_fixed()?,
            next_index: secret(&next_index)?,
        })))
    }

    fn resending(&self) -> Result<ReplyBody> {
        let [plaintext, courier, queue] =
            self.fields(["plaintext", "courier_identity_hash", "courier_queue_id"])?;
        Ok(ReplyBody::StartResending(ResendingReply {
            plaintext: plaintext.bytes()?.map(|part| self.share(part)),
            courier: courier.fixed()?.copied(),
            courier_queue: queue.bytes()?.map(|part| self.share(part)),
        }))
    }

    fn copy(&self) -> Result<ReplyBody> {
        let [replica, failed] = self.fields(["replica_error_code", "failed_envelope_index"])?;
        Ok(ReplyBody::StartCopy(CopyReply {
            replica_error_code: replica.uint()?,
            failed_envelope: failed.uint()?,
        }))
    }

    fn pki_document(&self) -> Result<ReplyBody> {
        let [payload, epoch] = self.fields(["payload", "epoch"])?;
        Ok(ReplyBody::PkiDocument(PkiDocumentReply {
            payload: self.share(payload.need_bytes()?),
            epoch: epoch.need_uint()?,
        }))
    }

    fn authorities(&self) -> Result<ReplyBody> {
        let [authorities] = self.fields(["authorities"])?;
        Ok(ReplyBody::Authorities(
            authorities.need_list(MAX_AUTHORITIES, authority)?,
        ))
    }

    fn courier_envelopes(&self) -> Result<ReplyBody> {
        let [envelopes, buffer, next_indices, next_index] = self.fields([
            "envelopes",
            "buffer",
            "next_dest_indices",
            "next_dest_index",
        ])?;
        let envelopes = envelopes.list(MAX_ELEMENTS, |element| element.need_bytes())?;
        let buffer = buffer.bytes()?;
        let bytes = envelopes.iter().map(|part| part.len()).sum::<usize>();
        // Together they are most of the frame, if nobody pads it.
        let keep: fn(&Bytes, &[u8]) -> Bytes =
            match may_share(self.frame, bytes + buffer.map_or(0, <[u8]>::len)) {
                true => |frame: &Bytes, part: &[u8]| frame.slice_ref(part),
                false => copy_of,
            };
        // An empty payload makes no elements, and the daemon may name no index then.
        let bare = envelopes.is_empty();
        let next_indices = match self.kind {
            MessageKind::EnvelopesFromMultiPayload if bare => {
                next_indices.list(MAX_ELEMENTS, |element| secret(&element))?
            }
            MessageKind::EnvelopesFromMultiPayload => {
                next_indices.need_list(MAX_ELEMENTS, |element| secret(&element))?
            }
            _ if bare => next_index.fixed()?.map(Secret::new).into_iter().collect(),
            _ => vec![secret(&next_index)?],
        };
        let keep = |part| keep(self.frame, part);
        Ok(ReplyBody::CourierEnvelopes(CourierEnvelopes {
            envelopes: envelopes.into_iter().map(keep).collect(),
            buffer: buffer.map(keep),
            next_indices,
        }))
    }

    fn voucher_mint(&self) -> Result<ReplyBody> {
        let [voucher, payload, write_cap, read_cap, secret_key, public_key] = self.fields([
            "voucher",
            "voucher_payload",
            "voucher_write_cap",
            "voucher_read_cap",
            "voucher_secret_key",
            "voucher_public_key",
        ])?;
        Ok(ReplyBody::VoucherMint(Box::new(VoucherMintReply {
            voucher: *voucher.need_fixed()?,
            voucher_payload: self.share(payload.need_bytes()?),
            voucher_write_cap: secret(&write_cap)?,
            voucher_read_cap: secret(&read_cap)?,
            voucher_secret_key: self.share(secret_key.need_bytes()?),
            voucher_public_key: self.share(public_key.need_bytes()?),
        })))
    }

    fn voucher_induct(&self) -> Result<ReplyBody> {
        let [name, message_cap, sealed_reply, write_cap, read_cap, salt] = self.fields([
            "display_name",
            "mutated_message_read_cap",
            "sealed_reply",
            "voucher_write_cap",
            "voucher_read_cap",
            "salt",
        ])?;
        Ok(ReplyBody::VoucherInduct(Box::new(VoucherInductReply {
            display_name: name.need_text()?.to_owned(),
            mutated_message_read_cap: secret(&message_cap)?,
            sealed_reply: self.share(sealed_reply.need_bytes()?),
            voucher_write_cap: secret(&write_cap)?,
            voucher_read_cap: secret(&read_cap)?,
            salt: self.share(salt.need_bytes()?),
        })))
    }

    fn voucher_open(&self) -> Result<ReplyBody> {
        let [who_reply, salt, message_cap] =
            self.fields(["who_reply", "salt", "mutated_message_write_cap"])?;
        Ok(ReplyBody::VoucherOpen(Box::new(VoucherOpenReply {
            who_reply: self.share(who_reply.bytes()?.unwrap_or_default()),
            salt: self.share(salt.need_bytes()?),
            mutated_message_write_cap: secret(&message_cap)?,
        })))
    }

    fn voucher_stream(&self) -> Result<ReplyBody> {
        let [write_cap, read_cap] = self.fields(["voucher_write_cap", "voucher_read_cap"])?;
        Ok(ReplyBody::VoucherStream(Box::new(VoucherStreamReply {
            write_cap: secret(&write_cap)?,
            read_cap: secret(&read_cap)?,
        })))
    }
}

/// A secret of exactly `N` bytes that must be there.
pub(super) fn secret<const N: usize>(field: &Field<'_>) -> Result<Secret<N>> {
    field.need_fixed().map(Secret::new)
}

fn authority(element: Field<'_>) -> Result<Authority> {
    let encoding = element.need_map()?;
    let [identifier, signature, kem, addresses, identity, link, hash] = fields(
        "authorities",
        encoding,
        [
            "identifier",
            "pki_signature_scheme",
            "wire_kem_scheme",
            "addresses",
            "identity_public_key_pem",
            "link_public_key_pem",
            "identity_key_hash",
        ],
    )?;
    let text = |field: Field<'_>| field.text().map(|text| text.unwrap_or_default().to_owned());
    Ok(Authority {
        identifier: text(identifier)?,
        pki_signature_scheme: text(signature)?,
        wire_kem_scheme: text(kem)?,
        addresses: addresses.list(MAX_ADDRESSES, |address| Ok(address.need_text()?.to_owned()))?,
        identity_public_key_pem: text(identity)?,
        link_public_key_pem: text(link)?,
        identity_key_hash: *hash.need_fixed()?,
    })
}
