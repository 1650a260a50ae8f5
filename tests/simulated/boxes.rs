//! Messages and boxes on a network that works.

use std::time::Duration;

use kpclient::client::ReadBox;
use kpclient::Status;
use kpclientd_sim::SimConfig;

use crate::world::*;

#[test]
fn an_echo_comes_back() {
    for config in [
        forgetful(Era::Current),
        forgetful(Era::V0_0_73Rc1),
        forgetful(Era::V0_0_72),
    ] {
        let era = config.network.era;
        let world = World::new(config);
        let reply = world.wait(world.client.blocking_send_message(&world.echo(), b"ping"));
        assert_eq!(&reply.unwrap()[..4], b"ping", "{era:?}");
    }
}

#[test]
fn a_message_to_nobody_fails_with_the_daemons_words() {
    let world = World::new(forgetful(Era::Current));
    let mut to = world.echo();
    to.node = [7; 32];
    let sent = world.wait(world.client.blocking_send_message(&to, b"ping"));
    assert_eq!(sent.unwrap_err().status(), Status::MESSAGE_SEND_FAILED);
}

#[test]
fn flush_lets_messages_without_reply_leave() {
    let world = World::new(forgetful(Era::Current));
    for _ in 0..3 {
        let work = world.client.send_message_without_reply(&world.echo(), b"x");
        world.wait(work).unwrap();
    }
    // One more with a reply: when it has left, so have those before it.
    let work = world.client.send_message(&[1; 16], &world.echo(), b"x");
    world.wait(work).unwrap();
    world.wait(world.client.flush()).unwrap();
    world.client.close();
    assert_eq!(world.requests("send_message"), 4);
    assert_eq!(world.count("packets"), 4);
}

#[test]
fn what_is_written_is_read_box_after_box() {
    let world = World::new(forgetful(Era::Current));
    let pair = stream(1);
    let mut index = pair.first_index.clone();
    for n in 0..10_u8 {
        index = world.write(&pair, &index, &[n; 100]).unwrap();
    }
    let mut index = pair.first_index.clone();
    for n in 0..10_u8 {
        let found: ReadBox = world.read(&pair, &index).unwrap();
        assert_eq!(found.plaintext, &[n; 100][..]);
        index = found.next_index;
    }
    let longest = world.write(&pair, &index, &[9; 1549]).unwrap();
    assert_eq!(world.read(&pair, &index).unwrap().plaintext.len(), 1549);
    assert!(longest == index.next());
    world.settle();
}

#[test]
fn outcomes_that_are_no_failures_have_their_status() {
    let world = World::new(forgetful(Era::Current));
    let pair = stream(2);
    let first = &pair.first_index;
    let status = |found: kpclient::Result<ReadBox>| found.map(drop).unwrap_err().status();
    assert_eq!(status(world.look(&pair, first)), Status::BOX_ID_NOT_FOUND);
    world.write(&pair, first, b"secret").unwrap();
    world.write(&pair, first, b"another").unwrap(); // an existing box is success
    assert_eq!(world.read(&pair, first).unwrap().plaintext, &b"secret"[..]);
    let flags = strict();
    let again = world
        .client
        .write_box(&pair.write_cap, first, b"another", flags);
    let again = world.wait(again).map(drop).unwrap_err();
    assert_eq!(again.status(), Status::BOX_ALREADY_EXISTS);
    world.write(&pair, first, b"").unwrap();
    assert_eq!(status(world.read(&pair, first)), Status::TOMBSTONE);
    world.settle();
}

/// Replicas of that era answer an identical write with "already exists", and get one write more
/// than once: so it says nothing of a box but that somebody, perhaps oneself, has written it.
#[test]
fn before_v0_0_74_a_write_that_met_itself_succeeds_and_one_that_met_another_does_not() {
    let world = World::new(first_sessions_with_replicas());
    let pair = stream(5);
    let flags = strict();
    let write = |text: &[u8]| {
        let (cap, first) = (&pair.write_cap, &pair.first_index);
        world.wait(world.client.write_box(cap, first, text, flags))
    };
    let next = write(b"mine").unwrap();
    assert!(write(b"mine").unwrap() == next);
    let met = write(b"another's").map(drop).unwrap_err();
    assert_eq!(met.status(), Status::BOX_ALREADY_EXISTS);
    world.settle();
}

#[test]
fn a_read_gets_its_answer_when_the_box_is_written_later() {
    let world = World::new(forgetful(Era::Current));
    let pair = stream(3);
    let read = world.start_read(&pair);
    // More polls than a courier makes for one envelope before it repeats itself.
    world.until("seven envelopes", |w| w.requests("encrypt_read") >= 7);
    assert!(world.runs(read));
    world.write(&pair, &pair.first_index, b"at last").unwrap();
    let found: ReadBox = world.value(read).unwrap();
    assert_eq!(found.plaintext, &b"at last"[..]);
    world.settle();
}

