//! A disk that is full, at each operation on the database in turn: nothing that was promised is lost or
//! doubled, and everything goes on when there is room again.

use std::sync::Arc;
use std::time::{Duration, Instant};

use kpclient::client::Client;
use kpclient::store::{Arrival, Reader, Store, Writer};
use kpclient::{Result, Status};

use crate::fills::{Disk, Full};
use crate::house::{House, Person, KIND};
use crate::world::{client, done};

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(120);

/// Whose disk is full.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    Writer,
    Reader,
}

#[test]
fn the_disk_of_a_writer_is_full_at_each_operation_in_turn() {
    at_each_operation(Whose::Writer);
}

#[test]
fn the_disk_of_a_reader_is_full_at_each_operation_in_turn() {
    at_each_operation(Whose::Reader);
}

fn at_each_operation(whose: Whose) {
    let house = House::new();
    let client = Arc::new(client(&house.sim));
    for operations in [1, 3] {
        let mut nth = 1;
        while story(&client, whose, Full { nth, operations }) {
            nth += operations;
        }
        assert!(nth > 40, "{nth} operations");
    }
}

/// Alice writes, Bob reads. Returns whether a disk was full meanwhile.
fn story(client: &Arc<Client>, whose: Whose, full: Full) -> bool {
    let (hers, his) = (Disk::default(), Disk::default());
    let (alice, bob) = (comes(client, &hers), comes(client, &his));
    let writer = alice.create("bob");
    let reader = bob.follow("alice", &writer);
    let failing = match whose {
        Whose::Writer => &hers,
        Whose::Reader => &his,
    };
    failing.fill(full);
    let large = vec![b'x'; 4000];
    let messages: [&[u8]; 3] = [b"one", &large, b"three"];
    for (number, message) in (1..).zip(messages) {
        // What fails is not stored, so the next attempt gets the number.
        let sent = insist(|| alice.wait(writer.send(KIND, message)));
        assert_eq!(sent, number);
    }
    insist(|| alice.wait(writer.stored(3)));
    for (number, message) in (1..).zip(messages) {
        take(&bob, &reader, number, message);
    }
    insist(|| bob.wait(reader.forget_before(3)));
    insist(|| alice.wait(writer.erase_before(3)));
    insist(|| alice.wait(writer.erased(3)));
    let was_full = failing.empty();
    check_end((alice, writer, hers), (bob, reader, his));
    was_full
}

fn comes(client: &Arc<Client>, disk: &Disk) -> Person {
    let store = done(Ok(Store::open_on(client, Box::new(disk.clone()))));
    Person {
        client: Arc::clone(client),
        store,
    }
}

/// Until there is room.
fn insist<T>(call: impl Fn() -> Result<T>) -> T {
    loop {
        match call() {
            Ok(value) => return value,
            Err(error) => {
                assert_eq!(error.status(), Status::DB, "{error}");
                assert!(error.message().contains("disk is full"), "{error}");
            }
        }
    }
}

/// Takes a message, without the pauses of a reader whose disk is full.
fn take(bob: &Person, reader: &Reader, number: u64, content: &[u8]) {
    let end = Instant::now() + PATIENCE;
    while reader.waiting() == 0 {
        reader.poll_now();
        std::thread::yield_now();
        assert!(Instant::now() < end, "message {number} does not come");
    }
    let message = insist(|| bob.wait(reader.receive()));
    assert_eq!(
        (message.number, message.arrival),
        (number, Arrival::Message(KIND))
    );
    assert_eq!(&message.data[..], content);
    insist(|| bob.wait(reader.acknowledge(number)));
}

type Side<T> = (Person, Arc<T>, Disk);

/// Both come again, and there is what must be, and no more.
fn check_end(writes: Side<Writer>, reads: Side<Reader>) {
    let (alice, writer, hers) = writes;
    let (bob, reader, his) = reads;
    let client = Arc::clone(&alice.client);
    drop((writer, reader));
    alice.leave();
    bob.leave();
    let (alice, bob) = (comes(&client, &hers), comes(&client, &his));
    let (writer, reader) = (alice.writer("bob"), bob.reader("alice"));
    assert_eq!((writer.last_message(), writer.pending()), (3, 0));
    assert_eq!(alice.send(&writer, b"four"), 4);
    take(&bob, &reader, 4, b"four");
    let kept = bob.wait(reader.messages(1, 100)).unwrap();
    let numbers: Vec<u64> = kept.iter().map(|message| message.number).collect();
    assert_eq!(numbers, [3, 4]);
    assert_eq!(reader.waiting(), 0);
    drop((writer, reader));
    alice.leave();
    bob.leave();
}
