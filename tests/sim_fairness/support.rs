//! A simulator whose packets are counted, and operations whose ends are counted.

use std::collections::HashMap;
use std::sync::mpsc::{channel, Receiver, Sender};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use kpclient::bacap::{keypair, BoxIndex, Keypair};
use kpclient::client::{
    Call, Client, Completed, Delivery, Envelope, Event, EventSink, Log, OpId, StartFlags,
    StartKind, StartResult, Timeout,
};
use kpclient::config::{Config, Dial, TcpNetwork};
use kpclient::{Result, Status};
use kpclientd_sim::{Sim, SimConfig};

/// What no part of a test takes unless it hangs.
pub const LIMIT: Duration = Duration::from_secs(180);
pub const PATIENCE: Timeout = Timeout::After(LIMIT);

pub const START: &str = "start_resending_encrypted_message";
pub const START_REPLY: &str = "start_resending_encrypted_message_reply";
pub const CANCEL: &str = "cancel_resending_encrypted_message";

/// A simulator that is late with nothing and notices every end at once.
pub fn sim() -> Sim {
    let mut config = SimConfig::instant();
    config.late_close_chance = 0.0;
    Sim::start(config).unwrap()
}

/// The same, with its packets held.
pub fn held_sim() -> Sim {
    let sim = sim();
    sim.control("hold").unwrap();
    sim
}

/// A simulator with its packets held, on a network so fast that a client fills its window.
pub fn busy_sim() -> Sim {
    let mut config = SimConfig::instant();
    config.late_close_chance = 0.0;
    config.network.lambda_p = 1.0;
    let sim = Sim::start(config).unwrap();
    sim.control("hold").unwrap();
    sim
}

/// Requests of one kind that a client keeps at the daemon of such a network.
pub const WINDOW: u64 = 12;

/// Where the simulator's Unix socket is.
pub fn unix(sim: &Sim) -> Dial {
    Dial::Unix {
        path: sim.unix_path().to_owned(),
    }
}

/// Where the simulator's TCP socket is.
pub fn tcp(sim: &Sim) -> Dial {
    Dial::Tcp {
        address: sim.tcp_address().to_owned(),
        network: TcpNetwork::Tcp,
    }
}

/// A client that is not connected.
pub fn new_client(dial: Dial) -> Client {
    let mut config = Config::new();
    config.dial = Some(dial);
    config.reconnect_min = Duration::from_millis(10);
    config.reconnect_max = Duration::from_millis(100);
    Client::new(config, Log::default(), || {}).unwrap()
}

/// A connected client.
pub fn client(sim: &Sim) -> Client {
    let client = new_client(unix(sim));
    connect(&client);
    client
}

pub fn connect(client: &Client) {
    client.block(client.connect().unwrap(), PATIENCE).unwrap();
}

/// One local call, which the daemon answers by itself.
pub fn local_call(client: &Client) {
    let index = keypair(&[3; 32]).first_index;
    let work = client.next_message_box_index_remote(&index).unwrap();
    assert_eq!(client.block(work, PATIENCE).unwrap(), index.next());
}

/// Waits until something holds, by looking again and again.
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    let mut looks = 0_u64;
    while !holds() {
        assert!(begun.elapsed() < LIMIT, "waited in vain: {what}");
        looks += 1;
        if looks % 16 == 0 {
            // Those who are waited for need the processor too.
            thread::park_timeout(Duration::from_micros(200));
        } else {
            thread::yield_now();
        }
    }
}

/// A number that the simulator counts.
pub fn count(sim: &Sim, name: &str) -> u64 {
    sim.stats().unwrap()[name].as_u64().unwrap()
}

/// How many requests of a kind have come.
pub fn requests(sim: &Sim, key: &str) -> u64 {
    sim.stats().unwrap()["requests"][key].as_u64().unwrap_or(0)
}

/// Boxes that were started and not answered.
pub fn outstanding(sim: &Sim) -> u64 {
    let stats = sim.stats().unwrap();
    let of = |what: &str, key: &str| stats[what][key].as_u64().unwrap_or(0);
    of("requests", START) - of("replies", START_REPLY)
}

/// Lets one packet go, as soon as there is one.
pub fn step(sim: &Sim) {
    until("a packet to send", || {
        sim.control("step 1").unwrap() == "1 packets"
    });
}

/// Lets packets go until something holds; gives how many that took.
pub fn step_until(sim: &Sim, mut holds: impl FnMut() -> bool) -> u64 {
    let mut packets = 0;
    until("the effect of packets", || {
        if holds() {
            return true;
        }
        packets += u64::from(sim.control("step 1").unwrap() == "1 packets");
        false
    });
    packets
}

/// Operations that were started, each with a number, and how they ended.
pub struct Ops {
    ended: Sender<(usize, Arc<Completed>)>,
    ends: Receiver<(usize, Arc<Completed>)>,
    /// How each has ended, in the order of the ends.
    pub log: Vec<(usize, Status)>,
    results: HashMap<usize, Arc<Completed>>,
    pub ids: Vec<OpId>,
}

