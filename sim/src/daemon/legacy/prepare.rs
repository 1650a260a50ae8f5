//! Prepares writes and reads: the client gets the bytes and sends them itself.

use serde_bytes::Bytes;

use crate::daemon::protocol::bodies::opt;
use crate::daemon::protocol::legacy::{ReadChannel, WriteChannel};
use crate::daemon::protocol::legacy_bodies as replies;
use crate::daemon::protocol::response::Kind;
use crate::daemon::state::{ChannelEnd, ConnId, Daemon, Query, Step};
use crate::network::{Code, Hash, IndexBytes, SealedEnvelope, INTERNAL_ERROR};

const INVALID_CHANNEL: Code = 6;

type Prepared = Result<(SealedEnvelope, IndexBytes), Code>;

const NO_HASH: &Hash = &[0; 32];

fn split(made: &Prepared) -> (Option<&SealedEnvelope>, &[u8]) {
    match made {
        Ok((sealed, index)) => (Some(sealed), index),
        Err(_) => (None, &[]),
    }
}

impl Daemon {
    pub(super) fn write_channel(&mut self, id: ConnId, r: &WriteChannel<'_>) -> Step {
        let made = match self.ordered("write_channel") {
            Some(code) => Err(code),
            None => self.prepare_write(r),
        };
        let (sealed, index) = split(&made);
        let query_id = r.query_id.map(|q| q.0);
        let body = replies::WriteChannel {
            query_id: opt(&query_id),
            channel_id: r.channel_id,
            send_message_payload: Bytes::new(sealed.map_or(&[], |s| &s.ciphertext)),
            current_message_index: Bytes::new(index),
            next_message_index: Bytes::new(sealed.map_or(&[], |s| &s.next_index)),
            envelope_hash: Bytes::new(sealed.map_or(NO_HASH, |s| &s.hash)),
            envelope_descriptor: Bytes::new(sealed.map_or(&[], |s| &s.descriptor)),
            error_code: made.as_ref().err().copied().unwrap_or(0),
        };
        self.answer_local(id, Kind::WriteChannel, &body)
    }

    pub(super) fn prepare_write(&mut self, r: &WriteChannel<'_>) -> Prepared {
        let (ChannelEnd::Write(cap), index) = self.channel(r.channel_id)? else {
            return Err(INVALID_CHANNEL);
        };
        let payload = r.payload.map_or(&[][..], |p| p.0);
        if payload.len() > self.config.network.max_plaintext {
            return Err(INTERNAL_ERROR);
        }
        let now = self.now();
        let sealed = self.network.encrypt_write(now, &cap, &index, payload)?;
        self.remember(r.channel_id, &sealed, index, None);
        Ok((sealed, index))
    }

    pub(super) fn read_channel(&mut self, id: ConnId, r: &ReadChannel) -> Step {
        let made = match self.ordered("read_channel") {
            Some(code) => Err(code),
            None => self.prepare_read(r),
        };
        let (sealed, index) = split(&made);
        let query_id = r.query_id.map(|q| q.0);
        let body = replies::ReadChannel {
            query_id: opt(&query_id),
            channel_id: r.channel_id,
            error_code: made.as_ref().err().copied().unwrap_or(0),
            send_message_payload: Bytes::new(sealed.map_or(&[], |s| &s.ciphertext)),
            current_message_index: Bytes::new(index),
            next_message_index: Bytes::new(sealed.map_or(&[], |s| &s.next_index)),
            reply_index: r.reply_index,
            envelope_hash: Bytes::new(sealed.map_or(NO_HASH, |s| &s.hash)),
            envelope_descriptor: Bytes::new(sealed.map_or(&[], |s| &s.descriptor)),
        };
        self.answer_local(id, Kind::ReadChannel, &body)
    }

    /// An index in the request sets where the channel stands.
    pub(super) fn prepare_read(&mut self, r: &ReadChannel) -> Prepared {
        let (ChannelEnd::Read(cap), stands) = self.channel(r.channel_id)? else {
            return Err(INVALID_CHANNEL);
        };
        let index = r.message_box_index.map_or(stands, |i| i.0);
        let now = self.now();
        let sealed = self.network.encrypt_read(now, &cap, &index)?;
        self.remember(r.channel_id, &sealed, index, r.reply_index);
        Ok((sealed, index))
    }

    pub(super) fn remember(
        &mut self,
        channel: u16,
        sealed: &SealedEnvelope,
        index: IndexBytes,
        reply_index: Option<u8>,
    ) {
        let query = Query {
            descriptor: sealed.descriptor.clone(),
            reply_index,
        };
        if let Some(channel) = self.channels.0.get_mut(&channel) {
            channel.index = index;
            channel.queries.insert(sealed.ciphertext.clone(), query);
        }
    }
}
