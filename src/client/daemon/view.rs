//! What the client knows of its daemon and the network: one view for all lanes.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::watch;

use crate::client::events::DaemonStatus;
use crate::pki::Document;
use crate::wire::{ConnectionStatus, Features, PigeonholeGeometry, SphinxGeometry};
use crate::{Error, Result, Status};

/// Documents kept: the current one and those of four epochs before.
const KEPT_DOCUMENTS: usize = 5;

/// Everything that the daemon has sent, merged over the lanes.
#[derive(Default)]
pub(crate) struct View {
    pub(crate) status: DaemonStatus,
    pub(crate) features: Option<Arc<Features>>,
    pub(crate) sphinx: Option<SphinxGeometry>,
    pub(crate) pigeonhole: Option<PigeonholeGeometry>,
    /// How many bytes a box carries, as the daemon said last; 0 before it has.
    box_size: watch::Sender<usize>,
    /// One of each epoch, in their order; the last one is current.
    documents: Vec<Arc<Document>>,
    /// The next document is current, whatever its epoch.
    newest_may_go_back: bool,
}

impl View {
    /// Stores a status. Returns whether it changes anything.
    pub(crate) fn set_status(&mut self, status: &DaemonStatus) -> bool {
        let is_news = *status != self.status;
        self.status.clone_from(status);
        is_news
    }

    /// Stores the sizes in a status, where they are possible on a network: calculations with them
    /// must not overflow. Returns what is wrong with the others.
    pub(crate) fn take_geometry(&mut self, status: &ConnectionStatus) -> Option<Error> {
        let mut misfit = None;
        if let Some(sphinx) = &status.sphinx {
            match sphinx.validate() {
                Ok(()) => self.sphinx = Some(sphinx.clone()),
                Err(error) => misfit = Some(error),
            }
        }
        if let Some(pigeonhole) = &status.pigeonhole {
            match pigeonhole.validate() {
                Ok(()) => {
                    self.pigeonhole = Some(pigeonhole.clone());
                    let size = pigeonhole.max_plaintext_payload_length;
                    let known = |known: &mut usize| std::mem::replace(known, size) != size;
                    self.box_size.send_if_modified(known);
                }
                Err(error) => misfit = Some(error),
            }
        }
        misfit
    }

    /// What wakes when the boxes of the network have another size.
    #[cfg(feature = "store")]
    pub(crate) fn box_sizes(&self) -> watch::Receiver<usize> {
        self.box_size.subscribe()
    }

    /// Another daemon process may be on another network: then an older epoch is current.
    pub(crate) fn forget_epochs(&mut self) {
        self.newest_may_go_back = true;
    }

    /// True if this is the current document, byte for byte.
    pub(crate) fn is_current_document(&self, payload: &Bytes) -> bool {
        !self.newest_may_go_back && self.document().is_ok_and(|d| d.cbor() == payload)
    }

    /// Stores a document, unless it is known, or older than the newest one of the same daemon
    /// process (lanes may deliver late). Returns whether it did.
    pub(crate) fn take_document(&mut self, document: &Arc<Document>) -> bool {
        let epoch = document.epoch();
        let was_current = self.document().is_ok_and(|d| d.epoch() == epoch);
        if std::mem::take(&mut self.newest_may_go_back) {
            self.documents.retain(|known| known.epoch() <= epoch);
        }
        if let Ok(newest) = self.document() {
            let is_known = newest.epoch() == epoch && newest.cbor() == document.cbor();
            if epoch < newest.epoch() || (is_known && was_current) {
                return false;
            }
        }
        self.documents.retain(|known| known.epoch() != epoch);
        self.documents.push(Arc::clone(document));
        if self.documents.len() > KEPT_DOCUMENTS {
            self.documents.remove(0);
        }
        true
    }

    /// The document of the newest epoch.
    pub(crate) fn document(&self) -> Result<Arc<Document>> {
        self.documents.last().cloned().ok_or_else(no_document)
    }

    /// The document of `epoch`, or else the current one.
    pub(crate) fn document_for(&self, epoch: u64) -> Result<Arc<Document>> {
        let mut documents = self.documents.iter();
        match documents.find(|document| document.epoch() == epoch) {
            Some(document) => Ok(Arc::clone(document)),
            None => self.document(),
        }
    }
}

fn no_document() -> Error {
    Error::new(
        Status::NO_PKI_DOCUMENT,
        "the daemon has not sent a directory document of the network yet",
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_cbor::Value;

    use super::*;

    fn document(epoch: u64) -> Arc<Document> {
        let fields = BTreeMap::from([(Value::Text("Epoch".into()), Value::Integer(epoch.into()))]);
        let cbor = serde_cbor::to_vec(&Value::Map(fields)).unwrap();
        Arc::new(Document::parse(cbor.into()).unwrap())
    }

    #[test]
    fn of_a_daemon_that_runs_through_epochs_five_documents_are_kept() {
        let mut view = View::default();
        for epoch in 1..100 {
            assert!(view.take_document(&document(epoch)));
        }
        let kept: Vec<u64> = view.documents.iter().map(|d| d.epoch()).collect();
        assert_eq!(kept, [95, 96, 97, 98, 99]);
    }
}
