//! What a daemon that means harm can make a client hold: each bound of docs/limits.md, counted.

use std::sync::atomic::Ordering;
use std::sync::Arc;

use kpclient::client::{Client, EventSink};
use kpclient::pki::Document;
use kpclient::Status;
use serde_cbor::Value;

use super::{alone, peak_of, ALLOWANCE, HELD, IS_DAEMON};
use crate::common::drive::{connected, drain};
use crate::common::frames::{bytes, fields, int};
use crate::common::peer::{Conn, Greeting, Peer};

const MIB: usize = 1 << 20;

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// What a client holds for its daemon.
struct Flooded {
    /// Bytes held more than before, when all has been taken in.
    held: usize,
    /// The most that was held meanwhile.
    peak: usize,
    sink: Arc<EventSink>,
    /// Alive, or its end would be an event; so would that of the connection.
    _client: Arc<Client>,
    _conn: Conn,
}

/// A client with a sink that nobody reads, whose daemon then does `play`.
fn flooded(capacity: usize, play: impl FnOnce(&mut Conn) + Send) -> Flooded {
    let peer = Peer::current();
    let (client, mut conn) = connected(&peer);
    let sink = client.open_sink(capacity).unwrap();
    let before = HELD.load(Ordering::SeqCst);
    let (peak, ()) = peak_of(|| {
        std::thread::scope(|scope| {
            let daemon = scope.spawn(|| {
                IS_DAEMON.set(true);
                play(&mut conn);
                answer(&mut conn);
            });
            // The answer is behind everything else.
            ask(&client);
            daemon.join().unwrap();
        });
    });
    Flooded {
        held: HELD.load(Ordering::SeqCst).saturating_sub(before),
        peak,
        sink,
        _client: client,
        _conn: conn,
    }
}

fn ask(client: &Client) {
    let work = client.new_keypair_remote(&[1; 32]).unwrap();
    work.block(kpclient::client::Timeout::Forever).unwrap();
}

fn answer(conn: &mut Conn) {
    let asked = conn.expect("new_keypair");
    conn.answer_keypair(&asked);
}

#[test]
fn a_reply_does_not_keep_what_is_beside_it_in_its_frame() {
    const REPLIES: usize = 100;
    let _alone = alone();
    let flood = flooded(REPLIES + 10, |conn| {
        for _ in 0..REPLIES {
            let padded = [
                ("message_id", bytes(&[3; 16])),
                ("payload", bytes(&[1])),
                ("error_code", int(0)),
                ("of_the_future", bytes(&[0; MIB])),
            ];
            conn.send_message("message_reply_event", &fields(padded));
        }
    });
    assert!(flood.held < REPLIES * 4096 + ALLOWANCE, "{}", flood.held);
    assert!(flood.peak < 4 * MIB + REPLIES * 4096, "{}", flood.peak);
    let told = drain(&flood.sink);
    assert_eq!(
        told.iter().filter(|name| **name == "reply").count(),
        REPLIES
    );
}

#[test]
fn events_that_nobody_reads_are_bounded_in_number() {
    const CAPACITY: usize = 64;
    let _alone = alone();
    let flood = flooded(CAPACITY, |conn| {
        for number in 0..20_000_u32 {
            let id = ("message_id", bytes(&[number.to_be_bytes(); 4].concat()));
            let (key, more) = match number % 4 {
                0 => (
                    "message_reply_event",
                    fields([id, ("payload", bytes(&[1; 100])), ("error_code", int(0))]),
                ),
                1 => ("message_sent_event", fields([id, ("err", text("no"))])),
                2 => ("message_id_garbage_collected", fields([id])),
                _ => {
                    let online = number % 8 == 3;
                    let greeting = if online {
                        Greeting::default()
                    } else {
                        Greeting::offline()
                    };
                    conn.send_status(&greeting);
                    continue;
                }
            };
            conn.send_message(key, &more);
        }
    });
    assert!(flood.held < CAPACITY * 4096 + ALLOWANCE, "{}", flood.held);
    assert!(
        flood.peak < CAPACITY * 4096 + 2 * ALLOWANCE,
        "{}",
        flood.peak
    );
    let told = drain(&flood.sink);
    assert_eq!((told[0], told.len()), ("dropped", CAPACITY + 1));
}

#[test]
fn events_that_nobody_reads_are_bounded_in_bytes() {
    const MOST: usize = 64 * MIB;
    const TEXT: usize = 5 * MIB;
    let _alone = alone();
    let flood = flooded(1000, |conn| {
        let long = "n".repeat(TEXT);
        for number in 0..30 {
            let id = ("message_id", bytes(&[number; 16]));
            conn.send_message("message_sent_event", &fields([id, ("err", text(&long))]));
        }
    });
    assert!(flood.held < MOST + ALLOWANCE, "{}", flood.held);
    // One that comes is there as a frame, as its text, and as the error made of that.
    assert!(flood.peak < MOST + 4 * TEXT + ALLOWANCE, "{}", flood.peak);
    let told = drain(&flood.sink);
    assert_eq!(told[0], "dropped");
    assert!(told.len() <= 1 + MOST / TEXT, "{told:?}");
}

#[test]
fn documents_that_are_refused_take_no_memory() {
    let _alone = alone();
    let refused = |cbor: Vec<u8>| {
        let document = bytes::Bytes::from(cbor);
        let (peak, parsed) = peak_of(|| Document::parse(document.clone()));
        assert_eq!(parsed.unwrap_err().status(), Status::CBOR);
        assert!(
            peak < document.len() + ALLOWANCE,
            "{peak} for {}",
            document.len()
        );
    };
    let map = |fields: Vec<(&str, Value)>| {
        let fields = fields.into_iter().map(|(key, value)| (text(key), value));
        serde_cbor::to_vec(&Value::Map(fields.collect())).unwrap()
    };
    let nobody = Value::Map([].into());
    let million = Value::Array(vec![nobody; 1_000_000]);
    refused(map(vec![
        ("Epoch", int(7)),
        ("ServiceNodes", million.clone()),
    ]));
    refused(map(vec![
        ("Epoch", int(7)),
        ("Topology", Value::Array(vec![million])),
    ]));
    // Lists in lists, eight million deep, where nodes are to be.
    let mut deep = map(vec![("Epoch", int(7)), ("ServiceNodes", int(0))]);
    deep.pop();
    deep.extend(std::iter::repeat_n(0x81, 8 * MIB));
    deep.push(0xf6);
    refused(deep);
}
