//! The end of a client: every operation ends, the daemon is told, threads go.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::sync::Arc;

use kpclient::client::{Client, Delivery, Level, Log, StartResult, Timeout};
use kpclient::Status;

use crate::common::drive::{
    barrier, client, connected, drain, drain_to_the_end, echo, start, start_read, start_write, Op,
    A_WHILE,
};
use crate::common::peer::Peer;
use crate::common::replies::caps;
use crate::common::server::{serve, Decide, Deed};
use crate::common::LIMIT;

/// Closes on another thread, so that this one can play the daemon.
fn close(client: &Arc<Client>) -> std::thread::JoinHandle<()> {
    let client = Arc::clone(client);
    std::thread::spawn(move || client.close())
}

#[test]
fn close_ends_everything_and_says_goodbye_on_every_lane() {
    let peer = Peer::current();
    let (client, mut local) = connected(&peer);
    let sink = client.open_sink(16).unwrap();
    drain(&sink);
    let exchange = start(&client, client.blocking_send_message(&echo(), b"x"));
    let mut writes = peer.welcome();
    writes.expect("send_message");
    let read = start_read(&client, 2);
    let mut reads = peer.welcome();
    reads.expect("start_resending_encrypted_message");
    let ops: Vec<Op> = vec![
        start(&client, client.new_keypair_remote(&[1; 32])),
        start_write(&client, 1),
        start(&client, client.flush()),
        exchange,
        read,
    ];
    let blocked = {
        let client = Arc::clone(&client);
        std::thread::spawn(move || {
            let work = client.new_keypair_remote(&[2; 32]).unwrap();
            work.block(Timeout::Forever).map(drop)
        })
    };
    local.expect("new_keypair");
    local.expect("new_keypair");
    let closing = close(&client);
    for op in &ops {
        assert_eq!(op.status(), Status::CLOSED);
    }
    assert_eq!(
        blocked.join().unwrap().unwrap_err().status(),
        Status::CLOSED
    );
    for lane in [&mut local, &mut writes, &mut reads] {
        while lane.read().expect("no goodbye").key != "thin_close" {}
        lane.expect_end();
    }
    drop((local, writes, reads));
    closing.join().unwrap();
    assert_eq!(drain(&sink), ["closed"]);
    assert!(!client.is_attached());
}

/// Closing ends the writes, so that nothing is left to wait for; but they were not delivered.
#[test]
fn a_flush_that_finds_the_client_closed_has_not_flushed() {
    let peer = Peer::current();
    let (client, mut local) = connected(&peer);
    let write = start_write(&client, 1);
    let mut writes = peer.welcome();
    writes.expect("start_resending_encrypted_message");
    let flush = client.flush().unwrap();
    let closing = close(&client);
    assert_eq!(write.status(), Status::CLOSED);
    for lane in [&mut local, &mut writes] {
        while lane.read().expect("no goodbye").key != "thin_close" {}
    }
    drop((local, writes));
    closing.join().unwrap();
    let flushed = flush.block(Timeout::After(LIMIT));
    assert_eq!(flushed.unwrap_err().status(), Status::CLOSED);
}

#[test]
fn the_goodbye_comes_through_a_full_socket_behind_a_whole_frame() {
    let peer = Peer::current();
    let (client, mut conn) = connected(&peer);
    let (cap, _, index) = caps();
    let plaintext = [7; 1677];
    let calls: Vec<_> = (0..1000)
        .map(|_| start(&client, client.encrypt_write(&cap, &index, &plaintext)))
        .collect();
    let closing = close(&client);
    // Nothing is read until the client is closed: the socket stays full till then.
    assert_eq!(calls[999].status(), Status::CLOSED);
    loop {
        match conn.read() {
            Some(asked) if asked.key == "thin_close" => break,
            Some(asked) => assert_eq!(asked.key, "encrypt_write"),
            None => panic!("no goodbye"),
        }
    }
    conn.expect_end();
    drop(conn);
    closing.join().unwrap();
}

#[test]
fn close_works_while_the_daemon_is_away_and_without_any_connection() {
    let peer = Peer::current();
    let (client, conn) = connected(&peer);
    let call = start(&client, client.new_keypair_remote(&[1; 32]));
    conn.cut();
    client.close();
    assert_eq!(call.status(), Status::CLOSED);
    let (client, mut conn) = connected(&peer);
    client.disconnect().unwrap();
    conn.expect_end();
    let call = start(&client, client.new_keypair_remote(&[1; 32]));
    client.close();
    assert_eq!(call.status(), Status::CLOSED);
}

#[test]
fn close_inside_a_callback_ends_the_client() {
    let peer = Peer::current();
    let (client, mut conn) = connected(&peer);
    let pending = start_write(&client, 1);
    let (sender, told) = channel();
    let (inside, order) = (Arc::clone(&client), sender.clone());
    let callback = move |_| {
        inside.close();
        inside.close();
        order.send("closed in a callback").unwrap();
    };
    let work = client.new_keypair_remote(&[1; 32]).unwrap();
    let delivery = Delivery::Callback(Box::new(callback));
    let prepared = work.prepare(delivery).unwrap();
    prepared.launch(work, Timeout::Forever);
    // Completions that close itself brings about still come.
    let work = client.new_keypair_remote(&[2; 32]).unwrap();
    let last = move |completed: Arc<kpclient::client::Completed>| {
        assert_eq!(completed.status(), Status::CLOSED);
        sender.send("and the last one").unwrap();
    };
    let delivery = Delivery::Callback(Box::new(last));
    let prepared = work.prepare(delivery).unwrap();
    prepared.launch(work, Timeout::Forever);
    let asked = conn.expect("new_keypair");
    conn.answer_keypair(&asked);
    conn.expect("new_keypair");
    conn.expect_goodbye();
    drop(conn);
    assert_eq!(told.recv_timeout(LIMIT).unwrap(), "closed in a callback");
    assert_eq!(told.recv_timeout(LIMIT).unwrap(), "and the last one");
    assert_eq!(pending.status(), Status::CLOSED);
}

