//! How much memory large payloads take at most: counted, so the machine's mood is no matter.
//!
//! An allocator counts what the library and its caller hold. The daemon is played by threads
//! that do not count.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(unsafe_code, reason = "an allocator cannot be written without")]

#[path = "../common/mod.rs"]
mod common;
mod hostile;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kpclient::client::{
    Client, CopyDestination, CourierEnvelopes, StreamEnds, Timeout, MAX_DESTINATION_PAYLOAD,
};
use kpclient::pki::Document;
use kpclient::Result;

use common::drive::{connected_with, start};
use common::frames::Era;
use common::peer::{Conn, Greeting, Peer};
use common::replies::caps;
use common::LIMIT;

/// Bytes held now, and at most since [`peak_of`] began.
static HELD: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static IS_DAEMON: Cell<bool> = const { Cell::new(false) };
}

struct Counting;

impl Counting {
    fn add(size: usize) {
        if !IS_DAEMON.get() {
            let held = HELD.fetch_add(size, Ordering::Relaxed) + size;
            MOST.fetch_max(held, Ordering::Relaxed);
        }
    }

    fn sub(size: usize) {
        if !IS_DAEMON.get() {
            HELD.fetch_sub(size, Ordering::Relaxed);
        }
    }
}

// SAFETY: all is handed on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        Counting::add(layout.size());
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        Counting::sub(layout.size());
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // Both are there for a moment.
        Counting::add(size);
        Counting::sub(layout.size());
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// One test at a time: they share the count.
fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What `act` holds at most beyond what was held before it.
fn peak_of<T>(act: impl FnOnce() -> T) -> (usize, T) {
    let before = HELD.load(Ordering::SeqCst);
    MOST.store(before, Ordering::SeqCst);
    let made = act();
    (MOST.load(Ordering::SeqCst) - before, made)
}

/// What a client holds for other things meanwhile: buffers, the way of one small call.
const ALLOWANCE: usize = 128 << 10;

const WHOLE: StreamEnds = StreamEnds {
    is_start: true,
    is_last: true,
};

/// Answers requests for envelopes until the client hangs up.
fn play_daemon(mut conn: Conn) {
    while let Some(asked) = conn.read() {
        if asked.key.starts_with("create_courier_envelopes") {
            conn.answer_elements(&asked);
        }
    }
}

