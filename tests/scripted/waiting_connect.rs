//! A thread that waits for its connect shakes hands itself, and is ended like any other that waits.

use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex};
use std::thread::{current, spawn, JoinHandle, ThreadId};
use std::time::{Duration, Instant};

use kpclient::client::{Client, Level, Log, Timeout};
use kpclient::config::Dial;
use kpclient::{Result, Status};
use socket2::{Domain, SockAddr, Socket, Type};

use crate::common::drive::{barrier, client, drain};
use crate::common::frames::Era;
use crate::common::peer::{Conn, Greeting, Peer};
use crate::common::LIMIT;

fn connect(client: &Client, timeout: Timeout) -> Result<()> {
    client.connect()?.block(timeout)
}

fn connecting(client: &Arc<Client>) -> JoinHandle<Result<()>> {
    let client = Arc::clone(client);
    spawn(move || connect(&client, Timeout::After(LIMIT)))
}

fn status(connecting: JoinHandle<Result<()>>) -> Status {
    connecting.join().unwrap().unwrap_err().status()
}

/// The time is over before the peer is.
fn runs_out(client: &Client) {
    let limit = Duration::from_millis(50);
    let begun = Instant::now();
    let ended = connect(client, Timeout::After(limit)).unwrap_err();
    assert_eq!(ended.status(), Status::TIMEOUT);
    assert!(begun.elapsed() >= limit);
    assert!(begun.elapsed() < LIMIT);
}

#[test]
fn the_calling_thread_shakes_hands_and_hands_the_session_over() {
    let heard: Arc<Mutex<Vec<ThreadId>>> = Arc::default();
    let hears = Arc::clone(&heard);
    let log = Log::new(
        Level::Trace,
        Arc::new(move |_, line| {
            if line.contains("session_token_reply") {
                hears.lock().unwrap().push(current().id());
            }
        }),
    );
    let peer = Peer::current();
    let client = Arc::new(Client::new(peer.config(), log, || ()).unwrap());
    let sink = client.open_sink(16).unwrap();
    let caller = connecting(&client);
    let caller_id = caller.thread().id();
    let mut conn = peer.accept();
    conn.greet(&Greeting::default());
    conn.take_token();
    conn.send_status(&Greeting::offline());
    conn.admit(false);
    caller.join().unwrap().unwrap();
    // What came before the admission is told when connect returns.
    assert_eq!(drain(&sink), ["online", "document", "offline"]);
    barrier(&client, &mut conn);
    // From here on it is the client's own thread that keeps the connection.
    conn.cut();
    let mut conn = peer.welcome();
    barrier(&client, &mut conn);
    let heard = heard.lock().unwrap();
    assert_eq!(heard.len(), 2);
    assert_eq!(heard[0], caller_id);
    assert_ne!(heard[1], caller_id);
}

#[test]
fn a_waiting_connect_is_left_and_closed_at_every_step() {
    let steps: [fn(&mut Conn); 3] = [
        |_| {},
        |conn| conn.send_raw(&[0, 0, 1, 0, 0xa1]),
        |conn| {
            conn.greet(&Greeting::default());
            conn.take_token();
        },
    ];
    for peer in [Peer::current(), Peer::tcp(Era::Current)] {
        for step in steps {
            let client = client(peer.config());
            let left = connecting(&client);
            let mut conn = peer.accept();
            step(&mut conn);
            client.disconnect().unwrap();
            assert_eq!(status(left), Status::CANCELLED);
            conn.expect_end();

            let closed = connecting(&client);
            let mut conn = peer.accept();
            step(&mut conn);
            client.close();
            assert_eq!(status(closed), Status::CLOSED);
            if conn.token != [0; 16] {
                conn.expect("thin_close"); // it had a session by then
            }
            conn.expect_end();
        }
    }
}

#[test]
fn a_peer_that_dribbles_does_not_stretch_the_time_limit() {
    let peer = Peer::current();
    let client = client(peer.config());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut conn = peer.accept();
            conn.send_raw(&[0, 0, 0x80, 0]);
            // At this pace, the frame is whole after almost three minutes.
            while conn.try_send_raw(&[0]) {
                std::thread::sleep(Duration::from_millis(5));
            }
        });
        runs_out(&client);
    });
}

#[test]
fn a_full_queue_of_the_daemon_is_waited_for() {
    let directory = Peer::current();
    let Some(Dial::Unix { path }) = directory.config().dial else {
        panic!("not a Unix socket");
    };
    let mut config = directory.config();
    let path = path + "2";
    config.dial = Some(Dial::Unix { path: path.clone() });
    let listener = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
    let address = SockAddr::unix(&path).unwrap();
    listener.bind(&address).unwrap();
    listener.listen(0).unwrap();
    let mut fillers = Vec::new();
    loop {
        let filler = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
        filler.set_nonblocking(true).unwrap();
        match filler.connect(&address) {
            Ok(()) => fillers.push(filler),
            Err(_) => break,
        }
    }
    let client = client(config);
    runs_out(&client);
    let waiting = connecting(&client);
    for _ in &fillers {
        drop(listener.accept().unwrap());
    }
    let (socket, _) = listener.accept().unwrap();
    let conn = Conn::over(UnixStream::from(socket));
    let mut conn = conn.shake(&Greeting::default());
    waiting.join().unwrap().unwrap();
    barrier(&client, &mut conn);
}
