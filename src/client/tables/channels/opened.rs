//! A channel of a daemon up to v0.0.72, and its state there.

use std::collections::VecDeque;
use std::sync::{Arc, Weak};

use crate::bacap::BoxIndex;
use crate::client::connection::Link;
use crate::client::stored::channel_query::ChannelQuery;
use crate::wire::Hash;

/// Envelopes prepared by the daemon's channel that are remembered.
const KNOWN: usize = 64;

/// A daemon's channel: valid on one connection only.
#[derive(Clone)]
pub(crate) struct Opened {
    pub(crate) link: Weak<Link>,
    pub(crate) id: u16,
    /// The position of the daemon's channel: the box of the query that it prepared last.
    pub(crate) at: BoxIndex,
    /// Queries for that box; the daemon can decrypt their answers on this channel.
    pub(crate) knows: VecDeque<Hash>,
    /// The query that it was resumed for, until it prepares another.
    pub(crate) resumed_for: Option<Hash>,
}

impl Opened {
    pub(crate) fn new(link: &Arc<Link>, id: u16, at: BoxIndex, resumed_for: Option<Hash>) -> Self {
        Opened {
            link: Arc::downgrade(link),
            id,
            at,
            knows: resumed_for.into_iter().collect(),
            resumed_for,
        }
    }

    pub(crate) fn is_on(&self, link: &Arc<Link>) -> bool {
        self.link.ptr_eq(&Arc::downgrade(link))
    }

    /// The daemon's channel has prepared a query, and is at its box now.
    pub(crate) fn learn(&mut self, query: &ChannelQuery) {
        if self.at != query.current_index {
            self.at = query.current_index.clone();
            self.knows.clear();
        }
        if self.knows.len() >= KNOWN {
            self.knows.pop_front();
        }
        self.knows.push_back(query.envelope_hash);
    }
}
