//! Creates a client.

use std::sync::{Arc, Mutex};

use tokio::sync::mpsc;

use crate::client::closing::Closing;
use crate::client::content::size_of_content;
use crate::client::handle::Client;
use crate::client::health;
use crate::client::runtime::dispatcher::Dispatcher;
use crate::client::runtime::log::Log;
use crate::client::runtime::thread::ThreadSetup;
use crate::client::runtime::Runtime;
use crate::client::shared::Shared;
use crate::config::Config;
use crate::Result;

impl Client {
    /// Creates a client that is not connected yet. Checks the configuration, opens nothing.
    pub fn new(config: Config, log: Log, setup: ThreadSetup) -> Result<Self> {
        config.validate()?;
        let (runtime, last) = Runtime::start(setup)?;
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
