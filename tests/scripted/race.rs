//! Exactly once: results, cuts, cancels, time limits and close race for thousands of
//! operations, and each of them ends once.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::Arc;
use std::time::{Duration, Instant};

use kpclient::client::{Call, Client, Delivery, EventSink, OpId, StartFlags, StartKind, Timeout};
use kpclient::{Result, Status};

use crate::common::drive::{client, echo};
use crate::common::peer::{Asked, Peer};
use crate::common::replies::{caps, CIPHERTEXT};
use crate::common::server::{serve, Deed};
use crate::common::LIMIT;

/// A reproducible source of choices.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// How often each operation has ended, and how often its callback was dropped.
#[derive(Default)]
struct Book {
    ended: Vec<AtomicU32>,
    dropped: Vec<AtomicU32>,
    ok: AtomicU64,
}

struct Receipt(Arc<Book>, usize);

impl Drop for Receipt {
    fn drop(&mut self) {
        self.0.dropped[self.1].fetch_add(1, Ordering::AcqRel);
    }
}

impl Receipt {
    fn delivery(book: &Arc<Book>, number: usize) -> Delivery {
        let receipt = Receipt(Arc::clone(book), number);
        Delivery::Callback(Box::new(move |completed| {
            let Receipt(book, number) = &receipt;
            book.ended[*number].fetch_add(1, Ordering::AcqRel);
            if completed.status() == Status::OK {
                book.ok.fetch_add(1, Ordering::AcqRel);
            }
        }))
    }
}

fn limit(dice: &mut Dice) -> Timeout {
    match dice.roll(4) {
        0 => Timeout::After(Duration::from_micros(dice.roll(5000))),
        1 => Timeout::After(Duration::from_millis(dice.roll(200))),
        _ => Timeout::Forever,
    }
}

fn begin<T: Send + Sync + 'static>(
    work: Result<Call<T>>,
    delivery: Delivery,
    timeout: Timeout,
) -> Option<OpId> {
    let work = work.ok()?;
    let prepared = work.prepare(delivery).ok()?;
    let id = prepared.id();
    prepared.launch(work, timeout);
    Some(id)
}

/// Starts one operation of a random kind; nothing if the client refuses it.
fn start_any(client: &Client, dice: &mut Dice, delivery: Delivery) -> Option<OpId> {
    let (write_cap, read_cap, index) = caps();
    let timeout = limit(dice);
    match dice.roll(6) {
        0 => begin(client.new_keypair_remote(&[1; 32]), delivery, timeout),
        1 => {
            let work = client.read_box(&read_cap, &index, StartFlags::default());
            begin(work, delivery, timeout)
        }
        2 => {
            let work = client.write_box(&write_cap, &index, b"content", StartFlags::default());
            begin(work, delivery, timeout)
        }
        3 => {
            let work = client.blocking_send_message(&echo(), b"ping");
            begin(work, delivery, timeout)
        }
        4 => {
            // A few hashes only, so that envelopes are busy, cancelled and started again.
            let mut envelope = crate::common::drive::envelope(dice.roll(8) as u8);
            envelope.ciphertext = vec![1; CIPHERTEXT].into();
            let kind = StartKind::Write(write_cap);
            let work =
                client.start_resending_encrypted_message(kind, envelope, StartFlags::default());
            begin(work, delivery, timeout)
        }
        _ => begin(client.encrypt_read(&read_cap, &index), delivery, timeout),
    }
}

/// Starts operations, cancels some, and gives how many were accepted.
fn hurry(client: &Client, book: &Arc<Book>, numbers: std::ops::Range<usize>, seed: u64) {
    let mut dice = Dice(seed);
    let mut running = Vec::new();
    for number in numbers {
        let started = start_any(client, &mut dice, Receipt::delivery(book, number));
        match started {
            Some(id) => running.push(id),
            // Refused: no completion comes, and the callback is gone.
            None => {
                book.ended[number].fetch_add(1, Ordering::AcqRel);
            }
        }
        if dice.roll(3) == 0 && !running.is_empty() {
            let at = dice.roll(running.len() as u64) as usize;
            client.cancel(running.swap_remove(at)).unwrap();
        }
        if dice.roll(20) == 0 {
            let hash = [dice.roll(8) as u8; 32];
            if let Ok(work) = client.cancel_resending_encrypted_message(&hash) {
                drop(work.block(Timeout::After(Duration::from_millis(5))));
            }
        }
        if dice.roll(50) == 0 {
            // A blocking call among the others.
            if let Ok(work) = client.new_keypair_remote(&[2; 32]) {
                drop(work.block(limit_of_blocking(&mut dice)));
            }
        }
    }
}