/// Calls `act` with a client, a destination and the largest payload. Gives the peak of it
/// and the bytes of the elements.
fn envelopes_of(
    era: Era,
    act: impl FnOnce(&Arc<Client>, &CopyDestination<'_>) -> Result<CourierEnvelopes>,
) -> (usize, usize) {
    let peer = Peer::new(era);
    let (client, conn) = connected_with(&peer, peer.config(), &Greeting::default());
    let payload = vec![7; MAX_DESTINATION_PAYLOAD];
    let (write_cap, _, start_index) = caps();
    let to = CopyDestination {
        write_cap,
        start_index,
        payload: &payload,
    };
    let (mut local, peer) = (Some(conn), &peer);
    let (peak, made) = std::thread::scope(|scope| {
        scope.spawn(|| {
            IS_DAEMON.set(true);
            // An old daemon has but one connection.
            play_daemon(match era {
                Era::Current => peer.welcome(),
                _ => local.take().unwrap(),
            });
        });
        let ended = peak_of(|| act(&client, &to).unwrap());
        client.close();
        ended
    });
    let elements = made.envelopes.iter().map(bytes::Bytes::len).sum();
    assert!(elements > payload.len() * 119 / 100, "{elements}");
    (peak, elements)
}

fn waiting(client: &Arc<Client>, to: &CopyDestination<'_>) -> Result<CourierEnvelopes> {
    client.courier_envelopes_from_payload(to, WHOLE, Timeout::After(LIMIT * 5))
}

fn assert_within(peak: usize, limit: usize) {
    assert!(peak <= limit, "{peak} bytes, where {limit} are allowed");
}

#[test]
fn a_payload_of_a_caller_who_waits_takes_no_memory_beside_its_elements() {
    let _alone = alone();
    let (peak, elements) = envelopes_of(Era::Current, waiting);
    assert_within(peak, elements * 105 / 100 + ALLOWANCE);
}

#[test]
fn several_payloads_at_once_take_no_more() {
    let _alone = alone();
    let (peak, elements) = envelopes_of(Era::Current, |client, to| {
        let halves = to.payload.split_at(to.payload.len() / 2);
        let destinations = [halves.0, halves.1].map(|payload| CopyDestination {
            write_cap: to.write_cap.clone(),
            start_index: to.start_index.clone(),
            payload,
        });
        let limit = Timeout::After(LIMIT * 5);
        client.courier_envelopes_from_multi_payload(&destinations, WHOLE, None, limit)
    });
    assert_within(peak, elements * 105 / 100 + ALLOWANCE);
}

/// Those get one request for all, as large as the payload: it is freed once it is written.
#[test]
fn the_request_to_an_old_daemon_is_gone_when_its_reply_comes() {
    let _alone = alone();
    let (peak, elements) = envelopes_of(Era::FirstSessions, waiting);
    assert_within(peak, elements * 105 / 100 + ALLOWANCE);
}

/// Who does not wait has the payload copied, and gets that memory back part by part.
#[test]
fn a_payload_of_a_caller_who_does_not_wait_is_never_there_in_full_with_its_elements() {
    let _alone = alone();
    let (peak, elements) = envelopes_of(Era::Current, |client, to| {
        let work = client.create_courier_envelopes_from_payload(to, WHOLE);
        start(client, work).done()
    });
    // Fetching the result takes another list of its elements.
    assert_within(peak, elements * 107 / 100 + ALLOWANCE);
}

/// A document of `nodes` service nodes that is as large in memory as its bounds let it be for its length.
fn swollen_document(nodes: usize, bytes: usize) -> serde_cbor::Value {
    use serde_cbor::Value;
    let text = |text: &str| Value::Text(text.to_owned());
    let map = |fields: Vec<(&str, Value)>| {
        Value::Map(
            fields
                .into_iter()
                .map(|(key, value)| (text(key), value))
                .collect(),
        )
    };
    let offer = |at: usize| (text(&at.to_string()), map(vec![("endpoint", text("q"))]));
    let offers = (0..65_536 / nodes).map(offer);
    let addresses = vec![text(&"a".repeat(bytes / nodes / 64)); 64];
    let node = map(vec![
        ("Name", text(&"n".repeat(256))),
        ("IdentityKey", Value::Bytes(vec![1; 32])),
        ("Kaetzchen", Value::Map(offers.collect())),
        ("Addresses", Value::Array(addresses)),
    ]);
    map(vec![
        ("Epoch", Value::Integer(7)),
        ("ServiceNodes", Value::Array(vec![node; nodes])),
    ])
}

#[test]
fn a_document_takes_no_more_than_five_times_its_length() {
    let _alone = alone();
    let document = swollen_document(640, 30 << 20);
    let document = bytes::Bytes::from(serde_cbor::to_vec(&document).unwrap());
    assert!(
        (30 << 20..40 << 20).contains(&document.len()),
        "{}",
        document.len()
    );
    let (peak, parsed) = peak_of(|| {
        let parsed = Document::parse(document.clone()).unwrap();
        let services = parsed.services("1");
        assert_eq!(services.len(), 640);
        parsed
    });
    assert_eq!(parsed.nodes().len(), 640);
    assert_within(peak, 4 * document.len()); // beside the document itself
}

/// Names and offers that would take 30 000 times 200 kB.
#[test]
fn a_document_whose_names_and_offers_multiply_is_dropped_without_memory_for_them() {
    use serde_cbor::Value;
    let _alone = alone();
    let text = |text: &str| Value::Text(text.to_owned());
    let map = |fields: Vec<(Value, Value)>| Value::Map(fields.into_iter().collect());
    let offer = |at: usize| {
        let parameters = map(vec![(text("endpoint"), text("q"))]);
        (text(&at.to_string()), parameters)
    };
    let node = map(vec![
        (text("Name"), text(&"n".repeat(200_000))),
        (text("IdentityKey"), Value::Bytes(vec![1; 32])),
        (text("Kaetzchen"), map((0..30_000).map(offer).collect())),
    ]);
    let document = map(vec![
        (text("Epoch"), Value::Integer(7)),
        (text("ServiceNodes"), Value::Array(vec![node])),
    ]);
    let document = bytes::Bytes::from(serde_cbor::to_vec(&document).unwrap());
    let (peak, parsed) = peak_of(|| Document::parse(document.clone()));
    assert_eq!(parsed.unwrap_err().status(), kpclient::Status::CBOR);
    assert_within(peak, ALLOWANCE);
}

/// What is read, and that many times: what makes long texts of short documents.
#[test]
fn the_text_of_a_document_takes_no_more_than_five_times_its_length() {
    use serde_cbor::Value;
    let _alone = alone();
    let many = 1 << 20;
    let field = |key: &str, value| (Value::Text(key.to_owned()), value);
    let odd = [
        Value::Array(vec![Value::Bool(false); many]),
        Value::Array(vec![Value::Array(Vec::new()); many]),
        Value::Array(vec![Value::Integer(0); many]),
        Value::Text("\u{1}".repeat(many)),
        Value::Bytes(vec![7; many]),
        Value::Map([(Value::Bytes(vec![7; many]), Value::Null)].into()),
        Value::Map([field(&"\u{1}".repeat(many), Value::Null)].into()),
    ];
    for odd in odd {
        let document = Value::Map([field("Epoch", Value::Integer(7)), field("Odd", odd)].into());
        let document = bytes::Bytes::from(serde_cbor::to_vec(&document).unwrap());
        let parsed = Document::parse(document.clone()).unwrap();
        let (peak, json) = peak_of(|| parsed.to_json().unwrap());
        assert!(json.len() > document.len());
        assert_within(peak, 5 * document.len() + ALLOWANCE);
        // Hardly more than its length, so that nothing else is kept.
        assert!(json.capacity() <= json.len() + 32);
    }
}

/// Whatever is begun with each connection, the verification first of all, ends with it.
#[test]
fn memory_is_flat_however_often_the_daemon_restarts() {
    const RESTARTS: u16 = 1000;
    let _alone = alone();
    let peer = Peer::current();
    let mut config = peer.config();
    config.verify_derivation = true;
    config.reconnect_min = Duration::from_millis(1);
    config.reconnect_max = Duration::from_millis(1);
    let client = common::drive::client(config);
    let connecting = start(&client, client.connect());
    let (counted, reached) = std::sync::mpsc::channel();
    let daemon = std::thread::spawn(move || {
        IS_DAEMON.set(true);
        for number in 0..RESTARTS {
            let mut instance = [9; 16];
            instance[..2].copy_from_slice(&number.to_be_bytes());
            let conn = peer.accept().shake(&Greeting {
                instance: Some(instance),
                ..Greeting::default()
            });
            counted.send(HELD.load(Ordering::Relaxed)).unwrap();
            conn.cut();
        }
    });
    let held: Vec<usize> = reached.iter().collect();
    daemon.join().unwrap();
    connecting.done::<()>().unwrap();
    let most = |range: std::ops::Range<usize>| held[range].iter().copied().max().unwrap();
    let (early, late) = (most(100..200), most(900..1000));
    assert!(late < early + 16 * 1024, "{early} bytes, then {late}");
}
