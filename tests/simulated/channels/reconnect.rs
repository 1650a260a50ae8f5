//! Lost connections, restarted daemons, lost replies: channels and queries outlive them.

use kpclient::error::Origin;
use kpclient::Status;

use super::in_every_era;
use super::user::{message_id, Setup};
use crate::world::*;

in_every_era! {
    fn a_channel_outlives_its_connection_and_its_daemon(setup) {
        let (alice, bob) = (setup.client(), setup.client());
        let made = alice.create_write();
        let channel = bob.create_read(&made);
        for (text, trouble) in [("one", "cut"), ("two", "restart"), ("three", "cut")] {
            let courier = alice.courier();
            let query = alice.write(made.id, text.as_bytes());
            setup.control(trouble);
            let query = alice.resent(made.id, &query, &courier);
            assert!(query.is_empty());
            setup.control(trouble);
            let read = bob.read(channel);
            setup.control(trouble);
            assert_eq!(bob.fetch_through_trouble(channel, &read), text.as_bytes());
        }
    }

    fn a_query_under_way_outlives_the_connection(setup) {
        let (alice, bob) = (setup.client(), setup.client());
        let made = alice.create_write();
        let courier = alice.courier();
        let query = alice.write(made.id, b"x");
        setup.control("hold");
        let id = message_id();
        let client = &alice.client;
        let op = start(client.send_channel_query_await_reply(made.id, &query, &courier, &id));
        setup.control("cut");
        setup.control("release");
        assert_eq!(ended(&alice.client, op), Status::OK);
        let channel = bob.create_read(&made);
        let read = bob.read(channel);
        assert_eq!(bob.fetch_through_trouble(channel, &read), &b"x"[..]);
    }

    fn channels_outlive_a_disconnect_on_purpose(setup) {
        let alice = setup.client();
        let made = alice.create_write();
        let query = alice.write(made.id, b"x");
        let courier = alice.courier();
        alice.client.disconnect().unwrap();
        let op = start(alice.client.write_channel(made.id, b"y"));
        alice.run(alice.client.connect()).unwrap();
        assert_eq!(ended(&alice.client, op), Status::OK);
        alice.send_write(made.id, &query, &courier);
    }

    fn a_closed_client_ends_everything(setup) {
        let alice = setup.client();
        let made = alice.create_write();
        let courier = alice.courier();
        let query = alice.write(made.id, b"x");
        setup.control("hold");
        let id = message_id();
        let client = &alice.client;
        let op = start(client.send_channel_query_await_reply(made.id, &query, &courier, &id));
        client.close();
        assert_eq!(ended(&alice.client, op), Status::CLOSED);
        assert_eq!(refused(client.create_write_channel()).status(), Status::CLOSED);
        assert_eq!(refused(client.close_channel(made.id)).status(), Status::CLOSED);
    }
}

#[test]
fn a_failure_that_does_not_say_whose_it_is_still_ends_its_call() {
    let setup = Setup::new(Era::V0_0_72);
    let alice = setup.client();
    setup.control("error create_write_channel 20");
    let error = refused(alice.run(alice.client.create_write_channel()));
    assert_eq!(
        error.status(),
        Status::DAEMON_IMPOSSIBLE_NEW_STATEFUL_WRITER
    );
    assert_eq!(error.origin(), Origin::Daemon);
    alice.create_write();
}

#[test]
fn a_channel_that_the_daemon_forgot_is_opened_anew() {
    let setup = Setup::new(Era::V0_0_72);
    let (alice, bob) = (setup.client(), setup.client());
    let made = alice.create_write();
    let courier = alice.courier();
    setup.control("error write_channel 7");
    let one = alice.write(made.id, b"one");
    setup.control("error send_channel_query 4");
    alice.send_write(made.id, &one, &courier);
    let two = alice.write(made.id, b"two");
    assert_eq!(two.current_index, one.next_index);
    alice.send_write(made.id, &two, &courier);
    let channel = bob.create_read(&made);
    setup.control("error read_channel 7");
    assert_eq!(
        bob.fetch(channel, &bob.read(channel), &courier),
        &b"one"[..]
    );
    assert_eq!(
        bob.fetch(channel, &bob.read(channel), &courier),
        &b"two"[..]
    );
}

#[test]
fn a_daemon_that_keeps_forgetting_ends_in_its_error() {
    let setup = Setup::new(Era::V0_0_72);
    let alice = setup.client();
    let made = alice.create_write();
    for _ in 0..3 {
        setup.control("error write_channel 7");
    }
    let error = refused(alice.run(alice.client.write_channel(made.id, b"x")));
    assert_eq!(error.status(), Status::DAEMON_CHANNEL_NOT_FOUND);
    assert_eq!(error.origin(), Origin::Daemon);
}

#[test]
fn every_code_of_the_older_protocol_keeps_its_meaning() {
    let setup = Setup::new(Era::V0_0_72);
    let alice = setup.client();
    let made = alice.create_write();
    let courier = alice.courier();
    let query = alice.write(made.id, b"x");
    for (code, status) in [
        (1, Status::DAEMON_CONNECTION_LOST),
        (3, Status::DAEMON_INVALID_REQUEST),
        (4, Status::DAEMON_INTERNAL),
        (9, Status::DAEMON_INVALID_PAYLOAD),
        (12, Status::COURIER_CACHE_CORRUPTION),
        (13, Status::COURIER_PROPAGATION),
    ] {
        // These may be of the daemon's channel, so the query is tried once more on another.
        let times = if matches!(code, 4 | 9) { 2 } else { 1 };
        for _ in 0..times {
            setup.control(&format!("error send_channel_query {code}"));
        }
        let error = refused(alice.try_send(made.id, &query, &courier));
        assert_eq!(error.status(), status);
        assert_eq!(error.daemon_code(), Some(code));
    }
    for (request, code, status) in [
        ("write_channel", 1, Status::DAEMON_CONNECTION_LOST),
        ("write_channel", 6, Status::DAEMON_INVALID_CHANNEL),
    ] {
        setup.control(&format!("error {request} {code}"));
        let error = refused(alice.run(alice.client.write_channel(made.id, b"x")));
        assert_eq!(error.status(), status);
    }
    for (request, code, status) in [
        ("resume_write_channel", 18, Status::DAEMON_IMPOSSIBLE_HASH),
        ("resume_write_channel", 4, Status::DAEMON_INTERNAL),
    ] {
        setup.control(&format!("error {request} {code}"));
        let resumed = alice.client.resume_write_channel(&made.write_cap, None);
        assert_eq!(refused(alice.run(resumed)).status(), status);
    }
    setup.control("error resume_read_channel 17");
    let resumed = alice.client.resume_read_channel(&made.read_cap, None, None);
    assert_eq!(
        refused(alice.run(resumed)).status(),
        Status::DAEMON_INVALID_RESUME_READ
    );
}

#[test]
fn a_query_whose_reply_was_lost_is_sent_again_on_v0_0_72() {
    let setup = Setup::new(Era::V0_0_72);
    let alice = setup.client();
    let made = alice.create_write();
    let query = alice.write(made.id, b"x");
    setup.control("swallow channel_query_reply_event");
    alice.send_write(made.id, &query, &alice.courier());
    assert_eq!(setup.sim.stats().unwrap()["packets"], 2);
}
