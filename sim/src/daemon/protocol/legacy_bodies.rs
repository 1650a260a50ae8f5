//! The bodies of the older protocol's replies and events. Errors carry empty bytes there, not nulls.

use serde::Serialize;
use serde_bytes::Bytes;

use super::bodies::{Maybe, Query};

#[derive(Serialize, Default)]
pub(crate) struct CreateWriteChannel<'a> {
    pub(crate) query_id: Query<'a>,
    pub(crate) channel_id: u16,
    pub(crate) read_cap: Maybe<'a>,
    pub(crate) write_cap: Maybe<'a>,
    pub(crate) error_code: u8,
}

/// `create_read_channel_reply` and the four resumptions.
#[derive(Serialize)]
pub(crate) struct Channel<'a> {
    pub(crate) query_id: Query<'a>,
    pub(crate) channel_id: u16,
    pub(crate) error_code: u8,
}

#[derive(Serialize)]
pub(crate) struct WriteChannel<'a> {
    pub(crate) query_id: Query<'a>,
    pub(crate) channel_id: u16,
    pub(crate) send_message_payload: &'a Bytes,
    pub(crate) current_message_index: &'a Bytes,
    pub(crate) next_message_index: &'a Bytes,
    pub(crate) envelope_hash: &'a Bytes,
    pub(crate) envelope_descriptor: &'a Bytes,
    pub(crate) error_code: u8,
}

#[derive(Serialize)]
pub(crate) struct ReadChannel<'a> {
    pub(crate) query_id: Query<'a>,
    pub(crate) channel_id: u16,
    pub(crate) error_code: u8,
    pub(crate) send_message_payload: &'a Bytes,
    pub(crate) current_message_index: &'a Bytes,
    pub(crate) next_message_index: &'a Bytes,
    pub(crate) reply_index: Option<u8>,
    pub(crate) envelope_hash: &'a Bytes,
    pub(crate) envelope_descriptor: &'a Bytes,
}

#[derive(Serialize)]
pub(crate) struct QuerySent<'a> {
    pub(crate) message_id: Maybe<'a>,
    pub(crate) sent_at: u64,
    pub(crate) reply_eta: u64,
    pub(crate) error_code: u8,
}

#[derive(Serialize)]
pub(crate) struct QueryReply<'a> {
    pub(crate) message_id: Maybe<'a>,
    pub(crate) payload: &'a Bytes,
    pub(crate) reply_index: Option<u8>,
    pub(crate) error_code: u8,
}