impl Ops {
    pub fn new() -> Self {
        let (ended, ends) = channel();
        Ops {
            ended,
            ends,
            log: Vec::new(),
            results: HashMap::new(),
            ids: Vec::new(),
        }
    }

    /// Starts work; gives its number.
    pub fn start<T>(&mut self, client: &Client, work: Result<Call<T>>) -> usize
    where
        T: Send + Sync + 'static,
    {
        self.start_within(client, work, Timeout::Forever)
    }

    pub fn start_within<T>(
        &mut self,
        client: &Client,
        work: Result<Call<T>>,
        timeout: Timeout,
    ) -> usize
    where
        T: Send + Sync + 'static,
    {
        let work = work.unwrap();
        let (number, ended) = (self.ids.len(), self.ended.clone());
        let deliver = move |completed| drop(ended.send((number, completed)));
        let delivery = Delivery::Inline(Box::new(deliver));
        let prepared = client.prepare(&work, delivery).unwrap();
        self.ids.push(prepared.id());
        prepared.launch(work, timeout);
        number
    }

    /// Takes note of what has ended so far.
    pub fn look(&mut self) {
        while let Ok((number, completed)) = self.ends.try_recv() {
            self.note(number, completed);
        }
    }

    fn note(&mut self, number: usize, completed: Arc<Completed>) {
        self.log.push((number, completed.status()));
        let before = self.results.insert(number, completed);
        assert!(before.is_none(), "operation {number} has ended twice");
    }

    /// Waits until so many have ended.
    pub fn await_ends(&mut self, wanted: usize) {
        while self.results.len() < wanted {
            let (number, completed) = self.ends.recv_timeout(LIMIT).unwrap();
            self.note(number, completed);
        }
    }

    /// Waits for the end of one.
    pub fn await_end(&mut self, number: usize) -> Status {
        while !self.results.contains_key(&number) {
            let (ended, completed) = self.ends.recv_timeout(LIMIT).unwrap();
            self.note(ended, completed);
        }
        self.results[&number].status()
    }

    pub fn has_ended(&mut self, number: usize) -> bool {
        self.look();
        self.results.contains_key(&number)
    }

    pub fn value<T: Clone + 'static>(&self, number: usize) -> T {
        self.results[&number].value::<T>().unwrap().clone()
    }

    /// All that is left in flight, counted.
    pub fn running(&mut self) -> usize {
        self.look();
        self.ids.len() - self.results.len()
    }
}

/// Boxes of one stream, one after another.
pub struct Boxes {
    pub keys: Keypair,
    next: BoxIndex,
}

impl Boxes {
    /// The stream of this seed, from its beginning.
    pub fn new(seed: u8) -> Self {
        let keys = keypair(&[seed; 32]);
        let next = keys.first_index.clone();
        Boxes { keys, next }
    }

    /// The index of a box that was not given before.
    pub fn next(&mut self) -> BoxIndex {
        let next = self.next.next();
        std::mem::replace(&mut self.next, next)
    }

    /// An envelope that reads the next box.
    pub fn read_envelope(&mut self, client: &Client) -> (BoxIndex, Envelope) {
        let index = self.next();
        let work = client.encrypt_read(&self.keys.read_cap, &index).unwrap();
        (index, client.block(work, PATIENCE).unwrap())
    }

    /// Work that reads a box until it is there, first with this envelope.
    pub fn read(
        &self,
        client: &Client,
        index: &BoxIndex,
        envelope: Envelope,
        flags: StartFlags,
    ) -> Result<Call<StartResult>> {
        let kind = StartKind::Read(self.keys.read_cap.clone(), index.clone());
        client.start_resending_encrypted_message(kind, envelope, flags)
    }

    /// An envelope that writes the next box.
    pub fn write_envelope(&mut self, client: &Client, plaintext: &[u8]) -> Envelope {
        let index = self.next();
        let work = client.encrypt_write(&self.keys.write_cap, &index, plaintext);
        client.block(work.unwrap(), PATIENCE).unwrap()
    }

    /// Work that sends the write of an envelope.
    pub fn write(&self, client: &Client, envelope: Envelope) -> Result<Call<StartResult>> {
        let kind = StartKind::Write(self.keys.write_cap.clone());
        client.start_resending_encrypted_message(kind, envelope, StartFlags::default())
    }
}

/// Ends instead of waiting when the box is not there.
pub fn no_retry() -> StartFlags {
    StartFlags {
        no_retry: true,
        ..StartFlags::default()
    }
}

/// What a sink holds now.
pub fn drain(sink: &EventSink) -> Vec<Event> {
    let mut events = Vec::new();
    while let Some(event) = sink.next(Timeout::Poll).unwrap() {
        events.push(event);
    }
    events
}

/// Waits for an event and gives it with all before it.
pub fn events_until(sink: &EventSink, wanted: impl Fn(&Event) -> bool) -> Vec<Event> {
    let mut events = Vec::new();
    loop {
        let event = sink.next(PATIENCE).unwrap().expect("an event in time");
        let is_last = wanted(&event);
        events.push(event);
        if is_last {
            return events;
        }
    }
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
