//! The requests of today's protocol, decoded in place.

use serde::de::DeserializeSeed;
use serde::Deserialize;

use super::bytes::{Blob, Exact, Fitted};
use super::legacy::{Legacy, LegacyFrame};
use crate::network::Era;

/// An id of 16 bytes.
pub(crate) type Id = [u8; 16];

/// Why a frame holds no request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Not CBOR, not a map, a value of a wrong type or length: the daemon closes the connection.
    HangUp,
    /// No request that this daemon knows: today's daemon ignores it, older ones crash.
    Unknown,
}

/// A request, of today's protocol or of the older one.
pub(crate) enum Request<'a> {
    Current(Current<'a>),
    Legacy(Legacy<'a>),
}

impl Request<'_> {
    /// Its key in the frame.
    pub(crate) fn key(&self) -> &'static str {
        match self {
            Request::Current(r) => r.key(),
            Request::Legacy(r) => r.key(),
        }
    }
}

macro_rules! requests {
    ($name:ident, $seed:ident, $keys:ident; $($key:ident $variant:ident $body:ty, $since:expr;)*) => {
        /// One request of this protocol.
        pub(crate) enum $name<'a> { $($variant($body),)* }

        impl $name<'_> {
            /// Its key in the frame.
            pub(crate) fn key(&self) -> &'static str {
                match self { $($name::$variant(_) => stringify!($key),)* }
            }
        }

        /// Every request key of this protocol.
        pub(crate) const $keys: &[&str] = &[$(stringify!($key),)*];

        /// Decodes a frame for a daemon of this era.
        pub(crate) struct $seed(pub(crate) crate::network::Era);

        impl<'de> serde::de::DeserializeSeed<'de> for $seed {
            type Value = Option<$name<'de>>;

            fn deserialize<D: serde::de::Deserializer<'de>>(self, d: D) -> Result<Self::Value, D::Error> {
                d.deserialize_any(self)
            }
        }

        impl<'de> serde::de::Visitor<'de> for $seed {
            type Value = Option<$name<'de>>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a map with one request")
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(None)
            }

            fn visit_none<E>(self) -> Result<Self::Value, E> {
                Ok(None)
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut found: Self::Value = None;
                while let Some(key) = map.next_key::<&str>()? {
                    match key {
                        $(stringify!($key) if $since(self.0) => {
                            let body: Option<_> = map.next_value()?;
                            found = found.or(body.map($name::$variant));
                        })*
                        _ => {
                            map.next_value::<serde::de::IgnoredAny>()?;
                        }
                    }
                }
                Ok(found)
            }
        }
    };
}
pub(crate) use requests;

/// Decodes a frame without its length.
pub(crate) fn decode(era: Era, frame: &[u8]) -> Result<Request<'_>, Refusal> {
    let found = if era == Era::V0_0_72 {
        whole(LegacyFrame(era), frame).map(|r| r.map(Request::Legacy))
    } else {
        whole(CurrentFrame(era), frame).map(|r| r.map(Request::Current))
    };
    match found {
        Ok(Some(request)) => Ok(request),
        Ok(None) => Err(Refusal::Unknown),
        Err(_) => Err(Refusal::HangUp),
    }
}

/// Decodes exactly one item.
fn whole<'de, S: DeserializeSeed<'de>>(
    seed: S,
    frame: &'de [u8],
) -> Result<S::Value, serde_cbor::Error> {
    let mut decoder = serde_cbor::Deserializer::from_slice(frame);
    let value = seed.deserialize(&mut decoder)?;
    decoder.end()?;
    Ok(value)
}

fn always(_: Era) -> bool {
    true
}

fn lately(era: Era) -> bool {
    era == Era::Current
}

requests! { Current, CurrentFrame, KEYS;
    session_token SessionToken SessionToken, always;
    thin_close ThinClose ThinClose, always;
    send_message SendMessage SendMessage<'a>, always;
    new_keypair NewKeypair NewKeypair<'a>, always;
    encrypt_read EncryptRead EncryptRead, always;
    encrypt_write EncryptWrite EncryptWrite<'a>, always;
    start_resending_encrypted_message StartResending StartResending<'a>, always;
    cancel_resending_encrypted_message CancelResending CancelResending, always;
    start_resending_copy_command StartCopy StartCopy<'a>, always;
    cancel_resending_copy_command CancelCopy CancelCopy, always;
    next_message_box_index NextIndex IndexRequest, always;
    get_message_box_index_counter IndexCounter IndexRequest, lately;
    get_pki_document GetPkiDocument GetPkiDocument, lately;
    get_directory_authorities GetDirectoryAuthorities GetDirectoryAuthorities, lately;
    create_courier_envelopes_from_payload EnvelopesFromPayload FromPayload<'a>, always;
    create_courier_envelopes_from_multi_payload EnvelopesFromMultiPayload FromMultiPayload<'a>, always;
    create_courier_envelopes_from_tombstone_range EnvelopesFromTombstoneRange FromTombstoneRange<'a>, always;
    voucher_mint VoucherMint VoucherMint<'a>, lately;
    voucher_induct VoucherInduct VoucherInduct<'a>, lately;
    voucher_open VoucherOpen VoucherOpen<'a>, lately;
    voucher_derive_stream VoucherDeriveStream VoucherDeriveStream<'a>, lately;
}

