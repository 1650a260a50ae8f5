//! The simulator as a whole: binds, serves, executes commands, stops.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;
use tokio::task::{spawn_local, LocalSet};
use tokio::time::timeout;

use super::agenda::run_agenda;
use super::listen::{accept, greet};
use crate::daemon::options::SimConfig;
use crate::daemon::sockets::{remove_file, Listener, Place};
use crate::daemon::state::{Daemon, Life, Shared};

/// How long clients have to read their last frames.
const FAREWELL: Duration = Duration::from_secs(2);

/// A command, and where its answer goes.
pub struct Command {
    /// The command with its arguments.
    pub line: String,
    /// Gets the answer.
    pub answer: std::sync::mpsc::Sender<Result<String, String>>,
}

/// Where the simulator can be reached.
#[derive(Clone, Debug, Default)]
pub struct Bound {
    /// The Unix socket.
    pub unix: Option<String>,
    /// The TCP socket, with its real port.
    pub tcp: Option<String>,
    /// The URL of the WebSocket, with its real port.
    pub ws: Option<String>,
}

/// Runs a simulator on this thread until `commands` is dropped, the command `shutdown` comes, or, if
/// `signals` is set, SIGTERM or SIGINT. `ready` is called once the sockets are open.
///
/// # Errors
/// When the runtime cannot be made or a socket cannot be bound.
pub fn run(
    config: SimConfig,
    control_socket: Option<&str>,
    signals: bool,
    commands: mpsc::UnboundedReceiver<Command>,
    ready: impl FnOnce(&Bound) -> io::Result<()>,
) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let work = serve(config, control_socket, signals, commands, ready);
    let done = LocalSet::new().block_on(&runtime, work);
    // A long computation may still run on another thread. It is not awaited.
    runtime.shutdown_background();
    done
}

/// The same in a `LocalSet` on a runtime that runs, whose time may be virtual.
///
/// # Errors
/// When a socket cannot be bound.
pub async fn serve(
    config: SimConfig,
    control_socket: Option<&str>,
    signals: bool,
    commands: mpsc::UnboundedReceiver<Command>,
    ready: impl FnOnce(&Bound) -> io::Result<()>,
) -> io::Result<()> {
    let mut daemon = Daemon::new(config.clone());
    daemon.schedule_epoch();
    if let Some(path) = &config.boxes {
        daemon
            .network
            .keep_boxes_in(path)
            .map_err(|e| io::Error::new(e.kind(), format!("{}: {e}", path.display())))?;
    }
    let shared: Shared = Rc::new(RefCell::new(daemon));
    serve_all(shared, &config, control_socket, signals, commands, ready).await
}

async fn serve_all(
    shared: Shared,
    config: &SimConfig,
    control_socket: Option<&str>,
    signals: bool,
    commands: mpsc::UnboundedReceiver<Command>,
    ready: impl FnOnce(&Bound) -> io::Result<()>,
) -> io::Result<()> {
    let (accepted, waiting) = mpsc::unbounded_channel();
    let (listeners, bound) = listen(config).await?;
    if let Some(path) = control_socket {
        remove_file(path)?;
        spawn_local(control_listener(
            Rc::clone(&shared),
            UnixListener::bind(path)?,
        ));
    }
    let mut acceptors = Vec::new();
    for listener in listeners {
        acceptors.push(spawn_local(accept(
            Rc::clone(&shared),
            listener,
            accepted.clone(),
        )));
    }
    spawn_local(greet(Rc::clone(&shared), waiting));
    spawn_local(run_agenda(Rc::clone(&shared)));
    ready(&bound)?;
    obey(&shared, signals, commands).await?;
    say_farewell(&shared).await;
    for acceptor in acceptors {
        let _ = timeout(FAREWELL, acceptor).await;
    }
    if let Some(path) = control_socket {
        remove_file(path)?;
    }
    Ok(())
}

/// Binds what the configuration names.
async fn listen(config: &SimConfig) -> io::Result<(Vec<Listener>, Bound)> {
    let places = [
        config.unix.clone().map(Place::Unix),
        config.tcp.clone().map(Place::Tcp),
        config.ws.clone().map(Place::Ws),
    ];
    let mut bound = Bound::default();
    let mut listeners = Vec::new();
    for place in places.into_iter().flatten() {
        let listener = place.listen(config.stale_socket).await?;
        match listener.place()? {
            Place::Unix(path) => bound.unix = Some(path),
            Place::Tcp(address) => bound.tcp = Some(address),
            Place::Ws(address) => bound.ws = Some(format!("ws://{address}/")),
        }
        listeners.push(listener);
    }
    Ok((listeners, bound))
}

/// Executes commands until the simulator stops.
async fn obey(
    shared: &Shared,
    signals: bool,
    mut commands: mpsc::UnboundedReceiver<Command>,
) -> io::Result<()> {
    let mut life = shared.borrow().life.subscribe();
    let mut stop = std::pin::pin!(stop_signal(signals));
    loop {
        tokio::select! {
            command = commands.recv() => match command {
                Some(command) => {
                    let answer = shared.borrow_mut().control(&command.line);
                    let _ = command.answer.send(answer);
                }
                None => {
                    let mut daemon = shared.borrow_mut();
                    daemon.restart();
                    daemon.life.send_replace(Life::Over);
                }
            },
            stopped = &mut stop => {
                stopped?;
                let _ = shared.borrow_mut().control("shutdown");
            }
            _ = life.changed() => {}
        }
        if *life.borrow() == Life::Over {
            return Ok(());
        }
    }
}

/// Returns when the process gets SIGTERM or SIGINT.
async fn stop_signal(wanted: bool) -> io::Result<()> {
    use tokio::signal::unix::{signal, SignalKind};
    if !wanted {
        return std::future::pending().await;
    }
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

/// Waits until the last frames are written.
async fn say_farewell(shared: &Shared) {
    let (nobody, empty) = {
        let daemon = shared.borrow();
        (Rc::clone(&daemon.nobody), daemon.conns.is_empty())
    };
    if !empty {
        let _ = timeout(FAREWELL, nobody.notified()).await;
    }
}

async fn control_listener(shared: Shared, listener: UnixListener) {
    while let Ok((stream, _)) = listener.accept().await {
        spawn_local(control_connection(Rc::clone(&shared), stream));
    }
}

async fn control_connection(shared: Shared, stream: UnixStream) -> io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    while let Some(line) = lines.next_line().await? {
        let answer = shared.borrow_mut().control(&line);
        write.write_all(answer_line(&answer).as_bytes()).await?;
    }
    Ok(())
}

/// The line that answers a command.
#[must_use]
pub fn answer_line(answer: &Result<String, String>) -> String {
    match answer {
        Ok(text) if text.is_empty() => "ok\n".to_owned(),
        Ok(text) => format!("ok {text}\n"),
        Err(text) => format!("error {text}\n"),
    }
}
