//! Threads that wait for local calls read the connection in turns; nothing is lost on the way.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{mpsc, Arc};
use std::thread;
use std::time::Duration;

use kpclient::bacap::{keypair, BoxIndex};
use kpclient::client::{Client, Delivery, Timeout};
use kpclient::Status;
use kpclientd_sim::{Sim, SimConfig};

use crate::world::{client, done, requests, LIMIT, PATIENCE};

/// A daemon that may be late to notice the end of a connection.
fn sim() -> Sim {
    Sim::start(SimConfig::instant()).unwrap()
}

fn an_index() -> BoxIndex {
    keypair(&[3; 32]).first_index
}

/// One local call with an answer that tells whose it is.
fn call(client: &Client, index: &BoxIndex) -> BoxIndex {
    done(client.next_message_box_index_remote(index))
}

#[test]
fn every_thread_gets_its_own_answer() {
    let sim = sim();
    let client = client(&sim);
    thread::scope(|scope| {
        for thread in 0..32_u8 {
            let client = &client;
            scope.spawn(move || {
                let mut index = keypair(&[thread; 32]).first_index;
                for _ in 0..200 {
                    let next = call(client, &index);
                    assert_eq!(next, index.next());
                    index = next;
                }
            });
        }
    });
}

#[test]
fn asynchronous_calls_are_answered_while_threads_read() {
    let sim = sim();
    let client = client(&sim);
    let stop = AtomicBool::new(false);
    let (landed, arrivals) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    call(&client, &an_index());
                }
            });
        }
        for _ in 0..500 {
            let work = client.next_message_box_index_remote(&an_index()).unwrap();
            let landed = landed.clone();
            let delivery = Delivery::Callback(Box::new(move |completed| {
                landed.send(completed.status()).unwrap();
            }));
            let prepared = work.prepare(delivery).unwrap();
            prepared.launch(work, PATIENCE);
            let status = arrivals.recv_timeout(LIMIT).unwrap();
            assert_eq!(status, Status::OK);
        }
        stop.store(true, Ordering::Relaxed);
    });
}

#[test]
fn a_lost_connection_is_found_and_calls_are_sent_again() {
    let sim = sim();
    let client = client(&sim);
    let done = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..200 {
                    assert_eq!(call(&client, &an_index()), an_index().next());
                    done.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        scope.spawn(|| {
            let mut cut_at = 100;
            while done.load(Ordering::Relaxed) < 8 * 200 {
                if done.load(Ordering::Relaxed) >= cut_at {
                    sim.control("cut").unwrap();
                    cut_at += 300;
                }
                thread::yield_now();
            }
        });
    });
}

#[test]
fn a_reading_thread_whose_time_is_over_hands_on() {
    let sim = sim();
    let client = client(&sim);
    for _ in 0..20 {
        call(&client, &an_index()); // the threads read from here on
    }
    sim.control("swallow next_message_box_index_reply").unwrap();
    thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            let work = client.next_message_box_index_remote(&an_index()).unwrap();
            work.block(Timeout::After(Duration::from_millis(300)))
        });
        let ended = waiting.join().unwrap();
        assert_eq!(ended.unwrap_err().status(), Status::TIMEOUT);
    });
    assert_eq!(call(&client, &an_index()), an_index().next());
}

#[test]
fn closing_ends_the_thread_that_reads_and_those_that_wait() {
    let sim = sim();
    let client = Arc::new(client(&sim));
    for _ in 0..20 {
        call(&client, &an_index());
    }
    for _ in 0..4 {
        sim.control("swallow next_message_box_index_reply").unwrap();
    }
    let waiting: Vec<_> = (0..4)
        .map(|_| {
            let client = Arc::clone(&client);
            thread::spawn(move || {
                let work = client.next_message_box_index_remote(&an_index()).unwrap();
                work.block(PATIENCE).unwrap_err().status()
            })
        })
        .collect();
    while requests(&sim, "next_message_box_index") < 24 {
        thread::yield_now();
    }
    client.close();
    for thread in waiting {
        assert_eq!(thread.join().unwrap(), Status::CLOSED);
    }
}
