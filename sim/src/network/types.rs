//! The values that pass between the daemon and the network.

/// 32 bytes: identity hashes, envelope hashes, hashes of write capabilities, vouchers.
pub type Hash = [u8; 32];
/// A write capability as on the wire.
pub type WriteCapBytes = [u8; 168];
/// A read capability as on the wire.
pub type ReadCapBytes = [u8; 136];
/// A message box index as on the wire.
pub type IndexBytes = [u8; 104];

/// An `error_code`.
pub type Code = u8;

/// Thin client error 3.
pub const INVALID_REQUEST: Code = 3;
/// Thin client error 4.
pub const INTERNAL_ERROR: Code = 4;

/// What `encrypt_read` and `encrypt_write` answer.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedEnvelope {
    /// The query to the courier, always `CourierQueryWriteLength` bytes (reads of the oldest era: `CourierQueryReadLength`).
    pub ciphertext: Vec<u8>,
    /// CBOR `{Epoch, ReplicaNums, EnvelopeKey}`, which opens the answer.
    pub descriptor: Vec<u8>,
    /// The name of this envelope for couriers and in cancels.
    pub hash: Hash,
    /// The index after the one that was used.
    pub next_index: IndexBytes,
}

/// The capability of a start, which says whether the daemon expects a plaintext.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Cap<'a> {
    /// A read.
    Read(&'a ReadCapBytes),
    /// A write or a tombstone.
    Write(&'a WriteCapBytes),
}

/// One destination of a copy stream.
#[derive(Clone, Copy)]
pub struct Destination<'a> {
    /// What to write there; may be empty.
    pub payload: &'a [u8],
    /// Its write capability.
    pub write_cap: &'a WriteCapBytes,
    /// Where writing begins.
    pub start_index: &'a IndexBytes,
}

/// What the three `create_courier_envelopes_*` requests answer.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct CourierEnvelopes {
    /// Elements of a copy stream, each the plaintext of one box. For none the daemon sends null, not an empty list.
    pub envelopes: Vec<Vec<u8>>,
    /// The encoder's unsent tail; `None` if the stream is complete or the range was empty.
    pub buffer: Option<Vec<u8>>,
    /// The next index of each destination, in order (one for the single-destination requests).
    pub next_indices: Vec<IndexBytes>,
}

/// A courier's answer on the second round trip.
#[derive(Clone, PartialEq, Eq)]
pub enum BoxAnswer {
    /// The courier has no answer of a replica yet; the daemon asks again.
    Pending,
    /// A replica's answer, sealed to the envelope's key; [`Network::open_answer`](super::Network::open_answer) opens it.
    Sealed(Vec<u8>),
    /// The courier's own envelope error, 1 to 4, as it is on the wire between them.
    CourierError(Code),
}

/// What a courier of the oldest era answers in its one round trip.
#[derive(Clone, PartialEq, Eq)]
pub enum LegacyAnswer {
    /// It has taken the query: an empty payload, no reply index. Writes never get more.
    Taken,
    /// The asked replica has no such box, or not yet: an empty payload, code 0.
    Nothing {
        /// Which of the two replicas was asked.
        reply_index: u8,
    },
    /// The asked replica's answer, for [`Network::open_answer`](super::Network::open_answer).
    Something {
        /// Which of the two replicas was asked.
        reply_index: u8,
        /// Always [`BoxAnswer::Sealed`].
        answer: BoxAnswer,
    },
    /// The courier's own envelope error, 1 to 4.
    CourierError(Code),
}

/// How a copy command stands at one courier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CopyState {
    /// This courier does not know it, or has forgotten it.
    Unknown,
    /// In progress.
    InProgress,
    /// Every envelope was performed.
    Done,
    /// It stopped at an envelope.
    Failed {
        /// The code of a replica; absent if the envelope itself was invalid.
        replica_error: Option<Code>,
        /// 1-based position of the envelope.
        failed_envelope: u64,
    },
}

/// One directory authority as `get_directory_authorities_reply` lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority {
    /// Its name.
    pub identifier: String,
    /// "Ed25519".
    pub pki_signature_scheme: String,
    /// "xwing".
    pub wire_kem_scheme: String,
    /// URLs.
    pub addresses: Vec<String>,
    /// PEM text.
    pub identity_public_key_pem: String,
    /// PEM text.
    pub link_public_key_pem: String,
    /// BLAKE2b-256 of the identity key.
    pub identity_key_hash: Hash,
}

/// `voucher_mint_reply`.
#[derive(Clone, PartialEq, Eq)]
pub struct MintedVoucher {
    /// What the joiner passes on out of band.
    pub voucher: Hash,
    /// What the joiner publishes in box 0 of the voucher stream.
    pub voucher_payload: Vec<u8>,
    /// The voucher stream's write capability.
    pub voucher_write_cap: WriteCapBytes,
    /// The voucher stream's read capability.
    pub voucher_read_cap: ReadCapBytes,
    /// What opens the sealed reply.
    pub voucher_secret_key: Vec<u8>,
    /// Its public half.
    pub voucher_public_key: Vec<u8>,
}

/// `voucher_induct_reply`.
#[derive(Clone, PartialEq, Eq)]
pub struct InductedVoucher {
    /// The joiner's display name.
    pub display_name: String,
    /// The capability with which the group reads the joiner's messages.
    pub mutated_message_read_cap: ReadCapBytes,
    /// What the inductor publishes in box 1 of the voucher stream.
    pub sealed_reply: Vec<u8>,
    /// The voucher stream's write capability.
    pub voucher_write_cap: WriteCapBytes,
    /// The voucher stream's read capability.
    pub voucher_read_cap: ReadCapBytes,
    /// The salt that mutated the message capability.
    pub salt: Vec<u8>,
}

/// `voucher_open_reply`.
#[derive(Clone, PartialEq, Eq)]
pub struct OpenedVoucher {
    /// The inductor's blob.
    pub who_reply: Vec<u8>,
    /// The salt that mutated the message capability.
    pub salt: Vec<u8>,
    /// The capability with which the joiner writes from now on.
    pub mutated_message_write_cap: WriteCapBytes,
}

/// `voucher_derive_stream_reply`.
#[derive(Clone, PartialEq, Eq)]
pub struct VoucherStream {
    /// The voucher stream's write capability.
    pub voucher_write_cap: WriteCapBytes,
    /// The voucher stream's read capability.
    pub voucher_read_cap: ReadCapBytes,
}

/// A fault on demand. It applies to as many of the next matching events as ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A replica answers a read with this code.
    ReplicaRead(Code),
    /// A replica answers a write or tombstone with this code and stores nothing.
    ReplicaWrite(Code),
    /// A courier refuses the envelope on its first round trip with its own code 1 to 4.
    CourierAck(Code),
    /// A courier answers the second round trip with its own code 1 to 4.
    CourierResult(Code),
    /// The sealed answer is damaged in transit: the daemon answers 22.
    DamagedAnswer,
    /// The content of the box is damaged at the replica: the daemon answers 23.
    DamagedBox,
    /// A replica claims a tombstone without proof: the daemon answers 25.
    ForgedTombstone,
    /// A copy command fails with this replica code at the next envelope.
    Copy(Code),
}
