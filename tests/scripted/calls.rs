//! Local calls and operations: answers, strangers' answers, time limits, waiting.

use std::sync::mpsc::channel;
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use kpclient::bacap::{self, Keypair};
use kpclient::client::{Call, Client, Completed, Delivery, Level, Log, Timeout};
use kpclient::{Result, Status};
use serde_cbor::Value;

use crate::common::drive::{barrier, connected, envelope, start, start_within, try_start, A_WHILE};
use crate::common::frames::{bytes, fields, get, int, Era};
use crate::common::peer::{Encryptions, Peer};
use crate::common::replies::caps;
use crate::common::LIMIT;

#[test]
fn answers_find_their_callers_in_any_order() {
    let peer = Peer::current();
    let (client, mut conn) = connected(&peer);
    let ops: Vec<_> = (0..10)
        .map(|n| start(&client, client.new_keypair_remote(&[n; 32])))
        .collect();
    let mut asked: Vec<_> = (0..10).map(|_| conn.expect("new_keypair")).collect();
    asked.reverse();
    for request in &asked {
        conn.answer_keypair(request);
    }
    for (n, op) in (0..).zip(&ops) {
        let pair: Keypair = op.done().unwrap();
        assert!(pair.write_cap == bacap::keypair(&[n; 32]).write_cap);
    }
}

#[test]
fn blocking_calls_of_many_threads_go_over_one_connection() {
    let peer = Peer::current();
    let (client, mut conn) = connected(&peer);
    let threads: Vec<_> = (0..8)
        .map(|n| {
            let client = Arc::clone(&client);
            std::thread::spawn(move || {
                for round in 0..20 {
                    let seed = [n * 20 + round; 32];
                    let work = client.new_keypair_remote(&seed).unwrap();
                    let pair = work.block(Timeout::After(LIMIT)).unwrap();
                    assert!(pair.write_cap == bacap::keypair(&seed).write_cap);
                }
            })
        })
        .collect();
    for _ in 0..160 {
        let asked = conn.expect("new_keypair");
        conn.answer_keypair(&asked);
    }
    for thread in threads {
        thread.join().unwrap();
    }
}

#[test]
fn each_answer_is_read_by_its_kind() {
    let peer = Peer::current();
    let (client, mut conn) = connected(&peer);
    let (write_cap, read_cap, index) = caps();
    let next = start(&client, client.next_message_box_index_remote(&index));
    let asked = conn.expect("next_message_box_index");
    conn.answer(
        &asked,
        fields([("next_message_box_index", bytes(index.next().as_bytes()))]),
    );
    assert!(next.done::<kpclient::bacap::BoxIndex>().unwrap() == index.next());
    let counter = start(&client, client.message_box_index_counter_remote(&index));
    let asked = conn.expect("get_message_box_index_counter");
    conn.answer(&asked, fields([("counter", int(u64::MAX))]));
    assert_eq!(counter.done::<u64>().unwrap(), u64::MAX);
    let encrypt = start(&client, client.encrypt_write(&write_cap, &index, b"x"));
    let mut encryptions = Encryptions::at(&peer);
    encryptions.answer("encrypt_write", 3);
    let made: kpclient::client::Envelope = encrypt.done().unwrap();
    assert_eq!(made.hash, [3; 32]);
    assert!(made.next_index == Some(index.next()));
    let encrypt = start(&client, client.encrypt_read(&read_cap, &index));
    let asked = encryptions.conn().expect("encrypt_read");
    encryptions.conn().refuse(&asked, 4);
    assert_eq!(encrypt.status(), Status::DAEMON_INTERNAL);
    let document = start(&client, client.get_pki_document(0));
    let asked = conn.expect("get_pki_document");
    conn.answer(
        &asked,
        fields([("payload", bytes(b"signed")), ("epoch", int(7))]),
    );
    let document: kpclient::client::SignedDocument = document.done().unwrap();
    assert_eq!((&document.payload[..], document.epoch), (&b"signed"[..], 7));
}

#[test]
fn answers_of_strangers_twice_and_of_nobody_are_dropped() {
    let peer = Peer::current();
    let (client, mut conn) = connected(&peer);
    let call = start(&client, client.new_keypair_remote(&[1; 32]));
    let asked = conn.expect("new_keypair");
    let stranger = |conn: &mut crate::common::peer::Conn, query: Option<[u8; 16]>| {
        let mut reply = fields([("error_code", int(3))]);
        reply.extend(query.map(|query| ("query_id".to_owned(), bytes(&query))));
        conn.send_message("new_keypair_reply", &reply);
    };
    stranger(&mut conn, Some([0; 16]));
    stranger(&mut conn, None);
    let mut near = asked.query();
    near[15] ^= 0x80; // one of ours that was never given out
    stranger(&mut conn, Some(near));
    conn.answer_keypair(&asked);
    conn.answer_keypair(&asked);
    stranger(&mut conn, Some(asked.query()));
    call.done::<Keypair>().unwrap();
    barrier(&client, &mut conn);
}

