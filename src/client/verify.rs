//! Checks, once for each daemon process and in the background, that the daemon
//! derives capabilities and indices as this library does.
//!
//! A random seed is used, never one of the caller's. On a mismatch the local
//! functions refuse, for the whole process, and the remote ones remain.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;

use super::inner::Inner;
use super::log::Level;
use super::queries::random_array;
use super::requests;
use crate::bacap;
use crate::{Error, Result, Status};

/// A daemon was met that derives otherwise.
static MISMATCH: AtomicBool = AtomicBool::new(false);

/// `INCOMPATIBLE_DAEMON` once a daemon was found to derive otherwise.
pub fn local_derivation() -> Result<()> {
    if MISMATCH.load(Ordering::Acquire) {
        return Err(Error::new(
            Status::INCOMPATIBLE_DAEMON,
            "the daemon derives capabilities in another way; use the remote form of this call",
        ));
    }
    Ok(())
}

/// Starts the check, where the daemon is of an age that answers it at once.
pub(crate) fn in_background(inner: &Arc<Inner>) {
    let features = inner.features();
    if !inner.config.verify_derivation || !features.knows("get_pki_document_reply") {
        return;
    }
    let checked = Arc::clone(inner);
    inner.handle.spawn(async move {
        match compare(&checked).await {
            Ok(true) => {}
            Ok(false) => {
                MISMATCH.store(true, Ordering::Release);
                checked.log.line(Level::Error, || {
                    "the daemon derives capabilities in another way than this library".into()
                });
            }
            Err(error) => checked.log.line(Level::Debug, || {
                format!("derivation was not checked: {error}")
            }),
        }
    });
}

async fn compare(inner: &Arc<Inner>) -> Result<bool> {
    let seed = random_array()?;
    let theirs = requests::keypair_call(&inner.queries, &seed)?
        .run(inner)
        .await?;
    let ours = bacap::keypair(&seed);
    Ok(ours.write_cap == theirs.write_cap
        && ours.read_cap == theirs.read_cap
        && ours.first_index == theirs.first_index)
}
