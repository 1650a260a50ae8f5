//! The verdict on a daemon that does not do what it should.

use std::sync::Arc;
use std::time::Duration;

use kpclient::client::{Client, Event, EventSink, HealthVerdict as Verdict, Timeout};

use crate::common::drive::{connected_with, next_that, start, start_within, start_write};
use crate::common::peer::{Conn, Greeting, Peer};

/// So short that the tests are quick. A verdict may come late, and never too soon.
const LIMIT: Duration = Duration::from_millis(100);

fn watched(peer: &Peer) -> (Arc<Client>, Conn, Arc<EventSink>) {
    let mut config = peer.config();
    config.silence_limit = LIMIT;
    let (client, conn) = connected_with(peer, config, &Greeting::default());
    let sink = client.open_sink(64).unwrap();
    assert_eq!(client.health().verdict, Verdict::Healthy);
    (client, conn, sink)
}

fn next_verdict(sink: &EventSink) -> Verdict {
    next_that(sink, |event| match event {
        Event::Health(verdict) => Some(verdict),
        _ => None,
    })
}

fn await_verdict(sink: &EventSink, wanted: Verdict) {
    while next_verdict(sink) != wanted {}
}

#[test]
fn a_local_request_without_an_answer_makes_it_silent_then_wedged_until_the_answer() {
    let peer = Peer::current();
    let (client, mut conn, sink) = watched(&peer);
    let call = start(&client, client.new_keypair_remote(&[1; 32]));
    await_verdict(&sink, Verdict::Wedged);
    let health = client.health();
    assert_eq!(
        (health.verdict, health.waiting, health.queued),
        (Verdict::Wedged, 1, 0)
    );
    assert!(health.overdue >= 4 * LIMIT && health.heard.unwrap() >= 4 * LIMIT);
    let asked = conn.expect("new_keypair");
    conn.answer_keypair(&asked);
    await_verdict(&sink, Verdict::Healthy);
    call.done::<kpclient::bacap::Keypair>().unwrap();
    let health = client.health();
    assert_eq!((health.waiting, health.overdue), (0, Duration::ZERO));
}

#[test]
fn a_caller_who_gave_up_is_remembered_until_the_next_answer() {
    let peer = Peer::current();
    let (client, mut conn, sink) = watched(&peer);
    let call = client.new_keypair_remote(&[1; 32]);
    let call = start_within(&client, call, Timeout::After(LIMIT / 10));
    assert_eq!(call.status(), kpclient::Status::TIMEOUT);
    assert!(next_verdict(&sink).is_bad());
    let asked = conn.expect("new_keypair");
    conn.answer_keypair(&asked);
    await_verdict(&sink, Verdict::Healthy);
}

#[test]
fn a_daemon_that_does_not_read_is_not_draining() {
    let peer = Peer::current();
    let (client, mut conn, sink) = watched(&peer);
    let calls: Vec<_> = (0..3000)
        .map(|_| start(&client, client.new_keypair_remote(&[1; 32])))
        .collect();
    await_verdict(&sink, Verdict::NotDraining);
    assert!(client.health().waiting > 1);
    for _ in &calls {
        let asked = conn.expect("new_keypair");
        conn.answer_keypair(&asked);
    }
    await_verdict(&sink, Verdict::Healthy);
}

#[test]
fn boxes_that_the_mixnet_does_not_answer_wedge_a_daemon_that_answers_all_else() {
    let peer = Peer::current();
    let (client, mut local, sink) = watched(&peer);
    let _writes = [start_write(&client, 1), start_write(&client, 2)];
    let mut lane = peer.welcome();
    let asked = lane.expect("start_resending_encrypted_message");
    loop {
        let call = start(&client, client.new_keypair_remote(&[1; 32]));
        let question = local.expect("new_keypair");
        local.answer_keypair(&question);
        call.done::<kpclient::bacap::Keypair>().unwrap();
        if client.health().verdict == Verdict::Wedged {
            break;
        }
    }
    lane.answer_start(&asked, 0, None);
    await_verdict(&sink, Verdict::Healthy);
}

#[test]
fn a_lost_connection_is_no_silence() {
    let peer = Peer::current();
    let (client, conn, sink) = watched(&peer);
    let call = start(&client, client.new_keypair_remote(&[1; 32]));
    assert!(next_verdict(&sink).is_bad());
    conn.cut();
    let mut conn = peer.accept();
    // Half a minute passes before a greeting is due.
    await_verdict(&sink, Verdict::Connecting);
    let health = client.health();
    assert_eq!(
        (health.verdict, health.waiting, health.queued),
        (Verdict::Connecting, 0, 1)
    );
    conn = conn.shake(&Greeting::offline());
    let asked = conn.expect("new_keypair");
    conn.answer_keypair(&asked);
    call.done::<kpclient::bacap::Keypair>().unwrap();
    assert_eq!(client.health().verdict, Verdict::Offline);
    client.disconnect().unwrap();
    assert_eq!(client.health().verdict, Verdict::Unconnected);
}
