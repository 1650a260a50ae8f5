//! A box lies on two replicas, and a read can name the one that is to answer.

use super::in_every_era;
use super::user::{message_id, Setup, ATTEMPTS};

in_every_era! {
    fn read_channel_reads_the_same_box_from_both_replicas(setup) {
        let (alice, bob) = (setup.client(), setup.client());
        let made = alice.create_write();
        let courier = alice.courier();
        alice.send_write(made.id, &alice.write(made.id, b"twice"), &courier);
        let channel = bob.create_read(&made);
        let first = bob.read(channel);
        bob.fetch(channel, &first, &courier);
        for replica in [0, 1] {
            // An envelope of v0.0.72 names one replica that holds the box and any other one.
            let reply = (0..ATTEMPTS)
                .map(|_| {
                    let at = Some(&first.current_index);
                    let client = &bob.client;
                    let query = bob.run(client.read_channel(channel, at, Some(replica))).unwrap();
                    assert_eq!(query.current_index, first.current_index);
                    assert_eq!(query.reply_index, Some(replica));
                    bob.try_send(channel, &query, &courier).unwrap(); // the courier takes it
                    let id = message_id();
                    bob.run(client.send_channel_query_await_reply(channel, &query, &courier, &id)).unwrap()
                })
                .find(|reply| !reply.payload.is_empty())
                .expect("it is on both");
            assert_eq!(reply.payload, &b"twice"[..]);
            assert_eq!(reply.reply_index, Some(replica));
        }
    }

    fn resume_read_channel_remembers_the_replica(setup) {
        let (alice, bob) = (setup.client(), setup.client());
        let made = alice.create_write();
        let id = bob.run(bob.client.resume_read_channel(&made.read_cap, None, Some(1))).unwrap();
        assert_eq!(bob.read(id).reply_index, Some(1));
        let other = bob.run(bob.client.read_channel(id, None, Some(0))).unwrap();
        assert_eq!(other.reply_index, Some(0));
    }
}
