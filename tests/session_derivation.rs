//! The background check that daemon and library derive alike. In a program of its own, as
//! one daemon that does not is remembered for the whole process.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/mod.rs"]
mod common;

use common::drive::{barrier, client, start};
use common::frames::{bytes, fields, get, Era};
use common::peer::{Greeting, Peer};
use kpclient::bacap::{self, Keypair};
use kpclient::client::local_derivation;
use kpclient::config::Config;
use kpclient::Status;

fn config(peer: &Peer) -> Config {
    Config {
        verify_derivation: true,
        ..peer.config()
    }
}

#[test]
fn each_daemon_process_is_checked_once_and_a_difference_is_remembered() {
    // Daemons that put local requests in line with everything else are not asked.
    let peer = Peer::new(Era::FirstSessions);
    let old = client(config(&peer));
    let connecting = start(&old, old.connect());
    let mut conn = peer.welcome();
    connecting.done::<()>().unwrap();
    barrier(&old, &mut conn);

    let peer = Peer::current();
    let client = client(config(&peer));
    let connecting = start(&client, client.connect());
    let mut conn = peer.welcome();
    let check = conn.expect("new_keypair");
    // Nobody waits for it.
    connecting.done::<()>().unwrap();
    let call = start(&client, client.new_keypair_remote(&[1; 32]));
    let asked = conn.expect("new_keypair");
    conn.answer_keypair(&asked);
    call.done::<Keypair>().unwrap();
    conn.answer_keypair(&check);
    barrier(&client, &mut conn);
    assert!(local_derivation().is_ok());

    // The same process again: nothing to check.
    conn.cut();
    let mut conn = peer.welcome();
    barrier(&client, &mut conn);

    conn.cut();
    let another = Greeting {
        instance: Some([9; 16]),
        ..Greeting::default()
    };
    let mut conn = peer.accept().shake(&another);
    let check = conn.expect("new_keypair");
    assert_ne!(get::<32>(&check.fields, "seed"), [1; 32]);
    let other = bacap::keypair(&[2; 32]);
    conn.answer(
        &check,
        fields([
            ("write_cap", bytes(other.write_cap.as_bytes())),
            ("read_cap", bytes(other.read_cap.as_bytes())),
            ("first_message_index", bytes(other.first_index.as_bytes())),
        ]),
    );
    // Its answer was taken in before that to this, and its task runs before this one's.
    barrier(&client, &mut conn);
    let refused = local_derivation().unwrap_err();
    assert_eq!(refused.status(), Status::INCOMPATIBLE_DAEMON);
    // The remote forms remain.
    barrier(&client, &mut conn);
}
