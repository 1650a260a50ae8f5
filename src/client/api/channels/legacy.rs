//! Channels on daemons up to v0.0.72, which implement channels themselves.
//!
//! A channel of such a daemon is lost with the connection. The library keeps what is needed to
//! resume it, and does so when the channel is next used.
//!
//! The daemon decrypts an answer with the index of the query that its channel prepared last,
//! whichever query the answer is for. So a query is sent on the channel only while that is at the
//! query's box. Any other, also one prepared before a reconnect, is sent on a spare channel that is
//! resumed for it.

use std::sync::Arc;

use super::values::NewChannel;
use crate::bacap::{BoxIndex, ReadCap, WriteCap};
use crate::client::connection::LocalCall;
use crate::client::connection::{Answer, Lane, LaneKind, Link};
use crate::client::shared::Shared;
use crate::client::stored::channel_query::ChannelQuery;
use crate::client::tables::channels::opened::Opened;
use crate::client::tables::channels::{Channel, End};
use crate::wire::{Hash, ReplyBody, Request};
use crate::{Error, Result, Status};

/// How often a channel is opened anew because the daemon's differs from ours.
const REOPENINGS: usize = 2;

/// A daemon's channel on which a certain query can be sent now.
pub(crate) struct Route {
    pub(crate) link: Arc<Link>,
    pub(crate) id: u16,
    /// It was opened for this query alone and is closed after it.
    pub(crate) spare: bool,
}

impl Drop for Route {
    fn drop(&mut self) {
        if self.spare {
            close(&self.link, self.id);
        }
    }
}

fn close(link: &Link, channel_id: u16) {
    // Nothing waits for the answer; a daemon that has exited has closed its channels anyway.
    if let Ok(frame) = (Request::CloseChannel { channel_id }).encode(&[0; 16]) {
        link.writer.push(frame.into_bytes());
    }
}

/// The lane that carries everything for such a daemon.
pub(crate) fn lane(shared: &Arc<Shared>) -> Arc<Lane> {
    shared.lane(LaneKind::Local)
}

/// True while `link` is the lane's connection.
pub(crate) fn is_current(lane: &Lane, link: &Arc<Link>) -> bool {
    let state = lane.lock();
    state
        .link
        .as_ref()
        .is_some_and(|now| Arc::ptr_eq(now, link))
}

/// Waits until there is a connection with such a daemon.
async fn connected(shared: &Arc<Shared>) -> Result<Arc<Link>> {
    let lane = lane(shared);
    loop {
        let changed = lane.progress.notified();
        tokio::pin!(changed);
        changed.as_mut().enable();
        let link = lane.lock().link.clone();
        match link {
            Some(link) if link.features.is_legacy() => return Ok(link),
            Some(_) => return Err(replaced()),
            None => changed.await,
        }
    }
}

fn replaced() -> Error {
    Error::new(
        Status::UNSUPPORTED,
        "the daemon was replaced by one of another generation meanwhile; call again",
    )
}

/// Sends a request to the daemon on `link`. Returns `None` if the connection changed: then the
/// answer is about a channel of another one.
async fn ask<T>(
    shared: &Arc<Shared>,
    link: &Arc<Link>,
    request: &Request<'_>,
    read: fn(&Answer) -> Result<T>,
) -> Result<Option<T>> {
    let call = LocalCall::new(&shared.queries, request, read)?;
    let answer = call.run(shared).await;
    if let Err(error) = &answer {
        if error.status() == Status::CONNECTION_LOST {
            return Err(error.clone()); // it would be lost again and again
        }
    }
    if !is_current(&lane(shared), link) {
        return Ok(None);
    }
    answer.map(Some)
}

fn read_created(answer: &Answer) -> Result<(u16, WriteCap, ReadCap)> {
    answer.check()?;
    match &answer.reply.body {
        ReplyBody::WriteChannelCreated(made) => Ok((
            made.channel_id,
            WriteCap::from_secret(&made.write_cap),
            ReadCap::from_secret(&made.read_cap),
        )),
        _ => Err(answer.unexpected()),
    }
}

fn read_opened(answer: &Answer) -> Result<u16> {
    answer.check()?;
    match answer.reply.body {
        ReplyBody::ChannelOpen { channel_id } => Ok(channel_id),
        _ => Err(answer.unexpected()),
    }
}