#[test]
fn frames_without_meaning_are_passed_over() {
    let peer = Peer::current();
    let (client, mut conn) = connected(&peer);
    conn.send_cbor(&[0xa0]);
    conn.send_message("an_event_of_the_future", &fields([("x", int(1))]));
    conn.send_message(
        "session_token_reply",
        &fields([("app_id", bytes(&[1; 16])), ("resumed", Value::Bool(true))]),
    );
    barrier(&client, &mut conn);
}

#[test]
fn an_unreadable_answer_fails_its_own_request_alone() {
    let peer = Peer::current();
    let (client, mut conn) = connected(&peer);
    let broken = start(&client, client.new_keypair_remote(&[1; 32]));
    let whole = start(&client, client.new_keypair_remote(&[2; 32]));
    let asked = conn.expect("new_keypair");
    conn.answer(&asked, fields([("write_cap", bytes(b"too short"))]));
    let failure = broken.failure();
    assert_eq!(failure.status(), Status::CBOR);
    let asked = conn.expect("new_keypair");
    conn.answer_keypair(&asked);
    whole.done::<Keypair>().unwrap();
    // A start as well; its place becomes free.
    let write = crate::common::drive::start_write(&client, 1);
    let mut lane = peer.welcome();
    let asked = lane.expect("start_resending_encrypted_message");
    lane.answer(&asked, fields([("courier_identity_hash", int(5))]));
    assert_eq!(write.status(), Status::CBOR);
    let kind = kpclient::client::StartKind::Write(caps().0);
    let again = client.start_resending_encrypted_message(kind, envelope(1), Default::default());
    let again = start(&client, again);
    let asked = lane.expect("start_resending_encrypted_message");
    lane.answer_start(&asked, 0, None);
    again.done::<kpclient::client::StartResult>().unwrap();
}

#[test]
fn an_answer_of_another_kind_is_an_error_and_no_confusion() {
    let peer = Peer::current();
    let (client, mut conn) = connected(&peer);
    let call = start(&client, client.new_keypair_remote(&[1; 32]));
    let asked = conn.expect("new_keypair");
    let reply = fields([
        ("query_id", bytes(&asked.query())),
        ("counter", int(1)),
        ("error_code", int(0)),
    ]);
    conn.send_message("get_message_box_index_counter_reply", &reply);
    assert_eq!(call.status(), Status::CBOR);
    barrier(&client, &mut conn);
}

/// How work is refused, at once or a little later.
fn refusal<T: Send + Sync + 'static>(client: &Arc<Client>, work: Result<Call<T>>) -> Status {
    match try_start(client, work, Timeout::Forever) {
        Ok(op) => op.status(),
        Err(error) => error.status(),
    }
}

#[test]
fn what_an_old_daemon_does_not_know_is_never_sent() {
    let peer = Peer::new(Era::FirstSessions);
    let (client, mut conn) = connected(&peer);
    let (_, _, index) = caps();
    let refused = [
        start(&client, client.message_box_index_counter_remote(&index)).status(),
        start(&client, client.get_pki_document(0)).status(),
    ];
    assert_eq!(refused, [Status::UNSUPPORTED; 2]);
    let blocking = client.get_pki_document(0).unwrap();
    let blocking = blocking.block(Timeout::Forever).map(drop);
    assert_eq!(blocking.unwrap_err().status(), Status::UNSUPPORTED);
    barrier(&client, &mut conn);

    let peer = Peer::new(Era::Channels);
    let (client, mut conn) = connected(&peer);
    let (write_cap, read_cap, index) = caps();
    let refused = [
        refusal(&client, client.new_keypair_remote(&[1; 32])),
        refusal(&client, client.encrypt_read(&read_cap, &index)),
        refusal(&client, client.encrypt_write(&write_cap, &index, b"x")),
        refusal(&client, client.cancel_resending_encrypted_message(&[1; 32])),
        refusal(
            &client,
            client.read_box(&read_cap, &index, Default::default()),
        ),
    ];
    assert_eq!(refused, [Status::UNSUPPORTED; 5]);
    let work = client.send_message(&[1; 16], &crate::common::drive::echo(), b"x");
    start(&client, work).done::<[u8; 16]>().unwrap();
    conn.expect("send_message");
}

