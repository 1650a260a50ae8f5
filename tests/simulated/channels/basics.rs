//! Each function of the API by itself: what it gives and what it refuses.

use bytes::Bytes;
use kpclient::client::{ChannelQuery, Destination, Timeout};
use kpclient::error::Origin;
use kpclient::Status;

use super::in_every_era;
use super::user::{message_id, Setup};
use crate::world::*;

in_every_era! {
    fn create_write_channel_gives_a_stream_and_a_channel(setup) {
        let alice = setup.client();
        let (one, two) = (alice.create_write(), alice.create_write());
        assert_ne!(one.id, two.id);
        assert_eq!(one.write_cap.read_cap(), one.read_cap);
        assert_ne!(one.write_cap, two.write_cap);
    }

    fn create_read_channel_gives_another_channel(setup) {
        let alice = setup.client();
        let made = alice.create_write();
        let read = alice.create_read(&made);
        assert_ne!(read, made.id);
        assert_ne!(alice.create_read(&made), read, "several readings of one stream");
    }

    fn write_channel_prepares_and_sends_nothing(setup) {
        let alice = setup.client();
        let made = alice.create_write();
        let query = alice.write(made.id, b"hello");
        assert!(!query.is_read);
        assert_eq!(query.current_index, made.write_cap.first_index());
        assert_eq!(query.next_index, query.current_index.next());
        assert_eq!(query.reply_index, None);
        assert!(!query.descriptor.is_empty());
        assert_eq!(setup.sim.stats().unwrap()["packets"], 0);
        let again = alice.write(made.id, b"hello");
        assert_eq!(again.current_index, query.current_index, "nothing was sent, so it stands where it stood");
        assert_ne!(again.envelope_hash, query.envelope_hash);
    }

    fn write_channel_refuses_what_fits_no_box_and_what_would_look_like_nothing(setup) {
        let alice = setup.client();
        let made = alice.create_write();
        let max = alice.client.pigeonhole_geometry().unwrap().max_plaintext_payload_length;
        let too_long = alice.client.write_channel(made.id, &vec![7; max + 1]);
        assert_eq!(refused(too_long).status(), Status::PAYLOAD_TOO_LARGE);
        let empty = alice.client.write_channel(made.id, b"");
        assert_eq!(refused(empty).status(), Status::ARG_EMPTY);
        let full = alice.write(made.id, &vec![7; max]);
        let courier = alice.courier();
        alice.send_write(made.id, &full, &courier);
        let bob = setup.client();
        let channel = bob.create_read(&made);
        assert_eq!(bob.fetch(channel, &bob.read(channel), &courier), vec![7; max]);
    }

    fn read_channel_prepares_at_its_position_or_where_it_is_told(setup) {
        let alice = setup.client();
        let made = alice.create_write();
        let channel = alice.create_read(&made);
        let first = made.read_cap.first_index();
        let query = alice.read(channel);
        assert!(query.is_read);
        assert_eq!((&query.current_index, query.reply_index), (&first, None));
        let third = first.next().next();
        let there = alice.run(alice.client.read_channel(channel, Some(&third), Some(1))).unwrap();
        assert_eq!((&there.current_index, there.reply_index), (&third, Some(1)));
        assert_eq!(there.next_index, third.next());
        let no_such = alice.client.read_channel(channel, None, Some(2));
        assert_eq!(refused(no_such).status(), Status::ARG_VALUE);
        assert_eq!(setup.sim.stats().unwrap()["packets"], 0);
    }

    fn a_channel_of_the_wrong_kind_or_a_stale_one_is_told_apart(setup) {
        let alice = setup.client();
        let made = alice.create_write();
        let read = alice.create_read(&made);
        for error in [
            refused(alice.client.write_channel(read, b"x")),
            refused(alice.client.read_channel(made.id, None, None)),
        ] {
            assert_eq!(error.status(), Status::DAEMON_INVALID_CHANNEL);
            assert_eq!(error.origin(), Origin::Library);
        }
        let stale = alice.write(made.id, b"x");
        alice.run(alice.client.close_channel(made.id)).unwrap();
        let courier = alice.courier();
        for error in [
            refused(alice.client.write_channel(made.id, b"x")),
            refused(alice.client.close_channel(made.id)),
            refused(alice.client.read_channel(12345, None, None)),
            refused(alice.client.send_channel_query(made.id, &stale, &courier, &message_id())),
        ] {
            assert_eq!(error.status(), Status::DAEMON_CHANNEL_NOT_FOUND, "{error}");
            assert_eq!(error.origin(), Origin::Library);
        }
    }

    fn send_channel_query_await_reply_carries_a_message(setup) {
        let (alice, bob) = (setup.client(), setup.client());
        let made = alice.create_write();
        let courier = alice.courier();
        alice.send_write(made.id, &alice.write(made.id, b"hello bob"), &courier);
        let channel = bob.create_read(&made);
        let found = bob.fetch(channel, &bob.read(channel), &courier);
        assert_eq!(found, &b"hello bob"[..]);
    }

    fn a_box_that_is_not_there_is_an_empty_reply_until_it_is(setup) {
        let (alice, bob) = (setup.client(), setup.client());
        let made = alice.create_write();
        let courier = alice.courier();
        let channel = bob.create_read(&made);
        let query = bob.read(channel);
        for _ in 0..3 {
            assert_eq!(bob.try_send(channel, &query, &courier).unwrap(), Bytes::new());
        }
        assert_eq!(bob.read(channel).current_index, query.current_index);
        alice.send_write(made.id, &alice.write(made.id, b"late"), &courier);
        // The courier may repeat that nothing is there for an envelope it was asked with.
        let query = bob.read(channel);
        assert_eq!(bob.fetch(channel, &query, &courier), &b"late"[..]);
        assert_eq!(bob.read(channel).current_index, query.next_index);
    }

    fn a_stream_of_messages_moves_both_ends_on(setup) {
        let (alice, bob) = (setup.client(), setup.client());
        let made = alice.create_write();
        let courier = alice.courier();
        let channel = bob.create_read(&made);
        for text in ["one", "two", "three"] {
            alice.send_write(made.id, &alice.write(made.id, text.as_bytes()), &courier);
            let found = bob.fetch(channel, &bob.read(channel), &courier);
            assert_eq!(found, text.as_bytes());
        }
    }

    fn the_same_write_may_be_sent_again_and_another_for_the_same_box_is_refused(setup) {
        let (alice, bob) = (setup.client(), setup.client());
        let made = alice.create_write();
        let courier = alice.courier();
        let (one, two) = (alice.write(made.id, b"one"), alice.write(made.id, b"two"));
        alice.send_write(made.id, &one, &courier);
        alice.send_write(made.id, &one, &courier);
        let error = refused(alice.try_send(made.id, &two, &courier));
        assert_eq!(error.status(), Status::BOX_ALREADY_EXISTS);
        let next = alice.write(made.id, b"two");
        assert_eq!(next.current_index, one.next_index, "a repeated answer does not move it twice");
        alice.send_write(made.id, &next, &courier);
        let channel = bob.create_read(&made);
        assert_eq!(bob.fetch(channel, &bob.read(channel), &courier), &b"one"[..]);
        assert_eq!(bob.fetch(channel, &bob.read(channel), &courier), &b"two"[..]);
    }

    fn send_channel_query_await_reply_checks_everything_before_it_sends(setup) {
        let alice = setup.client();
        let made = alice.create_write();
        let read = alice.create_read(&made);
        let courier = alice.courier();
        let good = alice.write(made.id, b"x");
        let send = |channel, query: &ChannelQuery, to: &Destination| {
            refused(alice.client.send_channel_query_await_reply(channel, query, to, &message_id()))
                .status()
        };
        assert_eq!(send(read, &good, &courier), Status::DAEMON_INVALID_CHANNEL);
        let mut elsewhere = courier.clone();
        elsewhere.node = [9; 32];
        assert_eq!(send(made.id, &good, &elsewhere), Status::SERVICE_NOT_FOUND);
        elsewhere = courier.clone();
        elsewhere.queue = b"echo".to_vec();
        assert_eq!(send(made.id, &good, &elsewhere), Status::SERVICE_NOT_FOUND);
        let short = ChannelQuery { payload: good.payload.slice(1..), ..good.clone() };
        assert_eq!(send(made.id, &short, &courier), Status::ARG_SIZE);
        let none = ChannelQuery { payload: Bytes::new(), ..good.clone() };
        assert_eq!(send(made.id, &none, &courier), Status::ARG_EMPTY);
        setup.control("offline");
        alice.event(|event| matches!(event, kpclient::client::Event::ConnectionStatus(s) if !s.is_connected).then_some(()));
        assert_eq!(send(made.id, &good, &courier), Status::OFFLINE);
        assert_eq!(setup.sim.stats().unwrap()["packets"], 0);
    }

    fn a_query_message_id_or_box_that_is_on_its_way_is_busy(setup) {
        let alice = setup.client();
        let made = alice.create_write();
        let courier = alice.courier();
        let (one, two) = (alice.write(made.id, b"one"), alice.write(made.id, b"two"));
        let other = alice.create_write();
        let elsewhere = alice.write(other.id, b"elsewhere");
        setup.control("hold");
        let id = message_id();
        let first = alice.client.send_channel_query_await_reply(made.id, &one, &courier, &id).unwrap();
        let send = |query: &ChannelQuery, id: &[u8; 16]| {
            refused(alice.client.send_channel_query(made.id, query, &courier, id)).status()
        };
        assert_eq!(send(&one, &message_id()), Status::BUSY);
        assert_eq!(send(&two, &message_id()), Status::BUSY, "it writes the same box");
        assert_eq!(
            refused(alice.client.send_channel_query(other.id, &elsewhere, &courier, &id)).status(),
            Status::BUSY
        );
        drop(first);
        setup.control("release");
        alice.send_write(made.id, &two, &courier);
    }

    fn a_caller_who_gives_up_leaves_nothing_behind(setup) {
        let alice = setup.client();
        let made = alice.create_write();
        let courier = alice.courier();
        let query = alice.write(made.id, b"x");
        setup.control("hold");
        let work = alice
            .client
            .send_channel_query_await_reply(made.id, &query, &courier, &message_id())
            .unwrap();
        let soon = Timeout::After(std::time::Duration::from_millis(50));
        assert_eq!(refused(work.block(soon)).status(), Status::TIMEOUT);
        setup.control("release");
        alice.send_write(made.id, &query, &courier);
        until("arq_entries", || count(&setup.sim, "arq_entries") == 0);
    }

    fn close_channel_ends_what_is_under_way(setup) {
        let alice = setup.client();
        let made = alice.create_write();
        let courier = alice.courier();
        let query = alice.write(made.id, b"x");
        setup.control("hold");
        let work = alice
            .client
            .send_channel_query_await_reply(made.id, &query, &courier, &message_id())
            .unwrap();
        let op = start(Ok(work));
        alice.run(alice.client.close_channel(made.id)).unwrap();
        let ended = alice.client.wait(op, PATIENCE).unwrap().unwrap();
        assert_eq!(ended.status(), Status::CANCELLED);
    }
}
