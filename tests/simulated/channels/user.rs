//! Somebody with a client of a simulator, and what every test of channels does with it.

use std::sync::Arc;

use bytes::Bytes;
use kpclient::bacap::BoxIndex;
use kpclient::client::{
    Call, ChannelId, ChannelQuery, Client, Destination, Event, EventSink, NewChannel,
};
use kpclient::config::Config;
use kpclient::{Result, Status};
use kpclientd_sim::{Sim, SimConfig};

use crate::world::*;

/// So often a coin never shows one side only.
pub const ATTEMPTS: usize = 50;
/// So often one query is sent before it is prepared anew: a courier of v0.0.72 repeats for ever
/// what it found when the query first came.
pub const SENDINGS: usize = 3;

/// A daemon of this era, on a network with replicas.
pub fn config(era: Era) -> SimConfig {
    match era {
        Era::V0_0_73Rc1 => first_sessions_with_replicas(),
        _ => hurried(era),
    }
}

/// A simulator, and how its clients are set up.
pub struct Setup {
    pub sim: Sim,
    settings: Config,
}

impl Setup {
    pub fn new(era: Era) -> Setup {
        Setup::with(config(era))
    }

    pub fn with(config: SimConfig) -> Setup {
        let network = config.network.clone();
        let sim = Sim::start(config).unwrap();
        let settings = settings_of(&sim, &network);
        Setup { sim, settings }
    }

    /// One more client.
    pub fn client(&self) -> User {
        let client = new_client(self.settings.clone());
        let events = client.open_sink(64).unwrap();
        connect(&client);
        User { client, events }
    }

    pub fn control(&self, line: &str) -> String {
        self.sim.control(line).unwrap()
    }

    /// Waits until so many requests wait at the daemon for the mixnet.
    pub fn wait_for_queued(&self, wanted: u64) {
        let queued = || count(&self.sim, "queued") + count(&self.sim, "one_queue");
        until("requests in line", || queued() == wanted);
    }
}

/// Somebody with a client.
pub struct User {
    pub client: Client,
    pub events: Arc<EventSink>,
}

impl User {
    pub fn run<T: Send + Sync + 'static>(&self, work: Result<Call<T>>) -> Result<T> {
        run(work)
    }

    pub fn create_write(&self) -> NewChannel {
        self.run(self.client.create_write_channel()).unwrap()
    }

    pub fn create_read(&self, from: &NewChannel) -> ChannelId {
        self.run(self.client.create_read_channel(&from.read_cap))
            .unwrap()
    }

    pub fn write(&self, channel: ChannelId, payload: &[u8]) -> ChannelQuery {
        self.run(self.client.write_channel(channel, payload))
            .unwrap()
    }

    pub fn read(&self, channel: ChannelId) -> ChannelQuery {
        self.run(self.client.read_channel(channel, None, None))
            .unwrap()
    }

    pub fn courier(&self) -> Destination {
        self.service("courier")
    }

    pub fn service(&self, capability: &str) -> Destination {
        service(&self.client, capability)
    }

    /// Sends a query and awaits its reply.
    pub fn try_send(
        &self,
        channel: ChannelId,
        query: &ChannelQuery,
        to: &Destination,
    ) -> Result<Bytes> {
        let id = message_id();
        let client = &self.client;
        self.run(client.send_channel_query_await_reply(channel, query, to, &id))
            .map(|reply| reply.payload)
    }

    /// Sends a write until its courier has it.
    pub fn send_write(&self, channel: ChannelId, query: &ChannelQuery, to: &Destination) {
        assert_eq!(self.try_send(channel, query, to).unwrap(), Bytes::new());
    }

    /// Sends a read until something is found, a few times, and then another one of the same
    /// box. A daemon up to v0.0.72 asks one of two replicas each time, of which only one is sure
    /// to hold the box.
    pub fn fetch(&self, channel: ChannelId, query: &ChannelQuery, to: &Destination) -> Bytes {
        self.find(channel, query, |query| {
            self.try_send(channel, query, to).unwrap()
        })
    }

    fn find(
        &self,
        channel: ChannelId,
        query: &ChannelQuery,
        send: impl Fn(&ChannelQuery) -> Bytes,
    ) -> Bytes {
        let mut query = query.clone();
        for _ in 0..ATTEMPTS {
            let found = (0..SENDINGS).map(|_| send(&query));
            if let Some(found) = found.into_iter().find(|found| !found.is_empty()) {
                return found;
            }
            query = self.read_at(channel, &query.current_index);
        }
        panic!("nothing found");
    }

    /// Prepares the read of a certain box.
    pub fn read_at(&self, channel: ChannelId, index: &BoxIndex) -> ChannelQuery {
        self.run(self.client.read_channel(channel, Some(index), None))
            .unwrap()
    }

    /// The next event for which `pick` gives something.
    pub fn event<T>(&self, pick: impl Fn(&Event) -> Option<T>) -> T {
        await_event(&self.events, pick)
    }

    /// Events that are there already and for which `pick` gives something.
    pub fn events_now<T>(&self, pick: impl Fn(&Event) -> Option<T>) -> Vec<T> {
        events(&self.events, |event| pick(&event))
    }
}

pub fn message_id() -> [u8; 16] {
    let mut id = [0; 16];
    getrandom::fill(&mut id).unwrap();
    id
}

impl User {
    /// Sends a query once more where a lost connection left the client without the courier's name.
    pub fn resent(&self, channel: ChannelId, query: &ChannelQuery, courier: &Destination) -> Bytes {
        self.when_online(|| self.try_send(channel, query, courier))
    }

    /// As [`User::fetch`], while connections come and go.
    pub fn fetch_through_trouble(&self, channel: ChannelId, query: &ChannelQuery) -> Bytes {
        self.find(channel, query, |query| {
            self.when_online(|| self.try_send(channel, query, &self.courier()))
        })
    }

    /// Tries again while the client has no daemon, for then queries are refused.
    fn when_online<T>(&self, act: impl Fn() -> Result<T>) -> T {
        let mut done = None;
        until("the daemon is back", || match act() {
            Err(error) if error.status() == Status::OFFLINE => false,
            result => {
                done = Some(result.unwrap());
                true
            }
        });
        done.unwrap()
    }
}
