//! A request on which the daemon hangs up each time that it gets it: it ends, and what waits
//! behind it goes on. What only met restarts, or a daemon that was away, does not end.

use std::sync::Arc;

use kpclient::bacap::Keypair;
use kpclient::client::{
    Client, CopyDestination, NewChannel, SignedDocument, StartResult, StreamEnds, Timeout,
};
use kpclient::{Error, Origin, Status};

use crate::common::drive::{connected, connected_with, start, start_write, Op};
use crate::common::frames::{bytes, fields, get, int, Era};
use crate::common::peer::{Conn, Greeting, Peer};
use crate::common::replies::caps;
use crate::common::LIMIT;

/// So often a request may be the last that a daemon gets.
const HANG_UPS: usize = 8;

const POISON: &str = "get_pki_document";

fn poison(client: &Arc<Client>) -> Op {
    start(client, client.get_pki_document(5))
}

/// Gives the next connection after `conn` got `key` and hung up, so many times.
fn hang_up_on(peer: &Peer, mut conn: Conn, key: &str, times: usize) -> Conn {
    for _ in 0..times {
        conn.expect(key);
        conn.cut();
        conn = peer.welcome();
    }
    conn
}

fn is_given_up(error: &Error) {
    assert_eq!(error.status(), Status::CONNECTION_LOST);
    assert_eq!(error.origin(), Origin::Daemon);
    let times = format!("{HANG_UPS} connections");
    assert!(error.message().contains(&times), "{error}");
}

#[test]
fn a_request_that_ends_each_connection_ends_and_what_is_behind_it_goes_on() {
    let peer = Peer::current();
    let (client, conn) = connected(&peer);
    let poison = poison(&client);
    let behind = start(&client, client.new_keypair_remote(&[1; 32]));
    let mut conn = hang_up_on(&peer, conn, POISON, HANG_UPS);
    let asked = conn.expect("new_keypair");
    is_given_up(&poison.failure());
    conn.answer_keypair(&asked);
    behind.done::<Keypair>().unwrap();
    // Whoever asks again is heard again.
    let again = self::poison(&client);
    let asked = conn.expect(POISON);
    answer_document(&mut conn, &asked);
    again.done::<SignedDocument>().unwrap();
}

fn answer_document(conn: &mut Conn, asked: &crate::common::peer::Asked) {
    let document = [("payload", bytes(b"document")), ("epoch", int(5_u64))];
    conn.answer(asked, fields(document));
}

#[test]
fn a_request_that_was_not_the_first_in_line_is_not_held_to_account() {
    let peer = Peer::current();
    let (client, conn) = connected(&peer);
    let first = start(&client, client.new_keypair_remote(&[1; 32]));
    let second = poison(&client);
    let mut conn = hang_up_on(&peer, conn, "new_keypair", HANG_UPS - 1);
    let asked = conn.expect("new_keypair");
    conn.answer_keypair(&asked);
    first.done::<Keypair>().unwrap();
    let mut conn = hang_up_on(&peer, conn, POISON, HANG_UPS - 1);
    let asked = conn.expect(POISON);
    answer_document(&mut conn, &asked);
    second.done::<SignedDocument>().unwrap();
}

#[test]
fn a_daemon_that_is_away_goes_or_restarts_ends_no_request() {
    let peer = Peer::current();
    let (client, conn) = connected(&peer);
    let call = poison(&client);
    let mut conn = hang_up_on(&peer, conn, POISON, HANG_UPS - 1);
    // One that said that it would go.
    for _ in 0..HANG_UPS {
        conn.expect(POISON);
        conn.send_message("shutdown_event", &fields([]));
        conn.cut();
        conn = peer.welcome();
    }
    // One that was left, and one that is not there long enough to be asked.
    conn.expect(POISON);
    client.disconnect().unwrap();
    conn.expect_end();
    for _ in 0..HANG_UPS {
        let failing = start(&client, client.connect());
        let mut conn = peer.accept();
        conn.greet(&Greeting::default());
        conn.take_token();
        conn.cut();
        assert_eq!(failing.status(), Status::CONNECTION_LOST);
    }
    let connecting = start(&client, client.connect());
    conn = peer.welcome();
    connecting.done::<()>().unwrap();
    let asked = conn.expect(POISON);
    answer_document(&mut conn, &asked);
    call.done::<SignedDocument>().unwrap();
}

