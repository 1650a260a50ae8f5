//! Channels on daemons up to v0.0.72, which know channels themselves.
//!
//! A channel of such a daemon dies with the connection. The library keeps what is needed
//! to resume it, and does so when the channel is next used; a query that the resumed
//! channel has not prepared itself is sent on one that was resumed for that query.

use std::collections::VecDeque;
use std::sync::{Arc, Weak};

use super::super::inner::Inner;
use super::super::lane::{Answer, Lane, LaneKind, Link};
use super::super::work::LocalCall;
use super::query::ChannelQuery;
use super::table::{Channel, End};
use super::NewChannel;
use crate::bacap::{BoxIndex, ReadCap, WriteCap};
use crate::wire::{codes, Hash, ReplyBody, Request};
use crate::{Error, Result, Status};

/// Envelopes that a channel of the daemon is remembered to have prepared.
const KNOWN: usize = 64;
/// How often a channel is opened anew because the daemon's differs from ours.
const REOPENINGS: usize = 2;

/// A daemon's channel: good on one connection only.
#[derive(Clone)]
pub(crate) struct Opened {
    link: Weak<Link>,
    id: u16,
    /// Queries whose answers the daemon can open on this channel.
    knows: VecDeque<Hash>,
}

impl Opened {
    fn new(link: &Arc<Link>, id: u16, knows: Option<Hash>) -> Self {
        Opened {
            link: Arc::downgrade(link),
            id,
            knows: knows.into_iter().collect(),
        }
    }

    fn is_on(&self, link: &Arc<Link>) -> bool {
        self.link.ptr_eq(&Arc::downgrade(link))
    }

    fn learn(&mut self, hash: Hash) {
        if self.knows.len() >= KNOWN {
            self.knows.pop_front();
        }
        self.knows.push_back(hash);
    }
}

/// A daemon's channel on which a certain query can be sent now.
pub(super) struct Route {
    pub(super) link: Arc<Link>,
    pub(super) id: u16,
    /// It was opened for this query alone and is closed after it.
    spare: bool,
}

impl Drop for Route {
    fn drop(&mut self) {
        if self.spare {
            close(&self.link, self.id);
        }
    }
}

fn close(link: &Link, channel_id: u16) {
    // Nothing is answered; a daemon that has gone has closed its channels anyway.
    if let Ok(frame) = (Request::CloseChannel { channel_id }).encode(&[0; 16]) {
        link.outbox.push(frame.into_bytes());
    }
}

/// The lane that carries everything for such a daemon.
pub(super) fn lane(inner: &Arc<Inner>) -> Arc<Lane> {
    inner.lane(LaneKind::Local)
}

/// True while `link` is the lane's connection.
pub(super) fn is_current(lane: &Lane, link: &Arc<Link>) -> bool {
    let state = lane.lock();
    state
        .link
        .as_ref()
        .is_some_and(|now| Arc::ptr_eq(now, link))
}

/// Waits until there is a connection with such a daemon.
async fn connected(inner: &Arc<Inner>) -> Result<Arc<Link>> {
    let lane = lane(inner);
    loop {
        let moved = lane.progress.notified();
        tokio::pin!(moved);
        moved.as_mut().enable();
        let link = lane.lock().link.clone();
        match link {
            Some(link) if link.features.is_legacy() => return Ok(link),
            Some(_) => return Err(replaced()),
            None => moved.await,
        }
    }
}

fn replaced() -> Error {
    Error::new(
        Status::UNSUPPORTED,
        "the daemon was replaced by one of another generation meanwhile; call again",
    )
}

/// Asks the daemon on `link`. None if the connection changed: then the answer names a
/// channel of another one, or was given for one.
async fn ask<T>(
    inner: &Arc<Inner>,
    link: &Arc<Link>,
    request: &Request<'_>,
    read: fn(&Answer) -> Result<T>,
) -> Result<Option<T>> {
    let call = LocalCall::new(&inner.queries, request, read)?;
    let answer = call.run(inner).await;
    if let Err(error) = &answer {
        if error.status() == Status::CONNECTION_LOST {
            return Err(error.clone()); // it would be lost again and again
        }
    }
    if !is_current(&lane(inner), link) {
        return Ok(None);
    }
    answer.map(Some)
}

fn unexpected(answer: &Answer) -> Error {
    let key = answer.reply.kind.key();
    Error::new(
        Status::CBOR,
        format!("the daemon answered with {key} instead"),
    )
}

