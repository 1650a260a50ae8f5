//! A command's session: the client, and the store of channels where one is needed.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use kpclient::client::{Call, Client, Event, Level, Log, Timeout};
use kpclient::config::{Config, Dial};
use kpclient::pki::Document;
use kpclient::store::{Direction, Reader, Store, Writer};
use kpclient::{Error, Status};

use crate::cli::Global;
use crate::failure::{Failure, Result};
use crate::locate;
use crate::output::{harmless, Output};
use crate::signals::Signals;

/// How long the daemon may take to greet: one without a document takes half a minute.
const CONNECTING: Duration = Duration::from_secs(60);
/// How long the goodbye may take.
const GOODBYE: Duration = Duration::from_secs(2);
/// How long a document may take that the daemon has.
const DOCUMENT: Duration = Duration::from_secs(10);
/// Events that wait for whoever looks at them.
pub const EVENTS: usize = 256;

/// What every command has.
pub struct Context {
    /// The options of all commands.
    pub global: Global,
    /// Where it prints.
    pub output: Output,
    /// Whether it is to end.
    pub signals: Signals,
}

/// A client, and perhaps a store. Says goodbye when it is dropped.
pub struct Session {
    /// The client.
    pub client: Client,
    store: Option<Arc<Store>>,
    limit: Option<Duration>,
}

impl Context {
    /// Reads thinclient.toml.
    pub fn config(&self) -> Result<Config> {
        config_of(&locate::config(&self.global)?)
    }

    /// Connects with the daemon.
    pub async fn connect(&self) -> Result<Session> {
        let session = self.session(self.config()?)?;
        let limit = session
            .limit
            .map_or(CONNECTING, |limit| limit.min(CONNECTING));
        let connecting = session.client.connect();
        connecting?.start_within(limit).await?;
        Ok(session)
    }

    /// Connects with the daemon and opens the store.
    pub async fn connect_with_store(&self) -> Result<Session> {
        let mut session = self.connect().await?;
        session.open_store(&locate::store(&self.global)?).await?;
        Ok(session)
    }

    /// Opens the store alone; nothing is asked of any daemon.
    pub async fn store_alone(&self) -> Result<Session> {
        let config = Config {
            // It is never dialled.
            dial: Some(Dial::unix("@kpc-without-a-daemon")),
            ..Config::new()
        };
        let mut session = self.session(config)?;
        session.open_store(&locate::store(&self.global)?).await?;
        Ok(session)
    }

    fn session(&self, config: Config) -> Result<Session> {
        Ok(Session {
            client: Client::new(config, self.log(), || {})?,
            store: None,
            limit: self.global.timeout,
        })
    }

    fn log(&self) -> Log {
        let level = match self.global.verbose {
            0 => return Log::default(),
            1 => Level::Info,
            2 => Level::Debug,
            _ => Level::Trace,
        };
        Log::new(
            level,
            Arc::new(|_, line| {
                use std::io::Write as _;
                let _ = writeln!(std::io::stderr(), "{line}");
            }),
        )
    }
}

/// Reads a thinclient.toml.
pub fn config_of(path: &Path) -> Result<Config> {
    let text = path.to_str().ok_or_else(|| {
        let what = format!("the path {} is not UTF-8", path.display());
        Failure::new(crate::exit::Exit::Config, what)
    })?;
    Ok(Config::load_file(text)?)
}

impl Session {
    /// Does something within the time limit, if the program was given one.
    pub async fn run<T: Send + Sync + 'static>(
        &self,
        call: kpclient::Result<Call<T>>,
    ) -> Result<T> {
        let done = match self.limit {
            Some(limit) => call?.start_within(limit).await,
            None => call?.await,
        };
        Ok(done?)
    }

    /// The store.
    pub fn store(&self) -> Result<&Store> {
        self.store.as_deref().ok_or_else(|| {
            let error = Error::new(Status::INTERNAL, "the command has not opened its database");
            Failure::from(error)
        })
    }

    /// The channel of this name that is read.
    pub async fn reader(&self, name: &str) -> Result<Arc<Reader>> {
        let found = self.run(self.store()?.reader(name)).await;
        self.unless_other_way(found, Direction::Write, name).await
    }

    /// The channel of this name that is written.
    pub async fn writer(&self, name: &str) -> Result<Arc<Writer>> {
        let found = self.run(self.store()?.writer(name)).await;
        self.unless_other_way(found, Direction::Read, name).await
    }

    /// Says so where there is no such channel, but one of that name that goes the other way.
    async fn unless_other_way<T>(
        &self,
        found: Result<T>,
        other: Direction,
        name: &str,
    ) -> Result<T> {
        let failure = match found {
            Err(failure) if failure.status == Some(Status::CHANNEL_NOT_IN_DB) => failure,
            found => return found,
        };
        let others = self.run(self.store()?.channels(other)).await?;
        if !others.iter().any(|other| other == name) {
            return Err(failure);
        }
        let (is, hint) = match other {
            Direction::Write => (
                "is written here, not read",
                "`kpc channel export` gives the text by which another database reads it",
            ),
            Direction::Read => (
                "is read here, not written",
                "`kpc channel new` makes one of your own to answer in",
            ),
        };
        let what = format!("the channel {:?} {is}", harmless(name));
        Err(Failure { what, ..failure }.hint(hint))
    }

    async fn open_store(&mut self, path: &Path) -> Result<()> {
        let opened = async { Store::open(&self.client, Some(path))?.await }.await;
        let place = format!("the database {}", path.display());
        self.store = Some(opened.map_err(|error| Failure::from(error).during(&place))?);
        Ok(())
    }

    /// The network's directory: waits for it, as it comes right behind the greeting.
    pub async fn document(&self) -> Result<Arc<Document>> {
        let mut events = self.client.events(EVENTS)?;
        let coming = async {
            while let Some(event) = events.next().await {
                if let Event::Document(document) = event {
                    return Some(document);
                }
            }
            None
        };
        let limit = self.limit.map_or(DOCUMENT, |limit| limit.min(DOCUMENT));
        match tokio::time::timeout(limit, coming).await {
            Ok(Some(document)) => Ok(document),
            _ => Ok(self.client.pki_document()?),
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // What cannot be said in this time is left to the daemon, which forgets by itself.
        if let Some(store) = self.store.take() {
            if let Ok(closing) = store.close() {
                let _ = closing.block(Timeout::After(GOODBYE));
            }
        }
        let _ = self.client.close_within(Timeout::After(GOODBYE));
    }
}
