//! Starts copy commands.

use std::rc::Rc;

use kpclient::bacap::blake2b_256;

use crate::daemon::protocol::bodies::{self, opt};
use crate::daemon::protocol::request::{Id, StartCopy};
use crate::daemon::protocol::response::Kind;
use crate::daemon::state::{AppNo, ConnId, CopyStart, Daemon, Queued, Step, Task};
use crate::network::{Code, INTERNAL_ERROR, INVALID_REQUEST};

impl Daemon {
    /// `start_resending_copy_command`: refused at once, or queued.
    pub(crate) fn request_copy(&mut self, id: ConnId, request: &StartCopy<'_>) -> Step {
        let app = self.app_of(id);
        let query_id = request.query_id.map(|q| q.0);
        let Some(write_cap) = request.write_cap else {
            return self.refuse_copy(app, &query_id, INVALID_REQUEST);
        };
        // With one of the two fields missing, a random courier is taken silently.
        let courier = match (request.courier_identity_hash, request.courier_queue_id) {
            (Some(node), Some(queue)) => Some((node.0, queue.0.to_vec())),
            _ => None,
        };
        let known = match &courier {
            Some((node, queue)) => self.network.is_courier(node, queue),
            None => true,
        };
        if !known || !*self.has_document.borrow() {
            return self.refuse_copy(app, &query_id, INTERNAL_ERROR);
        }
        let start = CopyStart {
            app,
            query_id,
            write_cap: write_cap.0,
            hash: blake2b_256(&write_cap.0),
            courier,
        };
        self.wait_for_turn(id, Queued::Copy(Box::new(start)))
    }

    fn refuse_copy(&mut self, app: AppNo, query_id: &Option<Id>, code: Code) -> Step {
        let body = bodies::StartCopy {
            query_id: opt(query_id),
            error_code: code,
            ..Default::default()
        };
        self.reply(app, Kind::StartCopy, &body);
        Step::Next
    }

    /// Performs a queued copy command at its turn.
    pub(crate) fn start_copy(&mut self, start: Box<CopyStart>) {
        let courier = start.courier.clone().or_else(|| self.network.courier_for());
        match courier {
            Some(courier) => self.enter(Task::Copy(Rc::from(start)), courier),
            None => {
                self.refuse_copy(start.app, &start.query_id, INTERNAL_ERROR);
            }
        }
    }
}
