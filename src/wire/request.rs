//! Every request that a client can make, borrowed from the caller.

use std::fmt;

use super::kind::RequestKind;
use super::{BoxIndexBytes, Hash, Id, ReadCapBytes, WriteCapBytes};

/// The capability under which an envelope is sent: exactly one.
#[derive(Clone, Copy)]
pub enum Cap<'a> {
    /// The envelope reads.
    Read(&'a ReadCapBytes),
    /// The envelope writes.
    Write(&'a WriteCapBytes),
}

/// The fields of `start_resending_encrypted_message`.
#[derive(Clone, Copy)]
pub struct StartResending<'a> {
    /// The capability the envelope was made with.
    pub cap: Cap<'a>,
    /// The box; without it the daemon cannot decrypt the answer to a read.
    pub index: Option<&'a BoxIndexBytes>,
    /// Which replica's answer; ignored by today's daemons.
    pub reply_index: Option<u8>,
    /// The envelope's descriptor.
    pub descriptor: &'a [u8],
    /// The envelope itself.
    pub ciphertext: &'a [u8],
    /// The envelope's hash, by which it can be cancelled.
    pub envelope_hash: &'a Hash,
    /// Report a box that is not there instead of asking again.
    pub no_retry_on_box_id_not_found: bool,
    /// Report a box that is there already instead of calling it success.
    pub no_idempotent_box_already_exists: bool,
}

/// One payload and the place where a copy command is to put it.
#[derive(Clone, Copy)]
pub struct Destination<'a> {
    /// What to write.
    pub payload: &'a [u8],
    /// With which capability.
    pub write_cap: &'a WriteCapBytes,
    /// From which box on.
    pub start_index: &'a BoxIndexBytes,
}

