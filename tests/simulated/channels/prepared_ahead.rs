//! Several queries prepared on one channel, and sent in whatever order.

use std::time::Duration;

use kpclient::client::{ChannelId, ChannelQuery, NewChannel};

use super::in_every_era;
use super::user::{config, message_id, Setup, User, ATTEMPTS};
use crate::world::*;

/// A stream of these messages, and a channel that reads it.
fn written(setup: &Setup, bob: &User, texts: &[&[u8]]) -> (NewChannel, ChannelId) {
    let alice = setup.client();
    let made = alice.create_write();
    let courier = alice.courier();
    for text in texts {
        alice.send_write(made.id, &alice.write(made.id, text), &courier);
    }
    let channel = bob.create_read(&made);
    (made, channel)
}

/// Sends this query, and no other for the same box, until it finds something.
fn find_with(bob: &User, channel: ChannelId, query: &ChannelQuery) -> bytes::Bytes {
    let courier = bob.courier();
    (0..ATTEMPTS)
        .map(|_| bob.try_send(channel, query, &courier).unwrap())
        .find(|found| !found.is_empty())
        .expect("nothing found")
}

in_every_era! {
    /// A daemon of v0.0.72 opens every answer with the index that its channel prepared last.
    fn of_two_reads_prepared_ahead_each_finds_its_own_box(setup) {
        for order in [[0, 1], [1, 0]] {
            let bob = setup.client();
            let (_, channel) = written(setup, &bob, &[b"one", b"two"]);
            let one = bob.read(channel);
            let two = bob.read_at(channel, &one.next_index);
            for which in order {
                let (query, text) = [(&one, b"one"), (&two, b"two")][which];
                assert_eq!(find_with(&bob, channel, query), &text[..]);
            }
            assert_eq!(find_with(&bob, channel, &one), &b"one"[..], "and once more");
        }
    }

    /// What was read ahead leaves a hole: the channel stands behind the last box that it read.
    fn a_read_at_an_index_leaves_the_channels_own_position_alone(setup) {
        let bob = setup.client();
        let (made, channel) = written(setup, &bob, &[b"one", b"two"]);
        let first = made.read_cap.first_index();
        let ahead = bob.read_at(channel, &first.next());
        assert_eq!(ahead.current_index, first.next());
        let next = bob.read(channel);
        assert_eq!(next.current_index, first);
        assert_eq!(find_with(&bob, channel, &next), &b"one"[..]);
        assert_eq!(bob.read(channel).current_index, first.next());
    }
}

/// The daemon's channel has moved when the answer comes: it ends in code 9, and the query goes
/// once more, by a channel of its own.
#[test]
fn a_read_under_way_while_another_is_prepared_finds_its_box_on_v0_0_72() {
    let mut config = config(Era::V0_0_72);
    config.latency = Some(Duration::from_millis(40));
    let setup = Setup::with(config);
    let bob = setup.client();
    let (_, channel) = written(&setup, &bob, &[b"one", b"two"]);
    let courier = bob.courier();
    let resumed = || setup.sim.stats().unwrap()["requests"]["resume_read_channel_query"].as_u64();
    for _ in 0..ATTEMPTS {
        let one = bob.read(channel);
        bob.try_send(channel, &one, &courier).unwrap(); // the courier takes it
        setup.control("hold");
        let (client, id) = (&bob.client, message_id());
        let send = client
            .send_channel_query_await_reply(channel, &one, &courier, &id)
            .unwrap();
        let op = start(Ok(send));
        setup.wait_for_queued(1);
        let ahead = client
            .read_channel(channel, Some(&one.next_index), None)
            .unwrap();
        let other = start(Ok(ahead));
        setup.wait_for_queued(2);
        setup.control("release");
        let ended = client.wait(op, PATIENCE).unwrap().unwrap();
        assert!(ended.outcome.is_ok(), "{:?}", ended.outcome.as_ref().err());
        client.wait(other, PATIENCE).unwrap().unwrap();
        if resumed().unwrap_or(0) > 0 {
            return; // the answer came from a replica that has the box
        }
    }
    panic!("no answer met a channel that had moved");
}
