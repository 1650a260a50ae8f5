//! What only the crate itself can provoke: panics inside operations, results of a wrong type.

use std::sync::mpsc::channel;
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

fn panics() -> Call<u8> {
    Call::task(|_| async { panic!("in the test") })
}

const LIMIT: Timeout = Timeout::After(Duration::from_secs(20));

#[test]
fn a_panic_fails_its_operation_and_no_other() {
    let client = client();
    let blocking = client.block(panics(), LIMIT).unwrap_err();
    assert_eq!(blocking.status(), Status::PANIC);
    let (sender, completed) = channel();
    let call = panics();
    let delivery = Delivery::Callback(Box::new(move |completed| {
        sender.send(completed.status()).unwrap();
    }));
    let prepared = client.prepare(&call, delivery).unwrap();
    prepared.launch(call, LIMIT);
    let status = completed.recv_timeout(Duration::from_secs(20)).unwrap();
    assert_eq!(status, Status::PANIC);
    let fine = client.block(Call::task(|_| async { Ok(7_u8) }), LIMIT);
    assert_eq!(fine.unwrap(), 7);
}

#[test]
fn a_panic_of_the_calling_thread_fails_its_operation() {
    let client = client();
    let call: Call<u8> = Call::now(|_| panic!("in the test"));
    let prepared = client.prepare(&call, Delivery::Keep).unwrap();
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
    let call = panics().at_once();
    let prepared = client.prepare(&call, Delivery::Keep).unwrap();
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
        let call =
            Call::task(|_| async { receiver.await.map_err(|_| crate::error::closed()) }).at_once();
        let prepared = client.prepare(&call, Delivery::Keep).unwrap();
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
    let call: Call<u8> = Call::task(|_| std::future::pending());
    let prepared = client.prepare(&call, Delivery::Keep).unwrap();
    let id = prepared.id();
    prepared.launch(call, Timeout::Forever);
    client.close();
    let ended = client.wait(id, LIMIT).unwrap().unwrap();
    assert_eq!(ended.status(), Status::CLOSED);
    let late: Call<u8> = Call::task(|_| async { Ok(1) });
    let refused = client.block(late, LIMIT).unwrap_err();
    assert_eq!(refused.status(), Status::CLOSED);
}