fn read_prepared(answer: &Answer) -> Result<ChannelQuery> {
    answer.check()?;
    match &answer.reply.body {
        ReplyBody::ChannelWrite(made) => Ok(ChannelQuery {
            is_read: false,
            payload: made.payload.clone(),
            current_index: BoxIndex::from_secret(&made.current_index),
            next_index: BoxIndex::from_secret(&made.next_index),
            reply_index: None,
            envelope_hash: made.envelope_hash,
            descriptor: made.descriptor.clone(),
        }),
        ReplyBody::ChannelRead(made) => Ok(ChannelQuery {
            is_read: true,
            payload: made.payload.clone(),
            current_index: BoxIndex::from_secret(&made.current_index),
            next_index: BoxIndex::from_secret(&made.next_index),
            reply_index: made.reply_index,
            envelope_hash: made.envelope_hash,
            descriptor: made.descriptor.clone(),
        }),
        _ => Err(answer.unexpected()),
    }
}

/// Creates a stream and opens a channel to write to it.
pub(crate) async fn create_write(shared: &Arc<Shared>) -> Result<NewChannel> {
    loop {
        let link = connected(shared).await?;
        let made = ask(shared, &link, &Request::CreateWriteChannel, read_created).await?;
        let Some((id, write_cap, read_cap)) = made else {
            continue;
        };
        let (end, first) = (End::Write(write_cap.clone()), write_cap.first_index());
        let opened = Opened::new(&link, id, first.clone(), None);
        return Ok(NewChannel {
            id: shared.channels.open(end, first, None, Some(opened)),
            write_cap,
            read_cap,
        });
    }
}

/// Opens a channel to read a stream from its beginning.
pub(crate) async fn create_read(shared: &Arc<Shared>, read_cap: &ReadCap) -> Result<Opened> {
    let request = Request::CreateReadChannel {
        read_cap: read_cap.as_bytes(),
    };
    open_with(shared, &request, &read_cap.first_index(), None).await
}

/// Opens a channel again at `position`.
pub(crate) async fn resume(
    shared: &Arc<Shared>,
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
    open_with(shared, &request, position, None).await
}

/// Opens a channel again so that the answer to `query` can be decrypted on it.
pub(crate) async fn resume_query(
    shared: &Arc<Shared>,
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
    let resumed_for = Some(query.envelope_hash);
    open_with(shared, &request, &query.current_index, resumed_for).await
}

async fn open_with(
    shared: &Arc<Shared>,
    request: &Request<'_>,
    at: &BoxIndex,
    resumed_for: Option<Hash>,
) -> Result<Opened> {
    loop {
        let link = connected(shared).await?;
        if let Some(id) = ask(shared, &link, request, read_opened).await? {
            return Ok(Opened::new(&link, id, at.clone(), resumed_for));
        }
    }
}

/// The daemon's channel behind ours on the present connection, opened if need be, and its position.
/// It is about to prepare a query.
async fn opened(shared: &Arc<Shared>, channel: &Channel) -> Result<(Arc<Link>, u16, BoxIndex)> {
    let mut slot = channel.opened.lock().await;
    loop {
        let link = connected(shared).await?;
        if let Some(opened) = slot.as_mut().filter(|opened| opened.is_on(&link)) {
            opened.resumed_for = None;
            return Ok((link, opened.id, opened.at.clone()));
        }
        let position = channel.position();
        *slot = Some(resume(shared, &channel.end, &position, channel.reply_index).await?);
    }
}

/// The daemon's channel differs from ours: closes it; it is opened anew when next used.
async fn give_up(channel: &Channel, link: &Arc<Link>, id: u16) {
    let mut slot = channel.opened.lock().await;
    if slot.as_ref().is_some_and(|o| o.is_on(link) && o.id == id) {
        *slot = None;
        close(link, id);
    }
}

async fn learn(channel: &Channel, link: &Arc<Link>, id: u16, query: &ChannelQuery) {
    let mut slot = channel.opened.lock().await;
    if let Some(opened) = slot.as_mut().filter(|o| o.is_on(link) && o.id == id) {
        opened.learn(query);
    }
}

/// Whether the daemon's channel may have been at another box when the answer to `query`, sent by
/// `route`, was decrypted: then a spare channel can still decrypt it.
pub(crate) async fn may_have_moved(channel: &Channel, route: &Route, query: &ChannelQuery) -> bool {
    let slot = channel.opened.lock().await;
    let hash = Some(query.envelope_hash);
    let is_it = |o: &&Opened| o.is_on(&route.link) && o.id == route.id && o.resumed_for == hash;
    !route.spare && slot.as_ref().filter(is_it).is_none()
}

