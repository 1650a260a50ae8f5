//! The steps of vouchers in the database, without a mixnet.

use bytes::Bytes;

use super::ledger::{self, Found};
use super::records::{Induction, Minted, Outcome, Sealed, Stage, Voucher};
use crate::bacap::{keypair, Keypair};
use crate::store::backing::memory::Memory;
use crate::store::backing::{Backing, Durability};
use crate::store::catalogue;
use crate::store::keys::Named;
use crate::store::records::{Cap, ChannelRecord};
use crate::store::Direction;
use crate::{Result, Status};

fn stream(number: u8) -> Keypair {
    keypair(&[number; 32])
}

fn minted(number: u8, display_name: &str) -> Minted {
    Minted {
        voucher: Voucher::new(&[number; 32]),
        is_published: false,
        message_cap: stream(number).write_cap,
        stream: stream(100 + number).write_cap,
        secret_key: Bytes::from_static(b"the key that opens the reply"),
        payload: Bytes::from_static(b"the payload of the first box"),
        display_name: display_name.to_owned(),
    }
}

fn sealed(number: u8) -> Sealed {
    Sealed {
        stream: stream(100 + number).write_cap,
        read_cap: stream(number).read_cap,
        reply: Bytes::from(vec![number; 40]),
        display_name: "Jo".to_owned(),
    }
}

/// Does something in a transaction that is committed if it succeeds.
fn step<T>(memory: &mut Memory, act: impl FnOnce(&mut dyn Backing) -> Result<T>) -> Result<T> {
    memory.begin(Durability::Now)?;
    match act(memory) {
        Ok(done) => memory.commit().map(|()| done),
        Err(error) => {
            memory.rollback();
            Err(error)
        }
    }
}

fn status<T>(outcome: Result<T>) -> Status {
    outcome.map(drop).unwrap_err().status()
}

fn pending<T>(found: Found<T>) -> T {
    match found {
        Found::Pending(pending) => pending,
        Found::Done(..) => panic!("it is done"),
    }
}

fn done<T>(found: Found<T>) -> (u64, Bytes) {
    match found {
        Found::Done(known, outcome) => (known.channel, outcome.told),
        Found::Pending(_) => panic!("it is pending"),
    }
}

fn finish(memory: &mut Memory, voucher: u8, cap: Cap, told: &'static [u8]) -> Result<u64> {
    let voucher = Voucher::new(&[voucher; 32]);
    let told = Bytes::from_static(told);
    let finish = |b: &mut dyn Backing| ledger::finish(b, "jo", &voucher, cap, told);
    step(memory, finish).map(|(known, _)| known.channel)
}

fn induct(
    memory: &mut Memory,
    voucher: Option<u8>,
    reply: &'static str,
) -> Result<Found<Induction>> {
    let voucher = voucher.map(|number| Voucher::new(&[number; 32]));
    let reply = Bytes::from_static(reply.as_bytes());
    step(memory, |b| {
        ledger::to_induct(b, "jo", voucher.as_ref(), reply)
    })
}

fn seal(memory: &mut Memory, voucher: u8, fresh: Sealed) -> Result<Sealed> {
    let voucher = Voucher::new(&[voucher; 32]);
    step(memory, |b| ledger::keep_sealed(b, "jo", &voucher, fresh))
}

fn create(memory: &mut Memory, cap: Cap) -> Result<u64> {
    let first = stream(9).first_index;
    let name = "jo".to_owned();
    let record = ChannelRecord { cap, name };
    step(memory, |b| catalogue::add(b, record, &first)).map(|known| known.channel)
}

/// Whether any record holds these bytes.
fn is_kept(memory: &Memory, bytes: &[u8]) -> bool {
    let records = memory.records();
    let holds = |value: &Vec<u8>| value.windows(bytes.len()).any(|window| window == bytes);
    records.values().any(holds)
}

