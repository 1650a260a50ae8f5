//! What is counted.

use std::collections::BTreeMap;
use std::time::Duration;

/// What was counted since the start. A restart of the daemon does not reset it.
#[derive(Default)]
pub(crate) struct Counters {
    pub(crate) accepted: u64,
    pub(crate) packets: u64,
    pub(crate) lost: u64,
    pub(crate) encryptions: u64,
    pub(crate) encryption_time: Duration,
    pub(crate) requests: BTreeMap<&'static str, u64>,
    pub(crate) replies: BTreeMap<&'static str, u64>,
}

impl Counters {
    pub(crate) fn request(&mut self, key: &'static str) {
        *self.requests.entry(key).or_default() += 1;
    }

    pub(crate) fn reply(&mut self, key: &'static str) {
        *self.replies.entry(key).or_default() += 1;
    }
}
