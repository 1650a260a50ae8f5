//! Messages that are sent again until they are answered.

use std::time::Duration;

use kpclient::client::{Destination, Event};
use kpclient::error::Origin;
use kpclient::Status;

use super::in_every_era;
use super::user::{config, message_id, Setup, User};
use crate::world::*;

fn reply(user: &User, id: [u8; 16]) -> kpclient::client::MessageReply {
    user.event(|event| match event {
        Event::MessageReply(reply) if reply.message_id == Some(id) => Some(reply.clone()),
        _ => None,
    })
}

in_every_era! {
    fn blocking_send_reliable_message_gives_the_reply(setup) {
        let alice = setup.client();
        let echo = alice.service("echo");
        for id in [Some(message_id()), None] {
            let work = alice.client.blocking_send_reliable_message(id.as_ref(), &echo, b"ping");
            assert_eq!(&alice.run(work).unwrap()[..5], b"ping\0");
        }
        let told = alice.events_now(|event| match event {
            Event::MessageReply(reply) => Some(reply.message_id),
            _ => None,
        });
        assert!(told.is_empty(), "the reply is the caller's own");
    }

    fn send_reliable_message_tells_the_reply_under_its_id(setup) {
        let alice = setup.client();
        let id = message_id();
        let echo = alice.service("echo");
        alice.run(alice.client.send_reliable_message(&id, &echo, b"ping")).unwrap();
        let sent = alice.event(|event| match event {
            Event::MessageSent(sent) if sent.message_id == Some(id) => Some(sent.clone()),
            _ => None,
        });
        assert!(sent.error.is_none());
        let answered = reply(&alice, id);
        assert!(answered.error.is_none());
        assert_eq!(&answered.payload[..5], b"ping\0");
        // Once only, and the id is free again.
        alice.run(alice.client.send_reliable_message(&id, &echo, b"pong")).unwrap();
        assert_eq!(&reply(&alice, id).payload[..5], b"pong\0");
    }

    fn reliable_messages_check_everything_before_they_are_sent(setup) {
        let alice = setup.client();
        let echo = alice.service("echo");
        let max = alice.client.sphinx_geometry().unwrap().user_forward_payload_length;
        let send = |to: &Destination, payload: &[u8]| {
            refused(alice.client.send_reliable_message(&message_id(), to, payload)).status()
        };
        assert_eq!(send(&echo, &vec![1; max + 1]), Status::PAYLOAD_TOO_LARGE);
        let nowhere = Destination { queue: Vec::new(), ..echo.clone() };
        assert_eq!(send(&nowhere, b"x"), Status::ARG_SIZE);
        setup.control("hold");
        let id = message_id();
        alice.run(alice.client.send_reliable_message(&id, &echo, b"x")).unwrap();
        let again = alice.client.blocking_send_reliable_message(Some(&id), &echo, b"x");
        assert_eq!(refused(again).status(), Status::BUSY);
        setup.control("release");
        reply(&alice, id);
        setup.control("offline");
        alice.event(|event| matches!(event, Event::ConnectionStatus(s) if !s.is_connected).then_some(()));
        assert_eq!(send(&echo, b"x"), Status::OFFLINE);
    }

    fn a_service_that_is_none_ends_a_reliable_message_at_once(setup) {
        let alice = setup.client();
        let nowhere = Destination { node: [9; 32], queue: b"echo".to_vec() };
        let work = alice.client.blocking_send_reliable_message(None, &nowhere, b"x");
        assert_eq!(refused(alice.run(work)).status(), Status::MESSAGE_SEND_FAILED);
    }

    fn a_reliable_message_outlives_the_connection(setup) {
        let alice = setup.client();
        let echo = alice.service("echo");
        setup.control("hold");
        let work = alice.client.blocking_send_reliable_message(None, &echo, b"ping").unwrap();
        let op = start(Ok(work));
        setup.wait_for_queued(1);
        setup.control("cut");
        setup.control("release");
        let ended = alice.client.wait(op, PATIENCE).unwrap().unwrap();
        assert_eq!(ended.status(), Status::OK, "{:?}", ended.outcome.as_ref().err());
    }
}

/// A network on which every packet is lost, and whose daemon gives up soon.
fn lossy(era: Era) -> Setup {
    let mut config = config(era);
    config.loss = 1.0;
    config.network.layers = 1;
    config.resend_slack = Duration::from_millis(50);
    Setup::with(config)
}

/// As many deliveries as the header says, and none after the end.
fn is_repeated_three_times_and_given_up(era: Era) {
    let setup = lossy(era);
    let alice = setup.client();
    let (id, echo) = (message_id(), alice.service("echo"));
    alice
        .run(alice.client.send_reliable_message(&id, &echo, b"x"))
        .unwrap();
    let error = reply(&alice, id).error.unwrap();
    assert_eq!(error.status(), Status::DAEMON_MAX_RETRIES);
    assert_eq!(error.origin(), Origin::Library);
    assert_eq!(setup.sim.stats().unwrap()["packets"], 4);
    is_over(&setup, &alice);
}

/// The daemon sends nothing more by itself, however long it lives.
fn is_over(setup: &Setup, alice: &User) {
    let before = setup.sim.stats().unwrap()["packets"].as_u64().unwrap();
    for _ in 0..4 {
        setup.control("advance 300");
        setup.control("loss 0");
        let echo = alice.service("echo");
        alice
            .run(alice.client.blocking_send_message(&echo, b"x"))
            .unwrap();
    }
    let packets = setup.sim.stats().unwrap()["packets"].as_u64().unwrap();
    assert_eq!(packets, before + 4, "those were ours");
}

#[test]
fn todays_messages_are_repeated_three_times_and_given_up() {
    is_repeated_three_times_and_given_up(Era::Current);
}

#[test]
fn messages_at_the_older_daemon_are_repeated_three_times_and_given_up() {
    is_repeated_three_times_and_given_up(Era::V0_0_72);
}

#[test]
fn who_gives_up_a_reliable_message_leaves_nothing_behind_at_the_older_daemon() {
    let setup = lossy(Era::V0_0_72);
    let alice = setup.client();
    let echo = alice.service("echo");
    let message = alice
        .client
        .blocking_send_reliable_message(None, &echo, b"x")
        .unwrap();
    let op = start(Ok(message));
    until("packets", || count(&setup.sim, "packets") == 1);
    alice.client.cancel(op).unwrap();
    is_over(&setup, &alice);
}

#[test]
fn a_message_whose_reply_was_lost_is_sent_again_by_the_library() {
    let mut config = config(Era::Current);
    config.network.layers = 1;
    let setup = Setup::with(config);
    let alice = setup.client();
    let echo = alice.service("echo");
    setup.control("swallow message_reply_event");
    let work = alice
        .client
        .blocking_send_reliable_message(None, &echo, b"ping");
    assert_eq!(&alice.run(work).unwrap()[..5], b"ping\0");
    assert_eq!(setup.sim.stats().unwrap()["packets"], 2);
}