#[test]
fn an_old_daemon_that_is_off_the_mixnet_answers_nothing_and_is_waited_for() {
    let peer = Peer::new(Era::FirstSessions);
    let (client, mut conn) = connected_with(&peer, peer.config(), &Greeting::offline());
    let call = start(&client, client.new_keypair_remote(&[1; 32]));
    for _ in 0..=HANG_UPS {
        conn.expect("new_keypair");
        conn.cut();
        conn = peer.accept().shake(&Greeting::offline());
    }
    conn.expect("new_keypair");
    conn.cut();
    // On the mixnet it would have answered.
    let mut conn = hang_up_on(&peer, peer.welcome(), "new_keypair", HANG_UPS);
    is_given_up(&call.failure());
    let other = start(&client, client.new_keypair_remote(&[2; 32]));
    let asked = conn.expect("new_keypair");
    conn.answer_keypair(&asked);
    other.done::<Keypair>().unwrap();
}

#[test]
fn a_request_that_its_thread_makes_again_ends_too() {
    const KEY: &str = "create_courier_envelopes_from_payload";
    let peer = Peer::current();
    let (client, _local) = connected(&peer);
    let (write_cap, _, start_index) = caps();
    let to = CopyDestination {
        write_cap,
        start_index,
        payload: b"payload",
    };
    let ends = StreamEnds {
        is_start: true,
        is_last: true,
    };
    let limit = Timeout::After(LIMIT);
    let made = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| client.courier_envelopes_from_payload(&to, ends, limit));
        let conn = hang_up_on(&peer, peer.welcome(), KEY, HANG_UPS);
        let made = waiting.join().unwrap();
        drop(conn);
        made
    });
    is_given_up(&made.err().unwrap());
}

#[test]
fn a_channel_that_an_old_daemon_does_not_survive_is_not_made_again_and_again() {
    let peer = Peer::new(Era::Channels);
    let (client, conn) = connected_with(&peer, peer.config(), &Greeting::default());
    let channel = start(&client, client.create_write_channel());
    let conn = hang_up_on(&peer, conn, "create_write_channel", HANG_UPS);
    let error = channel.done::<NewChannel>().map(drop).unwrap_err();
    is_given_up(&error);
    drop(conn);
}

/// The daemon cannot live with one write of three. At first all go, and any might be the one.
#[test]
fn the_write_that_ends_each_connection_is_found_among_others_and_ends() {
    const GUILTY: u8 = 3;
    let peer = Peer::current();
    let (client, _local) = connected(&peer);
    let writes = [1, 2, GUILTY].map(|name| start_write(&client, name));
    let mut lane = peer.welcome();
    let mut seen = Vec::new();
    for _ in 0..HANG_UPS {
        let mut before = 0;
        loop {
            let asked = lane.expect("start_resending_encrypted_message");
            let name = get::<32>(&asked.fields, "envelope_hash")[0];
            if name == GUILTY {
                break;
            }
            // Alone it is answered; among others the daemon does not come to that.
            before += 1;
            if seen.len() >= HANG_UPS / 2 {
                lane.answer_start(&asked, 0, None);
                before -= 1;
            }
        }
        seen.push(before);
        lane.cut();
        lane = peer.welcome();
    }
    assert_eq!(seen, [2, 2, 2, 2, 0, 0, 0, 0]);
    let [first, second, guilty] = writes;
    is_given_up(&guilty.failure());
    first.done::<StartResult>().unwrap();
    second.done::<StartResult>().unwrap();
    // What comes later is sent as ever.
    let later = start_write(&client, 4);
    let asked = lane.expect("start_resending_encrypted_message");
    lane.answer_start(&asked, 0, None);
    later.done::<StartResult>().unwrap();
}
