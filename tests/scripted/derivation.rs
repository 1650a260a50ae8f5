//! The background verification of how a daemon makes keys and indices.

use std::sync::Arc;
use std::time::Duration;

use crate::common::drive::{barrier, client, start};
use crate::common::frames::{bytes, fields, get, Era};
use crate::common::peer::{Asked, Conn, Greeting, Peer};
use kpclient::bacap::{BoxIndex, Derivation, Keypair};
use kpclient::client::{Client, KeyDerivation};
use kpclient::config::Config;
use kpclient::{bacap, Status};

const OLD: KeyDerivation = KeyDerivation::Known(Derivation::BeforeHpqc101);
const CURRENT: KeyDerivation = KeyDerivation::Known(Derivation::SinceHpqc101);

fn config(peer: &Peer) -> Config {
    Config {
        verify_derivation: true,
        reconnect_min: Duration::from_millis(1),
        reconnect_max: Duration::from_millis(1),
        ..peer.config()
    }
}

/// A daemon process that is told from others by a number.
fn process(number: u16) -> Greeting {
    let mut instance = [9; 16];
    instance[..2].copy_from_slice(&number.to_be_bytes());
    Greeting {
        instance: Some(instance),
        ..Greeting::default()
    }
}

/// A client that connects with the first daemon process, and its connection.
fn connected(peer: &Peer) -> (Arc<Client>, Conn) {
    let client = client(config(peer));
    let connecting = start(&client, client.connect());
    let conn = peer.accept().shake(&process(0));
    connecting.done::<()>().unwrap(); // nobody waits for the verification
    (client, conn)
}

fn answer_keypair(conn: &mut Conn, asked: &Asked, pair: &Keypair) {
    let reply = fields([
        ("write_cap", bytes(pair.write_cap.as_bytes())),
        ("read_cap", bytes(pair.read_cap.as_bytes())),
        ("first_message_index", bytes(pair.first_index.as_bytes())),
    ]);
    conn.answer(asked, reply);
}

/// How a daemon computes the index after another.
type Next = fn(&BoxIndex) -> BoxIndex;

/// Plays a whole verification with a daemon of this derivation, and waits for its end.
fn verify(client: &Arc<Client>, conn: &mut Conn, derivation: Derivation, next: Next) {
    let asked = conn.expect("new_keypair");
    let seed = get(&asked.fields, "seed");
    answer_keypair(conn, &asked, &bacap::keypair_by(derivation, &seed));
    answer_next(client, conn, next);
}

fn answer_next(client: &Arc<Client>, conn: &mut Conn, next: Next) {
    let asked = conn.expect("next_message_box_index");
    let index: [u8; 104] = get(&asked.fields, "message_box_index");
    let next = next(&BoxIndex::from_bytes(&index).unwrap());
    conn.answer(
        &asked,
        fields([("next_message_box_index", bytes(next.as_bytes()))]),
    );
    // Its answer was taken in before that to this, and its task runs before this one's.
    barrier(client, conn);
}

fn builder_status(client: &Client) -> Status {
    client
        .copy_builder()
        .err()
        .map_or(Status::OK, |e| e.status())
}

#[test]
fn each_daemon_process_is_verified_once_and_each_client_knows_its_own() {
    let peer = Peer::current();
    let (client, mut conn) = connected(&peer);
    assert_eq!(client.key_derivation(), KeyDerivation::Unknown);
    verify(&client, &mut conn, Derivation::SinceHpqc101, BoxIndex::next);
    assert_eq!(client.key_derivation(), CURRENT);

    // The same process again: nothing to ask.
    conn.cut();
    let mut conn = peer.accept().shake(&process(0));
    barrier(&client, &mut conn);
    assert_eq!(client.key_derivation(), CURRENT);

    // Another one may be an older program.
    conn.cut();
    let mut conn = peer.accept().shake(&process(1));
    verify(
        &client,
        &mut conn,
        Derivation::BeforeHpqc101,
        BoxIndex::next,
    );
    assert_eq!(client.key_derivation(), OLD);

    // What one client learns of its daemon says nothing of another's.
    let other_peer = Peer::current();
    let (other, _conn) = connected(&other_peer);
    assert_eq!(other.key_derivation(), KeyDerivation::Unknown);
    assert_eq!(client.key_derivation(), OLD);
}

