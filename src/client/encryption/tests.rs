//! Who gets a connection for encryptions, and when.

use tokio::sync::oneshot;

use super::*;

type Waiting = oneshot::Receiver<Result<Permit>>;

fn ask(encryption: &Arc<Encryption>, priority: Priority) -> std::result::Result<Permit, Waiting> {
    let (sender, waiting) = oneshot::channel();
    match encryption.ask(priority, Sink::Task(sender)).unwrap() {
        Asked::Granted(permit) => Ok(permit),
        Asked::Queued(ticket, _) => {
            std::mem::forget(ticket); // as a caller that goes on waiting
            Err(waiting)
        }
    }
}

fn queue(encryption: &Arc<Encryption>, priority: Priority) -> Waiting {
    ask(encryption, priority).err().expect("it waits")
}

fn granted(waiting: &mut Waiting) -> Option<Permit> {
    waiting.try_recv().ok().map(Result::unwrap)
}

#[test]
fn a_connection_has_one_at_a_time_and_only_the_first_before_it_is_established() {
    let encryption = Encryption::new(2);
    let first = ask(&encryption, Priority::Read).ok().unwrap();
    assert_eq!(first.slot(), 0);
    let mut second = queue(&encryption, Priority::Read);
    let mut third = queue(&encryption, Priority::Read);
    assert!(granted(&mut second).is_none());
    encryption.set_connected(1, true);
    let second = granted(&mut second).unwrap();
    assert_eq!(second.slot(), 1);
    assert!(granted(&mut third).is_none() && first.is_wanted());
    drop(second);
    assert_eq!(granted(&mut third).unwrap().slot(), 1);
    assert_eq!(encryption.queued(), 0);
}

#[test]
fn an_established_connection_goes_before_the_first_that_is_not() {
    let encryption = Encryption::new(2);
    encryption.set_connected(1, true);
    assert_eq!(ask(&encryption, Priority::Call).ok().unwrap().slot(), 1);
    encryption.set_connected(1, false);
    assert_eq!(ask(&encryption, Priority::Call).ok().unwrap().slot(), 0);
}

#[test]
fn calls_and_writes_go_before_reads_but_never_for_ever() {
    let encryption = Encryption::new(1);
    let mut present = ask(&encryption, Priority::Read).ok();
    let mut read = queue(&encryption, Priority::Read);
    let mut calls: Vec<Waiting> = (0..9)
        .map(|n| match n % 2 {
            0 => queue(&encryption, Priority::Call),
            _ => queue(&encryption, Priority::Write),
        })
        .collect();
    let mut passed = 0;
    loop {
        drop(present.take());
        if let Some(permit) = granted(&mut read) {
            drop(permit);
            break;
        }
        present = calls.iter_mut().find_map(granted);
        assert!(present.is_some());
        passed += 1;
    }
    // Four calls, then the write that has waited as long as the read.
    assert_eq!(passed, 5);
}

#[test]
fn a_request_given_up_is_passed_over_and_keeps_no_connection() {
    let encryption = Encryption::new(1);
    let present = ask(&encryption, Priority::Call).ok();
    let gone = queue(&encryption, Priority::Call);
    let mut next = queue(&encryption, Priority::Call);
    drop(gone);
    drop(present);
    assert!(granted(&mut next).is_some());
    assert!(ask(&encryption, Priority::Read).is_ok());
}

#[test]
fn all_connections_are_one_with_an_old_daemon() {
    let encryption = Encryption::new(3);
    encryption.set_single(true);
    let all: Vec<Permit> = (0..3)
        .map(|_| ask(&encryption, Priority::Call).ok().unwrap())
        .collect();
    assert!(ask(&encryption, Priority::Call).is_err());
    drop(all);
}

#[test]
fn closing_stops_all_waiting_and_accepts_nobody() {
    let encryption = Encryption::new(1);
    let present = ask(&encryption, Priority::Call).ok();
    let mut waiting = queue(&encryption, Priority::Call);
    encryption.close();
    let ended = waiting.try_recv().unwrap().err().unwrap();
    assert_eq!(ended.status(), crate::Status::CLOSED);
    drop(present);
    let (sender, _waiting) = oneshot::channel();
    assert!(encryption.ask(Priority::Call, Sink::Task(sender)).is_err());
}
