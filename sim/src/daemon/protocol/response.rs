//! Frames of the daemon: a map with the keys of all kinds, all null but one.

use serde::Serialize;

use crate::network::Era;
use kpclient::wire::MAX_FRAME;

macro_rules! kinds {
    ($($variant:ident $key:literal $legacy:expr, $rc1:expr, $current:expr;)*) => {
        /// A kind of reply or event.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub(crate) enum Kind { $($variant,)* }

        const ALL: &[(Kind, &str, bool, bool, bool)] =
            &[$((Kind::$variant, $key, $legacy, $rc1, $current),)*];

        impl Kind {
            /// Its key on the wire.
            pub(crate) fn key(self) -> &'static str {
                match self { $(Kind::$variant => $key,)* }
            }
        }
    };
}

// In the order of the wire. The flags say which daemons have it: v0.0.72, v0.0.73-rc1, today's.
kinds! {
    SessionTokenReply "session_token_reply" false, true, true;
    LegacyShutdown "shudown_event" true, false, false;
    Shutdown "shutdown_event" false, true, true;
    Status "connection_status_event" true, true, true;
    Document "new_pki_document_event" true, true, true;
    MessageSent "message_sent_event" true, true, true;
    MessageReply "message_reply_event" true, true, true;
    Collected "message_id_garbage_collected" true, true, true;
    CreateWriteChannel "create_write_channel_reply" true, false, false;
    CreateReadChannel "create_read_channel_reply" true, false, false;
    WriteChannel "write_channel_reply" true, false, false;
    ReadChannel "read_channel_reply" true, false, false;
    ResumeWriteChannel "resume_write_channel_reply" true, false, false;
    ResumeWriteChannelQuery "resume_write_channel_query_reply" true, false, false;
    ResumeReadChannel "resume_read_channel_reply" true, false, false;
    ResumeReadChannelQuery "resume_read_channel_query_reply" true, false, false;
    ChannelQuerySent "channel_query_sent_event" true, false, false;
    ChannelQueryReply "channel_query_reply_event" true, false, false;
    NewKeypair "new_keypair_reply" false, true, true;
    EncryptRead "encrypt_read_reply" false, true, true;
    EncryptWrite "encrypt_write_reply" false, true, true;
    StartResending "start_resending_encrypted_message_reply" false, true, true;
    CancelResending "cancel_resending_encrypted_message_reply" false, true, true;
    StartCopy "start_resending_copy_command_reply" false, true, true;
    CancelCopy "cancel_resending_copy_command_reply" false, true, true;
    NextIndex "next_message_box_index_reply" false, true, true;
    IndexCounter "get_message_box_index_counter_reply" false, false, true;
    PkiDocument "get_pki_document_reply" false, false, true;
    Authorities "get_directory_authorities_reply" false, false, true;
    FromPayload "create_courier_envelopes_from_payload_reply" false, true, true;
    FromMultiPayload "create_courier_envelopes_from_multi_payload_reply" false, true, true;
    FromTombstoneRange "create_courier_envelopes_from_tombstone_range_reply" false, true, true;
    VoucherMint "voucher_mint_reply" false, false, true;
    VoucherInduct "voucher_induct_reply" false, false, true;
    VoucherOpen "voucher_open_reply" false, false, true;
    VoucherDeriveStream "voucher_derive_stream_reply" false, false, true;
}

impl Kind {
    /// The kind of this key, if there is one.
    pub(crate) fn from_key(key: &str) -> Option<Kind> {
        ALL.iter().find(|k| k.1 == key).map(|k| k.0)
    }

    /// The key of its request.
    pub(crate) fn request_key(self) -> &'static str {
        let key = self.key();
        key.strip_suffix("_reply").unwrap_or(key)
    }

    fn known_to(self, era: Era) -> bool {
        ALL.iter().any(|k| {
            k.0 == self
                && match era {
                    Era::V0_0_72 => k.2,
                    Era::V0_0_73Rc1 => k.3,
                    Era::Current => k.4,
                }
        })
    }
}

/// A frame, ready for the socket.
pub(crate) struct Frame {
    pub(crate) kind: Option<Kind>,
    pub(crate) bytes: Vec<u8>,
}

/// What surrounds the one body of a frame, for every kind of one era.
pub(crate) struct Encoder {
    era: Era,
    around: Vec<(Kind, Vec<u8>, Vec<u8>)>,
    all_null: Vec<u8>,
}

const CBOR_NULL: u8 = 0xf6;

impl Encoder {
    /// For a daemon of this era.
    pub(crate) fn new(era: Era) -> Encoder {
        let kinds: Vec<Kind> = ALL
            .iter()
            .map(|k| k.0)
            .filter(|k| k.known_to(era))
            .collect();
        let split = |at: usize| {
            let mut before = vec![0; 4];
            put_map_head(&mut before, kinds.len());
            let mut after = Vec::new();
            for (i, kind) in kinds.iter().enumerate() {
                let to = if i <= at { &mut before } else { &mut after };
                put_text(to, kind.key());
                if i != at {
                    to.push(CBOR_NULL);
                }
            }
            (before, after)
        };
        Encoder {
            era,
            around: kinds
                .iter()
                .enumerate()
                .map(|(at, kind)| (*kind, split(at).0, split(at).1))
                .collect(),
            all_null: split(kinds.len()).0,
        }
    }

    /// The frame of this body; none if this era has no such kind or the frame is too long.
    pub(crate) fn encode<B: Serialize>(&self, kind: Kind, body: &B) -> Option<Frame> {
        let kind = match kind {
            Kind::Shutdown if self.era == Era::V0_0_72 => Kind::LegacyShutdown,
            other => other,
        };
        let (_, before, after) = self.around.iter().find(|a| a.0 == kind)?;
        let mut bytes = Vec::with_capacity(before.len() + after.len() + 512);
        bytes.extend_from_slice(before);
        serde_cbor::to_writer(&mut bytes, body).ok()?;
        bytes.extend_from_slice(after);
        finish(Some(kind), bytes)
    }

    /// A frame with null for every kind.
    pub(crate) fn empty(&self) -> Option<Frame> {
        finish(None, self.all_null.clone())
    }
}

/// Writes the length before the frame.
fn finish(kind: Option<Kind>, mut bytes: Vec<u8>) -> Option<Frame> {
    let length = bytes.len() - 4;
    if length > MAX_FRAME {
        return None;
    }
    let length = u32::try_from(length).ok()?;
    bytes.get_mut(..4)?.copy_from_slice(&length.to_be_bytes());
    Some(Frame { kind, bytes })
}

fn put_map_head(to: &mut Vec<u8>, entries: usize) {
    put_head(to, 0xa0, entries);
}

fn put_text(to: &mut Vec<u8>, text: &str) {
    put_head(to, 0x60, text.len());
    to.extend_from_slice(text.as_bytes());
}

/// A head for the small lengths that occur here.
fn put_head(to: &mut Vec<u8>, major: u8, length: usize) {
    match u8::try_from(length) {
        Ok(short) if short < 24 => to.push(major | short),
        Ok(byte) => to.extend_from_slice(&[major | 24, byte]),
        Err(_) => {
            let two = u16::try_from(length).unwrap_or(u16::MAX);
            to.push(major | 25);
            to.extend_from_slice(&two.to_be_bytes());
        }
    }
}
