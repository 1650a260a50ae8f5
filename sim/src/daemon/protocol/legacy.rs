//! The requests of the older protocol, the Channel API of v0.0.72.

use serde::Deserialize;

use super::bytes::{Blob, Exact, Fitted};
use super::request::{body, requests, SendMessage, ThinClose};
use crate::network::Era;

fn always(_: Era) -> bool {
    true
}

requests! { Legacy, LegacyFrame, LEGACY_KEYS;
    create_write_channel CreateWriteChannel CreateWriteChannel, always;
    create_read_channel CreateReadChannel CreateReadChannel, always;
    write_channel WriteChannel WriteChannel<'a>, always;
    read_channel ReadChannel ReadChannel, always;
    resume_write_channel ResumeWriteChannel ResumeWriteChannel, always;
    resume_write_channel_query ResumeWriteChannelQuery ResumeWriteChannelQuery<'a>, always;
    resume_read_channel ResumeReadChannel ResumeReadChannel, always;
    resume_read_channel_query ResumeReadChannelQuery ResumeReadChannelQuery<'a>, always;
    close_channel CloseChannel CloseChannel, always;
    thin_close ThinClose ThinClose, always;
    send_channel_query SendChannelQuery SendChannelQuery<'a>, always;
    send_message SendMessage SendMessage<'a>, always;
    send_arq_message SendArqMessage SendMessage<'a>, always;
}

type QueryId = Option<Fitted<16>>;
type ReadCap = Option<Exact<136>>;
type WriteCap = Option<Exact<168>>;
type Index = Option<Exact<104>>;
type Hash = Option<Fitted<32>>;

body! { CreateWriteChannel { query_id: QueryId, } }
body! { CreateReadChannel { query_id: QueryId, read_cap: ReadCap, } }
body! { WriteChannel<'a> { query_id: QueryId, channel_id: u16, } { payload, } }
body! { ReadChannel {
    query_id: QueryId,
    channel_id: u16,
    message_box_index: Index,
    reply_index: Option<u8>,
} }
body! { ResumeWriteChannel { query_id: QueryId, write_cap: WriteCap, message_box_index: Index, } }
body! { ResumeWriteChannelQuery<'a> {
    query_id: QueryId,
    write_cap: WriteCap,
    message_box_index: Index,
    envelope_hash: Hash,
} { envelope_descriptor, } }
body! { ResumeReadChannel {
    query_id: QueryId,
    read_cap: ReadCap,
    next_message_index: Index,
    reply_index: Option<u8>,
} }
body! { ResumeReadChannelQuery<'a> {
    query_id: QueryId,
    read_cap: ReadCap,
    next_message_index: Index,
    reply_index: Option<u8>,
    envelope_hash: Hash,
} { envelope_descriptor, } }
body! { CloseChannel { channel_id: u16, } }
body! { SendChannelQuery<'a> {
    message_id: QueryId,
    channel_id: Option<u16>,
    destination_id_hash: Hash,
} { recipient_queue_id, payload, } }
