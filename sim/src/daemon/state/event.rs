//! The events of the agenda.

use std::time::Duration;

use super::arq::{Answer, Leg, Task};
use super::channels::ChannelEvent;
use super::ids::{AppNo, ConnId};
use super::message::Message;
use crate::network::Hash;

/// An event that is due at its time.
pub(crate) enum Event {
    Tick,
    AtCourier {
        number: u64,
        sends: u64,
        leg: Leg,
        task: Task,
        courier: Hash,
        back: Duration,
    },
    Answered {
        number: u64,
        sends: u64,
        answer: Answer,
    },
    Resend {
        number: u64,
        sends: u64,
    },
    Echoed {
        number: u64,
        payload: Vec<u8>,
    },
    MessageAgain {
        number: u64,
        message: Message,
    },
    MessageExpired {
        number: u64,
    },
    GraceOver {
        app: AppNo,
        generation: u64,
    },
    ReleaseHeld(ConnId),
    Epoch(u64),
    WorkDone {
        generation: u64,
    },
    StillOffline,
    ListenAgain,
    Channel(ChannelEvent),
}

impl Event {
    /// Whether it happens even if the daemon restarts: packets still reach their courier, and the network continues.
    pub(crate) fn outlives_the_process(&self) -> bool {
        matches!(
            self,
            Event::AtCourier { .. } | Event::Epoch(_) | Event::StillOffline | Event::ListenAgain
        )
    }
}