#[test]
fn records_come_back_and_what_is_cut_off_is_damaged() {
    let mut minted = minted(1, "Jo ☃");
    for is_published in [false, true] {
        minted.is_published = is_published;
        let record = minted.encode().unwrap();
        let back = Minted::decode(&record).unwrap();
        assert_eq!(back.is_published, is_published);
        assert_eq!(*back.voucher, *minted.voucher);
        assert!(back.message_cap == minted.message_cap && back.stream == minted.stream);
        assert_eq!(
            (&back.secret_key, &back.payload),
            (&minted.secret_key, &minted.payload)
        );
        assert_eq!(back.display_name, "Jo ☃");
        let least = record.len() - minted.display_name.len();
        assert!((0..least).all(|length| Minted::decode(&record[..length]).is_err()));
    }
    let voucher = Voucher::new(&[7; 32]);
    let stage = Stage::Sealed(sealed(1));
    let record = Induction { voucher, stage }.encode().unwrap();
    let back = Induction::decode(&record).unwrap();
    let Stage::Sealed(back) = back.stage else {
        panic!("not sealed");
    };
    assert!(back.stream == sealed(1).stream && back.read_cap == sealed(1).read_cap);
    assert_eq!(
        (back.reply, back.display_name.as_str()),
        (sealed(1).reply, "Jo")
    );
    assert!((0..record.len() - 2).all(|length| Induction::decode(&record[..length]).is_err()));
    let no_text = [&record[..record.len() - 1], &[0xff]].concat();
    assert_eq!(status(Induction::decode(&no_text)), Status::DB);
    assert!(Outcome::decode(&[0; 31]).is_err());
}

#[test]
fn a_minted_voucher_keeps_its_name_and_is_the_same_for_whoever_asks_again() {
    let mut memory = Memory::default();
    let mint = |memory: &mut Memory, fresh| step(memory, |b| ledger::keep_minted(b, "jo", fresh));
    assert_eq!(
        *mint(&mut memory, minted(1, "Jo")).unwrap().voucher,
        [1; 32]
    );
    // Two calls at the same time have minted two: one of them counts.
    assert_eq!(
        *mint(&mut memory, minted(2, "Jo")).unwrap().voucher,
        [1; 32]
    );
    assert_eq!(
        status(mint(&mut memory, minted(2, "Joe"))),
        Status::CHANNEL_EXISTS
    );
    let writer = || Cap::Write(stream(9).write_cap);
    assert_eq!(
        status(create(&mut memory, writer())),
        Status::CHANNEL_EXISTS
    );
    create(&mut memory, Cap::Read(stream(9).read_cap)).unwrap();
    let names = |memory: &mut Memory| {
        step(memory, |b| {
            catalogue::names(b, Named::Voucher, Direction::Write)
        })
        .unwrap()
    };
    assert_eq!(names(&mut memory), ["jo"]);
    let channels = step(&mut memory, |b| {
        catalogue::names(b, Named::Channel, Direction::Write)
    });
    assert!(channels.unwrap().is_empty());

    let cancel = |memory: &mut Memory| step(memory, |b| ledger::cancel(b, Direction::Write, "jo"));
    cancel(&mut memory).unwrap();
    assert_eq!(status(cancel(&mut memory)), Status::CHANNEL_NOT_IN_DB);
    assert!(names(&mut memory).is_empty());
    assert!(!is_kept(&memory, &[1; 32]));
    create(&mut memory, writer()).unwrap();
    assert_eq!(
        status(mint(&mut memory, minted(2, "Jo"))),
        Status::CHANNEL_EXISTS
    );
    let to_open = step(&mut memory, |b| ledger::to_open(b, "jo"));
    assert_eq!(
        status(to_open),
        Status::CHANNEL_NOT_IN_DB,
        "an ordinary writer"
    );
}