#[test]
fn a_time_limit_ends_a_call_and_its_late_answer_is_dropped() {
    let peer = Peer::current();
    let (client, mut conn) = connected(&peer);
    let work = client.new_keypair_remote(&[1; 32]).unwrap();
    let timed_out = work.block(Timeout::After(Duration::from_millis(20)));
    assert_eq!(timed_out.map(drop).unwrap_err().status(), Status::TIMEOUT);
    let late = conn.expect("new_keypair");
    conn.answer_keypair(&late);
    let limit = Timeout::After(Duration::from_millis(20));
    let op = start_within(&client, client.new_keypair_remote(&[2; 32]), limit);
    assert_eq!(op.status(), Status::TIMEOUT);
    let late = conn.expect("new_keypair");
    conn.answer_keypair(&late);
    barrier(&client, &mut conn);
    // What was given up is not sent again either.
    conn.cut();
    let mut conn = peer.welcome();
    barrier(&client, &mut conn);
}

#[test]
fn a_time_limit_ends_a_call_whose_thread_reads_the_socket_too() {
    const LAST: u8 = 255;
    let peer = Peer::current();
    let (client, mut conn) = connected(&peer);
    // Calls in quick succession: then the threads that wait read for themselves.
    let daemon = std::thread::spawn(move || {
        loop {
            let asked = conn.expect("new_keypair");
            match get::<32>(&asked.fields, "seed")[0] {
                0 => {} // never answered
                LAST => break conn.answer_keypair(&asked),
                _ => conn.answer_keypair(&asked),
            }
        }
        conn
    });
    let call = |seed: u8, timeout| {
        let work = client.new_keypair_remote(&[seed; 32]).unwrap();
        work.block(timeout).map(drop)
    };
    for _ in 0..5 {
        for seed in 1..20 {
            call(seed, Timeout::After(LIMIT)).unwrap();
        }
        let timed_out = call(0, Timeout::After(Duration::from_millis(20)));
        assert_eq!(timed_out.unwrap_err().status(), Status::TIMEOUT);
    }
    call(LAST, Timeout::After(LIMIT)).unwrap();
    drop(daemon.join().unwrap());
}

#[test]
fn a_limit_of_zero_asks_nobody() {
    let peer = Peer::current();
    let (client, mut conn) = connected(&peer);
    let (_, read_cap, index) = caps();
    let status = |work: Call<_>| work.block(Timeout::Poll).map(drop).unwrap_err().status();
    assert_eq!(
        status(client.new_keypair_remote(&[1; 32]).unwrap()),
        Status::TIMEOUT
    );
    let read = client
        .read_box(&read_cap, &index, Default::default())
        .unwrap();
    let polled = read.block(Timeout::Poll).map(drop);
    assert_eq!(polled.unwrap_err().status(), Status::TIMEOUT);
    let op = start_within(&client, client.new_keypair_remote(&[1; 32]), Timeout::Poll);
    assert_eq!(op.status(), Status::TIMEOUT);
    barrier(&client, &mut conn);
}

#[test]
fn a_kept_result_is_handed_out_once() {
    let peer = Peer::current();
    let (client, mut conn) = connected(&peer);
    let op = start(&client, client.new_keypair_remote(&[1; 32]));
    let pending = client.wait(op.id, Timeout::After(Duration::from_millis(10)));
    assert_eq!(pending.unwrap_err().status(), Status::TIMEOUT);
    let asked = conn.expect("new_keypair");
    conn.answer_keypair(&asked);
    let result = client.wait(op.id, Timeout::Forever).unwrap().unwrap();
    assert!(result.value::<Keypair>().is_ok());
    assert_eq!(
        result.value::<u64>().unwrap_err().status(),
        Status::ARG_VALUE
    );
    assert!(client.wait(op.id, Timeout::Forever).unwrap().is_none());
    for unknown in [0, op.id + 1, u64::MAX] {
        let asked = client.wait(unknown, Timeout::Poll).map(drop);
        assert_eq!(asked.unwrap_err().status(), Status::ARG_VALUE);
        assert_eq!(
            client.cancel(unknown).unwrap_err().status(),
            Status::ARG_VALUE
        );
    }
    client.cancel(op.id).unwrap(); // over: nothing to do
}

#[test]
fn kept_results_are_bounded_the_oldest_go_first() {
    let peer = Peer::current();
    let (client, _conn) = connected(&peer);
    let first = client.new_keypair_remote(&[1; 32]).unwrap();
    let awaited = try_start(&client, Ok(first), Timeout::Forever).unwrap();
    let ids: Vec<_> = (0..1100)
        .map(|_| start_within(&client, client.new_keypair_remote(&[1; 32]), Timeout::Poll).id)
        .collect();
    let kept = |id| client.wait(id, Timeout::Poll).unwrap().is_some();
    assert!(!kept(ids[0]));
    assert!(!kept(ids[75]));
    assert!(kept(ids[76]));
    assert!(kept(ids[1099]));
    // Closed clients still give what they kept.
    client.close();
    assert_eq!(awaited.status(), Status::CLOSED);
    assert!(kept(ids[500]));
}

