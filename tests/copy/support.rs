//! A simulator, a client of it, streams, and what every test here does with them.

use std::time::{Duration, Instant};

use bytes::Bytes;
use kpclient::bacap::{keypair, BoxIndex, Keypair, ReadCap, WriteCap};
use kpclient::client::{
    Call, Client, CopyDestination, CourierEnvelopes, Event, EventSink, Log, StartFlags, StreamEnds,
    Timeout,
};
use kpclient::config::{Config, Dial};
use kpclient::{Result, Status};
use kpclientd_sim::{Sim, SimConfig};

/// Long enough for whatever is expected to come.
pub const PATIENCE: Duration = Duration::from_secs(120);
pub const SOON: Timeout = Timeout::After(PATIENCE);

/// What a payload takes of each box of its destination.
pub const CHUNK: usize = 1545;
/// The whole of a stream in one call.
pub const WHOLE: StreamEnds = ends(true, true);

pub const fn ends(is_start: bool, is_last: bool) -> StreamEnds {
    StreamEnds { is_start, is_last }
}

/// A daemon in a hurry.
pub fn hurried() -> SimConfig {
    let mut config = SimConfig::instant();
    config.late_close_chance = 0.0;
    config
}

pub fn sim() -> Sim {
    Sim::start(hurried()).unwrap()
}

/// A connected client.
pub fn client(sim: &Sim) -> Client {
    client_with(sim, |_| {})
}

/// The same, set up as `set` says.
pub fn client_with(sim: &Sim, set: impl FnOnce(&mut Config)) -> Client {
    let mut config = Config::new();
    config.dial = Some(Dial::Unix {
        path: sim.unix_path().to_owned(),
    });
    config.reconnect_min = Duration::from_millis(10);
    config.reconnect_max = Duration::from_millis(50);
    set(&mut config);
    let client = Client::new(config, Log::default(), || {}).unwrap();
    client.block(client.connect().unwrap(), SOON).unwrap();
    client
}

/// A stream of its own for each number.
pub fn stream(number: u8) -> Keypair {
    keypair(&[number; 32])
}

/// A payload in which every position can be told from its neighbours.
pub fn payload(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at * 7 + at / 251) as u8).collect()
}

pub fn to<'a>(stream: &Keypair, payload: &'a [u8]) -> CopyDestination<'a> {
    CopyDestination {
        write_cap: stream.write_cap.clone(),
        start_index: stream.first_index.clone(),
        payload,
    }
}

/// The index so many boxes further on.
pub fn ahead(index: &BoxIndex, count: usize) -> BoxIndex {
    (0..count).fold(index.clone(), |index, _| index.next())
}

/// Waits for work that succeeds.
pub fn done<T: Send + Sync + 'static>(client: &Client, work: Result<Call<T>>) -> T {
    client.block(work.unwrap(), SOON).unwrap()
}

/// The status with which work fails, or is refused.
pub fn status<T: Send + Sync + 'static>(client: &Client, work: Result<Call<T>>) -> Status {
    match work.and_then(|work| client.block(work, SOON)) {
        Ok(_) => panic!("it succeeded"),
        Err(error) => error.status(),
    }
}

/// Writes elements to the boxes of a stream.
pub fn write_all(client: &Client, to: &Keypair, elements: &[Bytes]) {
    let mut index = to.first_index.clone();
    for element in elements {
        let work = client.write_box(&to.write_cap, &index, element, StartFlags::default());
        index = done(client, work);
    }
}

/// One box, which must be there.
pub fn read_one(client: &Client, cap: &ReadCap, index: &BoxIndex) -> Result<Bytes> {
    let flags = StartFlags {
        no_retry: true,
        ..StartFlags::default()
    };
    client
        .block(client.read_box(cap, index, flags)?, SOON)
        .map(|found| found.plaintext)
}

/// So many bytes from the boxes of a stream.
pub fn read_back(client: &Client, stream: &Keypair, from: &BoxIndex, length: usize) -> Vec<u8> {
    let mut found = Vec::new();
    let mut index = from.clone();
    while found.len() < length {
        found.extend_from_slice(&read_one(client, &stream.read_cap, &index).unwrap());
        index = index.next();
    }
    found
}

/// Whether a box was deleted.
pub fn is_deleted(client: &Client, stream: &Keypair, index: &BoxIndex) -> bool {
    matches!(read_one(client, &stream.read_cap, index), Err(e) if e.status() == Status::TOMBSTONE)
}

/// Writes elements to a stream and has a courier perform it.
pub fn perform(client: &Client, temporary: &Keypair, made: &CourierEnvelopes) {
    write_all(client, temporary, &made.envelopes);
    let work = client.start_resending_copy_command(&temporary.write_cap, None);
    done(client, work);
}

/// The data of elements, and their flags.
pub fn taken_apart(elements: &[Bytes]) -> (Vec<u8>, Vec<u8>) {
    let mut flags = Vec::new();
    let mut data = Vec::new();
    for element in elements {
        let length = u32::from_be_bytes(element[1..5].try_into().unwrap()) as usize;
        assert_eq!(element.len(), 5 + length);
        flags.push(element[0]);
        data.extend_from_slice(&element[5..]);
    }
    (flags, data)
}

/// How often the daemon got a request of this kind.
pub fn asked(sim: &Sim, kind: &str) -> u64 {
    sim.stats().unwrap()["requests"][kind].as_u64().unwrap_or(0)
}

/// The events of a sink that `wanted` picks, as far as they have come.
pub fn events<T>(sink: &EventSink, wanted: impl Fn(Event) -> Option<T>) -> Vec<T> {
    let mut found = Vec::new();
    while let Ok(Some(event)) = sink.next(Timeout::Poll) {
        found.extend(wanted(event));
    }
    found
}

/// Waits until something holds.
pub fn until(what: &str, holds: impl Fn() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < end, "in vain: {what}");
        std::thread::yield_now();
    }
}

/// Another capability, for reading: of the wrong kind for writing with it.
pub fn later_cap(stream: &Keypair, boxes: usize) -> WriteCap {
    let mut bytes = *stream.write_cap.as_bytes();
    bytes[64..].copy_from_slice(ahead(&stream.first_index, boxes).as_bytes());
    WriteCap::from_bytes(&bytes).unwrap()
}