fn read_created(answer: &Answer) -> Result<(u16, WriteCap, ReadCap)> {
    codes::check(&answer.reply, &answer.features)?;
    match &answer.reply.body {
        ReplyBody::WriteChannelCreated(made) => Ok((
            made.channel_id,
            WriteCap::from_array(*made.write_cap),
            ReadCap::from_array(*made.read_cap),
        )),
        _ => Err(unexpected(answer)),
    }
}

fn read_opened(answer: &Answer) -> Result<u16> {
    codes::check(&answer.reply, &answer.features)?;
    match answer.reply.body {
        ReplyBody::ChannelOpen { channel_id } => Ok(channel_id),
        _ => Err(unexpected(answer)),
    }
}

fn read_prepared(answer: &Answer) -> Result<ChannelQuery> {
    codes::check(&answer.reply, &answer.features)?;
    match &answer.reply.body {
        ReplyBody::ChannelWrite(made) => Ok(ChannelQuery {
            is_read: false,
            payload: made.payload.clone(),
            current_index: BoxIndex::from_array(*made.current_index),
            next_index: BoxIndex::from_array(*made.next_index),
            reply_index: None,
            envelope_hash: made.envelope_hash,
            descriptor: made.descriptor.clone(),
        }),
        ReplyBody::ChannelRead(made) => Ok(ChannelQuery {
            is_read: true,
            payload: made.payload.clone(),
            current_index: BoxIndex::from_array(*made.current_index),
            next_index: BoxIndex::from_array(*made.next_index),
            reply_index: made.reply_index,
            envelope_hash: made.envelope_hash,
            descriptor: made.descriptor.clone(),
        }),
        _ => Err(unexpected(answer)),
    }
}

/// Makes a stream and opens a channel to write to it.
pub(super) async fn create_write(inner: &Arc<Inner>) -> Result<NewChannel> {
    loop {
        let link = connected(inner).await?;
        let made = ask(inner, &link, &Request::CreateWriteChannel, read_created).await?;
        let Some((id, write_cap, read_cap)) = made else {
            continue;
        };
        let (end, first) = (End::Write(write_cap.clone()), write_cap.first_index());
        let opened = Opened::new(&link, id, None);
        return Ok(NewChannel {
            id: inner.channels.open(end, first, None, Some(opened)),
            write_cap,
            read_cap,
        });
    }
}

/// Opens a channel to read a stream from its beginning.
pub(super) async fn create_read(inner: &Arc<Inner>, read_cap: &ReadCap) -> Result<Opened> {
    let request = Request::CreateReadChannel {
        read_cap: read_cap.as_bytes(),
    };
    open_with(inner, &request, None).await
}

/// Opens a channel again at `position`.
pub(super) async fn resume(
    inner: &Arc<Inner>,
    end: &End,
    position: &BoxIndex,
    reply_index: Option<u8>,
) -> Result<Opened> {
    let index = (*position != end.first_index()).then_some(position.as_bytes());
    let request = match end {
        End::Write(cap) => Request::ResumeWriteChannel {
            write_cap: Some(cap.as_bytes()),
            index,
        },
        End::Read(cap) => Request::ResumeReadChannel {
            read_cap: cap.as_bytes(),
            next_index: index,
            reply_index,
        },
    };
    open_with(inner, &request, None).await
}

/// Opens a channel again so that the answer to `query` can be understood on it.
pub(super) async fn resume_query(
    inner: &Arc<Inner>,
    end: &End,
    query: &ChannelQuery,
) -> Result<Opened> {
    let index = Some(query.current_index.as_bytes());
    let request = match end {
        End::Write(cap) => Request::ResumeWriteChannelQuery {
            write_cap: Some(cap.as_bytes()),
            index,
            descriptor: &query.descriptor,
            envelope_hash: &query.envelope_hash,
        },
        End::Read(cap) => Request::ResumeReadChannelQuery {
            read_cap: cap.as_bytes(),
            next_index: index,
            reply_index: query.reply_index,
            descriptor: &query.descriptor,
            envelope_hash: &query.envelope_hash,
        },
    };
    open_with(inner, &request, Some(query.envelope_hash)).await
}

async fn open_with(
    inner: &Arc<Inner>,
    request: &Request<'_>,
    knows: Option<Hash>,
) -> Result<Opened> {
    loop {
        let link = connected(inner).await?;
        if let Some(id) = ask(inner, &link, request, read_opened).await? {
            return Ok(Opened::new(&link, id, knows));
        }
    }
}

