//! A joiner and an inductor, each with a store, or one of them with the calls on single vouchers.

use std::sync::Arc;

use kpclient::bacap::{BoxIndex, ReadCap, WriteCap};
use kpclient::client::{Call, OpId, StartFlags, Timeout};
use kpclient::store::{
    voucher_from_text, voucher_to_text, Arrival, Direction, Reader, SharedChannel, Writer,
};
use kpclient::{Result, Status};
use kpclientd_sim::network::Era;

use crate::house::{House, Person};
use crate::world::{ended, hurried, no_retry, refused, start, stream, until, value};

/// What the calls of both sides complete with.
type Opened = (Arc<Writer>, bytes::Bytes);
type Inducted = (Arc<Reader>, String);

fn mint(joiner: &Person) -> String {
    let text = joiner.wait(joiner.store.mint_voucher("talk", "Jo ☃"));
    String::from_utf8(text.unwrap().to_vec()).unwrap()
}

fn open(joiner: &Person) -> Opened {
    let opened = joiner.wait(joiner.store.open_voucher("talk"));
    opened.unwrap()
}

fn try_induct(inductor: &Person, voucher: &str) -> Result<Inducted> {
    inductor.wait(
        inductor
            .store
            .induct_voucher("jo", Some(voucher), b"who we are"),
    )
}

fn induct(inductor: &Person, voucher: &str) -> Inducted {
    try_induct(inductor, voucher).unwrap()
}

/// What is kept of vouchers: the joiner's and the inductor's.
fn kept(person: &Person) -> [Vec<String>; 2] {
    [Direction::Write, Direction::Read]
        .map(|direction| person.wait(person.store.vouchers(direction)).unwrap())
}

fn nothing() -> [Vec<String>; 2] {
    [vec![], vec![]]
}

fn write(person: &Person, cap: &WriteCap, index: &BoxIndex, content: &[u8]) {
    let flags = StartFlags::default();
    let written = person.client.write_box(cap, index, content, flags);
    person.wait(written).unwrap();
}

fn look(person: &Person, cap: &ReadCap, index: &BoxIndex) -> Result<Vec<u8>> {
    let found = person.wait(person.client.read_box(cap, index, no_retry()));
    found.map(|found| found.plaintext.to_vec())
}

/// The reading half of a voucher's stream.
fn stream_of(person: &Person, voucher: &str) -> (WriteCap, ReadCap) {
    let voucher = voucher_from_text(voucher).unwrap();
    let derived = person.wait(person.client.voucher_derive_stream(&voucher));
    let derived = derived.unwrap();
    (derived.write_cap, derived.read_cap)
}

/// The joiner says something, and the inductor hears it.
fn check_talk(joiner: &Person, writer: &Writer, inductor: &Person, reader: &Reader) {
    joiner.send(writer, b"hello");
    assert_eq!(inductor.take_texts(reader, 1), ["hello"]);
}

#[test]
fn a_joiner_is_inducted_and_both_are_given_a_channel() {
    let house = House::new();
    let (jo, ida) = (house.person("jo"), house.person("ida"));
    let voucher = mint(&jo);
    assert_eq!(kept(&jo), [vec!["talk".to_owned()], vec![]]);
    // The inductor tells of a channel of her own, as one line.
    let own = ida.create("jo");
    let shared = SharedChannel::Read {
        cap: own.read_cap(),
        index: own.next_index(),
    };
    let reply = shared.to_text();
    let inducted = ida.wait(ida.store.induct_voucher("jo", Some(&voucher), &reply));
    let (reader, display_name) = inducted.unwrap();
    assert_eq!(display_name, "Jo ☃");
    let (writer, told) = open(&jo);
    assert_eq!((kept(&jo), kept(&ida)), (nothing(), nothing()));
    check_talk(&jo, &writer, &ida, &reader);
    let told = SharedChannel::from_text(std::str::from_utf8(&told).unwrap()).unwrap();
    let SharedChannel::Read { cap, index } = told else {
        panic!("not to be read");
    };
    let import = jo.store.import_reader("ida", &cap, Some(&index));
    let from_ida = jo.wait(import).unwrap();
    check_talk(&ida, &own, &jo, &from_ida);
    // Nobody reads the first box any more, and the channel is not where that said.
    let (_, stream) = stream_of(&ida, &voucher);
    let first = look(&ida, &stream, &stream.first_index());
    assert_eq!(refused(first).status(), Status::TOMBSTONE);
}

