//! The names of all messages in both directions.

macro_rules! kinds {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $key:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        #[non_exhaustive]
        pub enum $name {
            $(#[doc = concat!("`", $key, "`")] $variant,)*
        }

        impl $name {
            /// Every kind, in the order of the declaration.
            pub const ALL: &'static [$name] = &[$($name::$variant,)*];

            /// The key of this message in its map.
            pub const fn key(self) -> &'static str {
                match self { $($name::$variant => $key,)* }
            }
        }
    };
}

kinds! {
    /// What the daemon can send.
    MessageKind {
        SessionTokenReply = "session_token_reply",
        Shutdown = "shutdown_event",
        ConnectionStatus = "connection_status_event",
        NewPkiDocument = "new_pki_document_event",
        MessageSent = "message_sent_event",
        MessageReply = "message_reply_event",
        Collected = "message_id_garbage_collected",
        NewKeypair = "new_keypair_reply",
        EncryptRead = "encrypt_read_reply",
        EncryptWrite = "encrypt_write_reply",
        StartResending = "start_resending_encrypted_message_reply",
        CancelResending = "cancel_resending_encrypted_message_reply",
        StartCopy = "start_resending_copy_command_reply",
        CancelCopy = "cancel_resending_copy_command_reply",
        NextIndex = "next_message_box_index_reply",
        IndexCounter = "get_message_box_index_counter_reply",
        GetPkiDocument = "get_pki_document_reply",
        GetDirectoryAuthorities = "get_directory_authorities_reply",
        EnvelopesFromPayload = "create_courier_envelopes_from_payload_reply",
        EnvelopesFromMultiPayload = "create_courier_envelopes_from_multi_payload_reply",
        EnvelopesFromTombstoneRange = "create_courier_envelopes_from_tombstone_range_reply",
        VoucherMint = "voucher_mint_reply",
        VoucherInduct = "voucher_induct_reply",
        VoucherOpen = "voucher_open_reply",
        VoucherDeriveStream = "voucher_derive_stream_reply",
        CreateWriteChannel = "create_write_channel_reply",
        CreateReadChannel = "create_read_channel_reply",
        WriteChannel = "write_channel_reply",
        ReadChannel = "read_channel_reply",
        ResumeWriteChannel = "resume_write_channel_reply",
        ResumeWriteChannelQuery = "resume_write_channel_query_reply",
        ResumeReadChannel = "resume_read_channel_reply",
        ResumeReadChannelQuery = "resume_read_channel_query_reply",
        ChannelQuerySent = "channel_query_sent_event",
        ChannelQueryReply = "channel_query_reply_event",
    }
}

kinds! {
    /// What a client can request.
    RequestKind {
        SessionToken = "session_token",
        ThinClose = "thin_close",
        SendMessage = "send_message",
        NewKeypair = "new_keypair",
        EncryptRead = "encrypt_read",
        EncryptWrite = "encrypt_write",
        StartResending = "start_resending_encrypted_message",
        CancelResending = "cancel_resending_encrypted_message",
        StartCopy = "start_resending_copy_command",
        CancelCopy = "cancel_resending_copy_command",
        NextIndex = "next_message_box_index",
        IndexCounter = "get_message_box_index_counter",
        GetPkiDocument = "get_pki_document",
        GetDirectoryAuthorities = "get_directory_authorities",
        EnvelopesFromPayload = "create_courier_envelopes_from_payload",
        EnvelopesFromMultiPayload = "create_courier_envelopes_from_multi_payload",
        EnvelopesFromTombstoneRange = "create_courier_envelopes_from_tombstone_range",
        VoucherMint = "voucher_mint",
        VoucherInduct = "voucher_induct",
        VoucherOpen = "voucher_open",
        VoucherDeriveStream = "voucher_derive_stream",
        CreateWriteChannel = "create_write_channel",
        CreateReadChannel = "create_read_channel",
        WriteChannel = "write_channel",
        ReadChannel = "read_channel",
        ResumeWriteChannel = "resume_write_channel",
        ResumeWriteChannelQuery = "resume_write_channel_query",
        ResumeReadChannel = "resume_read_channel",
        ResumeReadChannelQuery = "resume_read_channel_query",
        CloseChannel = "close_channel",
        SendChannelQuery = "send_channel_query",
        SendArqMessage = "send_arq_message",
    }
}

impl MessageKind {
    /// The kind of a key, also in the spelling that daemons up to v0.0.72 use for shutdown.
    pub fn from_key(key: &[u8]) -> Option<Self> {
        if key == b"shudown_event" {
            return Some(MessageKind::Shutdown);
        }
        let mut all = Self::ALL.iter().copied();
        all.find(|kind| kind.key().as_bytes() == key)
    }
}

impl RequestKind {
    /// The response kind that a daemon which knows this request names in its frames;
    /// none for requests that every daemon knows.
    ///
    /// Three requests of the older protocol have no reply of their own; they exist
    /// exactly where `create_write_channel` does.
    pub const fn evidence(self) -> Option<MessageKind> {
        Some(match self {
            RequestKind::ThinClose | RequestKind::SendMessage => return None,
            RequestKind::SessionToken => MessageKind::SessionTokenReply,
            RequestKind::NewKeypair => MessageKind::NewKeypair,
            RequestKind::EncryptRead => MessageKind::EncryptRead,
            RequestKind::EncryptWrite => MessageKind::EncryptWrite,
            RequestKind::StartResending => MessageKind::StartResending,
            RequestKind::CancelResending => MessageKind::CancelResending,
            RequestKind::StartCopy => MessageKind::StartCopy,
            RequestKind::CancelCopy => MessageKind::CancelCopy,
            RequestKind::NextIndex => MessageKind::NextIndex,
            RequestKind::IndexCounter => MessageKind::IndexCounter,
            RequestKind::GetPkiDocument => MessageKind::GetPkiDocument,
            RequestKind::GetDirectoryAuthorities => MessageKind::GetDirectoryAuthorities,
            RequestKind::EnvelopesFromPayload => MessageKind::EnvelopesFromPayload,
            RequestKind::EnvelopesFromMultiPayload => MessageKind::EnvelopesFromMultiPayload,
            RequestKind::EnvelopesFromTombstoneRange => MessageKind::EnvelopesFromTombstoneRange,
            RequestKind::VoucherMint => MessageKind::VoucherMint,
            RequestKind::VoucherInduct => MessageKind::VoucherInduct,
            RequestKind::VoucherOpen => MessageKind::VoucherOpen,
            RequestKind::VoucherDeriveStream => MessageKind::VoucherDeriveStream,
            RequestKind::CreateReadChannel => MessageKind::CreateReadChannel,
            RequestKind::WriteChannel => MessageKind::WriteChannel,
            RequestKind::ReadChannel => MessageKind::ReadChannel,
            RequestKind::ResumeWriteChannel => MessageKind::ResumeWriteChannel,
            RequestKind::ResumeWriteChannelQuery => MessageKind::ResumeWriteChannelQuery,
            RequestKind::ResumeReadChannel => MessageKind::ResumeReadChannel,
            RequestKind::ResumeReadChannelQuery => MessageKind::ResumeReadChannelQuery,
            RequestKind::CreateWriteChannel
            | RequestKind::CloseChannel
            | RequestKind::SendChannelQuery
            | RequestKind::SendArqMessage => MessageKind::CreateWriteChannel,
        })
    }
}
