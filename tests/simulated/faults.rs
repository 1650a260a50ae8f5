//! Connections that break, daemons that go and come, frames that arrive oddly.

use std::time::Duration;

use kpclient::client::{Event, ReadBox, Timeout};
use kpclient::Status;
use kpclientd_sim::SimConfig;

use crate::world::*;

/// Round trips that take a while, so that there is time to break something.
fn unhurried() -> SimConfig {
    SimConfig {
        latency: Some(Duration::from_millis(400)),
        ..forgetful(Era::Current)
    }
}

#[test]
fn a_connection_cut_while_a_write_runs_costs_nothing_but_time() {
    let world = World::new(unhurried());
    let pair = stream(1);
    for round in 0..3 {
        let index = if round == 0 {
            pair.first_index.clone()
        } else {
            stream(round).first_index
        };
        let pair = if round == 0 {
            pair.clone()
        } else {
            stream(round)
        };
        let write = world.start_write(&pair, b"content");
        world.until("a write in flight", |w| !w.sim.arq().unwrap().is_empty());
        std::thread::sleep(Duration::from_millis(200));
        world.control("cut");
        world.value::<kpclient::bacap::BoxIndex>(write).unwrap();
        let found = world.read(&pair, &index).unwrap();
        assert_eq!(found.plaintext, &b"content"[..]);
    }
    world.settle();
}

#[test]
fn a_write_that_was_carried_out_before_the_cut_is_no_conflict_with_itself() {
    let world = World::new(unhurried());
    let pair = stream(2);
    let flags = strict();
    let write = world
        .client
        .write_box(&pair.write_cap, &pair.first_index, b"mine", flags);
    let write = world.start(write);
    world.until("a write in flight", |w| !w.sim.arq().unwrap().is_empty());
    // Past the first round trip, so that the box is there.
    std::thread::sleep(Duration::from_millis(600));
    world.control("cut");
    world.value::<kpclient::bacap::BoxIndex>(write).unwrap();
    world.settle();
}

#[test]
fn a_read_goes_on_over_restarts_of_the_daemon() {
    let world = World::new(forgetful(Era::Current));
    let sink = world.sink();
    let pair = stream(3);
    let read = world.start_read(&pair);
    for order in ["restart", "restart 200", "restart 200 graceful"] {
        world.until("a poll", |w| !w.runs(read) || w.count("connections") >= 2);
        world.control(order);
        await_event(&sink, |event| {
            matches!(event, Event::Restarted).then_some(())
        });
        assert!(world.runs(read));
    }
    world
        .write(&pair, &pair.first_index, b"after all that")
        .unwrap();
    let found: ReadBox = world.value(read).unwrap();
    assert_eq!(found.plaintext, &b"after all that"[..]);
    world.settle();
}

#[test]
fn a_daemon_that_is_down_is_waited_for() {
    let world = World::new(forgetful(Era::Current));
    let sink = world.sink();
    world.control("down");
    world.control("cut");
    await_event(&sink, |event| {
        matches!(event, Event::Disconnected { .. }).then_some(())
    });
    let pair = stream(4);
    let write = world.start_write(&pair, b"x");
    let work = world.client.new_keypair_remote(&[1; 32]).unwrap();
    let call = work.block(Timeout::After(Duration::from_millis(50)));
    assert_eq!(call.map(drop).unwrap_err().status(), Status::TIMEOUT);
    world.control("up");
    world.value::<kpclient::bacap::BoxIndex>(write).unwrap();
    await_event(&sink, |event| matches!(event, Event::Resumed).then_some(()));
    world.settle();
}

#[test]
fn offline_and_back() {
    let world = World::new(forgetful(Era::Current));
    let sink = world.sink();
    let online = |wanted: bool| {
        await_event(&sink, |event| match event {
            Event::ConnectionStatus(status) if status.is_connected == wanted => Some(()),
            _ => None,
        });
    };
    online(true);
    world.control("offline");
    online(false);
    assert!(world.client.is_attached() && !world.client.is_connected());
    let message = world
        .client
        .blocking_send_message(&world.echo(), b"x")
        .map(drop);
    assert_eq!(message.unwrap_err().status(), Status::OFFLINE);
    let pair = stream(5);
    let write = world.start_write(&pair, b"x");
    let kept = world
        .wait(world.client.new_keypair_remote(&[5; 32]))
        .unwrap();
    assert!(kept.write_cap == pair.write_cap);
    world.until("the envelope", |w| w.requests("encrypt_write") == 1);
    assert!(world.runs(write));
    // Held back here, not in the daemon's queue, where it would starve cancels.
    assert_eq!(world.requests("start_resending_encrypted_message"), 0);
    world.control("online");
    online(true);
    world.value::<kpclient::bacap::BoxIndex>(write).unwrap();
    world
        .wait(world.client.blocking_send_message(&world.echo(), b"x"))
        .unwrap();
    world.settle();
}

