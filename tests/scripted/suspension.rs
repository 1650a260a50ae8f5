//! Time limits on a machine that is suspended: the test has the clock that counts it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;
use std::time::Duration;

use kpclient::client::{Client, Timeout};
use kpclient::config::SuspendClock;
use kpclient::Status;

use crate::common::drive::{client, connected_with, drain, start_read, start_within};
use crate::common::peer::{Greeting, Peer};

const HOUR: Duration = Duration::from_secs(3600);

/// Waits, and returns how that ended.
type Wait = Box<dyn FnOnce(&Arc<Client>) -> Status + Send>;

/// What waits for an hour, each on a thread of its own; all of it ends by its time limit.
fn wait_for_an_hour(client: &Arc<Client>) -> Vec<std::thread::JoinHandle<Status>> {
    let limit = Timeout::After(HOUR);
    let sink = client.open_sink(8).unwrap();
    drain(&sink);
    let kept = start_read(client, 1);
    let waits: Vec<Wait> = vec![
        Box::new(move |client| {
            let call = client.new_keypair_remote(&[1; 32]).unwrap();
            call.block(limit).unwrap_err().status()
        }),
        Box::new(move |client| {
            let call = client.new_keypair_remote(&[2; 32]);
            let op = start_within(client, call, limit).id;
            let completed = client.wait(op, Timeout::Forever).unwrap().unwrap();
            let outcome = completed.outcome.as_ref();
            outcome.unwrap_err().status()
        }),
        Box::new(move |_| match sink.next(limit).unwrap() {
            None => Status::TIMEOUT,
            Some(_) => Status::OK,
        }),
        Box::new(move |client| client.wait(kept.id, limit).unwrap_err().status()),
    ];
    waits
        .into_iter()
        .map(|wait| {
            let client = Arc::clone(client);
            std::thread::spawn(move || wait(&client))
        })
        .collect()
}

#[test]
fn what_waits_longer_than_its_limit_while_the_machine_is_suspended_times_out() {
    static SHOWS: AtomicU64 = AtomicU64::new(0);
    static LOOKS: AtomicU64 = AtomicU64::new(0);
    let peer = Peer::current();
    let mut config = peer.config();
    config.suspend_clock = Some(SuspendClock::new(|| {
        LOOKS.fetch_add(1, Ordering::SeqCst);
        Duration::from_secs(SHOWS.load(Ordering::SeqCst))
    }));
    let (client, mut conn) = connected_with(&peer, config, &Greeting::default());
    let waits = wait_for_an_hour(&client);
    conn.expect("new_keypair");
    conn.expect("new_keypair");
    // Half of the time does not end them.
    SHOWS.store(1800, Ordering::SeqCst);
    let looks = LOOKS.load(Ordering::SeqCst);
    while LOOKS.load(Ordering::SeqCst) < looks + 12 {
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(waits.iter().all(|wait| !wait.is_finished()));
    SHOWS.store(7200, Ordering::SeqCst);
    for wait in waits {
        assert_eq!(wait.join().unwrap(), Status::TIMEOUT);
    }
}

#[test]
fn connecting_counts_it_too() {
    static SHOWS: AtomicU64 = AtomicU64::new(0);
    let peer = Peer::current();
    let mut config = peer.config();
    config.suspend_clock = Some(SuspendClock::new(|| {
        Duration::from_secs(SHOWS.load(Ordering::SeqCst))
    }));
    let client = client(config);
    let connecting = {
        let client = Arc::clone(&client);
        std::thread::spawn(move || {
            let call = client.connect();
            call.unwrap().block(Timeout::After(HOUR))
        })
    };
    let _mute = peer.accept();
    SHOWS.store(7200, Ordering::SeqCst);
    let ended = connecting.join().unwrap();
    assert_eq!(ended.unwrap_err().status(), Status::TIMEOUT);
}