#[test]
fn of_an_opened_voucher_no_secret_stays_and_its_reply_does() {
    let mut memory = Memory::default();
    let fresh = minted(1, "Jo");
    let secrets: [Vec<u8>; 4] = [
        fresh.voucher.to_vec(),
        fresh.secret_key.to_vec(),
        fresh.message_cap.as_bytes().to_vec(),
        fresh.stream.as_bytes().to_vec(),
    ];
    step(&mut memory, |b| ledger::keep_minted(b, "jo", fresh)).unwrap();
    assert!(secrets.iter().all(|secret| is_kept(&memory, secret)));
    let find = |memory: &mut Memory| step(memory, |b| ledger::to_open(b, "jo"));
    assert!(!pending(find(&mut memory).unwrap()).is_published);
    let voucher = Voucher::new(&[1; 32]);
    step(&mut memory, |b| ledger::mark_published(b, "jo", &voucher)).unwrap();
    assert!(pending(find(&mut memory).unwrap()).is_published);

    let moved = || Cap::Write(stream(2).write_cap);
    memory.fail_commit(1);
    assert_eq!(status(finish(&mut memory, 1, moved(), b"who")), Status::DB);
    assert!(
        pending(find(&mut memory).unwrap()).is_published,
        "all or nothing"
    );
    let channel = finish(&mut memory, 1, moved(), b"who").unwrap();
    assert!(!secrets.iter().any(|secret| is_kept(&memory, secret)));
    assert_eq!(
        done(find(&mut memory).unwrap()),
        (channel, Bytes::from_static(b"who"))
    );
    // Another call may come to its end later.
    assert_eq!(finish(&mut memory, 1, moved(), b"who").unwrap(), channel);
    assert_eq!(
        status(finish(&mut memory, 2, moved(), b"no")),
        Status::CHANNEL_NOT_IN_DB
    );

    let delete = |b: &mut dyn Backing| catalogue::delete(b, Direction::Write, "jo");
    step(&mut memory, delete).unwrap();
    assert!(!is_kept(&memory, b"who"));
}

#[test]
fn what_is_replied_may_change_until_it_is_sealed_and_never_after() {
    let mut memory = Memory::default();
    assert_eq!(
        status(induct(&mut memory, None, "")),
        Status::CHANNEL_NOT_IN_DB
    );
    for reply in ["one", "two"] {
        let Stage::Waiting { who_reply } =
            pending(induct(&mut memory, Some(1), reply).unwrap()).stage
        else {
            panic!("sealed");
        };
        assert_eq!(who_reply, reply);
    }
    let Stage::Waiting { who_reply } = pending(induct(&mut memory, None, "no").unwrap()).stage
    else {
        panic!("sealed");
    };
    assert_eq!(who_reply, "two");
    assert_eq!(
        status(induct(&mut memory, Some(2), "")),
        Status::CHANNEL_EXISTS
    );
    let reader = Cap::Read(stream(9).read_cap);
    assert_eq!(status(create(&mut memory, reader)), Status::CHANNEL_EXISTS);

    assert_eq!(
        seal(&mut memory, 1, sealed(1)).unwrap().reply,
        sealed(1).reply
    );
    // Two calls at the same time have sealed two: one of them counts.
    assert_eq!(
        seal(&mut memory, 1, sealed(2)).unwrap().reply,
        sealed(1).reply
    );
    let again = pending(induct(&mut memory, Some(1), "three").unwrap());
    assert!(matches!(again.stage, Stage::Sealed(kept) if kept.reply == sealed(1).reply));

    let channel = finish(&mut memory, 1, Cap::Read(sealed(1).read_cap), b"Jo").unwrap();
    for voucher in [Some(1), None] {
        let again = induct(&mut memory, voucher, "four").unwrap();
        assert_eq!(done(again), (channel, Bytes::from_static(b"Jo")));
    }
    assert_eq!(
        status(induct(&mut memory, Some(2), "")),
        Status::CHANNEL_EXISTS
    );
    assert!(!is_kept(&memory, &[1; 32]));
}

#[test]
fn whoever_is_late_with_a_voucher_that_was_given_up_makes_nothing() {
    let mut memory = Memory::default();
    pending(induct(&mut memory, Some(1), "").unwrap());
    step(&mut memory, |b| ledger::cancel(b, Direction::Read, "jo")).unwrap();
    let late = |memory: &mut Memory| -> [Result<()>; 2] {
        [
            seal(memory, 1, sealed(1)).map(drop),
            finish(memory, 1, Cap::Read(sealed(1).read_cap), b"Jo").map(drop),
        ]
    };
    for refused in late(&mut memory) {
        assert_eq!(status(refused), Status::CHANNEL_NOT_IN_DB);
    }
    pending(induct(&mut memory, Some(2), "").unwrap());
    for refused in late(&mut memory) {
        assert_eq!(status(refused), Status::CHANNEL_NOT_IN_DB);
    }
    assert!(matches!(
        pending(induct(&mut memory, None, "").unwrap()).stage,
        Stage::Waiting { .. }
    ));
}
