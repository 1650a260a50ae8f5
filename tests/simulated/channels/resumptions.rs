//! The six resumptions, as after a crash: all that is kept is what an application stores.

use kpclient::client::{ChannelQuery, NewChannel};
use kpclient::Status;

use super::in_every_era;
use super::user::{Setup, User};
use crate::world::*;

/// What an application reads back from its disk.
fn stored(query: &ChannelQuery) -> ChannelQuery {
    ChannelQuery::from_bytes(&query.to_bytes()).unwrap()
}

/// The user comes back as another process: nothing of its client is left.
fn crash(setup: &Setup, user: User) -> User {
    user.client.close();
    setup.client()
}

fn sent(alice: &User, made: &NewChannel, text: &[u8]) -> ChannelQuery {
    let query = alice.write(made.id, text);
    alice.send_write(made.id, &query, &alice.courier());
    query
}

fn read_all(bob: &User, made: &NewChannel, expected: &[&[u8]]) {
    let courier = bob.courier();
    let channel = bob.create_read(made);
    for text in expected {
        assert_eq!(bob.fetch(channel, &bob.read(channel), &courier), text);
    }
}

in_every_era! {
    fn resume_write_channel_that_was_never_written_to(setup) {
        let alice = setup.client();
        let made = alice.create_write();
        let alice = crash(setup, alice);
        let id = alice.run(alice.client.resume_write_channel(&made.write_cap, None)).unwrap();
        let query = alice.write(id, b"first");
        assert_eq!(query.current_index, made.write_cap.first_index());
        alice.send_write(id, &query, &alice.courier());
        read_all(&setup.client(), &made, &[b"first"]);
    }

    fn resume_read_channel_that_was_never_read_from(setup) {
        let (alice, bob) = (setup.client(), setup.client());
        let made = alice.create_write();
        sent(&alice, &made, b"first");
        bob.create_read(&made);
        let bob = crash(setup, bob);
        let id = bob.run(bob.client.resume_read_channel(&made.read_cap, None, None)).unwrap();
        let query = bob.read(id);
        assert_eq!(query.current_index, made.read_cap.first_index());
        assert_eq!(bob.fetch(id, &query, &bob.courier()), &b"first"[..]);
    }

    fn resume_write_channel_after_a_query_was_sent(setup) {
        let alice = setup.client();
        let made = alice.create_write();
        let one = stored(&sent(&alice, &made, b"one"));
        let alice = crash(setup, alice);
        let next = Some(&one.next_index);
        let id = alice.run(alice.client.resume_write_channel(&made.write_cap, next)).unwrap();
        let two = alice.write(id, b"two");
        assert_eq!(two.current_index, one.next_index);
        alice.send_write(id, &two, &alice.courier());
        read_all(&setup.client(), &made, &[b"one", b"two"]);
    }

    fn resume_read_channel_after_a_query_was_sent(setup) {
        let (alice, bob) = (setup.client(), setup.client());
        let made = alice.create_write();
        sent(&alice, &made, b"one");
        sent(&alice, &made, b"two");
        let channel = bob.create_read(&made);
        let one = bob.read(channel);
        assert_eq!(bob.fetch(channel, &one, &bob.courier()), &b"one"[..]);
        let one = stored(&one);
        let bob = crash(setup, bob);
        let next = Some(&one.next_index);
        let id = bob
            .run(bob.client.resume_read_channel(&made.read_cap, next, one.reply_index))
            .unwrap();
        let two = bob.read(id);
        assert_eq!(two.current_index, one.next_index);
        assert_eq!(bob.fetch(id, &two, &bob.courier()), &b"two"[..]);
    }

    fn resume_write_channel_and_send_what_was_prepared_before(setup) {
        let alice = setup.client();
        let made = alice.create_write();
        let query = stored(&alice.write(made.id, b"unsent"));
        let alice = crash(setup, alice);
        let next = Some(&query.next_index);
        let id = alice.run(alice.client.resume_write_channel(&made.write_cap, next)).unwrap();
        alice.send_write(id, &query, &alice.courier());
        let second = alice.write(id, b"second");
        assert_eq!(second.current_index, query.next_index);
        alice.send_write(id, &second, &alice.courier());
        read_all(&setup.client(), &made, &[b"unsent", b"second"]);
    }

    fn resume_read_channel_and_send_what_was_prepared_before(setup) {
        let (alice, bob) = (setup.client(), setup.client());
        let made = alice.create_write();
        sent(&alice, &made, b"first");
        sent(&alice, &made, b"second");
        let channel = bob.create_read(&made);
        let query = stored(&bob.read(channel));
        let bob = crash(setup, bob);
        let next = Some(&query.next_index);
        let id = bob
            .run(bob.client.resume_read_channel(&made.read_cap, next, query.reply_index))
            .unwrap();
        assert_eq!(bob.fetch(id, &query, &bob.courier()), &b"first"[..]);
        assert_eq!(bob.fetch(id, &bob.read(id), &bob.courier()), &b"second"[..]);
    }

    fn resume_write_channel_query_stands_at_the_query_until_it_is_answered(setup) {
        let alice = setup.client();
        let made = alice.create_write();
        let query = stored(&alice.write(made.id, b"unsent"));
        let alice = crash(setup, alice);
        let client = &alice.client;
        let id = alice.run(client.resume_write_channel_query(&made.write_cap, &query)).unwrap();
        alice.send_write(id, &query, &alice.courier());
        let second = alice.write(id, b"second");
        assert_eq!(second.current_index, query.next_index);
        alice.send_write(id, &second, &alice.courier());
        read_all(&setup.client(), &made, &[b"unsent", b"second"]);
    }

    fn resume_read_channel_query_understands_the_answer_of_the_earlier_query(setup) {
        let (alice, bob) = (setup.client(), setup.client());
        let made = alice.create_write();
        sent(&alice, &made, b"first");
        sent(&alice, &made, b"second");
        let channel = bob.create_read(&made);
        let query = stored(&bob.read(channel));
        let bob = crash(setup, bob);
        let client = &bob.client;
        let id = bob.run(client.resume_read_channel_query(&made.read_cap, &query)).unwrap();
        assert_eq!(bob.fetch(id, &query, &bob.courier()), &b"first"[..]);
        assert_eq!(bob.fetch(id, &bob.read(id), &bob.courier()), &b"second"[..]);
    }

    fn a_write_that_was_sent_before_the_crash_may_be_sent_again_after_it(setup) {
        let alice = setup.client();
        let made = alice.create_write();
        let query = stored(&sent(&alice, &made, b"once"));
        let alice = crash(setup, alice);
        let client = &alice.client;
        let id = alice.run(client.resume_write_channel_query(&made.write_cap, &query)).unwrap();
        alice.send_write(id, &query, &alice.courier());
        read_all(&setup.client(), &made, &[b"once"]);
    }

    fn resume_queries_of_the_wrong_kind_are_refused(setup) {
        let alice = setup.client();
        let made = alice.create_write();
        let channel = alice.create_read(&made);
        let (write, read) = (alice.write(made.id, b"x"), alice.read(channel));
        for error in [
            refused(alice.client.resume_write_channel_query(&made.write_cap, &read)),
            refused(alice.client.resume_read_channel_query(&made.read_cap, &write)),
            refused(alice.client.resume_read_channel(&made.read_cap, None, Some(2))),
        ] {
            assert_eq!(error.status(), Status::ARG_VALUE);
        }
    }

    /// The seed's workflows close the channel in the same process instead of crashing.
    fn a_channel_that_was_closed_is_resumed_under_another_id(setup) {
        let alice = setup.client();
        let made = alice.create_write();
        alice.run(alice.client.close_channel(made.id)).unwrap();
        let id = alice.run(alice.client.resume_write_channel(&made.write_cap, None)).unwrap();
        assert_ne!(id, made.id);
        alice.send_write(id, &alice.write(id, b"again"), &alice.courier());
        read_all(&alice, &made, &[b"again"]);
    }
}
