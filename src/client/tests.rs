//! What only the crate itself can provoke: panics inside operations, results of a wrong type.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::mpsc::channel;
use std::sync::Arc;
use std::time::Duration;

use crate::client::*;
use crate::config::{Config, Dial};
use crate::Status;

fn client() -> Client {
    let mut config = Config::new();
    config.dial = Some(Dial::Unix {
        path: "/nonexistent/kpclientd.sock".into(),
    });
    Client::new(config, Log::default(), crate::panic_hook::this_thread).unwrap()
}

fn panics(client: &Client) -> Call<u8> {
    Call::task(&client.shared, |_| async { panic!("in the test") })
}

const LIMIT: Timeout = Timeout::After(Duration::from_secs(20));

#[test]
fn a_panic_fails_its_operation_and_no_other() {
    let client = client();
    let blocking = panics(&client).block(LIMIT).unwrap_err();
    assert_eq!(blocking.status(), Status::PANIC);
    let (sender, completed) = channel();
    let call = panics(&client);
    let delivery = Delivery::Callback(Box::new(move |completed| {
        sender.send(completed.status()).unwrap();
    }));
    let prepared = call.prepare(delivery).unwrap();
    prepared.launch(call, LIMIT);
    let status = completed.recv_timeout(Duration::from_secs(20)).unwrap();
    assert_eq!(status, Status::PANIC);
    let fine = Call::task(&client.shared, |_| async { Ok(7_u8) }).block(LIMIT);
    assert_eq!(fine.unwrap(), 7);
}

#[test]
fn a_panic_of_the_calling_thread_fails_its_operation() {
    let client = client();
    let call: Call<u8> = Call::now(&client.shared, |_| panic!("in the test"));
    let prepared = call.prepare(Delivery::Keep).unwrap();
    let id = prepared.id();
    let quiet = crate::panic_hook::Quiet::enter();
    let launched = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        prepared.launch(call, LIMIT);
    }));
    drop(quiet);
    assert!(launched.is_err());
    let ended = client.wait(id, LIMIT).unwrap().unwrap();
    assert_eq!(ended.status(), Status::PANIC);
}

#[test]
fn a_panic_of_the_first_step_is_no_panic_of_the_caller() {
    let client = client();
    let call = panics(&client).at_once();
    let prepared = call.prepare(Delivery::Keep).unwrap();
    let id = prepared.id();
    let quiet = crate::panic_hook::Quiet::enter();
    prepared.launch(call, LIMIT);
    drop(quiet);
    let ended = client.wait(id, LIMIT).unwrap().unwrap();
    assert_eq!(ended.status(), Status::PANIC);
}

#[test]
fn a_step_taken_by_the_caller_loses_no_wake_up() {
    let client = client();
    for _ in 0..500 {
        let (sender, receiver) = tokio::sync::oneshot::channel::<u8>();
        let call = Call::task(&client.shared, |_| async {
            receiver.await.map_err(|_| crate::error::closed())
        })
        .at_once();
        let prepared = call.prepare(Delivery::Keep).unwrap();
        let id = prepared.id();
        let waker = std::thread::spawn(move || sender.send(9).unwrap());
        prepared.launch(call, LIMIT);
        waker.join().unwrap();
        let ended = client.wait(id, LIMIT).unwrap().unwrap();
        assert_eq!(*ended.value::<u8>().unwrap(), 9);
    }
}

#[test]
fn an_operation_whose_task_is_dropped_completes() {
    let client = client();
    let call: Call<u8> = Call::task(&client.shared, |_| std::future::pending());
    let prepared = call.prepare(Delivery::Keep).unwrap();
    let id = prepared.id();
    prepared.launch(call, Timeout::Forever);
    client.close();
    let ended = client.wait(id, LIMIT).unwrap().unwrap();
    assert_eq!(ended.status(), Status::CLOSED);
    let late: Call<u8> = Call::task(&client.shared, |_| async { Ok(1) });
    let refused = late.block(LIMIT).unwrap_err();
    assert_eq!(refused.status(), Status::CLOSED);
}

#[test]
fn a_call_runs_when_it_is_awaited_or_waited_for_and_not_before() {
    let client = client();
    let runs = Arc::new(AtomicU8::new(0));
    let counted = || {
        let runs = Arc::clone(&runs);
        Call::task(&client.shared, |_| async move {
            Ok(runs.fetch_add(1, Ordering::SeqCst))
        })
    };
    let executor = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    drop(counted());
    assert_eq!(executor.block_on(async { counted().await }).unwrap(), 0);
    assert_eq!(counted().block(LIMIT).unwrap(), 1);
    assert_eq!(executor.block_on(counted().start()).unwrap(), 2);

    let endless: Call<u8> = Call::task(&client.shared, |_| std::future::pending());
    let ended = executor.block_on(endless.start_within(Duration::from_millis(1)));
    assert_eq!(ended.unwrap_err().status(), Status::TIMEOUT);

    // It knows its client, and outlives it.
    let late = counted();
    client.close();
    drop(client);
    let ended = executor.block_on(async { late.await });
    assert_eq!(ended.unwrap_err().status(), Status::CLOSED);
}
