//! Results that nobody has claimed yet: bounded in number and in bytes; the oldest are dropped
//! first.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::client::events::completion::{Completed, OpId, Value};

/// Most unclaimed results that are kept.
const MAX_KEPT: usize = 1024;
/// Most bytes of content that they have together, but for a single one that has more.
const MAX_BYTES: usize = 64 << 20;

/// The number of bytes in a result that depend on daemon, peer or caller.
pub(crate) type SizeOf = fn(&Value) -> usize;

/// The unclaimed results of one client.
pub(crate) struct KeptResults {
    results: VecDeque<Kept>,
    bytes: usize,
    size_of: SizeOf,
}

struct Kept {
    completed: Arc<Completed>,
    /// Somebody waits for exactly this one, so others must not displace it.
    awaited: bool,
    bytes: usize,
}

impl KeptResults {
    /// Empty, for values that `size_of` measures.
    pub(crate) fn new(size_of: SizeOf) -> Self {
        KeptResults {
            results: VecDeque::new(),
            bytes: 0,
            size_of,
        }
    }

    /// Keeps a result; returns those that it displaces.
    pub(crate) fn keep(&mut self, completed: Arc<Completed>, awaited: bool) -> Vec<Arc<Completed>> {
        let bytes = completed.outcome.as_ref().map_or(0, self.size_of);
        let mut pushed_out = Vec::new();
        while self.results.len() >= MAX_KEPT || self.bytes.saturating_add(bytes) > MAX_BYTES {
            let Some(oldest) = self.results.iter().position(|kept| !kept.awaited) else {
                break;
            };
            pushed_out.extend(self.remove(oldest));
        }
        self.bytes = self.bytes.saturating_add(bytes);
        self.results.push_back(Kept {
            completed,
            awaited,
            bytes,
        });
        pushed_out
    }

    /// Takes the result of `id`, if it is kept.
    pub(crate) fn take(&mut self, id: OpId) -> Option<Arc<Completed>> {
        let at = self
            .results
            .iter()
            .position(|kept| kept.completed.op == id)?;
        self.remove(at)
    }

    /// How many are kept.
    pub(crate) fn len(&self) -> usize {
        self.results.len()
    }

    fn remove(&mut self, at: usize) -> Option<Arc<Completed>> {
        let kept = self.results.remove(at)?;
        self.bytes = self.bytes.saturating_sub(kept.bytes);
        Some(kept.completed)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn kept_results() -> KeptResults {
        KeptResults::new(|value| value.downcast_ref::<Bytes>().map_or(0, Bytes::len))
    }

    fn result(op: OpId, bytes: usize) -> Arc<Completed> {
        Arc::new(Completed {
            op,
            call: "",
            outcome: Ok(Box::new(Bytes::from(vec![0; bytes]))),
            context: None,
        })
    }

    fn ops(pushed_out: Vec<Arc<Completed>>) -> Vec<OpId> {
        pushed_out.iter().map(|completed| completed.op).collect()
    }

    #[test]
    fn the_oldest_go_when_there_are_too_many() {
        let mut kept = kept_results();
        for op in 1..=1024 {
            assert!(kept.keep(result(op, 1), false).is_empty());
        }
        assert_eq!(ops(kept.keep(result(1025, 1), false)), [1]);
        assert!(kept.take(1).is_none() && kept.take(2).is_some());
        assert_eq!(kept.len(), 1023);
    }

    #[test]
    fn the_oldest_go_when_they_are_too_large_together() {
        let mut kept = kept_results();
        for op in 1..=4 {
            assert!(kept.keep(result(op, MAX_BYTES / 4), false).is_empty());
        }
        assert_eq!(ops(kept.keep(result(5, MAX_BYTES / 4 + 1), false)), [1, 2]);
        assert!(kept.take(4).is_some());
        assert!(kept.keep(result(6, MAX_BYTES / 4), false).is_empty());
        assert_eq!(ops(kept.keep(result(7, 2 * MAX_BYTES), false)), [3, 5, 6]);
        assert_eq!(kept.len(), 1);
    }

    #[test]
    fn a_result_that_somebody_waits_for_is_not_displaced() {
        let mut kept = kept_results();
        kept.keep(result(1, MAX_BYTES), true);
        kept.keep(result(2, 1), false);
        assert_eq!(ops(kept.keep(result(3, 1), false)), [2]);
        assert!(kept.take(1).is_some());
    }
}
