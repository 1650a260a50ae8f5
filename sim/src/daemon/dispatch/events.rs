//! Passes each event that is due to its handler.

use tokio::time::Instant;

use crate::daemon::state::{Daemon, Event, Life};

/// The limit of one call: events without latency can cause new ones for ever.
const MAX_SETTLED: usize = 1000;

impl Daemon {
    pub(crate) fn handle(&mut self, event: Event) {
        match event {
            Event::Tick => self.tick(),
            Event::AtCourier {
                number,
                sends,
                leg,
                task,
                courier,
                back,
            } => {
                self.at_courier((number, sends), leg, &task, &courier, back);
            }
            Event::Answered {
                number,
                sends,
                answer,
            } => self.answered(number, sends, &answer),
            Event::Resend { number, sends } => self.resend_due(number, sends),
            Event::Echoed { number, payload } => self.echoed(number, &payload),
            Event::MessageAgain { number, message } => self.message_again(number, message),
            Event::MessageExpired { number } => self.message_expired(number),
            Event::GraceOver { app, generation } => self.grace_over(app, generation),
            Event::ReleaseHeld(id) => self.release_held(id),
            Event::Epoch(epoch) => self.start_epoch(epoch),
            Event::WorkDone { generation } => self.work_done(generation),
            Event::StillOffline => self.still_offline(),
            Event::ListenAgain => {
                self.life.send_replace(Life::Listening);
            }
            Event::Channel(event) => self.channel_event(event),
        }
    }

    /// Handles what is due now. A packet without latency is back before the next one leaves.
    pub(crate) fn settle(&mut self) {
        for _ in 0..MAX_SETTLED {
            match self.agenda.pop_due(Instant::now()) {
                Some(event) => self.handle(event),
                None => return,
            }
        }
    }
}