/// The daemon's channel that stands for ours on the present connection, opened if need be.
async fn opened(inner: &Arc<Inner>, channel: &Channel) -> Result<(Arc<Link>, u16)> {
    let mut slot = channel.opened.lock().await;
    loop {
        let link = connected(inner).await?;
        if let Some(opened) = slot.as_ref().filter(|opened| opened.is_on(&link)) {
            return Ok((link, opened.id));
        }
        let position = channel.position();
        *slot = Some(resume(inner, &channel.end, &position, channel.reply_index).await?);
    }
}

/// The daemon's channel differs from ours: it is closed, and opened anew when next used.
async fn give_up(channel: &Channel, link: &Arc<Link>, id: u16) {
    let mut slot = channel.opened.lock().await;
    if slot.as_ref().is_some_and(|o| o.is_on(link) && o.id == id) {
        *slot = None;
        close(link, id);
    }
}

async fn learn(channel: &Channel, link: &Arc<Link>, id: u16, hash: Hash) {
    let mut slot = channel.opened.lock().await;
    if let Some(opened) = slot.as_mut().filter(|o| o.is_on(link) && o.id == id) {
        opened.learn(hash);
    }
}

/// Prepares a write at the channel's position.
pub(super) async fn write(
    inner: &Arc<Inner>,
    channel: &Channel,
    payload: &[u8],
) -> Result<ChannelQuery> {
    let request = |channel_id| Request::WriteChannel {
        channel_id,
        payload,
    };
    prepare(inner, channel, None, request).await
}

/// Prepares a read of the box at `index`, or at the channel's position.
pub(super) async fn read(
    inner: &Arc<Inner>,
    channel: &Channel,
    index: Option<&BoxIndex>,
    reply_index: Option<u8>,
) -> Result<ChannelQuery> {
    let request = |channel_id| Request::ReadChannel {
        channel_id,
        index: index.map(BoxIndex::as_bytes),
        reply_index,
    };
    prepare(inner, channel, index, request).await
}

async fn prepare<'a>(
    inner: &Arc<Inner>,
    channel: &Channel,
    index: Option<&BoxIndex>,
    request: impl Fn(u16) -> Request<'a> + Sync,
) -> Result<ChannelQuery> {
    let mut reopenings = 0;
    loop {
        let (link, id) = opened(inner, channel).await?;
        let wanted = index.cloned().unwrap_or_else(|| channel.position());
        let failure = match ask(inner, &link, &request(id), read_prepared).await {
            Ok(None) => continue,
            Ok(Some(query)) if query.current_index == wanted => {
                learn(channel, &link, id, query.envelope_hash).await;
                return Ok(query);
            }
            Ok(Some(_)) => Error::new(
                Status::INTERNAL,
                "the daemon prepared a query for another box than the channel stands at",
            ),
            Err(error) if is_gone(&error) => error,
            Err(error) => return Err(error),
        };
        if reopenings == REOPENINGS {
            return Err(failure);
        }
        reopenings += 1;
        give_up(channel, &link, id).await;
    }
}

/// The daemon no longer has a channel that it had.
fn is_gone(error: &Error) -> bool {
    error.status() == Status::DAEMON_CHANNEL_NOT_FOUND
}

/// Where `query` can be sent so that its answer is understood. `anew`: not on the channel
/// that prepared it, which has failed.
pub(super) async fn route(
    inner: &Arc<Inner>,
    channel: &Channel,
    query: &ChannelQuery,
    anew: bool,
) -> Result<Route> {
    loop {
        let link = connected(inner).await?;
        let known = |opened: &&Opened| {
            !anew && opened.is_on(&link) && opened.knows.contains(&query.envelope_hash)
        };
        let id = channel
            .opened
            .lock()
            .await
            .as_ref()
            .filter(known)
            .map(|o| o.id);
        if let Some(id) = id {
            let spare = false;
            return Ok(Route { link, id, spare });
        }
        let opened = resume_query(inner, &channel.end, query).await?;
        if opened.is_on(&link) {
            let (id, spare) = (opened.id, true);
            return Ok(Route { link, id, spare });
        }
    }
}

/// Closes the daemon's channel, if there is one on the present connection.
pub(super) async fn close_opened(inner: &Arc<Inner>, channel: &Channel) {
    let Some(opened) = channel.opened.lock().await.take() else {
        return;
    };
    let link = lane(inner).lock().link.clone();
    if let Some(link) = link.filter(|link| opened.is_on(link)) {
        close(&link, opened.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_the_queries_sent_on_a_channel_the_last_are_known() {
        let mut opened = Opened {
            link: Weak::new(),
            id: 7,
            knows: VecDeque::new(),
        };
        for hash in 0..100 {
            opened.learn([hash; 32]);
        }
        assert_eq!(opened.knows.len(), 64);
        assert_eq!(opened.knows[63], [99; 32]);
    }
}
