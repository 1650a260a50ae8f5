//! The life of an ARQ entry: its start, its packets, its reply.

use std::rc::Rc;
use std::time::Duration;

use crate::daemon::protocol::bodies::{self, opt, some};
use crate::daemon::protocol::request::{Id, StartResending};
use crate::daemon::protocol::response::Kind;
use crate::daemon::state::{
    Answer, AppNo, BoxStart, Capability, ConnId, Daemon, Entry, Event, Leg, Queued, Step, Task,
};
use crate::network::{BoxAnswer, Cap, Code, CopyState, Era, Hash, INTERNAL_ERROR, INVALID_REQUEST};

/// The delay after a packet that could not be composed.
const COMPOSE_RETRY: Duration = Duration::from_secs(1);
const BOX_ID_NOT_FOUND: Code = 1;
const COPY_FAILED: Code = 26;

impl Daemon {
    /// `start_resending_encrypted_message`: refused at once, or queued.
    pub(crate) fn request_box(&mut self, id: ConnId, request: &StartResending<'_>) -> Step {
        let app = self.app_of(id);
        let query_id = request.query_id.map(|q| q.0);
        let capability = match (request.read_cap, request.write_cap) {
            (Some(cap), None) => Some(Capability::Read(cap.0)),
            (None, Some(cap)) => Some(Capability::Write(cap.0)),
            _ => None,
        };
        let (Some(capability), Some(hash)) = (capability, request.envelope_hash) else {
            return self.refuse_box(app, &query_id, INVALID_REQUEST);
        };
        if !*self.has_document.borrow() {
            return self.refuse_box(app, &query_id, INTERNAL_ERROR);
        }
        if let Capability::Read(cap) = &capability {
            if kpclient::bacap::ReadCap::from_bytes(cap).is_err() {
                return self.stumble();
            }
        }
        let start = BoxStart {
            app,
            query_id,
            capability,
            index: request.message_box_index.map(|i| i.0),
            descriptor: request
                .envelope_descriptor
                .map_or_else(Vec::new, |b| b.0.to_vec()),
            ciphertext: request
                .message_ciphertext
                .map_or_else(Vec::new, |b| b.0.to_vec()),
            hash: hash.0,
            no_retry: request.no_retry_on_box_id_not_found,
            no_idempotent: request.no_idempotent_box_already_exists,
        };
        self.wait_for_turn(id, Queued::Box(Box::new(start)))
    }

    /// A refusal before anything was sent names no courier.
    pub(crate) fn refuse_box(&mut self, app: AppNo, query_id: &Option<Id>, code: Code) -> Step {
        let body = bodies::StartResending {
            query_id: opt(query_id),
            error_code: code,
            ..Default::default()
        };
        self.reply(app, Kind::StartResending, &body);
        Step::Next
    }

    /// Performs a queued start at its turn.
    pub(crate) fn start_box(&mut self, start: Box<BoxStart>) {
        let Some(courier) = self.network.courier_for() else {
            self.refuse_box(start.app, &start.query_id, INTERNAL_ERROR);
            return;
        };
        self.enter(Task::Box(Rc::from(start)), courier);
    }

    /// Makes an entry and sends its first packet.
    pub(crate) fn enter(&mut self, task: Task, courier: (Hash, Vec<u8>)) {
        if !self.apps.contains_key(&task.app()) {
            return;
        }
        let number = self.number();
        let entry = Entry {
            task,
            courier,
            leg: Leg::Hand,
            sends: 0,
            waiting: false,
        };
        self.arq.insert(number, entry);
        self.send_entry(number);
    }

    /// Sends the packet of an entry's current leg.
    pub(crate) fn send_entry(&mut self, number: u64) {
        let geometry = self.network.pigeonhole();
        // The same today; reads were shorter in the past.
        let lengths = [
            geometry.courier_query_read_length,
            geometry.courier_query_write_length,
        ];
        let Some(entry) = self.arq.get_mut(number) else {
            return;
        };
        entry.sends += 1;
        entry.waiting = false;
        let (sends, leg, task) = (entry.sends, entry.leg, entry.task.clone());
        let courier = entry.courier.0;
        self.arq.make_reachable(number, &task);
        let fits = |start: &BoxStart| lengths.contains(&(start.ciphertext.len() as u64));
        if matches!(&task, Task::Box(start) if !fits(start)) {
            // No packet can be made of this, and nothing reports it.
            let retry = Event::Resend { number, sends };
            self.agenda.after(COMPOSE_RETRY, retry);
            return;
        }
        self.counters.packets += 1;
        let eta = self.draw_eta();
        let patience = eta + self.config.resend_slack;
        self.agenda.after(patience, Event::Resend { number, sends });
        if let Some(arrival) = self.forward_trip(eta) {
            let event = Event::AtCourier {
                number,
                sends,
                leg,
                task,
                courier,
                back: eta - arrival,
            };
            self.agenda.after(arrival, event);
        }
    }

    /// A packet reaches its courier, even if nobody waits for the answer any more.
    pub(crate) fn at_courier(
        &mut self,
        (number, sends): (u64, u64),
        leg: Leg,
        task: &Task,
        courier: &Hash,
        back: Duration,
    ) {
        let now = self.now();
        let answer = match (task, leg) {
            (Task::Box(start), Leg::Hand) => {
                match self
                    .network
                    .courier_ack(now, courier, &start.ciphertext, &start.hash)
                {
                    Ok(None) => Answer::Taken,
                    Ok(Some(known)) => Answer::Box(known),
                    Err(code) => Answer::Refused(code),
                }
            }
            (Task::Box(start), Leg::Ask) => {
                let network = &mut self.network;
                Answer::Box(network.courier_result(now, courier, &start.ciphertext, &start.hash))
            }
            (Task::Copy(start), Leg::Hand) => {
                self.network.copy_start(now, courier, &start.write_cap);
                Answer::Taken
            }
            (Task::Copy(start), Leg::Ask) => {
                Answer::Copy(self.network.copy_poll(now, courier, &start.hash))
            }
        };
        if self.return_trip_holds() {
            self.agenda.after(
                back,
                Event::Answered {
                    number,
                    sends,
                    answer,
                },
            );
        }
    }

