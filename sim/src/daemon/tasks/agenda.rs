//! The task that handles what is due.

use tokio::time::{sleep_until, Instant};

use crate::daemon::state::Shared;

/// Events that are handled before the sockets get their turn.
const BATCH: usize = 64;

/// Handles each event when it is due, for ever.
pub(crate) async fn run_agenda(shared: Shared) {
    let changed = shared.borrow().agenda.changed();
    loop {
        for _ in 0..BATCH {
            let mut daemon = shared.borrow_mut();
            let Some(event) = daemon.agenda.pop_due(Instant::now()) else {
                break;
            };
            daemon.handle(event);
        }
        let next = shared.borrow().agenda.next_at();
        match next {
            Some(at) if at <= Instant::now() => tokio::task::yield_now().await,
            Some(at) => tokio::select! {
                () = sleep_until(at) => {}
                () = changed.notified() => {}
            },
            None => changed.notified().await,
        }
    }
}
