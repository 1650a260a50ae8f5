//! Opens new and resumed channels.

use std::collections::HashMap;

use crate::daemon::protocol::bodies::{opt, some};
use crate::daemon::protocol::legacy::{
    CreateReadChannel, ResumeReadChannel, ResumeReadChannelQuery, ResumeWriteChannel,
    ResumeWriteChannelQuery,
};
use crate::daemon::protocol::legacy_bodies as replies;
use crate::daemon::protocol::request::Id;
use crate::daemon::protocol::response::Kind;
use crate::daemon::random::fresh_id;
use crate::daemon::state::{Channel, ChannelEnd, ConnId, Daemon, Query, Step};
use crate::network::{Code, IndexBytes, INVALID_REQUEST};
use kpclient::bacap::{keypair, ReadCap, WriteCap};

const INVALID_RESUME_WRITE: Code = 16;
const INVALID_RESUME_READ: Code = 17;
const IMPOSSIBLE_HASH: Code = 18;

impl Daemon {
    /// Opens a channel under a number that no application uses.
    pub(super) fn open_channel(
        &mut self,
        owner: ConnId,
        end: ChannelEnd,
        index: IndexBytes,
        resumed: Option<Query>,
    ) -> u16 {
        if !self.conns.contains_key(&owner) {
            return 0;
        }
        let channel = Channel {
            owner,
            end,
            index,
            queries: HashMap::new(),
            resumed,
        };
        loop {
            let [high, low, ..] = fresh_id();
            let number = u16::from_be_bytes([high, low]);
            if number != 0 && !self.channels.0.contains_key(&number) {
                self.channels.0.insert(number, channel);
                return number;
            }
        }
    }

    pub(super) fn create_write_channel(&mut self, id: ConnId, query_id: Option<Id>) -> Step {
        if let Some(code) = self.ordered("create_write_channel") {
            let body = replies::CreateWriteChannel {
                error_code: code,
                ..Default::default()
            };
            return self.answer_local(id, Kind::CreateWriteChannel, &body);
        }
        let [a, b] = [fresh_id(), fresh_id()];
        let mut seed = [0; 32];
        for (to, from) in seed.iter_mut().zip(a.iter().chain(&b)) {
            *to = *from;
        }
        let pair = keypair(&seed);
        let end = ChannelEnd::Write(Box::new(*pair.write_cap.as_bytes()));
        let channel_id = self.open_channel(id, end, *pair.first_index.as_bytes(), None);
        let body = replies::CreateWriteChannel {
            query_id: opt(&query_id),
            channel_id,
            read_cap: some(pair.read_cap.as_bytes()),
            write_cap: some(pair.write_cap.as_bytes()),
            error_code: 0,
        };
        self.answer_local(id, Kind::CreateWriteChannel, &body)
    }

    pub(super) fn create_read_channel(&mut self, id: ConnId, r: &CreateReadChannel) -> Step {
        let Some(cap) = r.read_cap.map(|c| c.0) else {
            // A failure of this request carries no query id.
            return self.answer_channel(id, Kind::CreateReadChannel, None, Err(INVALID_REQUEST));
        };
        let Ok(parsed) = ReadCap::from_bytes(&cap) else {
            return self.stumble();
        };
        let first = *parsed.first_index().as_bytes();
        let channel = self.open_channel(id, ChannelEnd::Read(Box::new(cap)), first, None);
        let query_id = r.query_id.map(|q| q.0);
        self.answer_channel(id, Kind::CreateReadChannel, query_id, Ok(channel))
    }

    pub(super) fn answer_channel(
        &mut self,
        id: ConnId,
        kind: Kind,
        query_id: Option<Id>,
        opened: Result<u16, Code>,
    ) -> Step {
        let opened = match self.ordered(kind.request_key()) {
            Some(code) => Err(code),
            None => opened,
        };
        let body = replies::Channel {
            query_id: opt(&query_id),
            channel_id: opened.unwrap_or(0),
            error_code: opened.err().unwrap_or(0),
        };
        self.answer_local(id, kind, &body)
    }

    pub(super) fn resume_write(&mut self, id: ConnId, r: &ResumeWriteChannel) -> Step {
        let opened = match r.write_cap {
            None => Err(INVALID_RESUME_WRITE),
            Some(cap) => {
                let first = || *WriteCap::from_array(cap.0).first_index().as_bytes();
                let index = r.message_box_index.map_or_else(first, |i| i.0);
                Ok(self.open_channel(id, ChannelEnd::Write(Box::new(cap.0)), index, None))
            }
        };
        let query_id = r.query_id.map(|q| q.0);
        self.answer_channel(id, Kind::ResumeWriteChannel, query_id, opened)
    }

    pub(super) fn resume_write_query(
        &mut self,
        id: ConnId,
        r: &ResumeWriteChannelQuery<'_>,
    ) -> Step {
        let given = (r.write_cap, r.message_box_index, r.envelope_descriptor);
        let opened = match given {
            (Some(_), Some(_), Some(_)) if r.envelope_hash.is_none() => Err(IMPOSSIBLE_HASH),
            (Some(cap), Some(index), Some(descriptor)) => {
                let query = Query {
                    descriptor: descriptor.0.to_vec(),
                    reply_index: None,
                };
                let end = ChannelEnd::Write(Box::new(cap.0));
                Ok(self.open_channel(id, end, index.0, Some(query)))
            }
            _ => Err(INVALID_RESUME_WRITE),
        };
        let query_id = r.query_id.map(|q| q.0);
        self.answer_channel(id, Kind::ResumeWriteChannelQuery, query_id, opened)
    }

    pub(super) fn resume_read(&mut self, id: ConnId, r: &ResumeReadChannel) -> Step {
        let opened = match r.read_cap {
            None => Err(INVALID_RESUME_READ),
            Some(cap) => {
                let Ok(parsed) = ReadCap::from_bytes(&cap.0) else {
                    return self.stumble();
                };
                let first = || *parsed.first_index().as_bytes();
                let index = r.next_message_index.map_or_else(first, |i| i.0);
                Ok(self.open_channel(id, ChannelEnd::Read(Box::new(cap.0)), index, None))
            }
        };
        let query_id = r.query_id.map(|q| q.0);
        self.answer_channel(id, Kind::ResumeReadChannel, query_id, opened)
    }

    pub(super) fn resume_read_query(&mut self, id: ConnId, r: &ResumeReadChannelQuery<'_>) -> Step {
        let given = (r.read_cap, r.next_message_index, r.envelope_descriptor);
        let opened = match given {
            (Some(cap), ..) if ReadCap::from_bytes(&cap.0).is_err() => return self.stumble(),
            (Some(cap), Some(index), Some(descriptor)) if r.envelope_hash.is_some() => {
                let query = Query {
                    descriptor: descriptor.0.to_vec(),
                    reply_index: r.reply_index,
                };
                let end = ChannelEnd::Read(Box::new(cap.0));
                Ok(self.open_channel(id, end, index.0, Some(query)))
            }
            _ => Err(INVALID_RESUME_READ),
        };
        let query_id = r.query_id.map(|q| q.0);
        self.answer_channel(id, Kind::ResumeReadChannelQuery, query_id, opened)
    }
}