#[test]
fn whoever_asks_again_is_given_the_same() {
    let house = House::new();
    let (jo, ida) = (house.person("jo"), house.person("ida"));
    let voucher = mint(&jo);
    assert_eq!(mint(&jo), voucher);
    let (reader, _) = induct(&ida, &voucher.to_uppercase());
    let (again, display_name) = induct(&ida, &voucher);
    assert!(Arc::ptr_eq(&reader, &again) && display_name == "Jo ☃");
    drop((reader, again));
    ida.leave();
    jo.leave();
    let (jo, ida) = (house.person("jo"), house.person("ida"));
    let (writer, told) = open(&jo);
    let (again, told_again) = open(&jo);
    assert!(Arc::ptr_eq(&writer, &again) && told == "who we are" && told == told_again);
    let inducted = ida.wait(ida.store.induct_voucher("jo", None, b"not looked at"));
    check_talk(&jo, &writer, &ida, &inducted.unwrap().0);
    let minted = refused(jo.wait(jo.store.mint_voucher("talk", "Jo ☃")));
    assert_eq!(minted.status(), Status::CHANNEL_EXISTS);
    drop((writer, again));
    jo.wait(jo.store.delete(Direction::Write, "talk")).unwrap();
    let opened = refused(jo.wait(jo.store.open_voucher("talk")));
    assert_eq!(opened.status(), Status::CHANNEL_NOT_IN_DB);
    assert_ne!(mint(&jo), voucher);
}

#[test]
fn a_joiner_without_a_store_is_inducted() {
    let house = House::new();
    let (jo, ida) = (house.person("jo"), house.person("ida"));
    let messages = stream(1);
    let minted = jo.client.voucher_mint(&messages.write_cap, "Jo");
    let minted = jo.wait(minted).unwrap();
    let voucher = String::from_utf8(voucher_to_text(&minted.voucher).to_vec()).unwrap();
    let first = minted.stream.write_cap.first_index();
    // The payload may come after the inductor has begun to wait.
    let op = start(
        ida.store
            .induct_voucher("jo", Some(&voucher), b"who we are"),
    );
    write(&jo, &minted.stream.write_cap, &first, &minted.payload);
    let (reader, display_name): Inducted = value(&ida.client, op).unwrap();
    assert_eq!(display_name, "Jo");
    let sealed = look(&jo, &minted.stream.read_cap, &first.next()).unwrap();
    let opened = jo
        .client
        .voucher_open(&minted.secret_key, &sealed, &messages.write_cap);
    let opened = jo.wait(opened).unwrap();
    assert_eq!(opened.who_reply, "who we are");
    let cap = opened.message_write_cap;
    write(&jo, &cap, &cap.first_index(), b"raw");
    let found = ida.take(&reader);
    assert_eq!(
        (found.arrival, &found.data[..]),
        (Arrival::Foreign, &b"raw"[..])
    );
}

#[test]
fn an_inductor_without_a_store_inducts() {
    let house = House::new();
    let (jo, ida) = (house.person("jo"), house.person("ida"));
    let voucher = mint(&jo);
    // The joiner may wait before anybody replies.
    let op = start(jo.store.open_voucher("talk"));
    let (write_cap, read_cap) = stream_of(&ida, &voucher);
    let first = read_cap.first_index();
    let payload = look(&ida, &read_cap, &first).unwrap();
    let hash = voucher_from_text(&voucher).unwrap();
    let inducted = ida.client.voucher_induct(&hash, &payload, b"");
    let inducted = ida.wait(inducted).unwrap();
    assert_eq!(inducted.display_name, "Jo ☃");
    write(&ida, &write_cap, &first.next(), &inducted.sealed_reply);
    let import = ida
        .store
        .import_reader("jo", &inducted.message_read_cap, None);
    let reader = ida.wait(import).unwrap();
    let (writer, told): Opened = value(&jo.client, op).unwrap();
    assert!(told.is_empty());
    check_talk(&jo, &writer, &ida, &reader);
}

#[test]
fn of_two_who_induct_with_one_voucher_the_second_is_told_and_overwrites_nothing() {
    let house = House::new();
    let (jo, ida, eve) = (house.person("jo"), house.person("ida"), house.person("eve"));
    let voucher = mint(&jo);
    let (write_cap, read_cap) = stream_of(&eve, &voucher);
    let second = read_cap.first_index().next();
    write(&eve, &write_cap, &second, b"not sealed at all");
    for _ in 0..2 {
        let conflict = refused(try_induct(&ida, &voucher));
        assert_eq!(conflict.status(), Status::BOX_ALREADY_EXISTS);
        assert_eq!(
            look(&ida, &read_cap, &second).unwrap(),
            b"not sealed at all"
        );
        assert_eq!(kept(&ida), [vec![], vec!["jo".to_owned()]]);
    }
    // The first box is as the joiner wrote it.
    assert!(look(&ida, &read_cap, &read_cap.first_index()).is_ok());
    let spoilt = refused(jo.wait(jo.store.open_voucher("talk")));
    assert_eq!(spoilt.status(), Status::VOUCHER_SEAL_OPEN_FAILED);
    let cancel = |person: &Person, direction, name| {
        person.wait(person.store.cancel_voucher(direction, name))
    };
    cancel(&ida, Direction::Read, "jo").unwrap();
    cancel(&jo, Direction::Write, "talk").unwrap();
    let gone = refused(cancel(&jo, Direction::Write, "talk"));
    assert_eq!(gone.status(), Status::CHANNEL_NOT_IN_DB);
    assert_eq!((kept(&jo), kept(&ida)), (nothing(), nothing()));
    let voucher = mint(&jo);
    let (reader, _) = induct(&ida, &voucher);
    // Whoever comes when that is over finds the first box empty.
    assert_eq!(
        refused(try_induct(&eve, &voucher)).status(),
        Status::TOMBSTONE
    );
    check_talk(&jo, &open(&jo).0, &ida, &reader);
}