/// One request. `encode` makes a frame of it.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Request<'a> {
    /// Identifies the session, as the last step of the handshake.
    SessionToken {
        /// 16 random bytes, one value per session.
        token: &'a Id,
    },
    /// Ends the session; the daemon discards it and hangs up.
    ThinClose,
    /// A plain message to a mixnet service.
    SendMessage {
        /// Identifies the message in its sent event.
        id: Option<&'a Id>,
        /// Request a reply.
        with_surb: bool,
        /// Identifies the reply. Daemons up to v0.0.72 need one even without a reply.
        surb_id: Option<&'a Id>,
        /// The service node.
        destination: &'a Hash,
        /// The service's queue on it.
        queue: &'a [u8],
        /// What to send.
        payload: &'a [u8],
    },
    /// Capabilities from a seed.
    NewKeypair {
        /// 32 random bytes.
        seed: &'a [u8],
    },
    /// An envelope that reads a box.
    EncryptRead {
        /// The stream.
        read_cap: &'a ReadCapBytes,
        /// The box.
        index: &'a BoxIndexBytes,
    },
    /// An envelope that writes a box, or deletes it when the plaintext is empty.
    EncryptWrite {
        /// The stream.
        write_cap: &'a WriteCapBytes,
        /// The box.
        index: &'a BoxIndexBytes,
        /// What to write.
        plaintext: &'a [u8],
    },
    /// Sends an envelope until it is answered.
    StartResending(StartResending<'a>),
    /// Stops sending an envelope.
    CancelResending {
        /// Which one.
        envelope_hash: &'a Hash,
    },
    /// Has a courier perform the envelopes of a temporary stream.
    StartCopy {
        /// The temporary stream.
        write_cap: &'a WriteCapBytes,
        /// Which courier (identity hash and queue); a random one if none.
        courier: Option<(&'a Hash, &'a [u8])>,
    },
    /// Stops asking for the result of a copy command.
    CancelCopy {
        /// BLAKE2b-256 of the temporary stream's write capability.
        write_cap_hash: &'a Hash,
    },
    /// The index behind this one.
    NextIndex {
        /// The index.
        index: &'a BoxIndexBytes,
    },
    /// The counter inside an index.
    IndexCounter {
        /// The index.
        index: &'a BoxIndexBytes,
    },
    /// A signed PKI document.
    GetPkiDocument {
        /// Of which epoch; 0 for the current one.
        epoch: u64,
    },
    /// The directory authorities that the daemon is configured with.
    GetDirectoryAuthorities,
    /// Copy stream elements for one payload.
    EnvelopesFromPayload {
        /// What to write.
        payload: &'a [u8],
        /// With which capability.
        write_cap: &'a WriteCapBytes,
        /// From which box on.
        start_index: &'a BoxIndexBytes,
        /// These are the stream's first elements.
        is_start: bool,
        /// These are the stream's last elements.
        is_last: bool,
    },
    /// Copy stream elements for several payloads.
    EnvelopesFromMultiPayload {
        /// The payloads and their places.
        destinations: &'a [Destination<'a>],
        /// These are the stream's first elements.
        is_start: bool,
        /// These are the stream's last elements.
        is_last: bool,
        /// The rest that the previous call left over.
        buffer: Option<&'a [u8]>,
    },
    /// Copy stream elements that delete boxes.
    EnvelopesFromTombstoneRange {
        /// The stream to delete from.
        write_cap: &'a WriteCapBytes,
        /// The first box.
        start_index: &'a BoxIndexBytes,
        /// How many boxes.
        max_count: u32,
        /// These are the stream's first elements.
        is_start: bool,
        /// These are the stream's last elements.
        is_last: bool,
        /// The rest that the previous call left over.
        buffer: Option<&'a [u8]>,
    },
    /// A contact voucher for a message stream.
    VoucherMint {
        /// The stream.
        message_write_cap: &'a WriteCapBytes,
        /// The name to be shown.
        display_name: &'a str,
    },
    /// Accepts a voucher.
    VoucherInduct {
        /// The voucher.
        voucher: &'a Hash,
        /// The content of its stream's first box.
        voucher_payload: &'a [u8],
        /// What the other side shall receive, sealed.
        who_reply: &'a [u8],
    },
    /// Opens the reply to one's own voucher.
    VoucherOpen {
        /// From minting.
        voucher_secret_key: &'a [u8],
        /// The content of the voucher's stream's second box.
        sealed_reply: &'a [u8],
        /// The stream named when minting.
        message_write_cap: &'a WriteCapBytes,
    },
    /// The stream of a voucher.
    VoucherDeriveStream {
        /// The voucher.
        voucher: &'a Hash,
    },
    /// Older protocol: a new channel to write to.
    CreateWriteChannel,
    /// Older protocol: opens a channel for reading.
    CreateReadChannel {
        /// Of which stream.
        read_cap: &'a ReadCapBytes,
    },
    /// Older protocol: prepares a write.
    WriteChannel {
        /// The channel.
        channel_id: u16,
        /// What to write.
        payload: &'a [u8],
    },
    /// Older protocol: prepares a read.
    ReadChannel {
        /// The channel.
        channel_id: u16,
        /// The box, if not the next one.
        index: Option<&'a BoxIndexBytes>,
        /// Which replica's answer.
        reply_index: Option<u8>,
    },
    /// Older protocol: opens a write channel again.
    ResumeWriteChannel {
        /// The stream.
        write_cap: Option<&'a WriteCapBytes>,
        /// The next box, none if nothing was written yet.
        index: Option<&'a BoxIndexBytes>,
    },
    /// Older protocol: opens a write channel again whose query may be under way.
    ResumeWriteChannelQuery {
        /// The stream.
        write_cap: Option<&'a WriteCapBytes>,
        /// The box of the query.
        index: Option<&'a BoxIndexBytes>,
        /// The envelope's descriptor.
        descriptor: &'a [u8],
        /// The envelope's hash.
        envelope_hash: &'a Hash,
    },
    /// Older protocol: opens a read channel again.
    ResumeReadChannel {
        /// The stream.
        read_cap: &'a ReadCapBytes,
        /// The next box, none if nothing was read yet.
        next_index: Option<&'a BoxIndexBytes>,
        /// Which replica's answer.
        reply_index: Option<u8>,
    },
    /// Older protocol: opens a read channel again whose query may be under way.
    ResumeReadChannelQuery {
        /// The stream.
        read_cap: &'a ReadCapBytes,
        /// The box of the query.
        next_index: Option<&'a BoxIndexBytes>,
        /// Which replica's answer.
        reply_index: Option<u8>,
        /// The envelope's descriptor.
        descriptor: &'a [u8],
        /// The envelope's hash.
        envelope_hash: &'a Hash,
    },
    /// Older protocol: closes a channel; nothing is answered.
    CloseChannel {
        /// The channel.
        channel_id: u16,
    },
    /// Older protocol: sends a prepared write or read to a courier.
    SendChannelQuery {
        /// Identifies the query in its events.
        message_id: &'a Id,
        /// The channel it was prepared on.
        channel_id: Option<u16>,
        /// The courier.
        destination: &'a Hash,
        /// The courier's queue.
        queue: &'a [u8],
        /// The prepared envelope.
        payload: &'a [u8],
    },
    /// Older protocol: a plain message that the daemon sends until it is answered.
    SendArqMessage {
        /// Identifies the message in its events.
        id: Option<&'a Id>,
        /// Request a reply.
        with_surb: bool,
        /// Replaced by the daemon; the reply is matched by `id`.
        surb_id: Option<&'a Id>,
        /// The service node.
        destination: &'a Hash,
        /// The service's queue on it.
        queue: &'a [u8],
        /// What to send.
        payload: &'a [u8],
    },
}