/// Broken by a close that looks only whether another has begun: a program that frees a
/// client which one of its callbacks has closed would have that callback run on.
#[test]
fn a_close_waits_for_one_that_is_at_work_in_a_callback_and_for_the_callback() {
    let peer = Peer::current();
    let (client, mut conn) = connected(&peer);
    let (sender, told) = channel();
    let (gate, opened) = channel::<()>();
    let (inside, order) = (Arc::clone(&client), sender.clone());
    let callback = move |_| {
        inside.close();
        order.send("closed in a callback").unwrap();
        opened.recv_timeout(LIMIT).unwrap();
        order.send("the callback has ended").unwrap();
    };
    let work = client.new_keypair_remote(&[1; 32]).unwrap();
    let delivery = Delivery::Callback(Box::new(callback));
    let prepared = work.prepare(delivery).unwrap();
    prepared.launch(work, Timeout::Forever);
    let asked = conn.expect("new_keypair");
    conn.answer_keypair(&asked);
    conn.expect_goodbye();
    drop(conn);
    assert_eq!(told.recv_timeout(LIMIT).unwrap(), "closed in a callback");
    let waiting = Arc::clone(&client);
    let closing = std::thread::spawn(move || {
        waiting.close();
        sender.send("closed outside").unwrap();
    });
    assert!(told.recv_timeout(A_WHILE).is_err(), "it does not wait");
    gate.send(()).unwrap();
    assert_eq!(told.recv_timeout(LIMIT).unwrap(), "the callback has ended");
    assert_eq!(told.recv_timeout(LIMIT).unwrap(), "closed outside");
    closing.join().unwrap();
}

#[test]
fn a_client_that_is_dropped_is_closed() {
    let peer = Peer::current();
    let (client, mut conn) = connected(&peer);
    let sink = client.open_sink(4).unwrap();
    let dropping = std::thread::spawn(move || drop(client));
    conn.expect_goodbye();
    drop(conn);
    dropping.join().unwrap();
    // Nobody has waited for the end; it comes all the same.
    assert_eq!(drain_to_the_end(&sink), ["online", "document", "closed"]);
}

#[test]
fn many_threads_may_close_at_once() {
    let peer = Peer::current();
    for _ in 0..20 {
        let (client, mut conn) = connected(&peer);
        let call = start(&client, client.new_keypair_remote(&[1; 32]));
        let closing: Vec<_> = (0..4).map(|_| close(&client)).collect();
        assert_eq!(call.status(), Status::CLOSED);
        while conn.read().is_some() {}
        drop(conn);
        for thread in closing {
            thread.join().unwrap();
        }
    }
}

#[test]
fn a_flush_before_close_lets_everything_leave() {
    let peer = Peer::current();
    let (client, _local) = connected(&peer);
    let work = client.send_message(&[1; 16], &echo(), b"x").unwrap();
    work.block(Timeout::Forever).unwrap();
    let flush = start(&client, client.flush());
    let mut lane = peer.welcome();
    let asked = lane.expect("send_message");
    lane.message_sent(&asked, 1_000_000_000);
    flush.done::<()>().unwrap();
    let closing = close(&client);
    lane.expect_goodbye();
    drop((lane, _local));
    closing.join().unwrap();
}

#[test]
fn a_lane_outlives_a_panic() {
    let peer = Peer::current();
    let armed = Arc::new(AtomicBool::new(false));
    let trap = Arc::clone(&armed);
    let log = Log::new(
        Level::Debug,
        Arc::new(move |_, _: &str| {
            if trap.swap(false, Ordering::AcqRel) {
                resume_unwind(Box::new("in the test"));
            }
        }),
    );
    // Every second connection ends with its first answer.
    let answer: Decide = Arc::new(|count, _| match count % 2 {
        0 => Deed::Cut,
        _ => Deed::Answer,
    });
    let server = serve(peer, answer);
    let client = Arc::new(Client::new(server.peer.config(), log, || ()).unwrap());
    let limit = Timeout::After(LIMIT);
    client.connect().unwrap().block(limit).unwrap();
    for hash in 0..20 {
        armed.store(true, Ordering::Release);
        let write = start_write(&client, hash);
        let call = client.new_keypair_remote(&[1; 32]).unwrap();
        call.block(limit).unwrap();
        write.done::<StartResult>().unwrap();
    }
    drop(client);
}

#[test]
fn clients_do_not_disturb_each_other() {
    let peer = Peer::current();
    let (one, mut to_one) = connected(&peer);
    let (two, mut to_two) = connected(&peer);
    barrier(&one, &mut to_one);
    let closing = close(&one);
    to_one.expect_goodbye();
    drop(to_one);
    closing.join().unwrap();
    barrier(&two, &mut to_two);
    drop(client(peer.config()));
    barrier(&two, &mut to_two);
}