#[test]
fn what_the_daemon_refuses_has_its_status_and_the_call_can_be_made_again() {
    let house = House::new();
    let (jo, ida) = (house.person("jo"), house.person("ida"));
    let refuses =
        |request: &str, code: i32| house.order(&format!("error voucher_{request} {code}"));
    refuses("mint", 3);
    let minted = refused(jo.wait(jo.store.mint_voucher("talk", "Jo ☃")));
    assert_eq!(minted.status(), Status::DAEMON_INVALID_REQUEST);
    assert_eq!(kept(&jo), nothing());
    let voucher = mint(&jo);
    for (code, status) in [
        (28, Status::VOUCHER_HASH_MISMATCH),
        (29, Status::VOUCHER_SIGNATURE_INVALID),
    ] {
        refuses("induct", code);
        assert_eq!(refused(try_induct(&ida, &voucher)).status(), status);
    }
    let (reader, _) = induct(&ida, &voucher);
    refuses("open", 30);
    let sealed = refused(jo.wait(jo.store.open_voucher("talk")));
    assert_eq!(sealed.status(), Status::VOUCHER_SEAL_OPEN_FAILED);
    check_talk(&jo, &open(&jo).0, &ida, &reader);
}

#[test]
fn arguments_are_checked_before_anything_is_kept() {
    let house = House::new();
    let jo = house.person("jo");
    let max = jo
        .client
        .pigeonhole_geometry()
        .unwrap()
        .max_plaintext_payload_length;
    let mint = |name: &str, called: &str| refused(jo.wait(jo.store.mint_voucher(name, called)));
    assert_eq!(mint("", "Jo").status(), Status::ARG_EMPTY);
    assert_eq!(mint("talk", "").status(), Status::ARG_EMPTY);
    assert_eq!(
        mint("talk", &"x".repeat(max)).status(),
        Status::PAYLOAD_TOO_LARGE
    );
    let induct = |voucher: Option<&str>, reply: &[u8]| {
        refused(jo.wait(jo.store.induct_voucher("jo", voucher, reply))).status()
    };
    assert_eq!(induct(Some("kpcr1"), b""), Status::ARG_VALUE);
    assert_eq!(induct(Some("kpcv1"), b""), Status::ARG_SIZE);
    assert_eq!(induct(None, b""), Status::CHANNEL_NOT_IN_DB);
    let voucher = voucher_to_text(&[7; 32]);
    let voucher = std::str::from_utf8(&voucher).unwrap();
    assert_eq!(
        induct(Some(voucher), &vec![0; max + 1]),
        Status::PAYLOAD_TOO_LARGE
    );
    assert_eq!(kept(&jo), nothing());
}

#[test]
fn a_reply_that_does_not_fit_when_it_is_sealed_can_be_shortened() {
    let house = House::new();
    let (jo, ida) = (house.person("jo"), house.person("ida"));
    let max = jo
        .client
        .pigeonhole_geometry()
        .unwrap()
        .max_plaintext_payload_length;
    let voucher = mint(&jo);
    let long = ida
        .store
        .induct_voucher("jo", Some(&voucher), &vec![0; max]);
    assert_eq!(refused(ida.wait(long)).status(), Status::PAYLOAD_TOO_LARGE);
    induct(&ida, &voucher);
    assert_eq!(open(&jo).1, "who we are");
}

#[test]
fn a_daemon_without_vouchers_is_not_asked_for_one() {
    let house = House::with(hurried(Era::V0_0_73Rc1));
    let jo = house.person("jo");
    let minted = refused(jo.wait(jo.store.mint_voucher("talk", "Jo")));
    assert_eq!(minted.status(), Status::UNSUPPORTED);
    let text = voucher_to_text(&[7; 32]);
    let inducted = refused(try_induct(&jo, std::str::from_utf8(&text).unwrap()));
    assert_eq!(inducted.status(), Status::UNSUPPORTED);
    assert_eq!(kept(&jo), nothing());
}

