//! Courier envelopes for a thread that waits: it lends its payload, and makes each request
//! itself, again where one was lost.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use kpclient::client::{Client, CopyDestination, CourierEnvelopes, Delivery, StreamEnds, Timeout};
use kpclient::{Result, Status};

use crate::common::drive::{connected, connected_with};
use crate::common::elements::CHUNK;
use crate::common::frames::Era;
use crate::common::peer::{Conn, Greeting, Peer};
use crate::common::replies::caps;
use crate::common::LIMIT;

const FROM_ONE: &str = "create_courier_envelopes_from_payload";
const FROM_MANY: &str = "create_courier_envelopes_from_multi_payload";
const WHOLE: StreamEnds = StreamEnds {
    is_start: true,
    is_last: true,
};

/// Every position can be told from its neighbours.
fn payload(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at * 7 + at / 251) as u8).collect()
}

fn envelopes(client: &Client, payload: &[u8], timeout: Timeout) -> Result<CourierEnvelopes> {
    let (write_cap, _, start_index) = caps();
    let to = CopyDestination {
        write_cap,
        start_index,
        payload,
    };
    client.courier_envelopes_from_payload(&to, WHOLE, timeout)
}

/// Has a thread wait for envelopes while the test plays the daemon.
fn waiting(
    client: &Client,
    payload: &[u8],
    timeout: Timeout,
    daemon: impl FnOnce(),
) -> Result<CourierEnvelopes> {
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| envelopes(client, payload, timeout));
        daemon();
        waiting.join().unwrap()
    })
}

#[test]
fn each_piece_follows_the_reply_to_the_one_before() {
    let peer = Peer::current();
    let (client, _local) = connected(&peer);
    let content = payload(CHUNK * 90);
    let mut heard = Vec::new();
    let made = waiting(&client, &content, Timeout::After(LIMIT), || {
        let mut conn = peer.welcome();
        for (boxes, left_over) in [(40, 0), (40, 1), (10, 1)] {
            let asked = conn.expect(FROM_MANY);
            assert_eq!(asked.payloads().concat().len(), boxes * CHUNK);
            assert_eq!(asked.flag("is_start"), heard.is_empty());
            assert_eq!(asked.flag("is_last"), boxes == 10);
            let buffer = asked.fields.contains_key("buffer");
            assert_eq!(usize::from(buffer), left_over);
            heard.extend(asked.payloads().concat());
            conn.answer_elements(&asked);
        }
    });
    assert_eq!(heard, content);
    assert_eq!(
        made.unwrap().envelopes.len(),
        (90 * 2003_usize).div_ceil(1672)
    );
}

#[test]
fn a_request_lost_with_its_connection_is_made_again() {
    for era in [Era::FirstSessions, Era::Current] {
        let peer = Peer::new(era);
        let (client, local) = connected_with(&peer, peer.config(), &Greeting::default());
        let content = payload(CHUNK * 50);
        let mut heard = Vec::new();
        let made = waiting(&client, &content, Timeout::After(LIMIT), || {
            // An old daemon has but one connection.
            let mut conn = match era {
                Era::Current => peer.welcome(),
                _ => local,
            };
            // Today's daemons get two pieces, the first ones all at once.
            let pieces = if era == Era::Current { 2 } else { 1 };
            for _ in 0..pieces {
                let lost = conn.read().unwrap();
                conn.cut();
                conn = peer.welcome();
                let again = conn.expect(&lost.key);
                assert_eq!(again.payloads(), lost.payloads());
                assert_eq!(again.flag("is_start"), lost.flag("is_start"));
                assert_eq!(again.fields.get("buffer"), lost.fields.get("buffer"));
                assert_ne!(
                    again.query(),
                    lost.query(),
                    "a late reply could be taken for it"
                );
                heard.extend(again.payloads().concat());
                conn.answer_elements(&again);
            }
        });
        assert!(!made.unwrap().envelopes.is_empty());
        assert_eq!(heard, content, "{era:?}");
    }
}

#[test]
fn a_request_made_without_a_connection_leaves_with_the_next_one() {
    // Of those that have one connection for all.
    let peer = Peer::new(Era::FirstSessions);
    let (client, conn) = connected(&peer);
    let sink = client.open_sink(16).unwrap();
    conn.cut();
    // Lost for sure before anything is asked.
    while client.is_attached() {
        sink.next(Timeout::After(LIMIT)).unwrap();
    }
    let content = payload(10);
    let made = waiting(&client, &content, Timeout::After(LIMIT), || {
        let mut conn = peer.welcome();
        let asked = conn.expect(FROM_ONE);
        assert_eq!(asked.payloads(), [&content[..]]);
        conn.answer_elements(&asked);
    });
    assert_eq!(made.unwrap().envelopes.len(), 2);
}

#[test]
fn closing_the_client_ends_the_call_between_pieces_too() {
    let peer = Peer::current();
    let (client, _local) = connected(&peer);
    let content = payload(CHUNK * 90);
    let made = waiting(&client, &content, Timeout::Forever, || {
        let mut conn = peer.welcome();
        let asked = conn.expect(FROM_MANY);
        conn.answer_elements(&asked);
        conn.expect(FROM_MANY);
        client.close();
    });
    assert_eq!(made.err().unwrap().status(), Status::CLOSED);
}

#[test]
fn the_time_limit_counts_for_all_pieces_together() {
    let peer = Peer::current();
    let (client, _local) = connected(&peer);
    let pieces = std::thread::scope(|scope| {
        let daemon = scope.spawn(|| {
            let (mut conn, mut pieces) = (peer.welcome(), 0);
            while let Some(asked) = conn.read().filter(|asked| asked.key == FROM_MANY) {
                // A daemon that computes. All pieces take eight times the limit, none near it.
                std::thread::sleep(Duration::from_millis(20));
                conn.answer_elements(&asked);
                pieces += 1;
            }
            pieces
        });
        let limit = Timeout::After(Duration::from_millis(200));
        let made = envelopes(&client, &payload(CHUNK * 3200), limit);
        assert_eq!(made.err().unwrap().status(), Status::TIMEOUT);
        client.close();
        daemon.join().unwrap()
    });
    assert!(pieces < 80);
}

#[test]
fn polling_and_callbacks_of_the_same_client_ask_nothing() {
    let peer = Peer::current();
    let (client, mut conn) = connected(&peer);
    let content = payload(10);
    let polled = envelopes(&client, &content, Timeout::Poll);
    assert_eq!(polled.err().unwrap().status(), Status::TIMEOUT);
    let (sender, receiver) = std::sync::mpsc::channel();
    let (sender, inside) = (Mutex::new(sender), Arc::clone(&client));
    let work = client.new_keypair_remote(&[1; 32]).unwrap();
    let callback = Delivery::Callback(Box::new(move |_| {
        let made = envelopes(&inside, &content, Timeout::Forever);
        let _ = sender.lock().unwrap().send(made.err().unwrap().status());
    }));
    let prepared = work.prepare(callback).unwrap();
    prepared.launch(work, Timeout::Forever);
    answer_keypair(&mut conn);
    assert_eq!(
        receiver.recv_timeout(LIMIT).unwrap(),
        Status::WOULD_DEADLOCK
    );
    client.close();
    conn.expect_goodbye();
}

fn answer_keypair(conn: &mut Conn) {
    let asked = conn.expect("new_keypair");
    conn.answer_keypair(&asked);
}
