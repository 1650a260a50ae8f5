//! The client's verdict on its daemon: when it is asked for, and as an event when it changes.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use crate::client::connection::{Facts, Stage};
use crate::client::events::{Event, HealthVerdict};
use crate::client::handle::Client;
use crate::client::shared::{Phase, Shared};
use crate::sync::lock;

/// How the daemon is, as far as its client sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Health {
    /// In one word.
    pub verdict: HealthVerdict,
    /// For how long that has been so.
    pub held: Duration,
    /// How long ago anything of the daemon's arrived; `None` if nothing ever has.
    pub heard: Option<Duration>,
    /// For how long what is due has been due; zero where nothing is.
    pub overdue: Duration,
    /// Requests at the daemon without an answer.
    pub waiting: u64,
    /// Requests that wait in the library for their turn.
    pub queued: u64,
}

/// What a look at the daemon has found.
pub(crate) struct Look {
    health: Health,
    /// Nothing is due.
    is_quiet: bool,
    /// How soon the next look is to be otherwise.
    next: Duration,
}

impl Shared {
    fn facts(&self) -> Facts {
        let stage = match *lock(&self.phase) {
            Phase::New | Phase::Left => Stage::Unconnected,
            Phase::Connecting { .. } | Phase::Open => Stage::Wanted,
            Phase::Closed => Stage::Closed,
        };
        let mut facts = Facts {
            stage,
            ..Facts::default()
        };
        for lane in &self.lanes {
            lane.add_facts(&mut facts);
        }
        facts.online = facts.attached && lock(&self.view).status.is_connected;
        facts.queued += self.encryption.queued();
        facts
    }

    /// Judges the daemon anew, and publishes a change that no other event reports.
    pub(crate) fn look(&self) -> Look {
        // Under this lock everything is published.
        let announced = lock(&self.announced);
        let facts = self.facts();
        let mut monitor = lock(&self.monitor);
        // Read after the facts, which are never younger.
        let now = crate::clock::now();
        let is_news = monitor.look(&facts, now);
        let (verdict, since) = monitor.verdict();
        let next = monitor.interval();
        drop(monitor);
        if is_news {
            self.sinks.publish(&Event::Health(verdict));
        }
        drop(announced);
        let ago = |at: Instant| now.saturating_duration_since(at);
        let health = Health {
            verdict,
            held: ago(since),
            heard: facts.heard.map(ago),
            overdue: facts.due().map(ago).unwrap_or_default(),
            waiting: facts.waiting as u64,
            queued: facts.queued as u64,
        };
        Look {
            health,
            is_quiet: facts.is_idle() && !verdict.is_bad(),
            next,
        }
    }
}

/// Watches the daemon of a client, as long as the client exists; sleeps while nothing is due.
pub(crate) async fn watch(shared: Weak<Shared>) {
    let Some(alarm) = shared.upgrade().map(|shared| Arc::clone(&shared.alarm)) else {
        return;
    };
    loop {
        alarm.arm();
        let Some(look) = shared.upgrade().map(|shared| shared.look()) else {
            return;
        };
        if look.is_quiet {
            alarm.rung().await;
        } else {
            alarm.disarm();
        }
        // Not at once, as there may be a hundred thousand requests a second.
        tokio::time::sleep(look.next).await;
    }
}

impl Client {
    /// Returns how the daemon is, from what the client sees of it anyway: sends no request, waits
    /// for nothing. A daemon of which nothing is due is healthy, however silent.
    pub fn health(&self) -> Health {
        self.shared.look().health
    }
}
