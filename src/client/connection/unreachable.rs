//! A lane that cannot be connected while others are: the daemon runs, and this client cannot reach
//! it any more, as after a chroot, or with no descriptor left.

use super::lane::Lane;
use crate::{Error, Status};

/// So many attempts to dial fail, while another lane is connected, before what waits for it fails:
/// some seven seconds, unless the configuration sets another pace. A daemon that was reached and
/// hung up does not count: the next attempt may well succeed.
const HOPELESS: u32 = 4;

impl Lane {
    /// Why the lane cannot be connected, while that is so.
    pub(crate) fn failure(&self) -> Option<Error> {
        let state = self.lock();
        let failure = state.attempts.failure.clone();
        failure.filter(|_| state.link.is_none())
    }

    /// Another attempt to connect has failed. Requests that wait here fail with that error, where
    /// they would otherwise wait for ever.
    pub(crate) fn could_not_connect(&self, error: &Error, others_stand: bool) {
        let is_out_of_reach = others_stand && error.status() == Status::CONNECT;
        let mut state = self.lock();
        state.attempts.failure = Some(error.clone());
        // Later requests have all attempts before them.
        let counts = is_out_of_reach && state.has_work();
        state.attempts.failed = if counts { state.attempts.failed + 1 } else { 0 };
        if state.attempts.failed < HOPELESS {
            return;
        }
        state.attempts.failed = 0;
        let calls = state.calls.take_all();
        state.resends.fail_all(|| error.clone());
        state.messages.fail_all(|| error.clone());
        drop(state);
        for sink in calls {
            sink.deliver(Err(error.clone()));
        }
        self.progress.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::sync::oneshot;

    use super::*;
    use crate::client::connection::state::lane_kind::LaneKind;
    use crate::client::connection::state::resends::tests::write_of;

    #[test]
    fn a_late_request_has_all_attempts_before_it() {
        let lane = Lane::new(LaneKind::Write, 0, &Arc::default());
        let error = Error::new(Status::CONNECT, "no such file");
        for _ in 0..10 * HOPELESS {
            lane.could_not_connect(&error, true);
        }
        let (sink, mut answer) = oneshot::channel();
        lane.lock().resends.enqueue(write_of(1), sink);
        for _ in 1..HOPELESS {
            lane.could_not_connect(&error, true);
            assert!(answer.try_recv().is_err());
        }
        lane.could_not_connect(&error, true);
        let ended = answer.try_recv().unwrap().err().unwrap();
        assert_eq!(ended.status(), Status::CONNECT);
    }
}