#[test]
fn many_reads_wait_and_nothing_else_has_to() {
    let world = World::new(SimConfig {
        grace: Duration::from_millis(300),
        ..SimConfig::new(Era::Current)
    });
    world.control("lambda-p 0.02"); // twenty packets a second
    let reads: Vec<_> = (0..100).map(|n| world.start_read(&stream(n))).collect();
    world.until("reads at the daemon", |w| !w.sim.arq().unwrap().is_empty());
    // While no packet leaves, whatever waited for one would wait for ever.
    world.control("hold");
    for n in 0..50 {
        let work = world.client.new_keypair_remote(&[n; 32]);
        world.wait(work).unwrap();
    }
    world.control("release");
    let pair = stream(200);
    world.write(&pair, &pair.first_index, b"x").unwrap();
    for read in &reads {
        world.client.cancel(*read).unwrap();
    }
    for read in reads {
        assert_eq!(world.ended(read), Status::CANCELLED);
    }
    world.settle();
}

#[test]
fn a_cancelled_read_leaves_nothing_behind() {
    let world = World::new(forgetful(Era::Current));
    let pair = stream(4);
    let read = world.start_read(&pair);
    world.until("a poll", |w| {
        w.requests("start_resending_encrypted_message") >= 2
    });
    world.client.cancel(read).unwrap();
    assert_eq!(world.ended(read), Status::CANCELLED);
    world.settle();
    // And it can be read afterwards.
    world.write(&pair, &pair.first_index, b"x").unwrap();
    world.read(&pair, &pair.first_index).unwrap();
}

#[test]
fn a_cancel_that_overtakes_its_start_has_its_effect_in_the_end() {
    let world = World::new(forgetful(Era::Current));
    world.control("hold");
    let pair = stream(5);
    let write = world.start_write(&pair, b"x");
    world.until("a start in the queue", |w| w.count("queued") == 1);
    world.client.cancel(write).unwrap();
    assert_eq!(world.ended(write), Status::CANCELLED);
    world.until("a cancel", |w| {
        w.requests("cancel_resending_encrypted_message") >= 1
    });
    // Nothing was there to be cancelled; now it starts, and no answer ends it.
    world.control("loss 1");
    world.control("release");
    world.until("the start", |w| w.count("packets") >= 1);
    world.settle();
    world.control("loss 0");
    assert!(world.requests("cancel_resending_encrypted_message") >= 2);
    // The place is free again.
    world
        .write(&stream(6), &stream(6).first_index, b"y")
        .unwrap();
}

#[test]
fn a_lossy_network_only_takes_longer() {
    let world = World::new(forgetful(Era::Current));
    world.control("loss 0.3");
    let pair = stream(7);
    let mut index = pair.first_index.clone();
    for n in 0..10_u8 {
        index = world.write(&pair, &index, &[n]).unwrap();
    }
    let mut index = pair.first_index.clone();
    for n in 0..10_u8 {
        let found = world.read(&pair, &index).unwrap();
        assert_eq!(found.plaintext, &[n][..]);
        index = found.next_index;
    }
    world.control("loss 0");
    world.settle();
}

#[test]
fn errors_of_replicas_and_couriers_are_told_by_their_names() {
    let world = World::new(forgetful(Era::Current));
    let pair = stream(8);
    world.write(&pair, &pair.first_index, b"x").unwrap();
    for (fault, status) in [
        ("fault replica-read 4", Status::DATABASE_FAILURE),
        ("fault courier-ack 1", Status::COURIER_INVALID_ENVELOPE),
        ("fault damaged-answer", Status::MKEM_DECRYPTION_FAILED),
        ("fault damaged-box", Status::BACAP_DECRYPTION_FAILED),
    ] {
        world.control(fault);
        let failed = world.read(&pair, &pair.first_index).map(drop);
        assert_eq!(failed.unwrap_err().status(), status, "{fault}");
        world.control("clear");
    }
    world.control("error start_resending_encrypted_message 3 refused");
    let refused = world.write(&pair, &pair.first_index, b"x").map(drop);
    assert_eq!(
        refused.unwrap_err().status(),
        Status::DAEMON_INVALID_REQUEST
    );
    world.write(&pair, &pair.first_index, b"x").unwrap();
    world.settle();
}

#[test]
fn an_envelope_that_is_too_old_for_the_courier_is_made_again() {
    let world = World::new(forgetful(Era::Current));
    let pair = stream(9);
    world.control("fault courier-ack 4");
    world.write(&pair, &pair.first_index, b"x").unwrap();
    assert_eq!(world.requests("encrypt_write"), 2);
    world.settle();
}
