//! Sessions: what is resumed, what is forgotten, and connections that are open but mute.

use std::time::Duration;

use bytes::Bytes;
use kpclient::client::Event;
use kpclient::Status;
use kpclientd_sim::SimConfig;

use crate::world::*;

/// A session is kept long enough to be resumed, and round trips take a while.
fn resuming() -> SimConfig {
    SimConfig {
        grace: Duration::from_secs(30),
        latency: Some(Duration::from_millis(400)),
        late_close_chance: 0.0,
        ..forgetful(Era::Current)
    }
}

/// Sends a message and waits until the daemon has told that it left.
fn sent_message(world: &World) -> u64 {
    let sink = world.sink();
    let message = world.start(world.client.blocking_send_message(&world.echo(), b"ping"));
    await_event(&sink, |event| {
        matches!(event, Event::MessageSent(_)).then_some(())
    });
    message
}

#[test]
fn the_reply_to_a_message_comes_over_a_cut() {
    let world = World::new(resuming());
    let message = sent_message(&world);
    world.control("cut");
    let reply: Bytes = world.value(message).unwrap();
    assert_eq!(&reply[..4], b"ping");
}

#[test]
fn the_reply_to_a_message_comes_over_disconnect_and_connect() {
    let world = World::new(resuming());
    let message = sent_message(&world);
    world.client.disconnect().unwrap();
    world.until("the reply is kept", |w| w.count("kept_replies") == 1);
    world.wait(world.client.connect()).unwrap();
    let reply: Bytes = world.value(message).unwrap();
    assert_eq!(&reply[..4], b"ping");
}

#[test]
fn a_message_that_was_not_sent_before_the_cut_ends_at_once() {
    let world = World::new(resuming());
    world.control("hold");
    let message = world.start(world.client.blocking_send_message(&world.echo(), b"ping"));
    world.until("the message in the queue", |w| w.count("queued") == 1);
    world.control("cut");
    assert_eq!(world.ended(message), Status::CONNECTION_LOST);
    world.control("release");
}

#[test]
fn a_resumed_connection_that_is_mute_is_replaced() {
    let mut config = resuming();
    config.latency = Some(Duration::from_secs(2));
    let world = World::new(config);
    let message = sent_message(&world);
    // The daemon notices the end of the old connection after the new one has resumed,
    // and then unregisters that.
    world.control("late-close 600");
    world.control("cut");
    let ended = world
        .value::<Bytes>(message)
        .map(|reply| reply[..4].to_vec());
    match ended {
        Ok(reply) => assert_eq!(reply, b"ping"),
        Err(error) => assert_eq!(error.status(), Status::CONNECTION_LOST),
    }
    world.control("clear");
    // Whatever became of it, the client works.
    world
        .wait(world.client.blocking_send_message(&world.echo(), b"again"))
        .unwrap();
}

#[test]
fn a_resumed_session_has_each_start_once() {
    let mut config = resuming();
    config.latency = Some(Duration::from_millis(1500));
    let world = World::new(config);
    let message = sent_message(&world);
    let pair = stream(1);
    let write = world.start_write(&pair, b"x");
    world.until("the write", |w| w.sim.arq().unwrap().len() == 1);
    world.control("cut");
    world.until("the write again", |w| {
        w.requests("start_resending_encrypted_message") == 2
    });
    let entries = world.sim.arq().unwrap();
    assert!(entries.len() <= 1, "{entries:?}");
    world.value::<kpclient::bacap::BoxIndex>(write).unwrap();
    world.value::<Bytes>(message).unwrap();
    world.settle();
}

#[test]
fn close_makes_the_daemon_forget_everything() {
    let world = World::new(SimConfig {
        grace: Duration::from_secs(600),
        ..resuming()
    });
    let read = world.start_read(&stream(2));
    let write = world.start_write(&stream(3), b"x");
    world.until("both in flight", |w| w.sim.arq().unwrap().len() == 2);
    world.client.close();
    assert_eq!(world.ended(read), Status::CLOSED);
    assert_eq!(world.ended(write), Status::CLOSED);
    world.settle();
    world.until("no session", |w| w.count("sessions") == 0);
}

#[test]
fn several_clients_share_a_daemon() {
    let world = World::new(forgetful(Era::Current));
    let other = World {
        client: client(&world.sim),
        sim: kpclientd_sim::Sim::start(forgetful(Era::Current)).unwrap(),
    };
    let pair = stream(4);
    let read = other.start_read(&pair);
    world
        .write(&pair, &pair.first_index, b"from the one to the other")
        .unwrap();
    let found: kpclient::client::ReadBox = other.value(read).unwrap();
    assert_eq!(found.plaintext, &b"from the one to the other"[..]);
}

#[test]
fn a_new_epoch_brings_a_new_document_once() {
    let world = World::new(forgetful(Era::Current));
    // All lanes are up, and each is told.
    let pair = stream(5);
    world.write(&pair, &pair.first_index, b"x").unwrap();
    world.read(&pair, &pair.first_index).unwrap();
    let sink = world.sink();
    let before = world.client.pki_document().unwrap().epoch();
    world.control("epoch-advance");
    let epoch = await_event(&sink, |event| match event {
        Event::Document(document) if document.epoch() != before => Some(document.epoch()),
        _ => None,
    });
    assert_eq!(epoch, before + 1);
    for _ in 0..3 {
        world
            .wait(world.client.new_keypair_remote(&[1; 32]))
            .unwrap();
    }
    world.read(&pair, &pair.first_index).unwrap();
    let again = sink.next(kpclient::client::Timeout::Poll).unwrap();
    assert!(again.is_none(), "{again:?}");
}

#[test]
fn old_daemons_survive_the_library() {
    for era in [Era::V0_0_73Rc1, Era::V0_0_72] {
        let world = World::new(forgetful(era));
        let index = stream(6).first_index;
        let counter = world.wait(world.client.message_box_index_counter_remote(&index));
        assert_eq!(counter.unwrap_err().status(), Status::UNSUPPORTED);
        let document = world.wait(world.client.get_pki_document(0)).map(drop);
        assert_eq!(document.unwrap_err().status(), Status::UNSUPPORTED);
        let accepted = world.count("accepted");
        world
            .wait(world.client.blocking_send_message(&world.echo(), b"x"))
            .unwrap();
        // It did not crash: nobody had to connect again.
        assert_eq!(world.count("accepted"), accepted, "{era:?}");
    }
}