#[test]
fn an_operation_cancelled_while_the_daemon_is_away_is_not_carried_on() {
    let world = World::new(unhurried());
    let pair = stream(6);
    let write = world.start_write(&pair, b"x");
    world.until("a write in flight", |w| !w.sim.arq().unwrap().is_empty());
    world.control("down");
    world.control("cut");
    world.client.cancel(write).unwrap();
    assert_eq!(world.ended(write), Status::CANCELLED);
    world.control("up");
    world.settle();
    world
        .write(&stream(7), &stream(7).first_index, b"y")
        .unwrap();
}

#[test]
fn frames_that_arrive_oddly_are_understood() {
    let world = World::new(forgetful(Era::Current));
    let pair = stream(8);
    let mut index = pair.first_index.clone();
    for order in [
        "split 1",
        "split 7",
        "reorder 3",
        "twice encrypt_write_reply",
    ] {
        world.control(order);
        index = world.write(&pair, &index, b"content").unwrap();
        world.control("clear");
    }
    for order in ["garbage", "oversize", "cut-mid-frame", "cut", "empty"] {
        world.control(order);
        index = world.write(&pair, &index, b"content").unwrap();
    }
    world.control("twice start_resending_encrypted_message_reply");
    world.write(&pair, &index, b"content").unwrap();
    assert_eq!(
        world.read(&pair, &index).unwrap().plaintext,
        &b"content"[..]
    );
    world.settle();
}

#[test]
fn a_reply_that_is_lost_costs_its_own_call_only() {
    let world = World::new(forgetful(Era::Current));
    let pair = stream(14);
    let encrypt = || {
        let client = &world.client;
        client.encrypt_read(&pair.read_cap, &pair.first_index)
    };
    // Not of a kind that the client asks for by itself.
    world.control("swallow encrypt_read_reply");
    let limit = Timeout::After(Duration::from_millis(50));
    let lost = encrypt().unwrap().block(limit);
    assert_eq!(lost.map(drop).unwrap_err().status(), Status::TIMEOUT);
    world.wait(encrypt()).unwrap();
}

#[test]
fn a_first_frame_that_is_held_back_is_awaited() {
    let world = World::new(forgetful(Era::Current));
    world.control("hold-first-frame 300");
    world.control("cut");
    world
        .wait(world.client.new_keypair_remote(&[2; 32]))
        .unwrap();
    let pair = stream(9);
    world.write(&pair, &pair.first_index, b"x").unwrap();
    world.settle();
}

#[test]
fn the_end_of_the_daemon_is_announced() {
    let world = World::new(forgetful(Era::Current));
    let sink = world.sink();
    world.control("shutdown");
    await_event(&sink, |event| {
        matches!(event, Event::Shutdown).then_some(())
    });
    let graceful = await_event(&sink, |event| match event {
        Event::Disconnected { graceful, .. } => Some(*graceful),
        _ => None,
    });
    assert!(graceful);
    world.client.close();
}

#[test]
fn everything_at_once_leaves_nothing_behind() {
    let world = World::new(unhurried());
    let writes: Vec<_> = (10..40)
        .map(|n| (n, world.start_write(&stream(n), &[n])))
        .collect();
    let reads: Vec<_> = (10..30)
        .map(|n| (n, world.start_read(&stream(n))))
        .collect();
    for order in [
        "cut",
        "garbage",
        "offline",
        "online",
        "cut",
        "restart 100",
        "split 3",
    ] {
        std::thread::sleep(Duration::from_millis(150));
        world.control(order);
    }
    world.control("clear");
    for (_, write) in writes {
        world.value::<kpclient::bacap::BoxIndex>(write).unwrap();
    }
    for (n, read) in reads {
        let found: ReadBox = world.value(read).unwrap();
        assert_eq!(found.plaintext, &[n][..]);
    }
    world.settle();
}
