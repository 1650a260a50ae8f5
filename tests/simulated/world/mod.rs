//! A simulator and a client, and what is asked of both.

mod clients;
mod events;
mod operations;
mod ops;
mod sims;
mod streams;
mod waiting;

use std::sync::Arc;

use kpclient::bacap::{BoxIndex, Keypair};
use kpclient::client::{Call, Client, Destination, EventSink, OpId, ReadBox, StartFlags};
use kpclient::{Result, Status};
pub use kpclientd_sim::network::Era;
use kpclientd_sim::{Sim, SimConfig};

pub use clients::*;
pub use events::*;
pub use operations::*;
pub use ops::*;
pub use sims::*;
pub use streams::*;
pub use waiting::*;

/// A simulated daemon and its client.
pub struct World {
    pub client: Client,
    pub sim: Sim,
}

impl World {
    pub fn new(config: SimConfig) -> World {
        let network = config.network.clone();
        let sim = Sim::start(config).unwrap();
        let client = connected(settings_of(&sim, &network));
        World { client, sim }
    }

    /// A command of the simulator's control line.
    pub fn control(&self, line: &str) -> String {
        self.sim
            .control(line)
            .unwrap_or_else(|e| panic!("{line}: {e}"))
    }

    /// A number that the simulator counts.
    pub fn count(&self, name: &str) -> u64 {
        count(&self.sim, name)
    }

    /// How many requests of a kind have come.
    pub fn requests(&self, kind: &str) -> u64 {
        requests(&self.sim, kind)
    }

    /// Waits until the simulator is in a certain state.
    pub fn until(&self, what: &str, is_so: impl Fn(&World) -> bool) {
        until(what, || is_so(self));
    }

    /// Waits until nothing is left in the daemon's ARQ table.
    pub fn settle(&self) {
        self.until("an empty ARQ table", |w| w.sim.arq().unwrap().is_empty());
    }

    /// Does work and waits for it.
    pub fn wait<T: Send + Sync + 'static>(&self, work: Result<Call<T>>) -> Result<T> {
        run(work)
    }

    /// Starts work.
    pub fn start<T: Send + Sync + 'static>(&self, work: Result<Call<T>>) -> OpId {
        start(work)
    }

    /// The value of started work.
    pub fn value<T: Clone + 'static>(&self, op: OpId) -> Result<T> {
        value(&self.client, op)
    }

    /// The status with which started work ends.
    pub fn ended(&self, op: OpId) -> Status {
        ended(&self.client, op)
    }

    pub fn runs(&self, op: OpId) -> bool {
        runs(&self.client, op)
    }

    pub fn write(&self, pair: &Keypair, index: &BoxIndex, content: &[u8]) -> Result<BoxIndex> {
        self.wait(
            self.client
                .write_box(&pair.write_cap, index, content, StartFlags::default()),
        )
    }

    pub fn read(&self, pair: &Keypair, index: &BoxIndex) -> Result<ReadBox> {
        self.wait(
            self.client
                .read_box(&pair.read_cap, index, StartFlags::default()),
        )
    }

    /// Reads a box only if it is there.
    pub fn look(&self, pair: &Keypair, index: &BoxIndex) -> Result<ReadBox> {
        self.wait(self.client.read_box(&pair.read_cap, index, no_retry()))
    }

    pub fn start_write(&self, pair: &Keypair, content: &[u8]) -> OpId {
        let flags = StartFlags::default();
        self.start(
            self.client
                .write_box(&pair.write_cap, &pair.first_index, content, flags),
        )
    }

    pub fn start_read(&self, pair: &Keypair) -> OpId {
        let flags = StartFlags::default();
        self.start(
            self.client
                .read_box(&pair.read_cap, &pair.first_index, flags),
        )
    }

    pub fn echo(&self) -> Destination {
        echo(&self.client)
    }

    pub fn sink(&self) -> Arc<EventSink> {
        self.client.open_sink(1000).unwrap()
    }
}
