//! The older Channel API: channels to write and to read, prepared queries, resumptions.
//!
//! | file | idea |
//! |---|---|
//! | `send` | sending, with and without waiting for the reply |
//! | `legacy`, `legacy_send` | on daemons up to v0.0.72, in their own protocol |
//! | `modern` | on today's daemons, carried by their requests for boxes |
//!
//! `client::tables::channels` holds the open channels and their queries in flight;
//! `client::stored::channel_query` holds a prepared query, and its bytes.
//!
//! An application sees no difference: a channel's id is the library's own and outlives a lost
//! connection; its position moves on when a query was answered, and never back.

pub(crate) mod legacy;
pub(crate) mod legacy_send;
pub(crate) mod modern;
pub(crate) mod send;
pub(crate) mod values;

pub use self::values::NewChannel;
pub use crate::client::stored::channel_query::ChannelQuery;
pub use crate::client::tables::channels::ChannelId;

use crate::bacap::{BoxIndex, ReadCap, WriteCap};
use crate::client::call::Call;
use crate::client::handle::Client;
use crate::client::shared::Shared;
use crate::client::stored::channel_query::check_reply_index;
use crate::client::tables::channels::End;
use crate::wire::WipingVec;
use crate::{Error, Result, Status};

impl Shared {
    /// The daemon implements channels itself.
    pub(crate) fn has_channels(&self) -> bool {
        self.features().is_legacy()
    }

    /// Refuses a payload that would be answered like a missing box, or not fit a box.
    fn check_channel_payload(&self, payload: &[u8]) -> Result<()> {
        if payload.is_empty() {
            return Err(Error::new(
                Status::ARG_EMPTY,
                "a message of a channel has at least one byte: an empty reply tells a reader \
                 that nothing is there yet",
            ));
        }
        match self.check_plaintext(payload.len()) {
            // An older daemon knows the size itself.
            Err(error) if error.status() == Status::NO_GEOMETRY && self.has_channels() => Ok(()),
            checked => checked,
        }
    }
}

impl Client {
    /// Creates a new stream and opens a channel to write to it.
    pub fn create_write_channel(&self) -> Result<Call<NewChannel>> {
        self.shared.check_open()?;
        Ok(Call::task(&self.shared, move |shared| async move {
            if shared.has_channels() {
                legacy::create_write(&shared).await
            } else {
                modern::create_write(&shared).await
            }
        }))
    }

    /// Opens a channel to read the stream of `read_cap` from its beginning.
    pub fn create_read_channel(&self, read_cap: &ReadCap) -> Result<Call<ChannelId>> {
        self.shared.check_open()?;
        let (end, first) = (End::Read(read_cap.clone()), read_cap.first_index());
        if !self.shared.has_channels() {
            return Ok(Call::now(&self.shared, |shared| {
                Ok(shared.channels.open(end, first, None, None))
            }));
        }
        let read_cap = read_cap.clone();
        Ok(Call::task(&self.shared, |shared| async move {
            let opened = legacy::create_read(&shared, &read_cap).await?;
            Ok(shared.channels.open(end, first, None, Some(opened)))
        }))
    }

    /// Prepares a write at the channel's position. Nothing is sent.
    ///
    /// # Errors
    /// `DAEMON_CHANNEL_NOT_FOUND`, `DAEMON_INVALID_CHANNEL`, `ARG_EMPTY`, `PAYLOAD_TOO_LARGE`.
    pub fn write_channel(&self, channel: ChannelId, payload: &[u8]) -> Result<Call<ChannelQuery>> {
        self.shared.check_open()?;
        let channel = self.shared.channels.get_for(channel, false)?;
        self.shared.check_channel_payload(payload)?;
        let payload = WipingVec::new(payload.to_vec()).into_bytes();
        Ok(Call::task(&self.shared, move |shared| async move {
            if shared.has_channels() {
                legacy::write(&shared, &channel, &payload).await
            } else {
                modern::write(&shared, &channel, &payload).await
            }
        }))
    }

    /// Prepares a read of the box at `index`, or at the channel's position, that asks for
    /// one replica's answer or for either. Nothing is sent.
    ///
    /// # Errors
    /// `DAEMON_CHANNEL_NOT_FOUND`, `DAEMON_INVALID_CHANNEL`, `ARG_VALUE`.
    pub fn read_channel(
        &self,
        channel: ChannelId,
        index: Option<&BoxIndex>,
        reply_index: Option<u8>,
    ) -> Result<Call<ChannelQuery>> {
        self.shared.check_open()?;
        let channel = self.shared.channels.get_for(channel, true)?;
        check_reply_index(reply_index)?;
        let reply_index = reply_index.or(channel.reply_index);
        let index = index.cloned();
        Ok(Call::task(&self.shared, move |shared| async move {
            let index = index.as_ref();
            if shared.has_channels() {
                legacy::read(&shared, &channel, index, reply_index).await
            } else {
                modern::read(&shared, &channel, index, reply_index).await
            }
        }))
    }

