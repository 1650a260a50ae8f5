//! Listens, and greets clients one after the other, like the daemon.

use std::io;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::spawn_local;
use tokio::time::{sleep, timeout};

use super::connection::serve;
use crate::daemon::protocol::request::Id;
use crate::daemon::sockets::{Listener, Socket};
use crate::daemon::state::{Life, Shared};

/// The delay between two attempts to listen again.
const RETRY: Duration = Duration::from_millis(20);

/// A connection whose client waits to be greeted.
pub(crate) struct Accepted {
    socket: Socket,
    /// The instance token of the process that accepted it. The connection ends with the process.
    by: Id,
}

/// Accepts connections until the simulator stops, except while it is down.
pub(crate) async fn accept(
    shared: Shared,
    listener: Listener,
    handshakes: mpsc::UnboundedSender<Accepted>,
) -> io::Result<()> {
    let mut life = shared.borrow().life.subscribe();
    let place = listener.place()?;
    let stale_socket = shared.borrow().config.stale_socket;
    let mut open = Some(listener);
    loop {
        let now = *life.borrow_and_update();
        match (now, &open) {
            (Life::Over, _) => return place.unlink(),
            (Life::Down, Some(_)) => {
                open = None;
                if !stale_socket || shared.borrow().left_properly {
                    place.unlink()?;
                }
            }
            (Life::Listening, None) => match place.listen(stale_socket).await {
                Ok(listener) => open = Some(listener),
                // Another socket has the address meanwhile, perhaps a client connected to itself.
                Err(_) => sleep(RETRY).await,
            },
            (Life::Listening, Some(listener)) => tokio::select! {
                biased; // a process that is down accepts nothing
                _ = life.changed() => {}
                socket = listener.accept() => {
                    // A client that left before it was accepted is no error of the listener.
                    match socket {
                        Ok(socket) => {
                            let by = shared.borrow().instance_token;
                            let _ = handshakes.send(Accepted { socket, by });
                        }
                        Err(_) => sleep(RETRY).await,
                    }
                }
            },
            (Life::Down, None) => {
                let _ = life.changed().await;
            }
        }
    }
}

/// Greets one client after the other. Each may wait for a document.
pub(crate) async fn greet(shared: Shared, mut accepted: mpsc::UnboundedReceiver<Accepted>) {
    while let Some(Accepted { socket, by }) = accepted.recv().await {
        if shared.borrow().instance_token != by {
            continue;
        }
        let (hold, patience, mut document) = {
            let daemon = shared.borrow();
            (
                daemon.faults.hold_first,
                daemon.config.document_patience,
                daemon.has_document.subscribe(),
            )
        };
        if !hold.is_zero() {
            sleep(hold).await;
        }
        let _ = timeout(patience, document.wait_for(|has| *has)).await;
        let mut daemon = shared.borrow_mut();
        if daemon.instance_token != by || *daemon.life.borrow() == Life::Over {
            // The daemon that accepted it has stopped.
            continue;
        }
        let id = daemon.adopt(Rc::new(socket));
        daemon.greet(id);
        drop(daemon);
        spawn_local(serve(Rc::clone(&shared), id));
    }
}
