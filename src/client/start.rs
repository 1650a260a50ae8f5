//! A client is made.

use std::sync::{Arc, Mutex};

use tokio::sync::mpsc;

use super::client::Client;
use super::closing::Closing;
use super::content::size_of_content;
use super::dispatcher::Dispatcher;
use super::inner::Inner;
use super::log::Log;
use super::runtime::Runtime;
use super::thread::ThreadSetup;
use crate::config::Config;
use crate::Result;

impl Client {
    /// A client that is not connected yet. Checks the configuration, opens nothing.
    pub fn new(config: Config, log: Log, setup: ThreadSetup) -> Result<Self> {
        config.validate()?;
        let (runtime, last) = Runtime::start(setup)?;
        let (alive, lanes_ended) = mpsc::channel(1);
        let closing = Closing::new(last, runtime.thread_id(), lanes_ended);
        let dispatcher = Dispatcher::new(setup, log.clone());
        let inner = Inner::new(
            config,
            log,
            runtime.handle().clone(),
            dispatcher,
            alive,
            size_of_content,
        )?;
        Ok(Client {
            inner: Arc::new(inner),
            runtime: Mutex::new(runtime),
            closing,
        })
    }
}
