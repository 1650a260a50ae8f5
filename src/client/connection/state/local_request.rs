//! One local request, and its properties beside the bytes.

use bytes::Bytes;

use crate::client::encryption::Effort;
use crate::client::runtime::query_ids::Queries;
use crate::wire::Request;
use crate::Result;

/// One local request, encoded.
pub(crate) struct LocalRequest {
    pub(crate) query: u64,
    pub(crate) frame: Bytes,
    pub(crate) needs: Option<&'static str>,
    /// The frame is kept until the answer arrives, to be replayed after a loss.
    pub(crate) kept: bool,
    /// The request that was lost and is now made again.
    pub(crate) before: Option<u64>,
    /// A request of the library itself: it fails when its connection is lost, sent or not.
    pub(crate) in_background: bool,
    /// What the daemon computes for it, where that takes long.
    pub(crate) effort: Option<Effort>,
}

impl LocalRequest {
    pub(crate) fn new(queries: &Queries, request: &Request<'_>) -> Result<Self> {
        let (query, id) = queries.fresh();
        Ok(LocalRequest {
            query,
            frame: request.encode(&id)?.into_bytes(),
            needs: request.reply_key(),
            kept: true,
            before: None,
            in_background: false,
            effort: None,
        })
    }
}