#[test]
fn daemons_that_would_put_the_questions_in_line_are_old_ones_without_being_asked() {
    let peer = Peer::new(Era::FirstSessions);
    let client = client(config(&peer));
    let connecting = start(&client, client.connect());
    let mut conn = peer.welcome();
    connecting.done::<()>().unwrap();
    barrier(&client, &mut conn);
    assert_eq!(client.key_derivation(), OLD);
}

#[test]
fn no_derivation_is_a_reason_to_refuse_anything() {
    let peer = Peer::current();
    let (client, mut conn) = connected(&peer);
    verify(
        &client,
        &mut conn,
        Derivation::BeforeHpqc101,
        BoxIndex::next,
    );
    assert_ne!(builder_status(&client), Status::INCOMPATIBLE_DAEMON);
    conn.cut();
    let mut conn = peer.accept().shake(&process(1));
    let asked = conn.expect("new_keypair");
    answer_keypair(&mut conn, &asked, &bacap::keypair(&[2; 32]));
    answer_next(&client, &mut conn, BoxIndex::next);
    assert_eq!(client.key_derivation(), KeyDerivation::Other);
    assert_ne!(builder_status(&client), Status::INCOMPATIBLE_DAEMON);
}

#[test]
fn another_next_index_is_refused_until_a_verification_agrees() {
    let peer = Peer::current();
    let (client, mut conn) = connected(&peer);
    verify(&client, &mut conn, Derivation::SinceHpqc101, |index| {
        index.next().next()
    });
    assert_eq!(client.key_derivation(), CURRENT);
    assert_eq!(builder_status(&client), Status::INCOMPATIBLE_DAEMON);

    // The same process is asked again, as there is a doubt.
    conn.cut();
    let mut conn = peer.accept().shake(&process(0));
    verify(&client, &mut conn, Derivation::SinceHpqc101, BoxIndex::next);
    assert_ne!(builder_status(&client), Status::INCOMPATIBLE_DAEMON);
}

/// A daemon that restarts all the time: never more than one verification on a connection.
#[test]
fn restarts_do_not_add_up() {
    let peer = Peer::current();
    let (client, mut conn) = connected(&peer);
    let mut verifications = 0;
    for number in 1..=1000 {
        let call = start(&client, client.new_keypair_remote(&[1; 32]));
        let mut asked = 0;
        loop {
            let request = conn.expect("new_keypair");
            if get::<32>(&request.fields, "seed") == [1; 32] {
                conn.answer_keypair(&request);
                break;
            }
            asked += 1;
        }
        assert!(asked <= 1, "{asked} verifications on connection {number}");
        verifications += asked;
        call.done::<Keypair>().unwrap();
        conn.cut();
        conn = peer.accept().shake(&process(number));
    }
    assert!(verifications >= 3, "each of the first ones is begun anew");
    assert!(
        verifications < 80,
        "a daemon that never answers is asked seldom"
    );
}

/// The rule of eight hang-ups counts the caller's request, though a verification is before it.
#[test]
fn a_verification_is_no_suspect() {
    let peer = Peer::current();
    let (client, mut conn) = connected(&peer);
    let call = start(&client, client.new_keypair_remote(&[1; 32]));
    for number in 1..=8 {
        while get::<32>(&conn.expect("new_keypair").fields, "seed") != [1; 32] {}
        conn.cut();
        conn = peer.accept().shake(&process(number));
    }
    assert_eq!(call.status(), Status::CONNECTION_LOST);
}