/// Prepares a write at the channel's position.
pub(crate) async fn write(
    shared: &Arc<Shared>,
    channel: &Channel,
    payload: &[u8],
) -> Result<ChannelQuery> {
    prepare(shared, channel, None, &Wanted::Write(payload)).await
}

/// Prepares a read of the box at `index`, or at the channel's position.
pub(crate) async fn read(
    shared: &Arc<Shared>,
    channel: &Channel,
    index: Option<&BoxIndex>,
    reply_index: Option<u8>,
) -> Result<ChannelQuery> {
    prepare(shared, channel, index, &Wanted::Read(reply_index)).await
}

/// What a channel should prepare.
enum Wanted<'a> {
    Write(&'a [u8]),
    Read(Option<u8>),
}

impl Wanted<'_> {
    fn request<'a>(&'a self, channel_id: u16, index: Option<&'a BoxIndex>) -> Request<'a> {
        match *self {
            Wanted::Write(payload) => Request::WriteChannel {
                channel_id,
                payload,
            },
            Wanted::Read(reply_index) => Request::ReadChannel {
                channel_id,
                index: index.map(BoxIndex::as_bytes),
                reply_index,
            },
        }
    }
}

async fn prepare(
    shared: &Arc<Shared>,
    channel: &Channel,
    index: Option<&BoxIndex>,
    what: &Wanted<'_>,
) -> Result<ChannelQuery> {
    let mut reopenings = 0;
    loop {
        let (link, id, at) = opened(shared, channel).await?;
        let wanted = index.cloned().unwrap_or_else(|| channel.position());
        // The daemon's channel stays where it is until a request sets it; only reads can.
        let set_index = index.or_else(|| (at != wanted).then_some(&wanted));
        let request = what.request(id, set_index);
        let failure = match ask(shared, &link, &request, read_prepared).await {
            Ok(None) => continue,
            Ok(Some(query)) if query.current_index == wanted => {
                learn(channel, &link, id, &query).await;
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

/// The daemon has lost a channel that it had.
fn is_gone(error: &Error) -> bool {
    error.status() == Status::DAEMON_CHANNEL_NOT_FOUND
}

/// Where `query` can be sent so that its answer is decrypted. `anew`: not on the channel that
/// prepared it, which has failed.
pub(crate) async fn route(
    shared: &Arc<Shared>,
    channel: &Channel,
    query: &ChannelQuery,
    anew: bool,
) -> Result<Route> {
    loop {
        let link = connected(shared).await?;
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
        let opened = resume_query(shared, &channel.end, query).await?;
        if opened.is_on(&link) {
            let (id, spare) = (opened.id, true);
            return Ok(Route { link, id, spare });
        }
    }
}

/// Closes the daemon's channel, if there is one on the present connection.
pub(crate) async fn close_opened(shared: &Arc<Shared>, channel: &Channel) {
    let Some(opened) = channel.opened.lock().await.take() else {
        return;
    };
    let link = lane(shared).lock().link.clone();
    if let Some(link) = link.filter(|link| opened.is_on(link)) {
        close(&link, opened.id);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::sync::Weak;

    use super::*;

    fn opened(at: &BoxIndex) -> Opened {
        Opened {
            link: Weak::new(),
            id: 7,
            at: at.clone(),
            knows: VecDeque::new(),
            resumed_for: None,
        }
    }

    fn read_at(index: &BoxIndex, hash: u8) -> ChannelQuery {
        ChannelQuery {
            is_read: true,
            payload: bytes::Bytes::from_static(b"x"),
            current_index: index.clone(),
            next_index: index.next(),
            reply_index: None,
            envelope_hash: [hash; 32],
            descriptor: bytes::Bytes::from_static(b"x"),
        }
    }

    #[test]
    fn the_last_queries_for_the_box_of_a_channel_are_known() {
        let first = crate::bacap::keypair(&[1; 32]).first_index;
        let mut opened = opened(&first);
        for hash in 0..100 {
            opened.learn(&read_at(&first, hash));
        }
        assert_eq!(opened.knows.len(), 64);
        assert_eq!(opened.knows[63], [99; 32]);
    }

    #[test]
    fn a_query_for_another_box_makes_those_before_it_unknown() {
        let first = crate::bacap::keypair(&[1; 32]).first_index;
        let mut opened = opened(&first);
        opened.learn(&read_at(&first, 1));
        opened.learn(&read_at(&first.next(), 2));
        assert_eq!(opened.knows, [[2; 32]]);
        opened.learn(&read_at(&first, 3));
        assert_eq!(opened.knows, [[3; 32]]);
    }
}
