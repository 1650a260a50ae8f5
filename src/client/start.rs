//! Creates a client.

use std::sync::{Arc, Mutex};

use tokio::sync::{mpsc, oneshot};

use crate::client::closing::Closing;
use crate::client::content::size_of_content;
use crate::client::handle::Client;
use crate::client::health;
use crate::client::runtime::dispatcher::Dispatcher;
use crate::client::runtime::log::Log;
use crate::client::runtime::thread::ThreadSetup;
use crate::client::runtime::{Farewell, Runtime};
use crate::client::shared::Shared;
use crate::config::Config;
use crate::Result;

impl Client {
    /// Creates a client that is not connected yet. Checks the configuration, opens nothing.
    pub fn new(config: Config, log: Log, setup: ThreadSetup) -> Result<Self> {
        config.validate()?;
        let (runtime, last) = Runtime::start(setup)?;
        Client::on(runtime, last, config, log, setup)
    }

    /// The same on a runtime that runs, to whose thread `last` passes its last task.
    pub(crate) fn on(
        runtime: Runtime,
        last: oneshot::Sender<Farewell>,
        config: Config,
        log: Log,
        setup: ThreadSetup,
    ) -> Result<Self> {
        let (alive, lanes_ended) = mpsc::channel(1);
        let closing = Closing::new(last, runtime.thread_id(), lanes_ended);
        let dispatcher = Dispatcher::new(setup, log.clone());
        let shared = Shared::new(
            config,
            log,
            runtime.handle().clone(),
            dispatcher,
            alive,
            size_of_content,
        )?;
        let shared = Arc::new(shared);
        shared.spawn(Box::pin(health::watch(Arc::downgrade(&shared))));
        Ok(Client {
            shared,
            runtime: Mutex::new(runtime),
            closing,
        })
    }
}