impl Request<'_> {
    /// The kind of this request.
    pub fn kind(&self) -> RequestKind {
        match self {
            Request::SessionToken { .. } => RequestKind::SessionToken,
            Request::ThinClose => RequestKind::ThinClose,
            Request::SendMessage { .. } => RequestKind::SendMessage,
            Request::NewKeypair { .. } => RequestKind::NewKeypair,
            Request::EncryptRead { .. } => RequestKind::EncryptRead,
            Request::EncryptWrite { .. } => RequestKind::EncryptWrite,
            Request::StartResending(_) => RequestKind::StartResending,
            Request::CancelResending { .. } => RequestKind::CancelResending,
            Request::StartCopy { .. } => RequestKind::StartCopy,
            Request::CancelCopy { .. } => RequestKind::CancelCopy,
            Request::NextIndex { .. } => RequestKind::NextIndex,
            Request::IndexCounter { .. } => RequestKind::IndexCounter,
            Request::GetPkiDocument { .. } => RequestKind::GetPkiDocument,
            Request::GetDirectoryAuthorities => RequestKind::GetDirectoryAuthorities,
            Request::EnvelopesFromPayload { .. } => RequestKind::EnvelopesFromPayload,
            Request::EnvelopesFromMultiPayload { .. } => RequestKind::EnvelopesFromMultiPayload,
            Request::EnvelopesFromTombstoneRange { .. } => RequestKind::EnvelopesFromTombstoneRange,
            Request::VoucherMint { .. } => RequestKind::VoucherMint,
            Request::VoucherInduct { .. } => RequestKind::VoucherInduct,
            Request::VoucherOpen { .. } => RequestKind::VoucherOpen,
            Request::VoucherDeriveStream { .. } => RequestKind::VoucherDeriveStream,
            Request::CreateWriteChannel => RequestKind::CreateWriteChannel,
            Request::CreateReadChannel { .. } => RequestKind::CreateReadChannel,
            Request::WriteChannel { .. } => RequestKind::WriteChannel,
            Request::ReadChannel { .. } => RequestKind::ReadChannel,
            Request::ResumeWriteChannel { .. } => RequestKind::ResumeWriteChannel,
            Request::ResumeWriteChannelQuery { .. } => RequestKind::ResumeWriteChannelQuery,
            Request::ResumeReadChannel { .. } => RequestKind::ResumeReadChannel,
            Request::ResumeReadChannelQuery { .. } => RequestKind::ResumeReadChannelQuery,
            Request::CloseChannel { .. } => RequestKind::CloseChannel,
            Request::SendChannelQuery { .. } => RequestKind::SendChannelQuery,
            Request::SendArqMessage { .. } => RequestKind::SendArqMessage,
        }
    }

    /// The response key that a daemon which knows this request names in its frames; none
    /// for requests that every daemon knows. See [`Features`](super::Features).
    pub fn reply_key(&self) -> Option<&'static str> {
        self.kind().evidence().map(|kind| kind.key())
    }
}

impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Request({})", self.kind().key())
    }
}