#[test]
fn completions_come_to_a_callback_in_order_on_one_thread() {
    let peer = Peer::current();
    let (client, mut conn) = connected(&peer);
    let (sender, told) = channel();
    for n in 0..10 {
        let sender = sender.clone();
        let callback = move |completed: Arc<Completed>| {
            let thread = std::thread::current();
            let told = (
                n,
                completed.status(),
                thread.name().map(str::to_owned),
                thread.id(),
            );
            sender.send(told).unwrap();
        };
        let work = client.new_keypair_remote(&[n; 32]).unwrap();
        let prepared = work
            .prepare(Delivery::Callback(Box::new(callback)))
            .unwrap();
        prepared.launch(work, Timeout::Forever);
    }
    for n in 0..10 {
        let asked = conn.expect("new_keypair");
        assert_eq!(get::<32>(&asked.fields, "seed"), [n; 32]);
        conn.answer_keypair(&asked);
    }
    let mut threads = Vec::new();
    for n in 0..10 {
        let (number, status, name, thread) = told.recv_timeout(LIMIT).unwrap();
        assert_eq!((number, status), (n, Status::OK));
        assert_eq!(name.as_deref(), Some("kpc-callbacks"));
        threads.push(thread);
    }
    threads.dedup();
    assert_eq!(threads.len(), 1);
}

#[test]
fn an_operation_that_is_prepared_and_never_begun_ends() {
    let peer = Peer::current();
    let (client, mut conn) = connected(&peer);
    let work = client.new_keypair_remote(&[1; 32]).unwrap();
    let prepared = work.prepare(Delivery::Keep).unwrap();
    let id = prepared.id();
    drop(prepared);
    let ended = client.wait(id, Timeout::After(A_WHILE)).unwrap().unwrap();
    assert_eq!(ended.status(), Status::CLOSED);
    barrier(&client, &mut conn);
}

/// Whatever thread a log function runs on, others wait for that: for answers that it reads.
#[test]
fn a_log_function_must_not_wait_for_its_own_client() {
    let peer = Peer::current();
    let mine: Arc<OnceLock<Weak<Client>>> = Arc::default();
    let seen = Arc::clone(&mine);
    let (told, heard) = channel();
    let log = Log::new(
        Level::Trace,
        Arc::new(move |_, line| {
            let client = seen.get().and_then(Weak::upgrade);
            let Some(client) = client.filter(|_| line.contains("received new_keypair_reply"))
            else {
                return;
            };
            let limit = Timeout::After(Duration::from_secs(5));
            let call = client.new_keypair_remote(&[9; 32]).unwrap();
            let mut ends = vec![call.block(limit).map(drop)];
            let sink = client.open_sink(1).unwrap();
            while let Ok(Some(_)) = sink.next(Timeout::Poll) {}
            ends.push(sink.next(limit).map(drop));
            let op = start(&client, client.new_keypair_remote(&[9; 32]));
            ends.push(client.wait_only(op.id, limit));
            op.cancel();
            let ends: Vec<Status> = ends.into_iter().map(|e| e.unwrap_err().status()).collect();
            told.send(ends).unwrap();
        }),
    );
    let client = Arc::new(Client::new(peer.config(), log, || ()).unwrap());
    let connecting = start(&client, client.connect());
    let mut conn = peer.welcome();
    connecting.done::<()>().unwrap();
    mine.set(Arc::downgrade(&client)).unwrap();
    let op = start(&client, client.new_keypair_remote(&[1; 32]));
    let asked = conn.expect("new_keypair");
    conn.answer_keypair(&asked);
    op.done::<Keypair>().unwrap();
    let blocking = std::thread::spawn({
        let client = Arc::clone(&client);
        move || {
            let call = client.new_keypair_remote(&[2; 32]).unwrap();
            call.block(Timeout::After(LIMIT)).map(drop)
        }
    });
    // Those that the log function itself began come in between.
    while !blocking.is_finished() {
        let asked = conn.expect("new_keypair");
        let seed: [u8; 32] = get(&asked.fields, "seed");
        if seed == [2; 32] {
            conn.answer_keypair(&asked);
            break;
        }
    }
    blocking.join().unwrap().unwrap();
    for _ in 0..2 {
        let ends = heard.recv_timeout(LIMIT).unwrap();
        assert_eq!(ends, [Status::WOULD_DEADLOCK; 3]);
    }
}
