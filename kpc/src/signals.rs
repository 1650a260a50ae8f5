//! ctrl-C and its like: a command learns of them, and ends in order.

use std::future::Future;

use tokio::signal::unix::{signal, SignalKind};
use tokio::sync::watch;

use crate::exit::Exit;
use crate::failure::{Failure, Result};

/// Whether somebody wants the program to end.
#[derive(Clone)]
pub struct Signals(watch::Receiver<Option<Exit>>);

impl Signals {
    /// Listens from now on.
    pub fn listen() -> Result<Self> {
        let (sender, receiver) = watch::channel(None);
        for (kind, exit) in [
            (SignalKind::interrupt(), Exit::Interrupted),
            (SignalKind::terminate(), Exit::Terminated),
            (SignalKind::hangup(), Exit::Terminated),
        ] {
            let mut coming = signal(kind)
                .map_err(|error| Failure::io("signals cannot be listened to", &error))?;
            let sender = sender.clone();
            tokio::spawn(async move {
                while coming.recv().await.is_some() {
                    sender.send_replace(Some(exit));
                }
            });
        }
        Ok(Signals(receiver))
    }

    /// Completes when the program is to end.
    pub async fn caught(&self) -> Failure {
        let mut receiver = self.0.clone();
        let caught = receiver.wait_for(Option::is_some).await;
        let exit = caught.ok().and_then(|exit| *exit);
        Failure::new(exit.unwrap_or(Exit::Terminated), "interrupted")
    }

    /// What the future returns, unless the program is to end before.
    pub async fn or<T>(&self, future: impl Future<Output = Result<T>>) -> Result<T> {
        tokio::select! {
            biased;
            failure = self.caught() => Err(failure),
            done = future => done,
        }
    }
}