#[test]
fn whoever_waits_ends_with_the_time_the_store_and_the_client_and_the_voucher_stays() {
    let house = House::new();
    let (jo, ida) = (house.person("jo"), house.person("ida"));
    let voucher = mint(&jo);
    for _ in 0..2 {
        let soon = Timeout::After(std::time::Duration::from_millis(20));
        let opening = jo.store.open_voucher("talk").unwrap();
        let late = refused(opening.block(soon));
        assert_eq!(late.status(), Status::TIMEOUT);
    }
    let op = start(jo.store.open_voucher("talk"));
    jo.wait(jo.store.close()).unwrap();
    assert_eq!(ended(&jo.client, op), Status::CLOSED);
    let closed = refused(jo.wait(jo.store.open_voucher("talk")));
    assert_eq!(closed.status(), Status::CLOSED);
    let jo = house.person("jo");
    let op = start(jo.store.open_voucher("talk"));
    jo.client.close();
    assert_eq!(ended(&jo.client, op), Status::CLOSED);
    let jo = house.person("jo");
    assert_eq!(kept(&jo), [vec!["talk".to_owned()], vec![]]);
    let (reader, _) = induct(&ida, &voucher);
    check_talk(&jo, &open(&jo).0, &ida, &reader);
}

/// Whether it has not ended; its result stays.
fn runs(person: &Person, op: OpId) -> bool {
    person.client.wait_only(op, Timeout::Poll).is_err()
}

/// Makes a call again and again, each time with a new client that is gone after some more packets.
fn interrupted<T: Clone + Send + Sync + 'static>(
    house: &House,
    name: &str,
    call: impl Fn(&Person) -> Result<Call<T>>,
) -> (Person, T) {
    for packets in 0..40 {
        let person = house.person(name);
        house.order("hold");
        let op = start(call(&person));
        for _ in 0..packets {
            until("a packet", || {
                !runs(&person, op) || house.sim.control("step 1").unwrap() == "1 packets"
            });
        }
        let has_ended = !runs(&person, op);
        house.order("release");
        if has_ended {
            let value = value(&person.client, op).unwrap();
            return (person, value);
        }
    }
    panic!("no end to it");
}

#[test]
fn whoever_is_interrupted_after_any_packet_goes_on_from_there() {
    let house = House::new();
    let (_, voucher) = interrupted(&house, "jo", |jo| jo.store.mint_voucher("talk", "Jo ☃"));
    let voucher = String::from_utf8(voucher.to_vec()).unwrap();
    let (ida, (reader, display_name)) = interrupted(&house, "ida", |ida| {
        ida.store
            .induct_voucher("jo", Some(&voucher), b"who we are")
    });
    assert_eq!(display_name, "Jo ☃");
    let (jo, (writer, told)) = interrupted(&house, "jo", |jo| jo.store.open_voucher("talk"));
    assert_eq!(told, "who we are");
    check_talk(&jo, &writer, &ida, &reader);
}

/// Two calls with one store, and a third with another one on the same file.
fn at_once<T: Clone + Send + Sync + 'static>(
    persons: &[Person; 2],
    call: impl Fn(&Person) -> Result<Call<T>>,
) -> Vec<Result<T>> {
    let [one, two] = persons;
    let started: Vec<_> = [one, one, two]
        .map(|person| (person, start(call(person))))
        .into();
    let results = started.into_iter();
    results
        .map(|(person, op)| value(&person.client, op))
        .collect()
}

#[test]
fn calls_at_the_same_time_come_to_the_same_end() {
    let house = House::new();
    let jos = [house.person("jo"), house.person("jo")];
    let idas = [house.person("ida"), house.person("ida")];
    let vouchers = at_once(&jos, |jo| jo.store.mint_voucher("talk", "Jo"));
    let vouchers: Vec<_> = vouchers.into_iter().map(Result::unwrap).collect();
    assert!(vouchers.iter().all(|voucher| *voucher == vouchers[0]));
    let voucher = String::from_utf8(vouchers[0].to_vec()).unwrap();
    let inducted = at_once(&idas, |ida| {
        ida.store
            .induct_voucher("jo", Some(&voucher), b"who we are")
    });
    let opened = at_once(&jos, |jo| jo.store.open_voucher("talk"));
    // A channel is open in one store at a time, so the others are refused at the very end alone.
    let reader = one_of(inducted);
    let writer = one_of(opened);
    check_talk(&jos[0], &writer.0, &idas[0], &reader.0);
}

fn one_of<T>(results: Vec<Result<T>>) -> T {
    let mut found = None;
    for result in results {
        match result {
            Ok(value) => found = Some(value),
            Err(error) => assert_eq!(error.status(), Status::BUSY, "{error}"),
        }
    }
    found.unwrap()
}
