//! `voucher_mint`, `voucher_derive_stream`, `voucher_induct`, `voucher_open`.

use kpclient::bacap::{BoxIndex, Keypair, WriteCap};
use kpclient::client::{Client, MintedVoucher, StartFlags};
use kpclient::Status;
use kpclientd_sim::{Sim, SimConfig};

use crate::world::*;

fn mint(client: &Client, stream: &Keypair) -> MintedVoucher {
    done(client.voucher_mint(&stream.write_cap, "Alice"))
}

fn write(client: &Client, cap: &WriteCap, index: &BoxIndex, content: &[u8]) {
    done(client.write_box(cap, index, content, StartFlags::default()));
}

#[test]
fn a_joiner_is_inducted_and_writes_what_the_group_reads() {
    let sim = sim();
    let (joiner, inductor) = (client(&sim), client(&sim));
    let messages = stream(1);
    let minted = mint(&joiner, &messages);
    let first = minted.stream.write_cap.first_index();
    write(&joiner, &minted.stream.write_cap, &first, &minted.payload);

    let derived = done(inductor.voucher_derive_stream(&minted.voucher));
    assert!(derived.write_cap == minted.stream.write_cap);
    assert!(derived.read_cap == minted.stream.read_cap);
    let index = derived.read_cap.first_index();
    let told = read_one(&inductor, &derived.read_cap, &index).unwrap();
    let work = inductor.voucher_induct(&minted.voucher, &told, b"who we are");
    let inducted = done(work);
    assert_eq!(inducted.display_name, "Alice");
    assert!(inducted.stream.write_cap == derived.write_cap);
    write(
        &inductor,
        &derived.write_cap,
        &index.next(),
        &inducted.sealed_reply,
    );

    let sealed = read_one(&joiner, &minted.stream.read_cap, &first.next()).unwrap();
    let work = joiner.voucher_open(&minted.secret_key, &sealed, &messages.write_cap);
    let opened = done(work);
    assert_eq!(&opened.who_reply[..], b"who we are");
    assert_eq!(opened.salt, inducted.salt);
    let cap = opened.message_write_cap;
    write(&joiner, &cap, &cap.first_index(), b"hello");
    let reader = inducted.message_read_cap;
    let found = read_one(&inductor, &reader, &reader.first_index()).unwrap();
    assert_eq!(&found[..], b"hello");
}

#[test]
fn each_failure_has_its_status() {
    let sim = sim();
    let client = client(&sim);
    let (one, two) = (stream(1), stream(2));
    let (minted, other) = (mint(&client, &one), mint(&client, &two));
    assert_ne!(minted.voucher, mint(&client, &one).voucher);
    let induct = |voucher, payload: &[u8]| client.voucher_induct(voucher, payload, b"who");

    let wrong = status(induct(&other.voucher, &minted.payload));
    assert_eq!(wrong, Status::VOUCHER_HASH_MISMATCH);
    sim.control("error voucher_induct 29").unwrap();
    let forged = status(induct(&minted.voucher, &minted.payload));
    assert_eq!(forged, Status::VOUCHER_SIGNATURE_INVALID);
    let inducted = done(induct(&minted.voucher, &minted.payload));
    let open = |key: &[u8]| client.voucher_open(key, &inducted.sealed_reply, &one.write_cap);
    assert_eq!(
        status(open(&other.secret_key)),
        Status::VOUCHER_SEAL_OPEN_FAILED
    );
    // An invalid request is no invalid signature.
    sim.control("error voucher_mint 3").unwrap();
    let invalid = status(client.voucher_mint(&one.write_cap, "Alice"));
    assert_eq!(invalid, Status::DAEMON_INVALID_REQUEST);
}

#[test]
fn what_is_empty_or_fits_no_box_is_not_asked() {
    let sim = sim();
    let client = client(&sim);
    let cap = stream(1).write_cap;
    let long = vec![b'x'; 1678];
    let name = String::from_utf8(long.clone()).unwrap();
    let hash = [1; 32];
    assert_eq!(status(client.voucher_mint(&cap, "")), Status::ARG_EMPTY);
    assert_eq!(
        status(client.voucher_mint(&cap, &name)),
        Status::PAYLOAD_TOO_LARGE
    );
    let induct = |payload: &[u8], who: &[u8]| status(client.voucher_induct(&hash, payload, who));
    assert_eq!(induct(b"", b"who"), Status::ARG_EMPTY);
    assert_eq!(induct(&long, b"who"), Status::PAYLOAD_TOO_LARGE);
    assert_eq!(induct(b"payload", &long), Status::PAYLOAD_TOO_LARGE);
    let open = |key: &[u8], sealed: &[u8]| status(client.voucher_open(key, sealed, &cap));
    assert_eq!(open(b"", b"sealed"), Status::ARG_EMPTY);
    assert_eq!(open(&[1; 31], b"sealed"), Status::ARG_SIZE);
    assert_eq!(open(&[1; 32], b""), Status::ARG_EMPTY);
    assert_eq!(open(&[1; 32], &long), Status::PAYLOAD_TOO_LARGE);
    let requests = sim.stats().unwrap()["requests"].to_string();
    assert!(!requests.contains("voucher"), "{requests}");
}

#[test]
fn old_daemons_are_not_asked() {
    let sim = Sim::start(SimConfig::new(Era::V0_0_73Rc1).hurried()).unwrap();
    let client = client(&sim);
    let cap = stream(1).write_cap;
    let hash = [1; 32];
    let unsupported = Status::UNSUPPORTED;
    assert_eq!(status(client.voucher_mint(&cap, "Alice")), unsupported);
    assert_eq!(status(client.voucher_derive_stream(&hash)), unsupported);
    assert_eq!(
        status(client.voucher_induct(&hash, b"p", b"w")),
        unsupported
    );
    assert_eq!(
        status(client.voucher_open(&[1; 32], b"s", &cap)),
        unsupported
    );
}
