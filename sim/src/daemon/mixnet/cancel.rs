//! Cancels by hash. They do not reach requests that are still queued.

use crate::daemon::protocol::bodies::{self, opt, some};
use crate::daemon::protocol::request::{CancelCopy, CancelResending};
use crate::daemon::protocol::response::Kind;
use crate::daemon::state::{ConnId, Daemon, Step};
use crate::network::{Code, INVALID_REQUEST};

const CANCELLED: Code = 24;

impl Daemon {
    /// The start is answered with 24 first, then the cancel with its own reply.
    pub(crate) fn cancel_box(&mut self, id: ConnId, request: &CancelResending) -> Step {
        let app = self.app_of(id);
        let query_id = request.query_id.map(|q| q.0);
        let code = match request.envelope_hash {
            None => INVALID_REQUEST,
            Some(hash) => {
                if let Some(entry) = self.arq.cancel((app, false, hash.0)) {
                    let body = bodies::StartResending {
                        query_id: opt(entry.task.query_id()),
                        error_code: CANCELLED,
                        courier_identity_hash: some(&entry.courier.0),
                        courier_queue_id: some(&entry.courier.1),
                        ..Default::default()
                    };
                    self.reply(app, Kind::StartResending, &body);
                }
                0
            }
        };
        let body = bodies::Cancelled {
            query_id: opt(&query_id),
            error_code: code,
        };
        self.reply(app, Kind::CancelResending, &body);
        Step::Next
    }

    /// The same for copy commands.
    pub(crate) fn cancel_copy(&mut self, id: ConnId, request: &CancelCopy) -> Step {
        let app = self.app_of(id);
        let query_id = request.query_id.map(|q| q.0);
        let code = match request.write_cap_hash {
            None => INVALID_REQUEST,
            Some(hash) => {
                if let Some(entry) = self.arq.cancel((app, true, hash.0)) {
                    let body = bodies::StartCopy {
                        query_id: opt(entry.task.query_id()),
                        error_code: CANCELLED,
                        ..Default::default()
                    };
                    self.reply(app, Kind::StartCopy, &body);
                }
                0
            }
        };
        let body = bodies::Cancelled {
            query_id: opt(&query_id),
            error_code: code,
        };
        self.reply(app, Kind::CancelCopy, &body);
        Step::Next
    }
}