    /// Closes a channel. Its queries in flight complete with `CANCELLED`.
    ///
    /// # Errors
    /// `DAEMON_CHANNEL_NOT_FOUND`.
    pub fn close_channel(&self, channel: ChannelId) -> Result<Call<()>> {
        self.shared.check_open()?;
        self.shared.channels.get(channel)?;
        if !self.shared.has_channels() {
            return Ok(Call::now(&self.shared, move |shared| {
                shared.channels.close(channel).map(drop)
            }));
        }
        Ok(Call::task(&self.shared, move |shared| async move {
            let channel = shared.channels.close(channel)?;
            legacy::close_opened(&shared, &channel).await;
            Ok(())
        }))
    }

    /// Opens a channel to write on, at `index`, or at the stream's beginning if nothing was
    /// written yet.
    pub fn resume_write_channel(
        &self,
        write_cap: &WriteCap,
        index: Option<&BoxIndex>,
    ) -> Result<Call<ChannelId>> {
        self.resume(End::Write(write_cap.clone()), index, None)
    }

    /// Opens a channel to write on, whose last query may or may not have been sent.
    ///
    /// # Errors
    /// `ARG_VALUE` if the query reads.
    pub fn resume_write_channel_query(
        &self,
        write_cap: &WriteCap,
        query: &ChannelQuery,
    ) -> Result<Call<ChannelId>> {
        self.resume_with(End::Write(write_cap.clone()), query)
    }

    /// Opens a channel to read on, at `index`, or at the stream's beginning if nothing was
    /// read yet.
    ///
    /// # Errors
    /// `ARG_VALUE` if there is no such replica.
    pub fn resume_read_channel(
        &self,
        read_cap: &ReadCap,
        index: Option<&BoxIndex>,
        reply_index: Option<u8>,
    ) -> Result<Call<ChannelId>> {
        self.resume(End::Read(read_cap.clone()), index, reply_index)
    }

    /// Opens a channel to read on, whose last query may or may not have been sent.
    ///
    /// # Errors
    /// `ARG_VALUE` if the query writes.
    pub fn resume_read_channel_query(
        &self,
        read_cap: &ReadCap,
        query: &ChannelQuery,
    ) -> Result<Call<ChannelId>> {
        self.resume_with(End::Read(read_cap.clone()), query)
    }

    fn resume(
        &self,
        end: End,
        index: Option<&BoxIndex>,
        reply_index: Option<u8>,
    ) -> Result<Call<ChannelId>> {
        self.shared.check_open()?;
        check_reply_index(reply_index)?;
        let position = index.cloned().unwrap_or_else(|| end.first_index());
        if !self.shared.has_channels() {
            return Ok(Call::now(&self.shared, move |shared| {
                Ok(shared.channels.open(end, position, reply_index, None))
            }));
        }
        Ok(Call::task(&self.shared, move |shared| async move {
            let opened = legacy::resume(&shared, &end, &position, reply_index).await?;
            let channels = &shared.channels;
            Ok(channels.open(end, position, reply_index, Some(opened)))
        }))
    }

    fn resume_with(&self, end: End, query: &ChannelQuery) -> Result<Call<ChannelId>> {
        self.shared.check_open()?;
        query.validate()?;
        if query.is_read != end.is_read() {
            let (is, needed) = if query.is_read {
                ("reads", "writes")
            } else {
                ("writes", "reads")
            };
            return Err(Error::new(
                Status::ARG_VALUE,
                format!("this query {is}; the channel needs one that {needed}"),
            ));
        }
        let (position, reply_index) = (query.current_index.clone(), query.reply_index);
        if !self.shared.has_channels() {
            return Ok(Call::now(&self.shared, move |shared| {
                Ok(shared.channels.open(end, position, reply_index, None))
            }));
        }
        let query = query.clone();
        Ok(Call::task(&self.shared, move |shared| async move {
            let opened = legacy::resume_query(&shared, &end, &query).await?;
            let channels = &shared.channels;
            Ok(channels.open(end, position, reply_index, Some(opened)))
        }))
    }
}
