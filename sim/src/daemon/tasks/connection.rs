//! One client's connection: the tasks that read and write its socket.

use std::future::pending;
use std::io;
use std::rc::Rc;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio::task::spawn_blocking;
use tokio::time::{sleep, sleep_until, timeout, Instant};

use crate::daemon::sockets::{FrameBuffer, Socket};
use crate::daemon::state::{ConnId, Making, Queued, Shared, Step};

/// With more unwritten bytes than this no request is read.
const HIGH_WATER: usize = 256 * 1024;
const READ_SIZE: usize = 64 * 1024;
/// The most bytes of one write call.
const WRITE_SIZE: usize = 64 * 1024;

/// Who closed a connection.
enum End {
    /// The client closed it, or it broke.
    Client,
    /// The daemon closed it.
    Daemon,
}

/// Serves a connection after the first two frames of the handshake until it closes.
pub(crate) async fn serve(shared: Shared, id: ConnId) {
    let Some((socket, stop)) = shared
        .borrow()
        .conns
        .get(&id)
        .and_then(|c| Some((c.socket()?, Rc::clone(&c.stop))))
    else {
        return;
    };
    let end = tokio::select! {
        biased;
        () = stop.notified() => End::Daemon,
        end = read_frames(&shared, id, &socket) => end,
        end = write_frames(&shared, id, &socket) => end,
    };
    let lag = {
        let mut daemon = shared.borrow_mut();
        if let Some(conn) = daemon.conns.get_mut(&id) {
            conn.socket_closed();
        }
        match end {
            End::Client => daemon.close_lag(),
            End::Daemon => Duration::ZERO,
        }
    };
    drop(socket);
    if !lag.is_zero() {
        sleep(lag).await;
    }
    shared.borrow_mut().connection_closed(id);
}

async fn read_frames(shared: &Shared, id: ConnId, socket: &Socket) -> End {
    let mut frames = FrameBuffer::default();
    let mut buffer = vec![0; READ_SIZE];
    loop {
        match frames.take() {
            Ok(Some(range)) => {
                if !take_frame(shared, id, frames.frame(range)).await {
                    return hang_up(shared, id).await;
                }
            }
            Ok(None) => match socket.read(&mut buffer).await {
                Ok(n) if n > 0 => frames.extend(buffer.get(..n).unwrap_or_default()),
                _ => return End::Client,
            },
            Err(_) => return hang_up(shared, id).await,
        }
    }
}

/// Passes one frame to the daemon. Returns false if the connection is to be closed.
async fn take_frame(shared: &Shared, id: ConnId, frame: &[u8]) -> bool {
    let step = shared.borrow_mut().on_frame(id, frame);
    match step {
        Step::Next => {}
        Step::HangUp => return false,
        Step::Work(work) => {
            let done = shared.borrow_mut().start_work(*work);
            done.notified().await;
        }
        Step::Make(making) => make(shared, id, making).await,
        Step::Full(queued) => wait_for_room(shared, id, queued).await,
    }
    wait_for_drain(shared, id).await;
    true
}

/// Makes envelopes, many of them on another thread, and takes as long as the real daemon.
async fn make(shared: &Shared, id: ConnId, making: Box<Making>) {
    let start = Instant::now();
    let (now, calculator, time, is_long, paid) = {
        let mut daemon = shared.borrow_mut();
        let max = daemon.config.network.max_plaintext;
        let envelopes = making.envelopes(max);
        let paid = daemon.start_envelopes(envelopes);
        let time = daemon.config.time_per_envelope.saturating_mul(envelopes);
        let calculator = Arc::clone(&daemon.calculator);
        (daemon.now(), calculator, time, making.is_long(max), paid)
    };
    let (making, made) = if is_long {
        let work = spawn_blocking(move || {
            let mut network = calculator.lock().unwrap_or_else(PoisonError::into_inner);
            let made = making.make(&mut network, now);
            (making, made)
        });
        let Ok(done) = work.await else { return };
        done
    } else {
        let made = making.make(&mut shared.borrow_mut().network, now);
        (making, made)
    };
    sleep_until(start + time).await;
    if let Some(paid) = paid {
        paid.notified().await;
    }
    shared.borrow_mut().made(id, &making, &made);
}

async fn wait_for_room(shared: &Shared, id: ConnId, queued: Queued) {
    let mut waiting = queued;
    loop {
        let room = match shared.borrow().conns.get(&id) {
            Some(conn) => Rc::clone(&conn.room),
            None => return,
        };
        room.notified().await;
        match shared.borrow_mut().enqueue(id, waiting) {
            Ok(()) => return,
            Err(back) => waiting = back,
        }
    }
}

async fn wait_for_drain(shared: &Shared, id: ConnId) {
    loop {
        let drained = match shared.borrow().conns.get(&id) {
            Some(conn) if conn.unwritten() > HIGH_WATER => conn.drained(),
            _ => return,
        };
        drained.notified().await;
    }
}

/// Stops reading. The writer closes the connection after the last bytes.
async fn hang_up(shared: &Shared, id: ConnId) -> End {
    match shared.borrow_mut().conns.get_mut(&id) {
        Some(conn) => conn.close_when_flushed(),
        None => return End::Daemon,
    }
    pending().await
}

async fn write_frames(shared: &Shared, id: ConnId, socket: &Socket) -> End {
    loop {
        let (bytes, filled) = {
            let mut daemon = shared.borrow_mut();
            let Some(conn) = daemon.conns.get_mut(&id) else {
                return End::Daemon;
            };
            match conn.next_bytes() {
                None if conn.closes_when_flushed() => return End::Daemon,
                bytes => (bytes, conn.filled()),
            }
        };
        match bytes {
            None => filled.notified().await,
            Some(bytes) => {
                if write_all(shared, socket, &bytes).await.is_err() {
                    return End::Client;
                }
                if let Some(conn) = shared.borrow_mut().conns.get_mut(&id) {
                    conn.written(bytes.len());
                }
            }
        }
    }
}

/// Writes in pieces as ordered. Fails if the client reads nothing for too long.
async fn write_all(shared: &Shared, socket: &Socket, bytes: &[u8]) -> io::Result<()> {
    let mut rest = bytes;
    while !rest.is_empty() {
        let (piece, pause, patience) = {
            let daemon = shared.borrow();
            let piece = daemon.faults.split.unwrap_or(WRITE_SIZE).max(1);
            (piece, daemon.faults.pause, daemon.config.write_timeout)
        };
        let piece = rest.get(..piece).unwrap_or(rest);
        let written = timeout(patience, socket.write(piece)).await??;
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        rest = rest.get(written..).unwrap_or_default();
        match pause {
            Some(pause) => sleep(pause).await,
            None if !rest.is_empty() => tokio::task::yield_now().await,
            None => {}
        }
    }
    Ok(())
}