fn limit_of_blocking(dice: &mut Dice) -> Timeout {
    Timeout::After(Duration::from_millis(dice.roll(50)))
}

/// What a start or a message never gets from a living daemon is silence.
fn cruel(seed: u64) -> impl Fn(u64, &Asked) -> Deed {
    move |count, asked| {
        let mut dice = Dice(seed ^ count.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let is_local = asked.key == "new_keypair" || asked.key.starts_with("encrypt");
        match dice.roll(200) {
            0 => Deed::Cut,
            1 => Deed::CutInside,
            2..=25 => Deed::AnswerTwice,
            26..=36 if is_local => Deed::Swallow,
            37..=70 if is_local => Deed::Later,
            _ => Deed::Answer,
        }
    }
}

const THREADS: usize = 4;
const EACH: usize = 300;

fn round(seed: u64) -> u64 {
    let mut book = Book::default();
    book.ended.resize_with(THREADS * EACH, AtomicU32::default);
    book.dropped.resize_with(THREADS * EACH, AtomicU32::default);
    let book = Arc::new(book);
    let server = serve(Peer::current(), Arc::new(cruel(seed)));
    let client = client(server.peer.config());
    let connecting = client.connect().unwrap();
    connecting.block(Timeout::After(LIMIT)).unwrap();
    let sink = client.open_sink(8).unwrap();
    let reading = drink(&sink);
    let threads: Vec<_> = (0..THREADS)
        .map(|n| {
            let (client, book) = (Arc::clone(&client), Arc::clone(&book));
            let numbers = n * EACH..(n + 1) * EACH;
            std::thread::spawn(move || hurry(&client, &book, numbers, seed * 100 + n as u64))
        })
        .collect();
    // Closed in the middle of it, or when much has had its result.
    let enough = || match seed % 3 {
        0 => server.asked.load(Ordering::Acquire) >= 300,
        _ => book.ok.load(Ordering::Acquire) >= 250,
    };
    let deadline = Instant::now() + LIMIT;
    while !enough() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(1));
    }
    client.close();
    for thread in threads {
        thread.join().unwrap();
    }
    drop(client);
    reading.join().unwrap();
    for number in 0..THREADS * EACH {
        assert_eq!(
            book.ended[number].load(Ordering::Acquire),
            1,
            "operation {number}"
        );
        assert_eq!(
            book.dropped[number].load(Ordering::Acquire),
            1,
            "callback {number}"
        );
    }
    book.ok.load(Ordering::Acquire)
}

/// Reads events until the client is closed.
fn drink(sink: &Arc<EventSink>) -> std::thread::JoinHandle<()> {
    let sink = Arc::clone(sink);
    std::thread::spawn(move || while sink.next(Timeout::After(LIMIT)).is_ok() {})
}

#[test]
fn every_operation_ends_exactly_once() {
    let ok: u64 = (1..=5).map(round).sum();
    assert!(ok >= 800, "only {ok} operations had a result");
}

#[test]
fn cancel_and_result_and_time_limit_meet_at_one_moment() {
    let peer = Peer::current();
    let server = serve(peer, Arc::new(|_, _: &Asked| Deed::Answer));
    let client = client(server.peer.config());
    client
        .connect()
        .unwrap()
        .block(Timeout::After(LIMIT))
        .unwrap();
    for _ in 0..1000 {
        let work = client.new_keypair_remote(&[1; 32]).unwrap();
        let prepared = work.prepare(Delivery::Keep).unwrap();
        let id = prepared.id();
        let racer = {
            let client = Arc::clone(&client);
            std::thread::spawn(move || client.cancel(id))
        };
        prepared.launch(work, Timeout::After(Duration::from_micros(200)));
        racer.join().unwrap().unwrap();
        let ended = client.wait(id, Timeout::After(LIMIT)).unwrap();
        assert!(ended.is_some());
        assert!(client.wait(id, Timeout::Poll).unwrap().is_none());
    }
}