    /// An answer reaches the daemon.
    pub(crate) fn answered(&mut self, number: u64, sends: u64, answer: &Answer) {
        let Some(entry) = self.arq.get_mut(number) else {
            return;
        };
        if entry.sends != sends || !self.online {
            return;
        }
        let task = entry.task.clone();
        match (answer, &task) {
            (Answer::Refused(code), _) => {
                let code = self.courier_code(*code);
                self.finish_box(number, code, None);
            }
            // The daemon does not ask for the outcome of such a write.
            (Answer::Taken | Answer::Box(_), Task::Box(start)) if start.ends_when_taken() => {
                self.finish_box(number, 0, None);
            }
            (Answer::Taken, Task::Box(_)) => {
                entry.leg = Leg::Ask;
                self.queue_entry(number);
            }
            (Answer::Taken, Task::Copy(_)) => {
                entry.leg = Leg::Ask;
                self.ask_again(number, sends, self.config.copy_poll);
            }
            (Answer::Box(answer), Task::Box(start)) => self.opened(number, sends, start, answer),
            (Answer::Copy(state), _) => self.copy_state(number, sends, *state),
            (Answer::Box(_), Task::Copy(_)) => {}
        }
    }

    /// Handles the answer of the second round trip of a read or a strict write.
    fn opened(&mut self, number: u64, sends: u64, start: &BoxStart, answer: &BoxAnswer) {
        if matches!(answer, BoxAnswer::Pending) {
            return self.ask_again(number, sends, self.config.retry_gap);
        }
        let cap = match &start.capability {
            Capability::Read(cap) => Cap::Read(cap),
            Capability::Write(cap) => Cap::Write(cap),
        };
        let index = start.index.as_ref();
        match self
            .network
            .open_answer(cap, index, &start.descriptor, answer)
        {
            Ok(plaintext) => self.finish_box(number, 0, plaintext.as_deref()),
            Err(BOX_ID_NOT_FOUND) if matches!(cap, Cap::Read(_)) && !start.no_retry => {
                self.ask_again(number, sends, self.config.retry_gap);
            }
            Err(code) => self.finish_box(number, code, None),
        }
    }

    /// Sends another packet after the gap, or at the next turn.
    fn ask_again(&mut self, number: u64, sends: u64, gap: Duration) {
        if gap.is_zero() {
            return self.queue_entry(number);
        }
        self.agenda.after(gap, Event::Resend { number, sends });
    }

    /// Queues a retransmission, unless an answer came or a later packet left.
    pub(crate) fn resend_due(&mut self, number: u64, sends: u64) {
        let entry = self.arq.get_mut(number);
        if entry.is_some_and(|e| e.sends == sends) {
            self.queue_entry(number);
        }
    }

    /// Queues an entry for its next packet, once.
    fn queue_entry(&mut self, number: u64) {
        if let Some(entry) = self.arq.get_mut(number) {
            if !std::mem::replace(&mut entry.waiting, true) {
                let app = entry.task.app();
                self.want_resend(app, number);
            }
        }
    }

    fn copy_state(&mut self, number: u64, sends: u64, state: CopyState) {
        match state {
            CopyState::InProgress => self.ask_again(number, sends, self.config.copy_poll),
            CopyState::Unknown => {
                if let Some(entry) = self.arq.get_mut(number) {
                    entry.leg = Leg::Hand;
                }
                self.ask_again(number, sends, self.config.copy_poll);
            }
            CopyState::Done => self.finish_copy(number, 0, None, 0),
            CopyState::Failed {
                replica_error,
                failed_envelope,
            } => {
                self.finish_copy(number, COPY_FAILED, replica_error, failed_envelope);
            }
        }
    }

    fn finish_box(&mut self, number: u64, code: Code, plaintext: Option<&[u8]>) {
        let Some(entry) = self.arq.remove(number) else {
            return;
        };
        let body = bodies::StartResending {
            query_id: opt(entry.task.query_id()),
            plaintext: plaintext.and_then(some),
            error_code: code,
            courier_identity_hash: some(&entry.courier.0),
            courier_queue_id: some(&entry.courier.1),
        };
        self.reply(entry.task.app(), Kind::StartResending, &body);
    }

    fn finish_copy(&mut self, number: u64, code: Code, replica: Option<Code>, envelope: u64) {
        let Some(entry) = self.arq.remove(number) else {
            return;
        };
        let body = bodies::StartCopy {
            query_id: opt(entry.task.query_id()),
            error_code: code,
            replica_error_code: replica,
            failed_envelope_index: envelope,
        };
        self.reply(entry.task.app(), Kind::StartCopy, &body);
    }

    /// The code by which this era reports a courier's own error.
    fn courier_code(&self, code: Code) -> Code {
        match (self.era, code) {
            (Era::Current, 1) => 31,
            (Era::Current, 2) => 12,
            (Era::Current, 3) => 13,
            (Era::Current, 4) => 32,
            (_, other) => other,
        }
    }
}
