//! Queries that nobody waits for: what becomes of them is told by events.

use kpclient::client::{ChannelQueryReply, Event, Timeout};
use kpclient::Status;

use super::in_every_era;
use super::user::{message_id, Setup, User, ATTEMPTS};
use crate::world::*;

fn sent(user: &User, id: [u8; 16]) -> Option<kpclient::Error> {
    user.event(|event| match event {
        Event::ChannelQuerySent(sent) if sent.message_id == Some(id) => Some(sent.clone()),
        _ => None,
    })
    .error
}

fn reply(user: &User, id: [u8; 16]) -> ChannelQueryReply {
    user.event(|event| match event {
        Event::ChannelQueryReply(reply) if reply.message_id == Some(id) => Some(reply.clone()),
        _ => None,
    })
}

fn channel_events(user: &User) -> usize {
    let mine = |event: &Event| match event {
        Event::ChannelQuerySent(_) | Event::ChannelQueryReply(_) | Event::MessageReply(_) => {
            Some(())
        }
        _ => None,
    };
    user.events_now(mine).len()
}

in_every_era! {
    fn send_channel_query_tells_that_it_was_sent_and_answered(setup) {
        let (alice, bob) = (setup.client(), setup.client());
        let made = alice.create_write();
        let courier = alice.courier();
        let query = alice.write(made.id, b"told");
        let id = message_id();
        alice.run(alice.client.send_channel_query(made.id, &query, &courier, &id)).unwrap();
        assert!(sent(&alice, id).is_none());
        let answered = reply(&alice, id);
        assert!(answered.error.is_none() && answered.payload.is_empty());
        assert_eq!(alice.write(made.id, b"x").current_index, query.next_index);

        let channel = bob.create_read(&made);
        let query = bob.read(channel);
        let found = (0..ATTEMPTS)
            .map(|_| {
                let id = message_id();
                bob.run(bob.client.send_channel_query(channel, &query, &courier, &id)).unwrap();
                sent(&bob, id);
                let answered = reply(&bob, id);
                assert!(answered.error.is_none());
                answered.payload
            })
            .find(|payload| !payload.is_empty());
        assert_eq!(found.unwrap(), &b"told"[..]);
        assert_eq!(channel_events(&bob), 0, "nothing is told twice");
    }

    fn send_channel_query_await_reply_keeps_the_reply_for_itself(setup) {
        let alice = setup.client();
        let made = alice.create_write();
        let query = alice.write(made.id, b"x");
        alice.send_write(made.id, &query, &alice.courier());
        let told = alice.events_now(|event| match event {
            Event::ChannelQuerySent(_) => Some("sent"),
            Event::ChannelQueryReply(_) | Event::MessageReply(_) => Some("reply"),
            _ => None,
        });
        assert_eq!(told, ["sent"]);
    }

    fn a_closed_channel_tells_the_end_of_its_queries(setup) {
        let alice = setup.client();
        let made = alice.create_write();
        let query = alice.write(made.id, b"x");
        let courier = alice.courier();
        setup.control("hold");
        let id = message_id();
        alice.run(alice.client.send_channel_query(made.id, &query, &courier, &id)).unwrap();
        alice.run(alice.client.close_channel(made.id)).unwrap();
        assert_eq!(reply(&alice, id).error.unwrap().status(), Status::CANCELLED);
        setup.control("release");
        assert_eq!(channel_events(&alice), 0);
    }

    fn a_message_id_may_be_used_again_once_it_was_answered(setup) {
        let (alice, bob) = (setup.client(), setup.client());
        let made = alice.create_write();
        let channel = bob.create_read(&made);
        let query = bob.read(channel);
        let courier = bob.courier();
        let id = message_id();
        for _ in 0..3 {
            bob.run(bob.client.send_channel_query(channel, &query, &courier, &id)).unwrap();
            assert!(reply(&bob, id).error.is_none());
        }
        assert!(bob.events.next(Timeout::Poll).is_ok());
    }

    fn flush_waits_for_writes_and_reliable_messages_that_nobody_waits_for(setup) {
        let alice = setup.client();
        let made = alice.create_write();
        let query = alice.write(made.id, b"x");
        let courier = alice.courier();
        let echo = alice.service("echo");
        let client = &alice.client;
        setup.control("hold");
        let id = message_id();
        alice.run(client.send_channel_query(made.id, &query, &courier, &id)).unwrap();
        let soon = Timeout::After(std::time::Duration::from_millis(50));
        let flushed = client.flush().unwrap().block(soon);
        assert_eq!(refused(flushed).status(), Status::TIMEOUT);
        setup.control("release");
        alice.run(client.flush()).unwrap();
        assert!(reply(&alice, id).error.is_none());

        setup.control("hold");
        let id = message_id();
        alice.run(client.send_reliable_message(&id, &echo, b"x")).unwrap();
        let flushed = client.flush().unwrap().block(soon);
        assert_eq!(refused(flushed).status(), Status::TIMEOUT);
        setup.control("release");
        alice.run(client.flush()).unwrap();
        let answered = alice.events_now(|event| match event {
            Event::MessageReply(reply) => Some(reply.error.is_none()),
            _ => None,
        });
        assert_eq!(answered, [true]);
    }

    /// Nobody is told that a query was sent while it waits in the client.
    fn a_query_is_told_to_be_sent_when_the_daemon_gets_it(setup) {
        let alice = setup.client();
        let made = alice.create_write();
        let query = alice.write(made.id, b"x");
        let courier = alice.courier();
        alice.client.disconnect().unwrap();
        let offline = alice.client.send_channel_query(made.id, &query, &courier, &message_id());
        assert_eq!(refused(offline).status(), Status::OFFLINE);
        alice.run(alice.client.connect()).unwrap();
        let id = message_id();
        alice.run(alice.client.send_channel_query(made.id, &query, &courier, &id)).unwrap();
        assert!(sent(&alice, id).is_none());
        reply(&alice, id);
    }
}
