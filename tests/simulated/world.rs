//! A simulator and a client, and what is asked of both.

use std::sync::Arc;
use std::time::{Duration, Instant};

use kpclient::bacap::{self, BoxIndex, Keypair};
use kpclient::client::{
    Call, Client, Delivery, Destination, Event, EventSink, Log, OpId, ReadBox, StartFlags, Timeout,
};
use kpclient::config::{Config, Dial};
use kpclient::{Result, Status};
use kpclientd_sim::network::Era;
use kpclientd_sim::{Sim, SimConfig};

/// Nothing here takes so long unless it hangs.
pub const LIMIT: Duration = Duration::from_secs(120);

/// A simulated daemon and its client.
pub struct World {
    pub client: Arc<Client>,
    pub sim: Sim,
}

/// Today's daemon in a hurry, which soon forgets the sessions of lost connections.
pub fn hurried() -> SimConfig {
    let mut config = SimConfig::instant();
    config.grace = Duration::from_millis(300);
    config.resend_slack = Duration::from_millis(100);
    config
}

/// An older daemon in a hurry.
pub fn hurried_era(era: Era) -> SimConfig {
    let mut config = SimConfig::new(era).hurried();
    config.grace = Duration::from_millis(300);
    config.resend_slack = Duration::from_millis(100);
    config
}

impl World {
    pub fn new(config: SimConfig) -> World {
        let era = config.network.era;
        let sim = Sim::start(config).unwrap();
        let client = client_of(&sim, era);
        World { client, sim }
    }

    /// A command of the simulator's control line.
    pub fn order(&self, line: &str) -> String {
        self.sim
            .control(line)
            .unwrap_or_else(|e| panic!("{line}: {e}"))
    }

    /// A number of the simulator's statistics.
    pub fn count(&self, pointer: &str) -> u64 {
        let stats = self.sim.stats().unwrap();
        stats.pointer(pointer).and_then(|n| n.as_u64()).unwrap_or(0)
    }

    /// Waits until the simulator is in a certain state.
    pub fn until(&self, what: &str, is_so: impl Fn(&World) -> bool) {
        let deadline = Instant::now() + LIMIT;
        while !is_so(self) {
            assert!(Instant::now() < deadline, "never: {what}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits until nothing is left in the daemon's ARQ table.
    pub fn settle(&self) {
        self.until("an empty ARQ table", |w| w.sim.arq().unwrap().is_empty());
    }

    /// Does work and waits for it.
    pub fn wait<T: Send + Sync + 'static>(&self, work: Result<Call<T>>) -> Result<T> {
        self.client.block(work?, Timeout::After(LIMIT))
    }

    /// Starts work.
    pub fn start<T: Send + Sync + 'static>(&self, work: Result<Call<T>>) -> OpId {
        let work = work.unwrap();
        let prepared = self.client.prepare(&work, Delivery::Keep).unwrap();
        let id = prepared.id();
        prepared.launch(work, Timeout::Forever);
        id
    }

    /// The value of started work.
    pub fn end<T: Clone + 'static>(&self, op: OpId) -> Result<T> {
        let ended = self.client.wait(op, Timeout::After(LIMIT))?;
        ended.expect("claimed before").value::<T>().cloned()
    }

    /// The status with which started work ends.
    pub fn status(&self, op: OpId) -> Status {
        let ended = self.client.wait(op, Timeout::After(LIMIT)).unwrap();
        ended.expect("claimed before").status()
    }

    pub fn runs(&self, op: OpId) -> bool {
        let ended = self.client.wait(op, Timeout::Poll);
        matches!(&ended, Err(error) if error.status() == Status::TIMEOUT)
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
        let service = self.client.service("echo").unwrap();
        Destination {
            node: service.node,
            queue: service.queue,
        }
    }

    pub fn sink(&self) -> Arc<EventSink> {
        self.client.open_sink(1000).unwrap()
    }
}

pub fn client_of(sim: &Sim, era: Era) -> Arc<Client> {
    let mut config = match era {
        Era::Current => Config::new(),
        // Those do not send their geometries.
        Era::V0_0_73Rc1 => recorded_config("v0.0.73-rc1"),
        Era::V0_0_72 => recorded_config("v0.0.72"),
    };
    config.dial = Some(Dial::Unix {
        path: sim.unix_path().to_owned(),
    });
    config.reconnect_min = Duration::from_millis(10);
    config.reconnect_max = Duration::from_millis(100);
    let client = Arc::new(Client::new(config, Log::default(), || ()).unwrap());
    let connecting = client.connect().unwrap();
    client.block(connecting, Timeout::After(LIMIT)).unwrap();
    client
}

fn recorded_config(era: &str) -> Config {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let file = root.join("tests/golden").join(era).join("thinclient.toml");
    Config::load_file(file.to_str().unwrap()).unwrap()
}

pub fn no_retry() -> StartFlags {
    StartFlags {
        no_retry: true,
        ..StartFlags::default()
    }
}

/// A stream of one's own.
pub fn stream(seed: u8) -> Keypair {
    bacap::keypair(&[seed; 32])
}

/// Waits for an event.
pub fn await_event<T>(sink: &EventSink, wanted: impl Fn(&Event) -> Option<T>) -> T {
    loop {
        let event = sink.next(Timeout::After(LIMIT)).unwrap();
        if let Some(found) = wanted(&event.expect("it never comes")) {
            return found;
        }
    }
}
