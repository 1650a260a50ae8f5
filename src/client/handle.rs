//! A client: what a program holds, and what it can query without waiting.

use std::sync::{Arc, Mutex};

use crate::client::closing::Closing;
use crate::client::connection;
use crate::client::events::sink::EventSink;
use crate::client::events::stream::Events;
use crate::client::events::DaemonStatus;
use crate::client::runtime::log::Level;
use crate::client::runtime::query_ids::random_array;
use crate::client::runtime::Runtime;
use crate::client::shared::Shared;
use crate::config::Config;
use crate::pki::{Document, Service};
use crate::sync::lock;
use crate::wire::{Features, PigeonholeGeometry, SphinxGeometry};
use crate::{Error, Result, Status};

/// A program's connection with its daemon. All methods may be called from any thread.
pub struct Client {
    pub(crate) shared: Arc<Shared>,
    pub(crate) runtime: Mutex<Runtime>,
    pub(crate) closing: Arc<Closing>,
}

impl Client {
    /// Opens an event sink that holds up to `capacity` notices. It starts with the current status
    /// and document, where they are known.
    pub fn open_sink(&self, capacity: usize) -> Result<Arc<EventSink>> {
        self.shared.open_sink(capacity)
    }

    /// Opens an event sink and returns what it gets as a stream. See [`Client::open_sink`].
    pub fn events(&self, capacity: usize) -> Result<Events> {
        Ok(Events {
            sink: self.open_sink(capacity)?,
        })
    }

    /// True while the daemon is reachable and on the mixnet.
    pub fn is_connected(&self) -> bool {
        self.shared.is_connected()
    }

    /// True while the daemon is reachable.
    pub fn is_attached(&self) -> bool {
        self.shared.is_attached()
    }

    /// The daemon's last status.
    pub fn status(&self) -> DaemonStatus {
        lock(&self.shared.view).status.clone()
    }

    /// The token under which the daemon knows the first of this client's connections; `None` while
    /// there is none, and with daemons without tokens. It changes with each loss.
    pub fn session_token(&self) -> Option<crate::wire::Id> {
        let token =
            |lane: &Arc<connection::Lane>| lane.lock().link.as_ref().and_then(|link| link.token);
        self.shared.lanes.iter().find_map(token)
    }

    /// Which requests the daemon knows.
    pub fn features(&self) -> Arc<Features> {
        self.shared.features()
    }

    /// The current directory document; fails with `NO_PKI_DOCUMENT` until one has arrived. Sends no
    /// request.
    pub fn pki_document(&self) -> Result<Arc<Document>> {
        lock(&self.shared.view).document()
    }

    /// The document of `epoch` if it is still kept, else the current one.
    pub fn pki_document_for_epoch(&self, epoch: u64) -> Result<Arc<Document>> {
        lock(&self.shared.view).document_for(epoch)
    }

    /// All instances of a service in the current document, in its order.
    pub fn services(&self, capability: &str) -> Result<Vec<Service>> {
        let services = self.pki_document()?.services(capability);
        if services.is_empty() {
            return Err(Error::new(
                Status::SERVICE_NOT_FOUND,
                format!("no node of the network offers {capability:?}"),
            ));
        }
        Ok(services)
    }

    /// One instance of a service, chosen uniformly at random each time.
    pub fn service(&self, capability: &str) -> Result<Service> {
        let mut services = self.services(capability)?;
        let random = u64::from_le_bytes(random_array()?);
        #[allow(clippy::cast_possible_truncation)] // smaller than a length
        let at = (random % services.len() as u64) as usize;
        Ok(services.swap_remove(at))
    }

    /// The sizes of plain messages; fails with `NO_GEOMETRY` until known.
    pub fn sphinx_geometry(&self) -> Result<SphinxGeometry> {
        lock(&self.shared.view)
            .sphinx
            .clone()
            .ok_or_else(no_geometry)
    }

    /// The sizes of boxes; fails with `NO_GEOMETRY` until known.
    pub fn pigeonhole_geometry(&self) -> Result<PigeonholeGeometry> {
        lock(&self.shared.view)
            .pigeonhole
            .clone()
            .ok_or_else(no_geometry)
    }

    /// Writes a line of the application's own into the log.
    pub fn log(&self, level: Level, text: &str) {
        self.shared.log.line(level, || text.to_owned());
    }

    /// The configuration that the client was created with.
    pub fn config(&self) -> &Config {
        &self.shared.config
    }
}

fn no_geometry() -> Error {
    Error::new(
        Status::NO_GEOMETRY,
        "neither the daemon nor the configuration states the sizes",
    )
}
