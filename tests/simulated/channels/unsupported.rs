//! What a daemon does not know is refused at once, and nothing is sent to it.

use kpclient::bacap::{keypair, BoxIndex};
use kpclient::client::{CopyDestination, Envelope, Event, StartFlags, StartKind, StreamEnds};
use kpclient::{Error, Status};

use super::user::{config, message_id, Setup, User};
use crate::world::*;

fn envelope(user: &User, index: &BoxIndex) -> Envelope {
    let size = user.client.pigeonhole_geometry().unwrap();
    let ciphertext = vec![1; size.courier_query_write_length];
    Envelope::from_parts(&[1; 32], Some(index.clone()), b"descriptor", &ciphertext).unwrap()
}

/// Every call of today on a daemon of then.
fn todays_calls(user: &User) -> Vec<Error> {
    let client = &user.client;
    let pair = keypair(&[3; 32]);
    let (cap, index) = (&pair.write_cap, &pair.first_index);
    let flags = StartFlags::default();
    let start = |kind| {
        let started = client.start_resending_encrypted_message(kind, envelope(user, index), flags);
        refused(user.run(started))
    };
    vec![
        refused(user.run(client.encrypt_write(cap, index, b"x"))),
        refused(user.run(client.encrypt_read(&pair.read_cap, index))),
        refused(user.run(client.write_box(cap, index, b"x", flags))),
        refused(user.run(client.read_box(&pair.read_cap, index, flags))),
        start(StartKind::Write(cap.clone())),
        start(StartKind::Read(pair.read_cap.clone(), index.clone())),
        refused(user.run(client.start_resending_copy_command(cap, None))),
        refused(user.run(client.start_resending_copy_command(cap, Some(user.courier())))),
        refused(user.run(client.cancel_resending_encrypted_message(&[1; 32]))),
        refused(user.run(client.cancel_resending_copy_command(&cap.hash()))),
        refused(user.run(client.new_keypair_remote(&[3; 32]))),
        refused(user.run(client.next_message_box_index_remote(index))),
        refused(user.run(client.message_box_index_counter_remote(index))),
        refused(user.run(client.get_pki_document(0))),
    ]
}

/// The calls of today about streams for couriers, vouchers and authorities.
fn todays_other_calls(user: &User) -> Vec<Error> {
    let client = &user.client;
    let pair = keypair(&[3; 32]);
    let (cap, index) = (&pair.write_cap, &pair.first_index);
    let ends = StreamEnds {
        is_start: true,
        is_last: true,
    };
    let to = CopyDestination {
        payload: b"x",
        write_cap: cap.clone(),
        start_index: index.clone(),
    };
    let tombstones =
        |count| client.create_courier_envelopes_from_tombstone_range(cap, index, count, ends, None);
    let in_part = user.run(client.tombstone_range(cap, index, 2));
    let path = vec![user.courier()];
    let builder = client.copy_builder().unwrap();
    vec![
        refused(user.run(client.create_courier_envelopes_from_payload(&to, ends))),
        refused(user.run(client.create_courier_envelopes_from_multi_payload(&[to], ends, None))),
        refused(user.run(tombstones(2))),
        in_part.map_or_else(|error| error, |made| made.error.expect("none was made")),
        refused(user.run(client.send_nested_copy(b"x", cap, index, path))),
        refused(user.run(client.copy_builder_add(&builder, cap, index, b"x"))),
        refused(user.run(client.copy_builder_add_tombstones(&builder, cap, index, 2))),
        refused(user.run(client.voucher_mint(cap, "name"))),
        refused(user.run(client.voucher_derive_stream(&[1; 32]))),
        refused(user.run(client.voucher_induct(&[1; 32], b"x", b"x"))),
        refused(user.run(client.voucher_open(&[1; 32], b"x", cap))),
        refused(user.run(client.get_directory_authorities())),
    ]
}

#[test]
fn streams_vouchers_and_authorities_are_refused_on_v0_0_72_and_nothing_is_sent() {
    let setup = Setup::new(Era::V0_0_72);
    let alice = setup.client();
    setup.control("hold");
    for (number, error) in todays_other_calls(&alice).iter().enumerate() {
        assert_eq!(
            error.status(),
            Status::UNSUPPORTED,
            "call {number}: {error}"
        );
    }
    assert_eq!(setup.sim.stats().unwrap()["one_queue"], 0);
    setup.control("release");
    alice.create_write();
}

#[test]
fn todays_calls_are_refused_on_v0_0_72_and_nothing_is_sent() {
    let setup = Setup::new(Era::V0_0_72);
    let alice = setup.client();
    setup.control("hold"); // whatever is sent would stay in line, and be seen there
    for (number, error) in todays_calls(&alice).iter().enumerate() {
        assert_eq!(
            error.status(),
            Status::UNSUPPORTED,
            "call {number}: {error}"
        );
    }
    assert_eq!(setup.sim.stats().unwrap()["one_queue"], 0);
    setup.control("release");
    alice.create_write(); // the daemon lives: it would have crashed on any of them
}

#[test]
fn todays_calls_are_refused_on_v0_0_72_while_it_is_offline_too() {
    let setup = Setup::new(Era::V0_0_72);
    let alice = setup.client();
    setup.control("offline");
    alice.event(|event| {
        let gone = matches!(event, Event::ConnectionStatus(status) if !status.is_connected);
        gone.then_some(())
    });
    for (number, error) in todays_calls(&alice).iter().enumerate() {
        assert_eq!(
            error.status(),
            Status::UNSUPPORTED,
            "call {number}: {error}"
        );
    }
}

#[test]
fn plain_messages_work_on_v0_0_72_with_and_without_a_reply_block() {
    let mut config = config(Era::V0_0_72);
    config.network.lambda_p = 1.0; // flush reckons with it
    let setup = Setup::with(config);
    let alice = setup.client();
    let echo = alice.service("echo");
    let reply = alice
        .run(alice.client.blocking_send_message(&echo, b"ping"))
        .unwrap();
    assert_eq!(&reply[..5], b"ping\0");
    let surb = message_id();
    let id = alice
        .run(alice.client.send_message(&surb, &echo, b"ping"))
        .unwrap();
    let told = alice.event(|event| match event {
        Event::MessageReply(reply) if reply.message_id == Some(id) => Some(reply.clone()),
        _ => None,
    });
    assert_eq!(told.surb_id, Some(surb));
    // A null in place of the reply block's id would end that daemon.
    alice
        .run(alice.client.send_message_without_reply(&echo, b"ping"))
        .unwrap();
    alice.run(alice.client.flush()).unwrap();
    alice.create_write();
}