type QueryId = Option<Fitted<16>>;
type ReadCap = Option<Exact<136>>;
type WriteCap = Option<Exact<168>>;
type Index = Option<Exact<104>>;
type Hash = Option<Fitted<32>>;

macro_rules! body {
    ($name:ident { $($field:ident: $type:ty,)* }) => {
        #[derive(Deserialize)]
        #[serde(default)]
        #[derive(Default)]
        pub(crate) struct $name {
            $(pub(crate) $field: $type,)*
        }
    };
    ($name:ident<'a> { $($field:ident: $type:ty,)* } { $($bytes:ident,)* }) => {
        #[derive(Deserialize)]
        #[serde(default)]
        #[derive(Default)]
        pub(crate) struct $name<'a> {
            $(pub(crate) $field: $type,)*
            $(#[serde(borrow)] pub(crate) $bytes: Option<Blob<'a>>,)*
        }
    };
}
pub(crate) use body;

body! { SessionToken { client_instance_token: QueryId, } }
body! { ThinClose {} }
body! { SendMessage<'a> {
    id: QueryId,
    with_surb: bool,
    surbid: QueryId,
    destination_id_hash: Hash,
} { recipient_queue_id, payload, } }
body! { NewKeypair<'a> { query_id: QueryId, } { seed, } }
body! { EncryptRead { query_id: QueryId, read_cap: ReadCap, message_box_index: Index, } }
body! { EncryptWrite<'a> {
    query_id: QueryId,
    write_cap: WriteCap,
    message_box_index: Index,
} { plaintext, } }
body! { StartResending<'a> {
    query_id: QueryId,
    read_cap: ReadCap,
    write_cap: WriteCap,
    message_box_index: Index,
    reply_index: Option<u8>,
    envelope_hash: Hash,
    no_retry_on_box_id_not_found: bool,
    no_idempotent_box_already_exists: bool,
} { envelope_descriptor, message_ciphertext, } }
body! { CancelResending { query_id: QueryId, envelope_hash: Hash, } }
body! { StartCopy<'a> {
    query_id: QueryId,
    write_cap: WriteCap,
    courier_identity_hash: Hash,
} { courier_queue_id, } }
body! { CancelCopy { query_id: QueryId, write_cap_hash: Hash, } }
body! { IndexRequest { query_id: QueryId, message_box_index: Index, } }
body! { GetPkiDocument { query_id: QueryId, epoch: u64, } }
body! { GetDirectoryAuthorities { query_id: QueryId, } }
body! { FromPayload<'a> {
    query_id: QueryId,
    dest_write_cap: WriteCap,
    dest_start_index: Index,
    is_start: bool,
    is_last: bool,
} { payload, } }
body! { Target<'a> { write_cap: WriteCap, start_index: Index, } { payload, } }

/// Many destinations in one stream.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct FromMultiPayload<'a> {
    pub(crate) query_id: QueryId,
    #[serde(borrow)]
    pub(crate) destinations: Option<Vec<Target<'a>>>,
    pub(crate) is_start: bool,
    pub(crate) is_last: bool,
    #[serde(borrow)]
    pub(crate) buffer: Option<Blob<'a>>,
}
body! { FromTombstoneRange<'a> {
    query_id: QueryId,
    dest_write_cap: WriteCap,
    dest_start_index: Index,
    max_count: u32,
    is_start: bool,
    is_last: bool,
} { buffer, } }
body! { VoucherMint<'a> {
    query_id: QueryId,
    display_name: Option<String>,
} { message_write_cap, } }
body! { VoucherInduct<'a> { query_id: QueryId, } { voucher, voucher_payload, who_reply, } }
body! { VoucherOpen<'a> {
    query_id: QueryId,
} { message_write_cap, voucher_secret_key, sealed_reply, } }
body! { VoucherDeriveStream<'a> { query_id: QueryId, } { voucher, } }
