//! A turn to send a packet: who gets it, and what it is used for.

use crate::daemon::mixnet::Turn;
use crate::daemon::protocol::request::{decode, Request};
use crate::daemon::state::{ConnId, Daemon, Effort, Making, Queued, Step, Work};

impl Daemon {
    /// Handles a tick of the Poisson process.
    pub(crate) fn tick(&mut self) {
        self.ticks.armed = false;
        if self.online && !self.ticks.held && !self.ticks.busy {
            self.turn();
        }
        self.arm();
    }

    /// Sends one packet, if one is queued.
    pub(crate) fn turn(&mut self) -> bool {
        if self.ticks.busy {
            return false;
        }
        self.ticks.count += 1;
        match self.choose() {
            Some(Turn::Resend(entry)) => self.send_entry(entry),
            Some(Turn::Request(id, queued)) => self.perform(id, queued),
            None => return false,
        }
        true
    }

    fn perform(&mut self, id: ConnId, queued: Queued) {
        match queued {
            Queued::Message(message) => self.send_message(*message),
            Queued::Box(start) => self.start_box(start),
            Queued::Copy(start) => self.start_copy(start),
            Queued::Frame(frame) => {
                if let Ok(request) = decode(self.era, &frame) {
                    self.answer_late(id, request);
                }
            }
        }
    }

    /// Answers a request of an old era at its turn. If it needs a packet, that leaves on this tick.
    fn answer_late(&mut self, id: ConnId, request: Request<'_>) {
        if !self.conns.contains_key(&id) {
            return;
        }
        match self.answer(id, request) {
            Step::Make(making) => self.make_late(id, making),
            Step::Work(work) => self.occupy(*work),
            _ => {}
        }
        let queued = self.conns.get_mut(&id).and_then(|c| c.queue.pop_front());
        if let Some(queued) = queued {
            self.perform(id, queued);
        }
    }

    fn make_late(&mut self, id: ConnId, making: Box<Making>) {
        let now = self.now();
        let made = making.make(&mut self.network, now);
        let envelopes = making.envelopes(self.config.network.max_plaintext);
        let step = self.after_work(Effort::Encryptions(envelopes), move |daemon| {
            daemon.made(id, &making, &made);
        });
        if let Step::Work(work) = step {
            self.occupy(*work);
        }
    }

    /// Blocks the one queue until this work is done.
    fn occupy(&mut self, work: Work) {
        self.ticks.busy = true;
        self.start_work(work.and_then(|daemon| {
            daemon.ticks.busy = false;
            daemon.arm();
        }));
    }
}
